"""Long work that overlaps other long work on the same folder or workspace."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from library.errors import Clash
from library.events import Bus
from library.models import AssetChange, Restored
from library.tasks import Progress, Tasks
from store.files import DiskFiles
from tests.library.house import device, open_library, picture


async def test_backup_restored_twice_at_once_becomes_one_workspace(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture((1, 9, 9)))
    async with open_library(tmp_path / "library") as library:
        await library.ingest.import_paths([tmp_path / "a.png"])
        await library.care.backup(tmp_path / "backup")
    async with device(tmp_path / "bob", 2) as bob:
        both = (bob.bring_in(tmp_path / "backup") for _ in range(2))
        first, second = await asyncio.gather(*both, return_exceptions=True)
        assert isinstance(first, Restored)
        assert isinstance(second, Clash) and second.code == "workspace_exists"
        assert len(list((tmp_path / "bob" / "workspaces").iterdir())) == 2  # with the one that was there first
        restored = bob.get(first.id)
        await restored.assets.edit_one((await restored.search.page("")).items[0].id, AssetChange(rating=5))
    async with device(tmp_path / "bob", 3) as bob:
        assert [item.rating for item in (await bob.get(first.id).search.page("")).items] == [5]
        assert not bob.closed()


class Interrupted(DiskFiles):
    """Runs something once when the first pictures came into the folder, before any part of the log."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.between: Callable[[], object] | None = None

    def sync_folders(self, folders: Iterable[Path]) -> None:
        folders = list(folders)
        if self.between is not None and any(
            len(each.relative_to(self._folder).parts) > 1 for each in folders if each.is_relative_to(self._folder)
        ):
            between, self.between = self.between, None
            between()
        super().sync_folders(folders)


async def test_backup_removes_the_parts_of_earlier_runs_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture((1, 9, 9)))
    folder = tmp_path / "backup"
    files, loop = Interrupted(folder), asyncio.get_running_loop()
    async with open_library(tmp_path / "library", files=files) as library:
        await library.ingest.import_paths([tmp_path / "a.png"])

        def another() -> None:
            asyncio.run_coroutine_threadsafe(library.care.backup(folder), loop).result()

        files.between = another
        await library.care.backup(folder)
        assert len(list(folder.glob("segments-*"))) == 2
        await library.care.backup(folder)
        assert len(list(folder.glob("segments-*"))) == 1


async def test_folder_that_is_being_filled_is_filled_by_nothing_else(tmp_path: Path) -> None:
    tasks = Tasks(Bus(), random.Random(1))

    async def work(progress: Progress) -> None:
        """Never comes to run here."""

    first = tasks.start("backup", work, tmp_path / "usb")
    with pytest.raises(Clash) as refused:
        tasks.start("export", work, tmp_path / "usb")
    assert refused.value.code == "backup_under_way" and refused.value.params["path"] == str(tmp_path / "usb")
    tasks.cancel(first.id)
    tasks.start("export", work, tmp_path / "usb")
    tasks.start("export", work, tmp_path / "other")
    with pytest.raises(Clash) as refused:
        tasks.start("backup", work, tmp_path / "usb")
    assert refused.value.code == "export_under_way"
