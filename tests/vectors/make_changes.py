"""The cases of changes.json: what a change chunk must be for any device to apply it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from documents.change import check_actor, read_header
from documents.columns import uleb
from documents.engine import Document
from documents.errors import ChangeVoid
from documents.kinds import GENESIS, GENESIS_HEAD, Kind
from tests.documents import chunks as c
from tests.vectors.coding import enhex

ACTOR = bytes(range(1, 17))
HEAD = GENESIS_HEAD[Kind.IMAGE]


def imported() -> bytes:
    """What an import of a picture writes."""
    version = "5f" * 32
    facts = json.dumps({"steps": 30, "sampler": "DPM++ 2M"})
    document = Document.new(Kind.IMAGE)

    def write(draft: Any) -> None:
        for field, value in (
            ("blob", version),
            ("type", "image/png"),
            ("size", 1234567),
            ("width", 1024),
            ("height", 768),
        ):
            draft.put_entry("versions", f"{version}/{field}", value)
        draft.agree("current", version)
        draft.put_entry("sources", "狐狸.png", True)
        draft.put_absent("prompt", "a red fox 貓 😀 in the snow, " * 12)
        draft.put_absent("seed", "18446744073709551615")
        draft.put_absent("parameters", facts)

    change = document.edit(ACTOR, write)
    assert change is not None
    return change


def typed() -> bytes:
    change = Document.new(Kind.IMAGE).edit(ACTOR, lambda d: d.write_text("note", "海報 👩‍👩‍👧 ok"))
    assert change is not None
    return change


def rewritten() -> bytes:
    """Deletes letters, keys and a root value written before."""
    document = Document.new(Kind.PROJECT)
    document.edit(
        bytes(15) + b"\1",
        lambda d: (d.write_text("brief", "abc"), d.put_entry("tags", "x", True), d.agree("name", "A")),
    )
    change = document.edit(
        ACTOR, lambda d: (d.write_text("brief", "b"), d.drop_entry("tags", "x"), d.agree("name", "B"))
    )
    assert change is not None
    return change


def change_cases() -> list[dict[str, Any]]:
    """Every case with the verdict of the code, which must be the one the case is filed under."""
    cases = [_case("good", None, name, change, kind) for name, (change, kind) in _good().items()]
    for reason, changes in _void().items():
        cases += [_case("void", reason, name, change, Kind.IMAGE) for name, change in changes.items()]
    whole = c.frame(c.body(ACTOR, c.put(), others=[c.ZERO]))
    for each in ("prefix", "bit"):
        cases.append(_case("void", "damaged", f"every {each} of a good change", whole, Kind.IMAGE) | {"each": each})
    return cases


def _case(verdict: str, reason: str | None, name: str, change: bytes, kind: Kind) -> dict[str, Any]:
    case = {"name": name, "kind": int(kind), "actor": ACTOR.hex(), "change": enhex(change), "verdict": verdict}
    if reason is not None:
        if "every " not in name:
            _expect(reason, name, change, kind)
        return case | {"reason": reason}
    header = read_header(change, kind)
    return case | {
        "hash": header.hash.hex(),
        "deps": [dep.hex() for dep in header.deps],
        "seq": header.seq,
        "start": header.start,
        "operations": header.operations,
    }


def _expect(reason: str, name: str, change: bytes, kind: Kind) -> None:
    try:
        check_actor(read_header(change, kind), ACTOR)
    except ChangeVoid as void:
        if void.reason == reason:
            return
        raise AssertionError(f"{name}: {void.reason} instead of {reason}") from void
    raise AssertionError(f"{name} is not void")


def _good() -> dict[str, tuple[bytes, Kind]]:
    plain = c.body(ACTOR, c.put(), others=[c.ZERO])
    twice = [HEAD, bytes(31) + b"\1"]
    image = {
        "an import": imported(),
        "a typed note": typed(),
        "one value": c.frame(plain),
        "the same, deflated: the same hash": c.frame(plain, deflate=True),
        "with a time and a message, as JavaScript writes": c.frame(
            c.body(ACTOR, c.put(), time=1_700_000_000, message=b"hi")
        ),
        "with a time before 1970": c.frame(c.body(ACTOR, c.put(), time=-64)),
        "with trailing bytes that a later format may use": c.frame(plain + b"later"),
        "two dependencies in any order": c.frame(c.body(ACTOR, c.put(), deps=twice)),
        "65,536 letters": c.frame(c.body(ACTOR, c.letters(65_536), others=[c.ZERO]), deflate=True),
        "the last number there is": c.frame(c.body(ACTOR, c.put(), start=2**31 - 1, seq=2**31 - 1)),
        "exactly 200 KiB": _sized(200 * 1024),
        **{f"a value of type {kind}": c.frame(c.body(ACTOR, _value(*case))) for kind, case in _VALUES.items()},
    }
    return {name: (change, Kind.IMAGE) for name, change in image.items()} | {
        "letters, keys and values removed": (rewritten(), Kind.PROJECT)
    }


_VALUES = {
    "null": (0, b""),
    "false": (1, b""),
    "true": (2, b""),
    "unsigned": (1 << 4 | 3, b"\5"),
    "signed": (1 << 4 | 4, b"\x7b"),
    "float": (8 << 4 | 5, bytes(6) + b"\xf8\x3f"),
    "bytes": (2 << 4 | 7, b"\xff\0"),
}


def _value(meta: int, value: bytes) -> dict[int, bytes]:
    return c.put(meta=meta, value=value)


def _sized(size: int) -> bytes:
    """A plain change of exactly `size` bytes."""
    room = size - len(c.frame(c.body(ACTOR, _value(200_000 << 4 | 6, b""))))
    for length in range(room - 16, room):
        change = c.frame(c.body(ACTOR, _value(length << 4 | 6, b"x" * length)))
        if len(change) == size:
            return change
    raise AssertionError("no change of this size")


def _void() -> dict[str, dict[str, bytes]]:
    framed = {
        reason: {name: c.frame(body) for name, body in bodies.items()}
        for reason, bodies in {
            "actor": _actors(),
            "deps": _deps(),
            "number": _numbers(),
            "action": _actions(),
            "value": _values(),
            "object": _objects(),
            "damaged": _uneven(),
        }.items()
    }
    framed["damaged"] |= _damaged()
    millions = c.body(ACTOR, c.letters(2_000_000, letter=b""), others=[c.ZERO])
    return framed | {
        "size": {"200 KiB and a byte": _sized(200 * 1024 + 1)},
        "inflated": {
            "2 million letters in 2 KB": c.frame(c.body(ACTOR, c.letters(2_000_000), others=[c.ZERO]), deflate=True),
            "a deflate bomb": c.frame(bytes(8_000_000), deflate=True),
        },
        "operations": {
            "2 million empty letters": c.frame(millions),
            "65,537 letters": c.frame(c.body(ACTOR, c.letters(65_537), others=[c.ZERO]), deflate=True),
            "no operation": c.frame(c.body(ACTOR, {})),
            "2 billion predecessors": c.frame(
                c.body(ACTOR, c.put() | {c.PREDECESSORS: c.run(1, 2**31), 0x71: c.run(2**31, 0), 0x73: c.run(2**31, 0)})
            ),
        },
    }


def _actors() -> dict[str, bytes]:
    return {
        "the zero actor": c.body(c.ZERO, c.put()),
        "another actor": c.body(bytes(15) + b"\1", c.put()),
        "an actor of 17 bytes": c.body(bytes(17), c.put()),
        "no actor": c.body(b"", c.put()),
    }


def _deps() -> dict[str, bytes]:
    return {
        "no dependency": c.body(ACTOR, c.put(), deps=[]),
        "one dependency twice": c.body(ACTOR, c.put(), deps=[HEAD, HEAD]),
    }


def _numbers() -> dict[str, bytes]:
    return {
        "seq 0": c.body(ACTOR, c.put(), seq=0),
        "seq 2 to the 31": c.body(ACTOR, c.put(), seq=2**31),
        "first operation 0": c.body(ACTOR, c.put(), start=0),
        "last operation 2 to the 31": c.body(ACTOR, c.put(), start=2**31),
        "last operation 2 to the 32, which ends the library's process": c.body(ACTOR, c.put(), start=2**32),
    }


def _inserting(cells: Mapping[int, bytes]) -> dict[int, bytes]:
    return {**cells, c.INSERT: uleb(0) + uleb(1)}


def _actions() -> dict[str, bytes]:
    one = c.letters(1)
    names = {c.MAKE_MAP: "make map", c.MAKE_LIST: "make list", c.MAKE_TEXT: "make text", c.INCREMENT: "increment"}
    names |= {c.MAKE_TABLE: "make table", c.MARK: "mark", 8: "an unknown action"}
    return {name: c.body(ACTOR, c.put(meta=0, value=b"", action=number)) for number, name in names.items()} | {
        "an insertion with a key": c.body(ACTOR, _inserting(c.put())),
        "a letter set without inserting": c.body(ACTOR, one | {c.INSERT: uleb(1)}, others=[c.ZERO]),
        "a letter inserted by deleting": c.body(ACTOR, one | {c.ACTION: c.run(1, c.DELETE)}, others=[c.ZERO]),
    }


def _values() -> dict[str, bytes]:
    names = {8: "a counter", 9: "a timestamp", 10: "a value of unknown type 10", 15: "a value of unknown type 15"}
    return {name: c.body(ACTOR, _value(1 << 4 | kind, b"\5")) for kind, name in names.items()}


def _objects() -> dict[str, bytes]:
    def inside(cells: Mapping[int, bytes], number: int, actor: int = 1) -> bytes:
        cells = {**cells, c.OBJECT_ACTOR: c.run(1, actor), c.OBJECT: c.run(1, number)}
        return c.body(ACTOR, cells, others=[c.ZERO, bytes(15) + b"\1"])

    one = c.letters(1)
    return {
        "an object beyond the genesis": inside(c.put(), 19),
        "an object of another actor": inside(c.put(), 3, actor=2),
        "an object of its own": inside(c.put(), 3, actor=0),
        "a key in a text": inside(c.put(), 14),
        "a letter in a map": inside(one, 3),
        "a letter in the root": c.body(ACTOR, {k: v for k, v in one.items() if k not in (c.OBJECT_ACTOR, c.OBJECT)}),
        "an object's number without an actor": c.body(ACTOR, c.put() | {c.OBJECT: c.run(1, 3)}, others=[c.ZERO]),
        "object 0 of the genesis": inside(c.put(), 0),
    }


def _uneven() -> dict[str, bytes]:
    unsorted = c.columns(c.put()).replace(
        uleb(c.KEY) + b"\x08" + uleb(c.INSERT), uleb(c.INSERT) + b"\x08" + uleb(c.KEY)
    )
    assert unsorted != c.columns(c.put())
    return {
        "more keys than operations": c.body(ACTOR, c.put() | {c.KEY: c.run(2, 1) + b"k"}),
        "fewer flags than operations": c.body(ACTOR, c.put() | {c.ACTION: c.run(2, c.SET), c.KEY: c.run(2, 1) + b"k"}),
        "a run of nothing": c.body(ACTOR, c.put() | {c.ACTION: c.nulls(0) + c.run(1, c.SET)}),
        "an unknown column": c.body(ACTOR, c.put() | {0x115: c.keys("k")}),
        "a deflated column": c.body(ACTOR, c.put() | {c.KEY | 8: c.keys("k")}),
        "columns out of order": c.body(ACTOR, unsorted),
        "a column beyond the end": c.body(ACTOR, b"\1" + uleb(c.ACTION) + uleb(9) + b"\1"),
        "a body of nothing": b"",
        "more dependencies than bytes": uleb(2**40) + bytes(64),
    }


def _damaged() -> dict[str, bytes]:
    body = c.body(ACTOR, c.put(), others=[c.ZERO])
    good, packed = c.frame(body), c.frame(body, deflate=True)
    padded = good[:9] + bytes([good[9] | 0x80, 0]) + good[10:]
    longer = packed[:9] + uleb(packed[9] + 1) + packed[10:] + b"\0"
    return {
        "nothing": b"",
        "not a chunk": b"change",
        "a wrong checksum": c.frame(body, checksum=b"\1\2\3\4"),
        "a padded length": padded,
        "two changes in one": good + good,
        "bytes after the chunk": good + b"\0",
        "bytes after the deflate stream": longer,
        "a document chunk": good[:8] + b"\0" + good[9:],
        "the genesis with its actor cut": GENESIS[Kind.IMAGE][:20],
    }
