"""A disk that is full or fails, at every operation in turn, of an import, an edit, a rebuild and a backup.

Nothing that was acknowledged is lost, reading goes on, what is said is clear, and work goes on without a restart.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from library.catalog import Library
from library.errors import DiskFull, LibraryError, Suspect
from library.export.backing import MANIFEST, PARTS, Manifest
from library.models import AssetChange
from library.workspace import translated
from store.errors import StoreError, StoreFull, StoreSuspect
from store.room import MIB, Room
from tests.library.faults import Faults, Kind, failing_library
from tests.simulation.disk import MemoryDisk

PICTURES, BACKUPS = Path("/pictures"), Path("/backups")
MOST = 2500  # operations of one piece of work
Work = Callable[[Library, MemoryDisk, int], Awaitable[None]]


class NotTaken(Exception):
    """The import reported that its file was not taken."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


async def bring_in(library: Library, disk: MemoryDisk, number: int) -> None:
    path = PICTURES / "same.png"
    report = await library.ingest.import_paths([path])
    if report.failed:
        assert report.imported == 0
        raise NotTaken(report.failed[0].code, report.failed[0].reason)
    assert report.imported + report.versions + report.duplicates == 1


async def edit(library: Library, disk: MemoryDisk, number: int) -> None:
    (asset,) = [item.id for item in (await library.search.page("first")).items]
    await library.assets.edit_one(asset, AssetChange(note=f"edit {number}", rating=number % 5 + 1))


async def rebuild(library: Library, disk: MemoryDisk, number: int) -> None:
    await library.care.rebuild()


async def back_up(library: Library, disk: MemoryDisk, number: int) -> None:
    target = BACKUPS / f"{number}"
    try:
        await library.care.backup(target)
    finally:
        if disk.facts(target / MANIFEST) is not None:  # what says that it is whole is whole
            manifest = msgspec.json.decode(disk.read(target / MANIFEST), type=Manifest)
            parts = [msgspec.msgpack.decode(disk.read(target / f"{name}-{manifest.run}")) for name in PARTS]
            assert all(disk.facts(target / "blobs" / h.hex()[:2] / h.hex()[2:]) for h, _, _ in parts[2])


async def prepared(library: Library, disk: MemoryDisk) -> str:
    disk.make_folder(PICTURES)
    disk.make_folder(BACKUPS)
    disk.write(PICTURES / "first.png", b"the first picture")
    (asset,) = (await library.ingest.import_paths([PICTURES / "first.png"])).assets
    await library.assets.edit_one(asset, AssetChange(title="first", note="edit 0"))
    disk.write(PICTURES / "same.png", b"a second picture")
    return asset


def said(error: Exception) -> LibraryError | NotTaken:
    """What reaches people; anything that is not one of ours is a bug."""
    if isinstance(error, StoreError):
        return translated(error)
    assert isinstance(error, LibraryError | NotTaken), repr(error)
    return error


async def recovered(library: Library) -> None:
    """What the daemon does by itself."""
    if library.workspace.condition.suspect is not None:
        await library.workspace.reopen()
        assert (await library.care.verify()).problems == []
        library.workspace.trust()


@pytest.mark.parametrize("lasting", [False, True])
@pytest.mark.parametrize("kind", ["full", "failing"])
@pytest.mark.parametrize("work", [bring_in, edit, back_up])
async def test_every_operation_fails_in_turn(tmp_path: Path, work: Work, kind: Kind, lasting: bool) -> None:
    await fail_in_turn(tmp_path, work, kind, lasting, 1)


@pytest.mark.parametrize("kind", ["full", "failing"])
async def test_some_operations_of_a_rebuild_fail_in_turn(tmp_path: Path, kind: Kind) -> None:
    await fail_in_turn(tmp_path, rebuild, kind, False, 7)


@pytest.mark.long
@pytest.mark.parametrize("lasting", [False, True])
@pytest.mark.parametrize("kind", ["full", "failing"])
async def test_every_operation_of_a_rebuild_fails_in_turn(tmp_path: Path, kind: Kind, lasting: bool) -> None:
    await fail_in_turn(tmp_path, rebuild, kind, lasting, 1)


async def fail_in_turn(tmp_path: Path, work: Work, kind: Kind, lasting: bool, step: int) -> None:
    """Let every (or every `step`th) operation of a piece of work fail, until the work comes to its end."""
    faults = Faults()
    async with failing_library(tmp_path / "home", faults) as (library, disk):
        asset = await prepared(library, disk)
        for moment in itertools.count(1, step):
            assert moment < MOST
            before = await library.assets.show(asset)
            total, digest = (await library.search.page("")).total, await library.care.digest()
            faults.arm(kind, moment, lasting=lasting)
            failure = None
            try:
                await work(library, disk, moment)
            except Exception as error:
                failure = said(error)
            if kind == "full" and failure is not None:  # still full, and everything can be read
                assert failure.code == "disk_full" and "disk is full" in str(failure)
                assert await library.assets.show(asset) == before
                assert (await library.search.page("")).total == total
                assert library.workspace.blobs.read(bytes.fromhex(before.asset.sha256)) == b"the first picture"
            if not faults.disarm():
                assert failure is None
                break
            if kind == "failing" and failure is not None:
                assert failure.code in ("store_suspect", "unreadable"), repr(failure)
            await recovered(library)
            if failure is not None:
                assert await library.assets.show(asset) == before
                assert await library.care.digest() == digest
            assert (await library.care.verify(read_data=True)).problems == []
        digest = await library.care.digest()
        assert await library.care.rebuild() == digest
        await library.projects.create("work goes on")


async def test_of_a_file_edited_where_it_lies_and_one_that_came_each_is_told_what_became_of_it(tmp_path: Path) -> None:
    faults = Faults()
    async with failing_library(tmp_path / "home", faults) as (library, disk):
        await prepared(library, disk)
        edited = PICTURES / "first.png"
        asset, versions, total = (await library.search.page("")).items[0].id, 1, 1
        apart = 0
        for moment in itertools.count(1):
            new = PICTURES / f"new{moment}.png"
            disk.write(edited, b"edited " * moment)  # the clock stands still: the size says that it is another
            disk.write(new, b"new %d" % moment)
            faults.arm("full", moment)
            report = await library.ingest.import_paths([edited, new])
            failed = [each.path for each in report.failed]
            versions += str(edited) not in failed
            total += str(new) not in failed
            apart += len(failed) == 1
            assert (report.versions, report.imported) == (str(edited) not in failed, str(new) not in failed)
            assert len((await library.assets.show(asset)).versions) == versions
            assert (await library.search.page("")).total == total
            assert {each.code for each in report.failed} <= {"disk_full"}
            if not faults.disarm():
                break
        assert apart > 0 and (await library.care.verify(read_data=True)).problems == []


async def test_with_a_ballast_edits_go_on_at_whatever_moment_the_disk_is_full(tmp_path: Path) -> None:
    faults = Faults()
    async with failing_library(tmp_path / "home", faults, ballast=8 * MIB) as (library, disk):
        asset = await prepared(library, disk)
        ballast = tmp_path / "home" / "ballast"
        faults.relieved = lambda: disk.facts(ballast) is None
        for moment in itertools.count(1):
            faults.arm("full", moment, lasting=True)
            await edit(library, disk, moment)
            now = await library.assets.show(asset)
            assert (now.note, now.asset.rating) == (f"edit {moment}", moment % 5 + 1)
            assert (await library.history.timeline(1))[0][0].params["count"] == 1
            if not faults.disarm():
                break
            assert library.workspace.room.short and disk.facts(ballast) is None
            library.workspace.room.renew()
            assert not library.workspace.room.short and disk.facts(ballast) is not None
        assert moment > 3


async def test_nothing_new_is_taken_in_while_there_is_little_room(tmp_path: Path) -> None:
    async with failing_library(tmp_path / "home", Faults(), ballast=8 * MIB) as (library, disk):
        asset = await prepared(library, disk)
        disk.space = disk.used() + 2 * MIB
        for _ in range(2):
            with pytest.raises(NotTaken) as caught:
                await bring_in(library, disk, 0)
            assert caught.value.code == "disk_full" and "MiB are left" in str(caught.value)
        with pytest.raises(DiskFull), library.ingest.upload_place(100):
            raise AssertionError("it was let in")
        assert library.workspace.room.short
        await library.assets.bin([asset])  # putting things in order is not new work
        disk.space += 32 * MIB
        library.workspace.room.renew()
        await bring_in(library, disk, 1)
        assert not library.workspace.room.short


async def test_after_a_failed_sync_nothing_is_written_until_it_was_reopened_and_verified(tmp_path: Path) -> None:
    faults = Faults()
    async with failing_library(tmp_path / "home", faults) as (library, disk):
        asset = await prepared(library, disk)
        disk.fault = lambda operation, path: OSError(5, "Input/output error") if operation == "sync" else None
        with pytest.raises(NotTaken) as caught:
            await bring_in(library, disk, 0)
        assert caught.value.code == "store_suspect"
        disk.fault = faults.of_files  # the disk answers again, but what it lost is lost
        with pytest.raises(Suspect):
            await edit(library, disk, 1)
        with pytest.raises(StoreSuspect):
            library.workspace.blobs.put([b"more"])
        assert (await library.assets.show(asset)).note == "edit 0"
        await recovered(library)
        await edit(library, disk, 2)
        await bring_in(library, disk, 3)
        assert (await library.assets.show(asset)).note == "edit 2"
        assert (await library.care.verify(read_data=True)).problems == []


def test_a_full_disk_says_how_much_is_needed(tmp_path: Path) -> None:
    disk = MemoryDisk(lambda: 0, space=10 * MIB)
    disk.make_folder(Path("/home"))
    room = Room(Path("/home"), disk, ballast=4 * MIB)
    room.prepare()
    with room.taking(MIB), pytest.raises(StoreFull, match="6 MiB are left, 9 are needed"), room.taking(3 * MIB):
        raise AssertionError("it was let in")


def test_a_small_file_is_not_refused_for_a_large_one_that_is_still_coming_in(tmp_path: Path) -> None:
    disk = MemoryDisk(lambda: 0, space=16 * MIB)
    disk.make_folder(Path("/home"))
    room = Room(Path("/home"), disk)
    with room.taking(5 * MIB):
        disk.write(Path("/home/large"), bytes(5 * MIB))  # 11 MiB are left: less than three of the large one need
        with room.taking(2 * MIB):
            assert not room.short
        assert room.fitting([MIB, MIB, MIB, 2 * MIB]) == 2
        with pytest.raises(StoreFull), room.taking(4 * MIB):
            raise AssertionError("it was let in")
        assert room.short
    disk.remove(Path("/home/large"))
    assert not room.short
