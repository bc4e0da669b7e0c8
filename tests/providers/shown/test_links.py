"""Links to pictures that were paid for: each is followed by itself while it may live, and nobody is held up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from library.jobs.models import Cost, Price
from providers.base import Accepted, Answer, Done, ModelInfo, PriceRow, Running
from providers.errors import ResultExpired, Unreachable
from providers.fitting import latest
from tests.providers.scripted import CENT, Painter, Service
from tests.providers.shop import Shop, shop

HOUR = 3600.0
FAST = 20_000.0  # virtual seconds in one


@dataclass
class Scattered(Painter):
    """Gives links to two places, the first of which nobody can reach; the second is dead soon."""

    links: bool = True
    tries: int = 0

    def _done(self, token: str) -> Done:
        done = super()._done(token)
        return msgspec.structs.replace(done, answers=(Answer(place="away"), *done.answers))

    async def fetch(self, answer: Answer) -> AsyncIterator[bytes]:
        if answer.place == "away":
            self.tries += 1
            raise Unreachable("its place is not known")
        if self.tries > 2:
            raise ResultExpired("It is dead by now.")
        async for piece in super().fetch(answer):
            yield piece


@dataclass
class Away(Painter):
    """Gives links to a place that nobody can reach."""

    links: bool = True
    tried: set[str] = field(default_factory=set)

    async def fetch(self, answer: Answer) -> AsyncIterator[bytes]:
        self.tried.add(answer.place or "")
        raise Unreachable("its place is not known")
        yield b""


async def test_link_that_leads_nowhere_costs_no_other_picture(tmp_path: Path) -> None:
    painter = Scattered()
    async with shop(tmp_path, painter, speed=FAST) as here:
        await here.order("a fox")
        (job,) = await here.until_quiet()
        assert (job.state, len(job.assets), job.failure and job.failure.code) == ("done", 1, "provider.expired")
        assert painter.tries > 3 and (here.spent(), here.open()) == ({"USD": 4 * CENT}, 0)


@pytest.mark.parametrize("delivery", ["sync", "job"])
async def test_links_that_lead_nowhere_hold_up_the_queue_for_about_an_hour(tmp_path: Path, delivery: str) -> None:
    painter = Away(at_once=1, traits=Service(delivery=delivery))  # type: ignore[arg-type]
    async with shop(tmp_path, painter, speed=FAST) as here:
        await here.order("a fox", "a hare")
        begun = here.clock.elapsed()
        jobs = await here.until_quiet()
        assert [(job.state, job.failure and job.failure.code) for job in jobs] == [("failed", "provider.expired")] * 2
        assert 2 * HOUR < here.clock.elapsed() - begun < 100 * HOUR  # a second of a busy machine is five
        assert (here.spent(), here.open()) == ({"USD": 8 * CENT}, 0)


async def test_link_is_followed_for_as_long_as_its_service_keeps_it(tmp_path: Path) -> None:
    painter = Away(traits=Service(delivery="job", link_seconds=600.0))
    async with shop(tmp_path, painter, speed=2_000.0) as here:
        await here.order("a fox")
        begun = here.clock.elapsed()
        (job,) = await here.until_quiet()
        assert (job.state, job.failure and job.failure.code) == ("failed", "provider.expired")
        assert 600.0 < here.clock.elapsed() - begun < HOUR


async def test_link_is_followed_for_longer_while_there_is_no_way_to_its_provider(tmp_path: Path) -> None:
    painter, network = Away(), [True]
    async with shop(tmp_path, painter, speed=2_000.0, route=lambda: network[0]) as here:
        await here.order("a fox")
        await here.until(lambda: bool(painter.tried))
        network[0] = False
        await here.until(lambda: here.runner.network.away == ["painter"])
        await here.clock.sleep(2 * HOUR)
        assert here.jobs()[0].state == "running"
        network[0] = True
        (job,) = await here.until_quiet()
        assert job.state == "failed"


@dataclass
class Slow(Painter):
    """Its links lead somewhere only once it does not wait any more."""

    links: bool = True
    waits: bool = True
    tries: int = 0

    async def fetch(self, answer: Answer) -> AsyncIterator[bytes]:
        self.tries += 1
        if self.waits:
            await asyncio.Event().wait()
        async for piece in super().fetch(answer):
            yield piece


async def test_link_is_followed_though_gesso_goes_online_and_offline_at_once(tmp_path: Path) -> None:
    painter = Slow()
    async with shop(tmp_path, painter) as here:
        await here.order("a fox")
        await here.until(lambda: painter.tries > 0)
        switch = here.providers.asking.switch
        switch.set(True)
        await here.clock.sleep(50)
        assert [job.state for job in here.jobs()] == ["running"]
        painter.waits = False
        switch.set(False)
        switch.set(True)
        await here.clock.sleep(50)
        switch.set(False)
        (job,) = await here.until_quiet()
        assert (job.state, len(job.assets), here.spent()) == ("done", 1, {"USD": 4 * CENT})


async def test_link_that_leads_nowhere_can_be_called_off(tmp_path: Path) -> None:
    painter = Away()
    async with shop(tmp_path, painter) as here:
        (job,) = await here.order("a fox")
        await here.until(lambda: bool(painter.tried))
        begun = here.clock.elapsed()
        await here.library.queue.cancel([job.id.hex()])
        (job,) = await here.until_quiet()
        assert (job.state, here.spent(), here.open()) == ("cancelled", {"USD": 4 * CENT}, 0)
        assert here.clock.elapsed() - begun < HOUR / 2


# What it costs


@dataclass
class Priced(Painter):
    """Its prices are others at every start. None: it is free by now; 0: nobody knows."""

    price: int | None = 4 * CENT
    waits: bool = False

    async def models(self) -> list[ModelInfo]:
        (model,) = await super().models()
        rows = (PriceRow(Price(self.price, "USD", "2026-11-01")),) if self.price else ()
        return [msgspec.structs.replace(model, prices=rows, free=self.price is None)]

    async def poll(self, handle: bytes) -> Running | Done:
        return Running() if self.waits else await super().poll(handle)


def is_accepted(here: Shop) -> bool:
    return any(each.state == "accepted" for job in here.jobs() for each in here.library.queue.attempts(job.id))


@pytest.mark.parametrize("sent", [4 * CENT, 3 * CENT])
@pytest.mark.parametrize("later", [None, 0, CENT, 9 * CENT])
async def test_job_costs_what_it_did_when_it_was_sent(tmp_path: Path, sent: int, later: int | None) -> None:
    painter = Priced(traits=Service(delivery="job"), waits=True, price=sent)
    async with shop(tmp_path, painter) as here:
        await here.order("a fox")  # for 4 cents
        await here.until(lambda: is_accepted(here))
    painter.waits, painter.price = False, later
    async with shop(tmp_path, painter, seed=2) as here:
        await here.until_quiet()
        assert here.spent() == {"USD": sent}


@pytest.mark.parametrize("is_gone", [False, True])
async def test_what_nobody_knows_counts_as_it_was_sent_also_where_its_line_is_gone(
    tmp_path: Path, is_gone: bool
) -> None:
    painter = Priced(faults=["drop"], price=3 * CENT)
    async with shop(tmp_path, painter) as here:
        await here.order("a fox")  # for 4 cents
        (job,) = await here.until_quiet()
        if is_gone:
            await here.library.workspace.write(lambda connection: connection.execute("DELETE FROM ledger"), ())
        counted = here.library.queue.counts_as(job)
        assert job.state == "unknown" and counted is not None and counted.amount == 3 * CENT
        decided = await here.library.queue.resolve(job.id.hex(), charged=True)
        assert (decided.state, here.spent(), here.open()) == ("failed", {"USD": 3 * CENT}, 0)


TOLD = Cost(3 * CENT, "USD", "reported")


@dataclass
class Telling(Painter):
    """Tells a cost when it takes the job."""

    async def submit(self, request: object, token: str) -> Accepted:
        found = await super().submit(request, token)  # type: ignore[arg-type]
        assert isinstance(found, Accepted)
        return Accepted(found.handle, TOLD)


@pytest.mark.parametrize("last", [Cost(None, "", "unknown"), Cost(-5, "USD", "reported"), Cost(None, "", "unknown", 3)])
async def test_cost_that_was_told_at_first_stands_where_the_end_says_less(tmp_path: Path, last: Cost) -> None:
    painter = Telling(traits=Service(delivery="job", tells_cost="done"), cost=last)
    async with shop(tmp_path, painter) as here:
        await here.order("a fox")
        (job,) = await here.until_quiet()
        assert here.spent() == {"USD": 3 * CENT} and job.cost is not None and job.cost.credits == last.credits


def test_what_is_told_last_counts_where_it_says_something() -> None:
    nothing, credits = Cost(None, "", "unknown"), Cost(None, "", "unknown", 7)
    assert latest(None, TOLD) == latest(nothing, TOLD) == TOLD == latest(TOLD, None) == latest(TOLD, nothing)
    assert latest(credits, TOLD) == msgspec.structs.replace(TOLD, credits=7) == latest(TOLD, credits)
    assert latest(Cost(1, "USD", "usage"), TOLD) == Cost(1, "USD", "usage")
