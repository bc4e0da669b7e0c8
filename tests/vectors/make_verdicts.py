"""The cases of verdicts.json: operations and segments, and what becomes of every change. They are the situations."""

from __future__ import annotations

from typing import Any

from documents.change import check_actor, read_header
from documents.errors import ChangeVoid
from documents.kinds import Kind
from documents.segment import OperationEntry, Segment
from library.replica.verdicts import ChangeRef
from tests.histories.pieces import Pieces
from tests.histories.replica import KINDS, Replica, World, changes_of
from tests.histories.simulation import key_of, member_of
from tests.histories.situations import SITUATIONS, House

# In these nothing is judged that others do not judge.
LEFT_OUT = {
    "author_holds_both_branches_of_a_clone_and_a_reader_holds_one",
    "segments_wait_for_their_predecessors_and_what_their_authors_had_read",
    "viewer_makes_hundreds_of_operations",
}


def verdict_cases() -> list[dict[str, Any]]:
    return [told(name.replace("_", " "), play(House())) for name, play in SITUATIONS.items() if name not in LEFT_OUT]


def told(name: str, replica: Replica) -> dict[str, Any]:
    segments = sorted({**replica.held, **replica.waiting}.values(), key=lambda each: each.hash)
    carried = {entry.raw for each in segments for entry in each.entries if isinstance(entry, OperationEntry)}
    loose = sorted(each.raw for each in replica.operations.values() if each.raw not in carried)
    given = {
        "workspace": replica.workspace.hex(),
        "operations": [raw.hex() for raw in loose],
        "segments": [each.raw.hex() for each in segments],
    }
    return {"name": name} | given | outcome(given)


def outcome(given: dict[str, Any], pieces: Pieces | None = None, kind: type[Replica] = Replica) -> dict[str, Any]:
    """What a stranger who is handed it all comes to."""
    reader = kind("reader", key_of(99), member_of(99), bytes.fromhex(given["workspace"]), World(1, pieces))
    for raw in reversed(given["segments"]):
        reader.receive(bytes.fromhex(raw))
    for raw in given["operations"]:
        reader.take_operation(bytes.fromhex(raw))
    reader.drain()
    digest = reader.digest()
    return {
        "held": sorted(hash.hex() for hash in reader.held),
        "waiting": sorted(hash.hex() for hash in reader.waiting),
        "changes": [line for hash in sorted(reader.held) for line in _changes(reader, reader.held[hash])],
        "hidden": sorted(hash.hex() for hash in reader.verdicts.hidden),
        "membership": sorted(hash.hex() for hash in reader.operations),
        "digest": digest.hex(),
    }


def _changes(reader: Replica, segment: Segment) -> list[dict[str, Any]]:
    lines = []
    for number, entry in enumerate(changes_of(segment)):
        line: dict[str, Any] = {"segment": segment.hash.hex(), "change": number, "document": entry.document.hex()}
        lines.append(line | {"verdict": _verdict(reader, segment, entry.document, entry.change)})
    return lines


def _verdict(reader: Replica, segment: Segment, document: bytes, change: bytes) -> str:
    try:
        header = read_header(change, Kind(document[0]) if document[0] in KINDS else None)
        check_actor(header, segment.actor)
    except ChangeVoid:
        return "void"
    ref, verdicts = ChangeRef(document, header.hash), reader.verdicts
    if ref in verdicts.displaced:
        return "displaced"
    if ref in verdicts.applied:
        return "applied"
    return "waiting" if ref in verdicts.accepted else "quarantine"
