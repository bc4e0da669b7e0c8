"""The cases of operations.json: what bytes are a membership operation, and what is read from them."""

from __future__ import annotations

from typing import Any

import msgspec

from identity.errors import OperationRefused
from identity.keys import DeviceKey, verify
from identity.operations import (
    DOMAIN,
    MAX_OPERATION,
    SIGNATURE,
    Operation,
    SeenTip,
    decode_operation,
    operation_message,
)
from tests.vectors.coding import enhex

KEY, OTHER = DeviceKey(bytes(range(32))), DeviceKey(bytes(range(1, 33)))
WORKSPACE, MEMBER, DEVICE, HASH = b"\x57" * 32, b"\x3e" * 16, b"\xde" * 32, b"\x5a" * 32
PREV = [b"\x11" * 32, b"\x22" * 32]
SEEN = [SeenTip(DEVICE, b"\x1c" * 16, 7, b"\x01" * 8), SeenTip(DEVICE, b"\x1d" * 16, 1, b"\x02" * 8)]
FIELDS = ("version", "workspace", "kind", "subject", "argument", "prev", "seen", "author", "clock", "nonce")


def fields(**changed: Any) -> list[Any]:
    """The elements of a small good body, some of them changed."""
    good = (1, WORKSPACE, "remove", MEMBER, None, PREV, [], KEY.public, 41, b"")
    return list((dict(zip(FIELDS, good, strict=True)) | changed).values())


def sealed(body: bytes, key: DeviceKey = KEY) -> bytes:
    return body + key.sign(DOMAIN + body)


def made(**changed: Any) -> bytes:
    return sealed(msgspec.msgpack.encode(fields(**changed)))


def judge(raw: bytes) -> Operation:
    """Reads an operation and checks its signature, as every device does."""
    operation = decode_operation(raw)
    if not verify(operation.author, operation_message(raw), raw[-SIGNATURE:]):
        raise OperationRefused("signature", "not signed by its author")
    return operation


def told(operation: Operation) -> dict[str, Any]:
    """The fields of an operation as the vectors write them."""
    argument = operation.argument
    if isinstance(argument, bytes):
        argument = {"bytes": argument.hex()}  # type: ignore[assignment]
    elif isinstance(argument, list):
        argument = {"hashes": [each.hex() for each in argument]}  # type: ignore[assignment]
    return {
        "hash": operation.hash.hex(),
        "workspace": operation.workspace.hex(),
        "kind": operation.kind,
        "subject": operation.subject.hex(),
        "argument": argument,
        "prev": [each.hex() for each in operation.prev],
        "seen": [[t.device.hex(), t.incarnation.hex(), t.seq, t.hash8.hex()] for t in operation.seen],
        "author": operation.author.hex(),
        "clock": operation.clock,
        "nonce": operation.nonce.hex(),
    }


def operation_cases() -> list[dict[str, Any]]:
    """Every case with the verdict of the code, which must be the one the case is filed under."""
    cases = [_case(name, raw, "good") for name, raw in _good().items()]
    for reason, forms in _refused().items():
        cases += [_case(f"{reason}: {name}", raw, "refused", reason) for name, raw in forms.items()]
    whole = made()
    for each in ("prefix", "bit"):
        cases.append({"name": f"every {each} of a good one", "operation": whole.hex(), "verdict": "refused"})
        cases[-1]["each"] = each
    return cases


def _case(name: str, raw: bytes, verdict: str, reason: str | None = None) -> dict[str, Any]:
    case: dict[str, Any] = {"name": name, "operation": enhex(raw), "verdict": verdict}
    try:
        operation = judge(raw)
    except OperationRefused as refused:
        assert (verdict, reason) == ("refused", refused.reason), f"{name}: {refused}"
        return case | {"reason": reason}
    assert verdict == "good", name
    return case | told(operation)


def _good() -> dict[str, bytes]:
    tips = [list(tip) for tip in SEEN]
    return {
        "create": made(kind="create", workspace=b"", subject=MEMBER, prev=[], nonce=b"\x99" * 16),
        "grant": made(kind="grant", argument="editor"),
        "role upwards": made(kind="role", argument="admin"),
        "role downwards, with what was seen": made(kind="role", argument="viewer", seen=tips),
        "remove, with what was seen": made(kind="remove", seen=tips),
        "remove with tips in another order": made(kind="remove", seen=tips[::-1]),
        "add-device": made(kind="add-device", subject=DEVICE, argument=MEMBER),
        "revoke-device": made(kind="revoke-device", subject=DEVICE, seen=tips),
        "add-recovery": made(kind="add-recovery", subject=DEVICE, argument=b"\x07" * 32 + MEMBER),
        "rotate": made(kind="rotate", subject=HASH, argument=(3).to_bytes(8, "big")),
        "accept": made(kind="accept", subject=DEVICE, argument=[HASH, b"\x10" * 32]),
        "discard": made(kind="discard", subject=DEVICE, argument=[HASH]),
        "retire-device": made(kind="retire-device", subject=DEVICE),
        "a role there is not: the form is good": made(kind="grant", argument="owner"),
        "a member named by text": made(kind="add-device", subject=DEVICE, argument="貓"),
        "one parent": made(prev=PREV[:1]),
        "longest subject and nonce": made(subject=bytes(64), nonce=bytes(64)),
        "highest clock": made(clock=2**53 - 1),
        "lowest clock": made(clock=0),
    }


def _refused() -> dict[str, dict[str, bytes]]:
    encode = msgspec.msgpack.encode
    tip = list(SEEN[0])
    return {
        "size": {
            "nothing": b"",
            "a signature alone": bytes(SIGNATURE),
            "one byte too many": made(subject=bytes(8), argument=bytes(MAX_OPERATION)),
        },
        "damaged": {
            "no MessagePack": sealed(b"\xc1"),
            "a map": sealed(encode({"version": 1})),
            "an empty array": sealed(encode([])),
            "nine elements": sealed(encode(fields()[:9])),
            "eleven elements": sealed(encode([*fields(), None])),
            "something after the body": sealed(encode(fields()) + b"\xc0"),
            "version as text": made(version="1"),
            "kind as bytes": made(kind=b"remove"),
            "subject as text": made(subject="bob"),
            "tip of three": made(seen=[tip[:3]]),
            "clock as float": made(clock=41.0),
            "kind that is not UTF-8": sealed(_with(2, b"\xa2\xff\xfe")),
            "argument that is not UTF-8": sealed(_with(4, b"\xa2\xff\xfe")),
            "argument nested a thousand deep": sealed(_with(4, b"\x91" * 3000 + b"\xc0")),
        },
        "encoding": {
            "clock longer than it need be": sealed(_with(8, b"\xcd\x00\x29")),
            "kind as a long text": sealed(_with(2, b"\xd9\x06remove")),
            "array longer than it need be": sealed(b"\xdc\x00\x0a" + encode(fields())[1:]),
        },
        "version": {"none": made(version=0), "a later one": made(version=2)},
        "kind": {"an unknown word": made(kind="promote"), "no word": made(kind="")},
        "field": {
            "argument as a number": made(argument=7),
            "argument true": made(argument=True),
            "argument with a short hash": made(argument=[HASH[:31]]),
            "argument with texts": made(argument=["a" * 32]),
            "workspace missing": made(workspace=b""),
            "workspace short": made(workspace=WORKSPACE[:31]),
            "workspace in create": made(kind="create", prev=[], nonce=bytes(16)),
            "parents in create": made(kind="create", workspace=b"", nonce=bytes(16)),
            "short nonce in create": made(kind="create", workspace=b"", prev=[], nonce=bytes(15)),
            "no parents": made(prev=[]),
            "parents out of order": made(prev=PREV[::-1]),
            "a parent twice": made(prev=[PREV[0], PREV[0]]),
            "short parent": made(prev=[PREV[0][:31]]),
            "no subject": made(subject=b""),
            "long subject": made(subject=bytes(65)),
            "long nonce": made(nonce=bytes(65)),
            "short author": sealed(encode(fields(author=KEY.public[:31]))),
            "clock below 0": made(clock=-1),
            "clock above 2^53 - 1": made(clock=2**53),
            "tip with seq 0": made(seen=[[tip[0], tip[1], 0, tip[3]]]),
            "tip with a short device": made(seen=[[tip[0][:31], *tip[1:]]]),
            "tip with a short incarnation": made(seen=[[tip[0], tip[1][:15], *tip[2:]]]),
            "tip with a long hash": made(seen=[[*tip[:3], tip[3] + b"x"]]),
        },
        "signature": {
            "by another key": sealed(encode(fields()), OTHER),
            "of a segment": encode(fields()) + KEY.sign(b"gesso segment 1\0" + encode(fields())),
            "without its purpose": encode(fields()) + KEY.sign(encode(fields())),
            "author that is no key": sealed(encode(fields(author=b"\xff" * 32))),
        },
    }


def _with(place: int, element: bytes) -> bytes:
    """A good body with one element encoded otherwise."""
    elements = [msgspec.msgpack.encode(each) for each in fields()]
    elements[place] = element
    return b"\x9a" + b"".join(elements)
