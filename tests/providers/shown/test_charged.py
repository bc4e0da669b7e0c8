"""Once something of a picture came it got there: whatever comes then, it is not sent again and not called free."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from library.jobs.models import Request
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
