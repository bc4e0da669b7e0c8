"""Once something of a picture came it got there: whatever comes then, it is not sent again and not called free."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from library.jobs.carrying import Carrying
from library.jobs.models import Attempt, Cost, Request
from providers.base import Accepted, Done, Preview, Running, Show
from providers.errors import (
    ContentRefused,
    GenerationFailed,
    InvalidRequest,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    ResultExpired,
    Unreachable,
)
from providers.fetching import Fetching
from store.errors import StoreFull
from tests.providers.scripted import CENT, Painter, Service
from tests.providers.shop import FREE, PRICED, Shop, shop
from tests.providers.shown.test_showing import shrunk

HALF = Running(0.5, 0.5, Preview(b"half of it"))
POLLED = Service(delivery="job")


@dataclass
class Forgetful(Painter):
    """Charges for what it shows, breaks off, and has no such request in its list afterwards. `hangs`: it shows, and is
    silent.
    """

    breaks: Callable[[], ProviderError] = OutcomeUnknown
    hangs: bool = False
    asked: int = 0

    async def submit_shown(self, request: Request, token: str, show: Show) -> Done | Accepted:
        self.asked += 1
        self.bill[token] += 1
        show(Preview(b"so far"))
        if self.hangs:
            await asyncio.Event().wait()
        raise self.breaks()


@dataclass
class Accepting(Painter):
    """Shows something, and then takes the job to be asked for."""

    previews: list[Any] = field(default_factory=lambda: [Preview(b"so far")])

    async def submit_shown(self, request: Request, token: str, show: Show) -> Done | Accepted:
        for each in self.previews:
            show(each)
        return await self.submit(request, token)


@dataclass
class Endless(Painter):
    """Is always at it."""

    async def poll(self, handle: bytes) -> Running | Done:
        self.polled += 1
        return self.told or Running()


async def undecided(here: Shop, painter: Painter, asked: int = 1) -> None:
    """It was paid for once at most, and is neither free nor done as far as anybody knows."""
    (job,) = await here.until_quiet()
    assert (job.state, job.cost, here.spent(), here.open()) == ("unknown", None, {}, 1)
    assert painter.bill.total() == asked == len(painter.bill)


@pytest.mark.parametrize("error", [RateLimited, Unreachable, OutcomeUnknown, ContentRefused, InvalidRequest])
async def test_what_was_shown_is_not_sent_again_where_a_list_does_not_know_it(
    tmp_path: Path, error: type[ProviderError]
) -> None:
    painter = Forgetful(breaks=partial(error, "no"), traits=Service(finds=True))
    async with shop(tmp_path, painter, shrink=shrunk) as here:
        await here.order("a fox")
        await undecided(here, painter)
        assert painter.asked == 1


async def test_what_was_shown_before_a_restart_is_not_sent_again_either(tmp_path: Path) -> None:
    painter = Forgetful(hangs=True, traits=Service(finds=True))
    async with shop(tmp_path, painter, shrink=shrunk) as here:
        await here.order("a fox")
        await here.until(lambda: is_noted(here))
    async with shop(tmp_path, painter, shrink=shrunk, seed=2) as here:
        await undecided(here, painter)
        assert painter.asked == 1


async def test_what_was_shown_before_gesso_went_offline_is_not_sent_again_either(tmp_path: Path) -> None:
    painter = Forgetful(hangs=True, traits=Service(finds=True))
    async with shop(tmp_path, painter, shrink=shrunk) as here:
        (job,) = await here.order("a fox")
        await here.until(lambda: here.runner.preview(job.id) is not None)
        here.providers.asking.switch.set(True)
        await here.until(lambda: not here.runner.carrier.carries(job.id))
        assert is_noted(here)
        here.providers.asking.switch.set(False)
        await undecided(here, painter)
        assert painter.asked == 1


def is_noted(here: Shop) -> bool:
    (job,) = here.jobs()
    return any(each.came for each in here.library.queue.attempts(job.id))


async def test_what_a_list_says_was_refused_is_not_called_free_once_it_was_shown(tmp_path: Path) -> None:
    painter = Forgetful(traits=Service(finds=True), find_faults=[ContentRefused("no")])
    async with shop(tmp_path, painter, shrink=shrunk) as here:
        await here.order("a fox")
        await undecided(here, painter)


@pytest.mark.parametrize("error", [ContentRefused, GenerationFailed])
async def test_verdict_on_a_job_that_was_shown_leaves_open_what_it_cost(
    tmp_path: Path, error: type[ProviderError]
) -> None:
    painter = Painter(traits=POLLED, told=HALF, poll_faults=[None, error("no")])
    async with shop(tmp_path, painter, shrink=shrunk) as here:
        await here.order("a fox")
        await undecided(here, painter)


async def test_verdict_on_a_job_that_was_accepted_after_a_preview_does_too(tmp_path: Path) -> None:
    painter = Accepting(traits=POLLED, poll_faults=[ContentRefused("no")])
    async with shop(tmp_path, painter, shrink=shrunk) as here:
        await here.order("a fox")
        await undecided(here, painter)


async def test_verdict_after_a_restart_on_a_job_that_was_shown_before_does_too(tmp_path: Path) -> None:
    painter = Painter(traits=POLLED, told=HALF, poll_faults=[None] + [OutcomeUnknown("silent")] * 30)
    async with shop(tmp_path, painter, shrink=shrunk) as here:
        await here.order("a fox")
        await here.until(lambda: is_noted(here))
    painter.poll_faults = [GenerationFailed("no")]
    async with shop(tmp_path, painter, shrink=shrunk, seed=2) as here:
        await undecided(here, painter)


async def test_verdict_without_a_preview_is_believed(tmp_path: Path) -> None:
    painter = Painter(traits=POLLED, poll_faults=[None, ContentRefused("no")])
    async with shop(tmp_path, painter, shrink=shrunk) as here:
        await here.order("a fox")
        (job,) = await here.until_quiet()
        assert (job.state, job.cost, here.open()) == ("failed", None, 0)


@pytest.mark.parametrize(
    ("traits", "error"),
    [(POLLED, ResultExpired("gone")), (Service(delivery="job", bills_refusals=True), ContentRefused("no"))],
    ids=["expired", "bills refusals"],
)
async def test_verdict_that_says_it_is_charged_is_charged(
    tmp_path: Path, traits: Service, error: ProviderError
) -> None:
    painter = Painter(traits=traits, told=HALF, poll_faults=[None, error])
    async with shop(tmp_path, painter, shrink=shrunk) as here:
        await here.order("a fox")
        (job,) = await here.until_quiet()
        assert (job.state, here.spent(), here.open()) == ("failed", {"USD": 4 * CENT}, 0)


async def test_what_can_cost_nothing_ends_by_its_verdict(tmp_path: Path) -> None:
    painter = Painter(traits=POLLED, free=True, told=HALF, poll_faults=[None, GenerationFailed("no")])
    async with shop(tmp_path, painter, shrink=shrunk) as here:
        await here.order("a fox", estimate=FREE)
        (job,) = await here.until_quiet()
        assert (job.state, job.cost, here.open()) == ("failed", None, 0)


@pytest.mark.parametrize(
    ("told", "free", "spent"),
    [(HALF, False, {"USD": 4 * CENT}), (Running(0.5, 0.5), False, {}), (HALF, True, {})],
    ids=["shown", "not shown", "free"],
)
async def test_what_is_called_off_once_it_was_shown_counts_as_charged(
    tmp_path: Path, told: Running, free: bool, spent: dict[str, int]
) -> None:
    painter = Endless(traits=Service(delivery="job", cancel="any"), free=free, told=told)
    async with shop(tmp_path, painter, shrink=shrunk) as here:
        (job,) = await here.order("a fox", estimate=FREE if free else PRICED)
        await here.until(lambda: painter.polled > 1)
        await here.library.queue.cancel([job.id.hex()])
        (job,) = await here.until_quiet()
        assert (job.state, here.spent(), here.open()) == ("cancelled", spent, 0)


async def test_picture_whose_link_was_given_is_not_made_again_where_a_list_does_not_know_it(tmp_path: Path) -> None:
    painter = Painter(links=True, traits=Service(finds=True), fetch_faults=[OutcomeUnknown("silent")] * 30)
    async with shop(tmp_path, painter, shrink=shrunk) as here:
        await here.order("a fox")
        await here.until(lambda: len(painter.fetch_faults) < 29)
    painter._jobs.clear()
    async with shop(tmp_path, painter, shrink=shrunk, seed=2) as here:
        await undecided(here, painter)
        assert len(painter.submits) == 1


async def test_pictures_that_wait_for_the_disk_are_not_made_again_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    painter, tried = Painter(traits=Service(finds=True)), list[Path]()

    def full(self: Fetching, place: Path, pieces: Sequence[bytes]) -> bytes:
        tried.append(place)
        raise StoreFull("no room")

    with monkeypatch.context() as patched:
        patched.setattr(Fetching, "_write", full)
        async with shop(tmp_path, painter) as here:
            await here.order("a fox")
            await here.until(lambda: len(tried) > 1)
            assert is_noted(here)
    painter._jobs.clear()
    async with shop(tmp_path, painter, seed=2) as here:
        await undecided(here, painter)
        assert len(painter.submits) == 1


async def test_pictures_that_waited_for_the_disk_come_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    painter, write, left = Painter(traits=Service(finds=True)), Fetching._write, [1, 2]

    def full_at_first(self: Fetching, place: Path, pieces: Sequence[bytes]) -> bytes:
        if left:
            left.pop()
            raise StoreFull("no room")
        return write(self, place, pieces)

    monkeypatch.setattr(Fetching, "_write", full_at_first)
    async with shop(tmp_path, painter) as here:
        await here.order("a fox")
        (job,) = await here.until_quiet()
        assert (job.state, here.spent(), here.open()) == ("done", {"USD": 4 * CENT}, 0)


@dataclass
class Told(Painter):
    """Says what it will cost, and in credits, when it takes the job."""

    async def submit(self, request: Request, token: str) -> Accepted:
        self.bill[token] += 1
        return Accepted(json.dumps({"token": token}).encode(), Cost(9 * CENT, "USD", "reported", 7_000_000))


@pytest.mark.parametrize(
    "error", [ResultExpired("gone"), GenerationFailed("no", billed=True)], ids=["expired", "billed"]
)
async def test_verdict_that_is_charged_costs_what_was_told_before(tmp_path: Path, error: ProviderError) -> None:
    painter = Told(traits=POLLED, poll_faults=[error])
    async with shop(tmp_path, painter) as here:
        await here.order("a fox")
        (job,) = await here.until_quiet()
        assert (job.state, job.cost and job.cost.credits, here.spent()) == ("failed", 7_000_000, {"USD": 9 * CENT})


CHARGED = [
    (Service(), partial(ResultExpired, "gone")),
    (Service(), partial(ContentRefused, "no", billed=True)),
    (Service(bills_refusals=True), partial(ContentRefused, "no")),
    (Service(finds=True), partial(GenerationFailed, "no", billed=True)),
    (Service(idempotent=True), partial(RateLimited, "no", billed=True)),
]


@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize(("traits", "error"), CHARGED, ids=["expired", "billed", "bills refusals", "finds", "later"])
async def test_error_that_says_it_is_charged_is_charged_also_after_a_preview(
    tmp_path: Path, traits: Service, error: Callable[[], ProviderError], shown: bool
) -> None:
    painter = Forgetful(breaks=error, traits=traits) if shown else Painter(traits=traits, faults=[error()])
    async with shop(tmp_path, painter, shrink=shrunk) as here:
        await here.order("a fox")
        (job,) = await here.until_quiet()
        assert (job.state, here.spent(), here.open()) == ("failed", {"USD": 4 * CENT}, 0)


@pytest.mark.parametrize("told", [HALF, Running(0.5, 0.5)], ids=["shown", "not shown"])
async def test_what_was_ordered_free_ends_by_its_verdict_where_its_model_is_not_told(
    tmp_path: Path, told: Running
) -> None:
    painter = Painter(traits=POLLED, free=True, told=told, poll_faults=[None] + [OutcomeUnknown("silent")] * 30)
    async with shop(tmp_path, painter, shrink=shrunk) as here:
        await here.order("a fox", estimate=FREE)
        await here.until(lambda: painter.polled > 2)
    painter.poll_faults, painter.list_faults = [GenerationFailed("no")], [Unreachable("away")] * 50
    async with shop(tmp_path, painter, shrink=shrunk, seed=2) as here:
        (job,) = await here.until_quiet()
        assert (job.state, job.cost, here.open()) == ("failed", None, 0)


async def test_job_that_had_not_noticed_that_gesso_was_offline_is_taken_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    painter, step, refused = Forgetful(hangs=True, traits=Service(finds=True)), Carrying.stepped, list[Attempt]()

    async def stepped(self: Carrying, attempt: Attempt) -> None:
        if attempt.came and len(refused) < 3:
            refused.append(attempt)
            raise StoreFull("no room")
        await step(self, attempt)

    monkeypatch.setattr(Carrying, "stepped", stepped)
    async with shop(tmp_path, painter, shrink=shrunk) as here:
        await here.order("a fox")
        await here.until(lambda: len(refused) == 1)  # it is busy writing down that something came
        here.providers.asking.switch.set(True)
        await here.until(lambda: len(refused) > 1)
        here.providers.asking.switch.set(False)
        await undecided(here, painter)


async def test_polled_preview_that_is_none_came_all_the_same(tmp_path: Path) -> None:
    nonsense = Running(0.5, 0.5, Preview("no bytes"))  # type: ignore[arg-type]
    painter = Painter(traits=POLLED, told=nonsense, poll_faults=[None, GenerationFailed("no")])
    async with shop(tmp_path, painter, shrink=shrunk) as here:
        await here.order("a fox")
        await undecided(here, painter)


async def test_picture_whose_link_was_given_is_fetched_once_gesso_is_online_again(tmp_path: Path) -> None:
    painter = Painter(links=True, fetch_faults=[OutcomeUnknown("silent")] * 3)
    async with shop(tmp_path, painter) as here:
        await here.order("a fox")
        await here.until(lambda: len(painter.fetch_faults) < 3)
        here.providers.asking.switch.set(True)
        await here.clock.sleep(10)  # for it to notice
        assert here.jobs()[0].state == "running"
        here.providers.asking.switch.set(False)
        (job,) = await here.until_quiet()
        assert (job.state, len(painter.submits), here.spent(), here.open()) == ("done", 1, {"USD": 4 * CENT}, 0)


async def test_picture_whose_link_was_given_can_be_called_off_while_gesso_is_offline(tmp_path: Path) -> None:
    painter = Painter(links=True, fetch_faults=[OutcomeUnknown("silent")] * 3)
    async with shop(tmp_path, painter) as here:
        (job,) = await here.order("a fox")
        await here.until(lambda: len(painter.fetch_faults) < 3)
        here.providers.asking.switch.set(True)
        await here.library.queue.cancel([job.id.hex()])
        (job,) = await here.until_quiet()
        assert (job.state, here.spent(), here.open()) == ("cancelled", {"USD": 4 * CENT}, 0)
