"""What is being written and was not asked for: one draft for each tab, the latest of few."""

from __future__ import annotations

from pathlib import Path

from library.jobs.drafts import DRAFTS, MOST, Draft
from tests.library.export.test_keeping import device


async def test_newest_of_a_tab_stays_and_the_last_few_tabs(tmp_path: Path) -> None:
    async with device(tmp_path, 1) as workspaces:
        library = workspaces.get("-")
        assert await library.drafts.kept() == []
        await library.drafts.put(Draft("aa", 5, "later"))
        await library.drafts.put(Draft("aa", 4, "earlier, come late"))
        assert await library.drafts.kept() == [Draft("aa", 5, "later")]
        for number in range(MOST):
            await library.drafts.put(Draft(f"{number:02x}", 10 + number, str(number)))
        assert [each.time for each in await library.drafts.kept()] == list(range(9 + MOST, 9, -1))


async def test_drafts_outlive_the_daemon_and_one_that_was_damaged_costs_no_other(tmp_path: Path) -> None:
    async with device(tmp_path, 1) as workspaces:
        library = workspaces.get("-")
        await library.drafts.put(Draft("aa", 5, "貓"))
        await library.drafts.put(Draft("bb", 6, "cut off"))
        folder = library.workspace.folder / DRAFTS
        (folder / "bb.json").write_bytes(b'{"tab":"bb"')
    async with device(tmp_path, 1) as workspaces:
        assert await workspaces.get("-").drafts.kept() == [Draft("aa", 5, "貓")]
