"""Pages of the queue. A page goes on behind the last job of the one before, wherever the jobs before it are by then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from library.errors import NoCursor
from library.jobs.models import OPEN, Job, JobState
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


def page_of(connection: Connection, states: Sequence[JobState], limit: int, after: str | None) -> Page:
    """Open jobs in the order in which they run, or, of states that have ended only, the latest first. One whose row
    cannot be read is left out.
    """
    running = any(state in OPEN for state in states)
    order, behind = _RUNNING if running else _ENDED
    where, values = f"state IN ({', '.join('?' * len(states))})", list[object](states)
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
