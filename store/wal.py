"""Reads SQLite's write-ahead log without SQLite, which takes the first damaged frame for the end and says nothing.

What was committed behind that frame would be gone in silence; here it is counted.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

HEADER, FRAME = 32, 24  # bytes
MAGIC = 0x377F0682  # the lowest bit says that checksums are over big-endian words
INDEX = 48  # bytes of the index's header, which stands twice


class Lost(NamedTuple):
    """How many frames cannot be read, and whether they were certainly committed.

    One unreadable transaction at the very end may also be one that a power cut tore before it was acknowledged.
    """

    frames: int
    certain: bool


class Index(NamedTuple):
    """What the index beside a log says: its last committed frame, how many are in the database, the log's salt."""

    last: int
    copied: int
    salt: bytes


def lost(database: Path) -> Lost | None:
    """What of a database's log cannot be read; None when all of it can. The database must not be open for writing."""
    log = database.with_name(database.name + "-wal")
    index = read_index(database.with_name(database.name + "-shm"))
    data = log.read_bytes() if log.exists() else b""
    if not _is_whole(data[:HEADER]):
        behind = index.last - index.copied if index is not None else 0
        frames = max(behind, (len(data) - HEADER) // FRAME and 1)
        return Lost(frames, True) if frames > 0 and (data or behind) else None
    return _lost_frames(data, index)


def _lost_frames(data: bytes, index: Index | None) -> Lost | None:
    (page,) = struct.unpack_from(">I", data, 8)
    page = 65_536 if page == 1 else page
    salt = data[16:24]
    count = (len(data) - HEADER) // (FRAME + page)
    fits = index is not None and index.salt == salt
    # What the index knows is enough, as a rule: behind it a killed rebuild may have left a hundred megabytes.
    limit = min(count, index.last) if index is not None and fits else count
    good, committed = _walk(data, page, limit)
    if index is not None and fits and committed < index.last:
        return Lost(index.last - committed, True)
    commits = _commits(data, page, good, count)
    if good == limit and commits > 1:  # an index from before a power cut may know less than there is
        good, _ = _walk(data, page, count)
        commits = _commits(data, page, good, count)
    # One commit that no index knows of was torn before it was acknowledged.
    return Lost(count - good, commits > 1) if commits > fits else None


def _commits(data: bytes, page: int, start: int, end: int) -> int:
    """How many of these frames end a transaction, by their own word."""
    found = 0
    for number in range(start, end):
        place = HEADER + number * (FRAME + page)
        found += data[place + 8 : place + 16] == data[16:24] and data[place + 4 : place + 8] != bytes(4)
    return found


def _walk(data: bytes, page: int, count: int) -> tuple[int, int]:
    """How many frames from the start are whole, and how many of them were committed."""
    order = ">" if data[3] & 1 else "<"
    salt, sums = data[16:24], struct.unpack_from(">II", data, 24)
    committed = 0
    for number in range(count):
        place = HEADER + number * (FRAME + page)
        sums = _summed(data[place : place + 8], order, sums)
        sums = _summed(data[place + FRAME : place + FRAME + page], order, sums)
        if data[place + 8 : place + 16] != salt or struct.unpack_from(">II", data, place + 16) != sums:
            return number, committed
        if data[place + 4 : place + 8] != bytes(4):
            committed = number + 1
    return count, committed


def _is_whole(header: bytes) -> bool:
    if len(header) < HEADER or struct.unpack_from(">I", header)[0] & ~1 != MAGIC:
        return False
    order = ">" if header[3] & 1 else "<"
    return _summed(header[:24], order, (0, 0)) == struct.unpack_from(">II", header, 24)


def _summed(data: bytes, order: str, sums: tuple[int, ...]) -> tuple[int, int]:
    """SQLite's checksum, carried on from `sums`."""
    first, second = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for left, right in zip(words[::2], words[1::2], strict=True):
        first = (first + left + second) & 0xFFFFFFFF
        second = (second + right + first) & 0xFFFFFFFF
    return first, second


def read_index(path: Path) -> Index | None:
    """The index that was left beside the log; None when there is none or it is not whole."""
    try:
        data = path.read_bytes()[: INDEX * 2 + 4]
    except FileNotFoundError:
        return None
    first = data[:INDEX]
    if len(data) < INDEX * 2 + 4 or first != data[INDEX : INDEX * 2]:
        return None
    if _summed(first[:40], "=", (0, 0)) != struct.unpack_from("=II", first, 40) or not first[12]:
        return None
    return Index(struct.unpack_from("=I", first, 16)[0], struct.unpack_from("=I", data, INDEX * 2)[0], first[32:40])
