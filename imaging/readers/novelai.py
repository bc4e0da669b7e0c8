"""NovelAI: PNG chunks Software, Description, Source and a Comment in JSON."""

from __future__ import annotations

import re
from typing import Any

from imaging.inspection import Facts
from imaging.readers.parsing import load_object, plain, seed, words
from imaging.written import Written

# What has a field of its own, and what says nothing of the picture.
ELSEWHERE = (
    "prompt",
    "uc",
    "seed",
    "signed_hash",
    "request_type",
    "Comment",
    "Source",
    "Description",
    "Title",
    "Software",
)
MAX_SOURCE = 500
HASH = re.compile(r"\s+[0-9A-F]{8}$")  # Source is the model's name and the start of its hash


def read(written: Written) -> Facts | None:
    if written.text.get("Software") != "NovelAI" and not written.exif_text("Software").startswith("NovelAI"):
        return None
    # JPEG and WebP hold all of PNG's texts as one object.
    texts = {**(load_object(written.exif_text("UserComment")) or {}), **written.text}
    comment = load_object(words(texts.get("Comment"))) or texts
    source = words(texts.get("Source"))
    prompt = words(comment.get("prompt")) or _caption(comment.get("v4_prompt"))
    return Facts(
        prompt=prompt or words(texts.get("Description")),
        negative=words(comment.get("uc")) or _caption(comment.get("v4_negative_prompt")),
        seed=seed(comment.get("seed")),
        model=HASH.sub("", source[:MAX_SOURCE]) if source else None,
        tool="novelai",
        parameters={**plain(comment, *ELSEWHERE), **_characters(comment.get("v4_prompt"))},
    )


def _caption(value: Any) -> str | None:
    caption = value.get("caption") if isinstance(value, dict) else None
    return words(caption.get("base_caption")) if isinstance(caption, dict) else None


def _characters(value: Any) -> dict[str, str | int | float]:
    """What version 4 is told of each character, beside the prompt."""
    caption = value.get("caption") if isinstance(value, dict) else None
    found = caption.get("char_captions") if isinstance(caption, dict) else None
    texts = (
        [words(each.get("char_caption")) for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    )
    return {"characters": " | ".join(text for text in texts if text)} if any(texts) else {}
