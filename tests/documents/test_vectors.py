"""The golden vectors are the contract: the files in tests/vectors say what the code must make of their bytes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from documents.change import check_actor, read_header
from documents.digest import SHARDS, digest, line, shard_digest, shard_of
from documents.engine import Document
from documents.errors import ChangeVoid, DependencyMissing, SegmentRefused
from documents.kinds import GENESIS, GENESIS_HEAD, Kind, derived_id, genesis_objects, restored_id
from documents.segment import action_after, actor_of
from tests.vectors.coding import unhex
from tests.vectors.make_segments import judge, told

FOLDER = Path(__file__).parent.parent / "vectors"
Case = dict[str, Any]


def cases(file: str) -> list[Case]:
    found: list[Case] = json.loads((FOLDER / f"{file}.json").read_text(encoding="utf-8"))
    return found


def parametrize(file: str, each: bool) -> pytest.MarkDecorator:
    chosen = [case for case in cases(file) if ("each" in case) == each]
    return pytest.mark.parametrize("case", chosen, ids=[case["name"] for case in chosen])


def spoilt(case: Case, field: str) -> Iterator[bytes]:
    """The bytes of a case cut at every length, or with every single bit turned."""
    good = unhex(case[field])
    if case["each"] == "prefix":
        yield from (good[:length] for length in range(len(good)))
        return
    for bit in range(8 * len(good)):
        turned = bytearray(good)
        turned[bit // 8] ^= 1 << bit % 8
        yield bytes(turned)


@parametrize("segments", each=False)
def test_segment(case: Case) -> None:
    raw = unhex(case["segment"])
    if case["verdict"] == "refused":
        with pytest.raises(SegmentRefused) as refused:
            judge(raw)
        assert refused.value.reason == case["reason"]
    else:
        segment = judge(raw)
        assert told(segment) == {key: value for key, value in case.items() if key not in ("name", "segment", "verdict")}
        assert segment.raw == raw


@parametrize("segments", each=True)
def test_segment_cut_or_flipped_is_refused(case: Case) -> None:
    for raw in spoilt(case, "segment"):
        with pytest.raises(SegmentRefused):
            judge(raw)


@parametrize("changes", each=False)
def test_change(case: Case) -> None:
    change, kind = unhex(case["change"]), Kind(case["kind"])
    began = time.process_time()
    if case["verdict"] == "void":
        with pytest.raises(ChangeVoid) as void:
            check_actor(read_header(change, kind), bytes.fromhex(case["actor"]))
        assert void.value.reason == case["reason"]
    else:
        header = read_header(change, kind)
        check_actor(header, bytes.fromhex(case["actor"]))
        assert header.hash.hex() == case["hash"]
        assert [dep.hex() for dep in header.deps] == case["deps"]
        assert (header.seq, header.start, header.operations) == (case["seq"], case["start"], case["operations"])
    assert time.process_time() - began < 1, "two million operations must cost no more than one"


@parametrize("changes", each=True)
def test_change_cut_or_flipped_is_void(case: Case) -> None:
    for change in spoilt(case, "change"):
        with pytest.raises(ChangeVoid) as void:
            read_header(change, Kind(case["kind"]))
        assert void.value.reason == "damaged"


@parametrize("applying", each=False)
def test_applying_in_any_order(case: Case) -> None:
    changes = [bytes.fromhex(change) for change in case["changes"]]
    assert [read_header(change).hash.hex() for change in changes] == case["hashes"]
    for order in permutations(changes):
        document = Document.new(Kind(case["kind"]))
        waiting: tuple[bytes, ...] = ()
        try:
            document.apply(order)
        except DependencyMissing as missing:
            waiting = missing.waiting
        assert [change.hex() for change in waiting] == case["waiting"]
        assert [head.hex() for head in document.heads()] == case["heads"]
        assert {field: value for field, value in document.read().items() if value not in ({}, "")} == case["values"]


@parametrize("ids", each=False)
def test_id(case: Case) -> None:
    if "document" in case:
        parts = [bytes.fromhex(part) for part in case["parts"]]
        assert derived_id(Kind(case["kind"]), *parts).hex() == case["document"]
    elif "version" in case:
        assert restored_id(case["parent"], case["restored"]) == case["version"]
    elif "after" in case:
        assert action_after(bytes.fromhex(case["action"]), bytes.fromhex(case["turn"])).hex() == case["after"]
    else:
        device, incarnation, run = (bytes.fromhex(case[field]) for field in ("device", "incarnation", "run"))
        assert actor_of(device, incarnation, run).hex() == case["actor"]


@parametrize("genesis", each=False)
def test_genesis(case: Case) -> None:
    kind = Kind(case["kind"])
    assert GENESIS[kind].hex() == case["genesis"]
    assert GENESIS_HEAD[kind].hex() == case["head"]
    assert [(each["object"], each["is"] == "text") for each in case["objects"]] == genesis_objects(kind)
    assert Document.new(kind).heads() == (bytes.fromhex(case["head"]),)


@parametrize("digests", each=False)
def test_digest(case: Case) -> None:
    shards: list[list[bytes]] = [[] for _ in range(SHARDS)]
    for each in case["documents"]:
        document = bytes.fromhex(each["id"])
        shards[shard_of(document)].append(line(document, [bytes.fromhex(head) for head in each["heads"]]))
    digests = [shard_digest(lines) for lines in shards]
    assert {str(shard): digests[shard].hex() for shard, lines in enumerate(shards) if lines} == case["shards"]
    assert digest(digests, [bytes.fromhex(head) for head in case["membership"]]).hex() == case["digest"]
