"""Questions about the past are answered beside the loop, also many at once about more moments than are kept."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from library.models import AssetChange
from library.views.moments import KEPT
from tests.library.house import open_library, picture

MOMENTS = 3 * KEPT


async def test_many_moments_asked_for_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "a.png").write_bytes(picture((1, 2, 3), (16, 16)))
    async with open_library(tmp_path / "library") as library:
        (asset,) = (await library.ingest.import_paths([folder])).assets
        for number in range(MOMENTS):
            await library.assets.edit_one(asset, AssetChange(rating=number % 6, title=f"title {number}"))
            await library.checkpoints.create(f"moment {number}")

        async def ask(number: int) -> None:
            at = f"moment {number}"
            assert (await library.assets.show(asset, at)).asset.title == f"title {number}"
            assert (await library.search.page(f"rating:{number % 6}", at=at)).total == 1
            assert (await library.search.page("title", at=at)).total == 1

        for _ in range(2):
            await asyncio.gather(*map(ask, range(MOMENTS)))


async def test_the_past_is_read_on_another_thread_than_the_loop(tmp_path: Path) -> None:
    async with open_library(tmp_path / "library") as library:
        await library.checkpoints.create("now")
        assert await library.checkpoints.read(lambda _: threading.get_ident(), "now") != threading.get_ident()
