"""SwarmUI: JSON with `sui_image_params`, in PNG's `parameters` or JPEG's UserComment."""

from __future__ import annotations

from imaging.inspection import Facts
from imaging.readers.parsing import load_object, model_name, plain, seed, words
from imaging.written import Written


def read(written: Written) -> Facts | None:
    for text in (written.text.get("parameters"), written.exif_text("UserComment")):
        found = (load_object(text) or {}).get("sui_image_params")
        if isinstance(found, dict):
            return Facts(
                prompt=words(found.get("prompt")),
                negative=words(found.get("negativeprompt")),
                seed=seed(found.get("seed")),
                model=model_name(found.get("model")),
                tool="swarmui",
                parameters=plain(found, "prompt", "negativeprompt", "seed", "model"),
            )
    return None
