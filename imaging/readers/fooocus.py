"""Fooocus and RuinedFooocus: JSON in PNG's `parameters` or EXIF's UserComment. Its other scheme is A1111's."""

from __future__ import annotations

from typing import Any

from imaging.inspection import Facts
from imaging.readers.parsing import load_object, model_name, plain, seed, size, words
from imaging.written import Written


def read(written: Written) -> Facts | None:
    for text in (written.text.get("parameters"), written.exif_text("UserComment"), written.text.get("comment")):
        found = load_object(text)
        if found is not None and _is_fooocus(found, written):
            return _facts({str(key).lower(): value for key, value in found.items()})
    return None


def _is_fooocus(found: dict[str, Any], written: Written) -> bool:
    names = (written.text.get("fooocus_scheme"), found.get("version"), found.get("software"))
    return (
        written.text.get("fooocus_scheme") == "fooocus"
        or "Fooocus" in f"{names}{written.exif_text('Software')}"
        or {"prompt", "base_model", "guidance_scale"} <= found.keys()
    )


def _facts(found: dict[str, Any]) -> Facts:
    model = found.get("base_model") or found.get("base_model_name")
    taken = ("prompt", "negative_prompt", "negative", "seed", "base_model", "base_model_name", "resolution")
    return Facts(
        prompt=words(found.get("prompt")),
        negative=words(found.get("negative_prompt")) or words(found.get("negative")),
        seed=seed(found.get("seed")),
        model=model_name(model),
        tool="fooocus",
        parameters={**plain(found, *taken), **size(found.get("resolution"))},
    )
