"""How long an order takes, from how long others took."""

from __future__ import annotations

import pytest

from library.jobs.pace import Maker, Pace, duration

OIL, INK, PEN = ("painter", "oil"), ("painter", "ink"), ("writer", "pen")
KNOWN = {OIL: Pace(1000, 3000), INK: Pace(500, 500), PEN: Pace(10_000, 20_000)}
AT_ONCE = {"painter": 4, "writer": 1}


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
    assert duration(count, KNOWN, AT_ONCE) == found
