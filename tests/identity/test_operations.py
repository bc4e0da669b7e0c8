from __future__ import annotations

import msgspec
import pytest

from identity.errors import OperationRefused
from identity.keys import DeviceKey, verify
from identity.operations import (
    MAX_OPERATION,
    SIGNATURE,
    decode_operation,
    encode_operation,
    operation_message,
)
from tests.identity.house import Members, member, public, tip

HASH = b"h" * 32
GOOD = [1, b"w" * 32, "remove", b"m" * 16, None, [b"a" * 32, b"b" * 32], [], b"k" * 32, 7, b""]


def body(**changed: object) -> bytes:
    names = ("version", "workspace", "kind", "subject", "argument", "prev", "seen", "author", "clock", "nonce")
    fields = dict(zip(names, GOOD, strict=True)) | changed
    return msgspec.msgpack.encode(list(fields.values())) + bytes(SIGNATURE)


def refusal(raw: bytes) -> str:
    with pytest.raises(OperationRefused) as refused:
        decode_operation(raw)
    return refused.value.reason


def test_operation_reads_back_as_it_was_made() -> None:
    key = DeviceKey(bytes(32))
    seen = [tip("bob", 9, HASH), tip("bob", 3, HASH)]
    made = encode_operation(
        workspace=b"w" * 32, kind="role", subject=b"m" * 16, argument="editor", prev=[b"b" * 32, b"a" * 32], seen=seen,
        author=key.public, clock=5, nonce=b"x", sign=key.sign,
    )  # fmt: skip
    assert decode_operation(made.raw) == made
    assert (made.argument, made.clock, made.nonce) == ("editor", 5, b"x")
    assert made.prev == (b"a" * 32, b"b" * 32)
    assert made.seen == tuple(sorted(seen))


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "grant", "argument": "viewer"},
        {"kind": "accept", "subject": HASH, "argument": [b"a" * 32, b"b" * 32]},
        {"kind": "discard", "subject": HASH, "argument": [HASH]},
        {"kind": "rotate", "subject": HASH, "argument": bytes(8)},
        {"kind": "revoke-device", "subject": HASH},
        {"kind": "retire-device", "subject": HASH},
    ],
)
def test_every_kind_with_its_argument_is_taken(changed: dict[str, object]) -> None:
    read = decode_operation(body(**changed))
    assert (read.kind, read.argument) == (changed["kind"], changed.get("argument"))


def test_signature_is_over_the_body_and_its_purpose() -> None:
    made = Members().create
    assert operation_message(made.raw).startswith(b"gesso member 1\0")
    assert verify(made.author, operation_message(made.raw), made.raw[-SIGNATURE:])
    assert not verify(made.author, made.raw[:-SIGNATURE], made.raw[-SIGNATURE:])


def test_hash_does_not_depend_on_the_signature() -> None:
    made = Members().create
    other = decode_operation(made.raw[:-SIGNATURE] + bytes(SIGNATURE))
    assert other.hash == made.hash


def test_good_body_is_taken() -> None:
    assert decode_operation(body()).kind == "remove"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "size"),
        (bytes(SIGNATURE), "size"),
        (bytes(MAX_OPERATION + 1), "size"),
        (b"\xc1" * 100, "damaged"),
        (b"\x90" + bytes(SIGNATURE), "damaged"),
        (body(kind="remove").replace(b"remove", b"rem\xffve"), "damaged"),
        (body(seen=[]).replace(b"\x90", b"\x91" * 3000 + b"\x90", 1), "damaged"),
        (body(argument=b"nested").replace(b"\xc4\x06nested", b"\x91" * 3000 + b"\xc0"), "damaged"),
        (body().replace(b"\xa6remove", b"\xd9\x06remove"), "encoding"),
        (body(seen=[[1, 2]]), "damaged"),
        (msgspec.msgpack.encode(GOOD[:9]) + bytes(SIGNATURE), "damaged"),
        (body(version=0), "version"),
        (body(version=2), "version"),
        (body(kind="promote"), "kind"),
        (body(argument=7), "field"),
        (body(argument=[b"short"]), "field"),
        (body(author=b"short"), "field"),
        (body(workspace=b""), "field"),
        (body(prev=[]), "field"),
        (body(prev=[b"b" * 32, b"a" * 32]), "field"),
        (body(prev=[b"a" * 32, b"a" * 32]), "field"),
        (body(subject=b""), "field"),
        (body(subject=bytes(65)), "field"),
        (body(clock=-1), "field"),
        (body(nonce=bytes(65)), "field"),
        (body(seen=[[b"d" * 32, b"i" * 16, 0, b"h" * 8]]), "field"),
        (body(kind="create", workspace=b"", prev=[], nonce=b"short"), "field"),
        (body(kind="create", workspace=b"", nonce=b"n" * 16), "field"),
    ],
)
def test_bytes_that_are_no_operation_are_refused(raw: bytes, reason: str) -> None:
    assert refusal(raw) == reason


def test_every_person_has_another_key_and_id() -> None:
    assert len({public("alice"), public("bob"), member("alice"), member("bob")}) == 4
