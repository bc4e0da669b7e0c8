"""Pictures that look the same: a person says whether they are, and that holds."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from documents.kinds import Kind, derived_id
from imaging.pool import Pool
from library.catalog import Library
from library.errors import Clash, Invalid, NotFound
from library.events import Bus
from library.models import AssetChange, AssetDetail, Pair
from library.surroundings import Surroundings
from library.tasks import Tasks
from library.workspace import Plan
from library.workspaces import Workspaces
from tests.library.house import HandClock, open_library
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


def lie(library: Library) -> list[tuple[str, str]]:
    """Where the files are and whose they are."""
    rows = library.workspace.database.read_now(
        lambda connection: connection.execute("SELECT path, document FROM source ORDER BY path").fetchall()
    )
    return [(Path(os.fsdecode(path)).name, document.hex()) for path, document in rows]


class Two:
    """An older and a newer picture, as a person sees them and as their files are known."""

    def __init__(self, library: Library, pair: Pair) -> None:
        self.library, self.pair = library, pair

    async def seen(self) -> list[AssetDetail]:
        """Everything but how they came to be so."""
        shown = [await self.library.assets.show(id) for id in (self.pair.older, self.pair.newer)]
        return [msgspec.structs.replace(each, history=[]) for each in shown]

    def lie(self) -> list[tuple[str, str]]:
        return lie(self.library)


async def two_with_tags(library: Library, folder: Path) -> Two:
    (pair,) = await asked(library, folder)
    project = await library.projects.create("Posters")
    await library.assets.edit_one(pair.older, AssetChange(add_tags=["old", "both"]))
    await library.assets.edit_one(pair.newer, AssetChange(add_tags=["new", "both"], add_projects=[project.id]))
    return Two(library, pair)


def brought(shown: AssetDetail) -> str:
    """The version that came with another picture."""
    return next(each.id for each in shown.versions if each.media_type == "image/webp")


async def test_undo_of_the_same_leaves_both_as_they_were(library: Library, tmp_path: Path) -> None:
    two = await two_with_tags(library, tmp_path / "pictures")
    before, lay = await two.seen(), two.lie()
    await library.alike.same([two.pair])
    joined, lay_joined = await two.seen(), two.lie()
    assert lay_joined != lay
    undone = await library.history.undo()
    assert (await two.seen(), two.lie()) == (before, lay)
    assert library.alike.count() == 1
    redone = await library.history.redo(undone.action)
    assert (await two.seen(), two.lie(), library.alike.count()) == (joined, lay_joined, 0)
    await library.history.undo(redone.action)
    assert (await two.seen(), two.lie()) == (before, lay)


async def test_apart_takes_back_what_the_same_brought(library: Library, tmp_path: Path) -> None:
    two = await two_with_tags(library, tmp_path / "pictures")
    before, lay = await two.seen(), two.lie()
    await library.alike.same([two.pair])
    joined, lay_joined = await two.seen(), two.lie()
    await library.alike.apart(two.pair.older, brought(joined[0]))
    assert (await two.seen(), two.lie()) == (before, lay)
    assert library.alike.count() == 0  # they are not the same, that was said
    undone = await library.history.undo()
    assert (await two.seen(), two.lie()) == (joined, lay_joined)
    await library.history.redo(undone.action)
    assert (await two.seen(), two.lie(), library.alike.count()) == (before, lay, 0)
    assert (await library.care.verify(read_data=True)).problems == []


async def test_apart_leaves_what_somebody_changed_since(library: Library, tmp_path: Path) -> None:
    two = await two_with_tags(library, tmp_path / "pictures")
    await library.assets.edit_one(two.pair.newer, AssetChange(add_tags=["gone"]))
    await library.alike.same([two.pair])
    since = AssetChange(add_tags=["since"], remove_tags=["gone", "old"], rating=5)
    await library.assets.edit_one(two.pair.older, since)
    await library.alike.apart(two.pair.older, brought((await two.seen())[0]))
    older, newer = [each.asset for each in await two.seen()]
    assert (older.tags, older.rating, older.versions) == (["both", "since"], 5, 1)
    assert (newer.tags, newer.rating, newer.binned_at) == (["both", "gone", "new"], 0, None)


async def test_picture_that_came_with_its_edits_goes_with_them(library: Library, tmp_path: Path) -> None:
    two = await two_with_tags(library, tmp_path / "pictures")
    drawn(60).save(tmp_path / "pictures" / "again" / "0.webp")
    assert (await library.ingest.import_paths([tmp_path / "pictures"])).versions == 1
    before, lay = await two.seen(), two.lie()
    await library.alike.same([two.pair])
    joined = (await two.seen())[0]
    assert len(joined.versions) == 3
    await library.alike.apart(two.pair.older, brought(joined))
    assert (await two.seen(), two.lie()) == (before, lay)


async def test_of_several_that_joined_at_once_one_is_put_apart(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    (first,) = await asked(library, folder)
    with Image.open(folder / "0.png") as image:
        image.convert("RGB").save(folder / "third.jpg", quality=92)
    third = (await library.ingest.import_paths([folder / "third.jpg"])).assets[0]
    second = Pair(newer=third, older=first.older)
    for pair, tag in ((first, "first"), (second, "second")):
        await library.assets.edit_one(pair.newer, AssetChange(add_tags=[tag]))
    await library.alike.same([first, second])
    shown = await library.assets.show(first.older)
    assert (shown.asset.tags, shown.asset.versions) == (["first", "second"], 3)
    await library.alike.apart(first.older, brought(shown))
    shown = await library.assets.show(first.older)
    assert (shown.asset.tags, shown.asset.versions) == (["second"], 2)
    assert (await library.assets.show(first.newer)).asset.binned_at is None
    assert (await library.assets.show(third)).asset.binned_at is not None


SAID = AssetChange(title="Dawn", note="From the second day.", rating=4, flag="pick", label="blue")
OTHERWISE = AssetChange(title="Dusk", note="Sent to the client.\n", rating=2, flag="reject", label="red")


def words(shown: AssetDetail) -> tuple[str | None, str, int, str | None, str | None]:
    asset = shown.asset
    return asset.title, shown.note, asset.rating, asset.flag, asset.label


@pytest.mark.parametrize("back", ["undo", "apart"])
async def test_what_was_said_of_the_newer_is_said_of_the_older(library: Library, tmp_path: Path, back: str) -> None:
    two = await two_with_tags(library, tmp_path / "pictures")
    await library.assets.edit_one(two.pair.newer, SAID)
    before = await two.seen()
    answer = await library.alike.same([two.pair])
    assert (answer.changed, answer.differing) == (2, [])
    joined = await two.seen()
    assert words(joined[0]) == ("Dawn", "From the second day.", 4, "pick", "blue")
    assert [each.id for each in (await library.search.page("second flag:pick label:blue rating:4")).items] == [
        two.pair.older
    ]
    if back == "undo":
        await library.history.undo()
    else:
        await library.alike.apart(two.pair.older, brought(joined[0]))
    assert await two.seen() == before
    assert words(before[0]) == (None, "", 0, None, None)


@pytest.mark.parametrize("back", ["undo", "apart"])
async def test_where_both_say_something_nothing_is_lost(library: Library, tmp_path: Path, back: str) -> None:
    two = await two_with_tags(library, tmp_path / "pictures")
    await library.assets.edit_one(two.pair.older, OTHERWISE)
    await library.assets.edit_one(two.pair.newer, SAID)
    before = await two.seen()
    (told,) = (await library.alike.same([two.pair])).differing
    assert (told.asset, told.name, told.newer) == (two.pair.older, "Dusk", "Dawn")
    assert (told.kept, told.notes) == (["title", "rating", "flag", "label"], True)
    joined = await two.seen()
    assert words(joined[0]) == ("Dusk", "Sent to the client.\n\nFrom the second day.", 2, "reject", "red")
    assert words(joined[1]) == words(before[1])
    if back == "undo":
        await library.history.undo()
    else:
        await library.alike.apart(two.pair.older, brought(joined[0]))
    assert await two.seen() == before


async def test_what_both_say_alike_is_said_once(library: Library, tmp_path: Path) -> None:
    two = await two_with_tags(library, tmp_path / "pictures")
    for id in (two.pair.older, two.pair.newer):
        await library.assets.edit_one(id, SAID)
    assert (await library.alike.same([two.pair])).differing == []
    assert words((await two.seen())[0]) == ("Dawn", "From the second day.", 4, "pick", "blue")


async def test_what_was_changed_since_the_same_stays_when_put_apart(library: Library, tmp_path: Path) -> None:
    two = await two_with_tags(library, tmp_path / "pictures")
    await library.assets.edit_one(two.pair.newer, SAID)
    await library.alike.same([two.pair])
    await library.assets.edit_one(two.pair.older, AssetChange(rating=5, note="Rewritten."))
    await library.alike.apart(two.pair.older, brought((await two.seen())[0]))
    older, newer = await two.seen()
    assert words(older) == (None, "Rewritten.", 5, None, None)
    assert words(newer) == ("Dawn", "From the second day.", 4, "pick", "blue")


async def test_notes_too_long_to_stand_together_change_nothing(library: Library, tmp_path: Path) -> None:
    two = await two_with_tags(library, tmp_path / "pictures")
    for id, letter in ((two.pair.older, "a"), (two.pair.newer, "貓")):
        await library.assets.edit_one(id, AssetChange(note=letter * 18_000))
    before, lay = await two.seen(), two.lie()
    await library.assets.edit_one(two.pair.older, AssetChange(note="b" * 18_000))
    with pytest.raises(Invalid) as refused:
        await library.alike.same([two.pair])
    assert (refused.value.code, refused.value.params["name"]) == ("notes_too_long", "0.png")
    await library.history.undo()
    assert (await two.seen(), two.lie()) == (before, lay)


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


@asynccontextmanager
async def device(home: Path, seed: int, pool: Pool) -> AsyncIterator[Workspaces]:
    chance, bus = random.Random(seed), Bus()
    around = Surroundings(clock=HandClock(), random=chance)
    tasks = Tasks(bus, chance)
    async with Workspaces(home, around, pool.inspect, bus, tasks, f"device{seed}", comparer=pool) as opened:
        yield opened


async def test_what_another_device_said_is_not_asked_here(tmp_path: Path, pool: Pool) -> None:
    folder, backup = tmp_path / "pictures", tmp_path / "backup"
    save_first(drawn(0), folder / "0.png", 1)
    async with device(tmp_path / "alice", 1, pool) as alice, device(tmp_path / "bob", 2, pool) as bob:
        here = alice.get("-")
        await here.ingest.import_paths([folder])
        await here.care.backup(backup)
        there = bob.get((await bob.bring_in(backup)).id)
        assert await there.sketching.fill() == 1
        save_again(folder / "0.png", folder / "again", 0)
        for library in (here, there):
            assert (await library.ingest.import_paths([folder])).alike == library.alike.count() == 1
        (pair,) = [Pair(newer=each.newer.id, older=each.older.id) for each in (await here.alike.list()).pairs]
        await here.alike.other([pair])
        await here.care.backup(backup)
        await bob.bring_in(backup)
        assert there.alike.count() == len((await there.alike.list()).pairs) == 0
        await there.care.rebuild()
        assert there.alike.count() == 0
        assert (await there.care.verify()).problems == []
        await here.history.undo()
        await here.care.backup(backup)
        await bob.bring_in(backup)
        assert there.alike.count() == 1
    async with device(tmp_path / "carol", 3, pool) as carol:
        restored = carol.get((await carol.bring_in(backup)).id)
        assert restored.alike.count() == 0
        assert (await restored.ingest.import_paths([folder])).duplicates == 2
        assert restored.alike.count() == 0  # both are there, and neither has just come


@pytest.mark.parametrize("gone", [False, True])
async def test_picture_told_apart_elsewhere_neither_is_asked_about_nor_joins(
    library: Library, tmp_path: Path, gone: bool
) -> None:
    folder = tmp_path / "pictures"
    save_first(drawn(0), folder / "0.png", 1)
    (older,) = (await library.ingest.import_paths([folder])).assets
    again = save_again(folder / "0.png", folder / "again", 0)
    newer = derived_id(Kind.IMAGE, library.workspace.id, hashlib.sha256(again.read_bytes()).digest())
    # As where the answer is here before the picture that it is about.
    said = (bytes.fromhex(older), lambda draft: draft.put_entry("links", f"{newer.hex()}/different", True))
    await library.workspace.append(Plan("asset.other", {"count": 1}, [said]))
    if gone:
        (folder / "0.png").unlink()
    assert (await library.ingest.import_paths([folder], dry_run=True)).alike == 0
    report = await library.ingest.import_paths([folder])
    assert (report.imported, report.rejoined, report.alike, report.assets[-1]) == (1, 0, 0, newer.hex())
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
    redone = await library.history.redo(undone.action)
    assert (await library.search.page("")).total == 3
    assert [len((await library.assets.show(asset)).versions) for asset in before] == [2, 2, 2]
    assert {document for _, document in lie(library)} == set(before)
    await library.history.undo(redone.action)
    assert (await library.search.page("")).total == 6
    assert [len((await library.assets.show(asset)).versions) for asset in before] == [1, 1, 1]
    assert (await library.care.verify()).problems == []


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


async def test_same_done_again_later_hides_no_picture(library: Library, tmp_path: Path) -> None:
    """The older one has become a version of a third meanwhile, and lies in the bin."""
    (pair,) = await asked(library, tmp_path / "pictures")
    save_first(drawn(9), tmp_path / "third.png", 1)
    (third,) = (await library.ingest.import_paths([tmp_path / "third.png"])).assets
    await library.alike.same([pair])
    undone = await library.history.undo()
    await library.alike.same([Pair(newer=pair.older, older=third)])
    assert undone.action is not None
    await library.history.redo(undone.action)
    older, newer = await library.assets.show(pair.older), await library.assets.show(pair.newer)
    assert (older.asset.binned_at, len(older.versions)) == (None, 2) and newer.asset.binned_at is not None
