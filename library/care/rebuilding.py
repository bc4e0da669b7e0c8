"""Every view computed again from the segments: the same steps that receiving takes, over all that is held."""

from __future__ import annotations

from collections.abc import Iterator

from documents.errors import SegmentRefused
from documents.segment import Segment, decode
from library.errors import LogDamaged
from library.pipeline import grouped
from library.replica.holding import note_waiting
from library.replica.log import read_meta
from library.replica.members import Members
from library.replica.rights import Rights
from library.replica.settling import Settling
from library.replica.shelf import Shelf
from library.schema import VIEW_TABLES, VIEWS
from library.tasks import Progress, no_progress
from store.database import Connection

ROUND, ROUND_BYTES = 200, 1 << 20  # the most segments settled together, and about how many bytes


def rebuilt(connection: Connection, progress: Progress = no_progress) -> None:
    """`rebuild_views` with nothing loaded before: what `verify` compares with."""
    rebuild_views(connection, Shelf(), progress)


def rebuild_views(connection: Connection, shelf: Shelf, progress: Progress) -> None:
    """Drop every view and compute it from the held segments, in the order they were held."""
    for table in VIEW_TABLES:
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    for statement in VIEWS:
        connection.execute(statement)
    (total,) = connection.execute("SELECT count(*) FROM segment WHERE state=1").fetchone()
    members = Members(read_meta(connection, "workspace") or b"")
    members.load(connection)
    note_waiting(connection, members.operations)
    settling = Settling(connection, shelf, Rights(connection, members.rule))
    done = 0
    for held in _rounds(connection):
        settling.take(held)
        done += len(held)
        progress(done, total, None)


def _rounds(connection: Connection) -> Iterator[list[tuple[int, Segment]]]:
    last = 0
    while rows := connection.execute(
        "SELECT id, hash, raw FROM segment WHERE state=1 AND id>? ORDER BY id LIMIT ?", (last, ROUND)
    ).fetchall():
        for cut in grouped([len(raw) for *_, raw in rows], ROUND, ROUND_BYTES):
            yield [(row, _whole(hash, raw)) for row, hash, raw in rows[cut.start : cut.stop]]
        last = rows[-1][0]


def _whole(hash: bytes, raw: bytes) -> Segment:
    """LogDamaged unless the bytes are those that came in: its views would be worse than those there are."""
    try:
        segment = decode(raw)
    except SegmentRefused as error:
        raise LogDamaged from error
    if segment.hash != hash:
        raise LogDamaged
    return segment
