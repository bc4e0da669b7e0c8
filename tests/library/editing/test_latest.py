"""Which action a plain undo or redo means: the last own one that still has an effect, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from documents.segment import BlobEntry
from library.catalog import Library
from library.editing import history, standing
from library.errors import Clash
from library.models import AssetChange, NewSavedSearch, Pair
from tests.library.editing.test_news import bring
from tests.library.studio import Studio, send


async def code_of(library: Library, turn: str) -> str:
    """Why nothing can be undone, or done again."""
    with pytest.raises(Clash) as refused:
        await getattr(library.history, turn)()
    return refused.value.code


async def write_empty_action(library: Library) -> None:
    """An action that changed no document, as older programs wrote for a folder that was moved."""
    workspace = library.workspace
    await workspace.write(
        lambda connection: workspace.log.write(
            connection,
            entries=[BlobEntry(b"h" * 32, 1, "image/png", "original")],
            auth=workspace.members.named_by(workspace.device),
            time=1,
            action=workspace.surroundings.random.randbytes(16),
            intent="asset.source",
            params={"name": "a.png"},
        )
    )


async def test_actions_that_changed_no_document_are_passed_over_and_end_no_redo(
    library: Library, tmp_path: Path
) -> None:
    (asset,) = await bring(library, tmp_path, 1)
    await library.assets.edit_one(asset, AssetChange(rating=5))
    await write_empty_action(library)
    undone = await library.history.undo()
    assert (undone.changed, undone.intent, undone.params["rating"]) == (1, "asset.rate", 5)
    await write_empty_action(library)
    done = await library.history.redo()
    assert (done.changed, done.intent, done.params["rating"]) == (1, "asset.rate", 5)
    assert (await library.assets.show(asset)).asset.rating == 5


async def test_what_another_changed_since_is_passed_over(studio: Studio, tmp_path: Path) -> None:
    alice, bob = await studio.pair()
    assets = await bring(alice, tmp_path, 3)
    await alice.assets.edit(assets, AssetChange(rating=5))
    await alice.assets.edit(assets, AssetChange(add_tags=["cat"]))
    await send(alice, bob)
    await bob.assets.edit(assets, AssetChange(remove_tags=["cat"]))
    await send(bob, alice)
    undone = await alice.history.undo(most=3)
    assert (undone.intent, undone.changed) == ("asset.rate", 3)
    assert {item.rating for item in (await alice.search.page()).items} == {0}
    # Where all pictures of it were changed, an action is not even asked about; the import is, with its id.
    with pytest.raises(Clash) as many:
        await alice.history.undo(most=2)
    assert (many.value.code, many.value.params["intent"], many.value.params["count"]) == (
        "touches_many",
        "asset.import",
        3,
    )
    assert (await alice.history.undo(many.value.params["action"])).changed == 3
    assert await code_of(alice, "undo") == "nothing_to_undo"
    assert await code_of(bob, "redo") == "nothing_to_redo"


async def test_undo_gives_up_after_so_many_documents_without_an_effect(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = await studio.pair()
    assets = await bring(alice, tmp_path, 4)
    for tag in "abc":
        await alice.assets.edit(assets, AssetChange(add_tags=[tag]))
    await send(alice, bob)
    await bob.assets.edit(assets, AssetChange(remove_tags=["a", "b", "c"]))
    await send(bob, alice)
    monkeypatch.setattr(history, "LOOKED", 11)  # the third action's last document is the twelfth
    assert await code_of(alice, "undo") == "nothing_to_undo"
    monkeypatch.setattr(history, "LOOKED", 12)
    assert (await alice.history.undo()).intent == "asset.import"


async def test_undo_pressed_more_often_than_a_page_has_actions(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "PAGE", 3)
    (asset,) = await bring(library, tmp_path, 1)
    for number in range(8):
        await library.assets.edit_one(asset, AssetChange(title=f"title {number}"))
    for number in reversed(range(8)):
        assert (await library.history.undo()).params["title"] == f"title {number}"
    assert (await library.history.undo()).intent == "asset.import"
    assert await code_of(library, "undo") == "nothing_to_undo"
    for _ in range(9):
        await library.history.redo()
    assert (await library.assets.show(asset)).asset.title == "title 7"
    assert await code_of(library, "redo") == "nothing_to_redo"


async def test_edit_after_an_undo_ends_what_redo_does_again_but_by_its_id(library: Library) -> None:
    saved = await library.searches.create(NewSavedSearch(name="Best", query="rating:5"))
    await library.searches.delete(saved.id)
    undone = await library.history.undo()
    assert (undone.intent, undone.params["name"]) == ("search.delete", "Best")
    await library.projects.create("Spring")
    assert await code_of(library, "redo") == "nothing_to_redo"
    assert [each.name for each in await library.searches.list()] == ["Best"]
    done = await library.history.redo(undone.action)
    assert (done.intent, done.params["name"], done.undoes) == ("search.delete", "Best", undone.action)
    assert await library.searches.list() == []


async def test_edit_elsewhere_ends_no_redo_here(studio: Studio, tmp_path: Path) -> None:
    alice, bob = await studio.pair()
    (asset,) = await bring(alice, tmp_path, 1)
    await alice.assets.edit_one(asset, AssetChange(rating=5))
    await alice.history.undo()
    await send(alice, bob)
    await bob.assets.edit_one(asset, AssetChange(add_tags=["b"]))
    await send(bob, alice)
    assert (await alice.history.redo()).intent == "asset.rate"
    assert (await alice.assets.show(asset)).asset.rating == 5


async def test_answer_names_the_edit_below_many_undos(library: Library, tmp_path: Path) -> None:
    (asset,) = await bring(library, tmp_path, 1)
    turned = (await library.assets.edit_one(asset, AssetChange(rating=3))).action
    for number in range(5):
        answer = await library.history.undo(turned)
        assert (answer.undoes, answer.intent, answer.params["rating"]) == (turned, "asset.rate", 3), number
        turned = answer.action
    shown = await library.assets.show(asset)
    assert shown.asset.rating == 0
    nothing = await library.history.undo(shown.history[-1].action)
    assert (nothing.intent, nothing.params) == ("asset.import", {"name": "0.png", "count": 1})


async def test_looking_for_the_latest_leaves_nothing_behind(library: Library, tmp_path: Path) -> None:
    """How two pictures that became one are undone moves their files' rows: only what is carried out does."""
    newer, older = await bring(library, tmp_path, 2)
    await library.alike.same([Pair(newer=newer, older=older)])

    def files() -> list[tuple[bytes, bytes]]:
        query = "SELECT path, document FROM source ORDER BY path"
        return library.workspace.database.read_now(lambda connection: connection.execute(query).fetchall())

    before = files()
    with pytest.raises(Clash, match="2 pictures"):
        await library.history.undo(most=1)
    assert files() == before
    assert (await library.history.undo()).intent == "asset.same"
    assert len({document for _, document in files()}) == 2
