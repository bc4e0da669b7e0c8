"""EXIF's UserComment, written without moving anything else: cameras' notes point to places in the whole.

What is new stands at the end, and the folders that change stand there once more. Source: TIFF 6.0, EXIF 3.0.
"""

from __future__ import annotations

import struct

EXIF_FOLDER, USER_COMMENT = 0x8769, 0x9286
UNDEFINED, LONG = 7, 4
MOST_ENTRIES = 1_000
EMPTY = b"MM\0*\0\0\0\x08\0\0\0\0\0\0"
Entries = dict[int, tuple[int, int, bytes]]  # tag → kind, count, the four bytes of the value or its place


class _Tiff:
    """The folders that matter; ValueError where they lead nowhere."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data)
        if data[:4] not in (b"MM\0*", b"II*\0"):
            raise ValueError("no TIFF structure")
        self.order = ">" if data[:1] == b"M" else "<"
        self.first, self.next = self.folder(self.number(4))
        self.sub: Entries = {}
        self._sub_next = 0
        if EXIF_FOLDER in self.first:
            self.sub, self._sub_next = self.folder(self.unpacked(self.first[EXIF_FOLDER][2]))

    def number(self, place: int) -> int:
        return self.unpacked(self.data[place : place + 4])

    def unpacked(self, four: bytes | bytearray) -> int:
        if len(four) != 4:
            raise ValueError("cut off")
        return int(struct.unpack(f"{self.order}I", four)[0])

    def folder(self, place: int) -> tuple[Entries, int]:
        head = self.data[place : place + 2]
        count = struct.unpack(f"{self.order}H", head)[0] if len(head) == 2 else MOST_ENTRIES + 1
        body = self.data[place + 2 : place + 2 + 12 * count]
        if count > MOST_ENTRIES or len(body) != 12 * count:
            raise ValueError("cut off")
        entries = (struct.unpack(f"{self.order}HHI4s", body[at : at + 12]) for at in range(0, len(body), 12))
        return {tag: (kind, size, value) for tag, kind, size, value in entries}, self.number(place + 2 + 12 * count)

    def comment_place(self) -> tuple[int, int]:
        _, size, value = self.sub[USER_COMMENT]
        return self.unpacked(value), size

    def appended(self, body: bytes) -> int:
        self.data += bytes(len(self.data) & 1)
        self.data += body
        return len(self.data) - len(body)

    def append_folder(self, entries: Entries, following: int) -> bytes:
        """Four bytes that say where it stands."""
        rows = [struct.pack(f"{self.order}HHI4s", tag, *entries[tag]) for tag in sorted(entries)]
        ends = struct.pack(f"{self.order}H", len(rows)), struct.pack(f"{self.order}I", following)
        return struct.pack(f"{self.order}I", self.appended(b"".join((ends[0], *rows, ends[1]))))

    def without_comment(self) -> bytes:
        if USER_COMMENT in self.sub:
            self._wipe()
            self._put({tag: entry for tag, entry in self.sub.items() if tag != USER_COMMENT})
        return bytes(self.data)

    def with_comment(self, body: bytes) -> bytes:
        if USER_COMMENT in self.sub:
            self._wipe()
        value = struct.pack(f"{self.order}I", self.appended(body))
        self._put({**self.sub, USER_COMMENT: (UNDEFINED, len(body), value)})
        return bytes(self.data)

    def _wipe(self) -> None:
        """Nobody should find the old words."""
        place, size = self.comment_place()
        if size > 4 and 8 <= place <= place + size <= len(self.data):
            self.data[place : place + size] = bytes(size)

    def _put(self, sub: Entries) -> None:
        place = self.append_folder(sub, self._sub_next)
        self.data[4:8] = self.append_folder({**self.first, EXIF_FOLDER: (LONG, 1, place)}, self.next)


def comment(tiff: bytes) -> bytes:
    """UserComment with its prefix; b"" when there is none, ValueError when the EXIF is damaged."""
    opened = _Tiff(tiff or EMPTY)
    if USER_COMMENT not in opened.sub:
        return b""
    place, size = opened.comment_place()
    return bytes(opened.data[place : place + size]) if size > 4 else b""


def with_comment(tiff: bytes, text: str) -> bytes:
    """The EXIF with this UserComment, as Unicode, or with none; ValueError when it is damaged."""
    opened = _Tiff(tiff or EMPTY)
    # Where nothing else stands it is written anew, and does not grow.
    alone = set(opened.first) <= {EXIF_FOLDER} and set(opened.sub) <= {USER_COMMENT} and not opened.next
    if not text:
        return b"" if alone else opened.without_comment()
    # As A1111 reads it, whatever the order of the rest.
    body = b"UNICODE\0" + text.encode("utf-16-be")
    if tiff and comment(tiff) == body:
        return tiff
    return (_Tiff(EMPTY) if alone else opened).with_comment(body)
