"""What this device would give another one now: read, and nothing is changed here or there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from documents.segment import Tip
from library.copies import journal
from library.copies.holders import Presence
from library.replica.offering import MOST_BYTES, lacking, segments_of
from library.workspace import Workspace
from store.database import Connection

MOST_OPERATIONS = 1 << 20  # bytes of membership operations in one offer
MOST_BLOBS = 50_000  # told of in one offer


class Question(NamedTuple):
    """What the one who asks holds: heads of the membership log, tips, and how far it knows the other's journal."""

    heads: list[bytes]
    tips: list[Tip]
    journal: bytes
    stamp: int


class Offered(NamedTuple):
    """What a device holds, and what of it the one who asks would be given, causes before effects. `more`: that is the
    beginning of it.
    """

    heads: list[bytes]
    tips: list[Tip]
    operations: list[bytes]
    segments: list[bytes]
    journal: bytes
    presence: Presence
    more: bool


class Owed(NamedTuple):
    """How much a device lacks of what is here: segments and their bytes."""

    segments: int
    bytes: int


async def answer(workspace: Workspace, question: Question) -> Offered:
    """What who asks would be given: up to 4 MiB of segments, and the beginning of all else where that is much."""
    found = await lacking(workspace, question.heads, question.tips)
    segments = await segments_of(workspace, found.rows, MOST_BYTES)
    operations, size = list[bytes](), 0
    for raw in found.operations:
        size += len(raw)
        if size > MOST_OPERATIONS:
            break
        operations.append(raw)
    incarnation = workspace.log.position.incarnation

    def work(connection: Connection) -> tuple[bytes, Presence]:
        name = journal.name_of(connection, incarnation)
        stamp = question.stamp if question.journal == name else 0
        return name, journal.since(connection, stamp, MOST_BLOBS) or Presence(stamp, [], [], False)

    name, presence = await workspace.database.read(work)
    more = len(segments) < len(found.rows) or len(operations) < len(found.operations) or presence.more
    heads, tips = list(workspace.members.durable.heads), sorted(workspace.log.durable.tips)
    return Offered(heads, tips, operations, segments, name, presence, more)


async def owed(workspace: Workspace, heads: Sequence[bytes], tips: Sequence[Tip]) -> Owed:
    """What a device with these heads and tips would be given from here."""
    found = await lacking(workspace, heads, tips)

    def work(connection: Connection) -> int:
        query = "SELECT length(raw) FROM segment WHERE id=?"
        return sum(connection.execute(query, (row,)).fetchone()[0] for row in found.rows)

    return Owed(len(found.rows), await workspace.database.read(work))
