"""What kind of picture bytes are, and what can be known of it without decoding: frames, claimed size, credentials.

Nothing here trusts a length: every walk is bounded by the file's end, `MAX_FRAMES` and `MAX_ITEMS`. Sources: the PNG,
JPEG (ITU T.81), RIFF/WebP, GIF89a, TIFF 6.0 and AVIF 1.1 specifications; where C2PA puts its manifest: C2PA 2.1, A.3.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from imaging.containers.boxes import Box, below, boxes
from imaging.containers.pngtexts import chunks
from imaging.errors import Refused

MEDIA_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "TIFF": "image/tiff",
    "AVIF": "image/avif",
}
# The first bytes of each, as Python and browsers read it; the page has them all in web/src/state/gathering.json.
MAGIC = {
    "PNG": r"\x89PNG\r\n\x1a\n",
    "JPEG": r"\xff\xd8\xff",
    "WEBP": r"RIFF[\s\S]{4}WEBP",
    "GIF": r"GIF8[79]a",
    "TIFF": r"II[*+]\x00|MM\x00[*+]",
    "AVIF": r"[\s\S]{4}ftypavi[fs]",
}
STARTS = [(format, re.compile(magic.encode())) for format, magic in MAGIC.items()]
MAX_FRAMES = 10_000
MAX_ITEMS = 10_000  # that an AVIF consists of, as the tiles of a grid; the decoder's time grows with their square
MAX_CREDENTIALS = 1 << 20  # of a manifest, bytes that are looked at
C2PA_TAG = 0xCD41  # TIFF
C2PA_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # AVIF
SAMPLES = b"trak", b"mdia", b"minf", b"stbl", b"stsz"  # how many pictures a moving one has


class Structure(NamedTuple):
    """Frames, and the bytes of the Content Credentials: empty when there are none."""

    frames: int
    credentials: bytes


def sniff(head: bytes) -> str | None:
    """Pillow's name of the format that the first 16 bytes begin; None for everything else."""
    return next((format for format, start in STARTS if start.match(head)), None)


def structure(format: str, file: BinaryIO, pixels: int) -> Structure:
    """Walk the container. Refused ("bomb") when it holds more frames or pixels than are taken."""
    file.seek(0)
    return WALKS[format](file, pixels)


def _png(file: BinaryIO, _pixels: int) -> Structure:
    frames, credentials = 1, b""
    for name, start, length in chunks(file):
        if name == b"acTL":
            file.seek(start)
            frames = int.from_bytes(file.read(4), "big")
        elif name == b"caBX":
            file.seek(start)
            credentials = file.read(min(length, MAX_CREDENTIALS))
    return Structure(_few(frames), credentials)


def _jpeg(file: BinaryIO, _pixels: int) -> Structure:
    credentials = b""
    file.seek(2)
    while len(head := file.read(4)) == 4:
        marker, length = struct.unpack(">HH", head)
        # 0xFFDA begins the scan: what follows is pixels. Padding and damage end the walk too.
        if marker >> 8 != 0xFF or marker == 0xFFDA or length < 2:
            break
        if marker == 0xFFEB and len(credentials) < MAX_CREDENTIALS:
            body = file.read(length - 2)
            if body[:2] == b"JP" and (credentials or b"jumb" in body[:32]):
                credentials += body
        else:
            file.seek(length - 2, 1)
    return Structure(1, credentials if b"c2pa" in credentials else b"")


def _webp(file: BinaryIO, pixels: int) -> Structure:
    frames, credentials = 0, b""
    for name, length in riff(file):
        if name in (b"VP8X", b"VP8 ", b"VP8L"):
            # The decoder makes its canvas on opening, before Pillow has looked at the size.
            width, height = canvas(name, file.read(10))
            _small(width, height, pixels)
        elif name == b"ANMF":
            frames += 1
            _few(frames)
        elif name == b"C2PA":
            credentials = file.read(min(length, MAX_CREDENTIALS))
    return Structure(max(1, frames), credentials)


def riff(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Name and length of every chunk, the file standing at its body."""
    place = 12
    file.seek(place)
    while len(head := file.read(8)) == 8:
        name, length = struct.unpack("<4sI", head)
        yield name, length
        place += 8 + length + (length & 1)
        file.seek(place)


def canvas(name: bytes, body: bytes) -> tuple[int, int]:
    if len(body) < 10:
        return 0, 0
    if name == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if name == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF


def _gif(file: BinaryIO, _pixels: int) -> Structure:
    frames, credentials = 0, b""
    head = file.read(13)
    _skip_palette(file, head[10:11])
    while (block := file.read(1)) in (b"\x21", b"\x2c"):
        if block == b"\x2c":
            frames += 1
            _few(frames)
            _skip_palette(file, file.read(9)[8:9])
            file.seek(1, 1)
        else:
            label = file.read(1)
            if label == b"\xff" and file.read(12)[1:] == b"C2PA_GIF\x01\x00\x00":
                credentials = b"c2pa"
        while size := file.read(1):
            if size == b"\0":
                break
            file.seek(size[0], 1)
    return Structure(max(1, frames), credentials)


def _skip_palette(file: BinaryIO, flags: bytes) -> None:
    if flags and flags[0] & 0x80:
        file.seek(3 << (flags[0] & 7) + 1, 1)


def _tiff(file: BinaryIO, _pixels: int) -> Structure:
    head = file.read(16)
    order = "<" if head[:2] == b"II" else ">"
    big = head[2:4] in (b"+\0", b"\0+")
    count, entry, offset = (("Q", 20, "Q") if big else ("H", 12, "I")) if head else ("H", 12, "I")
    place = _number(order + offset, head[8:16] if big else head[4:8])
    frames, credentials, seen = 0, b"", set[int]()
    while place and place not in seen:
        seen.add(place)
        frames += 1
        _few(frames)
        file.seek(place)
        entries = _number(order + count, file.read(struct.calcsize(count)))
        if frames == 1 and entries < 4096:
            tags = file.read(entries * entry)
            if any(_number(order + "H", tags[at : at + 2]) == C2PA_TAG for at in range(0, len(tags), entry)):
                credentials = b"c2pa"
        file.seek(min(place + struct.calcsize(count) + entries * entry, 1 << 40))
        place = min(_number(order + offset, file.read(struct.calcsize(offset))), 1 << 40)
    return Structure(max(1, frames), credentials)


def _avif(file: BinaryIO, pixels: int) -> Structure:
    frames, credentials = 1, b""
    size = file.seek(0, 2)
    for box in boxes(file, 0, size):
        if box.name == b"meta":
            # The decoder refuses what is too large for it as if it were damaged.
            for inner in boxes(file, box.body + 4, box.end):
                _bounded(_items(file, inner))
                for told in below(file, inner, b"ipco", b"ispe") if inner.name == b"iprp" else ():
                    file.seek(told.body + 4)
                    _small(_number(">I", file.read(4)), _number(">I", file.read(4)), pixels)
        elif box.name == b"moov":
            for samples in below(file, box, *SAMPLES):
                file.seek(samples.body + 8)
                frames = max(frames, _number(">I", file.read(4)))
        elif box.name == b"uuid":
            file.seek(box.body)
            if file.read(16) == C2PA_BOX:
                credentials = file.read(min(box.end - box.body - 16, MAX_CREDENTIALS))
    return Structure(_few(frames), credentials)


def _items(file: BinaryIO, box: Box) -> int:
    """How many items a box of the meta box names: it lists them, says where they lie, or ties them together."""
    file.seek(box.body)
    version = _number(">B", file.read(4)[:1])
    if box.name == b"iref":
        ties = 0
        for tie in boxes(file, box.body + 4, box.end):
            file.seek(tie.body + (4 if version else 2))
            ties += _number(">H", file.read(2))
        return ties
    if box.name == b"iloc":
        file.seek(box.body + 6)
        return _number(">I", file.read(4)) if version == 2 else _number(">H", file.read(2))
    if box.name == b"iinf":
        return _number(">I", file.read(4)) if version else _number(">H", file.read(2))
    return 0


def _number(shape: str, data: bytes) -> int:
    """An unsigned number; 0 where the file ends before it."""
    return int(struct.unpack(shape, data)[0]) if len(data) == struct.calcsize(shape) else 0


def _small(width: int, height: int, pixels: int) -> None:
    if width * height > pixels:
        raise Refused("bomb", f"The picture says it is {width} × {height} pixels, more than are allowed.")


def _bounded(items: int) -> None:
    if items > MAX_ITEMS:
        raise Refused("bomb", f"The picture consists of {items} parts; at most {MAX_ITEMS} are taken.")


def _few(frames: int) -> int:
    if frames > MAX_FRAMES:
        raise Refused("bomb", f"The picture has {frames} frames or more; at most {MAX_FRAMES} are taken.")
    return frames


WALKS = {"PNG": _png, "JPEG": _jpeg, "WEBP": _webp, "GIF": _gif, "TIFF": _tiff, "AVIF": _avif}
