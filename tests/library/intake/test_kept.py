"""Originals kept in place: they are edited, moved, go with their drive, come back, and are imported from again."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from imaging.pool import Pool
from library.catalog import Library
from library.errors import Clash, NotFound
from library.models import AssetChange
from library.surroundings import SystemClock
from tests.library.house import open_library, picture, pictures
from tests.library.intake.test_watch import until


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    made = tmp_path / "drive"
    made.mkdir()
    (made / "a.png").write_bytes(picture((1, 2, 3)))
    (made / "b.png").write_bytes(picture((4, 5, 6)))
    return made


@asynccontextmanager
async def started(home: Path) -> AsyncIterator[Library]:
    """The library with its watching under way, as the daemon starts it."""
    async with open_library(home, clock=SystemClock()) as library:
        running = asyncio.create_task(library.watch.run())
        yield library
        running.cancel()
        await asyncio.wait([running])


async def come_to(library: Library, **states: int) -> None:
    async def told() -> bool:
        return {state: (await library.search.page(f"state:{state}")).total for state in states} == states

    await until(told)


async def watched_and_back(library: Library, drive: Path) -> None:
    """The drive is watched, goes, is watched no longer, and comes back."""
    watched = await library.watch.add(drive, reference=True)
    await come_to(library, here=2)
    away = drive.rename(drive.parent / "away")
    await come_to(library, offline=2)
    await library.watch.remove(watched.id)
    away.rename(drive)


async def test_drive_that_went_while_nobody_looked_is_offline_after_the_next_start(tmp_path: Path, drive: Path) -> None:
    async with open_library(tmp_path / "home") as library:
        await library.ingest.import_paths([drive], reference=True)
    away = drive.rename(tmp_path / "away")
    async with started(tmp_path / "home") as library:
        await come_to(library, here=0, offline=2)
        assert (await library.counts()).offline == 2
        shown = (await library.search.page("")).items[0]
        away.rename(drive)
        assert library.blob(shown.sha256).path.parent == drive  # given out at once, though the list learns it later
    async with started(tmp_path / "home") as library:
        await come_to(library, here=2, offline=0)
        assert not (await library.care.verify()).problems
    for each in drive.iterdir():
        each.unlink()
    async with started(tmp_path / "home") as library:  # a mount point without its drive
        await come_to(library, here=0, offline=2)


async def test_file_that_was_removed_while_nobody_looked_is_missing_after_the_next_start(
    tmp_path: Path, drive: Path
) -> None:
    async with open_library(tmp_path / "home") as library:
        await library.ingest.import_paths([drive], reference=True)
    (drive / "a.png").unlink()
    async with started(tmp_path / "home") as library:
        await come_to(library, here=1, missing=1)
        (missing,) = (await library.search.page("state:missing")).items
        with pytest.raises(NotFound) as caught:
            library.blob(missing.sha256)
        assert caught.value.code == "original_gone"


async def test_version_is_restored_whose_drive_is_away_and_none_whose_bytes_are_gone(
    tmp_path: Path, drive: Path
) -> None:
    painted = [picture((number, 8, 8), (8, 6)) for number in range(3)]
    (drive / "a.png").write_bytes(painted[0])
    (drive / "b.png").write_bytes(painted[0])
    async with started(tmp_path / "home") as library:
        (id,) = (await library.ingest.import_paths([drive], reference=True)).assets
        for number in (1, 2):
            (drive / "a.png").write_bytes(painted[number])
            report = await library.ingest.import_paths([drive / "a.png"], reference=True)
            assert (report.versions, report.assets) == (1, [id])
        (tmp_path / "copy.png").write_bytes(painted[2])
        await library.ingest.import_paths([tmp_path / "copy.png"])
        entries = [entry for entry in await library.history.of(id) if entry.intent == "asset.version"]
    drive.rename(tmp_path / "away")
    async with started(tmp_path / "home") as library:
        await until(lambda: states_are(library, id, ["offline", "missing", "here"]))
        first, second, _ = (await library.assets.show(id)).versions
        for wish in ({"version": second.id}, {"action": entries[-1].action}):
            with pytest.raises(Clash) as caught:
                await library.assets.restore(id, **wish)
            assert (caught.value.code, caught.value.params) == ("version_gone", {"number": 2})
        assert len((await library.assets.show(id)).versions) == 3
        await library.assets.restore(id, version=first.id)
        assert (await library.assets.show(id)).asset.sha256 == first.sha256


async def states_are(library: Library, id: str, states: list[str]) -> bool:
    return [version.state for version in (await library.assets.show(id)).versions] == states


async def test_folder_no_longer_watched_is_here_when_it_is_imported_again(tmp_path: Path, drive: Path) -> None:
    async with started(tmp_path / "home") as library:
        await watched_and_back(library, drive)
        report = await library.ingest.import_paths([drive], reference=True)
        assert (report.imported, report.versions, report.duplicates) == (0, 0, 2)
        await come_to(library, here=2, offline=0)


async def test_copies_of_what_was_kept_on_a_drive_are_made_once(tmp_path: Path, drive: Path) -> None:
    async with started(tmp_path / "home") as library:
        await watched_and_back(library, drive)
        before = await library.counts()
        await library.ingest.import_paths([drive])
        await come_to(library, here=2, offline=0)
        assert (await library.counts()).blobs == before.blobs + 2
        commits = library.workspace.database.commits
        assert (await library.ingest.import_paths([drive])).duplicates == 2
        assert library.workspace.database.commits == commits


@pytest.fixture
async def library(tmp_path: Path, pool: Pool) -> AsyncIterator[Library]:
    async with open_library(tmp_path / "home", inspect=pool.inspect) as opened:
        yield opened


async def test_original_kept_in_place_and_edited_there_is_gone_and_its_preview_kept(
    library: Library, tmp_path: Path
) -> None:
    (path,) = pictures(folder := tmp_path / "pictures", 1)
    report = await library.ingest.import_paths([folder], reference=True)
    old = (await library.assets.show(report.assets[0])).asset
    path.write_bytes(picture((9, 9, 9), (8, 6)))
    os.utime(path, ns=(1, 1))
    # Noticed when the bytes are asked for: other ones are never given out in their place.
    with pytest.raises(NotFound) as caught:
        library.blob(old.sha256)
    assert caught.value.code == "original_gone"
    again = await library.ingest.import_paths([folder], reference=True)
    assert (again.versions, again.assets) == (1, report.assets)
    detail = await library.assets.show(report.assets[0])
    assert (len(detail.versions), library.blob(detail.asset.sha256).path) == (2, path)
    with pytest.raises(NotFound) as caught:
        library.blob(old.sha256)
    assert caught.value.code == "original_gone" and "small picture is kept" in str(caught.value)
    assert old.thumbnail is not None and library.blob(old.thumbnail).path.exists()


async def test_original_kept_in_place_and_overwritten_with_another_picture_of_the_library_is_missing(
    library: Library, tmp_path: Path
) -> None:
    first, second = pictures(folder := tmp_path / "pictures", 2)
    await library.ingest.import_paths([folder], reference=True)
    first.write_bytes(second.read_bytes())
    os.utime(first, ns=(1, 1))
    assert (await library.ingest.import_paths([folder], reference=True)).duplicates == 2
    (row,) = (await library.search.page("state:missing")).items
    assert (await library.search.page("state:here")).total == 1
    with pytest.raises(NotFound) as caught:
        library.blob(row.sha256)
    assert caught.value.code == "original_gone"


async def test_original_kept_in_place_and_moved_is_found_again(library: Library, tmp_path: Path) -> None:
    (path,) = pictures(folder := tmp_path / "pictures", 1)
    report = await library.ingest.import_paths([folder], reference=True)
    moved = path.rename(folder / "elsewhere.png")
    sha256 = (await library.assets.show(report.assets[0])).asset.sha256
    with pytest.raises(NotFound) as caught:
        library.blob(sha256)
    assert caught.value.code == "original_gone"
    assert (await library.ingest.import_paths([folder], reference=True)).duplicates == 1
    assert library.blob(sha256).path == moved
    shutil.move(folder, folder.with_name("away"))
    with pytest.raises(NotFound) as caught:
        library.blob(sha256)
    assert caught.value.code == "offline"


async def test_undo_of_an_edit_in_place_shows_no_version_that_is_gone(library: Library, tmp_path: Path) -> None:
    (path,) = pictures(folder := tmp_path / "pictures", 1)
    (asset,) = (await library.ingest.import_paths([folder], reference=True)).assets
    await library.assets.edit_one(asset, AssetChange(rating=3))
    path.write_bytes(picture((9, 9, 9), (8, 6)))
    os.utime(path, ns=(1, 1))
    report = await library.ingest.import_paths([folder], reference=True)
    assert report.versions == 1
    await library.history.undo()  # passes over the edit, of which nothing can be taken back
    shown = await library.assets.show(asset)
    assert (shown.asset.state, shown.asset.rating) == ("here", 0) and shown.versions[1].current
