"""Verdicts as rows: which changes of the held segments are applied, and the documents that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from documents.change import ChangeHeader, read_header
from documents.engine import Document
from documents.errors import ChangeVoid
from documents.kinds import Kind
from documents.segment import ChangeEntry, Segment, actor_of, decode
from library.log import APPLIED, OUT, QUARANTINED, VOID
from library.members import Members
from library.shelf import PROJECTIONS, Shelf, stale
from library.verdicts import ChangeFacts, SegmentFacts, Verdicts, judge
from store.database import Connection


def readable_changes(segment: Segment) -> list[tuple[int, ChangeEntry, ChangeHeader | None]]:
    """A segment's changes with their place and header; no header: the change is void for ever."""
    actor = actor_of(segment.device, segment.incarnation, segment.run)
    found: list[tuple[int, ChangeEntry, ChangeHeader | None]] = []
    for position, entry in enumerate(segment.entries):
        if isinstance(entry, ChangeEntry):
            found.append((position, entry, _header(entry.change, actor)))
    return found


def _header(change: bytes, actor: bytes) -> ChangeHeader | None:
    try:
        header = read_header(change)
    except ChangeVoid:
        return None
    return header if header.actor == actor else None


def record_changes(connection: Connection, row: int, segment: Segment) -> None:
    """Rows for the changes of a newly held segment, not applied yet. The same change twice keeps its first row."""
    connection.executemany(
        "INSERT OR IGNORE INTO change(document, hash, segment, position, author, seq, state)"
        " VALUES(?, ?, ?, ?, ?, ?, ?)",
        [
            (entry.document, header.hash, row, position, header.actor, header.seq, QUARANTINED)
            for position, entry, header in readable_changes(segment)
            if header is not None
        ],
    )


def settle(connection: Connection, members: Members, shelf: Shelf, workspace: bytes) -> list[bytes]:
    """Judge everything anew and bring the documents in line; returns those that changed."""
    verdicts = judge(workspace, members.operations.values(), facts_of(connection))
    changed: dict[bytes, bool] = {}  # document → whether something fell out of it
    updates = []
    for document, hash, state in connection.execute("SELECT document, hash, state FROM change").fetchall():
        now = _state(verdicts, document, hash)
        if now != state and state != VOID:
            updates.append((now, document, hash))
            changed[document] = changed.get(document, False) or state == APPLIED
    connection.executemany("UPDATE change SET state=? WHERE document=? AND hash=?", updates)
    for document in sorted(changed):
        remake(connection, shelf, document)
    stale(connection, changed)
    return sorted(changed)


def _state(verdicts: Verdicts, document: bytes, hash: bytes) -> int:
    ref = (document, hash)
    if ref in verdicts.applied:
        return APPLIED
    return OUT if ref in verdicts.accepted else QUARANTINED


def facts_of(connection: Connection) -> Mapping[bytes, SegmentFacts]:
    """What the verdicts need of every held segment."""
    facts = {}
    for (raw,) in connection.execute("SELECT raw FROM segment WHERE state=1 ORDER BY id"):
        segment = decode(raw)
        changes = tuple(
            ChangeFacts(entry.document, header.hash, header.deps, header.actor, header.seq, header.start, header.last)
            for _, entry, header in readable_changes(segment)
            if header is not None
        )
        facts[segment.hash] = SegmentFacts(
            segment.device, segment.incarnation, segment.seq, segment.prev, segment.auth, changes
        )
    return facts


def remake(connection: Connection, shelf: Shelf, id: bytes) -> None:
    """Make a document from its applied changes, and its rows."""
    shelf.forget([id])
    document = Document.new(Kind(id[0]))
    changes = list(applied_changes(connection, id))
    if changes:
        document.apply(changes)
    shelf.put_back(connection, id, document)
    if not changes and (project := PROJECTIONS.get(Kind(id[0]))) is not None:
        project(connection, id, document.read())


def applied_changes(connection: Connection, id: bytes) -> Iterable[bytes]:
    read = lru_cache(maxsize=8)(decode)
    for raw, position in connection.execute(
        "SELECT s.raw, c.position FROM change AS c JOIN segment AS s ON s.id = c.segment"
        " WHERE c.document=? AND c.state=? ORDER BY c.segment, c.position",
        (id, APPLIED),
    ):
        entry = read(raw).entries[position]
        assert isinstance(entry, ChangeEntry)
        yield entry.change
