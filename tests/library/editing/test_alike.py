"""Pictures that look the same: a person says whether they are, and that holds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from imaging.pool import Pool
from library.catalog import Library
from library.errors import Clash, Invalid, NotFound
from library.models import AssetChange, Pair
from tests.library.house import open_library
from tests.library.intake.saving import drawn, save_again, save_first


@pytest.fixture
async def library(tmp_path: Path, pool: Pool) -> AsyncIterator[Library]:
    async with open_library(tmp_path / "home", inspect=pool.inspect, comparer=pool) as opened:
        yield opened


async def asked(library: Library, folder: Path, count: int = 1) -> list[Pair]:
    """Pictures whose files are there, saved again beside them: the pairs that wait."""
    for number in range(count):
        save_first(drawn(number), folder / f"{number}.png", 1)
    await library.ingest.import_paths([folder])
    for number in range(count):
        save_again(folder / f"{number}.png", folder / "again" / f"{number}", number)
    report = await library.ingest.import_paths([folder])
    assert (report.imported, report.alike) == (count, count)
    return [Pair(newer=each.newer.id, older=each.older.id) for each in (await library.alike.list()).pairs]


async def test_same_picture_becomes_a_version_and_its_tags_go_along(library: Library, tmp_path: Path) -> None:
    (pair,) = await asked(library, tmp_path / "pictures")
    await library.assets.edit_one(pair.older, AssetChange(add_tags=["old"], rating=4))
    await library.assets.edit_one(pair.newer, AssetChange(add_tags=["new"]))
    assert library.alike.count() == 1
    await library.alike.same([pair])
    shown = await library.assets.show(pair.older)
    assert (shown.asset.tags, shown.asset.rating, shown.asset.versions) == (["new", "old"], 4, 2)
    assert shown.sources == ["0.png", "0.webp"]
    assert (await library.assets.show(pair.newer)).asset.binned_at is not None
    assert library.alike.count() == 0
    again = await library.ingest.import_paths([tmp_path / "pictures"])
    assert (again.duplicates, set(again.assets)) == (2, {pair.older})


async def test_saying_that_it_is_the_same_is_undone_as_one(library: Library, tmp_path: Path) -> None:
    pairs = await asked(library, tmp_path / "pictures", 2)
    changed = await library.alike.same(pairs)
    assert changed.changed == 4
    await library.history.undo()
    for pair in pairs:
        newer, older = await library.assets.show(pair.newer), await library.assets.show(pair.older)
        assert newer.asset.binned_at is None
        assert (older.versions[0].current, older.sources) == (True, [older.asset.name])


async def test_edit_of_a_file_that_joined_is_a_version_of_what_it_joined(library: Library, tmp_path: Path) -> None:
    (pair,) = await asked(library, tmp_path / "pictures")
    await library.alike.same([pair])
    drawn(60).save(tmp_path / "pictures" / "again" / "0.webp")
    report = await library.ingest.import_paths([tmp_path / "pictures"])
    assert (report.versions, set(report.assets)) == (1, {pair.older})


async def test_another_picture_is_never_asked_about_again(library: Library, tmp_path: Path) -> None:
    (pair,) = await asked(library, tmp_path / "pictures")
    await library.alike.other([pair])
    assert (library.alike.count(), (await library.alike.list()).pairs) == (0, [])
    await library.care.rebuild()
    assert await library.sketching.fill() == 0
    assert library.alike.count() == 0
    (entry, *_), _ = await library.history.timeline()
    assert entry.intent == "asset.other"


async def test_undo_of_telling_apart_asks_again(library: Library, tmp_path: Path) -> None:
    (pair,) = await asked(library, tmp_path / "pictures")
    await library.alike.other([pair])
    undone = await library.history.undo()
    assert library.alike.count() == len((await library.alike.list()).pairs) == 1
    await library.history.redo(undone.action)
    assert library.alike.count() == 0
    await library.history.undo()
    await library.alike.other([pair])
    assert library.alike.count() == 0


@pytest.mark.parametrize("reference", [False, True])
async def test_undo_of_a_joining_makes_the_file_a_picture_of_its_own(
    library: Library, tmp_path: Path, reference: bool
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        save_first(drawn(number), folder / f"{number}.png", 1)
    before = (await library.ingest.import_paths([folder], reference=reference)).assets
    for number in range(3):
        save_again(folder / f"{number}.png", folder / f"again {number}", number)
        (folder / f"{number}.png").unlink()
    assert (await library.ingest.import_paths([folder], reference=reference)).rejoined == 3
    undone = await library.history.undo()
    for asset in before:
        shown = await library.assets.show(asset)
        assert (len(shown.versions), shown.asset.state) == (1, "missing" if reference else "here")
    assert (await library.search.page("")).total == 6
    again = await library.ingest.import_paths([folder], reference=reference)
    assert (again.duplicates, again.imported, again.rejoined) == (3, 0, 0)
    assert (await library.care.verify(read_data=True)).problems == []
    await library.history.redo(undone.action)
    assert (await library.search.page("")).total == 3
    assert [len((await library.assets.show(asset)).versions) for asset in before] == [2, 2, 2]


async def test_pair_of_which_one_is_in_the_bin_does_not_wait(library: Library, tmp_path: Path) -> None:
    (pair,) = await asked(library, tmp_path / "pictures")
    await library.assets.bin([pair.newer])
    assert library.alike.count() == 0
    await library.assets.unbin([pair.newer])
    assert library.alike.count() == 1


async def test_chain_of_pictures_that_are_the_same_joins_without_losing_one(library: Library, tmp_path: Path) -> None:
    (pair,) = await asked(library, tmp_path / "pictures")
    back = Pair(newer=pair.older, older=pair.newer)
    await library.alike.same([pair, back])
    assert (await library.assets.show(pair.older)).asset.binned_at is None


async def test_version_that_is_another_picture_becomes_one_of_its_own(library: Library, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    save_first(drawn(1), tmp_path / "pictures" / "old.png", 1)
    save_first(drawn(2), tmp_path / "pictures" / "other.png", 1)
    (old, _) = (await library.ingest.import_paths([tmp_path / "pictures"])).assets
    new = save_again(tmp_path / "pictures" / "old.png", tmp_path / "pictures" / "new", 0)
    (tmp_path / "pictures" / "old.png").unlink()
    assert (await library.ingest.import_paths([tmp_path / "pictures"])).rejoined == 1
    first, second = (await library.assets.show(old)).versions
    with pytest.raises(Clash):
        await library.alike.apart(old, first.id)
    await library.alike.apart(old, second.id)
    assert [each.id for each in (await library.assets.show(old)).versions] == [first.id]
    found = [each for each in (await library.search.page(q="")).items if each.sha256 == second.sha256]
    assert [each.name for each in found] == [new.name]
    again = await library.ingest.import_paths([tmp_path / "pictures"])
    assert (again.duplicates, again.imported, again.rejoined) == (2, 0, 0)
    await library.history.undo()
    assert [each.id for each in (await library.assets.show(old)).versions] == [first.id, second.id]


async def test_pairs_that_make_no_sense_are_refused(library: Library, tmp_path: Path) -> None:
    (pair,) = await asked(library, tmp_path / "pictures")
    with pytest.raises(Invalid):
        await library.alike.same([Pair(newer=pair.older, older=pair.older)])
    with pytest.raises(NotFound):
        await library.alike.other([Pair(newer=pair.newer, older="01" * 16)])
    with pytest.raises(NotFound):
        await library.alike.apart(pair.older, "0" * 64)
    assert library.alike.count() == 1
