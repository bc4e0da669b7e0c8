"""A WebP as its chunks. Source: the WebP container specification: an extended file says in VP8X what it holds."""

from __future__ import annotations

import io

from imaging.formats import canvas, riff
from imaging.writing.container import cut_off

EXIF, XMP, ALPHA = 0x08, 0x04, 0x10
PREFIX = b"Exif\0\0"  # of JPEG; some programs write it here too
PICTURE = (b"VP8 ", b"VP8L", b"ANMF")


class Webp:
    most_exif = most_xmp = (1 << 31) - 1
    extension = b""

    def __init__(self, data: bytes) -> None:
        self._chunks: list[tuple[bytes, memoryview | bytes]] = []
        whole, end = memoryview(data), 12
        for name, length in riff(io.BytesIO(data)):
            if end >= 8 + int.from_bytes(data[4:8], "little"):
                break
            self._chunks.append((name, whole[end + 8 : end + 8 + length]))
            end += 8 + length
            if end > len(data):
                raise cut_off()
            end += length & 1
        if not any(name in PICTURE for name, _ in self._chunks):
            raise cut_off()
        self._behind = whole[end:]

    @property
    def exif(self) -> bytes:
        return self._body(b"EXIF").removeprefix(PREFIX)

    @exif.setter
    def exif(self, tiff: bytes) -> None:
        self._put(b"EXIF", tiff)

    @property
    def xmp(self) -> bytes:
        return self._body(b"XMP ")

    def set_xmp(self, packet: bytes, extension: bytes = b"", digest: str = "") -> None:
        self._put(b"XMP ", packet)

    def _body(self, name: bytes) -> bytes:
        return next((bytes(body) for found, body in self._chunks if found == name), b"")

    def _put(self, name: bytes, body: bytes) -> None:
        """Behind the pixels: EXIF and XMP, in this order, before what nobody knows."""
        kept = [each for each in self._chunks if each[0] != name]
        before = (*PICTURE, b"ALPH", b"EXIF") if name == b"XMP " else (*PICTURE, b"ALPH")
        at = 1 + max(at for at, (found, _) in enumerate(kept) if found in before)
        self._chunks = [*kept[:at], *([(name, body)] if body else []), *kept[at:]]

    def encoded(self) -> bytes:
        held = {name for name, _ in self._chunks}
        body = b"".join(_chunk(name, self._head(body) if name == b"VP8X" else body) for name, body in self._chunks)
        if b"VP8X" not in held and held & {b"EXIF", b"XMP "}:
            body = _chunk(b"VP8X", self._head(None)) + body
        return b"".join((b"RIFF", (len(body) + 4).to_bytes(4, "little"), b"WEBP", body, self._behind))

    def _head(self, old: memoryview | bytes | None) -> bytes:
        """What the file holds, and its size."""
        flags = (EXIF if self._body(b"EXIF") else 0) | (XMP if self.xmp else 0)
        if old is not None:
            return bytes([old[0] & ~(EXIF | XMP) | flags]) + bytes(old[1:])
        name, picture = next(each for each in self._chunks if each[0] in PICTURE)
        if name == b"VP8L" and picture[4] & 0x10:
            flags |= ALPHA
        width, height = canvas(name, bytes(picture[:10]))
        return bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def _chunk(name: bytes, body: memoryview | bytes) -> bytes:
    return b"".join((name, len(body).to_bytes(4, "little"), body, b"\0" * (len(body) & 1)))
