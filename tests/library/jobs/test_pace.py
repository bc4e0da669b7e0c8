"""How long an order takes, from how long others took."""

from __future__ import annotations

import pytest

from library.jobs.pace import Maker, Pace, Room, duration

OIL, INK, PEN = ("painter", "oil"), ("painter", "ink"), ("writer", "pen")
KNOWN = {OIL: Pace(1000, 3000), INK: Pace(500, 500), PEN: Pace(10_000, 20_000)}
ROOMS = {"painter": Room(4), "writer": Room(1)}


@pytest.mark.parametrize(
    ("count", "found"),
    [
        ({OIL: 1}, Pace(1000, 3000)),
        ({OIL: 4}, Pace(1000, 3000)),
        ({OIL: 5}, Pace(2000, 6000)),
        ({OIL: 4, INK: 8}, Pace(2000, 4000)),  # one after the other: they share their provider
        ({OIL: 4, PEN: 2}, Pace(20_000, 40_000)),  # beside each other: the slower counts
        ({}, None),
        ({OIL: 1, ("painter", "new"): 1}, None),  # what was never made is not guessed
        ({("gone", "oil"): 3}, None),
    ],
)
def test_rounds_of_a_provider_add_up_and_providers_work_beside_each_other(
    count: dict[Maker, int], found: Pace | None
) -> None:
    assert duration(count, KNOWN, ROOMS) == found


@pytest.mark.parametrize(
    ("count", "found"),
    [
        ({OIL: 3}, Pace(1000, 3000)),
        ({OIL: 4}, Pace(61_000, 63_000)),  # the fourth begins a minute later
        ({OIL: 2, INK: 2}, Pace(61_000, 63_000)),  # they share their provider's minute
        ({PEN: 30}, Pace(300_000, 600_000)),  # each of them takes longer than it has to wait
    ],
)
def test_so_many_within_a_minute_take_as_many_minutes(count: dict[Maker, int], found: Pace) -> None:
    assert duration(count, KNOWN, {"painter": Room(4, 3), "writer": Room(1, 60)}) == found
