"""What tools wrote into a picture: gathered raw, bounded, and read by the first dialect that knows it."""

from __future__ import annotations

import json
import struct
from typing import Any

import msgspec
from PIL import Image

from imaging.inspection import Facts
from imaging.readers import a1111, comfyui, invokeai, novelai, swarmui

MAX_TEXT = 64 * 1024  # of one parsed field, bytes of UTF-8
MAX_RAW = 8 << 20  # of everything a picture's texts may hold
MAX_DEPTH = 64  # of JSON in a text
# Foreign JSON first, free text last: a SwarmUI `parameters` is JSON where an A1111 one is text.
READERS = (comfyui.read, novelai.read, invokeai.read, swarmui.read, a1111.read)
USER_COMMENT, MAKE, MODEL, DESCRIPTION, SOFTWARE = 0x9286, 0x010F, 0x0110, 0x010E, 0x0131
EXIF_TAGS = {MAKE: "Make", MODEL: "Model", DESCRIPTION: "ImageDescription", SOFTWARE: "Software"}


def read_facts(image: Image.Image, sidecar: str | None) -> tuple[Facts, bytes | None]:
    """The parsed facts, and everything found as deterministic JSON; (empty, None) when nothing was written."""
    texts = gather(image)
    if sidecar:
        texts["sidecar"] = sidecar
    texts = {key: clean(value) for key, value in texts.items() if value.strip("\0 \n")}
    if not texts or sum(map(len, texts.values())) > MAX_RAW:
        return Facts(), None
    raw = msgspec.json.encode(texts, order="sorted")
    for read in READERS:
        facts = read(texts)
        if facts is not None:
            return bounded(facts), raw
    return Facts(), raw


def gather(image: Image.Image) -> dict[str, str]:
    """Text chunks, comments, EXIF strings and XMP, by name."""
    texts = {key: text for key, value in image.info.items() if isinstance(key, str) and (text := _text(value))}
    for noise in ("icc_profile", "exif", "photoshop", "Raw profile type exif"):
        texts.pop(noise, None)
    try:
        exif = image.getexif()
        texts |= {name: text for tag, name in EXIF_TAGS.items() if (text := _text(exif.get(tag)))}
        comment = exif.get_ifd(0x8769).get(USER_COMMENT)
    except (ValueError, TypeError, SyntaxError, KeyError, OSError, struct.error):
        return texts  # damaged EXIF loses its facts, not the picture
    if isinstance(comment, bytes):
        texts["UserComment"] = user_comment(comment)
    elif isinstance(comment, str):
        texts["UserComment"] = comment
    return texts


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def user_comment(value: bytes) -> str:
    """EXIF's UserComment by its 8-byte prefix. Both byte orders are found in the wild under UNICODE."""
    kind, body = value[:8], value[8:]
    if kind.startswith(b"UNICODE"):
        order = "utf-16-le" if body[1::2].count(0) > body[::2].count(0) else "utf-16-be"
        return body.decode(order, "replace")
    return (body if kind.rstrip(b"\0") in (b"ASCII", b"JIS", b"") else value).decode("utf-8", "replace")


def clean(text: str) -> str:
    """Valid text without NUL: what a document can hold."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def bounded(facts: Facts) -> Facts:
    """The facts with every text cut to `MAX_TEXT` bytes."""
    cut = {name: _cut(getattr(facts, name)) for name in ("prompt", "negative", "seed", "model", "tool")}
    parameters = {
        _cut(str(key)) or "": _cut(value) if isinstance(value, str) else value
        for key, value in list(facts.parameters.items())[:200]
        if isinstance(value, (str, int, float))
    }
    if len(json.dumps(parameters)) > MAX_TEXT // 2:
        parameters = {}
    return Facts(**cut, parameters=parameters)  # type: ignore[arg-type]


def _cut(text: str | None) -> str | None:
    if text is None or len(text) < MAX_TEXT // 4:
        return text
    return text.encode()[:MAX_TEXT].decode("utf-8", "ignore")
