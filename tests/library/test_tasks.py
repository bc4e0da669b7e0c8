"""Long work under way: what it tells from threads, and how it is cancelled."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from library.events import Bus
from library.models import Event, Task
from library.tasks import Progress, Tasks, Work


class HeardBus(Bus):
    """Remembers the threads that published."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[int] = set()

    def publish(self, kind: str, subject: str, origin: str) -> Event:
        self.threads.add(threading.get_ident())
        return super().publish(kind, subject, origin)


@asynccontextmanager
async def started(work: Work, bus: Bus) -> AsyncIterator[tuple[Tasks, Task]]:
    tasks = Tasks(bus, random.Random(1))
    running = asyncio.create_task(tasks.run())
    try:
        yield tasks, tasks.start("backup", work)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def ended(tasks: Tasks, id: str, bus: Bus) -> Task:
    async with asyncio.timeout(30):
        async for _ in bus.follow(0):
            if tasks.get(id).state != "running":
                break
    return tasks.get(id)


async def test_progress_of_a_thread_is_published_on_the_loop() -> None:
    bus = HeardBus()

    def count(progress: Progress) -> None:
        for number in range(50):
            progress(number, 49, None)

    async def work(progress: Progress) -> None:
        await asyncio.to_thread(count, progress)

    async with started(work, bus) as (tasks, task):
        told = await ended(tasks, task.id, bus)
    assert (told.state, told.done) == ("done", 49)
    assert bus.threads == {threading.get_ident()}
