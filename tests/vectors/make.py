"""Writes the golden vectors: `python -m tests.vectors.make`. To add a case, add it here; no case ever changes.

The bytes are made by our own code once; what counts afterwards are the files. Keys, ids and clocks are fixed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from documents.change import read_header
from documents.engine import Document
from documents.errors import DependencyMissing
from documents.kinds import GENESIS, GENESIS_HEAD, Kind, derived_id, genesis_objects, restored_id
from documents.segment import action_after, actor_of
from tests.vectors.make_changes import change_cases
from tests.vectors.make_decisions import decision_cases
from tests.vectors.make_operations import operation_cases
from tests.vectors.make_segments import segment_cases
from tests.vectors.make_verdicts import verdict_cases
from tests.vectors.make_wrapping import wrapping_cases

FOLDER = Path(__file__).parent
ALICE, BOB, CAROL = (bytes([number]) * 16 for number in (0xA1, 0xB0, 0xCA))


def filled(count: int, start: int) -> bytes:
    """Bytes that are easy to see in a dump."""
    return bytes((start + index) % 256 for index in range(count))


def id_cases() -> list[dict[str, Any]]:
    workspace, picture = filled(32, 0), hashlib.sha256(b"picture").digest()
    derived: list[tuple[Kind, Sequence[bytes]]] = [
        (Kind.IMAGE, (workspace, picture)),
        (Kind.IMAGE, (picture, workspace)),
        (Kind.THREAD, (derived_id(Kind.IMAGE, workspace, picture),)),
        (Kind.SETTINGS, (workspace,)),
        (Kind.SETTINGS, (b"",)),
        (Kind.SETTINGS, ()),
    ]
    documents = [
        {
            "name": f"document of kind {int(kind)} from {len(parts)} parts",
            "kind": int(kind),
            "parts": [part.hex() for part in parts],
            "document": derived_id(kind, *parts).hex(),
        }
        for kind, parts in derived
    ]
    runs = [(filled(32, 1), filled(16, 2), filled(16, 3)), (bytes(32), bytes(16), bytes(16))]
    actors = [
        {
            "name": "actor of a run",
            "device": device.hex(),
            "incarnation": incarnation.hex(),
            "run": run.hex(),
            "actor": actor_of(device, incarnation, run).hex(),
        }
        for device, incarnation, run in runs
    ]
    versions = [
        {"name": "version that a restore adds", "parent": parent, "restored": old, "version": restored_id(parent, old)}
        for parent, old in (("5f" * 32, picture.hex()), (picture.hex(), "5f" * 32), ("", ""))
    ]
    actions = [
        {
            "name": "action after a turn",
            "action": action.hex(),
            "turn": turn.hex(),
            "after": action_after(action, turn).hex(),
        }
        for action, turn in ((filled(16, 4), filled(16, 5)), (filled(16, 5), filled(16, 4)))
    ]
    return [*documents, *actors, *versions, *actions]


def genesis_cases() -> list[dict[str, Any]]:
    return [
        {
            "name": kind.name.lower(),
            "kind": int(kind),
            "genesis": GENESIS[kind].hex(),
            "head": GENESIS_HEAD[kind].hex(),
            "objects": [{"object": name, "is": "text" if text else "map"} for name, text in genesis_objects(kind)],
        }
        for kind in Kind
    ]


def digest_cases() -> list[dict[str, Any]]:
    """Computed here from the words of docs/format.md, not by the code under test."""
    ids = [bytes([1, 7]) + filled(14, 0), bytes([1, 7]) + filled(14, 9), bytes([3, 255]) + filled(14, 5)]
    heads = [[filled(32, 60)], [filled(32, 90), filled(32, 20)], [filled(32, 200), filled(32, 201), filled(32, 2)]]
    membership = [filled(32, 77), filled(32, 33)]
    cases = []
    for name, count, members in (("nothing", 0, []), ("one document", 1, membership[:1]), ("three", 3, membership)):
        documents = list(zip(ids, heads, strict=True))[:count]
        lines: dict[int, list[str]] = {}
        for document, tips in documents:
            text = f"{document.hex()} {','.join(sorted(tip.hex() for tip in tips))}\n"
            lines.setdefault(document[1], []).append(text)
        shards = [hashlib.sha256("".join(sorted(lines.get(shard, []))).encode()).digest() for shard in range(256)]
        whole = hashlib.sha256(b"".join(shards) + b"".join(sorted(members))).hexdigest()
        cases.append(
            {
                "name": name,
                "documents": [{"id": d.hex(), "heads": [tip.hex() for tip in tips]} for d, tips in documents],
                "membership": [head.hex() for head in members],
                "shards": {str(shard): shards[shard].hex() for shard in sorted(lines)},
                "digest": whole,
            }
        )
    return cases


def applying_cases() -> list[dict[str, Any]]:
    alice = Document.new(Kind.IMAGE)
    first = alice.edit(
        ALICE, lambda d: (d.put_entry("tags", "cat", True), d.agree("rating", 3), d.write_text("note", "a 貓"))
    )
    assert first is not None
    bob = Document.load(Kind.IMAGE, alice.save())
    second = alice.edit(
        ALICE, lambda d: (d.agree("rating", 4), d.write_text("note", "a big 貓"), d.put("prompt", "fox"))
    )
    other = bob.edit(
        BOB, lambda d: (d.agree("rating", 5), d.drop_entry("tags", "cat"), d.write_text("note", "a 貓 😀"))
    )
    assert second is not None and other is not None
    bob.apply([second])
    carol = bob.edit(CAROL, lambda d: (d.agree("rating", 2), d.put_entry("tags", "cat", True)))
    assert carol is not None
    opened = bob.edit(CAROL, lambda d: d.reopen("rating", {ALICE.hex(): 4, BOB.hex(): 5}))
    assert opened is not None
    thread = Document.new(Kind.THREAD)
    comment = thread.edit(
        ALICE, lambda d: (d.put_absent("subject", "01" * 16), d.put_entry("comments", "c1/text", "好"))
    )
    assert comment is not None
    cases = [
        ("nothing but the genesis", Kind.IMAGE, []),
        ("one change", Kind.IMAGE, [first]),
        ("concurrent rating, tag and note", Kind.IMAGE, [first, second, other]),
        ("conflict resolved by one write, tag added again", Kind.IMAGE, [first, second, other, carol]),
        ("a change without what it builds on waits", Kind.IMAGE, [first, carol]),
        ("the second of an actor without its first waits", Kind.IMAGE, [second]),
        ("a comment", Kind.THREAD, [comment]),
        ("a settled conflict is open again", Kind.IMAGE, [first, second, other, carol, opened]),
    ]
    return [_applied(*case) for case in cases]


def _applied(name: str, kind: Kind, changes: Sequence[bytes]) -> dict[str, Any]:
    document = Document.new(kind)
    waiting: tuple[bytes, ...] = ()
    try:
        document.apply(changes)
    except DependencyMissing as missing:
        waiting = missing.waiting
    return {
        "name": name,
        "kind": int(kind),
        "changes": [change.hex() for change in changes],
        "hashes": [read_header(change).hash.hex() for change in changes],
        "heads": [head.hex() for head in document.heads()],
        "waiting": [change.hex() for change in waiting],
        "values": {field: value for field, value in document.read().items() if value not in ({}, "")},
    }


def main() -> None:
    """Writes every file of vectors."""
    files = {
        "ids": id_cases(),
        "genesis": genesis_cases(),
        "digests": digest_cases(),
        "applying": applying_cases(),
        "changes": change_cases(),
        "segments": segment_cases(),
        "operations": operation_cases(),
        "decisions": decision_cases(),
        "verdicts": verdict_cases(),
        "wrapping": wrapping_cases(),
    }
    for name, cases in files.items():
        text = json.dumps(cases, ensure_ascii=False, indent=1)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
