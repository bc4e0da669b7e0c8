"""The texts of a PNG, read here and not by Pillow: bounded, and kept although they are too long or badly encoded.

What Pillow does not take (a text that unpacks to a hundred megabytes) would otherwise cost the picture. Sources: the
PNG specification, 11.3.3 (tEXt, zTXt, iTXt) and 11.3.2.3 (iCCP).
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from imaging.errors import Refused

MAX_TEXT = 8 << 20  # of one text, unpacked: a graph of ComfyUI takes a megabyte
MAX_TEXTS = 16 << 20  # of all of them
MAX_COUNT = 1_000
MAX_KEPT = 32 << 20  # of a picture without its texts, which is made in memory
START = 8
TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt")
PACKED = (*TEXT_CHUNKS, b"iCCP")


class Texts(NamedTuple):
    """Keyword → text, the last of a keyword, and the keywords of those that were too long."""

    found: dict[str, str]
    left_out: list[str]


def texts(file: BinaryIO) -> Texts:
    """All texts of the PNG."""
    found: dict[str, str] = {}
    left_out: list[str] = []
    room = MAX_TEXTS
    for count, (name, start, length) in enumerate(each for each in chunks(file) if each[0] in TEXT_CHUNKS):
        file.seek(start)
        # A packed text of this length unpacks to more, too.
        body = file.read(min(length, MAX_TEXT + 1))
        keyword, _, rest = body[:MAX_TEXT].partition(b"\0")
        key = keyword[:79].decode("latin-1")
        text = None if length > MAX_TEXT or count >= MAX_COUNT else _unpacked(name, rest, min(room, MAX_TEXT))
        if text is None:
            left_out.append(key)
            if count >= MAX_COUNT:
                break
        else:
            room -= len(text)
            found[key] = decoded(text)
    return Texts(found, sorted(set(left_out)))


def chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Name, place and length of every chunk's body."""
    place = START
    file.seek(place)
    while len(head := file.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        yield name, place + 8, length
        if name == b"IEND":
            return
        place += 12 + length
        file.seek(place)


def _unpacked(name: bytes, rest: bytes, room: int) -> bytes | None:
    """The bytes of a text; b"" for what is damaged, None for what is too long."""
    packed = name == b"zTXt"
    if name == b"zTXt":
        rest = rest[1:]
    elif name == b"iTXt":
        packed = rest[:1] == b"\1"
        rest = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    if not packed:
        return rest if len(rest) <= room else None
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(rest, room + 1)
    except zlib.error:
        return b""
    return text if len(text) <= room else None


def decoded(text: bytes) -> str:
    """UTF-8 where it is that; else Latin 1, which is what the format says of most fields."""
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")


def without_texts(file: BinaryIO) -> BinaryIO:
    """The same picture without its texts and its colour profile, for a decoder that stumbles over them."""
    file.seek(0)
    kept = io.BytesIO()
    kept.write(file.read(START))
    for name, start, length in chunks(file):
        if name not in PACKED:
            if kept.tell() + length > MAX_KEPT:
                raise Refused("bomb", "A text or profile in the picture unpacks to more than is allowed.")
            file.seek(start - 8)
            kept.write(file.read(length + 12))
    kept.seek(0)
    return kept
