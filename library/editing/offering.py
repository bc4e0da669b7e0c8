"""What this device can give a peer: the segments and operations that the peer's vector says it lacks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from documents.delivery import needs
from documents.segment import Tip
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


async def offer(workspace: Workspace, theirs: Iterable[Tip], most: int = MOST_BYTES) -> Offer:
    """What a peer with this vector lacks, up to `most` bytes of segments, at least one."""
    return await workspace.database.read(lambda connection: _offer(connection, theirs, most))


def _offer(connection: Connection, theirs: Iterable[Tip], most: int) -> Offer:
    def find(tip: Tip) -> Row | None:
        rows = connection.execute(f"{LINK} WHERE incarnation=? AND seq=? AND state=1 ORDER BY hash", tip[:2])
        return next((row for row in map(Row._make, rows) if row.hash[:8] == tip.hash8), None)

    def held(hash: bytes) -> Row | None:
        row = connection.execute(f"{LINK} WHERE hash=? AND state=1", (hash,)).fetchone()
        return None if row is None else Row(*row)

    lacking = [link for link in needs(theirs, read_vector(connection), find, held) if isinstance(link, Row)]
    # Rows are numbered as they came to be held: causes before effects, over all chains.
    lacking.sort(key=lambda row: row.id)
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
