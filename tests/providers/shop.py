"""A library, providers and the runner between them, on a clock that runs fast."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from identity.keys import DeviceKey, verify
from library.catalog import Library
from library.events import Bus
from library.home.offline import Offline
from library.jobs.budget import Budget, unlimited
from library.jobs.ledger import open_intents, spent_since, unsettled
from library.jobs.models import OPEN, Estimate, Job, Request
from library.jobs.queue import Wanted
from library.jobs.rows import jobs_by
from library.surroundings import Surroundings
from library.workspace import Workspace
from providers.base import Provider
from providers.registry import Providers
from providers.runner import Runner, Work
from providers.showing import Shrink
from tests.library.house import first_operation, look
from tests.providers.scripted import CENT, Painter, QuickClock

FREE = Estimate("free", 0, 0)
PRICED = Estimate("price_table", 4 * CENT, 4 * CENT, "USD", "2026-11-01")


class Shop:
    """A library, providers, and the runner between them."""

    budget: Budget
    runner: Runner

    def __init__(self, library: Library, clock: QuickClock, providers: Fixed) -> None:
        self.library = library
        self.clock = clock
        self.providers = providers

    async def order(
        self,
        *prompts: str,
        provider: str = "painter",
        priority: int = 0,
        key: str = "",
        estimate: Estimate = PRICED,
    ) -> list[Job]:
        wanted = [
            Wanted(provider, Request("oil", prompt, width=64, height=64, seed=number), estimate)
            for number, prompt in enumerate(prompts)
        ]
        batch = await self.library.queue.enqueue(wanted, priority=priority, key=key)
        return await self.library.queue.batch(batch.id)

    def jobs(self) -> list[Job]:
        return self.library.workspace.database.read_now(lambda each: jobs_by(each, "1 ORDER BY place"))

    async def until_quiet(self, seconds: float = 20.0) -> list[Job]:
        """All jobs, once none is queued, waiting or running."""
        await self.until(lambda: not any(job.state in OPEN and job.state != "unknown" for job in self.jobs()), seconds)
        return self.jobs()

    async def until(self, holds: Callable[[], bool], seconds: float = 20.0) -> None:
        """Look again after every piece of news."""
        bus = self.library.workspace.bus
        async with asyncio.timeout(seconds):
            with bus.bell() as bell:
                while not holds():
                    bell.clear()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(bell.wait(), 0.05)

    def spent(self) -> dict[str, int]:
        return self.library.workspace.database.read_now(lambda each: spent_since(each, 0)).amounts

    def open(self) -> int:
        read = self.library.workspace.database.read_now
        of_attempts, of_ledger = (sorted(each.attempt for each in read(some)) for some in (open_intents, unsettled))
        assert of_attempts == of_ledger
        return len(of_ledger)


@asynccontextmanager
async def shop(
    folder: Path,
    *painters: Painter,
    run: bool = True,
    seed: int = 1,
    offline: bool = False,
    route: Callable[[], bool] = lambda: True,
    speed: float = 100.0,
    place: str = "",
    limit: Callable[[Shop], Budget] | None = None,
    shrink: Shrink | None = None,
) -> AsyncIterator[Shop]:
    clock = QuickClock(speed)
    for each in painters:
        each.clock = clock
    around = Surroundings(clock=clock, random=random.Random(seed))
    key = DeviceKey.generate(random.Random(99))
    async with Workspace(folder / "library", key, around, Bus()) as workspace:
        if not hasattr(workspace, "log"):
            await workspace.found(lambda nonce: first_operation(key), "Studio")
        library = Library(workspace, look, verify, lambda device: device.hex()[:8])
        providers = Fixed(painters, clock, offline)
        providers.places = {each.name: place for each in painters}
        works = [Work(library.queue, library.carrying, library.storing)]
        here = Shop(library, clock, providers)
        here.budget = limit(here) if limit else unlimited(clock)
        here.runner = Runner(providers, lambda: works, around, route=route, budget=here.budget, shrink=shrink)
        running = asyncio.create_task(here.runner.run()) if run else None
        try:
            yield here
        finally:
            if running is not None:
                running.cancel()
                await asyncio.wait([running])
                if not running.cancelled() and (error := running.exception()):
                    raise error


class Fixed(Providers):
    """Providers that are there already."""

    def __init__(self, providers: Sequence[Provider], clock: QuickClock, offline: bool = False) -> None:
        super().__init__([], elapsed=clock.elapsed, offline=Offline(offline))
        self._open = {each.name: each for each in providers}
        self.places: dict[str, str] = {}  # where each stands, as its settings say

    def place(self, provider: Provider, salt: bytes) -> str:
        return self.places.get(provider.name, "")

    async def again(self, provider: Provider) -> Provider:
        """The provider itself, which nobody closes."""
        return provider

    def is_at(self, provider: Provider, salt: bytes, place: str) -> bool:
        return place == self.place(provider, salt)
