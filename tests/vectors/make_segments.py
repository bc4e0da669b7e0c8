"""The cases of segments.json: what bytes are a segment, and what is read from them."""

from __future__ import annotations

from typing import Any

import msgspec

from documents.errors import SegmentRefused
from documents.segment import (
    MAX_SEGMENT,
    SIGNED_PREFIX,
    BlobEntry,
    ChangeEntry,
    CondemnEntry,
    Entry,
    OperationEntry,
    Segment,
    decode,
    signed_part,
)
from identity.keys import DeviceKey, verify
from tests.vectors.coding import enhex
from tests.vectors.make_changes import imported

encode = msgspec.msgpack.encode
KEY = DeviceKey(bytes(range(32)))
OTHER = DeviceKey(bytes(range(1, 33)))
WORKSPACE, INCARNATION, RUN, ACTION, PREVIOUS = b"\x57" * 32, b"\x1c" * 16, b"\x44" * 16, b"\xac" * 16, b"\x9e" * 32
NEUTRAL = b"\x01" + bytes(31)  # the neutral point of the curve
DOCUMENT, SHA = b"\x01" + b"\xd0" * 15, b"\x5a" * 32
DEPS = [[b"\x0a" * 16, 7, b"\x01" * 8], [b"\x0a" * 16, 8, b"\x00" * 8], [b"\x0b" * 16, 1, b"\x02" * 8]]
FIELDS = (
    *("version", "workspace", "device", "incarnation", "run", "seq", "prev", "deps", "auth"),
    *("clock", "time", "action", "intent", "params", "entries"),
)


def fields(**changed: Any) -> list[Any]:
    """The elements of a small good body, some of them changed."""
    good: dict[str, Any] = {
        "version": 1,
        "workspace": WORKSPACE,
        "device": KEY.public,
        "incarnation": INCARNATION,
        "run": RUN,
        "seq": 2,
        "prev": PREVIOUS,
        "deps": DEPS,
        "auth": [b"\x31" * 32],
        "clock": 41,
        "time": 1_790_000_000_000,
        "action": ACTION,
        "intent": "asset.tag",
        "params": {"tag": "貓"},
        "entries": [[2, [SHA, 1234, "image/png", "original"]]],
    }
    return list((good | changed).values())


def sealed(body: bytes, key: DeviceKey = KEY) -> bytes:
    return body + key.sign(SIGNED_PREFIX + body)


def segment(**changed: Any) -> bytes:
    return sealed(encode(fields(**changed)))


def segment_cases() -> list[dict[str, Any]]:
    """Every case with the verdict of the code, which must be the one the case is filed under."""
    cases = [_held(name, raw) for name, raw in _good().items()]
    for reason, raws in _bad().items():
        cases += [_refused(name, reason, raw) for name, raw in raws.items()]
    small = segment()
    cases += [
        {"name": f"every {each} of a good segment", "segment": small.hex(), "each": each, "verdict": "refused"}
        for each in ("prefix", "bit")
    ]
    return cases


def judge(raw: bytes) -> Segment:
    """The segment, its signature checked. Raises SegmentRefused."""
    segment = decode(raw)
    if not verify(segment.device, signed_part(segment), segment.signature):
        raise SegmentRefused("signature", "is not the device's")
    return segment


def _held(name: str, raw: bytes) -> dict[str, Any]:
    segment = judge(raw)
    return {"name": name, "segment": enhex(raw), "verdict": "held"} | told(segment)


def told(segment: Segment) -> dict[str, Any]:
    """What a vector says of a segment that was read."""
    said = {
        "understood": segment.understood,
        "hash": segment.hash.hex(),
        "version": segment.version,
        "workspace": segment.workspace.hex(),
        "device": segment.device.hex(),
        "incarnation": segment.incarnation.hex(),
        "run": segment.run.hex(),
        "seq": segment.seq,
        "prev": segment.prev.hex(),
        "deps": [[tip.incarnation.hex(), tip.seq, tip.hash8.hex()] for tip in segment.deps],
        "auth": [head.hex() for head in segment.auth],
        "actor": segment.actor.hex(),
    }
    if segment.understood:
        said |= {
            "clock": segment.clock,
            "time": segment.time,
            "action": segment.action.hex(),
            "intent": segment.intent,
            "params": segment.params,
            "entries": [_told_entry(entry) for entry in segment.entries],
        }
    return said


def _told_entry(entry: Entry) -> dict[str, Any]:
    if isinstance(entry, ChangeEntry):
        return {"type": 1, "document": entry.document.hex(), "change": enhex(entry.change)}
    if isinstance(entry, BlobEntry):
        return {"type": 2, "blob": [entry.sha256.hex(), entry.size, entry.media_type, entry.role]}
    if isinstance(entry, CondemnEntry):
        return {"type": 3, "condemn": [entry.sha256.hex(), entry.generation]}
    if isinstance(entry, OperationEntry):
        return {"type": 4, "operation": enhex(entry.raw)}
    return {"type": entry.type, "unknown": entry.body.hex()}


def _refused(name: str, reason: str, raw: bytes) -> dict[str, Any]:
    try:
        judge(raw)
    except SegmentRefused as refused:
        if refused.reason == reason:
            return {"name": name, "segment": enhex(raw), "verdict": "refused", "reason": reason}
        raise AssertionError(f"{name}: {refused.reason} instead of {reason}") from refused
    raise AssertionError(f"{name} is held")


def _good() -> dict[str, bytes]:
    params = {
        "none": None,
        "yes": True,
        "no": False,
        "count": 2**53 - 1,
        "less": -1,
        "half": 0.5,
        "tags": ["貓", "😀", 1],
    }
    entries = [
        [1, [DOCUMENT, imported()]],
        [2, [SHA, 0, "image/webp", "thumbnail"]],
        [2, [SHA, 2**53 - 1, "", "a role invented later"]],
        [3, [SHA, 1]],
        [4, b"an operation of any shape"],
        [5, {"from": ["a", "later", b"version"]}],
        [2**32, None],
    ]
    first = {"seq": 1, "prev": b"", "deps": [], "auth": [], "params": {}, "entries": []}
    later = fields(version=2)
    return {
        "a small one": segment(),
        "the first of a log, with nothing in it": segment(**first),
        "every type of entry, and two of types not known": segment(entries=entries),
        "every type of parameter": segment(params=params),
        "a wall clock before 1970": segment(time=-(2**53 - 1)),
        "the greatest numbers": segment(clock=2**53 - 1, seq=2**53 - 1, time=2**53 - 1),
        "an intent of 255 characters": segment(intent="貓" * 255),
        "exactly 256 KiB": _sized(MAX_SEGMENT),
        "version 2 with the fields of version 1": sealed(encode(later)),
        "version 2 with nine fields": sealed(encode(later[:9])),
        "version 2 with other fields": sealed(encode([*later[:9], {"new": [1, 2]}, None, 3.5])),
        "version 2 to the 32": sealed(encode(fields(version=2**32))),
    }


def _sized(size: int) -> bytes:
    """A segment of exactly `size` bytes."""
    for length in range(size - 600, size):
        raw = segment(entries=[[4, b"x" * length]])
        if len(raw) == size:
            return raw
    raise AssertionError("no segment of this size")


_SIZES = {"workspace": 32, "device": 32, "incarnation": 16, "run": 16, "prev": 32, "action": 16}


def _bad() -> dict[str, dict[str, bytes]]:
    lengths: dict[str, bytes] = {}
    for name, size in _SIZES.items():
        lengths[f"{name} of {size - 1} bytes"] = segment(**{name: b"\1" * (size - 1)})
        lengths[f"{name} of {size + 1} bytes"] = segment(**{name: b"\1" * (size + 1)})
    types = {f"{name} of another type": segment(**{name: 3.5}) for name in FIELDS}
    return {
        "fields": lengths | types | _ranges() | _shapes(),
        "encoding": _longer(),
        "order": {
            "deps not ascending": segment(deps=DEPS[::-1]),
            "a dep twice": segment(deps=[DEPS[0], DEPS[0]]),
            "auth not ascending": segment(auth=[b"\2" * 32, b"\1" * 32]),
            "an auth head twice": segment(auth=[b"\1" * 32, b"\1" * 32]),
        },
        "entry": _entries(),
        "size": {"256 KiB and a byte": _sized(MAX_SEGMENT) + b"x"},
        "signature": {
            "signed by another device": sealed(encode(fields()), OTHER),
            "signed as another thing": encode(fields()) + KEY.sign(b"gesso member 1\0" + encode(fields())),
            "signed without a prefix": encode(fields()) + KEY.sign(encode(fields())),
            "not signed": encode(fields()) + bytes(64),
            "by a key for which anybody can sign": encode(fields(device=NEUTRAL)) + NEUTRAL + bytes(32),
            "version 2 signed by another device": sealed(encode(fields(version=2)), OTHER),
        },
    }


def _ranges() -> dict[str, bytes]:
    too_many = 2**53
    return {
        "version 0": segment(version=0),
        "version -1": segment(version=-1),
        "seq 0": segment(seq=0, prev=b""),
        "seq 2 to the 53": segment(seq=too_many),
        "the first names a predecessor": segment(seq=1),
        "the second names none": segment(prev=b""),
        "clock -1": segment(clock=-1),
        "clock 2 to the 53": segment(clock=too_many),
        "time beyond 2 to the 53": segment(time=-too_many),
        "an intent of 256 characters": segment(intent="x" * 256),
        "an auth head of 31 bytes": segment(auth=[b"\1" * 31]),
        "a dep's incarnation of 15 bytes": segment(deps=[[b"\1" * 15, 1, b"\1" * 8]]),
        "a dep's hash8 of 9 bytes": segment(deps=[[b"\1" * 16, 1, b"\1" * 9]]),
        "a dep's seq 0": segment(deps=[[b"\1" * 16, 0, b"\1" * 8]]),
        "a dep of two elements": segment(deps=[[b"\1" * 16, 1]]),
        "version 2 with seq 0": segment(version=2, seq=0, prev=b""),
        "version 2 without a predecessor": segment(version=2, prev=b""),
    }


def _shapes() -> dict[str, bytes]:
    return {
        "nothing": b"",
        "a signature and nothing else": bytes(64),
        "less than a signature": bytes(63),
        "not an array": sealed(encode({"version": 1})),
        "an empty array": sealed(encode([])),
        "14 elements": sealed(encode(fields()[:14])),
        "16 elements": sealed(encode([*fields(), None])),
        "version 2 with eight elements": sealed(encode(fields(version=2)[:8])),
        "a byte after the body": sealed(encode(fields()) + b"\xc0"),
        "a map in a parameter": segment(params={"map": {"a": 1}}),
        "an array in an array of a parameter": segment(params={"list": [[1]]}),
        "bytes in a parameter": segment(params={"bytes": b"b"}),
        "a parameter whose name is no text": segment(params={1: 2}),
        "a moment in a parameter": segment(params={"when": msgspec.msgpack.Ext(-1, bytes(4))}),
        "an intent that is not UTF-8": sealed(encode(fields()).replace(b"asset.tag", b"asset.\xff\xfeg")),
        "an entry of one element": segment(entries=[[2]]),
        "an entry of three elements": segment(entries=[[2, [SHA, 1, "a", "b"], 3]]),
        "an entry that is no array": segment(entries=[7]),
        "a hundred thousand arrays in each other": sealed(b"\x91" * 100_000 + b"\xc0"),
    }


def _longer() -> dict[str, bytes]:
    """The same fields, not in their shortest form: two programs could read them differently."""
    body = encode(fields())

    def instead(short: bytes, long: bytes) -> bytes:
        assert body.count(short) == 1
        return sealed(body.replace(short, long))

    return {
        "clock in 16 bits": instead(b"\x29\xcf", b"\xcd\x00\x29\xcf"),
        "the array's length in 16 bits": sealed(b"\xdc\x00\x0f" + body[1:]),
        "an intent's length in 8 bits": instead(b"\xa9asset.tag", b"\xd9\x09asset.tag"),
        "a blob's size in 32 bits": instead(b"\xcd\x04\xd2", b"\xce\x00\x00\x04\xd2"),
        "a parameter twice": instead(b"\x81\xa3tag\xa3" + "貓".encode(), b"\x82\xa3tag\xa1a\xa3tag\xa1a"),
        "a float of 32 bits": instead(b"\xa3" + "貓".encode(), b"\xca\x3f\x00\x00\x00"),
        "a positive number in a signed form": instead(b"\x29\xcf", b"\xd0\x29\xcf"),
        "version 2 with its seq in 16 bits": sealed(
            encode(fields(version=2)).replace(b"\x02\xc4\x20\x9e", b"\xcd\x00\x02\xc4\x20\x9e")
        ),
    }


def _entries() -> dict[str, bytes]:
    bodies = {
        "a change without its document": [1, [b"change"]],
        "a change with a third element": [1, [DOCUMENT, b"change", None]],
        "a change of a document of 15 bytes": [1, [DOCUMENT[:15], b"change"]],
        "a change that is text": [1, [DOCUMENT, "change"]],
        "a blob without its role": [2, [SHA, 1, "image/png"]],
        "a blob with a fifth element": [2, [SHA, 1, "image/png", "original", 1]],
        "a blob of 31 bytes of hash": [2, [SHA[:31], 1, "image/png", "original"]],
        "a blob of negative size": [2, [SHA, -1, "image/png", "original"]],
        "a blob of 2 to the 53 bytes": [2, [SHA, 2**53, "image/png", "original"]],
        "a media type of 256 characters": [2, [SHA, 1, "x" * 256, "original"]],
        "a condemned generation 0": [3, [SHA, 0]],
        "a condemned hash of 33 bytes": [3, [SHA + b"\0", 1]],
        "an operation that is an array": [4, [b"operation"]],
        "an operation that is text": [4, "operation"],
        "a negative type": [-1, None],
    }
    return {name: segment(entries=[body]) for name, body in bodies.items()}
