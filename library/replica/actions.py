"""What each action is said to be: a row, kept up to date as segments come to be held and verdicts turn.

An action may have many segments, and whoever writes may put any id into one. Of those that carry it the first by rank,
clock and hash gives the words, so that who may not write says nothing of what others did (docs/format.md, *Actions*).
All of it runs inside a database transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from documents.change import ChangeHeader
from documents.kinds import Kind
from documents.segment import ChangeEntry, Segment, decode
from library.replica.applying import add_changes
from library.replica.log import APPLIED, HELD
from store.database import Connection

# Ranks of a segment: a change of it counts, of more than a thread, which reviewers write too; one of a thread does; it
# has none, and is of who may write or carries an operation that counts; nothing that it carries counts.
WRITES, COMMENTS, SILENT, UNHEARD = range(4)

Heard = Callable[[Segment], bool]  # of a segment without changes: whether it did anything (Rights.heard)
_as_json = msgspec.json.Encoder(order="deterministic").encode
_FIRST = ("rank", "clock", "hash", "time", "device", "intent", "params", "undoes")
_INSERT = (
    "INSERT INTO action(id, rank, clock, hash, time, device, intent, params, changes, undoes)"
    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET "
)
_ADD = f"{_INSERT}changes = changes + excluded.changes, " + ", ".join(
    f"{name} = CASE WHEN (excluded.rank, excluded.clock, excluded.hash) < (rank, clock, hash)"
    f" THEN excluded.{name} ELSE {name} END"
    for name in _FIRST
)
_REPLACE = _INSERT + ", ".join(f"{name} = excluded.{name}" for name in (*_FIRST, "changes"))
# The changes of some segments that are not in quarantine, each once for a segment whichever of several brought it: how
# many, and whether all are of threads.
_COUNTING = (
    f"SELECT segment, count(*), min(substr(document, 1, 1) = x'{Kind.THREAD:02x}')"
    " FROM (SELECT segment, document, hash FROM change WHERE {of} AND state <> 0"
    " UNION SELECT a.segment, a.document, a.hash FROM again AS a JOIN change AS c"
    " ON c.document = a.document AND c.hash = a.hash WHERE a.{of} AND c.state <> 0) GROUP BY segment"
)


def record_own(
    connection: Connection,
    row: int,
    segment: Segment,
    headers: Iterable[tuple[ChangeEntry, int, ChangeHeader]],
    heard: Heard,
) -> None:
    """What this device wrote itself: the changes of an own segment (entry, position, header), which are applied."""
    add_changes(
        connection,
        [(entry.document, header, row, position, True, APPLIED) for entry, position, header in headers],
    )
    record_actions(connection, [(row, segment)], heard)


def record_actions(connection: Connection, held: Sequence[tuple[int, Segment]], heard: Heard) -> None:
    """Add newly held segments, whose changes were settled, to the rows of their actions."""
    if not held:
        return
    first, last = held[0][0], max(row for row, _ in held)
    counting = _count(connection, "segment BETWEEN ? AND ?", (first, last))
    rows = []
    for row, segment in held:
        if segment.understood:
            some = counting.get(row)
            silent = not any(type(entry) is ChangeEntry for entry in segment.entries) and heard(segment)
            rows.append(_row(segment, _rank(some, silent), some.changes if some else 0))
    connection.executemany(_ADD, rows)


def rank_silent_again(connection: Connection, heard: Heard) -> None:
    """Write the rows of all actions anew of which no change counts: what operations come to may be another now."""
    for (action,) in connection.execute("SELECT id FROM action WHERE rank >= ? ORDER BY row", (SILENT,)).fetchall():
        _write_anew(connection, action, heard)


def rank_again(connection: Connection, turned: Collection[tuple[bytes, bytes]], before: int, heard: Heard) -> None:
    """Write the rows of actions anew that have a change (document, hash) of which the verdict turned, in a segment that
    was held before the row `before`.
    """
    actions: set[bytes] = set()
    for document, hash in turned:
        actions.update(
            action
            for (action,) in connection.execute(
                "SELECT s.action FROM segment AS s WHERE s.id < ? AND s.id IN"
                " (SELECT segment FROM change WHERE document=? AND hash=?"
                " UNION SELECT segment FROM again WHERE document=? AND hash=?)",
                (before, document, hash, document, hash),
            )
        )
    for action in sorted(actions):
        _write_anew(connection, action, heard)


def fill_ranks(connection: Connection, heard: Heard) -> None:
    """The ranks of an older library's actions: all have the first but those with a segment that does not count."""
    actions = connection.execute(
        "SELECT DISTINCT action FROM segment AS s WHERE state=1 AND (NOT EXISTS"
        " (SELECT 1 FROM change AS c WHERE c.segment = s.id AND c.state <> 0)"
        " OR EXISTS (SELECT 1 FROM change AS c WHERE c.segment = s.id AND (c.state = 0"
        f" OR substr(c.document, 1, 1) = x'{Kind.THREAD:02x}'))"
        " OR EXISTS (SELECT 1 FROM void AS v WHERE v.segment = s.id)"
        " OR EXISTS (SELECT 1 FROM again AS a WHERE a.segment = s.id))"
    ).fetchall()
    for (action,) in actions:
        _write_anew(connection, action, heard)


def _write_anew(connection: Connection, action: bytes, heard: Heard) -> None:
    """The row of one action from all its held segments."""
    of = "segment IN (SELECT id FROM segment WHERE action=? AND state=1)"
    counting = _count(connection, of, (action,))
    carrying = {
        row
        for (row,) in connection.execute(
            f"SELECT segment FROM change WHERE {of} UNION SELECT segment FROM again WHERE {of}"
            f" UNION SELECT segment FROM void WHERE {of}",
            (action, action, action),
        )
    }
    found = connection.execute("SELECT id, clock, hash FROM segment WHERE action=? AND state=?", (action, HELD))
    rows = found.fetchall()
    silent = {row for row, *_ in rows if row not in carrying and heard(_segment(connection, row))}
    ranked = sorted((_rank(counting.get(row), row in silent), clock, hash, row) for row, clock, hash in rows)
    for rank, _, _, row in ranked:
        segment = _segment(connection, row)
        if segment.understood:
            connection.execute(_REPLACE, _row(segment, rank, sum(each.changes for each in counting.values())))
            return


def _segment(connection: Connection, row: int) -> Segment:
    (raw,) = connection.execute("SELECT raw FROM segment WHERE id=?", (row,)).fetchone()
    return decode(raw)


class Counting(NamedTuple):
    """The changes of a segment that count, at least one."""

    changes: int
    of_threads: bool  # all of them


def _count(connection: Connection, of: str, which: tuple[Any, ...]) -> dict[int, Counting]:
    """Of the segments of which a condition holds those with changes that count, by their rows."""
    rows = connection.execute(_COUNTING.format(of=of), which * 2)
    return {row: Counting(changes, bool(threads)) for row, changes, threads in rows}


def _rank(counting: Counting | None, silent: bool) -> int:
    """`silent`: the segment has no changes, and is heard for all that."""
    if counting is not None:
        return COMMENTS if counting.of_threads else WRITES
    return SILENT if silent else UNHEARD


def _row(segment: Segment, rank: int, changes: int) -> tuple[Any, ...]:
    params: Mapping[str, Any] = segment.params
    return (
        segment.action,
        rank,
        segment.clock,
        segment.hash,
        segment.time,
        segment.device,
        segment.intent,
        _as_json(params).decode(),
        changes,
        _action_id(params.get("undoes")),
    )


def _action_id(text: object) -> bytes | None:
    """The action that an undo names; None for what is no id: parameters are a stranger's."""
    if not isinstance(text, str):
        return None
    try:
        return bytes.fromhex(text)
    except ValueError:
        return None
