"""The month's limit as a rule: what may be ordered and begun, and what the sums come to whatever happens."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.settings.money import limits_of
from library.jobs.budget import Standing, Taken, beginnings, beyond, may_begin, most_of, written
from library.jobs.models import Estimate

FREE, UNKNOWN = Estimate("free"), Estimate("unknown")
AMOUNTS = st.integers(0, 3_000_000)
CURRENCIES = st.sampled_from(["USD", "TWD"])


def priced(most: int, currency: str = "USD") -> Estimate:
    return Estimate("price_table", 0, most, currency, "2026-11-01")


JOBS = st.one_of(st.builds(priced, AMOUNTS, CURRENCIES), st.just(FREE))
# What happens next: a job is tried, or one of those under way is charged so many millionths of its most, or let go.
STEPS = st.lists(st.one_of(JOBS, st.tuples(st.integers(0, 20), st.integers(0, 1_000_000) | st.none())), max_size=60)


@given(st.dictionaries(CURRENCIES, AMOUNTS), STEPS)
def test_limit_is_never_passed_whatever_runs_at_once_and_however_it_ends(
    limits: dict[str, int], steps: list[Estimate | tuple[int, int | None]]
) -> None:
    spent = {"USD": 0, "TWD": 0}
    going: list[Estimate] = []
    for step in steps:
        taken = Taken(spent, most_of(going))
        if isinstance(step, Estimate):
            begun = may_begin(step, limits, taken)
            assert begun or step.basis != "free"
            # Not held without need: it is begun wherever it fits.
            assert begun or taken.of(step.currency) + (step.most or 0) > limits[step.currency]
            going += [step] if begun else []
        elif going:
            ended = going.pop(step[0] % len(going))
            if ended.most and step[1] is not None:
                spent[ended.currency] += ended.most * step[1] // 1_000_000
        for currency, limit in limits.items():
            assert Taken(spent, most_of(going)).of(currency) <= limit


@given(AMOUNTS, AMOUNTS, AMOUNTS)
def test_what_nobody_knows_the_price_of_begins_only_below_every_limit(limit: int, spent: int, open_: int) -> None:
    taken = Taken({"USD": spent}, {"USD": open_})
    for estimate in (UNKNOWN, None):
        assert may_begin(estimate, {"USD": limit}, taken) == (spent + open_ < limit)
        assert may_begin(estimate, {"TWD": 1, "USD": limit}, taken) == (spent + open_ < limit)
        assert may_begin(estimate, {}, taken)


def test_what_costs_nothing_is_begun_when_the_limit_is_long_passed() -> None:
    taken = Taken({"USD": 9}, {})
    assert may_begin(FREE, {"USD": 1}, taken)
    assert may_begin(priced(0), {"USD": 1}, taken)
    assert not may_begin(priced(1), {"USD": 1}, taken)
    assert may_begin(priced(1, "TWD"), {"USD": 1}, taken)  # a currency without a limit


@given(st.lists(JOBS, max_size=8), AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS)
def test_an_order_is_refused_exactly_where_all_of_it_together_would_pass(
    order: list[Estimate], limit: int, spent: int, open_: int, waiting: int
) -> None:
    sums = most_of(order)
    over = beyond([Standing("USD", limit, spent, open_, waiting)], sums)
    comes = spent + open_ + waiting + sums.get("USD", 0)
    assert (over is not None) == (sums.get("USD", 0) > 0 and comes > limit)
    if over is not None:
        assert (over.comes_to, over.limit, over.spent, over.open) == (comes, limit, spent, open_)


@pytest.mark.parametrize(("taken", "level"), [(0, "under"), (799_999, "under"), (800_000, "near"), (999_999, "near"),
                                              (1_000_000, "reached"), (2_000_000, "reached")])  # fmt: skip
def test_meter_tells_four_fifths_and_all_of_it_to_the_millionth(taken: int, level: str) -> None:
    assert Standing("USD", 1_000_000, taken, 0, 9).level == level
    assert Standing("USD", 1_000_000, 0, taken, 9).level == level
    assert Standing("USD", 0, 0, 0, 0).level == "reached"


@given(st.integers(0, 10**15))
def test_amounts_are_written_exactly_and_read_again(micros: int) -> None:
    text = written(micros)
    assert len(text.partition(".")[2]) >= 2
    if micros < 10**15:
        assert limits_of(f"{text} usd") == {"USD": micros}


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("", {}),
        ("  ", {}),
        ("20 USD", {"USD": 20_000_000}),
        ("0.000001USD", {"USD": 1}),
        ("20.00 USD, 600 TWD", {"USD": 20_000_000, "TWD": 600_000_000}),
        ("0 USD", {"USD": 0}),
        ("20", None),
        ("$20", None),
        ("20,00 USD", None),
        ("-1 USD", None),
        ("1e3 USD", None),
        ("٢ USD", None),
        ("1 USD, 2 usd", None),
        ("1 USD,", None),
        ("0.0000001 USD", None),
    ],
)
def test_limits_as_people_write_them(text: str, limits: dict[str, int] | None) -> None:
    assert limits_of(text) == limits


@given(st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)))
def test_month_begins_at_midnight_of_its_first_day_where_this_machine_is(moment: datetime) -> None:
    day, month = (datetime.fromtimestamp(each / 1000) for each in beginnings(round(moment.timestamp() * 1000)))
    assert (day.date(), month.day, month.month) == (datetime.fromtimestamp(moment.timestamp()).date(), 1, moment.month)
    assert (month.hour, month.minute) == (0, 0)
