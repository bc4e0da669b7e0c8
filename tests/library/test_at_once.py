"""Long work that overlaps other long work on the same folder or workspace."""

from __future__ import annotations

import asyncio
from pathlib import Path

from library.errors import Clash
from library.models import AssetChange, Restored
from tests.library.house import open_library, picture
from tests.library.test_keeping import device


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
