"""What counts where a person decides that something was charged: amounts that were told, and credits. What a month
comes to, from an index that holds nobody up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.jobs.ledger import Spent, counting, open_intents, spent_since
from library.jobs.models import Attempt, AttemptId, AttemptState, Cost, Estimate, JobId
from library.jobs.rows import LedgerEntry, add_entry, put_attempt
from library.schema import STEPS
from providers.asking import MOST_AMOUNT
from store.database import Connection, in_memory

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


@contextmanager
def ledger() -> Iterator[Connection]:
    with closing(in_memory([statement for step in STEPS for statement in step])) as connection:
        yield connection


def wrote(connection: Connection, number: int, time: int, cost: Cost | None, state: AttemptState = "stored") -> None:
    """An attempt that was begun, and what it cost."""
    id, job = AttemptId(number.to_bytes(16, "big")), JobId(b"j" * 16)
    put_attempt(connection, Attempt(id, job, 0, state, time))
    add_entry(connection, LedgerEntry(id, "intent", job, "studio", "oil", time, estimate=PRICED))
    if cost is not None:
        add_entry(connection, LedgerEntry(id, "charge", job, "studio", "oil", time, cost))


CHARGES = st.builds(
    lambda time, amount, currency: (time, Cost(amount, "" if amount is None else currency, "usage")),
    st.integers(0, 9),
    st.sampled_from([None, 0, 1, 40_000, 10**15]),
    st.sampled_from(["EUR", "TWD", "USD", "usd"]),
)


@given(st.lists(CHARGES, max_size=20), st.integers(0, 10))
def test_what_was_spent_is_the_sum_of_all_charges_since(charges: list[tuple[int, Cost]], since: int) -> None:
    with ledger() as connection:
        for number, (time, cost) in enumerate(charges):
            wrote(connection, number, time, cost)
        costs = [cost for time, cost in charges if time >= since]
        amounts: dict[str, int] = {}
        for each in costs:
            amounts[each.currency] = amounts.get(each.currency, 0) + (each.amount or 0)
        paid = {currency: amount for currency, amount in sorted(amounts.items()) if amount}
        found = spent_since(connection, since)
        assert found == Spent(paid, len(costs), sum(each.amount is None for each in costs))
        assert list(found.amounts) == list(paid)


def test_a_column_holds_the_sum_of_as_much_as_providers_may_tell() -> None:
    with ledger() as connection:
        for number in range(10_000):
            wrote(connection, number, 1, Cost(MOST_AMOUNT, "USD", "reported"))
        assert spent_since(connection, 0).amounts == {"USD": 10_000 * MOST_AMOUNT}
    assert MOST_AMOUNT * 9_000_000 < 2**63


def asked(connection: Connection, read: Callable[[Connection], object]) -> list[str]:
    """The statements that reading takes."""
    some: list[str] = []
    connection.set_trace_callback(some.append)
    read(connection)
    connection.set_trace_callback(None)
    return some


def test_what_a_month_cost_is_summed_without_reading_or_sorting_lines() -> None:
    with ledger() as connection:
        for number in range(40):
            wrote(connection, number, number, Cost(1, ("USD", "TWD")[number % 2], "usage"))
        some = asked(connection, lambda each: spent_since(each, 20))
        assert len(some) == 3, "one for each currency, and one that names them"
        for statement in some:
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
            assert all("COVERING INDEX ledger_charges" in step for step in plan if "ledger" in step), plan
            assert not any("TEMP B-TREE" in step for step in plan), plan


def test_what_is_open_is_read_at_once_however_much_it_is() -> None:
    with ledger() as connection:
        for number in range(30):
            wrote(connection, number, number, None if number % 3 else Cost(1, "USD", "usage"), "outcome_unknown")
        assert [each.time for each in open_intents(connection)] == [each for each in range(30) if each % 3]
        assert len(asked(connection, open_intents)) == 1
