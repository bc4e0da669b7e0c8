"""One import is one action, whatever its files are: told in one line, undone and done again as one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from documents.segment import decode
from imaging.pool import Pool
from library.catalog import Library
from library.errors import Clash
from library.models import AssetChange
from tests.library.house import open_library, picture
from tests.library.intake.saving import drawn, save_again
from tests.library.intake.test_rejoining import filled
from tests.library.studio import Studio, segments, send


@pytest.fixture
async def library(tmp_path: Path, pool: Pool) -> AsyncIterator[Library]:
    async with open_library(tmp_path / "home", inspect=pool.inspect, comparer=pool) as opened:
        yield opened


class Mixed(NamedTuple):
    """What one import brought: a picture that was edited where it lies, two that were found again, and the new ones."""

    edited: str
    found: list[str]
    same: str  # under a further name
    action: str


FILES = "files"
PARTS = {"imported": 2, "versions": 1, "rejoined": 2, "duplicates": 1}


async def mixed(library: Library, folder: Path) -> Mixed:
    kept = await filled(library, folder, 4)
    drawn(70).resize((640, 480)).save(kept[0].path)
    for each in kept[1:3]:
        save_again(each.path, folder / "again" / each.path.stem, 1)
        each.path.unlink()
    (folder / "other name.png").write_bytes(kept[3].path.read_bytes())
    for number in (50, 51):
        drawn(number).save(folder / f"new {number}.png")
    before = len(await timeline(library))
    report = await library.ingest.import_paths([folder])
    assert {name: getattr(report, name) for name in PARTS} == PARTS | {"duplicates": 2}  # and the file as it lay
    entry, *earlier = await timeline(library)
    assert len(earlier) == before
    return Mixed(kept[0].asset, [each.asset for each in kept[1:3]], kept[3].asset, entry.action)


async def timeline(library: Library) -> list[Any]:
    return (await library.history.timeline(200))[0]


async def seen(library: Library) -> dict[str, Any]:
    """All that is shown of each picture, by its id, and whose file is whose."""
    items = (await library.search.page("", limit=100)).items
    details = [await library.assets.show(item.id) for item in items]
    files = library.workspace.database.read_now(
        lambda connection: connection.execute("SELECT path, document FROM source ORDER BY path").fetchall()
    )
    return {each.asset.id: msgspec.structs.replace(each, history=[]) for each in details} | {FILES: files}


async def test_import_of_all_sorts_is_one_action_told_in_one_line(library: Library, tmp_path: Path) -> None:
    brought = await mixed(library, tmp_path / "pictures")
    entry = (await timeline(library))[0]
    assert (entry.intent, entry.changes, entry.undone) == ("asset.import", 6, False)
    assert entry.params == {"name": "0000.jpg", "count": 6} | PARTS
    # Segments say what each part was: a picture's own history tells the one that it was in.
    raws = [decode(raw) for raw in await segments(library)]
    intents = ["asset.version", "asset.import", "asset.rejoin", "asset.source"]
    assert [each.intent for each in raws if each.action.hex() == brought.action] == intents
    for asset, intent, count in (
        (brought.edited, "asset.version", 1),
        (brought.found[0], "asset.rejoin", 2),
        (brought.same, "asset.source", 1),
    ):
        own = (await library.assets.show(asset)).history[0]
        assert (own.action, own.intent, own.params["count"], own.changes) == (brought.action, intent, count, 6)
        assert own.params.keys() == {"name", "count"}


async def test_plain_undo_takes_back_the_whole_import_and_redo_does_it_again(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    brought = await mixed(library, folder)
    after = await seen(library)
    for _ in range(2):
        undone = await library.history.undo()
        assert (undone.intent, undone.params) == ("asset.import", {"name": "0000.jpg", "count": 6} | PARTS)
        entries = {each.action: each for each in await timeline(library)}
        assert entries[brought.action].undone
        assert entries[undone.action].params["intent"] == "asset.import"
        now = await seen(library)
        assert now.pop(FILES) != after[FILES]
        assert not [each for each in now.values() if each.asset.name.startswith("new ")]
        first = now[brought.edited].versions[0]
        assert first.current and now[brought.edited].asset.sha256 == first.sha256
        assert [len(now[id].versions) for id in brought.found] == [1, 1]
        assert now[brought.same].sources == [now[brought.same].asset.name]
        assert len(now) == 6  # what was found again is a picture of its own
        done = await library.history.redo()
        assert (done.intent, done.params) == (undone.intent, undone.params)
        assert await seen(library) == after
    with pytest.raises(Clash):
        await library.history.redo()
    assert (await library.care.verify()).problems == []
    await library.care.rebuild()
    assert await seen(library) == after


async def test_import_that_touched_many_says_of_what_parts(library: Library, tmp_path: Path) -> None:
    brought = await mixed(library, tmp_path / "pictures")
    with pytest.raises(Clash) as many:
        await library.history.undo(most=5)
    assert many.value.params == {"count": 6, "intent": "asset.import", "action": brought.action} | PARTS


async def test_picture_both_edited_and_found_again_in_one_import_is_as_before(library: Library, tmp_path: Path) -> None:
    """Its file holds another picture now, and it was saved elsewhere: undone part by part, the last one first."""
    folder = tmp_path / "pictures"
    (kept,) = await filled(library, folder, 1)
    save_again(kept.path, folder / "again", 1)
    drawn(70).resize((320, 240)).save(kept.path)  # what was found again has more, and is shown
    before = await seen(library)
    report = await library.ingest.import_paths([folder])
    assert (report.versions, report.rejoined, len((await seen(library))[kept.asset].versions)) == (1, 1, 3)
    after = await seen(library)
    await library.history.undo()
    now = await seen(library)
    assert now.pop(FILES) != after[FILES]
    assert now[kept.asset].asset.sha256 == before[kept.asset].asset.sha256
    # The edit's bytes stay as a version that is not shown; what was found again is a picture of its own.
    assert [each.current for each in now[kept.asset].versions] == [True, False]
    assert [each.asset.name for id, each in now.items() if id != kept.asset] == ["again.jpg"]
    await library.history.redo()
    assert await seen(library) == after


async def test_file_twice_in_one_import_counts_its_picture_once(library: Library, tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png"):
        (tmp_path / name).write_bytes(picture((1, 2, 3)))
    await library.ingest.import_paths([tmp_path / name for name in ("a.png", "b.png", "c.png")])
    (entry, _) = await timeline(library)
    assert entry.params == {"name": "a.png", "count": 1, "imported": 1, "duplicates": 1}
    assert (await library.history.undo(most=1)).changed == 1


async def test_pictures_dropped_together_are_one_action_though_some_are_known(library: Library, tmp_path: Path) -> None:
    async def drop(name: str, red: int, action: bytes) -> str:
        with library.ingest.upload_place(100) as place:
            place.write_bytes(picture((red, 0, 0)))
            return (await library.ingest.upload(place, name, action=action))["asset"]

    known = await drop("a.png", 1, b"1" * 16)
    await library.assets.edit_one(known, AssetChange(rating=3))
    assert await drop("also a.png", 1, b"2" * 16) == known
    await drop("b.png", 2, b"2" * 16)
    entry, rated, _, _ = await timeline(library)
    assert (entry.action, entry.intent, rated.intent) == ((b"2" * 16).hex(), "asset.import", "asset.rate")
    assert entry.params == {"name": "also a.png", "count": 2, "imported": 1, "duplicates": 1}
    await drop("c.png", 3, b"2" * 16)
    entry = (await timeline(library))[0]
    assert entry.params == {"name": "also a.png", "count": 3, "imported": 2, "duplicates": 1}
    assert (await library.history.undo()).changed == 3
    assert [(item.name, item.rating) for item in (await library.search.page("")).items] == [("a.png", 3)]
    assert (await library.assets.show(known)).sources == ["a.png"]


async def test_import_of_several_parts_is_told_and_undone_alike_elsewhere(studio: Studio, tmp_path: Path) -> None:
    alice, bob = await studio.pair()
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.png").write_bytes(picture((number, 0, 0)))
    await alice.ingest.import_paths([folder])
    (folder / "0.png").write_bytes(picture((9, 9, 9)))
    (folder / "3.png").write_bytes(picture((3, 0, 0)))
    (folder / "4.png").write_bytes(picture((9, 9, 9)))  # the bytes that 0.png has now
    await alice.ingest.import_paths([folder])
    await send(alice, bob)
    (here, *_), (there, *_) = await timeline(alice), await timeline(bob)
    assert here == there
    assert here.params == {"name": "0.png", "count": 2, "imported": 1, "versions": 1, "duplicates": 1}
    undone = await bob.history.undo(here.action)
    assert (undone.changed, undone.intent, undone.params) == (2, "asset.import", here.params)
    await send(bob, alice)
    assert {item.name: item.sha256 for item in (await alice.search.page("")).items} == {
        item.name: item.sha256 for item in (await bob.search.page("")).items
    }
    assert {item.name for item in (await alice.search.page("")).items} == {"0.png", "1.png", "2.png"}


async def test_picture_binned_since_stays_in_the_bin_when_an_import_is_done_again(
    library: Library, tmp_path: Path
) -> None:
    """Only what was found again comes out for what goes back to it, not a file that was put back to what it was."""
    folder = tmp_path / "pictures"
    put_back, found = await filled(library, folder, 2)
    first = put_back.path.read_bytes()
    drawn(70).resize((640, 480)).save(put_back.path)
    await library.ingest.import_paths([folder])
    put_back.path.write_bytes(first)
    save_again(found.path, folder / "again", 1)
    found.path.unlink()
    report = await library.ingest.import_paths([folder])
    assert (report.versions, report.rejoined, report.imported) == (1, 1, 0)
    undone = await library.history.undo()
    await library.assets.bin([put_back.asset])
    await library.history.redo(undone.action)
    assert [item.id for item in (await library.search.page("is:binned")).items if item.id == put_back.asset]
    assert [len(each.versions) for each in (await library.assets.show(found.asset),)] == [2]
