"""Long work under way: what it tells from threads, and how it is cancelled."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from library.events import Bus
from library.models import Event
from library.tasks import Progress, Task, Tasks, Work
from store.files import DiskFiles
from tests.library.house import device, open_library, picture


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


@pytest.mark.parametrize("steps", range(4))
async def test_work_cancelled_before_or_after_its_first_step_is_cancelled(steps: int) -> None:
    bus = Bus()

    async def work(progress: Progress) -> None:
        await asyncio.Event().wait()

    async with started(work, bus) as (tasks, task):
        for _ in range(steps):
            await asyncio.sleep(0)
        tasks.cancel(task.id)
        assert (await ended(tasks, task.id, bus)).state == "cancelled"


class Held(DiskFiles):
    """Holds the thread that brings the first picture's bytes below a folder, until it is let go."""

    def __init__(self, folder: Path, there: asyncio.Event) -> None:
        self._folder, self._there = folder, there
        self._loop = asyncio.get_running_loop()
        self.go = threading.Event()

    def _hold(self, path: Path) -> None:
        if path.is_relative_to(self._folder):
            self._loop.call_soon_threadsafe(self._there.set)
            self.go.wait()

    def write(self, path: Path, data: bytes) -> None:
        self._hold(path)
        super().write(path, data)

    def write_pieces(self, path: Path, pieces: Iterable[bytes]) -> None:
        self._hold(path)
        super().write_pieces(path, pieces)


def pictures(folder: Path) -> None:
    folder.mkdir()
    for index in range(3):
        (folder / f"{index}.png").write_bytes(picture((index, 9, 9)))


async def cancelled(tasks: Tasks, task: Task, files: Held, there: asyncio.Event, bus: Bus) -> None:
    """Cancel a task while its thread works: it is under way until that has ended."""
    await there.wait()
    tasks.cancel(task.id)
    for _ in range(20):
        await asyncio.sleep(0)
    meanwhile = tasks.get(task.id).state
    files.go.set()
    assert meanwhile == "running"
    assert (await ended(tasks, task.id, bus)).state == "cancelled"


async def test_cancelled_backup_has_ended_when_it_says_so(tmp_path: Path) -> None:
    pictures(tmp_path / "in")
    there, bus = asyncio.Event(), Bus()
    files = Held(tmp_path / "backup", there)
    async with open_library(tmp_path / "library", files=files) as library:
        await library.ingest.import_paths([tmp_path / "in"])

        async def work(progress: Progress) -> object:
            return await library.care.backup(tmp_path / "backup", progress)

        async with started(work, bus) as (tasks, task):
            await cancelled(tasks, task, files, there, bus)
            assert [place.is_dir() for place in (tmp_path / "backup").rglob("*")].count(False) == 1
            again = await ended(tasks, tasks.start("backup", work).id, bus)
            assert again.state == "done"


async def test_cancelled_restore_leaves_no_half_of_a_workspace(tmp_path: Path) -> None:
    pictures(tmp_path / "in")
    async with open_library(tmp_path / "library") as library:
        await library.ingest.import_paths([tmp_path / "in"])
        await library.care.backup(tmp_path / "backup")
    there, bus = asyncio.Event(), Bus()
    files = Held(tmp_path / "alice" / "workspaces", there)
    files.go.set()
    async with device(tmp_path / "alice", 3, files) as workspaces:
        before = sorted((tmp_path / "alice" / "workspaces").iterdir())
        await asyncio.sleep(0)  # what was written so far is told
        there.clear()
        files.go.clear()

        async def work(progress: Progress) -> object:
            return await workspaces.bring_in(tmp_path / "backup", progress)

        async with started(work, bus) as (tasks, task):
            await cancelled(tasks, task, files, there, bus)
        assert sorted((tmp_path / "alice" / "workspaces").iterdir()) == before
