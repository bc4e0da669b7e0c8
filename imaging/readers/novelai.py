"""NovelAI: PNG chunks Software, Description, Source and a Comment in JSON."""

from __future__ import annotations

import re
from typing import Any

from imaging.inspection import Facts
from imaging.readers.parsing import load_object, plain, seed, words
from imaging.written import Written

HASH = re.compile(r"\s+[0-9A-F]{8}$")  # Source is the model's name and the start of its hash


def read(written: Written) -> Facts | None:
    if written.text.get("Software") != "NovelAI" and not written.exif_text("Software").startswith("NovelAI"):
        return None
    comment = load_object(written.text.get("Comment") or written.exif_text("UserComment")) or {}
    # JPEG and WebP hold all of PNG's texts as one object.
    comment = load_object(words(comment.get("Comment"))) or comment
    source = words(written.text.get("Source") or comment.get("Source"))
    prompt = words(comment.get("prompt")) or _caption(comment.get("v4_prompt"))
    return Facts(
        prompt=prompt or words(written.text.get("Description")),
        negative=words(comment.get("uc")) or _caption(comment.get("v4_negative_prompt")),
        seed=seed(comment.get("seed")),
        model=HASH.sub("", source) if source else None,
        tool="novelai",
        parameters=plain(comment, "prompt", "uc", "seed", "signed_hash", "request_type"),
    )


def _caption(value: Any) -> str | None:
    caption = value.get("caption") if isinstance(value, dict) else None
    return words(caption.get("base_caption")) if isinstance(caption, dict) else None
