"""Segments of others: authentic ones wait until their causes are held, are held, judged and applied.

Order, repeats and delays do not matter. Nothing is ever dropped that is authentic and of this workspace; what cannot be
held yet waits as rows, what may not be applied stays in quarantine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from documents.delivery import missing
from documents.errors import SegmentRefused
from documents.segment import OperationEntry, Segment, decode, signed_part
from library.log import HELD, WAITING, insert_segment
from library.members import Verify
from library.settling import record_changes, settle
from library.workspace import Workspace, translated
from store.database import Connection
from store.errors import StoreError


class Received(NamedTuple):
    """How many came to be held, how many wait in all, which were refused and why, and the documents that changed."""

    held: int
    waiting: int
    refused: list[tuple[int, str]]
    changed: list[bytes]


async def receive(
    workspace: Workspace, raws: Sequence[bytes], verify: Verify, operations: Sequence[bytes] = ()
) -> Received:
    """Take in segments and membership operations, in any order, as one durable commit."""
    segments: dict[bytes, Segment] = {}
    refused: list[tuple[int, str]] = []
    for index, raw in enumerate(raws):
        try:
            segment = read_segment(raw, workspace.id, verify)
        except SegmentRefused as error:
            refused.append((index, str(error)))
        else:
            segments[segment.hash] = segment

    def work(connection: Connection) -> Received:
        carried = [e.raw for s in segments.values() for e in s.entries if isinstance(e, OperationEntry)]
        new_rights = workspace.members.take(connection, [*operations, *carried], verify)
        for segment in segments.values():
            if connection.execute("SELECT 1 FROM segment WHERE hash=?", (segment.hash,)).fetchone() is None:
                insert_segment(connection, segment, WAITING)
        held = _drain(connection, workspace)
        changed = settle(connection, workspace.members, workspace.shelf, workspace.id) if held or new_rights else []
        (waiting,) = connection.execute("SELECT count(*) FROM segment WHERE state=?", (WAITING,)).fetchone()
        return Received(held, waiting, refused, changed)

    try:
        received = await workspace.database.write(work)
    except BaseException as error:
        workspace.log.roll_back()
        workspace.shelf.forget()
        await workspace.database.read(workspace.members.load)
        if isinstance(error, StoreError):
            raise translated(error) from error
        raise
    workspace.log.commit()
    return received


def read_segment(raw: bytes, workspace: bytes, verify: Verify) -> Segment:
    """An authentic segment of this workspace; SegmentRefused for anything else."""
    segment = decode(raw)
    if segment.workspace != workspace:
        raise SegmentRefused("foreign", "of another workspace")
    if not verify(segment.device, signed_part(raw), raw[-64:]):
        raise SegmentRefused("signature", "not signed by its device")
    return segment


def _drain(connection: Connection, workspace: Workspace) -> int:
    """Hold every waiting segment whose causes are held, until none is left that can be."""
    rows = connection.execute("SELECT raw FROM segment WHERE state=? ORDER BY clock, hash", (WAITING,)).fetchall()
    waiting = [decode(raw) for (raw,) in rows]
    held = 0
    while True:
        left = []
        for segment in waiting:
            if _missing(connection, workspace, segment):
                left.append(segment)
            else:
                _hold(connection, workspace, segment)
                held += 1
        if len(left) == len(waiting):
            return held
        waiting = left


def _missing(connection: Connection, workspace: Workspace, segment: Segment) -> bool:
    def held(hash: bytes) -> Segment | None:
        row = connection.execute("SELECT raw FROM segment WHERE hash=? AND state=?", (hash, HELD)).fetchone()
        return None if row is None else decode(row[0])

    known = workspace.members.operations
    return bool(missing(segment, held, lambda tip: workspace.log.knows(connection, tip), lambda h: h in known))


def _hold(connection: Connection, workspace: Workspace, segment: Segment) -> None:
    """Rows are numbered in the order of holding, causes before effects: a waiting one gets its number now."""
    connection.execute("DELETE FROM segment WHERE hash=?", (segment.hash,))
    row = workspace.log.store(connection, segment)
    record_changes(connection, row, segment)
    workspace.log.notice(connection, segment, workspace.surroundings.random)
