"""The network goes and comes back: jobs that surely never left wait, cost nothing, and go on by themselves."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from library.jobs.models import Job
from providers.base import Done, Health
from providers.errors import OutcomeUnknown, Unreachable
from providers.fakes.openai import FakeOpenAI
from providers.network import Network, has_route
from tests.providers.house import opened
from tests.providers.scripted import CENT, Painter, QuickClock, Service
from tests.providers.servers import free_port
from tests.providers.shop import Fixed, Shop, shop

LONG = 150.0  # seconds by the quick clock


class Cable:
    """The way out of this machine, which can be cut. Whoever is painted behind it cannot be reached then."""

    def __init__(self) -> None:
        self.plugged = True

    def __call__(self) -> bool:
        return self.plugged


class Remote(Painter):
    """A painter at the other end of a cable."""

    cable: Cable
    checks = 0
    server_down = False

    def _reach(self) -> None:
        if not self.cable.plugged or self.server_down:
            raise Unreachable("its name is not known")

    async def check(self) -> Health:
        self.checks += 1
        self._reach()
        return Health(True)

    async def submit(self, request: object, token: str) -> Done:
        self._reach()
        return await super().submit(request, token)  # type: ignore[arg-type, return-value]

    async def poll(self, handle: bytes) -> object:  # type: ignore[override]
        self._reach()
        return await super().poll(handle)


def remote(**values: object) -> Remote:
    made = Remote(**values)  # type: ignore[arg-type]
    made.cable = Cable()
    return made


def waits(place: Shop) -> list[Job]:
    return [job for job in place.jobs() if job.state == "waiting" and job.reason == "network"]


async def long_waits(place: Shop) -> None:
    """Until the pauses have grown to minutes, and one of them has just begun."""
    now = place.clock.now
    await place.until(lambda: any(job.not_before - now() > (LONG + 30) * 1000 for job in waits(place)))


async def test_jobs_wait_without_a_network_and_go_on_when_it_is_there(tmp_path: Path) -> None:
    painter = remote(at_once=2)
    async with shop(tmp_path, painter, route=painter.cable) as place:
        told: list[list[str]] = []
        place.runner.network.told = lambda: told.append(place.runner.network.away)
        painter.cable.plugged = False
        await place.order(*map(str, range(6)))
        await place.until(lambda: place.runner.network.away == ["painter"] and len(waits(place)) >= 2)
        await long_waits(place)
        assert {job.state for job in place.jobs()} <= {"queued", "waiting", "running"}
        assert place.spent() == {} and painter.checks == 0, "without a route nobody is asked"
        painter.cable.plugged = True
        plugged = place.clock.elapsed()
        await place.until(lambda: all(job.state == "done" for job in place.jobs()))
        assert place.clock.elapsed() - plugged < LONG, "they waited for their time"
        assert place.spent() == {"USD": 6 * 4 * CENT} and place.open() == 0
        assert max(painter.bill.values()) == 1 and sum(painter.bill.values()) == 6
        assert told == [["painter"], []]


async def test_server_that_comes_back_is_noticed_long_before_the_pause_is_over(tmp_path: Path) -> None:
    painter = remote()
    async with shop(tmp_path, painter, route=painter.cable) as place:
        painter.server_down = True
        await place.order("one")
        await place.until(lambda: place.runner.network.away == ["painter"])
        await long_waits(place)
        tries = place.jobs()[0].tries
        assert tries < 12 and painter.checks < 100, "neither the ledger nor the server is worn out by a night of it"
        painter.server_down = False
        back = place.clock.elapsed()
        await place.until(lambda: place.jobs()[0].state == "done")
        assert place.clock.elapsed() - back < LONG


async def test_accepted_job_outlasts_a_day_without_network(tmp_path: Path) -> None:
    painter = remote(traits=Service(delivery="job"))
    painter.seconds = 0.0
    async with shop(tmp_path, painter, route=painter.cable, speed=20_000.0) as place:
        painter.poll_faults = [Unreachable("cut")]
        ordered = asyncio.Event()
        submit = painter.submit

        async def cut_after(request: object, token: str) -> Done:
            answer = await submit(request, token)
            painter.cable.plugged = False
            ordered.set()
            return answer

        painter.submit = cut_after  # type: ignore[method-assign]
        await place.order("one")
        await ordered.wait()
        await place.clock.sleep(86_400)
        assert place.jobs()[0].state == "running", "what was accepted is not given up for want of a network"
        painter.cable.plugged = True
        await place.until(lambda: place.jobs()[0].state == "done")
        assert sum(painter.bill.values()) == 1


async def test_request_that_left_is_not_sent_again_when_the_network_returns(tmp_path: Path) -> None:
    painter = remote(faults=[OutcomeUnknown("The connection broke.")], at_once=1)
    async with shop(tmp_path, painter, route=painter.cable) as place:
        await place.order("lost", "next")
        await place.until(lambda: place.jobs()[0].state == "unknown")
        painter.cable.plugged = False
        await place.order("later")
        await place.until(lambda: place.runner.network.away == ["painter"] or place.jobs()[2].state == "done")
        painter.cable.plugged = True
        await place.until(lambda: place.jobs()[2].state == "done")
        assert place.jobs()[0].state == "unknown"


async def test_place_of_pictures_that_is_away_makes_no_provider_be_asked_without_end(tmp_path: Path) -> None:
    painter = remote(links=True)
    painter.fetch_faults = [Unreachable("the pictures' place is away")] * 6
    async with shop(tmp_path, painter, route=painter.cable) as place:
        await place.order("one")
        await place.until_quiet()
        assert place.jobs()[0].state == "done" and painter.checks <= 12
        assert place.runner.network.away == []


@pytest.mark.parametrize("kind", ["refused", "unknown name"])
async def test_real_server_is_switched_off_and_on(tmp_path: Path, kind: str) -> None:
    """By the images API on loopback; a name that nobody knows is as far away as a port where nobody listens."""
    port = free_port()
    host = "127.0.0.1" if kind == "refused" else "gesso-nowhere.invalid"
    async with opened(f"http://{host}:{port}/v1", "openai-compatible", models=("m",), name="painter") as provider:
        clock = QuickClock(1.0)
        gone = Network(Fixed([provider], clock), clock, lambda: True, lambda name: None)
        sure = asyncio.Event()
        gone.told = sure.set
        watching = asyncio.create_task(gone.run())
        try:
            gone.failed("painter")
            async with asyncio.timeout(10):
                await sure.wait()
            assert gone.away == ["painter"]
            if kind == "unknown name":
                return
            async with FakeOpenAI().serving(port):
                began = time.monotonic()
                async with asyncio.timeout(10):
                    await gone.returned("painter")
                assert time.monotonic() - began < 2.0 and gone.away == []
        finally:
            watching.cancel()
            await asyncio.wait([watching])


def test_the_system_is_asked_without_sending_anything() -> None:
    began = time.monotonic()
    assert has_route() in (True, False)
    assert time.monotonic() - began < 0.5


async def test_job_that_gets_there_first_wakes_those_that_wait(tmp_path: Path) -> None:
    painter = remote(at_once=2)
    async with shop(tmp_path, painter, route=painter.cable) as place:
        painter.cable.plugged = False
        await place.order(*map(str, range(6)))
        await place.until(lambda: place.runner.network.away == ["painter"] and len(waits(place)) >= 2)
        await long_waits(place)
        plugged = place.clock.elapsed()
        place.runner.network.reached("painter")  # before anybody looked whether there is a way again
        painter.cable.plugged = True
        await place.until(lambda: all(job.state == "done" for job in place.jobs()))
        assert place.clock.elapsed() - plugged < LONG, "they waited for their time"
