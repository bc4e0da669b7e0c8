"""Watched folders: new files, edits in place, drives that go away and come back. Real notices, real files."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from library.catalog import Library
from library.errors import Clash, Invalid, NotFound
from library.surroundings import SystemClock
from tests.library.house import open_library, picture


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    async with open_library(tmp_path / "home", clock=SystemClock()) as opened:
        running = asyncio.create_task(opened.watch.run())
        yield opened
        running.cancel()
        await asyncio.wait([running])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "drive" / "pictures"
    made.mkdir(parents=True)
    (made / "first.png").write_bytes(picture((1, 1, 1)))
    return made


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await true():  # noqa: ASYNC110 - several things may make it true
            await asyncio.sleep(0.05)


async def count(library: Library, q: str = "") -> int:
    return (await library.search.page(q)).total


async def test_what_is_there_and_what_comes_is_imported_and_an_edit_is_a_version(
    library: Library, folder: Path
) -> None:
    await library.watch.add(folder)

    async def has(total: int) -> bool:
        return await count(library) == total

    await until(lambda: has(1))

    async def watching() -> bool:
        return [each.state for each in await library.watch.list()] == ["watching"]

    await until(watching)
    (folder / "second.png").write_bytes(picture((2, 2, 2)))
    await until(lambda: has(2))
    (folder / "first.png").write_bytes(picture((3, 3, 3)))

    async def edited() -> bool:
        return sorted(item.versions for item in (await library.search.page("")).items) == [1, 2]

    await until(edited)
    assert await count(library) == 2


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
    asset = (await library.search.page("")).items[0]
    with pytest.raises(NotFound) as caught:
        library.blob(asset.sha256)
    assert caught.value.code == "offline"
    assert asset.thumbnail is not None and library.blob(asset.thumbnail).path.exists()
    folder.mkdir(parents=True)  # the empty mount point of a drive that is away
    await asyncio.sleep(2.5)
    assert await offline()
    folder.rmdir()
    folder.parent.rmdir()
    shutil.move(away, folder.parent)
    await until(here)
    assert await library.care.digest() == before


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
    async with open_library(tmp_path / "home", clock=SystemClock()) as opened:
        await opened.watch.add(folder)
    async with open_library(tmp_path / "home", clock=SystemClock()) as opened:
        assert [each.path for each in await opened.watch.list()] == [str(folder)]
        with pytest.raises(Clash):
            await opened.watch.add(folder)
        first = asyncio.create_task(opened.watch.run())
        await until(lambda: has(opened, 1))
        first.cancel()
        await asyncio.wait([first])
        (folder / "second.png").write_bytes(picture((2, 2, 2)))
        again = asyncio.create_task(opened.watch.run())
        await until(lambda: has(opened, 2))
        again.cancel()
        await asyncio.wait([again])


async def has(library: Library, total: int) -> bool:
    return await count(library) == total
