"""Full exports that end anywhere: drive full, failing, pulled out. The one before counts until the next does."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from identity.keys import verify
from library.catalog import Library
from library.errors import LibraryError
from library.export.exported import EXPORT, UNFINISHED
from library.export.fetching import check_blobs
from library.export.reimporting import read_any
from library.models import AssetChange
from library.tasks import no_progress
from store.errors import StoreFull
from tests.library.export.test_backing import Drive, Pulled
from tests.library.export.test_everything import files_of, one_picture
from tests.library.house import device, picture


class Stick(Drive):
    """A drive that counts every file that is written too."""

    def write_pieces(self, path: Path, pieces: Iterable[bytes]) -> None:
        self._count(path)
        super().write_pieces(path, pieces)


async def digests(tmp_path: Path, folder: Path, number: int) -> str | None:
    """What the folder gives on another device; None where it says that it is not finished."""
    async with device(tmp_path / f"bob{number}", 9) as bob:
        try:
            info = await bob.bring_in(folder)
        except LibraryError as error:
            assert error.code in ("export_unfinished", "no_backup"), error
            return None
        restored = bob.get(info.id)
        assert (await restored.care.verify(read_data=True)).problems == []
        return (await restored.care.digest()).digest


async def cut_off(tmp_path: Path, end: BaseException, stubborn: bool, places: range) -> None:
    """An export that ends at any of these operations leaves the one before good, and the next one completes it."""
    (tmp_path / "b.png").write_bytes(picture((2, 9, 9)))
    drive = Stick(tmp_path / "usb", end, stubborn=stubborn)
    async with device(tmp_path / "alice", 3, drive) as here:
        library, asset = await one_picture(here, tmp_path)
        before = (await library.everything.export(tmp_path / "usb")).digest
        shutil.copytree(tmp_path / "usb", tmp_path / "first")
        (tmp_path / "a.png").write_bytes(picture((3, 9, 9)))
        await library.ingest.import_paths([tmp_path / "a.png", tmp_path / "b.png"])
        project = await library.projects.create("poster")
        await library.assets.edit_one(asset, AssetChange(title="b", add_projects=[project.id]))
        after = (await library.care.digest()).digest
        seen: list[str | None] = []
        layouts: set[tuple[str, ...]] = set()
        for steps in places:
            shutil.rmtree(tmp_path / "usb")
            shutil.copytree(tmp_path / "first", tmp_path / "usb")
            drive.left = steps
            try:
                await library.everything.export(tmp_path / "usb")
                break
            except (LibraryError, Pulled) as error:
                code = "export_full" if isinstance(end, StoreFull) else "export_failed"
                assert isinstance(error, Pulled) or error.code == code
            drive.left = 10**9
            seen.append(await digests(tmp_path, tmp_path / "usb", steps))
            told = await library.everything.export(tmp_path / "usb")
            assert (told.digest, told.problems) == (after, [])
            layouts.add(tuple(sorted(files_of(tmp_path / "usb"))))
            assert not (tmp_path / "usb" / UNFINISHED).exists()
    assert len(layouts) == 1
    assert before in seen and set(seen) <= {before, after, None}
    assert stubborn or None not in seen
    assert await digests(tmp_path, tmp_path / "usb", 999) == after


ENDS = [StoreFull("The disk is full."), OSError(errno.EIO, "Input/output error"), Pulled()]


@pytest.mark.parametrize(("end", "stubborn"), [*zip(ENDS, (False, True, False), strict=True)])
async def test_export_cut_off_is_the_one_before_and_goes_on(tmp_path: Path, end: BaseException, stubborn: bool) -> None:
    await cut_off(tmp_path, end, stubborn, range(1, 200, 5))


@pytest.mark.long
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("stubborn", [False, True])
async def test_export_cut_off_anywhere(tmp_path: Path, end: BaseException, stubborn: bool) -> None:
    await cut_off(tmp_path, end, stubborn, range(200))


async def test_first_export_cut_off_says_so_and_the_second_completes_it(tmp_path: Path) -> None:
    drive = Stick(tmp_path / "usb", Pulled())
    async with device(tmp_path / "alice", 3, drive) as here:
        library, asset = await one_picture(here, tmp_path)
        for steps in range(200):
            drive.left = steps
            try:
                await library.everything.export(tmp_path / "usb")
                break
            except Pulled:
                drive.left = 10**9
            if (tmp_path / "usb" / EXPORT).exists():
                assert await digests(tmp_path, tmp_path / "usb", steps)
            elif steps > 2:
                with pytest.raises(LibraryError, match="cut off"):
                    read_any(tmp_path / "usb", verify)
            if steps % 3 == 0:
                await library.assets.edit_one(asset, AssetChange(title=f"title {steps}"))
        names = sorted(Path(name).name for name in files_of(tmp_path / "usb"))
        title = (await library.assets.show(asset)).asset.name
        assert names == [f"{title}.json", f"{title}.png"]
        assert steps > 20


async def test_pictures_of_one_size_and_time_are_told_apart_after_a_cut(tmp_path: Path) -> None:
    """They swap their names, and the run is cut off twice: by size and time alone each is taken for the other."""
    drive = Stick(tmp_path / "usb", Pulled())
    async with device(tmp_path / "alice", 3, drive) as here:
        library, one = await one_picture(here, tmp_path, 1)
        (tmp_path / "b.png").write_bytes(picture((2, 9, 9)))
        (other,) = (await library.ingest.import_paths([tmp_path / "b.png"])).assets
        await library.assets.edit_one(one, AssetChange(title="one"))
        await library.assets.edit_one(other, AssetChange(title="other"))
        await library.everything.export(tmp_path / "usb")
        for place in (tmp_path / "usb" / "pictures").rglob("*.png"):
            os.utime(place, (1_000_000, 1_000_000))
        await library.everything.export(tmp_path / "usb")
        sizes = {(path.stat().st_size, path.stat().st_mtime) for path in (tmp_path / "usb").rglob("*.png")}
        assert len(sizes) == 1
        await library.assets.edit_one(one, AssetChange(title="other"))
        await library.assets.edit_one(other, AssetChange(title="one"))
        shutil.copytree(tmp_path / "usb", tmp_path / "first")
        for steps in range(2, 60, 4):
            shutil.rmtree(tmp_path / "usb")
            shutil.copytree(tmp_path / "first", tmp_path / "usb")
            for left in (steps, 25):
                drive.left = left
                with contextlib.suppress(Pulled):
                    await library.everything.export(tmp_path / "usb")
                drive.left = 10**9
                found = check_blobs(read_any(tmp_path / "usb", verify), no_progress).problems
                assert [each.where for each in found if each.code in ("export.missing", "export.changed")] == []
            await library.everything.export(tmp_path / "usb")
            assert check_blobs(read_any(tmp_path / "usb", verify), no_progress).problems == []


async def with_doubles(library: Library, folder: Path, title: str, color: int) -> str:
    """A picture whose first bytes were restored after others, twice: three of its five versions are the same file."""
    path = folder / f"{title}.png"
    asset = ""
    for shade in range(3):
        path.write_bytes(picture((color, shade, 9)))
        (asset,) = (await library.ingest.import_paths([path])).assets
        if shade:
            first = (await library.assets.show(asset)).versions[0]
            await library.assets.restore(asset, version=first.id)
    await library.assets.edit_one(asset, AssetChange(title=title))
    return asset


async def test_versions_of_the_same_bytes_go_on_after_a_cut(tmp_path: Path) -> None:
    """Pictures with doubles swap their names in a run that is cut off, and swap them back in part before the next."""
    drive = Stick(tmp_path / "usb", Pulled())
    async with device(tmp_path / "alice", 3, drive) as here:
        library = here.get("-")
        one, other = [await with_doubles(library, tmp_path, title, n) for n, title in enumerate(("one", "other"))]
        await library.everything.export(tmp_path / "usb")
        shutil.copytree(tmp_path / "usb", tmp_path / "first")
        for steps in range(2, 80, 3):
            shutil.rmtree(tmp_path / "usb")
            shutil.copytree(tmp_path / "first", tmp_path / "usb")
            for titles in (("other", "one"), ("one", "third"), ("third", "other"), ("one", "other")):
                for asset, title in zip((one, other), titles, strict=True):
                    await library.assets.edit_one(asset, AssetChange(title=title))
                drive.left = steps
                with contextlib.suppress(Pulled):
                    await library.everything.export(tmp_path / "usb")
                drive.left = 10**9
                found = check_blobs(read_any(tmp_path / "usb", verify), no_progress).problems
                assert [each.where for each in found if each.code in ("export.missing", "export.changed")] == []
            assert (await library.everything.export(tmp_path / "usb")).problems == []
            assert check_blobs(read_any(tmp_path / "usb", verify), no_progress).problems == []
            assert files_of(tmp_path / "usb").keys() == files_of(tmp_path / "first").keys()


async def test_first_export_cut_off_twice_goes_on_where_nothing_is_renamed_over(tmp_path: Path) -> None:
    """The mark that makes the folder ours never goes before there is a manifest."""
    drive = Stick(tmp_path / "usb", Pulled(), stubborn=True)
    async with device(tmp_path / "alice", 3, drive) as here:
        library, _ = await one_picture(here, tmp_path)
        for steps in range(5):
            for left in (6, steps):
                drive.left = left
                with pytest.raises(Pulled):
                    await library.everything.export(tmp_path / "usb")
            drive.left = 10**9
            assert (await library.everything.export(tmp_path / "usb")).problems == []
            shutil.rmtree(tmp_path / "usb")
