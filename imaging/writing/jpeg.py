"""A JPEG as its segments. Sources: ITU T.81, B.1; EXIF 3.0, 4.7.2; XMP part 3, 1.1.3 and 1.1.3.1 (the extension)."""

from __future__ import annotations

from collections.abc import Iterator

from imaging.gathering import EXTENSION, extension_of
from imaging.writing.container import cut_off

APP1, SCAN, END = 0xE1, 0xDA, 0xD9
ALONE = {0x01, *range(0xD0, 0xD8)}  # markers without a length
EXIF, XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
MOST = 65_533  # bytes of a segment's body
PIECE = 65_400  # of an extension


class Jpeg:
    most_exif, most_xmp = MOST - len(EXIF), MOST - len(XMP)

    def __init__(self, data: bytes) -> None:
        self._segments: list[tuple[int, bytes]] = []  # marker and the whole segment
        place = 2
        while (marker := _marker(data, place)) != SCAN:
            length = 0 if marker in ALONE else int.from_bytes(data[place + 2 : place + 4], "big")
            whole = data[place : place + 2 + length]
            if marker == END or len(whole) != 2 + length or (marker not in ALONE and length < 2):
                raise cut_off()
            # What fills the room before a marker is left out.
            self._segments.append((marker, whole))
            place += 2 + length
            while data[place : place + 2] == b"\xff\xff":
                place += 1
        self._pixels = memoryview(data)[place:]

    @property
    def exif(self) -> bytes:
        return b"".join(self._bodies(EXIF))

    @exif.setter
    def exif(self, tiff: bytes) -> None:
        self._put(EXIF, [tiff] if tiff else [], after=())

    @property
    def xmp(self) -> bytes:
        return next(self._bodies(XMP), b"")

    @property
    def extension(self) -> bytes:
        return extension_of([EXTENSION + body for body in self._bodies(EXTENSION)], self.xmp.decode("utf-8", "replace"))

    def set_xmp(self, packet: bytes, extension: bytes = b"", digest: str = "") -> None:
        head = digest.encode() + len(extension).to_bytes(4, "big")
        pieces = [
            head + place.to_bytes(4, "big") + extension[place : place + PIECE]
            for place in range(0, len(extension), PIECE)
        ]
        self._put(XMP, [packet] if packet else [], after=(EXIF,))
        self._put(EXTENSION, pieces, after=(EXIF, XMP))

    def _bodies(self, name: bytes) -> Iterator[bytes]:
        return (each[4 + len(name) :] for marker, each in self._segments if _is(marker, each, name))

    def _put(self, name: bytes, bodies: list[bytes], after: tuple[bytes, ...]) -> None:
        """Segments of that name in place of all others: first in the file, but behind JFIF's and those named."""
        kept = [each for each in self._segments if not _is(*each, name)]
        made = [(APP1, b"\xff\xe1" + (2 + len(name) + len(body)).to_bytes(2, "big") + name + body) for body in bodies]
        at = 0
        for number, (marker, whole) in enumerate(kept):
            if marker == 0xE0 or any(_is(marker, whole, each) for each in after):
                at = number + 1
        self._segments = [*kept[:at], *made, *kept[at:]]

    def encoded(self) -> bytes:
        return b"".join((b"\xff\xd8", *(whole for _, whole in self._segments), self._pixels))


def _marker(data: bytes, place: int) -> int:
    if len(data) < place + 4 or data[place] != 0xFF:
        raise cut_off()
    return data[place + 1]


def _is(marker: int, segment: bytes, name: bytes) -> bool:
    return marker == APP1 and segment.startswith(name, 4)
