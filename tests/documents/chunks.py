"""Builds Automerge change chunks byte by byte, also such as no library would write."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence

from documents.columns import uleb
from documents.kinds import GENESIS_HEAD, Kind

ZERO = bytes(16)
MAGIC = b"\x85\x6f\x4a\x83"
OBJECT_ACTOR, OBJECT, ELEMENT_ACTOR, ELEMENT, KEY, INSERT = 0x01, 0x02, 0x11, 0x13, 0x15, 0x34
ACTION, META, VALUE, PREDECESSORS = 0x42, 0x56, 0x57, 0x70
MAKE_MAP, SET, MAKE_LIST, DELETE, MAKE_TEXT, INCREMENT, MAKE_TABLE, MARK = range(8)


def sleb(number: int) -> bytes:
    """A signed LEB128 number."""
    encoded = bytearray()
    while True:
        low, number = number & 127, number >> 7
        if (number == 0 and not low & 64) or (number == -1 and low & 64):
            return bytes([*encoded, low])
        encoded.append(low | 128)


def run(count: int, value: int) -> bytes:
    """`count` times the same value in a run-length column."""
    return sleb(count) + uleb(value)


def nulls(count: int) -> bytes:
    return sleb(0) + uleb(count)


def keys(*names: str) -> bytes:
    """A column of text keys, all of them different."""
    return sleb(-len(names)) + b"".join(uleb(len(name.encode())) + name.encode() for name in names)


def frame(body: bytes, deflate: bool = False, checksum: bytes | None = None) -> bytes:
    """The chunk around a body."""
    inner = b"\x01" + uleb(len(body)) + body
    digest = hashlib.sha256(inner).digest()
    if deflate:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(body) + packer.flush()
        inner = b"\x02" + uleb(len(packed)) + packed
    return MAGIC + (checksum or digest[:4]) + inner


def columns(cells: Mapping[int, bytes]) -> bytes:
    """The list of columns and their bytes, in ascending order."""
    ordered = sorted(cells.items())
    listed = b"".join(uleb(column) + uleb(len(data)) for column, data in ordered)
    return uleb(len(ordered)) + listed + b"".join(data for _, data in ordered)


def body(
    actor: bytes,
    cells: Mapping[int, bytes] | bytes,
    deps: Sequence[bytes] = (GENESIS_HEAD[Kind.IMAGE],),
    seq: int = 1,
    start: int = 19,
    time: int = 0,
    message: bytes = b"",
    others: Sequence[bytes] = (),
) -> bytes:
    """The body of a change; `start` 19 is the first number after the genesis of an image."""
    head = uleb(len(deps)) + b"".join(deps) + uleb(len(actor)) + actor + uleb(seq) + uleb(start) + sleb(time)
    head += uleb(len(message)) + message + uleb(len(others)) + b"".join(uleb(len(each)) + each for each in others)
    return head + (cells if isinstance(cells, bytes) else columns(cells))


def put(key: str = "prompt", meta: int = 1 << 4 | 6, value: bytes = b"v", action: int = SET) -> dict[int, bytes]:
    """The columns of one operation on a key of the root, as the library writes them."""
    cells = {KEY: keys(key), INSERT: uleb(1), ACTION: run(1, action), META: run(1, meta), PREDECESSORS: run(1, 0)}
    return cells | ({VALUE: value} if value else {})


def letters(count: int, text: int = 14, letter: bytes = b"x") -> dict[int, bytes]:
    """The columns of `count` letters x typed into a text; 14 is the note of an image."""
    elements = sleb(-1) + sleb(0)  # the first after the beginning, each other after the one before it
    if count > 1:
        elements += sleb(-1) + sleb(19)
    if count > 2:
        elements += run(count - 2, 1)
    cells = {
        OBJECT_ACTOR: run(count, 1),
        OBJECT: run(count, text),
        ELEMENT_ACTOR: nulls(1) + (run(count - 1, 0) if count > 1 else b""),
        ELEMENT: elements,
        INSERT: uleb(0) + uleb(count),
        ACTION: run(count, SET),
        META: run(count, len(letter) << 4 | 6),
        PREDECESSORS: run(count, 0),
    }
    return cells | ({VALUE: letter * count} if letter else {})
