"""The daemon dies, or the power goes, at every step of an import: what was answered stays, nothing else is left."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from imaging.inspection import Inspection, InspectJob, Rejection
from library.events import Bus
from library.intake.arriving import ARRIVING, announce, sweep
from library.surroundings import Surroundings
from library.tasks import Tasks
from library.workspaces import Workspaces
from store.database import Executor
from tests.chaos.stored import open_rows
from tests.library.faults import Failing
from tests.library.house import HandClock, open_library, picture
from tests.simulation.disk import MemoryDisk, PowerCut
from tests.simulation.machine import look_at

PICTURES = Path("/pictures")
NAMES = ("a.png", "b.png", "c.png")
FIRST = hashlib.sha256(NAMES[0].encode()).hexdigest()


class Killed(PowerCut):
    """The process ends here; what the system has is not lost."""


class Death:
    """Comes at the operation of a chosen number, of files or of SQL; nothing is done after it."""

    def __init__(self) -> None:
        self.alive()

    def alive(self) -> None:
        self.left, self.dead = 0, False

    def _comes(self) -> bool:
        self.left -= 1
        self.dead = self.dead or self.left == 0
        return self.dead

    def of_files(self, operation: str, path: Path) -> PowerCut | None:
        return Killed() if self._comes() else None

    def of_sql(self, statement: str) -> None:
        if self._comes():
            raise Killed


class DyingExecutor:
    """Runs work inline on a connection that dies with its process: nothing rolls it back."""

    def __init__(self, connection: sqlite3.Connection, death: Death) -> None:
        self._connection, self._dying = connection, Failing(connection, death)  # type: ignore[arg-type]

    async def run(self, work: Callable[[Any], Any]) -> Any:
        return work(self._dying)

    async def close(self) -> None:
        self._connection.close()


class Device:
    """A device whose disk and database outlive its process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "home"
        self.folder.mkdir(parents=True)
        self.death = Death()
        self.chance = random.Random(4)
        self.disk = MemoryDisk(lambda: 1_790_000_000_000)
        self.disk.make_folder(self.folder)
        self.disk.make_folder(PICTURES)
        for name in NAMES:
            self.disk.write(PICTURES / name, name.encode())

    def workspaces(self) -> Workspaces:
        around = Surroundings(HandClock(), self.chance, self.disk, self._open, in_thread=self._in_thread)
        bus = Bus()
        return Workspaces(self.folder, around, self._look, bus, Tasks(bus, self.chance), "alice")

    async def _open(self, connect: Callable[[], sqlite3.Connection]) -> Executor:
        for name in self.disk.names(self.folder / "workspaces"):
            (self.folder / "workspaces" / name).mkdir(parents=True, exist_ok=True)
        connection = connect()
        connection.execute("PRAGMA synchronous=OFF")  # the database loses nothing here: its own tests cut its power
        return DyingExecutor(connection, self.death)

    async def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        await asyncio.sleep(0)
        return function(*arguments)

    async def _look(self, jobs: Any) -> list[Inspection | Rejection]:
        found: list[InspectJob] = list(jobs)
        return [look_at(self.disk, job) for job in found]

    async def import_until(self, moment: int) -> bool:
        """Import one picture, then all, to die at that operation of it; whether that came to its end."""
        self.disk.fault = self.death.of_files
        async with self.workspaces() as workspaces:
            ingest = workspaces.get("-").ingest
            assert (await ingest.import_paths([PICTURES / NAMES[0]])).imported == 1
            self.death.left = moment
            try:
                report = await ingest.import_paths([PICTURES])
            except PowerCut:
                return False
            finally:
                self.death.alive()
                self.disk.off = False
            assert report.imported + report.duplicates == len(NAMES)
            return True

    async def check(self) -> tuple[set[str], set[str]]:
        """After a start: hashes that the rows have here, and those that lie on the disk."""
        async with self.workspaces() as workspaces:
            assert not workspaces.closed()
            workspace = workspaces.get("-").workspace
            rows = await workspace.database.read(
                lambda connection: {h.hex() for (h,) in connection.execute("SELECT hash FROM blob WHERE here=1")}
            )
            assert self.disk.names(workspace.folder / ARRIVING) == []
            return rows, {hash.hex() for hash in workspace.blobs.all()}


async def die_in_turn(folder: Path, step: int) -> None:
    lay = 0
    for moment in itertools.count(1, step):
        device = Device(folder / str(moment))
        ended = await device.import_until(moment)
        place = next(device.folder.glob("workspaces/*"))
        before = [name for name in device.disk.names(place / "blobs") if len(name) == 2]
        rows, files = await device.check()
        assert rows == files and FIRST in rows
        assert not ended or len(rows) >= len(NAMES)
        lay += len(before) > len({hash[:2] for hash in files})
        if ended:
            break
    assert moment > 20 and lay > 20 // step  # it often died with blobs on the disk that no row had yet


async def test_killed_at_some_steps_of_an_import_nothing_is_left_behind(tmp_path: Path) -> None:
    await die_in_turn(tmp_path, 6)


@pytest.mark.long
async def test_killed_at_every_step_of_an_import_nothing_is_left_behind(tmp_path: Path) -> None:
    await die_in_turn(tmp_path, 1)


async def cut_off(folder: Path, picture_file: Path) -> bytes:
    """A library with one picture, whose process died over a second: its blob lies there, noted and without a row."""
    async with open_library(folder) as library:
        await library.ingest.import_paths([picture_file])
        kept = {bytes.fromhex(hash) for hash in on_disk(folder)}
        hash = hashlib.sha256(b"cut off").digest()
        announce(library.workspace, {hash, *kept})
        library.workspace.blobs.put([b"cut off"])
    return hash


def on_disk(folder: Path) -> set[str]:
    return {path.parent.name + path.name for path in folder.glob("blobs/??/*")}


@pytest.fixture
def picture_file(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    path.write_bytes(picture((1, 2, 3)))
    return path


async def test_blob_without_a_row_goes_and_those_with_one_stay(tmp_path: Path, picture_file: Path) -> None:
    hash = await cut_off(tmp_path / "home", picture_file)
    async with open_library(tmp_path / "home") as library:
        assert await sweep(library.workspace) == 1
        assert hash.hex() not in on_disk(tmp_path / "home") and len(on_disk(tmp_path / "home")) == 2
        assert (await library.care.verify(read_data=True)).problems == []
        assert await sweep(library.workspace) == 0


async def test_what_an_older_copy_of_the_database_does_not_know_stays(tmp_path: Path, picture_file: Path) -> None:
    """Whoever puts yesterday's database back still has the pictures that came since."""
    async with open_library(tmp_path / "home"):
        pass
    old = (tmp_path / "home" / "library.sqlite").read_bytes()
    await cut_off(tmp_path / "home", picture_file)
    before = on_disk(tmp_path / "home")
    (tmp_path / "home" / "library.sqlite").write_bytes(old)
    async with open_library(tmp_path / "home") as library:
        assert await sweep(library.workspace) == 0
    assert on_disk(tmp_path / "home") == before and len(before) == 3


async def test_where_rows_vanished_nothing_is_removed(tmp_path: Path, picture_file: Path) -> None:
    await cut_off(tmp_path / "home", picture_file)
    before = on_disk(tmp_path / "home")
    rows = open_rows(tmp_path / "home")
    rows.execute("DROP TRIGGER blob_less")
    rows.execute("DELETE FROM blob")
    rows.close()
    async with open_library(tmp_path / "home") as library:
        assert await sweep(library.workspace) == 0
    assert on_disk(tmp_path / "home") == before


async def test_while_the_disk_is_not_to_be_trusted_nothing_is_removed(tmp_path: Path, picture_file: Path) -> None:
    await cut_off(tmp_path / "home", picture_file)
    async with open_library(tmp_path / "home") as library:
        library.workspace.condition.doubt("The disk failed.")
        assert await sweep(library.workspace) == 0
        library.workspace.trust()
        assert await sweep(library.workspace) == 1


async def test_disk_that_will_not_give_a_blob_up_keeps_no_workspace_closed(tmp_path: Path) -> None:
    device = Device(tmp_path / "device")
    for moment in itertools.count(20, 5):
        assert not await device.import_until(moment)
        (folder,) = device.folder.glob("workspaces/*")
        if device.disk.names(folder / ARRIVING):
            break
    device.disk.fault = lambda operation, path: OSError(5, "Input/output error") if operation == "remove" else None
    async with device.workspaces() as workspaces:
        assert not workspaces.closed() and device.disk.names(folder / ARRIVING)
    device.disk.fault = device.death.of_files
    rows, files = await device.check()
    assert rows == files


async def test_note_that_was_cut_off_names_nothing(tmp_path: Path, picture_file: Path) -> None:
    await cut_off(tmp_path / "home", picture_file)
    (note,) = (tmp_path / "home" / ARRIVING).iterdir()
    note.write_bytes(note.read_bytes()[:-40])
    async with open_library(tmp_path / "home") as library:
        assert await sweep(library.workspace) == 0
    assert len(on_disk(tmp_path / "home")) == 3 and not note.exists()
