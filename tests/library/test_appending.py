"""Edits beside each other: what one that fails or is cancelled leaves to the next."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from documents.segment import Segment, decode
from library.catalog import Library
from library.errors import LibraryError, NotFound, Suspect
from library.models import AssetChange
from library.replica.shelf import LOADED
from library.workspace import Plan
from store.database import Connection
from tests.library.house import open_library, picture
from tests.library.studio import segments
from tests.simulation.machine import sql_error


async def chain(library: Library) -> list[Segment]:
    return [decode(raw) for raw in await segments(library)]


async def is_one_chain(library: Library) -> bool:
    held = await chain(library)
    links = itertools.pairwise(held)
    return [each.seq for each in held] == list(range(1, len(held) + 1)) and all(
        after.prev == before.hash for before, after in links
    )


async def test_an_edit_that_fails_beside_others_breaks_no_chain(library: Library, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture((9, 9, 9)))
    asset = (await library.ingest.import_paths([tmp_path / "a.png"])).assets[0]
    for number in range(20):
        edits = [library.assets.edit_one(asset, AssetChange(title=f"{number}/{turn}")) for turn in range(3)]
        edits.insert(number % 4, library.assets.restore(asset, "no such version"))
        outcomes = await asyncio.gather(*edits, return_exceptions=True)
        assert sum(isinstance(each, NotFound) for each in outcomes) == 1
        assert sum(isinstance(each, BaseException) for each in outcomes) == 1
    assert await is_one_chain(library)
    assert len(await chain(library)) == 2 + 20 * 3


async def test_an_edit_whose_caller_goes_away_while_it_is_committed_is_followed_by_the_next(
    library: Library, tmp_path: Path
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def rows(connection: Connection) -> None:
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result()

    settings = (await chain(library))[0].entries[-1].document
    edit = (settings, lambda draft: draft.agree("name", "Atelier"))
    going = asyncio.ensure_future(library.workspace.append(Plan("workspace.rename", {}, [edit], rows=rows)))
    await begun.wait()
    going.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await going
    await library.projects.create("next")
    assert library.name() == "Atelier"
    assert await is_one_chain(library)
    assert len(await chain(library)) == 3
    assert (await library.care.verify()).problems == []


async def test_one_action_on_more_pictures_than_are_kept_in_reach(tmp_path: Path) -> None:
    async with open_library(tmp_path / "library") as library:
        folder = tmp_path / "pictures"
        folder.mkdir()
        for number in range(LOADED + 40):
            (folder / f"{number}.png").write_bytes(picture((number % 256, number // 256, 7), (8, 8)))
        assets = (await library.ingest.import_paths([folder])).assets
        changed = await library.assets.edit(assets, AssetChange(rating=4))
        assert changed.changed == len(assets)
        for asset in (assets[0], assets[-1]):
            assert (await library.assets.show(asset)).asset.rating == 4
        assert not (await library.care.verify()).problems


async def test_an_edit_that_waits_behind_one_that_the_disk_fails_is_not_written(library: Library) -> None:
    def fails(connection: Connection) -> None:
        raise sql_error("disk I/O error", 266)  # SQLITE_IOERR_READ

    async def append(rows: Callable[[Connection], None] | None) -> None:
        await library.workspace.append(Plan("workspace.rename", {}, [edit], rows=rows))

    settings = (await chain(library))[0].entries[-1].document
    edit = (settings, lambda draft: draft.agree("name", "Atelier"))
    outcomes = await asyncio.gather(append(fails), append(None), append(None), return_exceptions=True)
    assert [type(each) for each in outcomes] == [Suspect, Suspect, Suspect]
    await library.workspace.reopen()
    library.workspace.trust()
    await append(None)
    assert library.name() == "Atelier" and await is_one_chain(library)


async def test_people_read_on_while_a_suspect_workspace_is_reopened(library: Library, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture((9, 9, 9)))
    (asset,) = (await library.ingest.import_paths([tmp_path / "a.png"])).assets
    library.workspace.condition.doubt("The disk failed.")

    async def read() -> None:
        for _ in range(30):
            assert (await library.assets.show(asset)).asset.id == asset
            assert library.name() == "Studio"
            with pytest.raises(Suspect):
                await library.projects.create("not now")

    async def reopen() -> None:
        for _ in range(5):
            with contextlib.suppress(LibraryError):  # a reader was in the way of folding in: later
                await library.workspace.reopen()

    await asyncio.gather(read(), read(), reopen())
    library.workspace.trust()
    await library.projects.create("now")
    assert await is_one_chain(library)
    assert (await library.care.verify()).problems == []
