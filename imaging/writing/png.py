"""A PNG as its chunks. Source: the PNG specification, 5.3 (chunks), 11.3.3 (texts), and 11.3.2.8 (eXIf)."""

from __future__ import annotations

import io
import zlib

from imaging.containers.pngtexts import START, TEXT_CHUNKS, chunks, decoded, texts
from imaging.writing.container import cut_off

XMP = "XML:com.adobe.xmp"


class Png:
    most_exif = most_xmp = (1 << 31) - 1
    extension = b""

    def __init__(self, data: bytes) -> None:
        file, whole = io.BytesIO(data), memoryview(data)
        self._chunks: list[tuple[bytes, memoryview | bytes]] = []
        end = START
        for name, start, length in chunks(file):
            end = start + length + 4
            self._chunks.append((name, whole[start - 8 : end]))
        if not self._chunks or self._chunks[-1][0] != b"IEND" or end > len(data):
            raise cut_off()
        self._behind = whole[end:]
        self.texts = texts(file).found

    @property
    def exif(self) -> bytes:
        return next((bytes(chunk[8:-4]) for name, chunk in self._chunks if name == b"eXIf"), b"")

    @exif.setter
    def exif(self, tiff: bytes) -> None:
        self._put({b"eXIf"}, "", _chunk(b"eXIf", tiff) if tiff else b"")

    @property
    def xmp(self) -> bytes:
        return self.texts.get(XMP, "").encode()

    def set_xmp(self, packet: bytes, extension: bytes = b"", digest: str = "") -> None:
        self.set_text(XMP, packet.decode(), international=True)

    def set_text(self, keyword: str, text: str, international: bool = False) -> None:
        """The text under a keyword in place of all that stood there; as tEXt where that is read as it is meant."""
        body = _plain(text)
        if not text:
            chunk = b""
        elif international or body is None:
            chunk = _chunk(b"iTXt", keyword.encode("latin-1") + b"\0\0\0\0\0" + text.encode())
        else:
            chunk = _chunk(b"tEXt", keyword.encode("latin-1") + b"\0" + body)
        self._put(set(TEXT_CHUNKS), keyword, chunk)
        self.texts[keyword] = text

    def _put(self, names: set[bytes], keyword: str, chunk: bytes) -> None:
        """A chunk before the pixels, in place of those of these names and, for texts, this keyword."""
        start = keyword.encode("latin-1") + b"\0" if keyword else b""
        kept = [each for each in self._chunks if each[0] not in names or bytes(each[1][8 : 8 + len(start)]) != start]
        at = next((at for at, (name, _) in enumerate(kept) if name in (b"IDAT", b"IEND")))
        self._chunks = [*kept[:at], *([(chunk[4:8], chunk)] if chunk else []), *kept[at:]]

    def encoded(self) -> bytes:
        return b"".join((b"\x89PNG\r\n\x1a\n", *(chunk for _, chunk in self._chunks), self._behind))


def _plain(text: str) -> bytes | None:
    """Latin 1, unless readers that try UTF-8 first would take it for something else."""
    try:
        body = text.encode("latin-1")
    except UnicodeEncodeError:
        return None
    return body if decoded(body) == text and "\0" not in text else None


def _chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")
