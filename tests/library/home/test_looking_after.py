"""What the daemon does by itself for its disk: it recovers a workspace that is suspect, and takes up what had no room.

In virtual time, on disks in memory.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from imaging.inspection import Inspection, InspectJob, Rejection
from library.errors import Suspect
from library.events import Bus
from library.models import AssetChange
from library.surroundings import Surroundings
from library.tasks import Tasks
from library.workspaces import Workspaces
from store.database import Executor
from store.room import MIB, Room
from tests.library.faults import FailingExecutor, Faults
from tests.simulation.disk import MemoryDisk
from tests.simulation.machine import look_at
from tests.simulation.world import WrongClock, run_virtual

PICTURES = Path("/pictures")


class Device:
    """A device in virtual time; its faults last from one start to the next."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "home"
        self.chance = random.Random(1)
        self.clock = WrongClock(self.chance)
        self.faults = Faults()
        self.disk = MemoryDisk(self.clock.now)
        self.disk.make_folder(self.folder)
        self.disk.make_folder(PICTURES)
        self.disk.fault = self.faults.of_files

    def workspaces(self) -> Workspaces:
        around = Surroundings(
            clock=self.clock,
            random=self.chance,
            files=self.disk,
            open_executor=self._open_executor,
            in_thread=self._in_thread,
        )
        bus = Bus()
        room = Room(self.folder, self.disk, 8 * MIB)
        room.prepare()
        return Workspaces(self.folder, around, self._look, bus, Tasks(bus, self.chance), "alice", room)

    async def _open_executor(self, connect: Callable[[], sqlite3.Connection]) -> Executor:
        for place in self.disk.names(self.folder / "workspaces"):
            (self.folder / "workspaces" / place).mkdir(parents=True, exist_ok=True)
        return FailingExecutor(connect(), self.faults)

    async def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        await asyncio.sleep(0)
        return function(*arguments)

    async def _look(self, jobs: Any) -> list[Inspection | Rejection]:
        found: list[InspectJob] = list(jobs)
        return [look_at(self.disk, job) for job in found]


async def until(done: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(600):
        while not await done():  # noqa: ASYNC110 - virtual time costs nothing
            await asyncio.sleep(1)


def test_a_suspect_workspace_is_reopened_and_verified_also_over_a_restart(tmp_path: Path) -> None:
    device = Device(tmp_path)

    async def main() -> str:
        async with device.workspaces() as workspaces:
            library = workspaces.get("-")
            device.faults.arm("failing", 3)
            with pytest.raises(Suspect):
                await library.projects.create("one")
            device.faults.disarm()
            assert list(workspaces.suspects()) == ["Studio"]
        async with device.workspaces() as workspaces:
            assert list(workspaces.suspects()) == ["Studio"]  # nobody has looked since
            with pytest.raises(Suspect):
                await workspaces.get("-").projects.create("one")
            looking = asyncio.create_task(workspaces.look_after())

            async def trusted() -> bool:
                return not workspaces.suspects()

            await until(trusted)
            await workspaces.get("-").projects.create("one")
            looking.cancel()
        async with device.workspaces() as workspaces:
            assert not workspaces.suspects()
            assert [each.name for each in await workspaces.get("-").projects.list()] == ["one"]
        return "done"

    run_virtual(main)


def test_a_workspace_that_is_found_damaged_stays_suspect(tmp_path: Path) -> None:
    device = Device(tmp_path)

    async def main() -> str:
        device.disk.write(PICTURES / "a.png", b"a picture")
        async with device.workspaces() as workspaces:
            library = workspaces.get("-")
            (asset,) = (await library.ingest.import_paths([PICTURES / "a.png"])).assets
            shown = await library.assets.show(asset)
            device.disk.remove(library.blob(shown.asset.sha256).path)
            library.workspace.condition.doubt("The disk failed.")
            looking = asyncio.create_task(workspaces.look_after())
            await asyncio.sleep(60)
            assert "found damaged" in workspaces.suspects()["Studio"]
            with pytest.raises(Suspect):
                await library.assets.edit([asset], AssetChange(rating=1))
            assert (await library.assets.show(asset)).asset.name == shown.asset.name
            looking.cancel()
        return "done"

    run_virtual(main)


def test_what_a_watched_folder_held_while_the_disk_was_full_is_imported_when_there_is_room(tmp_path: Path) -> None:
    device = Device(tmp_path)

    async def main() -> str:
        device.disk.write(PICTURES / "a.png", b"a picture")
        async with device.workspaces() as workspaces:
            library = workspaces.get("-")
            space, device.disk.space = device.disk.space, device.disk.used() + MIB
            running = [asyncio.create_task(workspaces.run()), asyncio.create_task(workspaces.look_after())]
            await library.watch.add(PICTURES)
            await asyncio.sleep(60)
            (watched,) = await library.watch.list()
            assert (watched.state, watched.detail) == ("polling", "disk_full")
            assert workspaces.room.short and (await library.search.page("")).total == 0
            device.disk.space = space

            async def imported() -> bool:
                return (await library.search.page("")).total == 1

            await until(imported)
            assert not workspaces.room.short
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        return "done"

    run_virtual(main)
