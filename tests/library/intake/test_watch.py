"""Watched folders: new files, edits in place, drives that go away and come back. Real notices, real files."""

from __future__ import annotations

import asyncio
import errno
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from imaging.inspection import Inspection, InspectJob, Rejection
from library.catalog import Library
from library.errors import Clash, Invalid, NotFound
from library.intake.watch import LOOK_SECONDS, Watch
from library.notices import Notice, system_notices
from library.surroundings import SystemClock
from store.files import DiskFiles
from tests.library.house import look, open_library, picture


def notices(folder: Path, stop: asyncio.Event) -> AsyncIterator[Notice]:
    """The system's own, which say soon that nothing happened: only then a folder counts as watched."""
    return system_notices(folder, stop, 0.1)


@asynccontextmanager
async def followed(watch: Watch) -> AsyncIterator[None]:
    running = asyncio.create_task(watch.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait([running])


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    async with open_library(tmp_path / "home", clock=SystemClock(), notices=notices) as opened, followed(opened.watch):
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "drive" / "pictures"
    made.mkdir(parents=True)
    (made / "first.png").write_bytes(picture((1, 1, 1)))
    return made


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await true():  # noqa: ASYNC110 - several things may make it true
            await asyncio.sleep(0.05)


async def count(library: Library, q: str = "") -> int:
    return (await library.search.page(q)).total


def has(library: Library, total: int, q: str = "") -> Callable[[], Awaitable[bool]]:
    async def true() -> bool:
        return await count(library, q) == total

    return true


def has_versions(library: Library, *counts: int) -> Callable[[], Awaitable[bool]]:
    """Whether there are as many pictures, with so many versions each."""

    async def true() -> bool:
        return sorted(item.versions for item in (await library.search.page("")).items) == list(counts)

    return true


def watching(library: Library) -> Callable[[], Awaitable[bool]]:
    async def true() -> bool:
        return [each.state for each in await library.watch.list()] == ["watching"]

    return true


async def test_what_is_there_and_what_comes_is_imported_and_an_edit_is_a_version(
    library: Library, folder: Path
) -> None:
    await library.watch.add(folder)
    await until(has(library, 1))
    await until(watching(library))
    (folder / "second.png").write_bytes(picture((2, 2, 2)))
    await until(has(library, 2))
    (folder / "first.png").write_bytes(picture((3, 3, 3)))

    await until(has_versions(library, 1, 2))
    assert await count(library) == 2


async def test_what_is_written_slowly_is_imported_once_and_whole(library: Library, folder: Path) -> None:
    await library.watch.add(folder)
    await until(watching(library))
    data = picture((9, 9, 9), (900, 700))
    with (folder / "slow.png").open("wb") as file:
        for start in range(0, len(data), len(data) // 8):
            file.write(data[start : start + len(data) // 8])
            file.flush()
            await asyncio.sleep(0.3)
    await until(has(library, 2))
    await asyncio.sleep(1)
    (asset,) = [item for item in (await library.search.page("")).items if item.name == "slow.png"]
    assert (asset.versions, asset.bytes) == (1, len(data))


async def test_text_that_comes_after_its_picture_is_read_when_it_comes(library: Library, folder: Path) -> None:
    await library.watch.add(folder)
    await until(watching(library))
    await until(has(library, 1))
    with (folder / "first.txt").open("w") as file:  # written slowly, as tools do
        for word in ("neon ", "cat ", "on a street"):
            file.write(word)
            file.flush()
            await asyncio.sleep(0.3)
    await until(has(library, 1, "street"))
    (asset,) = (await library.search.page("")).items
    assert (asset.prompt, asset.versions) == ("neon cat on a street", 1)
    versions = (await library.assets.show(asset.id)).versions
    assert versions[0].facts is not None and b"neon" in library.workspace.blobs.read(bytes.fromhex(versions[0].facts))
    assert (await library.care.verify(read_data=True)).problems == []
    (folder / "first.txt").write_text("another prompt")
    (folder / "second.png").write_bytes(picture((2, 2, 2)))
    await until(has(library, 2))
    assert await count(library, "another") == 0  # what is known is not overwritten


async def test_text_that_came_while_nobody_watched_is_read_once(tmp_path: Path, folder: Path) -> None:
    looked: list[Path] = []

    async def counting(jobs: Sequence[InspectJob]) -> list[Inspection | Rejection]:
        looked.extend(job.path for job in jobs)
        return await look(jobs)

    async with open_library(tmp_path / "home", clock=SystemClock(), inspect=counting, notices=notices) as library:
        await library.ingest.import_paths([folder], watched=b"w")
        (folder / "first.txt").write_text("")  # says nothing, and is looked at for that once
        for _ in range(3):
            await library.ingest.import_paths([folder], watched=b"w")
        assert len(looked) == 2
        (folder / "first.txt").write_text("a quiet harbour")
        for _ in range(3):
            assert (await library.ingest.import_paths([folder], watched=b"w")).duplicates == 1
        assert len(looked) == 3 and await count(library, "harbour") == 1


async def test_saving_by_rename_is_a_version_and_renaming_keeps_the_picture(library: Library, folder: Path) -> None:
    await library.watch.add(folder)
    await until(watching(library))
    (folder / ".first.png.swp").write_bytes(picture((4, 4, 4)))
    (folder / ".first.png.swp").rename(folder / "first.png")

    await until(has_versions(library, 2))
    (folder / "first.png").rename(folder / "renamed.png")

    async def renamed() -> bool:
        (item,) = (await library.search.page("")).items
        return (await library.assets.show(item.id)).sources == ["first.png", "renamed.png"]

    await until(renamed)
    assert [item.versions for item in (await library.search.page("")).items] == [2]


async def test_hidden_and_unfinished_files_are_passed_over_until_they_have_their_name(
    library: Library, folder: Path
) -> None:
    await library.watch.add(folder)
    await until(watching(library))
    (folder / ".thumbnails").mkdir()
    data = picture((5, 5, 5))
    for name in (".hidden.png", "a.png.part", "b.png.crdownload", "c.png~", "d.tmp", ".thumbnails/e.png"):
        (folder / name).write_bytes(data)
    (folder / "link.png").symlink_to(folder / ".hidden.png")
    (folder / "notes.txt").write_text("no picture")
    (folder / "last.png").write_bytes(picture((6, 6, 6)))
    await until(has(library, 2))
    (folder / "a.png.part").rename(folder / "a.png")
    await until(has(library, 3))
    names = {item.name for item in (await library.search.page("")).items}
    assert names == {"first.png", "last.png", "a.png"}


async def test_a_folder_that_is_moved_in_and_a_burst_of_files_come_in_whole(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    await library.watch.add(folder)
    await until(watching(library))
    (tmp_path / "more" / "deep").mkdir(parents=True)
    for at in range(20):
        (tmp_path / "more" / "deep" / f"{at}.png").write_bytes(picture((at, 40, 40), (8, 8)))
    (tmp_path / "more").rename(folder / "more")
    await until(has(library, 21))
    for at in range(500):
        (folder / f"burst{at}.png").write_bytes(picture((at % 256, at // 256, 50), (8, 8)))
    await until(has(library, 521))


async def test_file_that_never_holds_still_keeps_no_other_waiting(library: Library, folder: Path) -> None:
    await library.watch.add(folder)
    await until(watching(library))

    async def grow() -> None:
        with (folder / "growing.png").open("ab") as file:
            while True:
                file.write(b"x")
                file.flush()
                await asyncio.sleep(0.05)

    growing = asyncio.create_task(grow())
    await asyncio.sleep(0.2)
    (folder / "second.png").write_bytes(picture((7, 7, 7)))
    await until(has(library, 2))
    growing.cancel()
    (folder / "growing.png").write_bytes(picture((8, 8, 8)))
    await until(has(library, 3))


async def silent(folder: Path, stop: asyncio.Event) -> AsyncIterator[Notice]:
    raise OSError(errno.ENOSPC, "OS file watch limit reached.")
    yield Notice([], False)


async def test_where_the_limit_of_watches_is_reached_it_is_looked_through_and_said_so(
    tmp_path: Path, folder: Path
) -> None:
    async with open_library(tmp_path / "home", clock=QuickClock(), notices=silent) as library:
        watch = Watch(library.workspace, library.ingest)
        async with followed(watch):
            await watch.add(folder)
            await until(has(library, 1))
            (folder / "second.png").write_bytes(picture((2, 2, 2)))
            await until(has(library, 2))
            (folder / "first.png").write_bytes(picture((3, 3, 3)))

            await until(has_versions(library, 1, 2))
            assert [(each.state, each.detail) for each in await watch.list()] == [("polling", "no_notices")]
            assert [(each.kind, each.path) for each in watch.troubles()] == [("polling", folder)]


class QuickClock(SystemClock):
    """Sleeps a hundredth of what is asked, but lets a file's time pass."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds / 100, 0.02))


@pytest.mark.timeout(300)
async def test_a_drive_with_five_hundred_pictures_comes_and_goes_and_none_is_looked_at_again(
    tmp_path: Path, folder: Path
) -> None:
    for at in range(499):
        (folder / f"{at}.png").write_bytes(picture((at % 256, at // 256, 60), (8, 8)))
    looked: list[Path] = []

    async def counting(jobs: Sequence[InspectJob]) -> list[Inspection | Rejection]:
        looked.extend(job.path for job in jobs)
        return await look(jobs)

    async with open_library(tmp_path / "home", clock=SystemClock(), inspect=counting, notices=notices) as library:
        async with followed(library.watch):
            await library.watch.add(folder, reference=True)
            await until(has(library, 500, "state:here"))
            before = await library.care.digest()
            away = folder.parent.with_name("away")
            folder.parent.rename(away)
            await until(has(library, 500, "state:offline"))
            assert [each.detail for each in await library.watch.list()] == ["away"]
            for item in (await library.search.page("", limit=500)).items:
                assert item.thumbnail is not None and library.blob(item.thumbnail).path.exists()
            away.rename(folder.parent)
            await until(has(library, 500, "state:here"))
            await until(watching(library))
            assert len(looked) == 500
            assert (await count(library), await library.care.digest()) == (500, before)


async def test_original_that_comes_back_elsewhere_under_its_name_is_here_again(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    await library.watch.add(folder, reference=True)
    await until(has(library, 1, "state:here"))
    (tmp_path / "other").mkdir()
    (folder / "second.png").write_bytes(picture((2, 2, 2)))
    await until(has(library, 2, "state:here"))
    (folder / "first.png").rename(tmp_path / "other" / "first.png")
    await until(has(library, 1, "state:missing"))
    await library.ingest.import_paths([tmp_path / "other"], reference=True)
    assert await count(library, "state:here") == 2


async def test_a_drive_that_is_unplugged_is_offline_and_loses_nothing(library: Library, folder: Path) -> None:
    await library.watch.add(folder, reference=True)

    async def here() -> bool:
        return await count(library, "state:here") == 1

    await until(here)
    before = await library.care.digest()
    away = folder.parent.parent / "away"
    shutil.move(folder.parent, away)

    async def offline() -> bool:
        return await count(library, "state:offline") == 1

    await until(offline)
    assert (await library.counts()).offline == 1
    asset = (await library.search.page("")).items[0]
    with pytest.raises(NotFound) as caught:
        library.blob(asset.sha256)
    assert caught.value.code == "offline"
    assert asset.thumbnail is not None and library.blob(asset.thumbnail).path.exists()
    assert [each.detail for each in await library.watch.list()] == ["away"]
    folder.mkdir(parents=True)  # the empty mount point of a drive that is away

    async def empty() -> bool:
        return [each.detail for each in await library.watch.list()] == ["empty"]

    await until(empty)
    assert await offline()
    folder.rmdir()
    folder.parent.rmdir()
    shutil.move(away, folder.parent)
    await until(here)
    assert await library.care.digest() == before


class Barred(DiskFiles):
    """A disk on which one folder may not be read."""

    path: Path | None = None

    def entries(self, folder: Path) -> Iterator[tuple[str, bool]]:
        if folder == self.path:
            raise PermissionError(errno.EACCES, "Permission denied")
        return super().entries(folder)


async def test_folder_that_may_no_longer_be_read_says_so_and_goes_on_when_it_may(tmp_path: Path, folder: Path) -> None:
    files = Barred()
    async with open_library(tmp_path / "home", clock=LooksOften(), files=files) as library:
        async with followed(library.watch):
            files.path = folder
            await library.watch.add(folder)

            async def barred() -> bool:
                return [(each.state, each.detail) for each in await library.watch.list()] == [("offline", "unreadable")]

            await until(barred)
            files.path = None
            await until(has(library, 1))
            await until(watching(library))


class LooksOften(SystemClock):
    """Pauses are short, and those between two looks for an absent folder are counted."""

    def __init__(self) -> None:
        self.looks = 0

    async def sleep(self, seconds: float) -> None:
        self.looks += seconds == LOOK_SECONDS
        await asyncio.sleep(0.02)


async def test_drive_that_stays_away_is_written_down_once(tmp_path: Path, folder: Path) -> None:
    clock = LooksOften()
    async with open_library(tmp_path / "home", clock=clock) as library:
        async with followed(library.watch):
            await library.watch.add(folder, reference=True)
            await until(has(library, 1, "state:here"))
            folder.rename(tmp_path / "away")
            await until(has(library, 1, "state:offline"))

            async def looked() -> bool:
                return clock.looks >= before + 5

            before, commits = clock.looks, library.workspace.database.commits
            await until(looked)
            assert library.workspace.database.commits == commits
            (tmp_path / "away").rename(folder)
            await until(has(library, 1, "state:here"))


async def test_folders_that_make_no_sense_are_refused(library: Library, folder: Path) -> None:
    await library.watch.add(folder)
    with pytest.raises(Clash):
        await library.watch.add(folder.parent)
    with pytest.raises(NotFound):
        await library.watch.add(folder / "absent")
    with pytest.raises(Invalid):
        await library.watch.add("pictures")
    (watched,) = await library.watch.list()
    await library.watch.remove(watched.id)
    assert await library.watch.list() == []
    with pytest.raises(NotFound):
        await library.watch.remove(watched.id)


async def test_a_binned_picture_stays_in_the_bin_though_its_folder_is_looked_through_again(
    library: Library, folder: Path
) -> None:
    report = await library.ingest.import_paths([folder], watched=b"w")
    await library.assets.bin(report.assets)
    (folder / "first.png").touch()
    await library.ingest.import_paths([folder], watched=b"w")
    assert await count(library) == 0
    await library.ingest.import_paths([folder / "first.png"])
    assert await count(library) == 1


async def test_folders_are_known_before_anybody_follows_them_and_followed_again_after_a_failure(
    tmp_path: Path, folder: Path
) -> None:
    async with open_library(tmp_path / "home", clock=SystemClock(), notices=notices) as opened:
        await opened.watch.add(folder)
    async with open_library(tmp_path / "home", clock=SystemClock(), notices=notices) as opened:
        assert [each.path for each in await opened.watch.list()] == [str(folder)]
        with pytest.raises(Clash):
            await opened.watch.add(folder)
        async with followed(opened.watch):
            await until(has(opened, 1))
        (folder / "second.png").write_bytes(picture((2, 2, 2)))
        async with followed(opened.watch):
            await until(has(opened, 2))


async def listed(library: Library) -> tuple[int, list[tuple[str, str]]]:
    """How many files of the one watched folder could not be imported, and which and why."""
    (watched,) = await library.watch.list()
    return watched.failures, [(Path(bad.path).name, bad.code) for bad in watched.failed]


async def test_bad_files_are_named_tried_again_once_changed_and_forgotten_once_gone(
    library: Library, folder: Path
) -> None:
    (folder / "bad.png").write_bytes(b"no picture")
    (folder / "cut off.png").write_bytes(picture((9, 9, 9))[:40])
    await library.watch.add(folder)

    def fail(*names: str) -> Callable[[], Awaitable[bool]]:
        async def true() -> bool:
            return [name for name, _ in (await listed(library))[1]] == list(names)

        return true

    await until(fail("bad.png", "cut off.png"))
    assert (await listed(library))[0] == 2
    await until(watching(library))
    (folder / "bad.png").write_bytes(picture((8, 8, 8)))
    await until(fail("cut off.png"))
    await until(has(library, 2))
    (folder / "cut off.png").unlink()
    await until(fail())


async def test_bad_file_is_not_looked_at_again_as_it_lies(tmp_path: Path, folder: Path) -> None:
    looked: list[str] = []

    async def inspect(jobs: Sequence[InspectJob]) -> list[Inspection | Rejection]:
        looked.extend(Path(job.path).name for job in jobs)
        return await look(jobs)

    (folder / "bad.png").write_bytes(b"no picture")
    async with open_library(tmp_path / "home", inspect=inspect, clock=SystemClock()) as library:
        watch = Watch(library.workspace, library.ingest, poll=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("library.intake.watch.POLL_SECONDS", 0.05)
            async with followed(watch):
                await watch.add(folder)
                await until(has(library, 1))
                for number in range(2):
                    (folder / f"later {number}.png").write_bytes(picture((7, 7, number)))
                    await until(has(library, 2 + number))
                (told,) = await watch.list()
    assert looked.count("bad.png") == 1
    assert [bad.code for bad in told.failed] == ["not_a_picture"]


async def test_folder_that_cannot_be_read_is_told_with_the_bad_files(tmp_path: Path, folder: Path) -> None:
    (folder / "closed").mkdir()
    files = Barred()
    files.path = folder / "closed"
    async with open_library(tmp_path / "home", clock=SystemClock(), files=files, notices=notices) as library:
        async with followed(library.watch):
            await library.watch.add(folder)
            await until(has(library, 1))
            assert await listed(library) == (1, [("closed", "folder_unreadable")])
