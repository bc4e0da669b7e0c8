"""Texts hidden in the lowest bits of a picture's alpha or colours ("stealth"), for sites that take text chunks away.

Column by column: 15 letters that say where and how, the length in bits, the text, plain or by gzip. NovelAI writes it,
and extensions of A1111, ComfyUI and SwarmUI do. Looking for the letters costs a column or three of pixels.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

import msgspec
from PIL import Image

from imaging.written import Written

SIGNS = (b"stealth_pnginfo", b"stealth_pngcomp", b"stealth_rgbinfo", b"stealth_rgbcomp")
HEAD = 15 + 4  # bytes: the letters, and how many bits follow
MAX_BYTES = 2 << 20  # as hidden
MAX_TEXT = 4 << 20  # unpacked
LOWEST = bytes(ord("0") + (value & 1) for value in range(256))


def hidden(image: Image.Image) -> tuple[str, str] | None:
    """The letters and the text; None where there is none, or it is damaged or too long. For a loaded picture."""
    # What was compressed with losses has no lowest bits that somebody wrote.
    if image.format not in ("PNG", "WEBP", "TIFF"):
        return None
    for channels in {"RGBA": ("A", "RGB"), "RGB": ("RGB",)}.get(image.mode, ()):
        head = _bytes(image, channels, HEAD)
        if head[:15] in SIGNS and (b"png" in head) == (channels == "A"):
            length = int.from_bytes(head[15:], "big") // 8
            if length <= MAX_BYTES:
                return _text(head[:15], _bytes(image, channels, HEAD + length)[HEAD:], length)
    return None


def _bytes(image: Image.Image, channels: str, count: int) -> bytes:
    """The first bytes that the lowest bits make; fewer where the picture ends before."""
    columns = min(image.width, -(-count * 8 // (image.height * len(channels))))
    part = image.crop((0, 0, columns, image.height)).transpose(Image.Transpose.TRANSPOSE)
    values = (part.getchannel("A") if channels == "A" else part.convert("RGB")).tobytes()
    bits = values[: count * 8].translate(LOWEST)
    bits = bits[: len(bits) // 8 * 8]
    return int(bits, 2).to_bytes(len(bits) // 8, "big") if bits else b""


def _text(sign: bytes, body: bytes, length: int) -> tuple[str, str] | None:
    if len(body) < length or not body:
        return None
    if sign.endswith(b"comp"):
        try:
            body = zlib.decompressobj(31).decompress(body, MAX_TEXT + 1)
        except zlib.error:
            return None
    return (sign.decode(), body.decode("utf-8", "replace")) if len(body) <= MAX_TEXT else None


def revealed(written: Written) -> Written:
    """As the tool would have written it in the open. What stands in the open already stays."""
    text = next((written.text[sign.decode()] for sign in SIGNS if sign.decode() in written.text), None)
    if text is None:
        return written
    fields = {key: value for key, value in _object(text).items() if isinstance(value, str)}
    if not {"Comment", "parameters", "prompt"} & fields.keys():
        fields = {"parameters": text}
    return msgspec.structs.replace(written, text={**fields, **written.text})


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
