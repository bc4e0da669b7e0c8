"""Pages of the queue. A page goes on behind the last job of the one before, wherever the jobs before it are by then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from library.errors import NoCursor
from library.jobs.models import OPEN, BatchId, Job, JobState
from library.jobs.rows import each_job
from store.database import Connection

IN_ORDER = "priority DESC, place, id"
# What runs stands first, then what needs a decision, then the queue.
RANKS: dict[JobState, int] = {"running": 0, "unknown": 1}
LAST = len(RANKS)
_WHEN = " ".join(f"WHEN '{state}' THEN {rank}" for state, rank in RANKS.items())
_RANK = f"CASE state {_WHEN} ELSE {LAST} END"
_RUNNING = f"{_RANK}, {IN_ORDER}", f"({_RANK}, -priority, place, id) > (?, ?, ?, ?)"
_ENDED = "ended_at DESC, id", "(-ended_at, id) > (?, ?)"


class Page(NamedTuple):
    """Jobs in a row, and where the list goes on."""

    jobs: list[Job]
    next: str | None


class Begun(NamedTuple):
    """What was asked for together, in short. `prompt`: of its first job · `counts`: its jobs by state."""

    batch: BatchId
    time: int
    prompt: str
    counts: dict[JobState, int]


def counts_of(connection: Connection, batches: Sequence[BatchId]) -> dict[BatchId, dict[JobState, int]]:
    """How many jobs of each batch are in which state."""
    found: dict[BatchId, dict[JobState, int]] = {id: {} for id in batches}
    some = f"SELECT batch, state, count(*) FROM job WHERE batch IN ({', '.join('?' * len(batches))}) GROUP BY 1, 2"
    for id, state, count in connection.execute(some, list(batches)):
        found[id][state] = count
    return found


def latest_of(connection: Connection, limit: int, after: str | None) -> tuple[list[Begun], str | None]:
    """Batches, the latest first, and where the list goes on."""
    behind, values = ("", list[object]()) if after is None else ("WHERE (-time, id) > (?, ?)", _read(after, 1))
    some = f"SELECT id, time FROM batch {behind} ORDER BY time DESC, id LIMIT ?"
    rows = [(BatchId(id), int(time)) for id, time in connection.execute(some, (*values, limit + 1))]
    counts = counts_of(connection, [id for id, _ in rows[:limit]])
    found = [Begun(id, time, _first_prompt(connection, id), counts[id]) for id, time in rows[:limit]]
    last = found[-1] if len(rows) > limit else None
    return found, None if last is None else f"{-last.time}_{last.batch.hex()}"


def _first_prompt(connection: Connection, batch: BatchId) -> str:
    some = each_job(connection, "batch=? ORDER BY number", (batch,), lambda id: None)
    return next((job.request.prompt for job in some), "")


def page_of(
    connection: Connection, states: Sequence[JobState], limit: int, after: str | None, batch: BatchId | None = None
) -> Page:
    """Open jobs in the order in which they run, or, of states that have ended only, the latest first; of one batch, or
    of all. One whose row cannot be read is left out.
    """
    running = any(state in OPEN for state in states)
    order, behind = _RUNNING if running else _ENDED
    where, values = f"state IN ({', '.join('?' * len(states))})", list[object](states)
    if batch is not None:
        where += " AND batch=?"
        values.append(batch)
    if after is not None:
        where += f" AND {behind}"
        values += _read(after, 3 if running else 1)
    damaged = list[bytes]()
    found = list(each_job(connection, f"{where} ORDER BY {order} LIMIT ?", (*values, limit + 1), damaged.append))
    jobs = found[:limit]
    goes_on = jobs and len(found) + len(damaged) > limit
    return Page(jobs, _written(jobs[-1], running) if goes_on else None)


def _written(job: Job, running: bool) -> str:
    """The opaque text of where a page ends: numbers, then the id."""
    numbers = (RANKS.get(job.state, LAST), -job.priority, job.place) if running else (-(job.ended_at or 0),)
    return "_".join((*map(str, numbers), job.id.hex()))


def _read(cursor: str, count: int) -> list[object]:
    *numbers, id = cursor.split("_")
    try:
        read = [int(number) for number in numbers]
        last = bytes.fromhex(id)
    except ValueError as error:
        raise NoCursor from error
    if len(read) != count:
        raise NoCursor("of another order")
    if any(abs(number) >= 1 << 62 for number in read):
        raise NoCursor("out of range")
    return [*read, last]
