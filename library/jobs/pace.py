"""How long pictures take, from the latest that were made."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from library.jobs.rows import attempts_of, each_job
from store.database import Connection
from store.errors import StoreDamaged

MINUTE = 60_000
LOOKED_AT = 200  # jobs that ended last
Maker = tuple[str, str]  # provider and model


class Pace(NamedTuple):
    """Milliseconds of one picture, from its claim to its place in the library: the quickest and the slowest."""

    least: int
    most: int


def paces(connection: Connection) -> dict[Maker, Pace]:
    """Of whoever made some of the latest pictures."""
    took: dict[Maker, list[int]] = defaultdict(list)
    latest = "ended_at IS NOT NULL ORDER BY ended_at DESC, id LIMIT ?"
    for job in each_job(connection, latest, (LOOKED_AT,), lambda id: None):
        with contextlib.suppress(StoreDamaged):
            attempts = attempts_of(connection, job.id) if job.state == "done" else []
            if attempts and (last := attempts[-1]).ended_at is not None:
                took[job.provider, job.request.model].append(max(0, last.ended_at - last.begun_at))
    return {maker: Pace(min(each), max(each)) for maker, each in took.items()}


class Room(NamedTuple):
    """How many requests a provider takes: in flight, and within a minute; 0: as many as there are."""

    at_once: int = 1
    per_minute: int = 0


def duration(count: Mapping[Maker, int], known: Mapping[Maker, Pace], rooms: Mapping[str, Room]) -> Pace | None:
    """Of so many pictures of each: a provider makes some at once and begins so many within a minute, and providers work
    beside each other. None where one of them has made none lately.
    """
    if not count or not all(maker in known for maker in count):
        return None
    sums: dict[str, tuple[int, int]] = {}
    for maker, number in count.items():
        rounds, (least, most) = -(-number // max(1, _room(rooms, maker).at_once)), sums.get(maker[0], (0, 0))
        sums[maker[0]] = (least + rounds * known[maker].least, most + rounds * known[maker].most)
    for maker in count:
        if per_minute := _room(rooms, maker).per_minute:
            number = sum(many for other, many in count.items() if other[0] == maker[0])
            waits = (number - 1) // per_minute * MINUTE  # until the last ones may begin
            least, most = sums[maker[0]]
            sums[maker[0]] = (max(least, waits + known[maker].least), max(most, waits + known[maker].most))
    return Pace(max(least for least, _ in sums.values()), max(most for _, most in sums.values()))


def _room(rooms: Mapping[str, Room], maker: Maker) -> Room:
    return rooms.get(maker[0], Room())
