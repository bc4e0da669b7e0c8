"""A disk with little room: what fits comes in, only what does not is refused, and what is said of it is true."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from imaging.inspection import Inspection, InspectJob, Rejection
from library.errors import DiskFull
from library.intake import ingest
from library.models import ImportFailure
from store.files import DiskFiles
from store.room import MIB
from tests.library.house import look, open_library, picture


class LittleDisk(DiskFiles):
    """A disk of `space` bytes that holds what lies below `root`; counts how often it is asked what is free."""

    def __init__(self, root: Path, space: int) -> None:
        self.root = root
        self.space = space
        self.asked = 0

    def used(self) -> int:
        return sum(path.stat().st_size for path in self.root.rglob("*") if path.is_file())

    def free_bytes(self, path: Path) -> int:
        self.asked += 1
        return max(0, self.space - self.used())


@pytest.fixture
def disk(tmp_path: Path) -> LittleDisk:
    (tmp_path / "disk").mkdir()
    return LittleDisk(tmp_path / "disk", 40 * MIB)


@pytest.fixture
def real_disk(tmp_path: Path) -> Iterator[DiskFiles]:
    """A file system of 40 MiB; where none may be mounted, one that only says so."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={40 * MIB}", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        yield LittleDisk(place, 40 * MIB)
        return
    try:
        yield DiskFiles()
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def put(folder: Path, name: str, size: int) -> Path:
    """A picture of so many bytes, unlike all others."""
    folder.mkdir(exist_ok=True)
    chance = random.Random(name)
    head = picture((chance.randrange(256), chance.randrange(256), chance.randrange(256)))
    path = folder / f"{name}.png"
    path.write_bytes(head + chance.randbytes(size - len(head)))
    return path


def numbers(failed: ImportFailure) -> tuple[str, str, int, int]:
    return Path(failed.path).stem, failed.code, int(failed.params["mib"]), int(failed.params["needed"])


@pytest.mark.process
async def test_folder_that_fits_only_in_pieces_comes_in_whole(tmp_path: Path, real_disk: DiskFiles) -> None:
    for number in range(12):
        put(tmp_path / "new", f"p{number}", 3 * MIB // 2)  # three times the whole is more than the disk has
    async with open_library(tmp_path / "disk" / "home", files=real_disk) as library:
        report = await library.ingest.import_paths([tmp_path / "new"])
        assert (report.imported, report.failed) == (12, [])
        assert not library.workspace.room.short
        assert list((library.workspace.blobs.root / "incoming").iterdir()) == []
        assert (await library.care.verify(read_data=True)).problems == []


async def test_folder_comes_in_until_the_next_file_alone_does_not_fit(tmp_path: Path, disk: LittleDisk) -> None:
    for number in range(12):
        put(tmp_path / "new", f"p{number}", 4 * MIB)
    async with open_library(tmp_path / "disk" / "home", files=disk) as library:
        disk.space = disk.used() + 36 * MIB
        report = await library.ingest.import_paths([tmp_path / "new"])
        assert report.imported >= 6 and report.imported + len(report.failed) == 12
        room, left = library.workspace.room, disk.space - disk.used()
        assert left < 12 * MIB  # one more would not fit
        assert {numbers(each)[1:] for each in report.failed} == {("disk_full", left // MIB, 12)}
        assert room.short and room.refusal() == {"mib": str(left // MIB), "needed": "12"}
        disk.space = disk.used() + 100 * MIB
        assert not room.short
        assert (await library.ingest.import_paths([tmp_path / "new"])).failed == []


@pytest.mark.parametrize("most", [2, 128])
async def test_of_many_only_the_file_that_does_not_fit_by_itself_is_refused(
    tmp_path: Path, disk: LittleDisk, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(ingest, "GROUP", most)  # of two, the large one is in the middle of the import
    for number in range(7):
        put(tmp_path / "new", f"p{number}", 14 * MIB if number == 3 else MIB // 2)
    async with open_library(tmp_path / "disk" / "home", files=disk) as library:
        report = await library.ingest.import_paths([tmp_path / "new"])
        assert report.imported == 6
        (failed,) = report.failed
        name, code, left, needed = numbers(failed)
        assert (name, code, needed) == ("p3", "disk_full", 42) and 30 <= left < 40
        assert f"{left} MiB are left, 42 are needed" in failed.reason
        room = library.workspace.room
        room.renew()  # a look at the disk changes nothing as long as nothing else did
        assert room.short
        put(tmp_path / "more", "small", MIB)
        assert (await library.ingest.import_paths([tmp_path / "more"])).imported == 1
        assert not room.short  # work goes through
        assert (await library.ingest.import_paths([tmp_path / "new"])).failed[0].params["needed"] == "42"
        assert room.short
        disk.space += 20 * MIB
        assert not room.short


async def test_file_that_fits_once_what_came_twice_is_gone_again_comes_in(tmp_path: Path, disk: LittleDisk) -> None:
    first = put(tmp_path / "old", "first", 5 * MIB)
    put(tmp_path / "new", "second", 5 * MIB)
    shutil.copyfile(first, tmp_path / "new" / "again.png")
    async with open_library(tmp_path / "disk" / "home", files=disk) as library:
        await library.ingest.import_paths([first])
        disk.space = disk.used() + 17 * MIB
        report = await library.ingest.import_paths([tmp_path / "new"])
        assert (report.imported, report.duplicates, report.failed) == (1, 1, [])
        assert not library.workspace.room.short


async def test_originals_kept_in_place_need_no_room_of_their_own(tmp_path: Path, disk: LittleDisk) -> None:
    put(tmp_path / "new", "large", 30 * MIB)
    async with open_library(tmp_path / "disk" / "home", files=disk) as library:
        assert (await library.ingest.import_paths([tmp_path / "new"], reference=True)).imported == 1
        put(tmp_path / "new", "other", MIB)
        disk.space = disk.used() + 2 * MIB
        (failed,) = (await library.ingest.import_paths([tmp_path / "new"], reference=True)).failed
        assert numbers(failed) == ("other", "disk_full", 2, 3)


async def test_import_that_breaks_off_between_two_pieces_leaves_no_copy(tmp_path: Path, disk: LittleDisk) -> None:
    for number in range(4):
        put(tmp_path / "new", f"p{number}", 5 * MIB)
    pieces = []

    async def looking(jobs: Sequence[InspectJob]) -> list[Inspection | Rejection]:
        pieces.append(len(jobs))
        if len(pieces) == 2:
            raise RuntimeError("the workers are gone")
        return await look(jobs)

    async with open_library(tmp_path / "disk" / "home", inspect=looking, files=disk) as library:
        with pytest.raises(RuntimeError, match="workers"):
            await library.ingest.import_paths([tmp_path / "new"])
        assert pieces == [2, 1]
        assert list((library.workspace.blobs.root / "incoming").iterdir()) == []


async def test_upload_is_refused_with_its_numbers_and_a_smaller_one_taken(tmp_path: Path, disk: LittleDisk) -> None:
    async with open_library(tmp_path / "disk" / "home", files=disk) as library:
        room, left = library.workspace.room, (disk.space - disk.used()) // MIB
        with pytest.raises(DiskFull) as caught, library.ingest.upload_place(14 * MIB):
            raise AssertionError("it was let in")
        assert caught.value.params == {"mib": str(left), "needed": "42"}
        assert room.short
        with library.ingest.upload_place(MIB):
            assert not room.short


async def test_with_plenty_of_room_the_disk_is_asked_once_for_each_group(
    tmp_path: Path, disk: LittleDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "GROUP", 10)
    for number in range(30):
        put(tmp_path / "new", f"p{number}", 1000)
    async with open_library(tmp_path / "disk" / "home", files=disk) as library:
        disk.asked = 0
        assert (await library.ingest.import_paths([tmp_path / "new"])).imported == 30
        assert disk.asked == 3
