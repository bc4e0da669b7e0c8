"""Backups onto drives that fill up, cannot sync folders or rename over a file, and that are pulled out half-way."""

from __future__ import annotations

import asyncio
import errno
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from library.errors import DiskFull, LibraryError
from library.models import AssetChange
from store.errors import StoreFull
from store.files import DiskFiles
from tests.library.house import device, picture


class Pulled(BaseException):
    """The plug is out: nothing more of the program runs."""


class Drive(DiskFiles):
    """Ends below `at`: full or pulled out at the n-th operation that writes there. Knows no sync of folders."""

    def __init__(self, at: Path, end: BaseException, left: int = 10**9, stubborn: bool = False) -> None:
        self._at, self._end, self._stubborn = at, end, stubborn
        self.left = left

    def _count(self, path: Path) -> None:
        if path.is_relative_to(self._at):
            self.left -= 1
            if self.left < 0:
                raise self._end

    def write(self, path: Path, data: bytes) -> None:
        self._count(path)
        super().write(path, data)

    def rename(self, old: Path, new: Path) -> None:
        self._count(new)
        if self._stubborn and new.is_relative_to(self._at) and new.exists():
            raise FileExistsError(errno.EEXIST, "File exists", str(new))
        super().rename(old, new)

    def remove(self, path: Path) -> None:
        self._count(path)
        super().remove(path)

    def sync_folders(self, folders: Iterable[Path]) -> None:
        if not self._stubborn:
            super().sync_folders(folders)


async def ratings(home: Path, backup: Path) -> set[int]:
    """What the pictures of a backup are rated, on another device, where all of it is sound."""
    async with device(home, 9) as bob:
        restored = bob.get((await bob.bring_in(backup)).id)
        assert (await restored.care.verify(read_data=True)).problems == []
        return {item.rating for item in (await restored.search.page("")).items}


@pytest.mark.parametrize("end", [StoreFull("The disk is full."), OSError(errno.EIO, "Input/output error"), Pulled()])
@pytest.mark.parametrize("stubborn", [False, True])
async def test_backup_that_was_whole_stays_whole_wherever_the_next_one_ends(
    tmp_path: Path, end: BaseException, stubborn: bool
) -> None:
    for index in range(2):
        (tmp_path / f"{index}.png").write_bytes(picture((index, 9, 9)))
    drive = Drive(tmp_path / "usb", end, stubborn=stubborn)
    seen: list[set[int]] = []
    async with device(tmp_path / "alice", 3, drive) as here:
        library = here.get("-")
        asset = (await library.ingest.import_paths([tmp_path / "0.png"])).assets[0]
        await library.assets.edit_one(asset, AssetChange(rating=1))
        await library.care.backup(tmp_path / "usb")
        shutil.copytree(tmp_path / "usb", tmp_path / "first")
        assets = (await library.ingest.import_paths([tmp_path / "1.png"])).assets
        await library.assets.edit([asset, *assets], AssetChange(rating=2))
        for steps in range(100):
            shutil.rmtree(tmp_path / "usb")
            shutil.copytree(tmp_path / "first", tmp_path / "usb")
            drive.left = steps
            try:
                await library.care.backup(tmp_path / "usb")
                break
            except (LibraryError, Pulled) as error:
                assert isinstance(error, Pulled) or "damaged" not in str(error)
                assert isinstance(error, DiskFull) == isinstance(end, StoreFull)
            drive.left = 10**9
            if (tmp_path / "usb" / "gesso-backup.json").exists():
                seen.append(await ratings(tmp_path / f"bob{steps}", tmp_path / "usb"))
            else:
                assert stubborn  # between freeing the manifest's name and taking it
        drive.left = 10**9
        await library.care.backup(tmp_path / "usb")
    assert await ratings(tmp_path / "bob", tmp_path / "usb") == {2}
    assert {1} in seen and all(each in ({1}, {2}) for each in seen)


async def test_damaged_picture_does_not_keep_the_others_from_a_backup(tmp_path: Path) -> None:
    for index in range(3):
        (tmp_path / f"{index}.png").write_bytes(picture((index, 9, 9)))
    async with device(tmp_path / "alice", 1) as here:
        library = here.get("-")
        await library.ingest.import_paths([tmp_path / f"{index}.png" for index in range(3)])
        items = (await library.search.page("")).items
        library.blob(items[0].sha256).path.write_bytes(b"damaged")
        told = await library.care.backup(tmp_path / "backup")
        assert told["damaged"] == [items[0].sha256]
    async with device(tmp_path / "bob", 2) as bob:
        restored = bob.get((await bob.bring_in(tmp_path / "backup")).id)
        assert sorted(item.state for item in (await restored.search.page("")).items) == ["here", "here", "missing"]


async def test_second_backup_copies_only_what_is_new_or_was_cut_off(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture((1, 9, 9)))
    async with device(tmp_path / "alice", 1) as here:
        library = here.get("-")
        await library.ingest.import_paths([tmp_path / "a.png"])
        await library.care.backup(tmp_path / "backup")
        blobs = sorted(path for path in (tmp_path / "backup" / "blobs").rglob("*") if path.is_file())
        before = {path: path.stat().st_ino for path in blobs}
        whole = blobs[0].read_bytes()
        blobs[0].write_bytes(whole[:-1])
        await library.care.backup(tmp_path / "backup")
        assert blobs[0].read_bytes() == whole
        assert {path: path.stat().st_ino for path in blobs[1:]} == {path: before[path] for path in blobs[1:]}
        assert len(list((tmp_path / "backup").iterdir())) == 6  # blobs, three parts, the manifest, the recovery key


async def test_backups_while_edits_go_on_agree_with_themselves(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture((1, 9, 9)))
    async with device(tmp_path / "alice", 1) as here:
        library = here.get("-")
        asset = (await library.ingest.import_paths([tmp_path / "a.png"])).assets[0]

        async def edit() -> None:
            for number in range(60):
                await library.assets.edit_one(asset, AssetChange(title=f"title {number}"))

        editing = asyncio.create_task(edit())
        backups = 0
        while not editing.done():
            await library.care.backup(tmp_path / "backup" / str(backups))
            backups += 1
    assert backups > 1
    for number in range(backups):
        async with device(tmp_path / f"bob{number}", 2) as bob:
            await bob.bring_in(tmp_path / "backup" / str(number))


async def test_originals_that_are_kept_in_place_are_in_the_backup_or_named(tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    drive.mkdir()
    for index in range(4):
        (drive / f"{index}.png").write_bytes(picture((index, 9, 9)))
    async with device(tmp_path / "alice", 1) as here:
        library = here.get("-")
        await library.ingest.import_paths([drive], reference=True)
        hashes = {item.name: item.sha256 for item in (await library.search.page("")).items}
        (drive / "1.png").unlink()
        (drive / "2.png").write_bytes(picture((200, 9, 9)))
        told = await library.care.backup(tmp_path / "backup")
        assert (told["damaged"], told["absent"]) == ([], sorted([hashes["1.png"], hashes["2.png"]]))
        (drive / "1.png").write_bytes(picture((1, 9, 9)))
        assert (await library.care.backup(tmp_path / "backup"))["absent"] == [hashes["2.png"]]
    drive.rename(tmp_path / "away")
    async with device(tmp_path / "bob", 2) as bob:
        restored = bob.get((await bob.bring_in(tmp_path / "backup")).id)
        states = {item.name: item.state for item in (await restored.search.page("")).items}
        assert states == {"0.png": "here", "1.png": "here", "2.png": "missing", "3.png": "here"}
