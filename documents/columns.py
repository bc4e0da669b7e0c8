"""Run-length columns of a change: what its operations do and to which objects, without unpacking one by one. Pure.

2 KB of columns can stand for millions of operations, so counts are added up and nothing is ever expanded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from documents.errors import ChangeVoid

MAX_OPERATIONS = 65_536  # also the most predecessors all operations of a change may name

_SET, _DELETE = 1, 3
_PLAIN_TYPES = 7  # value types 0-7: null, false, true, uint, int, float, text, bytes
_OBJECT_ACTOR, _OBJECT, _KEY, _INSERT, _ACTION = 0x01, 0x02, 0x15, 0x34, 0x42
_VALUE_META, _PREDECESSORS = 0x56, 0x70
# Besides those: the key's element (2), the value, the predecessors (2), and two of marks that no operation here uses.
_COLUMNS = frozenset({0x01, 0x02, 0x11, 0x13, 0x15, 0x34, 0x42, 0x56, 0x57, 0x70, 0x71, 0x73, 0x94, 0xA5})
_SMALL = 64  # columns up to this many bytes recur from change to change and are looked at once

Runs = Iterator[tuple[int, int | None]]


class Operations(NamedTuple):
    """How many operations a change has, and the numbers of the objects it writes as maps (0: root) and as texts."""

    total: int
    maps: frozenset[int]
    texts: frozenset[int]


def operations(body: bytes, at: int, genesis: int) -> Operations:
    """Measures the columns listed at `at`; `genesis` is the index of the zero actor. Raises ChangeVoid, ValueError."""
    columns = _split(body, at)
    _remember(_check_types, columns.get(_VALUE_META, b""))
    _remember(_check_predecessors, columns.get(_PREDECESSORS, b""))
    where, objects = columns.get(_OBJECT_ACTOR, b""), columns.get(_OBJECT, b"")
    insert, action = columns.get(_INSERT, b""), columns.get(_ACTION, b"")
    keys = tuple(_key_runs(columns.get(_KEY, b"")))
    small = len(where) + len(objects) + len(insert) + len(action) <= _SMALL and len(keys) <= _SMALL
    return (_measured if small else _measure)(where, objects, keys, insert, action, genesis)


def _split(body: bytes, at: int) -> dict[int, bytes]:
    count, at = read_uleb(body, at)
    lengths: list[tuple[int, int]] = []
    previous = -1
    for _ in range(count):
        column, length = body[at], body[at + 1]
        if column < 128 and length < 128:
            at += 2
        else:
            column, at = read_uleb(body, at)
            length, at = read_uleb(body, at)
        if column <= previous or column not in _COLUMNS:
            raise ValueError("columns")
        previous = column
        lengths.append((column, length))
    columns: dict[int, bytes] = {}
    for column, length in lengths:
        columns[column] = body[at : at + length]
        at += length
    if at > len(body):
        raise ValueError("columns")
    return columns


def _measure(
    where: bytes, objects: bytes, keys: tuple[tuple[int, int | None], ...], insert: bytes, action: bytes, genesis: int
) -> Operations:
    total = _count(action)
    maps: set[int] = set()
    texts: set[int] = set()
    columns = (_runs(action), _runs(where), _runs(objects), iter(keys), _flag_runs(insert))
    for done, actor, number, key, inserted in _side_by_side(total, columns):
        if (number is not None or actor is not None) and (actor != genesis or not number):
            raise ChangeVoid("object", "writes into an object that the genesis did not make")
        if key is not None:
            maps.add(number or 0)
            fits = not inserted
        else:
            texts.add(number or 0)
            fits = done == (_SET if inserted else _DELETE)
        if not fits:
            raise ChangeVoid("action", "map keys are set and deleted, letters of a text inserted and deleted")
    return Operations(total, frozenset(maps), frozenset(texts))


_measured = lru_cache(maxsize=4096)(_measure)


@lru_cache(maxsize=4096)
def _remembered(check: Callable[[bytes], None], column: bytes) -> None:
    check(column)


def _remember(check: Callable[[bytes], None], column: bytes) -> None:
    (_remembered if len(column) <= _SMALL else _call)(check, column)


def _call(check: Callable[[bytes], None], column: bytes) -> None:
    check(column)


def _count(action: bytes) -> int:
    total = 0
    for count, done in _runs(action):
        total += count
        if total > MAX_OPERATIONS:
            raise ChangeVoid("operations", f"over {MAX_OPERATIONS} operations")
        if done not in (_SET, _DELETE):
            raise ChangeVoid("action", f"operation of type {done}: values are set and deleted, nothing else")
    return total


def _check_types(column: bytes) -> None:
    for _, meta in _runs(column):
        if meta is not None and meta & 15 > _PLAIN_TYPES:
            raise ChangeVoid("value", f"value of type {meta & 15}: counters, times and unknown types are not allowed")


def _check_predecessors(column: bytes) -> None:
    total = 0
    for count, named in _runs(column):
        total += count * (named or 0)
        if total > MAX_OPERATIONS:
            raise ChangeVoid("operations", f"over {MAX_OPERATIONS} predecessors")


def _side_by_side(total: int, columns: tuple[Runs, ...]) -> Iterator[list[int | None]]:
    """The columns' values for each stretch of operations in which none of them changes. An empty column is absent."""
    value: list[int | None] = [None] * len(columns)
    left = [0] * len(columns)
    for index, runs in enumerate(columns):
        left[index], value[index] = next(runs, (total, None))
    done = 0
    while done < total:
        step = min(left)
        yield value
        done += step
        for index, runs in enumerate(columns):
            left[index] -= step
            if left[index] == 0 and done < total:
                left[index], value[index] = next(runs, (0, None))
                if left[index] == 0:
                    raise _uneven()
    if any(left) or any(next(runs, None) is not None for runs in columns):
        raise _uneven()


def _uneven() -> ValueError:
    return ValueError("columns of unequal length")


def _runs(column: bytes) -> Runs:
    """(how often, value) of a run-length encoded column of unsigned numbers; None is an absent value."""
    at, end = 0, len(column)
    while at < end:
        count, at = read_sleb(column, at)
        if count > 0:
            value, at = read_uleb(column, at)
            yield count, value
        elif count < 0:
            for _ in range(-count):
                value, at = read_uleb(column, at)
                yield 1, value
        else:
            count, at = _some(column, at)
            yield count, None


def _key_runs(column: bytes) -> Runs:
    """Like `_runs` for a column of texts, whose values are not looked at: 1 where there is one."""
    at, end = 0, len(column)
    while at < end:
        count, at = read_sleb(column, at)
        if count > 0:
            length, at = read_uleb(column, at)
            at += length
            yield count, 1
        elif count < 0:
            for _ in range(-count):
                length = column[at]
                if length < 128:
                    at += 1 + length
                else:
                    length, at = read_uleb(column, at)
                    at += length
            yield -count, 1
        else:
            count, at = _some(column, at)
            yield count, None
    if at > end:
        raise ValueError("keys")


def _flag_runs(column: bytes) -> Runs:
    """Like `_runs` for a column of flags: the lengths of runs of false and true in turn, false first."""
    at, end, flag = 0, len(column), 0
    while at < end:
        count, at = read_uleb(column, at)
        if count:
            yield count, flag
        elif at > 1:
            raise _uneven()
        flag = 1 - flag


def _some(column: bytes, at: int) -> tuple[int, int]:
    count, at = read_uleb(column, at)
    if count == 0:
        raise _uneven()
    return count, at


def uleb(number: int) -> bytes:
    """An unsigned number in LEB128: seven bits a byte, lowest first."""
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def read_uleb(data: bytes, at: int) -> tuple[int, int]:
    """(number, where it ends). Raises ValueError for one over 64 bits or padded, IndexError at the end of the data."""
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
        raise ValueError("padded number")
    return number, at + 1


def read_sleb(data: bytes, at: int) -> tuple[int, int]:
    """Like `read_uleb` for a signed number, whose highest bit is its sign."""
    byte = data[at]
    if byte < 128:
        return (byte - 128 if byte & 64 else byte), at + 1
    number, shift = byte & 127, 7
    while True:
        at += 1
        last, byte = byte, data[at]
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            break
        if shift > 63:
            raise ValueError("number")
    if byte == (127 if last & 64 else 0):
        raise ValueError("padded number")
    return (number - (1 << shift) if byte & 64 else number), at + 1
