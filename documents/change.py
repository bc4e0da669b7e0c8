"""Reads a change chunk without the CRDT library: who wrote it, after what, and whether it may ever be applied.

A chunk is `magic ‖ checksum ‖ type ‖ length ‖ body` of Automerge's binary format; nothing in it is believed that can be
computed. Everything here is a pure function of the bytes, because every device must come to the same verdict.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from documents.errors import ChangeVoid

MAX_CHANGE = 200 * 1024  # bytes as sent
MAX_INFLATED = 1024 * 1024  # bytes of the body once inflated
MAX_OPERATIONS = 65_536  # also the most predecessors all operations of a change may name
MAX_NUMBER = 2**31 - 1  # of an operation or a sequence: the library holds them in 32 bits and ends the process above

ZERO_ACTOR = bytes(16)

_MAGIC = b"\x85\x6f\x4a\x83"
_CHANGE, _DEFLATED = 1, 2
_SET, _DELETE = 1, 3
_ACTION, _VALUE_META, _PREDECESSORS = 0x42, 0x56, 0x70
# object (2), key (3), insert, action, value (2), predecessors (3), and two of marks that no operation here may use
_COLUMNS = frozenset({0x01, 0x02, 0x11, 0x13, 0x15, 0x34, 0x42, 0x56, 0x57, 0x70, 0x71, 0x73, 0x94, 0xA5})
_PLAIN_TYPES = 7  # value types 0-7: null, false, true, uint, int, float, text, bytes


class ChangeHeader(NamedTuple):
    """What a change says of itself. `hash` is computed; `seq` counts the actor's changes of one document from 1."""

    hash: bytes
    deps: tuple[bytes, ...]
    actor: bytes
    seq: int
    start: int  # number of the first operation
    operations: int

    @property
    def last(self) -> int:
        """Number of the last operation."""
        return self.start + self.operations - 1


def read_header(change: bytes) -> ChangeHeader:
    """The header of one change chunk. Raises ChangeVoid when no device may ever apply it."""
    if len(change) > MAX_CHANGE:
        raise ChangeVoid("size", f"{len(change)} bytes, {MAX_CHANGE} allowed")
    try:
        digest, body = _unwrap(change)
        header, at = _read_fields(digest, body)
        operations = _check_columns(body, at)
    except (IndexError, ValueError, zlib.error) as error:
        raise ChangeVoid("damaged", "the bytes are not one change chunk") from error
    header = header._replace(operations=operations)
    _check_header(header)
    return header


def check_actor(header: ChangeHeader, actor: bytes) -> None:
    """Raises ChangeVoid unless the change carries the actor that its segment's device, incarnation and run give."""
    if header.actor != actor:
        raise ChangeVoid("actor", f"written as {header.actor.hex()}, its segment gives {actor.hex()}")


def _check_header(header: ChangeHeader) -> None:
    if len(header.actor) != len(ZERO_ACTOR) or header.actor == ZERO_ACTOR:
        raise ChangeVoid("actor", f"{header.actor.hex() or 'no actor'} may not write")
    if not header.deps or len(set(header.deps)) != len(header.deps):
        raise ChangeVoid("deps", "a change names each change it builds on once, and at least the genesis")
    if header.operations == 0:
        raise ChangeVoid("operations", "a change without operations says nothing")
    if not (0 < header.seq <= MAX_NUMBER and header.start > 0 and header.last <= MAX_NUMBER):
        raise ChangeVoid("number", f"sequence {header.seq}, operations {header.start} to {header.last}")


def _unwrap(change: bytes) -> tuple[bytes, bytes]:
    """(hash, inflated body) of a chunk. A deflated one is hashed as if it had been sent plain."""
    if change[:4] != _MAGIC:
        raise ValueError("magic")
    kind = change[8]
    length, at = _uleb(change, 9)
    if at + length != len(change):
        raise ValueError("length")
    if kind == _CHANGE:
        body = change[at:]
    elif kind == _DEFLATED:
        body = _inflate(change[at:])
    else:
        raise ValueError("chunk type")
    digest = hashlib.sha256(b"\x01" + uleb(len(body)) + body).digest()
    if change[4:8] != digest[:4]:
        raise ValueError("checksum")
    return digest, body


def _inflate(packed: bytes) -> bytes:
    inflater = zlib.decompressobj(-15)
    body = inflater.decompress(packed, MAX_INFLATED + 1)
    if len(body) > MAX_INFLATED:
        raise ChangeVoid("inflated", f"over {MAX_INFLATED} bytes")
    if not inflater.eof or inflater.unused_data:
        raise ValueError("deflate stream")
    return body


def _read_fields(digest: bytes, body: bytes) -> tuple[ChangeHeader, int]:
    """The header without its count of operations, and where the list of columns starts."""
    count, at = _uleb(body, 0)
    deps = tuple([body[i : i + 32] for i in range(at, _within(body, at + 32 * count), 32)])
    length, at = _uleb(body, at + 32 * count)
    end = _within(body, at + length)
    actor = body[at:end]
    seq, at = _uleb(body, end)
    start, at = _uleb(body, at)
    _, at = _uleb(body, at)  # time: a signed number of the same shape
    length, at = _uleb(body, at)  # message
    others, at = _uleb(body, _within(body, at + length))
    for _ in range(others):
        length, at = _uleb(body, at)
        at = _within(body, at + length)
    return ChangeHeader(digest, deps, actor, seq, start, 0), at


def _within(body: bytes, end: int) -> int:
    if end > len(body):
        raise ValueError("length")
    return end


def _check_columns(body: bytes, at: int) -> int:
    """Counts the operations by the run-lengths of the columns: 2 KB can stand for millions of operations."""
    count, at = _uleb(body, at)
    lengths: list[tuple[int, int]] = []
    previous = -1
    for _ in range(count):
        column, at = _uleb(body, at)
        length, at = _uleb(body, at)
        if column <= previous or column not in _COLUMNS:
            raise ValueError("columns")
        previous = column
        lengths.append((column, length))
    operations = 0
    for column, length in lengths:
        end = _within(body, at + length)
        if column == _ACTION:
            operations = _counted(_count_actions, body[at:end])
        elif column == _VALUE_META:
            _counted(_check_types, body[at:end])
        elif column == _PREDECESSORS:
            _counted(_check_predecessors, body[at:end])
        at = end
    return operations


@lru_cache(maxsize=4096)
def _remembered(check: Callable[[bytes], int], column: bytes) -> int:
    return check(column)


def _counted(check: Callable[[bytes], int], column: bytes) -> int:
    """Most changes have one of few short columns: those are looked at once."""
    return _remembered(check, column) if len(column) <= 48 else check(column)


def _count_actions(column: bytes) -> int:
    total = 0
    for count, action in _runs(column):
        total += count
        if total > MAX_OPERATIONS:
            raise ChangeVoid("operations", f"over {MAX_OPERATIONS} operations")
        if action not in (_SET, _DELETE):
            raise ChangeVoid("action", f"operation of type {action}: only values are set and deleted")
    return total


def _check_types(column: bytes) -> int:
    for _, meta in _runs(column):
        if meta is not None and meta & 15 > _PLAIN_TYPES:
            raise ChangeVoid("value", f"value of type {meta & 15}: counters, times and unknown types are not allowed")
    return 0


def _check_predecessors(column: bytes) -> int:
    total = 0
    for count, named in _runs(column):
        total += count * (named or 0)
        if total > MAX_OPERATIONS:
            raise ChangeVoid("operations", f"over {MAX_OPERATIONS} predecessors")
    return total


def _runs(column: bytes) -> Iterator[tuple[int, int | None]]:
    """(how often, value) of a run-length encoded column of unsigned numbers; None is an absent value."""
    at, end = 0, len(column)
    while at < end:
        count, at = _sleb(column, at)
        if count > 0:
            value, at = _uleb(column, at)
            yield count, value
        elif count < 0:
            for _ in range(-count):
                value, at = _uleb(column, at)
                yield 1, value
        else:
            count, at = _uleb(column, at)
            yield count, None


def uleb(number: int) -> bytes:
    """An unsigned number in LEB128: seven bits a byte, lowest first."""
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _uleb(data: bytes, at: int) -> tuple[int, int]:
    byte = data[at]
    if byte < 128:
        return byte, at + 1
    number, shift = byte & 127, 7
    while True:
        at += 1
        byte = data[at]
        number |= (byte & 127) << shift
        if byte < 128:
            break
        shift += 7
        if shift > 63:
            raise ValueError("number")
    if byte == 0:
        raise ValueError("number with padding")
    return number, at + 1


def _sleb(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return (number - (1 << shift) if byte & 64 else number), at
        if shift > 63:
            raise ValueError("number")
