"""AVIF files as other programs may lay them out: pixels that Pillow encoded, the boxes around them made by hand."""

from __future__ import annotations

import io
import struct
from collections.abc import Collection
from typing import NamedTuple

from PIL import Image

from tests.imaging.files import canvas, xmp
from tests.imaging.pictures import saved
from tests.imaging.wellformed import avif_boxes

SECRET = b"old secret words"
TIFF = b"MM\0*\0\0\0\x08\0\x01\x01\x0e\0\x02\0\0\0\x10\0\0\0\x1a\0\0\0\0" + SECRET
PACKET = xmp("", f'dc:source="{SECRET.decode()}"').encode()
PIXELS, ALPHA, EXIF, XMP, NOWHERE = 1, 2, 3, 4, 5  # the items; the last one lies nowhere


class Layout(NamedTuple):
    """How a file is laid out."""

    version: int = 0  # of `iloc`
    base: int = 0  # bytes of the base offset of each item
    wide: int = 4  # bytes of each offset
    parts: int = 1  # extents of each item
    boxed: Collection[int] = ()  # items within `idat`
    mdat: str = ""  # "64-bit", "endless", "first": before `meta`; "apart": a box for each item
    nowhere: bool = False  # an entry of `iinf` that `iloc` does not name
    of: int = PIXELS  # what EXIF and XMP describe


LAYOUTS = {
    "as others": Layout(),
    "version 1": Layout(1),
    "version 2": Layout(2),
    "base": Layout(1, base=4),
    "wide base, no offset": Layout(2, base=8, wide=0),
    "wide offsets": Layout(0, wide=8),
    "parts": Layout(0, parts=3),
    "base and parts": Layout(2, base=4, parts=3),
    "words in idat": Layout(1, boxed=(EXIF, XMP)),
    "words in idat, in parts": Layout(2, base=4, parts=4, boxed=(EXIF, XMP)),
    "all in idat": Layout(1, boxed=(PIXELS, ALPHA, EXIF, XMP)),
    "pixels in idat": Layout(1, boxed=(PIXELS, ALPHA)),
    "64-bit mdat": Layout(mdat="64-bit"),
    "endless mdat": Layout(mdat="endless"),
    "mdat before meta": Layout(mdat="first"),
    "words in idat behind mdat": Layout(1, boxed=(EXIF, XMP), mdat="first"),
    "a box each": Layout(mdat="apart"),
    "an item that lies nowhere": Layout(nowhere=True),
    "an item that lies nowhere, version 2": Layout(2, parts=2, nowhere=True, mdat="64-bit"),
}


def box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + name + body


def full(name: bytes, version: int, *parts: bytes) -> bytes:
    return box(name, bytes((version, 0, 0, 0)), *parts)


def infe(id: int, what: bytes) -> bytes:
    return full(b"infe", 2, struct.pack(">HH", id, 0), what)


def link(name: bytes, id: int, of: int = PIXELS) -> bytes:
    return box(name, struct.pack(">HHH", id, 1, of if name == b"cdsc" else PIXELS))


INFOS = {
    PIXELS: infe(PIXELS, b"av01Color\0"),
    ALPHA: infe(ALPHA, b"av01Alpha\0"),
    NOWHERE: infe(NOWHERE, b"idenelsewhere\0"),
    EXIF: infe(EXIF, b"Exif\0"),
    XMP: infe(XMP, b"mime\0application/rdf+xml\0"),
}
LINKS = [(b"auxl", ALPHA), (b"cdsc", EXIF), (b"cdsc", XMP), (b"dimg", NOWHERE)]


def showing_through() -> bytes:
    picture, file = canvas(), io.BytesIO()
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    picture.save(file, "AVIF")
    return file.getvalue()


def laid_out(layout: Layout) -> bytes:
    """A picture that shows through, with EXIF and XMP that hold the secret."""
    plain = showing_through()
    rows = avif_boxes(plain, 0, len(plain))
    head = plain[: rows[b"ftyp"][1]]
    inner = avif_boxes(plain, rows[b"meta"][0] + 4, rows[b"meta"][1])
    kept = {name: box(name, plain[start:end]) for name, (start, end) in inner.items()}
    bodies = _pixels(plain, inner[b"iloc"][0]) | {EXIF: bytes(4) + TIFF, XMP: PACKET}
    start = 0
    for _ in range(2):  # the second time with what the first one's length tells
        places, boxed, held = _placed(layout, bodies, len(head) if layout.mdat == "first" else start)
        ids = [id for id in INFOS if id != NOWHERE or layout.nowhere]
        meta = full(
            b"meta",
            0,
            kept[b"hdlr"],
            kept[b"pitm"],
            _iloc(layout, places),
            full(b"iinf", 0, struct.pack(">H", len(ids)), *(INFOS[id] for id in ids)),
            full(b"iref", 0, *(link(name, id, layout.of) for name, id in LINKS if id in ids)),
            kept[b"iprp"],
            *([box(b"idat", boxed)] if boxed else []),
        )
        start = len(head) + len(meta)
    return head + held + meta if layout.mdat == "first" else head + meta + held


def _pixels(plain: bytes, at: int) -> dict[int, bytes]:
    """The bytes of Pillow's two items, by id; it writes version 0 without base offsets."""
    found = {}
    for place in range(at + 8, at + 8 + 2 * 14, 14):
        id, _, count, start, length = struct.unpack(">HHHII", plain[place : place + 14])
        assert count == 1
        found[id] = plain[start : start + length]
    assert set(found) == {PIXELS, ALPHA}
    return found


Places = dict[int, list[tuple[int, int]]]


def _placed(layout: Layout, bodies: dict[int, bytes], start: int) -> tuple[Places, bytes, bytes]:
    """Where each item's parts lie, `idat`, and the `mdat` boxes at this place; something stands between the parts."""
    places: Places = {id: [] for id in bodies}
    boxed, held = bytearray(), bytearray()
    header = 16 if layout.mdat == "64-bit" else 8
    rows = bytearray()
    for id, body in bodies.items():
        step = -(-len(body) // layout.parts)
        for at in range(0, len(body), step):
            part = body[at : at + step]
            if id in layout.boxed:
                places[id].append((len(boxed), len(part)))
                boxed += part + b"\xee"
            else:
                places[id].append((start + len(rows) + header + len(held), len(part)))
                held += part + b"\xee" * (layout.parts > 1)
        if layout.mdat == "apart":
            rows += box(b"mdat", held)
            held.clear()
    if held and layout.mdat == "64-bit":
        rows += struct.pack(">I4sQ", 1, b"mdat", len(held) + 16) + held
    elif held:
        rows += (bytes(4) + b"mdat" + held) if layout.mdat == "endless" else box(b"mdat", held)
    return places, bytes(boxed), bytes(rows)


def _iloc(layout: Layout, places: Places) -> bytes:
    narrow = ">I" if layout.version == 2 else ">H"
    parts = [bytes((layout.wide << 4 | 4, layout.base << 4)), struct.pack(narrow, len(places))]
    for id, extents in places.items():
        base = min(place for place, _ in extents) if layout.base else 0
        method = struct.pack(">H", int(id in layout.boxed)) if layout.version else b""
        parts += [struct.pack(narrow, id), method, bytes(2), base.to_bytes(layout.base, "big")]
        parts.append(struct.pack(">H", len(extents)))
        parts += [(at - base).to_bytes(layout.wide, "big") + struct.pack(">I", length) for at, length in extents]
    return full(b"iloc", layout.version, *parts)


def crowded(items: int, boxes: int, parts: int = 1) -> bytes:
    """A picture with so many items of a byte in `idat`, all but one in ten of them XMP, and so many empty boxes."""
    plain = saved("AVIF", mode="L")
    rows = avif_boxes(plain, 0, len(plain))
    inner = avif_boxes(plain, rows[b"meta"][0] + 4, rows[b"meta"][1])
    kept = {name: box(name, plain[start:end]) for name, (start, end) in inner.items()}
    head, pixels = plain[: rows[b"ftyp"][1]], plain[slice(*rows[b"mdat"])]
    ids = range(10, 10 + items)
    infos = [INFOS[PIXELS], *(infe(id, INFOS[XMP][16:] if id % 10 else b"iden\0") for id in ids)]
    places: Places = {PIXELS: [(0, len(pixels))], **{id: [(id % 1000, 1)] * parts for id in ids}}
    meta = b""
    for _ in range(2):
        places[PIXELS] = [(len(head) + len(meta) + 8, len(pixels))]
        meta = full(
            b"meta",
            0,
            kept[b"hdlr"],
            kept[b"pitm"],
            _iloc(Layout(1, boxed=ids), places),
            full(b"iinf", 0, struct.pack(">H", len(infos)), *infos),
            full(b"iref", 0, *(link(b"cdsc", id) for id in ids)),
            kept[b"iprp"],
            box(b"free") * boxes,
            box(b"idat", bytes(1000)),
        )
    return head + meta + box(b"mdat", pixels)
