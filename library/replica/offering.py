"""What this device can give a peer: the segments and operations that the peer's vector says it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from documents.delivery import needs
from documents.segment import Tip
from identity.lineage import ancestors
from identity.operations import decode_operation
from library.workspace import Workspace
from store.database import Connection

MOST_BYTES = 4 << 20  # of segments in one offer


class Offer(NamedTuple):
    """Segments, causes before effects, and all membership operations. `more`: ask again when these have come."""

    segments: list[bytes]
    operations: list[bytes]
    more: bool


class Row(NamedTuple):
    """A held segment as its place in the chain needs it."""

    device: bytes
    incarnation: bytes
    seq: int
    prev: bytes
    hash: bytes
    id: int


LINK = "SELECT device, incarnation, seq, prev, hash, id FROM segment"
TIPS = (
    "SELECT incarnation, seq, hash FROM segment AS s WHERE state=1"
    " AND NOT EXISTS (SELECT 1 FROM segment AS n WHERE n.incarnation=s.incarnation AND n.seq=s.seq+1 AND n.prev=s.hash"
    " AND n.state=1) ORDER BY incarnation, seq, hash"
)


async def vector(workspace: Workspace) -> list[Tip]:
    """The tips held here, as they are stored: what a peer is asked with."""
    return await workspace.database.read(read_vector)


def read_vector(connection: Connection) -> list[Tip]:
    return [Tip(incarnation, seq, hash[:8]) for incarnation, seq, hash in connection.execute(TIPS)]


class Lacking(NamedTuple):
    """What a peer lacked at one moment: operations, and the rows of segments in the order of sending. Rows after `upto`
    are newer than this answer.
    """

    operations: list[bytes]
    rows: list[int]
    upto: int


async def lacking(workspace: Workspace, heads: Iterable[bytes], tips: Iterable[Tip]) -> Lacking:
    """What a peer with these heads of the membership log and these tips lacks."""

    upto = await workspace.database.read(last_row)
    ours = workspace.log.durable.tips.keys()  # not older than `upto`: nothing up to there is left out

    def work(connection: Connection) -> Lacking:
        raws = [raw for (raw,) in connection.execute("SELECT raw FROM operation WHERE state=1 ORDER BY hash")]
        known = {each.hash: each for each in map(decode_operation, raws)}
        before = ancestors(known, heads)
        rows = [row.id for row in _missing(connection, tips, ours) if row.id <= upto]
        return Lacking([each.raw for hash, each in known.items() if hash not in before], rows, upto)

    return await workspace.database.read(work)


def last_row(connection: Connection) -> int:
    """The newest segment's."""
    (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM segment").fetchone()
    return int(last)


async def newer(workspace: Workspace, after: int) -> tuple[list[tuple[int, bytes]], int]:
    """Rows and hashes of the segments that came to be held after a row, and the last row there is."""

    def work(connection: Connection) -> tuple[list[tuple[int, bytes]], int]:
        upto = last_row(connection)
        found = connection.execute(
            "SELECT id, hash FROM segment WHERE id>? AND id<=? AND state=1 ORDER BY id", (after, upto)
        )
        return found.fetchall(), upto

    return await workspace.database.read(work)


async def segments_of(workspace: Workspace, rows: Sequence[int], most: int) -> list[bytes]:
    """The bytes of the first of these rows, as many as have up to `most` bytes, at least one."""

    def work(connection: Connection) -> list[bytes]:
        found: list[bytes] = []
        size = 0
        for row in rows:
            (raw,) = connection.execute("SELECT raw FROM segment WHERE id=?", (row,)).fetchone()
            size += len(raw)
            if found and size > most:
                break
            found.append(raw)
        return found

    return await workspace.database.read(work)


async def offer(workspace: Workspace, theirs: Iterable[Tip], most: int = MOST_BYTES) -> Offer:
    """What a peer with this vector lacks, up to `most` bytes of segments, at least one."""
    return await workspace.database.read(lambda connection: _offer(connection, theirs, most))


def _missing(connection: Connection, theirs: Iterable[Tip], ours: Iterable[Tip]) -> list[Row]:
    """Segments that a peer with these tips lacks. Rows are numbered as they came to be held: causes before effects."""

    def find(tip: Tip) -> Row | None:
        rows = connection.execute(f"{LINK} WHERE incarnation=? AND seq=? AND state=1 ORDER BY hash", tip[:2])
        return next((row for row in map(Row._make, rows) if row.hash[:8] == tip.hash8), None)

    def held(hash: bytes) -> Row | None:
        row = connection.execute(f"{LINK} WHERE hash=? AND state=1", (hash,)).fetchone()
        return None if row is None else Row(*row)

    found = [link for link in needs(theirs, ours, find, held) if isinstance(link, Row)]
    return sorted(found, key=lambda row: row.id)


def _offer(connection: Connection, theirs: Iterable[Tip], most: int) -> Offer:
    lacking = _missing(connection, theirs, read_vector(connection))
    segments: list[bytes] = []
    size = 0
    for row in lacking:
        (raw,) = connection.execute("SELECT raw FROM segment WHERE id=?", (row.id,)).fetchone()
        size += len(raw)
        if segments and size > most:
            break
        segments.append(raw)
    operations = [raw for (raw,) in connection.execute("SELECT raw FROM operation ORDER BY hash")]
    return Offer(segments, operations, len(segments) < len(lacking))
