"""EXIF and XMP in an AVIF: items that its `meta` box lists, their bytes at the file's end.

Pixels stay where they are but for the few bytes by which `meta` grows; every place that the file names moves along.
What moves has them elsewhere, where few programs look: nothing is written into it.
Where anything lies in a place that is not made for it, or more than a picture needs, the file is refused.
Sources: ISO/IEC 14496-12 (boxes, `iloc`, `iinf`, `iref`), ISO/IEC 23008-12, A.2.1 (EXIF) and A.3.1 (XMP).
"""

from __future__ import annotations

import io
import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from imaging.containers.boxes import Box, boxes
from imaging.formats import MAX_ITEMS
from imaging.writing.container import cut_off

PREFIX = b"Exif\0\0"  # of JPEG; some programs write it here too
XMP_TYPE = b"application/rdf+xml"
EXIF, XMP = "exif", "xmp"
IN_FILE, IN_BOX = 0, 1  # how an item says where it lies: from the file's start, or within `idat`
MOST_ID = (1 << 16) - 3  # ids have 16 bits, and two are added
MOST_EXTENTS = 12_000  # of a picture of very many tiles, which lie in one piece each
Span = tuple[int, int]  # where in the file bytes begin and end


class Extent(NamedTuple):
    """Bytes of an item: the first one, counted as the item says, and how many."""

    place: int
    length: int


class Item(NamedTuple):
    """What `iloc` says of an item: how its places count, its bytes."""

    method: int
    extents: tuple[Extent, ...]


class Entry(NamedTuple):
    """What stands somewhere of an item, as it stands there."""

    id: int
    body: bytes


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
        self._held = [box for box in self._rows if box.name == b"mdat"]
        self._ours: dict[int, str] = {}  # what of ours an item is
        try:
            self._inner = self._all(self._meta.body + 4, self._meta.end)
            self._idat, self._iref = self._may_be(b"idat"), self._may_be(b"iref")
            self._primary = self._id(self._one(b"pitm"), 4, self._version(self._one(b"pitm")) > 0)[0]
            self._described: dict[int, int] = {}  # which item another one describes
            self._references = list(self._read_references())
            self._infos = list(self._read_infos())
            self._items = dict(self._located())
        except ValueError as error:
            raise cut_off() from error
        self._ids = {*self._items, *(entry.id for entry in (*self._infos, *self._references))}
        if self._primary not in self._items or self._primary in self._ours or max(self._ids) > MOST_ID:
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
        found = next((item for id, item in self._items.items() if self._ours.get(id) == kind), None)
        return b"".join(self._data[start:end] for start, end in self._spans(found)) if found else b""

    def _all(self, start: int, end: int) -> list[Box]:
        """The boxes that fill this place, none of which goes just to its end: something may come behind it."""
        found = list(boxes(self._file, start, end))
        closed = all(box.whole and any(self._data[box.start : box.start + 4]) for box in found)
        if not closed or (found[-1].end if found else start) != end:
            raise ValueError("boxes do not fill it")
        return found

    def _may_be(self, name: bytes) -> Box | None:
        found = [box for box in self._inner if box.name == name]
        if len(found) > 1:
            raise ValueError("more than one box of it")
        return found[0] if found else None

    def _one(self, name: bytes) -> Box:
        found = self._may_be(name)
        if found is None:
            raise ValueError("no box of it")
        return found

    def _version(self, box: Box) -> int:
        if box.body + 4 > box.end:
            raise ValueError("cut off")
        return self._data[box.body]

    def _id(self, box: Box, at: int, wide: bool) -> tuple[int, int]:
        """An id within a box, and where it ends there."""
        end = at + (4 if wide else 2)
        if box.body + end > box.end:
            raise ValueError("cut off")
        return int.from_bytes(self._data[box.body + at : box.body + end], "big"), end

    def _read_infos(self) -> Iterator[Entry]:
        """What `iinf` says of each item; also of some that lie nowhere."""
        box = self._one(b"iinf")
        count, start = self._id(box, 4, self._version(box) > 0)
        rows, seen = self._all(box.body + start, box.end), set()
        if count != len(rows) or count > MAX_ITEMS:
            raise ValueError("another number of items")
        for each in rows:
            id, at = self._id(each, 4, self._version(each) > 2)
            name, *words = self._data[each.body + at + 2 : each.end].split(b"\0")
            of_picture = self._described.get(id) == self._primary  # not of a small picture within
            if of_picture and name[:4] == b"Exif":
                self._ours[id] = EXIF
            if of_picture and name[:4] == b"mime" and words[:1] == [XMP_TYPE]:
                self._ours[id] = XMP
            if id in seen:
                raise ValueError("an item twice")
            seen.add(id)
            yield Entry(id, self._data[each.start : each.end])

    def _located(self) -> Iterator[tuple[int, Item]]:
        """Where all items lie, by id, in the order of `iloc`."""
        box = self._one(b"iloc")
        version = self._version(box)
        reader, seen, most = _Reader(self._data[box.body + 4 : box.end]), set(), MOST_EXTENTS
        sizes = reader.number(2)
        offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
        count = reader.number(2 if version < 2 else 4)
        if count > MAX_ITEMS:
            raise ValueError("too many items")
        for _ in range(count):
            id = reader.number(2 if version < 2 else 4)
            method = reader.number(2) & 15 if version > 0 else IN_FILE
            if method > IN_BOX or reader.number(2) != 0:  # of another item, or of another file
                raise ValueError("lies elsewhere")
            start, parts = reader.number(base), reader.number(2)
            most -= parts
            if id in seen or most < 0:
                raise ValueError("an item twice, or too many parts")
            seen.add(id)
            extents = []
            for _ in range(parts):
                reader.number(index if version > 0 else 0)
                extents.append(Extent(start + reader.number(offset), reader.number(length)))
            yield id, Item(method, tuple(extents))

    def _read_references(self) -> Iterator[Entry]:
        """Who describes whom, by the one that does."""
        if self._iref is not None:
            version = self._version(self._iref)
            if version > 1:
                raise ValueError("an unknown version")
            for each in self._all(self._iref.body + 4, self._iref.end):
                id, at = self._id(each, 0, version > 0)
                count, at = self._id(each, at, False)
                if each.name == b"cdsc" and count:
                    last = at + (count - 1) * (4 if version else 2)
                    self._described[id] = self._id(each, last, version > 0)[0]
                yield Entry(id, self._data[each.start : each.end])

    def _spans(self, item: Item) -> list[Span]:
        """Where in the file an item's bytes are: within a box made for such."""
        holders, start = self._held, 0
        if item.method == IN_BOX:
            holders = [self._idat] if self._idat else []
            start = self._idat.body if self._idat else 0
        spans = [(start + each.place, start + each.place + each.length) for each in item.extents]
        for low, high in spans:
            at = bisect_right(holders, low, key=lambda box: box.body) - 1
            if at < 0 or not low < high <= holders[at].end:
                raise cut_off()
        if sum(high - low for low, high in spans) > len(self._data):
            raise cut_off()
        return spans

    def encoded(self) -> bytes:
        if self._moves or not self._set or not (any(self._set.values()) or self._ours):
            return self._data
        wanted = {kind: self._body(kind) for kind in (EXIF, XMP)}
        wanted[EXIF] = self.exif
        kept = {id: item for id, item in self._items.items() if id not in self._ours}
        data, rows = self._without(kept)
        added = [(kind, (b"\0\0\0\0" if kind == EXIF else b"") + body) for kind, body in wanted.items() if body]
        end = rows[-1].end
        longer = len(self._written(data, kept, added, 0, 0)) - (self._meta.end - self._meta.start)
        meta = self._written(data, kept, added, longer, end + longer + 8)
        bodies = b"".join(body for _, body in added)
        tail = [_box(b"mdat", bodies)] if bodies else []
        return b"".join((data[: self._meta.start], meta, data[self._meta.end : end], *tail))

    def _without(self, kept: dict[int, Item]) -> tuple[bytes, list[Box]]:
        """The file without the bytes of what is replaced: nobody should find the old words. A box at the end that holds
        nothing else goes.
        """
        gone = _merged(span for id, item in self._items.items() if id not in kept for span in self._spans(item))
        used = _merged(span for item in kept.values() for span in self._spans(item))
        rows, last = list(self._rows), self._rows[-1]
        held = any(last.body <= start < last.end for start, _ in used)
        if last.name == b"mdat" and (last.body, last.end) in gone and not held:
            rows.pop()
        data = bytearray(self._data)
        if not any(data[last.start : last.start + 4]):  # it goes to the file's end, wherever that is
            data[last.start : last.start + 4] = (last.end - last.start).to_bytes(4, "big")
        for start, end in gone:
            data[start:end] = bytes(end - start)
        for start, end in used if gone else ():
            data[start:end] = self._data[start:end]
        return bytes(data), rows

    def _written(
        self, data: bytes, kept: dict[int, Item], added: Sequence[tuple[str, bytes]], longer: int, place: int
    ) -> bytes:
        """The `meta` box, of a file that it makes so much longer; what is added begins at that place."""
        items = {
            id: Item(item.method, tuple(self._placed(item.method, each, longer) for each in item.extents))
            for id, item in kept.items()
        }
        infos = [info.body for info in self._infos if info.id not in self._ours]
        first = 1 + max(self._ids - self._ours.keys())
        for number, (kind, body) in enumerate(added):
            items[first + number] = Item(IN_FILE, (Extent(place, len(body)),))
            infos.append(_info(first + number, kind))
            place += len(body)
        links = self._linked(range(first, first + len(added)))
        write = {
            b"iloc": _locations(items),
            b"iinf": _box(b"iinf", b"\0\0\0\0", struct.pack(">H", len(infos)), *infos) + (b"" if self._iref else links),
            b"iref": links,
        }
        parts = [write.get(box.name, data[box.start : box.end]) for box in self._inner]
        return _box(b"meta", data[self._meta.body : self._meta.body + 4], *parts)

    def _placed(self, method: int, extent: Extent, longer: int) -> Extent:
        moves = method == IN_FILE and extent.place >= self._meta.end
        return Extent(extent.place + longer, extent.length) if moves else extent

    def _linked(self, added: Sequence[int]) -> bytes:
        """Who describes whom: what stood there, and that what is added describes the picture."""
        version = self._version(self._iref) if self._iref else 0
        rows = [entry.body for entry in self._references if entry.id not in self._ours]
        shape = ">IHI" if version else ">HHH"
        rows += [_box(b"cdsc", struct.pack(shape, id, 1, self._primary)) for id in added]
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


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The spans in order; what touches or overlaps is one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found
