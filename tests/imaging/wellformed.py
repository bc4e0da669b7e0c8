"""Whether a picture is put together as its format says: checked byte by byte, by nothing of the program's own."""

from __future__ import annotations

import io
import struct
import warnings
import zlib

from PIL import Image

XMP_ITEM = b"application/rdf+xml\0"


def check(data: bytes) -> None:
    """Fails for checksums, lengths and orders that are wrong, and for what Pillow warns of."""
    if data.startswith(b"\x89PNG"):
        _png(data)
    elif data.startswith(b"\xff\xd8"):
        _jpeg(data)
    elif data.startswith(b"RIFF"):
        _webp(data)
    else:
        _avif(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            image.getexif().get_ifd(0x8769)


def png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, place = [], 8
    while place < len(data):
        length, name = struct.unpack(">I4s", data[place : place + 8])
        body, crc = data[place + 8 : place + 8 + length], data[place + 8 + length : place + 12 + length]
        assert struct.pack(">I", zlib.crc32(name + body)) == crc, name
        found.append((name, body))
        place += 12 + length
    return found


def _png(data: bytes) -> None:
    names = [name for name, _ in png_chunks(data)]
    assert names[0] == b"IHDR" and names[-1] == b"IEND" and names.count(b"IEND") == 1
    first, count = names.index(b"IDAT"), names.count(b"IDAT")
    assert names[first : first + count] == [b"IDAT"] * count
    for name in (b"iCCP", b"PLTE", b"eXIf"):
        assert names.count(name) <= 1 and (name not in names or names.index(name) < first)
    keywords = [body.split(b"\0")[0] for name, body in png_chunks(data) if name in (b"tEXt", b"iTXt", b"zTXt")]
    assert len(keywords) == len(set(keywords))


def jpeg_segments(data: bytes) -> list[tuple[int, bytes]]:
    """Marker and body up to the scan."""
    found, place = [], 2
    while True:
        lead, marker, length = struct.unpack(">BBH", data[place : place + 4])
        assert lead == 0xFF and length >= 2
        if marker == 0xDA:
            return found
        found.append((marker, data[place + 4 : place + 2 + length]))
        place += 2 + length
        assert place < len(data)


def _jpeg(data: bytes) -> None:
    segments = jpeg_segments(data)
    assert data.rstrip(b"\0").endswith(b"\xff\xd9")
    heads = [body for marker, body in segments if marker == 0xE1]
    for name in (b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"):
        assert sum(body.startswith(name) for body in heads) <= 1
    if segments[0][0] == 0xE0:
        assert segments[0][1].startswith(b"JFIF\0")
    assert {0xC0, 0xC1, 0xC2} & {marker for marker, _ in segments}


def webp_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    assert data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8 and len(data) % 2 == 0
    found, place = [], 12
    while place < len(data):
        name, length = struct.unpack("<4sI", data[place : place + 8])
        found.append((name, data[place + 8 : place + 8 + length]))
        assert len(found[-1][1]) == length
        place += 8 + length + length % 2
    return found


def _webp(data: bytes) -> None:
    chunks = webp_chunks(data)
    names = [name for name, _ in chunks]
    assert len(set(names)) == len(names) or b"ANMF" in names
    if b"VP8X" in names:
        assert names[0] == b"VP8X" and len(chunks[0][1]) == 10
        flags = chunks[0][1][0]
        held = {0x20: b"ICCP", 0x08: b"EXIF", 0x04: b"XMP ", 0x02: b"ANIM"}
        assert {flag for flag, name in held.items() if flags & flag} == {f for f, name in held.items() if name in names}
    else:
        assert len(names) == 1


def avif_boxes(data: bytes, start: int, end: int) -> dict[bytes, tuple[int, int]]:
    """Name → where its body begins and ends; they fill the space, and each name is there once, but for `mdat`."""
    found: dict[bytes, tuple[int, int]] = {}
    while start < end:
        length, name = struct.unpack(">I4s", data[start : start + 8])
        head = 16 if length == 1 else 8
        length = struct.unpack(">Q", data[start + 8 : start + 16])[0] if length == 1 else length
        assert length >= head and start + length <= end
        assert name not in found or name in (b"mdat", b"infe", b"cdsc", b"auxl", b"uuid", b"free")
        found[name + bytes(sum(each[:4] == name for each in found))] = start + head, start + length
        start += length
    return found


def _avif(data: bytes) -> None:
    rows = avif_boxes(data, 0, len(data))
    assert next(iter(rows)) == b"ftyp"
    start, end = rows[b"meta"]
    inner = avif_boxes(data, start + 4, end)
    if b"moov" in rows:
        return
    place, end = inner[b"iloc"]
    version, sizes, count = struct.unpack(">B3xHH", data[place : place + 8])
    assert version == 1 or (version, sizes >> 8) == (0, 0x44)
    place, spans, ids = place + 8, [], set()
    for _ in range(count):
        id, *how, extents = struct.unpack(">HHHH" if version else ">HHH", data[place : place + (8 if version else 6)])
        place += 8 if version else 6
        ids.add(id)
        for _ in range(extents):
            low, length = struct.unpack(">II", data[place : place + 8])
            low += inner[b"idat"][0] if version and how[0] == 1 else 0
            spans.append((low, low + length))
            place += 8
    assert place == end and len(ids) == count
    filled = sorted(span for name, span in (*rows.items(), *inner.items()) if name[:4] in (b"mdat", b"idat"))
    for low, high in spans:
        assert any(first <= low < high <= last for first, last in filled)
    assert all(one[1] <= two[0] for one, two in zip(sorted(spans), sorted(spans)[1:], strict=False))
    start, end = inner[b"iinf"]
    assert struct.unpack(">H", data[start + 4 : start + 6])[0] == data[start:end].count(b"infe")
    for name in (b"Exif\0", XMP_ITEM):
        assert data[start:end].count(name) <= 1
