"""What goes wrong after something went wrong, and adapters that do what they should not: nobody pays twice, nothing
waits for ever, and one provider's trouble is its own.
"""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from library.jobs.models import Cost, Estimate, Request
from library.jobs.queue import Wanted
from providers.base import MOST_ANSWERS, Accepted, Answer, Done, Running, Traits
from providers.errors import (
    AuthError,
    ContentRefused,
    GenerationFailed,
    InvalidRequest,
    OutcomeUnknown,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    ServerBusy,
    Unreachable,
    Unsupported,
)
from providers.limits import Limits
from tests.library.house import picture
from tests.providers.scripted import CENT, After, Painter, Service
from tests.providers.shop import shop

LATER = [RateLimited("slow down", retry_after=2.0), ServerBusy("busy"), Unreachable("no route")]
NEVER = [AuthError("no"), QuotaExhausted("empty"), ContentRefused("no"), InvalidRequest("no"), GenerationFailed("no")]
KEYED = Traits(idempotent=True)
JOB = Service(delivery="job")


@pytest.mark.parametrize("faults", [*([each] for each in LATER), LATER, [Unreachable("no route")] * 8])
async def test_what_may_have_arrived_is_sent_again_with_its_own_token_however_long_that_takes(
    tmp_path: Path, faults: list[ProviderError]
) -> None:
    painter = Painter(faults=["drop", *faults], traits=KEYED)
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        assert (job.state, painter.bill.total(), here.spent(), here.open()) == ("done", 1, {"USD": 4 * CENT}, 0)
    assert len({token for _, _, token in painter.submits}) == 1


@pytest.mark.parametrize("error", NEVER, ids=lambda error: type(error).__name__)
async def test_a_later_no_does_not_say_that_what_may_have_arrived_was_free(
    tmp_path: Path, error: ProviderError
) -> None:
    painter = Painter(faults=["drop", error], traits=KEYED)
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        assert (job.state, painter.bill.total(), here.open()) == ("unknown", 1, 1)
        assert job.failure is not None and str(error) in job.failure.params["why"]


@pytest.mark.parametrize("error", [*LATER[1:], AuthError("no")], ids=lambda error: type(error).__name__)
async def test_what_was_cut_off_keeps_its_token_whatever_the_first_answer_after_the_restart(
    tmp_path: Path, error: ProviderError
) -> None:
    painter = Painter(faults=["hang"], traits=KEYED)
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        await here.until(lambda: painter.bill.total() == 1)
    painter.faults = [error]
    async with shop(tmp_path, painter, seed=2) as here:
        (job,) = await here.until_quiet()
        assert job.state == ("done" if error.later else "unknown")
        assert (painter.bill.total(), here.open()) == (1, 0 if error.later else 1)
    assert len({token for _, _, token in painter.submits}) == 1


@pytest.mark.parametrize("error", [AuthError("key"), QuotaExhausted("empty"), Unsupported("no")], ids=str)
async def test_that_one_may_not_ask_ends_no_job_that_was_taken(tmp_path: Path, error: ProviderError) -> None:
    painter = Painter(traits=JOB, poll_faults=[None, error])
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        assert (job.state, painter.bill.total(), here.open()) == ("unknown", 1, 1)


async def test_what_the_provider_says_of_the_job_itself_ends_it(tmp_path: Path) -> None:
    painter = Painter(traits=JOB, poll_faults=[GenerationFailed("it did not work")])
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        assert (job.state, here.open(), here.spent()) == ("failed", 0, {})


async def test_that_one_may_not_look_for_a_lost_request_leaves_it_unknown(tmp_path: Path) -> None:
    painter = Painter(faults=["drop"], traits=Traits(finds=True), find_faults=[AuthError("key")])
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        assert (job.state, painter.bill.total(), here.open()) == ("unknown", 1, 1)


async def test_a_job_whose_end_could_not_be_asked_for_goes_on_and_is_asked_for_again(tmp_path: Path) -> None:
    painter = Painter(traits=Service(delivery="job", cancel="any"), cancel_faults=[Unreachable("away"), AuthError("k")])
    painter.told = Running(0.1, 1.0)
    async with shop(tmp_path, painter) as here:
        (job,) = await here.order("x")
        await here.until(lambda: painter.polled > 0)
        await here.library.queue.cancel([job.id.hex()])
        (job,) = await here.until_quiet()
        # The second answer says that it makes no sense to ask: the picture is paid for and comes.
        assert (job.state, here.spent(), painter.bill.total()) == ("done", {"USD": 4 * CENT}, 1)


async def test_a_job_called_off_while_it_is_turned_down_is_not_sent_again(tmp_path: Path) -> None:
    painter = Painter(faults=[After(20.0, RateLimited("later", retry_after=1.0))])
    async with shop(tmp_path, painter) as here:
        (job,) = await here.order("x")
        await here.until(lambda: bool(painter.submits))
        assert await here.library.queue.cancel([job.id.hex()]) == {job.id.hex(): "asked"}
        (job,) = await here.until_quiet()
        assert (job.state, here.spent(), here.open(), painter.bill.total()) == ("cancelled", {}, 0, 0)
        assert len(painter.submits) == 1
        await here.library.queue.retry({job.id: job.estimate})  # it is wanted again
        (job,) = await here.until_quiet()
        assert job.state == "done"


@pytest.mark.parametrize("told", [True, False])
async def test_a_job_that_was_called_off_and_may_be_on_the_bill_is_counted_at_what_it_likely_cost(
    tmp_path: Path, told: bool
) -> None:
    traits = Service(delivery="job", cancel="any", tells_cost="submit" if told else "never")
    painter = Painter(traits=traits)
    painter.poll = lambda handle: running(painter)  # type: ignore[method-assign, assignment, return-value]

    async def billed(handle: bytes) -> Literal["billed"]:
        return "billed"

    painter.cancel = billed  # type: ignore[method-assign]
    async with shop(tmp_path, painter) as here:
        (job,) = await here.order("x")
        await here.until(lambda: painter.polled > 0)
        await here.library.queue.cancel([job.id.hex()])
        (job,) = await here.until_quiet()
        cents = 3 if told else 4
        assert (job.state, here.spent(), here.open()) == ("cancelled", {"USD": cents * CENT}, 0)


async def test_the_price_that_is_told_when_a_job_is_taken_stands_in_the_ledger(tmp_path: Path) -> None:
    painter = Painter(traits=Service(delivery="job", tells_cost="submit"))
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        assert job.cost == Cost(3 * CENT, "USD", "reported")
        assert here.spent() == {"USD": 3 * CENT}


async def test_a_price_told_when_it_was_taken_counts_when_somebody_decides(tmp_path: Path) -> None:
    traits = Service(delivery="job", tells_cost="submit")
    async with shop(tmp_path, Painter(traits=traits, poll_faults=[AuthError("key")])) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        decided = await here.library.queue.resolve(job.id.hex(), charged=True)
        assert decided.cost is not None and decided.cost.amount == 3 * CENT


async def test_rows_of_a_sheet_that_is_begun_twice_at_once_are_begun_once(tmp_path: Path) -> None:
    async with shop(tmp_path, Painter(), run=False) as here:
        free = Estimate("free", 0, 0)
        rows = [Wanted("painter", Request("oil", "x"), free, row=f"row {number}") for number in range(5)]
        batches = await asyncio.gather(*(here.library.queue.enqueue(rows, once=True) for _ in range(4)))
        assert sorted(each.count for each in batches) == [0, 0, 0, 5]
        assert len(here.jobs()) == 5
        assert (await here.library.queue.enqueue(rows)).count == 5  # asked for once more on purpose


@pytest.mark.parametrize("seconds", [0.0, -3600.0, 0.001])
async def test_a_pause_of_nothing_is_no_pause_to_keep(tmp_path: Path, seconds: float) -> None:
    painter = Painter(faults=[RateLimited("later", retry_after=seconds)] * 5, at_once=1)
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        await here.until_quiet()
    moments = [moment for moment, _, _ in painter.submits]
    pauses = [after - before for before, after in itertools.pairwise(moments)]
    assert all(pause >= 0.99 * least for pause, least in zip(pauses, (1, 2, 4, 8, 16), strict=True))


async def test_numbers_that_cannot_be_are_not_taken_over(tmp_path: Path) -> None:
    painter = Painter(traits=JOB, cost=Cost(-5 * CENT, "USD", "reported"))
    painter.told = Running(7.5, -1.0)
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        begun, seen = here.clock.elapsed(), set[float]()

        def looked() -> bool:
            seen.update(here.runner.showing.progress.values())
            return here.jobs()[0].state == "done"

        await here.until(looked)
        assert here.clock.elapsed() - begun >= 0.4  # three questions, two pauses
        (job,) = here.jobs()
        assert seen <= {1.0}
        assert (job.cost, here.spent()) == (Cost(4 * CENT, "USD", "price_table"), {"USD": 4 * CENT})


async def test_offline_nothing_is_asked_about_a_job_that_is_elsewhere_and_it_goes_on_afterwards(tmp_path: Path) -> None:
    painter = Painter(traits=JOB, poll_faults=[Unreachable("away")] * 30)
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        await here.until(lambda: painter.polled > 0)
    asked, painter.poll_faults = painter.polled, []
    async with shop(tmp_path, painter, seed=2, offline=True) as here:
        await here.order("y")
        await asyncio.sleep(0.2)
        assert (painter.polled, len(painter.submits)) == (asked, 1)
        assert [job.state for job in here.jobs()] == ["running", "queued"]
    async with shop(tmp_path, painter, seed=3) as here:
        assert [job.state for job in await here.until_quiet()] == ["done", "done"]
        assert painter.bill.total() == 2


async def test_a_provider_that_never_tells_its_models_holds_up_nobody_else(tmp_path: Path) -> None:
    hanging = Painter("hanging", faults=["hang"], traits=KEYED)
    async with shop(tmp_path, hanging) as here:
        await here.order("x", provider="hanging")
        await here.until(lambda: hanging.bill.total() == 1)
    hanging.list_hangs = True
    async with shop(tmp_path, hanging, Painter(), seed=2) as here:
        await here.order("y")
        await here.until(lambda: here.jobs()[1].state == "done", 5.0)
        assert here.jobs()[0].state == "running"


@pytest.mark.parametrize("fault", [KeyError("x"), SystemExit(3), asyncio.CancelledError()], ids=repr)
async def test_an_adapter_that_raises_what_it_should_not_costs_its_own_job_only(
    tmp_path: Path, fault: BaseException
) -> None:
    broken = Painter("broken", faults=[fault])
    async with shop(tmp_path, broken, Painter()) as here:
        await here.order("x", provider="broken")
        await here.order("y")
        jobs = await here.until_quiet()
        assert [job.state for job in jobs] == ["unknown", "done"]
        assert jobs[0].failure is not None and jobs[0].failure.code == "provider.adapter"
        await here.order("z", provider="broken")
        assert (await here.until_quiet())[2].state == "done"


async def test_a_list_of_models_that_raises_what_it_should_not_stops_nothing(tmp_path: Path) -> None:
    broken = Painter("broken", list_faults=[KeyError("x")])  # type: ignore[list-item]
    async with shop(tmp_path, broken, Painter()) as here:
        await here.order("x", provider="broken")
        await here.order("y")
        assert [job.state for job in await here.until_quiet()] == ["done", "done"]


async def test_a_clock_that_was_set_back_makes_no_job_wait_longer(tmp_path: Path) -> None:
    painter = Painter(faults=[RateLimited("later", retry_after=10.0)])
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        await here.until(lambda: here.jobs()[0].state == "waiting")
        here.clock.set_by = -86_400.0
        (job,) = await here.until_quiet()
        assert job.state == "done"


async def test_of_several_pictures_the_good_ones_come_in_and_the_others_are_kept_and_told(tmp_path: Path) -> None:
    painter = Painter()
    done = painter._done
    painter._done = lambda token: Done((Answer(b"<html>sorry</html>"), *done(token).answers))  # type: ignore[method-assign]
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        assert (job.state, len(job.assets), here.spent()) == ("done", 1, {"USD": 4 * CENT})
        assert job.failure is not None and job.failure.code == "job.no_picture"
        place = Path(job.failure.params["path"])
        assert place.read_bytes() == b"<html>sorry</html>"
        assert [each.name for each in place.parent.iterdir()] == [place.name]


async def test_of_more_pictures_than_anybody_asked_for_some_are_taken_and_the_others_told(tmp_path: Path) -> None:
    """They are paid for together: none of it is unknown, and the library is not filled by who is asked for one."""
    painter = Painter()
    done = painter._done
    many = [Answer(picture((number % 256, number // 256, 7), (8, 8))) for number in range(300)]
    painter._done = lambda token: msgspec.structs.replace(done(token), answers=tuple(many), more=2)  # type: ignore[method-assign]
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        assert (job.state, len(job.assets), here.spent()) == ("done", MOST_ANSWERS, {"USD": 4 * CENT})
        assert job.failure is not None and job.failure.code == "job.more_pictures"
        assert job.failure.params == {"kept": "4", "more": "298", "came": "302"}


@pytest.mark.parametrize("answer", [None, "done", 7], ids=repr)
async def test_what_is_no_answer_leaves_it_unknown_and_is_not_asked_for_again(tmp_path: Path, answer: object) -> None:
    painter = Painter(traits=Traits(finds=False))
    submit = painter.submit

    async def answered(request: Request, token: str) -> Done:
        await submit(request, token)
        return answer  # type: ignore[return-value]

    painter.submit = answered  # type: ignore[assignment, method-assign]
    async with shop(tmp_path, painter, Painter("other")) as here:
        await here.order("x")
        await here.order("y", provider="other")
        jobs = await here.until_quiet()
        assert [job.state for job in jobs] == ["unknown", "done"]
        assert (len(painter.submits), here.open()) == (1, 1)


@pytest.mark.parametrize(
    "done",
    [
        Done((Answer(b"x", seed="seven"),)),  # type: ignore[arg-type]
        Done((Answer(b"x", told=None),)),  # type: ignore[arg-type]
        Done((Answer(b"x", told={"a": {"b": 1}}),)),  # type: ignore[dict-item]
        Done((Answer(b"x"),), Cost(True, "USD", "reported")),
        Done((Answer(b"x"),), Cost(1, "USD", "guessed")),  # type: ignore[arg-type]
        Done([Answer(b"x")], Cost(1, None, "reported")),  # type: ignore[arg-type]
    ],
    ids=["seed", "told", "nested", "bool", "basis", "currency"],
)
async def test_answers_that_no_row_can_hold_cost_their_own_job_only(tmp_path: Path, done: Done) -> None:
    painter = Painter()
    painter._done = lambda token: done  # type: ignore[method-assign]
    async with shop(tmp_path, painter, Painter("other")) as here:
        await here.order("x")
        await here.until_quiet()
    async with shop(tmp_path, Painter(), Painter("other"), seed=2) as here:
        await here.order("y", provider="other")
        assert [job.state for job in await here.until_quiet()] == ["unknown", "done"]


async def test_a_handle_that_is_text_is_kept_as_one(tmp_path: Path) -> None:
    painter = Painter(traits=JOB)
    submit = painter.submit

    async def accepted(request: Request, token: str) -> Done | Accepted:
        answer = await submit(request, token)
        assert isinstance(answer, Accepted)
        return Accepted(answer.handle.decode())  # type: ignore[arg-type]

    painter.submit = accepted  # type: ignore[method-assign]
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        assert [job.state for job in await here.until_quiet()] == ["done"]


def misshapen() -> list[ProviderError]:
    nan, word, surrogate = RateLimited("x", retry_after=float("nan")), ServerBusy("x"), GenerationFailed("x \ud800 y")
    word.retry_after = "soon"  # type: ignore[assignment]
    bare, coded = GenerationFailed("x"), ContentRefused("x")
    bare.params = None  # type: ignore[assignment]
    coded.code = 7  # type: ignore[assignment]
    return [nan, word, surrogate, bare, coded]


@pytest.mark.parametrize("error", misshapen(), ids=["nan", "word", "surrogate", "params", "code"])
async def test_errors_that_make_no_sense_stop_nobody(tmp_path: Path, error: ProviderError) -> None:
    slow = Painter("slow", seconds=20.0)
    async with shop(tmp_path, Painter(faults=[error]), slow) as here:
        await here.order("y", provider="slow")
        await here.until(lambda: bool(slow.submits))
        await here.order("x")
        jobs = await here.until_quiet()
        assert [job.state for job in jobs] == ["done", "done" if error.later else "failed"]


async def test_a_lost_request_that_lands_late_is_not_sent_anew(tmp_path: Path) -> None:
    painter = Painter(faults=["drop"], traits=Traits(finds=True), found_late=2)
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        assert (job.state, painter.bill.total(), here.spent()) == ("done", 1, {"USD": 4 * CENT})


async def test_a_lost_request_that_was_called_off_is_not_sent_again(tmp_path: Path) -> None:
    painter = Painter(faults=[OutcomeUnknown("lost"), *[ServerBusy("busy")] * 30], traits=KEYED)
    async with shop(tmp_path, painter) as here:
        (job,) = await here.order("x")
        await here.until(lambda: len(painter.submits) > 3)
        await here.library.queue.cancel([job.id.hex()])
        before = len(painter.submits)
        (job,) = await here.until_quiet()
        assert (job.state, here.open()) == ("unknown", 1)
        assert len(painter.submits) <= before + 1  # one may have been on its way


async def test_one_called_off_before_a_restart_is_not_sent_again(tmp_path: Path) -> None:
    painter = Painter(faults=["hang"], traits=KEYED)
    async with shop(tmp_path, painter) as here:
        (job,) = await here.order("x")
        await here.until(lambda: painter.bill.total() == 1)
        await here.library.queue.cancel([job.id.hex()])
    async with shop(tmp_path, painter, seed=2) as here:
        (job,) = await here.until_quiet()
        assert (job.state, len(painter.submits)) == ("unknown", 1)


async def test_of_several_links_a_dead_one_costs_its_own_picture_only(tmp_path: Path) -> None:
    painter = Painter(links=True, expires={1})
    done = painter._done
    painter._done = lambda token: Done(done(token).answers * 2)  # type: ignore[method-assign]
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        assert (job.state, len(job.assets)) == ("done", 1)
        assert job.failure is not None and job.failure.code == "provider.expired"


@pytest.mark.parametrize("delivery", ["sync", "job"])
async def test_what_was_sent_elsewhere_is_not_asked_for_where_the_settings_lead_now(
    tmp_path: Path, delivery: Literal["sync", "job"]
) -> None:
    traits = Service(idempotent=True, delivery=delivery)
    there = Painter(faults=["hang"] if delivery == "sync" else [], poll_faults=[Unreachable("x")] * 99, traits=traits)
    async with shop(tmp_path, there, place="a") as here:
        await here.order("x")
        await here.until(lambda: there.bill.total() == 1 and (delivery == "sync" or there.polled > 0))
    other = Painter(traits=traits, poll_faults=[GenerationFailed("no such job")])
    async with shop(tmp_path, other, seed=2, place="b") as here:
        (job,) = await here.until_quiet()
        assert (job.state, here.open(), other.bill.total()) == ("unknown", 1, 0)


async def test_what_was_sent_without_its_token_is_not_sent_again_with_it(tmp_path: Path) -> None:
    painter = Painter(faults=["hang"])
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        await here.until(lambda: painter.bill.total() == 1)
    painter.traits, painter.free = KEYED, True  # so the settings say now
    async with shop(tmp_path, painter, seed=2) as here:
        (job,) = await here.until_quiet()
        assert (job.state, painter.bill.total(), here.open()) == ("unknown", 1, 1)


async def test_a_job_that_is_called_off_and_runs_for_ever_ends_as_unknown(tmp_path: Path) -> None:
    painter = Painter(traits=JOB)
    painter.poll = lambda handle: running(painter)  # type: ignore[method-assign, assignment, return-value]
    async with shop(tmp_path, painter, speed=10_000.0) as here:
        (job,) = await here.order("x")
        await here.until(lambda: painter.polled > 0)
        await here.library.queue.cancel([job.id.hex()])
        (job,) = await here.until_quiet()
        assert (job.state, here.open()) == ("unknown", 1)


async def running(painter: Painter) -> Running:
    painter.polled += 1
    return Running(0.5, 60.0)


def test_a_way_that_is_open_again_ends_no_pause_that_was_asked_for() -> None:
    now = 0.0
    limits = Limits(lambda: now)
    limits.turned_down("p", 200.0)
    limits.turned_down("p", None, away=True)
    limits.reopen("p")
    assert limits.closed_for("p") == 200.0
