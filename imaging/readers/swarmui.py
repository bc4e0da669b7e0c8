"""SwarmUI: JSON with `sui_image_params`, in PNG's `parameters` or JPEG's UserComment."""

from __future__ import annotations

from collections.abc import Mapping

from imaging.inspection import Facts
from imaging.readers.parsing import load_object, plain, seed, words


def read(texts: Mapping[str, str]) -> Facts | None:
    for key in ("parameters", "UserComment"):
        found = (load_object(texts.get(key)) or {}).get("sui_image_params")
        if isinstance(found, dict):
            return Facts(
                prompt=words(found.get("prompt")),
                negative=words(found.get("negativeprompt")),
                seed=seed(found.get("seed")),
                model=words(found.get("model")),
                tool="swarmui",
                parameters=plain(found, "prompt", "negativeprompt", "seed", "model"),
            )
    return None
