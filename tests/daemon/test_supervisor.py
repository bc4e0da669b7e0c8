"""Services fail, come back, or end everything."""

from __future__ import annotations

import asyncio

import pytest

from daemon.errors import Fatal
from daemon.supervisor import LONGEST_PAUSE, Service, Supervisor
from tests.daemon.house import SetClock


class Pauses(SetClock):
    """Remembers how long it was asked to sleep."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await super().sleep(seconds)


def supervised(clock: Pauses, *services: Service) -> Supervisor:
    return Supervisor(services, clock.elapsed, clock.sleep)


async def forever() -> None:
    await asyncio.Event().wait()


async def test_failing_service_comes_back_with_growing_pauses() -> None:
    clock = Pauses()
    tries = 0

    async def fail() -> None:
        nonlocal tries
        tries += 1
        if tries <= 9:
            raise RuntimeError("again")

    supervisor = supervised(clock, Service("watch", fail))
    await supervisor.run()
    assert clock.slept == [1, 2, 4, 8, 16, 32, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]
    assert supervisor.restarts == {"watch": 9} and supervisor.ailing == {}


async def test_service_that_was_healthy_for_long_starts_with_the_first_pause() -> None:
    clock = Pauses()
    tries = 0

    async def fail_late() -> None:
        nonlocal tries
        tries += 1
        if tries > 3:
            return
        clock.move(0 if tries < 3 else 120)
        raise RuntimeError("again")

    await supervised(clock, Service("watch", fail_late)).run()
    assert clock.slept == [1, 2, 1]


async def test_others_go_on_while_one_fails() -> None:
    clock = Pauses()
    beats = 0

    async def beat() -> None:
        nonlocal beats
        for _ in range(50):
            beats += 1
            await asyncio.sleep(0)

    async def fail() -> None:
        if beats < 40:
            raise RuntimeError("again")

    await supervised(clock, Service("beat", beat), Service("fail", fail)).run()
    assert beats == 50


async def test_fatal_ends_all_and_is_raised() -> None:
    ended = []

    async def end() -> None:
        try:
            await forever()
        finally:
            ended.append("clean")

    async def fatal() -> None:
        await asyncio.sleep(0)
        raise Fatal("the disk is gone")

    with pytest.raises(Fatal, match="the disk is gone"):
        await supervised(Pauses(), Service("end", end), Service("fatal", fatal)).run()
    assert ended == ["clean"]


async def test_stop_cancels_all_and_returns() -> None:
    ended = []

    async def end() -> None:
        try:
            await forever()
        finally:
            await asyncio.sleep(0)
            ended.append("clean")

    supervisor = supervised(Pauses(), Service("a", end), Service("b", end))
    running = asyncio.create_task(supervisor.run())
    await asyncio.sleep(0.01)
    supervisor.stop()
    async with asyncio.timeout(1):
        await running
    assert ended == ["clean", "clean"]


async def test_cancelling_the_supervisor_cancels_the_services() -> None:
    ended = []

    async def end() -> None:
        try:
            await forever()
        finally:
            ended.append("clean")

    running = asyncio.create_task(supervised(Pauses(), Service("a", end)).run())
    await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ended == ["clean"]


async def test_ailing_service_is_named_while_it_waits() -> None:
    clock = Pauses()
    seen: list[dict[str, str]] = []

    async def fail() -> None:
        seen.append(dict(supervisor.ailing))
        if len(seen) == 1:
            raise ValueError("no folder")

    async def look(seconds: float) -> None:
        seen.append(dict(supervisor.ailing))

    supervisor = Supervisor([Service("watch", fail)], clock.elapsed, look)
    await supervisor.run()
    assert seen == [{}, {"watch": "ValueError: no folder"}, {}]
