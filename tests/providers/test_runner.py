"""Jobs from the queue to the library: order, limits, money, and what goes wrong on the way."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.errors import Clash
from library.jobs.models import Cost
from library.rows import put
from providers.base import Answer, Done, ModelInfo, Running, Traits
from providers.errors import (
    ContentRefused,
    GenerationFailed,
    OutcomeUnknown,
    QuotaExhausted,
    RateLimited,
    ResultExpired,
    ServerBusy,
    Unreachable,
    Unsupported,
)
from providers.limits import Limits
from store.room import MIB
from tests.providers.scripted import CENT, Painter, Service
from tests.providers.shop import FREE, PRICED, shop


async def test_a_batch_becomes_pictures_with_their_prompts_and_a_bill_that_agrees(tmp_path: Path) -> None:
    painter = Painter()
    async with shop(tmp_path, painter) as here:
        await here.order(*(f"a fox, {number}" for number in range(12)))
        jobs = await here.until_quiet()
        assert [job.state for job in jobs] == ["done"] * 12
        assert here.spent() == {"USD": 12 * 4 * CENT} == {"USD": painter.bill.total() * 4 * CENT}
        assert here.open() == 0
        detail = await here.library.assets.show(jobs[3].assets[0].hex())
        assert (detail.asset.prompt, detail.asset.seed, detail.asset.model) == ("a fox, 3", "3", "oil")
        assert [each.made for each in detail.versions] == ["generated"]
    assert painter.most_in_flight <= painter.at_once


async def test_a_job_begins_where_its_picture_fits_and_only_a_job_that_waits_calls_the_disk_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(tmp_path, Painter(), run=False) as here:
        room, names = here.library.workspace.room, ["painter"]
        left = 30 * MIB
        monkeypatch.setattr(room, "free", lambda: left)
        assert await here.library.carrying.claim(names) is None and not room.short  # there is none
        await here.order("a fox")
        assert await here.library.carrying.claim(names) is None
        assert room.short and room.refusal() == {"mib": "30", "needed": "60"}
        assert [job.state for job in here.jobs()] == ["queued"] and here.open() == 0
        left = 155 * MIB
        assert not room.short
        assert await here.library.carrying.claim(names) is not None


@pytest.mark.parametrize("at_once", [1, 3])
async def test_never_more_are_in_flight_than_allowed(tmp_path: Path, at_once: int) -> None:
    painter = Painter(at_once=at_once, seconds=20.0)
    async with shop(tmp_path, painter) as here:
        await here.order(*(f"{number}" for number in range(2 * at_once + 1)))
        await here.until_quiet()
    assert painter.most_in_flight <= at_once


@pytest.mark.parametrize("faults", [[], [ServerBusy("later")] * 3])
async def test_no_more_are_begun_within_a_minute_than_the_provider_takes(
    tmp_path: Path, faults: list[ServerBusy]
) -> None:
    painter = Painter(at_once=5, per_minute=3, faults=list(faults))
    async with shop(tmp_path, painter, speed=60.0) as here:
        await here.order(*(f"{number}" for number in range(10)))
        assert {job.state for job in await here.until_quiet()} == {"done"}
    begun = [moment for moment, _, _ in painter.submits]
    assert len(begun) == 10 + len(faults)
    assert begun[-1] - begun[0] > 60.0 * ((len(begun) - 1) // 3) - 30.0, "a second of a busy machine is sixty"


async def test_a_higher_priority_runs_next_and_a_paused_queue_starts_nothing(tmp_path: Path) -> None:
    painter = Painter(at_once=1)
    async with shop(tmp_path, painter) as here:
        await here.library.queue.pause(True)
        await here.order("first", "second", "third")
        await here.order("urgent", priority=10)
        (last,) = await here.order("at once")
        await here.library.queue.move(last.id.hex(), first=True)
        await asyncio.sleep(0.05)
        assert painter.submits == []
        await here.library.queue.pause(False)
        await here.until_quiet()
    assert [request.prompt for _, request, _ in painter.submits] == ["at once", "urgent", "first", "second", "third"]


async def test_a_job_moved_before_another_runs_before_it(tmp_path: Path) -> None:
    painter = Painter(at_once=1)
    async with shop(tmp_path, painter) as here:
        await here.library.queue.pause(True)
        jobs = await here.order("a", "b", "c", "d")
        for _ in range(40):  # more often than halves fit between two places
            await here.library.queue.move(jobs[3].id.hex(), before=jobs[1].id.hex())
            await here.library.queue.move(jobs[2].id.hex(), before=jobs[3].id.hex())
        await here.library.queue.pause(False)
        await here.until_quiet()
    assert [request.prompt for _, request, _ in painter.submits] == ["a", "c", "d", "b"]


async def test_a_cancelled_job_never_reaches_the_provider(tmp_path: Path) -> None:
    painter = Painter()
    async with shop(tmp_path, painter) as here:
        await here.library.queue.pause(True)
        jobs = await here.order("keep", "drop")
        assert await here.library.queue.cancel([jobs[1].id.hex()]) == {jobs[1].id.hex(): "cancelled"}
        await here.library.queue.pause(False)
        assert [job.state for job in await here.until_quiet()] == ["done", "cancelled"]
    assert [request.prompt for _, request, _ in painter.submits] == ["keep"]


async def test_too_many_requests_are_waited_for_as_asked_and_all_succeed(tmp_path: Path) -> None:
    painter = Painter(at_once=3)
    painter.faults = [RateLimited("slow down", retry_after=2.0) if number % 3 == 2 else None for number in range(90)]
    async with shop(tmp_path, painter) as here:
        await here.order(*(f"{number}" for number in range(60)))
        jobs = await here.until_quiet()
        assert {job.state for job in jobs} == {"done"}
        assert here.spent() == {"USD": 60 * 4 * CENT}
    assert painter.most_in_flight <= 3
    moments = [moment for moment, _, _ in painter.submits]
    # After each third call nothing is sent for two seconds but what was in flight already.
    for index in range(2, len(moments) - 3, 3):
        later = [moment for moment in moments[index + 1 :] if moment - moments[index] < 1.9]
        assert len(later) <= painter.at_once - 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ContentRefused("no", {"stage": "input"}), "provider.content"),
        (QuotaExhausted("empty"), "provider.quota"),
        (GenerationFailed("broken"), "provider.failed"),
    ],
)
async def test_a_refusal_ends_the_job_with_the_providers_reason_and_costs_nothing(
    tmp_path: Path, error: Exception, code: str
) -> None:
    painter = Painter(faults=[error])
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        assert job.state == "failed"
        assert job.failure is not None
        assert (job.failure.code, job.failure.message) == (code, str(error))
        assert (here.spent(), here.open()) == ({}, 0)
    assert len(painter.submits) == 1


async def test_a_refusal_that_is_billed_is_in_the_ledger(tmp_path: Path) -> None:
    painter = Painter(faults=[ContentRefused("no")], traits=Traits(bills_refusals=True))
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        assert job.cost is not None
        assert (job.state, job.cost.amount, here.spent()) == ("failed", 4 * CENT, {"USD": 4 * CENT})


async def test_busy_and_unreachable_providers_are_tried_again(tmp_path: Path) -> None:
    painter = Painter(faults=[ServerBusy("busy"), Unreachable("no route"), Unreachable("no route"), None])
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        assert (job.state, job.tries) == ("done", 4)
        assert here.spent() == {"USD": 4 * CENT}


async def test_an_unknown_outcome_is_never_sent_again_until_somebody_decides(tmp_path: Path) -> None:
    painter = Painter(faults=["drop"])
    async with shop(tmp_path, painter) as here:
        (job,) = await here.order("x")
        (job,) = await here.until_quiet()
        assert (job.state, here.open(), here.spent()) == ("unknown", 1, {})
        assert await here.library.queue.retryable([job.id.hex(), job.id.hex()[:12]]) == ([], set(), [job], [])
        assert await here.library.queue.retry({job.id: job.estimate}) == 0
        decided = await here.library.queue.resolve(job.id.hex(), charged=True)
        assert decided.cost is not None
        assert (decided.state, decided.cost.amount, decided.cost.basis) == ("failed", 4 * CENT, "decided")
        assert (here.open(), here.spent()) == (0, {"USD": painter.bill.total() * 4 * CENT})
        await here.library.queue.retry({job.id: job.estimate})
        (job,) = await here.until_quiet()
        assert job.state == "done"
        assert here.spent() == {"USD": painter.bill.total() * 4 * CENT} == {"USD": 8 * CENT}


async def test_unknown_outcomes_are_decided_together_or_not_at_all(tmp_path: Path) -> None:
    async with shop(tmp_path, Painter(faults=["drop"] * 3)) as here:
        await here.order("x", "y", "z")
        jobs = await here.until_quiet()
        ids = [job.id.hex() for job in jobs]
        await here.library.queue.resolve(ids[0], charged=False)
        with pytest.raises(Clash):
            await here.library.queue.resolve_all(ids, charged=True)
        assert (here.open(), here.spent()) == (2, {})
        bill = Cost(31_700, "USD", "decided")
        decided = await here.library.queue.resolve_all([*ids[1:], ids[1], ids[2][:12]], True, bill)
        assert [(job.id.hex(), job.state, job.cost) for job in decided] == [(id, "failed", bill) for id in ids[1:]]
        assert (here.open(), here.spent()) == (0, {"USD": 63_400})


async def test_credits_are_kept_whatever_amount_the_bill_has(tmp_path: Path) -> None:
    credits = msgspec.structs.replace(PRICED, credits=5_000_000)
    async with shop(tmp_path, Painter(faults=["drop"] * 2)) as here:
        await here.order("x", "y", estimate=credits)
        first, second = await here.until_quiet()
        billed = await here.library.queue.resolve(first.id.hex(), True, Cost(31_700, "USD", "decided"))
        assert billed.cost == Cost(31_700, "USD", "decided", 5_000_000)
        counted = here.library.queue.counts_as(second)
        assert (await here.library.queue.resolve(second.id.hex(), True)).cost == counted
        assert counted == Cost(4 * CENT, "USD", "decided", 5_000_000)


async def test_an_unknown_outcome_that_was_not_charged_costs_nothing(tmp_path: Path) -> None:
    async with shop(tmp_path, Painter(faults=[OutcomeUnknown("timeout")])) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        decided = await here.library.queue.resolve(job.id.hex(), charged=False)
        assert (decided.state, decided.cost, here.spent(), here.open()) == ("failed", None, {}, 0)


async def test_a_provider_that_knows_its_jobs_by_token_is_asked_again_and_charges_once(tmp_path: Path) -> None:
    painter = Painter(faults=["drop", "drop"], traits=Traits(idempotent=True))
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        assert (job.state, painter.bill.total(), len(painter.submits)) == ("done", 1, 3)
        assert len({token for _, _, token in painter.submits}) == 1


async def test_what_costs_nothing_is_asked_for_again_and_never_left_to_a_person(tmp_path: Path) -> None:
    painter = Painter(free=True, faults=["drop"] * 6, at_once=1)
    async with shop(tmp_path, painter) as here:
        await here.order("lost five times", "lost once", estimate=FREE)
        jobs = await here.until_quiet()
        assert [job.state for job in jobs] == ["failed", "done"]
        assert (here.spent(), here.open()) == ({}, 0)


async def test_what_costs_nothing_and_was_cut_off_runs_again_by_itself(tmp_path: Path) -> None:
    painter = Painter(free=True, seconds=1000.0)
    async with shop(tmp_path, painter) as here:
        await here.order("x", estimate=FREE)
        await here.until(lambda: bool(painter.submits))
    painter.seconds = 0.0
    async with shop(tmp_path, painter, seed=2) as here:
        (job,) = await here.until_quiet()
        assert (job.state, len(painter.submits), here.open()) == ("done", 2, 0)


async def test_a_provider_that_lists_its_jobs_is_asked_what_became_of_one(tmp_path: Path) -> None:
    painter = Painter(faults=["drop", OutcomeUnknown("lost on the way")], traits=Traits(finds=True), at_once=1)
    async with shop(tmp_path, painter) as here:
        await here.order("arrived", "did not")
        jobs = await here.until_quiet()
        assert [job.state for job in jobs] == ["done", "done"]
        assert here.spent() == {"USD": painter.bill.total() * 4 * CENT} == {"USD": 8 * CENT}


async def test_an_accepted_job_is_polled_whatever_happens_on_the_way(tmp_path: Path) -> None:
    painter = Painter(traits=Service(delivery="job"), poll_faults=[None, Unreachable("x"), OutcomeUnknown("500")])
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        assert (job.state, painter.bill.total()) == ("done", 1)


async def test_a_running_job_is_called_off_where_its_provider_can(tmp_path: Path) -> None:
    painter = Painter(traits=Service(delivery="job", cancel="any"))
    painter.told = Running(0.1, 60.0)
    async with shop(tmp_path, painter) as here:
        (job,) = await here.order("x")
        await here.until(lambda: [each.state for each in here.library.queue.attempts(job.id)] == ["accepted"])
        assert await here.library.queue.cancel([job.id.hex()]) == {job.id.hex(): "asked"}
        (job,) = await here.until_quiet()
        assert (job.state, here.spent(), here.open(), painter.bill.total()) == ("cancelled", {}, 0, 0)


async def test_a_picture_that_was_gone_before_it_was_fetched_is_told_as_paid_and_lost(tmp_path: Path) -> None:
    painter = Painter(links=True, expired=True)
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        assert job.failure is not None and job.cost is not None
        assert (job.state, job.failure.code, job.cost.amount) == ("failed", "provider.expired", 4 * CENT)
        assert here.spent() == {"USD": 4 * CENT}


@pytest.mark.parametrize("error", [ResultExpired("dead"), GenerationFailed("too large"), Unsupported("no")])
async def test_a_picture_that_cannot_be_fetched_was_charged_what_the_provider_said(
    tmp_path: Path, error: Exception
) -> None:
    painter = Painter()
    painter._done = lambda token: Done((Answer(place=token),), Cost(7 * CENT, "USD", "usage"))  # type: ignore[method-assign]
    painter.fetch_faults = [error]
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        assert (job.state, job.cost) == ("failed", Cost(7 * CENT, "USD", "usage"))
        assert (here.spent(), here.open()) == ({"USD": 7 * CENT}, 0)


async def test_a_job_waits_for_a_provider_that_does_not_tell_its_models_now(tmp_path: Path) -> None:
    painter = Painter(list_faults=[Unreachable("it is not running"), Unreachable("it is not running")])
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        assert (job.state, job.tries, painter.bill.total()) == ("done", 3, 1)


async def test_a_list_of_models_that_makes_no_sense_leaves_nothing_unknown(tmp_path: Path) -> None:
    painter = Painter(list_faults=[OutcomeUnknown("500")])
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        assert (job.state, here.open(), here.spent(), painter.bill.total()) == ("done", 0, {"USD": 4 * CENT}, 1)


async def test_what_is_no_picture_is_told_as_paid_and_its_bytes_are_kept(tmp_path: Path) -> None:
    painter = Painter()
    painter._done = lambda token: Done((Answer(b"<html>sorry</html>"),))  # type: ignore[method-assign]
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        assert job.failure is not None
        assert (job.state, job.failure.code) == ("failed", "job.no_picture")
        assert here.spent() == {"USD": 4 * CENT}
        assert Path(job.failure.params["path"]).read_bytes() == b"<html>sorry</html>"
        assert job.failure.params["rejected"] == "not_a_picture"


async def test_the_same_key_is_the_same_batch(tmp_path: Path) -> None:
    painter = Painter()
    async with shop(tmp_path, painter) as here:
        first = await here.order("x", "y", key="abc")
        second = await here.order("x", "y", key="abc")
        assert [job.id for job in first] == [job.id for job in second]
        await here.until_quiet()
    assert painter.bill.total() == 2


async def test_the_queue_survives_a_stop_in_order_and_nothing_runs_twice(tmp_path: Path) -> None:
    painter = Painter(at_once=1)
    async with shop(tmp_path, painter, run=False) as here:
        await here.order(*(f"{number}" for number in range(30)))
    async with shop(tmp_path, painter, seed=2) as here:
        await here.until_quiet()
    assert [request.prompt for _, request, _ in painter.submits] == [f"{number}" for number in range(30)]
    assert set(painter.bill.values()) == {1}


async def test_a_batch_is_one_deed_until_it_is_taken_back_while_it_runs(tmp_path: Path) -> None:
    painter = Painter(at_once=1, seconds=20)
    async with shop(tmp_path, painter) as here:
        await here.order("one", "two", "three", "four", "five")
        await here.until(lambda: sum(job.state == "done" for job in here.jobs()) == 2)
        (made, *_), _ = await here.library.history.timeline()
        assert (made.intent, made.changes, len(made.documents)) == ("asset.generate", 2, 2)
        await here.library.history.undo()
        assert (await here.library.search.page("")).total == 0
        await here.until_quiet()
        assert sorted(each.prompt for each in (await here.library.search.page("")).items) == ["five", "four", "three"]
        (rest, _, made, *_), _ = await here.library.history.timeline()
        assert [(each.changes, each.params["count"], each.undone) for each in (rest, made)] == [
            (3, 3, False),
            (2, 2, True),
        ]
        await here.library.history.undo()
        assert (await here.library.search.page("")).total == 0
        await here.library.history.redo()
        assert (await here.library.search.page("")).total == 3
        await here.library.history.redo()
        assert (await here.library.search.page("")).total == 5


async def test_jobs_of_a_copied_library_wait_until_somebody_takes_them_over(tmp_path: Path) -> None:
    painter = Painter()
    async with shop(tmp_path, painter, run=False) as here:
        (job,) = await here.order("x")
    with sqlite3.connect(tmp_path / "library" / "library.sqlite") as connection:
        put(connection, "meta", "incarnation", b"another one has!")
    connection.close()
    async with shop(tmp_path, painter, seed=2) as here:
        await asyncio.sleep(0.1)
        assert painter.submits == []
        assert not here.library.queue.is_own(here.library.queue.get(job.id.hex()))
        assert await here.library.queue.retry({job.id: job.estimate}) == 1
        (job,) = await here.until_quiet()
        assert job.state == "done"
    assert painter.bill.total() == 1


async def test_own_jobs_are_begun_behind_any_number_of_a_copied_librarys(tmp_path: Path) -> None:
    painter = Painter()
    async with shop(tmp_path, painter, run=False) as here:
        await here.order(*(f"{number}" for number in range(120)))
    with sqlite3.connect(tmp_path / "library" / "library.sqlite") as connection:
        put(connection, "meta", "incarnation", b"another one has!")
    connection.close()
    async with shop(tmp_path, painter, seed=2) as here:
        await here.order("mine")
        await here.until(lambda: any(job.state == "done" for job in here.jobs()))
    assert [request.prompt for _, request, _ in painter.submits] == ["mine"]


class Fading(Painter):
    """Its only model goes on the first of October, whatever it says of it."""

    async def models(self) -> Sequence[ModelInfo]:
        return [msgspec.structs.replace(each, retires_on="2026-10-01") for each in await super().models()]


async def test_a_model_whose_last_day_comes_while_a_job_waits_is_refused_before_anything_is_sent(
    tmp_path: Path,
) -> None:
    painter = Fading()
    async with shop(tmp_path, painter) as here:
        await here.order("in time")
        (done,) = await here.until_quiet()
        await here.library.queue.pause(True)
        (late,) = await here.order("late")
        here.clock.skip(30 * 86_400)
        await here.library.queue.pause(False)
        jobs = {job.id: job for job in await here.until_quiet()}
        failure = jobs[late.id].failure
        assert (jobs[done.id].state, jobs[late.id].state) == ("done", "failed")
        assert failure is not None and failure.code == "provider.retired"
        assert here.spent() == {"USD": 4 * CENT} and here.open() == 0
    assert [request.prompt for _, request, _ in painter.submits] == ["in time"]


async def test_job_that_is_named_twice_is_called_off_once(tmp_path: Path) -> None:
    async with shop(tmp_path, Painter(), run=False) as here:
        (job,) = await here.order("x")
        id = job.id.hex()
        assert await here.library.queue.cancel([id, id]) == {id: "cancelled"}


@given(st.integers(1, 5), st.lists(st.floats(0.0, 40.0), min_size=1, max_size=60))
def test_within_no_minute_more_are_begun_than_the_provider_takes(most: int, pauses: list[float]) -> None:
    now, begun, painter = [0.0], list[float](), Painter(at_once=1000, per_minute=most)
    limits = Limits(lambda: now[0])
    for pause in pauses:
        now[0] += pause
        lately = [moment for moment in begun if moment > now[0] - 60.0]
        is_open = limits.open([painter]) == ["painter"]
        assert is_open == (len(lately) < most), "neither more nor fewer"
        if is_open:
            limits.take("painter")
            begun.append(now[0])
        else:
            opens = limits.opens_in()
            assert opens is not None and abs(lately[-most] + 60.0 - now[0] - opens) < 1e-6
            assert limits.closed_for("painter") == 0.0, "it asked for nothing"


def test_what_the_settings_say_later_counts_from_then_on() -> None:
    now, painter = [0.0], Painter(at_once=1000)
    limits = Limits(lambda: now[0])
    for most, takes in ((0, 5), (2, 2), (3, 1), (1, 0), (0, 9)):
        painter.per_minute = most
        for _ in range(takes):
            assert limits.open([painter]), (most, takes)
            limits.take("painter")
        assert bool(limits.open([painter])) == (most == 0)
