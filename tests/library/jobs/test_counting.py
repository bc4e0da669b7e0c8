"""What counts where a person decides that something was charged: amounts that were told, and credits."""

from __future__ import annotations

import pytest

from library.jobs.ledger import counting
from library.jobs.models import Cost, Estimate

PRICED = Estimate("price_table", 3, 9, "USD", "2026-11-01", credits=5_000_000)


@pytest.mark.parametrize(
    ("told", "likely", "counts"),
    [
        (None, PRICED, Cost(9, "USD", "decided", 5_000_000)),
        (None, None, Cost(None, "", "decided")),
        (Cost(7, "EUR", "reported", 2_000_000), PRICED, Cost(7, "EUR", "reported", 2_000_000)),
        (Cost(None, "", "reported", 7_000_000), PRICED, Cost(9, "USD", "decided", 7_000_000)),
        (Cost(None, "", "reported", 7_000_000), None, Cost(None, "", "decided", 7_000_000)),
        (Cost(None, "", "reported", 0), PRICED, Cost(9, "USD", "decided", 0)),
        (Cost(None, "", "unknown"), PRICED, Cost(9, "USD", "decided", 5_000_000)),
    ],
)
def test_credits_that_were_told_are_kept(told: Cost | None, likely: Estimate | None, counts: Cost) -> None:
    assert counting(told, likely) == counts
