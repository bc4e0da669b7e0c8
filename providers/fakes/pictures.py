"""Small pictures without an imaging library: a PNG of two colours that no other number has."""

from __future__ import annotations

import hashlib
import struct
import zlib


def coarser(picture: bytes, steps: int) -> bytes:
    """The same picture as one of `painted`, so many halves smaller."""
    number = int(picture.partition(b"Comment\0")[2].split(b"IDAT")[0][:-8])
    return painted(number, 64 >> steps, 64 >> steps)


def painted(number: int, width: int = 64, height: int = 64) -> bytes:
    """A PNG whose colours and slant come from its number."""
    seed = hashlib.sha256(number.to_bytes(8, "big")).digest()
    light, dark = seed[:3], bytes(each // 3 for each in seed[3:6])
    slant = 1 + seed[6] % 5
    rows = b"".join(
        b"\0" + b"".join(light if (x * slant + y) % width < width // 2 else dark for x in range(width))
        for y in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (
        (b"IHDR", head),
        (b"tEXt", b"Comment\0" + str(number).encode()),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
