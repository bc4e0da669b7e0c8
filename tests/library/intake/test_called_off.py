"""An import that is called off: what has settled stays, of the rest nothing, and the next import brings it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from identity.keys import verify
from imaging.inspection import CompareJob, Likenesses, Rejection, SketchJob
from imaging.pool import Pool
from library.catalog import Library
from library.export import restoring
from library.export.fetching import mend_blobs
from library.export.restoring import read_backup
from library.intake.arriving import ARRIVING
from library.intake.ingest import GROUP
from library.intake.matching import Verdict
from library.models import ImportReport
from store.blobs import INCOMING
from tests.library.house import open_library, picture
from tests.library.intake.test_many_alike import batch

PICTURES = 5 * GROUP


class Endless:
    """Compares for ever."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def compare(self, jobs: Sequence[CompareJob]) -> list[Likenesses | Rejection]:
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def sketch(self, jobs: Sequence[SketchJob]) -> list[bytes | Rejection]:
        return []


async def called_off(running: asyncio.Task[ImportReport]) -> None:
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(5):
            await running


async def whole(library: Library) -> int:
    """Nothing half-stored; how many pictures there are."""
    workspace = library.workspace
    rows = await workspace.database.read(lambda c: {h for (h,) in c.execute("SELECT hash FROM blob WHERE here=1")})
    assert set(workspace.blobs.all()) == rows
    assert list((workspace.blobs.root / INCOMING).iterdir()) == []
    assert not (workspace.folder / ARRIVING).exists() or list((workspace.folder / ARRIVING).iterdir()) == []
    assert (await library.care.verify(read_data=True)).problems == []
    return (await library.counts()).assets


async def test_group_that_is_still_compared_is_given_up(tmp_path: Path, pool: Pool) -> None:
    endless, folder = Endless(), batch(tmp_path / "in", 8)
    async with open_library(tmp_path / "home", inspect=pool.inspect, comparer=endless) as library:
        running = asyncio.create_task(library.ingest.import_paths([folder]))
        await endless.asked.wait()
        await called_off(running)
        assert await whole(library) == 0
    async with open_library(tmp_path / "home", inspect=pool.inspect, comparer=pool) as library:
        assert (await library.ingest.import_paths([folder])).imported == 8
        assert await whole(library) == 8


async def settled(library: Library, groups: int) -> None:
    bus = library.workspace.bus
    with bus.bell() as bell:
        while sum(event.kind == "asset.added" for event in bus.since(0) or []) < groups:
            await bell.wait()
            bell.clear()


@pytest.mark.parametrize("groups", [0, 1, 2])
async def test_import_called_off_is_completed_by_the_next(tmp_path: Path, groups: int) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(PICTURES):
        (folder / f"{number:04}.png").write_bytes(picture((number % 256, number // 256, 9), (6, 6)))
    async with open_library(tmp_path / "home") as library:
        running = asyncio.create_task(library.ingest.import_paths([folder]))
        await asyncio.sleep(0.1)
        await settled(library, groups)
        await called_off(running)
        before = await whole(library)
        assert groups * GROUP <= before <= (groups + 1) * GROUP
        report = await library.ingest.import_paths([folder])
        assert (report.duplicates, report.imported, report.failed) == (before, PICTURES - before, [])
        assert await whole(library) == PICTURES


async def test_what_a_restore_has_just_put_back_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restore finds the blobs of an import under way and counts on them, and then that is called off."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.png").write_bytes(picture((1, 2, 3)))
    async with open_library(tmp_path / "home"):
        pass
    shutil.copytree(tmp_path / "home", tmp_path / "before")
    async with open_library(tmp_path / "home") as library:
        await library.ingest.import_paths([tmp_path / "in"])
        await library.care.backup(tmp_path / "backup")
    put = mend_blobs
    async with open_library(tmp_path / "before") as library:
        waits, loop = asyncio.Event(), asyncio.get_running_loop()

        async def judge(*_: object, **__: object) -> dict[bytes, Verdict]:
            waits.set()
            await asyncio.Event().wait()
            raise AssertionError

        async def give_up() -> None:
            await called_off(importing)

        def mend(*given: Any) -> Any:
            mended = put(*given)
            asyncio.run_coroutine_threadsafe(give_up(), loop).result(5)
            return mended

        monkeypatch.setattr(library.ingest._means.matching, "judge", judge)
        monkeypatch.setattr(restoring, "mend_blobs", mend)
        importing = asyncio.create_task(library.ingest.import_paths([tmp_path / "in"]))
        await waits.wait()
        count, problems = await restoring.put_back(library.workspace, read_backup(tmp_path / "backup", verify), verify)
        assert count > 0 and problems == [] and importing.cancelled()
        assert await whole(library) == 1
