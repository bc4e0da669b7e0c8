"""The month's limit while jobs run: met exactly, never passed, and gone on from when it is raised. And each job's own:
what it was begun at.
"""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import msgspec
import pytest

from library.jobs.budget import Budget
from library.jobs.ledger import Open
from library.jobs.models import Estimate, Price
from library.jobs.rows import put_job
from providers.base import ModelInfo, PriceRow
from providers.errors import ContentRefused, OutcomeUnknown
from tests.providers.scripted import CENT, Painter
from tests.providers.shop import FREE, PRICED, Shop, shop


class Limited:
    """A shop's limit, which somebody may change while it works."""

    def __init__(self, micros: int) -> None:
        self.limits = {"USD": micros}

    def budget(self, here: Shop) -> Budget:
        return Budget(lambda: self.limits, lambda: [here.library.workspace], here.clock.now)


async def held(here: Shop, budget: Budget) -> None:
    """Until nothing runs and what waits may not begin."""

    def rests() -> bool:
        rule, jobs = budget.rule(), here.jobs()
        waiting = [job for job in jobs if job.state in ("queued", "waiting")]
        return not any(job.state == "running" for job in jobs) and not any(rule(job.estimate) for job in waiting)

    await here.until(rests)


async def test_limit_is_met_exactly_with_many_at_once_and_a_higher_one_lets_the_rest_go_on(tmp_path: Path) -> None:
    painter, limited = Painter(at_once=5, seconds=5.0), Limited(7 * 4 * CENT)
    async with shop(tmp_path, painter, limit=limited.budget) as here:
        await here.order(*(f"{number}" for number in range(12)))
        await held(here, here.budget)
        assert here.spent() == {"USD": 7 * 4 * CENT} and painter.bill.total() == 7
        await asyncio.sleep(0.05)
        assert [job.state for job in here.jobs()].count("queued") == 5
        limited.limits = {"USD": 12 * 4 * CENT - 1}
        here.runner.wake()
        await here.until(lambda: painter.bill.total() == 11)
        await held(here, here.budget)
        limited.limits = {}
        here.runner.wake()
        assert {job.state for job in await here.until_quiet()} == {"done"}
    assert painter.most_in_flight > 1 and painter.bill.total() == 12


async def test_what_came_to_nothing_leaves_its_place_and_what_nobody_knows_keeps_it(tmp_path: Path) -> None:
    painter, limited = Painter(at_once=3), Limited(3 * 4 * CENT)
    painter.faults = [ContentRefused("no", {"stage": "input"}), OutcomeUnknown("lost")]
    async with shop(tmp_path, painter, limit=limited.budget) as here:
        await here.order(*(f"{number}" for number in range(6)))
        await held(here, here.budget)
        states = sorted(job.state for job in here.jobs())
        assert states == ["done", "done", "failed", "queued", "queued", "unknown"]
        (month,) = await here.budget.standing()
        assert month == ("USD", 12 * CENT, 8 * CENT, 4 * CENT, 8 * CENT)
        (lost,) = [job for job in here.jobs() if job.state == "unknown"]
        await here.library.queue.resolve(lost.id.hex(), charged=False)
        await here.until(lambda: [job.state for job in here.jobs()].count("done") == 3)


async def test_free_jobs_pass_those_that_are_held_and_unknown_ones_are_held_with_them(tmp_path: Path) -> None:
    painter, limited = Painter(at_once=2), Limited(4 * CENT)
    async with shop(tmp_path, painter, Painter("mine", free=True), limit=limited.budget) as here:
        await here.order("paid", "held")
        await here.until(lambda: painter.bill.total() == 1)
        await here.order("nobody knows", estimate=Estimate("unknown"))
        await here.order("free", provider="mine", estimate=FREE)
        await here.order("dear")
        await here.until(lambda: [job.state for job in here.jobs()].count("done") == 2)
        await asyncio.sleep(0.05)
        done = {job.request.prompt for job in here.jobs() if job.state == "done"}
        assert done == {"paid", "free"}
        assert {job.state for job in here.jobs() if job.request.prompt not in done} == {"queued"}


async def test_last_month_does_not_count_and_a_new_month_lets_jobs_go_on(tmp_path: Path) -> None:
    painter, limited = Painter(), Limited(2 * 4 * CENT)
    async with shop(tmp_path, painter, limit=limited.budget) as here:
        await here.order("a", "b", "c")
        await held(here, here.budget)
        assert painter.bill.total() == 2
        here.clock.set_by += 40 * 86_400
        here.runner.wake()
        await here.until_quiet()
        (month,) = await here.budget.standing()
        assert (month.spent, month.open, month.waiting) == (4 * CENT, 0, 0)


async def test_two_workspaces_share_one_limit_and_held_jobs_do_not_keep_the_runner_busy(tmp_path: Path) -> None:
    one, two, limited = Painter(at_once=3), Painter(at_once=3), Limited(5 * 4 * CENT)
    some: list[Shop] = []
    budget = Budget(
        lambda: limited.limits, lambda: [each.library.workspace for each in some], lambda: 1_790_000_000_000
    )
    async with (
        shop(tmp_path / "one", one, limit=lambda here: budget) as first,
        shop(tmp_path / "two", two, limit=lambda here: budget, seed=2) as second,
    ):
        some += [first, second]
        await asyncio.gather(first.order(*"abcd"), second.order(*"efgh"))
        await held(first, budget)
        await held(second, budget)
        assert one.bill.total() + two.bill.total() == 5
        # One whose time has come, as after a pause that its provider asked for.
        (job, *_) = [job for job in [*first.jobs(), *second.jobs()] if job.state == "queued"]
        its = first if job in first.jobs() else second
        waits = msgspec.structs.replace(job, state="waiting", reason="rate", not_before=1)
        await its.library.workspace.write(lambda connection: put_job(connection, waits), ())
        its.runner.wake()
        looked = 0
        claim = its.library.carrying.claim

        async def counted(*given: object) -> object:
            nonlocal looked
            looked += 1
            return await claim(*given)  # type: ignore[arg-type]

        its.library.carrying.claim = counted  # type: ignore[method-assign,assignment]
        await asyncio.sleep(0.3)
        assert looked < 10


@pytest.mark.parametrize(
    ("agreed", "state"),
    [
        (FREE, "failed"),  # a server of one's own that passes requests on by now
        (msgspec.structs.replace(PRICED, most=4 * CENT - 1), "failed"),
        (msgspec.structs.replace(PRICED, currency="TWD"), "failed"),
        (PRICED, "done"),
        (msgspec.structs.replace(PRICED, most=5 * CENT), "done"),
        (Estimate("unknown"), "done"),
    ],
    ids=["free", "dearer", "currency", "same", "cheaper", "any"],
)
async def test_nothing_is_sent_for_more_than_a_job_was_begun_at(tmp_path: Path, agreed: Estimate, state: str) -> None:
    painter = Painter()
    async with shop(tmp_path, painter) as here:
        await here.order("x", estimate=agreed)
        (job,) = await here.until_quiet()
        assert (job.state, painter.bill.total(), here.open()) == (state, int(state == "done"), 0)
        if state == "failed":
            assert job.failure is not None and job.failure.params == {"cost": "0.04 USD"}
            await here.library.queue.retry({job.id: PRICED})  # it is agreed to
            assert [each.state for each in await here.until_quiet()] == ["done"]


@pytest.mark.parametrize(("agreed", "state"), [(10, "done"), (9, "failed"), (None, "done")])
async def test_no_more_credits_are_paid_than_were_agreed_to_where_nobody_knows_their_price(
    tmp_path: Path, agreed: int | None, state: str
) -> None:
    painter, models = Painter(), Painter().models
    row = PriceRow(Price(None, "USD", "2026-11-01", credits=10_000_000))

    async def in_credits() -> list[ModelInfo]:
        return [msgspec.structs.replace(each, prices=(row,)) for each in await models()]

    painter.models = in_credits  # type: ignore[method-assign]
    async with shop(tmp_path, painter) as here:
        await here.order("x", estimate=Estimate("unknown", credits=agreed and agreed * 1_000_000))
        (job,) = await here.until_quiet()
        assert (job.state, painter.bill.total()) == (state, int(state == "done"))
        if state == "failed":
            assert job.failure is not None
            assert (job.failure.code, job.failure.params) == ("job.more_credits", {"credits": "10"})


async def test_price_that_nobody_knows_any_more_is_not_paid(tmp_path: Path) -> None:
    painter, models = Painter(), Painter().models

    async def unpriced() -> list[ModelInfo]:
        return [msgspec.structs.replace(each, prices=()) for each in await models()]

    painter.models = unpriced  # type: ignore[method-assign]
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        assert (job.state, painter.bill.total(), here.open()) == ("failed", 0, 0)
        assert job.failure is not None and job.failure.code == "job.unpriced"


@pytest.mark.parametrize("spoil", ["DELETE FROM ledger", "UPDATE ledger SET body=x'00'"])
async def test_line_that_is_gone_or_damaged_is_told_and_holds_nobody_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, spoil: str
) -> None:
    painter, limited = Painter(faults=[OutcomeUnknown("lost")]), Limited(100 * CENT)
    async with shop(tmp_path, painter, limit=limited.budget) as here:
        (lost,) = await here.order("lost")
        await here.until_quiet()
        (attempt,) = here.library.queue.attempts(lost.id)
        await here.library.workspace.write(lambda connection: connection.execute(spoil), ())
        await here.order("another", "one more")
        assert [job.state for job in await here.until_quiet()] == ["unknown", "done", "done"]
        assert here.library.queue.still_open(()) == Open({}, 1, 1)
        (month,) = await here.budget.standing()
        assert (month.spent, month.open) == (8 * CENT, 0)
    assert [attempt.id.hex() in each.getMessage() for each in caplog.records if each.name == "gesso.budget"] == [True]


async def test_jobs_that_are_held_are_looked_through_beside_the_loop(tmp_path: Path) -> None:
    async with shop(tmp_path, Painter(), run=False) as here:
        await here.order(*"abc")
        looked: list[int] = []

        def reached(estimate: Estimate | None) -> bool:
            looked.append(threading.get_ident())
            return False

        assert await here.library.carrying.claim(["painter"], reached) is None
        assert len(looked) == 3 and threading.get_ident() not in looked
