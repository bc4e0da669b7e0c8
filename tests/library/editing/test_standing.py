"""Whether an edit stands that several devices undid and did again, and what a plain undo then means."""

from __future__ import annotations

from pathlib import Path

import pytest

from library.catalog import Library
from library.errors import Clash
from library.models import AssetChange
from tests.library.editing.test_news import bring
from tests.library.studio import Studio, digests, send


async def undone(library: Library) -> dict[str, bool]:
    """Every action of the timeline, and whether it is shown as undone."""
    return {each.action: each.undone for each in (await library.history.timeline(200))[0]}


async def rating(library: Library) -> list[int]:
    return [item.rating for item in (await library.search.page("")).items]


async def rated(studio: Studio, folder: Path) -> tuple[Library, Library, str]:
    """A picture that alice rated, and that bob has."""
    alice, bob = await studio.pair()
    (asset,) = await bring(alice, folder, 1)
    edit = (await alice.assets.edit_one(asset, AssetChange(rating=5))).action
    await send(alice, bob)
    assert edit is not None
    return alice, bob, edit


async def test_edit_that_two_undid_and_one_did_again_is_undone_again(studio: Studio, tmp_path: Path) -> None:
    alice, bob, edit = await rated(studio, tmp_path)
    await alice.history.undo()
    yours = await bob.history.undo(edit)
    await send(alice, bob)
    await send(bob, alice)
    assert (await undone(alice))[edit] and (await undone(bob))[edit]
    await bob.history.redo(yours.action)
    await send(bob, alice)
    assert await undone(alice) == await undone(bob)
    assert not (await undone(alice))[edit]
    assert await rating(alice) == await rating(bob) == [5]
    with pytest.raises(Clash) as refused:  # by another's redo that undo of hers was answered too
        await alice.history.redo()
    assert refused.value.code == "nothing_to_redo"
    again = await alice.history.undo()
    assert (again.undoes, again.intent, again.changed) == (edit, "asset.rate", 1)
    await send(alice, bob)
    assert await rating(alice) == await rating(bob) == [0]
    assert (await undone(alice))[edit] and await undone(alice) == await undone(bob)


@pytest.mark.parametrize("later", ["undo", "redo"])
async def test_undo_and_redo_that_know_nothing_of_each_other_are_told_alike_whichever_comes_first(
    studio: Studio, tmp_path: Path, later: str
) -> None:
    """Of both the later one by the log's order decides, on every device."""
    alice, bob, carol = await studio.trio()
    asset = await studio.share("editor", "editor")
    edit = (await alice.assets.edit_one(asset, AssetChange(add_tags=["cat"]))).action
    for other in (bob, carol):
        await send(alice, other)
    for number in range(4 if later == "undo" else 0):  # her clock is ahead of his
        await alice.projects.create(f"Spring {number}")
    await alice.history.undo(edit)
    await bob.history.redo((await bob.history.undo(edit)).action)
    dave = await studio.device("dave", 9)
    first, second = [alice, bob], [bob, alice]
    for library, order in ((carol, first), (dave, second)):
        for source in order:
            await send(source, library)
    await send(bob, alice)
    await send(alice, bob)
    everybody = (alice, bob, carol, dave)
    assert len(await digests(*everybody)) == 1
    told = [await undone(each) for each in everybody]
    assert all(each == told[0] for each in told)
    assert edit is not None and told[0][edit] == (later == "undo")


async def test_redo_of_an_older_action_is_what_a_plain_undo_takes_back(library: Library, tmp_path: Path) -> None:
    (asset,) = await bring(library, tmp_path, 1)
    await library.assets.edit_one(asset, AssetChange(rating=5))
    older = await library.history.undo()
    await library.assets.edit_one(asset, AssetChange(add_tags=["cat"]))
    done = await library.history.redo(older.action)
    assert await rating(library) == [5]
    undone = await library.history.undo()
    assert (undone.undoes, undone.intent, undone.params["rating"]) == (done.action, "asset.rate", 5)
    shown = (await library.assets.show(asset)).asset
    assert (shown.rating, shown.tags) == (0, ["cat"])
    assert (await library.history.redo()).intent == "asset.rate"
    assert [(await library.history.undo()).intent for _ in range(3)] == ["asset.rate", "asset.tag", "asset.import"]
    assert [(await library.history.redo()).intent for _ in range(3)] == ["asset.import", "asset.tag", "asset.rate"]
    shown = (await library.assets.show(asset)).asset
    assert (shown.rating, shown.tags, shown.binned_at) == (5, ["cat"], None)


async def test_redo_of_anothers_edit_is_a_deed_of_who_did_it_again(studio: Studio, tmp_path: Path) -> None:
    alice, bob, _ = await rated(studio, tmp_path)
    (asset,) = [item.id for item in (await bob.search.page("")).items]
    undo = await alice.history.undo()
    await send(alice, bob)
    await bob.assets.edit_one(asset, AssetChange(add_tags=["bob"]))
    await bob.history.redo(undo.action)
    assert (await bob.history.undo()).intent == "asset.rate"
    assert (await bob.history.undo()).intent == "asset.tag"
    with pytest.raises(Clash):
        await bob.history.undo()
