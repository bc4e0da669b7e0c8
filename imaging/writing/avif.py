"""EXIF and XMP in an AVIF: items that its `meta` box lists, their bytes at the file's end.

Pixels stay where they are but for the few bytes by which `meta` grows; every place that the file names moves along.
What moves has them elsewhere, where few programs look: nothing is written into it.
Sources: ISO/IEC 14496-12 (boxes, `iloc`, `iinf`, `iref`), ISO/IEC 23008-12, A.2.1 (EXIF) and A.3.1 (XMP).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from imaging.containers.boxes import Box, boxes
from imaging.writing.container import cut_off

PREFIX = b"Exif\0\0"  # of JPEG; some programs write it here too
XMP_TYPE = b"application/rdf+xml"
EXIF, XMP = "exif", "xmp"
IN_FILE, IN_BOX = 0, 1  # how an item says where it lies: from the file's start, or within `idat`
MOST_ITEMS = (1 << 16) - 3  # ids have 16 bits, and two are added


class Extent(NamedTuple):
    """Bytes of an item: the first one, counted as the item says, and how many."""

    place: int
    length: int


class Item(NamedTuple):
    """What `meta` says of an item: how its places count, its bytes, its entry in `iinf` as it stands there."""

    method: int
    extents: tuple[Extent, ...]
    info: bytes = b""
    kind: str = ""  # what of ours it may be


class Avif:
    extension = b""

    def __init__(self, data: bytes) -> None:
        self._data, self._file = data, io.BytesIO(data)
        self._rows = list(boxes(self._file, 0, len(data)))
        self._moves = any(box.name == b"moov" for box in self._rows)
        self.most_exif = self.most_xmp = 0 if self._moves else (1 << 31) - 1
        metas = [box for box in self._rows if box.name == b"meta"]
        if len(metas) != 1 or not all(box.whole for box in self._rows) or self._rows[-1].end != len(data):
            raise cut_off()
        self._meta = metas[0]
        self._inner = list(boxes(self._file, self._meta.body + 4, self._meta.end))
        try:
            self._primary = self._id(self._one(b"pitm"), 4, self._version(self._one(b"pitm")) > 0)[0]
            self._items = self._read_items()
        except (struct.error, ValueError) as error:
            raise cut_off() from error
        if self._primary not in self._items or max(self._items) > MOST_ITEMS:
            raise cut_off()
        self._set: dict[str, bytes] = {}

    @property
    def exif(self) -> bytes:
        body = self._body(EXIF)
        if EXIF not in self._set and body:
            # Behind four bytes that say how far before the structure something else stands.
            body = body[4 + int.from_bytes(body[:4], "big") :]
        return body.removeprefix(PREFIX)

    @exif.setter
    def exif(self, tiff: bytes) -> None:
        self._set[EXIF] = tiff

    @property
    def xmp(self) -> bytes:
        return self._body(XMP)

    def set_xmp(self, packet: bytes, extension: bytes = b"", digest: str = "") -> None:
        self._set[XMP] = packet

    def _body(self, kind: str) -> bytes:
        if kind in self._set or self._moves:
            return self._set.get(kind, b"")
        found = next((item for item in self._items.values() if item.kind == kind), None)
        return b"".join(self._data[start:end] for start, end in self._spans(found)) if found else b""

    def _one(self, name: bytes) -> Box:
        found = [box for box in self._inner if box.name == name]
        if len(found) != 1 or not found[0].whole:
            raise ValueError("not one box of it")
        return found[0]

    def _version(self, box: Box) -> int:
        return self._data[box.body]

    def _id(self, box: Box, at: int, wide: bool) -> tuple[int, int]:
        """An id within a box, and where it ends there."""
        end = at + (4 if wide else 2)
        if box.body + end > box.end:
            raise ValueError("cut off")
        return int.from_bytes(self._data[box.body + at : box.body + end], "big"), end

    def _read_items(self) -> dict[int, Item]:
        """All items, by id, in the order of `iloc`."""
        info = {}
        box = self._one(b"iinf")
        for each in boxes(self._file, box.body + (6 if self._version(box) == 0 else 8), box.end):
            id, at = self._id(each, 4, self._version(each) > 2)
            name = self._data[each.body + at + 2 : each.body + at + 6]
            kind = EXIF if name == b"Exif" else ""
            if name == b"mime" and XMP_TYPE in self._data[each.body + at + 6 : each.end].split(b"\0"):
                kind = XMP
            info[id] = self._data[each.start : each.end], kind
        return {id: Item(item.method, item.extents, *info.get(id, (b"", ""))) for id, item in self._located()}

    def _located(self) -> Iterator[tuple[int, Item]]:
        box = self._one(b"iloc")
        version = self._version(box)
        reader = _Reader(self._data[box.body + 4 : box.end])
        sizes = reader.number(2)
        offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
        for _ in range(reader.number(2 if version < 2 else 4)):
            id = reader.number(2 if version < 2 else 4)
            method = reader.number(2) & 15 if version > 0 else IN_FILE
            if method > IN_BOX or reader.number(2) != 0:  # of another item, or of another file
                raise ValueError("lies elsewhere")
            start = reader.number(base)
            extents = []
            for _ in range(reader.number(2)):
                reader.number(index if version > 0 else 0)
                extents.append(Extent(start + reader.number(offset), reader.number(length)))
            yield id, Item(method, tuple(extents))

    def _spans(self, item: Item) -> list[tuple[int, int]]:
        """Where in the file an item's bytes begin and end."""
        start, end = 0, len(self._data)
        if item.method == IN_BOX:
            holder = self._one(b"idat")
            start, end = holder.body, holder.end
        spans = [(start + each.place, start + each.place + each.length) for each in item.extents]
        if any(not start <= low < high <= end for low, high in spans):
            raise cut_off()
        return spans

    def encoded(self) -> bytes:
        held = any(self._set.values()) or any(item.kind for item in self._items.values())
        if self._moves or not self._set or not held:
            return self._data
        wanted = {kind: self._body(kind) for kind in (EXIF, XMP)}
        wanted[EXIF] = self.exif
        kept = {id: item for id, item in self._items.items() if not item.kind}
        data, rows = self._without(kept)
        added = [(kind, (b"\0\0\0\0" if kind == EXIF else b"") + body) for kind, body in wanted.items() if body]
        end = rows[-1].end
        longer = len(self._written(kept, added, 0, 0)) - (self._meta.end - self._meta.start)
        meta = self._written(kept, added, longer, end + longer + 8)
        bodies = b"".join(body for _, body in added)
        tail = [_box(b"mdat", bodies)] if bodies else []
        return b"".join((data[: self._meta.start], meta, data[self._meta.end : end], *tail))

    def _without(self, kept: dict[int, Item]) -> tuple[bytes, list[Box]]:
        """The file without the bytes of what is replaced: nobody should find the old words. A box at the end that holds
        nothing else goes.
        """
        gone = sorted(span for id, item in self._items.items() if id not in kept for span in self._spans(item))
        used = [span for item in kept.values() for span in self._spans(item)]
        rows, last = list(self._rows), self._rows[-1]
        if last.name == b"mdat" and gone and _filled(last, gone) and not _touched(last.body, last.end, used):
            rows.pop()
        data = bytearray(self._data)
        if not any(data[last.start : last.start + 4]):  # it goes to the file's end, wherever that is
            data[last.start : last.start + 4] = (last.end - last.start).to_bytes(4, "big")
        for start, end in gone:
            if not _touched(start, end, used):
                data[start:end] = bytes(end - start)
        return bytes(data), rows

    def _moved(self, place: int, longer: int) -> int:
        if self._meta.start < place < self._meta.end:
            raise cut_off()
        return place + longer if place >= self._meta.end else place

    def _written(self, kept: dict[int, Item], added: Sequence[tuple[str, bytes]], longer: int, place: int) -> bytes:
        """The `meta` box, of a file that it makes so much longer; what is added begins at that place."""
        items = {
            id: Item(item.method, tuple(self._placed(item.method, each, longer) for each in item.extents))
            for id, item in kept.items()
        }
        infos, first = [item.info for item in kept.values() if item.info], 1 + max(kept)
        for number, (kind, body) in enumerate(added):
            items[first + number] = Item(IN_FILE, (Extent(place, len(body)),))
            infos.append(_info(first + number, kind))
            place += len(body)
        links = range(first, first + len(added))
        write: dict[bytes, Callable[[Box], bytes]] = {
            b"iloc": lambda box: _locations(items),
            b"iinf": lambda box: _box(b"iinf", b"\0\0\0\0", struct.pack(">H", len(infos)), *infos),
            b"iref": lambda box: self._references(box, kept, links),
        }
        parts = []
        for box in self._inner:
            parts.append(write[box.name](box) if box.name in write else self._data[box.start : box.end])
            if box.name == b"iinf" and not any(each.name == b"iref" for each in self._inner):
                parts.append(self._references(None, kept, links))
        return _box(b"meta", self._data[self._meta.body : self._meta.body + 4], *parts)

    def _placed(self, method: int, extent: Extent, longer: int) -> Extent:
        return extent if method == IN_BOX else Extent(self._moved(extent.place, longer), extent.length)

    def _references(self, box: Box | None, kept: dict[int, Item], links: Sequence[int]) -> bytes:
        """Who describes whom: what stood there, and that what is added describes the picture."""
        version = self._version(box) if box else 0
        rows = []
        if box is not None:
            for each in boxes(self._file, box.body + 4, box.end):
                if self._id(each, 0, version > 0)[0] in kept:
                    rows.append(self._data[each.start : each.end])
        shape = ">IHI" if version else ">HHH"
        rows += [_box(b"cdsc", struct.pack(shape, id, 1, self._primary)) for id in links]
        return _box(b"iref", bytes((version, 0, 0, 0)), *rows) if rows else b""


class _Reader:
    """Numbers one after the other; ValueError where there are no more."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, length: int) -> int:
        found = self._data[self._at : self._at + length]
        if len(found) != length:
            raise ValueError("cut off")
        self._at += length
        return int.from_bytes(found, "big")


def _box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return (len(body) + 8).to_bytes(4, "big") + name + body


def _info(id: int, kind: str) -> bytes:
    what = b"Exif\0" if kind == EXIF else b"mime\0" + XMP_TYPE + b"\0"
    return _box(b"infe", b"\2\0\0\0", struct.pack(">HH", id, 0), what)


def _locations(items: dict[int, Item]) -> bytes:
    parts = [b"\1\0\0\0", b"\x44\0", struct.pack(">H", len(items))]
    for id, item in items.items():
        parts.append(struct.pack(">HHHH", id, item.method, 0, len(item.extents)))
        parts += [struct.pack(">II", *each) for each in item.extents]
    return _box(b"iloc", *parts)


def _filled(box: Box, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether the spans, in order, are all of the box's body."""
    inside, at = [span for span in spans if box.body <= span[0] < box.end], box.body
    for start, end in inside:
        if start != at:
            return False
        at = end
    return at == box.end


def _touched(start: int, end: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(low < end and start < high for low, high in spans)
