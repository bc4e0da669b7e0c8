"""The signed membership operation: how it is written and read (docs/format.md, "Membership operation").

operation = body ‖ 64-byte Ed25519 signature over "gesso member 1\\0" ‖ body; hash = SHA-256(body). Reading checks the
form only: the signature is `keys.verify`'s, what an operation is worth the role rule's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec

from identity.errors import OperationRefused

VERSION = 1
DOMAIN = b"gesso member 1\0"
SIGNATURE = 64
MAX_OPERATION = 64 * 1024
KINDS = (
    *("create", "grant", "role", "remove", "add-device", "revoke-device", "add-recovery"),
    *("rotate", "accept", "discard", "retire-device"),
)
Argument = str | bytes | list[bytes] | None


class SeenTip(NamedTuple):
    """A tip of the subject's devices that the author of a lowering had seen."""

    device: bytes
    incarnation: bytes
    seq: int
    hash8: bytes


class Operation(NamedTuple):
    """One membership operation; `workspace` is empty in a create, whose hash is the workspace's id."""

    workspace: bytes
    kind: str
    subject: bytes
    argument: Argument
    prev: tuple[bytes, ...]
    seen: tuple[SeenTip, ...]
    author: bytes
    clock: int
    nonce: bytes
    raw: bytes
    hash: bytes


class _Body(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    version: int
    workspace: bytes
    kind: str
    subject: bytes
    argument: Any  # checked by hand: MessagePack types cannot tell str from bytes in one union here
    prev: list[bytes]
    seen: list[tuple[bytes, bytes, int, bytes]]
    author: bytes
    clock: int
    nonce: bytes


def encode_operation(
    *,
    workspace: bytes,
    kind: str,
    subject: bytes,
    argument: Argument = None,
    prev: Iterable[bytes] = (),
    seen: Iterable[SeenTip] = (),
    author: bytes,
    clock: int = 0,
    nonce: bytes = b"",
    sign: Callable[[bytes], bytes],
) -> Operation:
    """Make and sign an operation; OperationRefused for one that no device would take."""
    tips = [tuple(tip) for tip in sorted(seen)]
    fields = [VERSION, workspace, kind, subject, argument, sorted(prev), tips, author, clock, nonce]
    body = msgspec.msgpack.encode(fields)
    return decode_operation(body + sign(DOMAIN + body))


def operation_message(raw: bytes) -> bytes:
    """What the last 64 bytes are the signature over."""
    return DOMAIN + raw[:-SIGNATURE]


def operation_hash(raw: bytes) -> bytes:
    """What an operation is named by."""
    return hashlib.sha256(raw[:-SIGNATURE]).digest()


def decode_operation(raw: bytes) -> Operation:
    """Read an operation's form; OperationRefused("size" | "damaged" | "version" | "encoding" | "kind" | "field")."""
    if not SIGNATURE < len(raw) <= MAX_OPERATION:
        raise OperationRefused("size", f"{len(raw)} bytes")
    encoded = raw[:-SIGNATURE]
    try:
        parts = msgspec.msgpack.decode(encoded, type=list[msgspec.Raw])
        number = msgspec.msgpack.decode(parts[0], type=int)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, IndexError) as error:
        raise OperationRefused("damaged", str(error)) from error
    if number != VERSION:
        raise OperationRefused("version", str(number))
    try:
        body = msgspec.msgpack.decode(encoded, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise OperationRefused("damaged", str(error)) from error
    if msgspec.msgpack.encode(body) != encoded:  # else programs that read more or less leniently would disagree
        raise OperationRefused("encoding", "not the shortest MessagePack of its fields")
    _check(body)
    return Operation(
        body.workspace,
        body.kind,
        body.subject,
        body.argument,
        tuple(body.prev),
        tuple(SeenTip(*tip) for tip in body.seen),
        body.author,
        body.clock,
        body.nonce,
        raw,
        operation_hash(raw),
    )


def _check(body: _Body) -> None:
    if body.kind not in KINDS:
        raise OperationRefused("kind", body.kind[:40])
    create = body.kind == "create"
    argument = body.argument
    if not (argument is None or isinstance(argument, (str, bytes)) or _hashes(argument)):
        raise OperationRefused("field", "argument")
    right = (
        len(body.author) == 32
        and len(body.workspace) == (0 if create else 32)
        and all(len(hash) == 32 for hash in body.prev)
        and body.prev == sorted(set(body.prev))
        and bool(body.prev) != create
        and 0 <= body.clock < 1 << 53
        and len(body.nonce) <= 64
        and 0 < len(body.subject) <= 64
        and all(
            len(device) == 32 and len(incarnation) == 16 and 0 < seq < 1 << 53 and len(hash8) == 8
            for device, incarnation, seq, hash8 in body.seen
        )
    )
    if not right or (create and len(body.nonce) != 16):
        raise OperationRefused("field", "a field has the wrong size or order")


def _hashes(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, bytes) and len(each) == 32 for each in value)
