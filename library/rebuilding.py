"""Every view computed again from the segments: the same steps that receiving takes, over all that is held."""

from __future__ import annotations

from collections.abc import Iterator

from documents.segment import Segment, decode
from library.holding import Holding
from library.log import record_actions
from library.rights import Rights
from library.schema import VIEW_TABLES, VIEWS
from library.settling import Settling
from library.tasks import Progress
from library.workspace import Workspace
from store.database import Connection

ROUND = 200  # segments settled together


def rebuild_views(connection: Connection, workspace: Workspace, progress: Progress) -> None:
    """Drop every view and compute it from the held segments, in the order they were held."""
    for table in VIEW_TABLES:
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    for statement in VIEWS:
        connection.execute(statement)
    (total,) = connection.execute("SELECT count(*) FROM segment WHERE state=1").fetchone()
    Holding(connection, workspace.log, workspace.members.operations).note_waiting()
    settling = Settling(connection, workspace.shelf, Rights(connection, workspace.members.rule))
    done = 0
    for held in _rounds(connection):
        record_actions(connection, [segment for _, segment in held])
        settling.take(held)
        done += len(held)
        progress(done, total, None)


def _rounds(connection: Connection) -> Iterator[list[tuple[int, Segment]]]:
    last = 0
    while rows := connection.execute(
        "SELECT id, raw FROM segment WHERE state=1 AND id>? ORDER BY id LIMIT ?", (last, ROUND)
    ).fetchall():
        yield [(row, decode(raw)) for row, raw in rows]
        last = rows[-1][0]
