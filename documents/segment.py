"""The signed envelope that travels: encoded once by its author, never re-encoded, read by everybody alike.

`segment = body ‖ 64-byte signature`; the body is a MessagePack array. Nothing here checks signatures or rights.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec

from documents.errors import SegmentRefused

VERSION = 1
MAX_SEGMENT = 256 * 1024
SIGNATURE = 64
SIGNED_PREFIX = b"gesso segment 1\0"

_HEADER_FIELDS = 9  # version to auth heads keep their place in every future version
_FIELDS = 15
_MAX_INTEGER = 2**53 - 1
_MAX_TEXT = 255  # characters of an intent, a media type, a role

Scalar = None | bool | int | float | str
Params = dict[str, Scalar | list[Scalar]]


class Tip(NamedTuple):
    """A place in an incarnation's log: the segment `seq` whose hash starts with `hash8`."""

    incarnation: bytes
    seq: int
    hash8: bytes


class ChangeEntry(NamedTuple):
    """One change of one document. Its hash, actor and dependencies are computed, never believed."""

    document: bytes
    change: bytes


class BlobEntry(NamedTuple):
    """A blob that the segment's author refers to: `role` is original, version, thumbnail or facts."""

    sha256: bytes
    size: int
    media_type: str
    role: str


class CondemnEntry(NamedTuple):
    """A generation of a blob that nobody shall refer to again."""

    sha256: bytes
    generation: int


class OperationEntry(NamedTuple):
    """A membership operation, verbatim; its own signature says whose it is."""

    raw: bytes


class UnknownEntry(NamedTuple):
    """An entry of a type this program does not know: kept, passed on, listed, not applied."""

    type: int
    body: bytes  # MessagePack


Entry = ChangeEntry | BlobEntry | CondemnEntry | OperationEntry | UnknownEntry

_TYPES: dict[type, int] = {ChangeEntry: 1, BlobEntry: 2, CondemnEntry: 3, OperationEntry: 4}


class Segment(msgspec.Struct, frozen=True):
    """One segment. `prev` is empty for seq 1; `understood` is False for a version this program does not know."""

    version: int
    workspace: bytes
    device: bytes
    incarnation: bytes
    run: bytes
    seq: int
    prev: bytes
    deps: tuple[Tip, ...]
    auth: tuple[bytes, ...]
    clock: int
    time: int
    action: bytes
    intent: str
    params: Params
    entries: tuple[Entry, ...]
    raw: bytes
    hash: bytes
    understood: bool = True

    @property
    def tip(self) -> Tip:
        """How other segments name this one."""
        return Tip(self.incarnation, self.seq, self.hash[:8])

    @property
    def actor(self) -> bytes:
        """The actor that every change in it must carry."""
        return actor_of(self.device, self.incarnation, self.run)

    @property
    def signature(self) -> bytes:
        """The device's signature over `signed_part`."""
        return self.raw[-SIGNATURE:]


_Header = tuple[int, bytes, bytes, bytes, bytes, int, bytes, list[tuple[bytes, int, bytes]], list[bytes]]
_Body = tuple[
    int,
    bytes,
    bytes,
    bytes,
    bytes,
    int,
    bytes,
    list[tuple[bytes, int, bytes]],
    list[bytes],
    int,
    int,
    bytes,
    str,
    Params,
    list[tuple[int, msgspec.Raw]],
]
_encode = msgspec.msgpack.Encoder().encode
_decode_version = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_decode_integer = msgspec.msgpack.Decoder(int).decode
_decode_header = msgspec.msgpack.Decoder(_Header).decode
_decode_body = msgspec.msgpack.Decoder(_Body).decode
_ENTRY_DECODERS: dict[int, Callable[[Any], Entry]] = {
    1: msgspec.msgpack.Decoder(ChangeEntry).decode,
    2: msgspec.msgpack.Decoder(BlobEntry).decode,
    3: msgspec.msgpack.Decoder(CondemnEntry).decode,
}
_decode_bytes = msgspec.msgpack.Decoder(bytes).decode
_decode_entries = msgspec.msgpack.Decoder(list[tuple[int, msgspec.Raw]]).decode


def actor_of(device: bytes, incarnation: bytes, run: bytes) -> bytes:
    """The Automerge actor of one run of one device in one incarnation."""
    return hashlib.sha256(device + incarnation + run).digest()[:16]


def action_after(action: bytes, turn: bytes) -> bytes:
    """The action that what still comes of one belongs to, once that was undone or done again by `turn`."""
    return hashlib.sha256(b"gesso action 2\0" + action + turn).digest()[:16]


def signed_part(segment: Segment | bytes) -> bytes:
    """What a segment's signature is over."""
    raw = segment if isinstance(segment, bytes) else segment.raw
    return SIGNED_PREFIX + raw[:-SIGNATURE]


def encode(
    *,
    workspace: bytes,
    device: bytes,
    incarnation: bytes,
    run: bytes,
    seq: int,
    prev: bytes,
    deps: Sequence[Tip],
    auth: Sequence[bytes],
    clock: int,
    time: int,
    action: bytes,
    intent: str,
    params: Mapping[str, Scalar | list[Scalar]],
    entries: Sequence[Entry],
    sign: Callable[[bytes], bytes],
) -> Segment:
    """Makes and signs a segment. Raises SegmentRefused for what no device would hold, such as one over 256 KiB."""
    body = _encode(
        (
            VERSION,
            workspace,
            device,
            incarnation,
            run,
            seq,
            prev,
            sorted(set(deps)),
            sorted(set(auth)),
            clock,
            time,
            action,
            intent,
            dict(params),
            [_entry_body(entry) for entry in entries],
        )
    )
    return decode(body + sign(SIGNED_PREFIX + body))


def _entry_body(entry: Entry) -> tuple[int, Any]:
    if isinstance(entry, UnknownEntry):
        return entry.type, msgspec.Raw(entry.body)
    if isinstance(entry, OperationEntry):
        return _TYPES[OperationEntry], entry.raw
    return _TYPES[type(entry)], entry


def decode(raw: bytes) -> Segment:
    """Reads a segment. Raises SegmentRefused for bytes that are none; keeps what a newer program wrote."""
    if len(raw) > MAX_SEGMENT:
        raise SegmentRefused("size", f"{len(raw)} bytes, {MAX_SEGMENT} allowed")
    body = raw[:-SIGNATURE]
    try:
        fields = _decode_body(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decode_other(raw, body)
    if fields[0] != VERSION:
        return _decode_other(raw, body)
    if _encode(fields) != body:
        raise SegmentRefused("encoding", "not the shortest MessagePack of its fields")
    _, workspace, device, incarnation, run, seq, prev, deps, auth, clock, time, action, intent, params, entries = fields
    tips = tuple([Tip(*dep) for dep in deps])
    _check_header(workspace, device, incarnation, run, seq, prev, tips, auth)
    if not (0 <= clock <= _MAX_INTEGER and -_MAX_INTEGER <= time <= _MAX_INTEGER):
        raise SegmentRefused("fields", "clock or time out of range")
    if len(action) != 16 or len(intent) > _MAX_TEXT:
        raise SegmentRefused("fields", "an action has 16 bytes, an intent at most 255 characters")
    return Segment(
        VERSION,
        workspace,
        device,
        incarnation,
        run,
        seq,
        prev,
        tips,
        tuple(auth),
        clock,
        time,
        action,
        intent,
        params,
        _read_entries(entries),
        raw,
        hashlib.sha256(body).digest(),
    )


def needs_newer(raw: bytes) -> bool:
    """Whether a segment, which `decode` takes, is of a version or has an entry of a type this program does not know."""
    parts = _decode_version(memoryview(raw)[:-SIGNATURE])
    if _decode_integer(parts[0]) != VERSION:
        return True
    return any(kind not in _TYPES.values() for kind, _ in _decode_entries(parts[_FIELDS - 1]))


def _decode_other(raw: bytes, body: bytes) -> Segment:
    """A segment of another version: only the fields that keep their place in every version are read."""
    try:
        parts = _decode_version(body)
        version = _decode_integer(parts[0]) if parts else 0
        if version == VERSION or version < 1 or len(parts) < _HEADER_FIELDS:
            raise SegmentRefused("fields", f"not the fields of a segment of version {version}")
        header = _encode(parts[:_HEADER_FIELDS])
        fields = _decode_header(header)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SegmentRefused("fields", f"not the fields of a segment: {error}") from error
    if _encode(fields) != header or _encode(parts) != body:
        raise SegmentRefused("encoding", "not the shortest MessagePack of its fields")
    version, workspace, device, incarnation, run, seq, prev, deps, auth = fields
    tips = tuple([Tip(*dep) for dep in deps])
    _check_header(workspace, device, incarnation, run, seq, prev, tips, auth)
    return Segment(
        version=version,
        workspace=workspace,
        device=device,
        incarnation=incarnation,
        run=run,
        seq=seq,
        prev=prev,
        deps=tips,
        auth=tuple(auth),
        clock=0,
        time=0,
        action=b"",
        intent="",
        params={},
        entries=(),
        raw=raw,
        hash=hashlib.sha256(body).digest(),
        understood=False,
    )


def _check_header(
    workspace: bytes,
    device: bytes,
    incarnation: bytes,
    run: bytes,
    seq: int,
    prev: bytes,
    deps: tuple[Tip, ...],
    auth: list[bytes],
) -> None:
    if not (len(workspace) == 32 and len(device) == 32 and len(incarnation) == 16 and len(run) == 16):
        raise SegmentRefused("fields", "workspace and device have 32 bytes, incarnation and run 16")
    if not 1 <= seq <= _MAX_INTEGER or len(prev) != (32 if seq > 1 else 0):
        raise SegmentRefused("fields", "seq counts from 1; all but the first name their predecessor's hash")
    if any(len(tip.incarnation) != 16 or len(tip.hash8) != 8 or not 1 <= tip.seq <= _MAX_INTEGER for tip in deps):
        raise SegmentRefused("fields", "a dependency is (16 bytes, seq, 8 bytes)")
    if any(len(head) != 32 for head in auth):
        raise SegmentRefused("fields", "a membership head has 32 bytes")
    if any(a >= b for a, b in pairwise(deps)):
        raise SegmentRefused("order", "dependencies are sorted and each is named once")
    if any(a >= b for a, b in pairwise(auth)):
        raise SegmentRefused("order", "membership heads are sorted and each is named once")


def _read_entries(entries: list[tuple[int, msgspec.Raw]]) -> tuple[Entry, ...]:
    try:
        return tuple([_read_entry(kind, body) for kind, body in entries])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SegmentRefused("entry", f"not an entry of its type: {error}") from error


def _read_entry(kind: int, body: msgspec.Raw) -> Entry:
    if kind == 4:
        written: Any = _decode_bytes(body)
        entry: Entry = OperationEntry(written)
    else:
        decoder = _ENTRY_DECODERS.get(kind)
        if decoder is None:
            if kind < 0:
                raise SegmentRefused("entry", "an entry's type is not negative")
            return UnknownEntry(kind, bytes(body))
        entry = written = decoder(body)
    if _encode(written) != bytes(body):
        raise SegmentRefused("encoding", "not the shortest MessagePack of an entry")
    _check_entry(entry)
    return entry


def _check_entry(entry: Entry) -> None:
    if isinstance(entry, ChangeEntry):
        good = len(entry.document) == 16
    elif isinstance(entry, BlobEntry):
        texts = (entry.media_type, entry.role)
        good = len(entry.sha256) == 32 and 0 <= entry.size <= _MAX_INTEGER and max(map(len, texts)) <= _MAX_TEXT
    elif isinstance(entry, CondemnEntry):
        good = len(entry.sha256) == 32 and 1 <= entry.generation <= _MAX_INTEGER
    else:
        good = True
    if not good:
        raise SegmentRefused("entry", f"a {type(entry).__name__} with a field of the wrong size")
