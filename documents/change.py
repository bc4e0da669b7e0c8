"""Reads a change chunk without the CRDT library: who wrote it, after what, and whether it may ever be applied.

A chunk is `magic ‖ checksum ‖ type ‖ length ‖ body` of Automerge's binary format; nothing in it is believed that can be
computed. Everything here is a pure function of the bytes, because every device must come to the same verdict.
"""

from __future__ import annotations

import hashlib
import zlib
from typing import NamedTuple

from documents.columns import MAX_OPERATIONS, operations, read_sleb, read_uleb, uleb
from documents.errors import ChangeVoid
from documents.kinds import Kind, genesis_objects

__all__ = ["MAX_CHANGE", "MAX_INFLATED", "MAX_NUMBER", "MAX_OPERATIONS", "ChangeHeader", "check_actor", "read_header"]

MAX_CHANGE = 200 * 1024  # bytes as sent
MAX_INFLATED = 1024 * 1024  # bytes of the body once inflated
MAX_NUMBER = 2**31 - 1  # of an operation or a sequence: the library holds them in 32 bits and ends the process above

ZERO_ACTOR = bytes(16)

_MAGIC = b"\x85\x6f\x4a\x83"
_CHANGE, _DEFLATED = 1, 2


def _numbers(kind: Kind, texts: bool) -> frozenset[int]:
    return frozenset(number for number, (_, text) in enumerate(genesis_objects(kind), 1) if text == texts)


# Numbers of the objects of each kind's genesis; the root is a map and has the number 0.
_MAPS = {kind: _numbers(kind, False) | {0} for kind in Kind}
_TEXTS = {kind: _numbers(kind, True) for kind in Kind}


class ChangeHeader(NamedTuple):
    """What a change says of itself. `hash` is computed; `seq` counts the actor's changes of one document from 1."""

    hash: bytes
    deps: tuple[bytes, ...]
    actor: bytes
    seq: int
    start: int  # number of the first operation
    operations: int
    maps: frozenset[int]  # numbers of the objects written as maps (0: the root) and as texts
    texts: frozenset[int]

    @property
    def last(self) -> int:
        """Number of the last operation."""
        return self.start + self.operations - 1


def read_header(change: bytes, kind: Kind | None = None) -> ChangeHeader:
    """The header of one change chunk. Raises ChangeVoid when no device may ever apply it.

    With the `kind` of its document, also when it writes into objects that such a document does not have.
    """
    if len(change) > MAX_CHANGE:
        raise ChangeVoid("size", f"{len(change)} bytes, {MAX_CHANGE} allowed")
    try:
        digest, body = _unwrap(change)
        header = _read_body(digest, body)
    except (IndexError, ValueError, zlib.error) as error:
        raise ChangeVoid("damaged", "the bytes are not one change chunk") from error
    _check_header(header)
    if kind is not None:
        check_kind(header, kind)
    return header


def check_kind(header: ChangeHeader, kind: Kind) -> None:
    """Raises ChangeVoid when the change writes into objects that a document of this kind does not have."""
    if not (header.maps <= _MAPS[kind] and header.texts <= _TEXTS[kind]):
        raise ChangeVoid("object", f"writes into objects that a document of kind {kind.name.lower()} does not have")


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
    length, at = read_uleb(change, 9)
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


def _read_body(digest: bytes, body: bytes) -> ChangeHeader:
    count, at = read_uleb(body, 0)
    deps = tuple([body[i : i + 32] for i in range(at, _within(body, at + 32 * count), 32)])
    length, at = read_uleb(body, at + 32 * count)
    end = _within(body, at + length)
    actor = body[at:end]
    seq, at = read_uleb(body, end)
    start, at = read_uleb(body, at)
    _, at = read_sleb(body, at)  # time
    length, at = read_uleb(body, at)  # message
    others, at = read_uleb(body, _within(body, at + length))
    genesis = 0
    for index in range(1, others + 1):
        length, at = read_uleb(body, at)
        if body[at : at + length] == ZERO_ACTOR:
            genesis = index
        at = _within(body, at + length)
    count, maps, texts = operations(body, at, genesis)
    return ChangeHeader(digest, deps, actor, seq, start, count, maps, texts)


def _within(body: bytes, end: int) -> int:
    if end > len(body):
        raise ValueError("length")
    return end
