"""NovelAI: PNG chunks Software, Description and a Comment in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imaging.inspection import Facts
from imaging.readers.parsing import load_object, plain, seed, words


def read(texts: Mapping[str, str]) -> Facts | None:
    comment = load_object(texts.get("Comment"))
    if texts.get("Software") != "NovelAI" or comment is None:
        return None
    return Facts(
        prompt=words(comment.get("prompt")) or words(texts.get("Description")),
        negative=words(comment.get("uc")) or _v4_negative(comment.get("v4_negative_prompt")),
        seed=seed(comment.get("seed")),
        model=words(texts.get("Source")),
        tool="novelai",
        parameters=plain(comment, "prompt", "uc", "seed"),
    )


def _v4_negative(value: Any) -> str | None:
    caption = value.get("caption") if isinstance(value, dict) else None
    return words(caption.get("base_caption")) if isinstance(caption, dict) else None
