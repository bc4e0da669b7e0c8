"""Restores that put pictures back into a workspace and are cut off half-way."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from store.files import DiskFiles
from tests.library.export.test_backing import Pulled
from tests.library.house import device, open_library, picture


class Ending(DiskFiles):
    """Ends before another file gets its name below `blobs`, after `left` of them; counts nothing until told to."""

    left: int | None = None

    def rename(self, old: Path, new: Path) -> None:
        if self.left is not None and "blobs" in new.parts:
            if self.left == 0:
                raise Pulled
            self.left -= 1
        super().rename(old, new)


async def exported(folder: Path, count: int) -> None:
    """A whole export in `whole`, and in `part` the same without its pictures."""
    (folder / "in").mkdir()
    for index in range(count):
        (folder / "in" / f"{index}.png").write_bytes(picture((index, 9, 9)))
    async with open_library(folder / "library") as library:
        await library.ingest.import_paths([folder / "in"])
        await library.everything.export(folder / "whole")
    shutil.copytree(folder / "whole", folder / "part")
    for place in (folder / "part" / "pictures").rglob("*.png"):
        place.unlink()


@pytest.mark.parametrize(("gone", "here"), [(False, 3), (True, 2)])
async def test_pictures_that_a_cut_off_restore_brought_in_are_there_after_the_next(
    tmp_path: Path, gone: bool, here: int
) -> None:
    await exported(tmp_path, 3)
    files = Ending()
    async with device(tmp_path / "alice", 3, files) as workspaces:
        library = workspaces.get((await workspaces.bring_in(tmp_path / "part", incomplete=True)).id)
        assert [item.state for item in (await library.search.page("")).items] == ["missing"] * 3
        files.left = 2
        with pytest.raises(Pulled):
            await workspaces.bring_in(tmp_path / "whole")
        files.left = None
        told = await workspaces.bring_in(tmp_path / ("part" if gone else "whole"))
        assert told.put_back == here
        states = sorted(item.state for item in (await library.search.page("")).items)
        assert states == ["here"] * here + ["missing"] * (3 - here)
        assert [each.code for each in told.problems].count("export.missing") == 3 - here
        assert (await library.care.verify(read_data=True)).problems == []


async def test_restore_cut_off_late_keeps_what_it_put_back(tmp_path: Path) -> None:
    await exported(tmp_path, 120)
    files = Ending()
    async with device(tmp_path / "alice", 3, files) as workspaces:
        library = workspaces.get((await workspaces.bring_in(tmp_path / "part", incomplete=True)).id)
        files.left = 110
        with pytest.raises(Pulled):
            await workspaces.bring_in(tmp_path / "whole")
        states = [item.state for item in (await library.search.page("", limit=200)).items]
        assert 0 < states.count("here") <= 110
