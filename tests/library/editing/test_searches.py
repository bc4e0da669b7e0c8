"""Saved searches: edited, undone, merged, kept when a newer program wrote them; moments and rebuild know them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from documents.draft import Draft
from documents.kinds import Kind
from library.care.comparing import COMPARED
from library.catalog import Library
from library.editing.assets import read_values
from library.errors import Clash, Invalid, NotFound
from library.models import AssetChange, NewSavedSearch, SavedSearchChange
from library.workspace import Plan
from tests.library.house import HandClock, open_library, picture
from tests.library.studio import Studio, digests, send


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    """Four pictures, one of five stars."""
    async with open_library(tmp_path / "library", clock=HandClock()) as library:
        await bring_in(library, tmp_path / "pictures", 4)
        assets = (await library.search.page()).items
        await library.assets.edit_one(assets[0].id, AssetChange(rating=5, add_tags=["夜 景"]))
        yield library


async def bring_in(library: Library, folder: Path, count: int) -> list[str]:
    folder.mkdir(exist_ok=True)
    begun = len(list(folder.glob("*.png")))
    for number in range(begun, begun + count):
        (folder / f"{number}.png").write_bytes(picture((number, 7, 7), (16 + number, 16)))
        (folder / f"{number}.txt").write_text("neon cat")
    return (await library.ingest.import_paths([folder])).assets


async def rows(library: Library) -> list[tuple[object, ...]]:
    query = COMPARED["search"].format(db="main")
    return await library.workspace.database.read(lambda connection: connection.execute(query).fetchall())


async def intents(library: Library) -> list[str]:
    return [entry.intent for entry in (await library.history.timeline())[0]]


async def test_search_is_saved_in_one_spelling_and_counted(library: Library) -> None:
    made = await library.searches.create(
        NewSavedSearch(name=" 精選 ⭐ ", query=' rating:=5   tag:"夜 景" neon', sort="name")
    )
    assert (made.name, made.query, made.sort, made.total) == ("精選 ⭐", 'neon rating:5 tag:"夜 景"', "name", 1)
    assert (await library.searches.list())[0].total is None
    assert [each.total for each in await library.searches.list(counted=True)] == [1]
    page = await library.searches.page(made.id, None, 10, None, 0, None)
    assert (page.total, [item.rating for item in page.items]) == (1, [5])


async def test_what_fits_later_is_found_and_counted(library: Library, tmp_path: Path) -> None:
    made = await library.searches.create(NewSavedSearch(name="neon", query="neon"))
    assert made.total == 4
    await bring_in(library, tmp_path / "pictures", 3)
    assert (await library.searches.show(made.id)).total == 7
    await library.assets.bin([(await library.search.page()).items[0].id])
    assert (await library.searches.list(counted=True))[0].total == 6


async def test_edits_are_actions_that_undo_and_redo_take(library: Library) -> None:
    made = await library.searches.create(NewSavedSearch(name="a", query="neon", color="teal"))
    edited = await library.searches.edit(
        made.id, SavedSearchChange(name="b", query="rating:5", sort="oldest", color=None)
    )
    assert (edited.name, edited.query, edited.sort, edited.color) == ("b", "rating:5", "oldest", None)
    await library.history.undo(edited.action)
    now = await library.searches.show(made.id)
    assert (now.name, now.query, now.sort, now.color) == ("a", "neon", "newest", "teal")
    await library.history.redo()
    assert (await library.searches.show(made.id)).name == "b"
    deleted = await library.searches.delete(made.id)
    with pytest.raises(NotFound):
        await library.searches.show(made.id)
    await library.history.undo(deleted.action)
    assert (await library.searches.show(made.id)).query == "rating:5"
    assert [entry.intent for entry in await library.searches.history(made.id)] == [
        "undo", "search.delete", "redo", "undo", "search.edit", "search.create",
    ]  # fmt: skip


async def test_saving_is_undone_and_done_again(library: Library) -> None:
    made = await library.searches.create(NewSavedSearch(name="a", query="neon", sort="rating"))
    undone = await library.history.undo(made.action)
    assert await library.searches.list() == []
    await library.history.redo(undone.action)
    (back,) = await library.searches.list()
    assert (back.name, back.query, back.sort) == ("a", "neon", "rating")
    assert (await intents(library))[:3] == ["redo", "undo", "search.create"]


async def test_edit_that_changes_nothing_is_no_action(library: Library) -> None:
    made = await library.searches.create(NewSavedSearch(name="a", query="neon"))
    assert (await library.searches.edit(made.id, SavedSearchChange(name="a", query=" neon "))).action is None


@pytest.mark.parametrize("query", ["", "  ", '""', "\0"])
async def test_query_that_asks_for_nothing_is_not_saved(library: Library, query: str) -> None:
    with pytest.raises(Invalid) as refused:
        await library.searches.create(NewSavedSearch(name="a", query=query))
    assert refused.value.code == "no_query"
    assert await library.searches.list() == []


async def test_input_that_makes_no_sense_is_refused(library: Library) -> None:
    made = await library.searches.create(NewSavedSearch(name="a", query="neon"))
    for change in (
        SavedSearchChange(query="rating:9"),
        SavedSearchChange(name=" "),
        SavedSearchChange(name="長" * 400),
        SavedSearchChange(color="beige"),
    ):
        with pytest.raises(Invalid):
            await library.searches.edit(made.id, change)
    with pytest.raises(NotFound):
        await library.searches.edit(f"{'04'}{'0' * 30}", SavedSearchChange(name="x"))
    assert (await library.searches.show(made.id)).name == "a"


async def test_second_one_of_a_name_is_refused(library: Library) -> None:
    made = await library.searches.create(NewSavedSearch(name="a", query="neon"))
    other = await library.searches.create(NewSavedSearch(name="b", query="neon"))
    for doing in (
        library.searches.create(NewSavedSearch(name="a", query="cat")),
        library.searches.edit(other.id, SavedSearchChange(name="a")),
    ):
        with pytest.raises(Clash) as refused:
            await doing
        assert refused.value.code == "search_exists"
    await library.searches.delete(made.id)
    await library.searches.edit(other.id, SavedSearchChange(name="a"))


async def write_by_a_newer_program(library: Library, query: str, sort: str = "newest") -> str:
    """A saved search as a program may write it that knows more filters."""
    id = bytes([Kind.COLLECTION]) + b"n" * 15

    def write(draft: Draft) -> None:
        for field, value in (("name", "from tomorrow"), ("query", query), ("sort", sort)):
            draft.agree(field, value)

    await library.workspace.append(Plan("search.create", {"name": "from tomorrow"}, [(id, write)]))
    return id.hex()


async def test_query_of_a_newer_program_is_kept_and_told(library: Library) -> None:
    id = await write_by_a_newer_program(library, "sharpness:>3 neon", sort="sharpness")
    (found,) = await library.searches.list(counted=True)
    assert (found.query, found.total, found.sort) == ("sharpness:>3 neon", None, "newest")
    assert found.problem is not None and found.problem.code == "bad_query.unknown"
    with pytest.raises(Clash) as refused:
        await library.searches.page(id, None, 10, None, 0, None)
    assert refused.value.code == "search_unreadable"
    await library.searches.edit(id, SavedSearchChange(name="renamed"))
    values = await library.workspace.database.read(lambda connection: read_values(connection, bytes.fromhex(id)))
    assert list(values["query"].values()) == ["sharpness:>3 neon"]
    assert list(values["sort"].values()) == ["sharpness"]


@pytest.mark.parametrize("query", ["-a " * 20_000, "tag:x " * 400, "(" * 3000])
async def test_query_of_any_length_breaks_nothing(library: Library, query: str) -> None:
    await write_by_a_newer_program(library, query)
    (found,) = await library.searches.list(counted=True)
    assert found.problem is not None and found.problem.code == "bad_query.long"


async def test_collection_without_a_query_is_no_saved_search(library: Library) -> None:
    id = bytes([Kind.COLLECTION]) + b"a" * 15
    await library.workspace.append(Plan("album.create", {}, [(id, lambda draft: draft.agree("name", "album"))]))
    assert await library.searches.list() == []


async def test_values_of_other_kinds_count_as_not_there(library: Library) -> None:
    id = bytes([Kind.COLLECTION]) + b"o" * 15

    def write(draft: Draft) -> None:
        for field, value in (("name", "odd"), ("query", "neon"), ("sort", 7), ("color", True)):
            draft.agree(field, value)

    await library.workspace.append(Plan("search.create", {}, [(id, write)]))
    (found,) = await library.searches.list()
    assert (found.name, found.sort, found.color, found.created_at) == ("odd", "newest", None, 0)


async def test_rebuild_makes_the_same_rows_and_verify_finds_a_wrong_one(library: Library) -> None:
    made = await library.searches.create(NewSavedSearch(name="a", query="neon"))
    await library.searches.create(NewSavedSearch(name="b", query="cat", sort="name", color="red"))
    await library.searches.delete(made.id)
    before, digest = await rows(library), (await library.care.digest()).digest
    assert (await library.care.verify()).problems == []
    await library.care.rebuild()
    assert await rows(library) == before and len(before) == 1
    assert (await library.care.digest()).digest == digest
    await library.workspace.database.write(lambda connection: connection.execute("UPDATE search SET query='dog'"))
    assert "view.wrong" in [problem.code for problem in (await library.care.verify()).problems]


async def test_moment_knows_the_searches_of_then(library: Library) -> None:
    made = await library.searches.create(NewSavedSearch(name="then", query="rating:5"))
    await library.checkpoints.create("before")
    await library.searches.edit(made.id, SavedSearchChange(name="now", query="neon"))
    other = await library.searches.create(NewSavedSearch(name="later", query="cat"))
    await library.assets.edit([(await library.search.page("rating:5")).items[0].id], AssetChange(rating=1))
    (found,) = await library.searches.list(counted=True, at="before")
    assert (found.name, found.query, found.total) == ("then", "rating:5", 1)
    assert (await library.searches.page(made.id, None, 10, None, 0, "before")).total == 1
    with pytest.raises(NotFound):
        await library.searches.show(other.id, "before")


async def test_two_devices_change_one_at_once(studio: Studio) -> None:
    alice, bob = await studio.pair()
    made = await alice.searches.create(NewSavedSearch(name="both", query="neon"))
    await send(alice, bob)
    await alice.searches.edit(made.id, SavedSearchChange(query="cat"))
    await bob.searches.edit(made.id, SavedSearchChange(query="dog"))
    await send(alice, bob)
    await send(bob, alice)
    ours, theirs = await alice.searches.show(made.id), await bob.searches.show(made.id)
    assert ours == theirs and ours.conflicts == ["query"] and ours.query in ("cat", "dog")
    await bob.searches.edit(made.id, SavedSearchChange(query="fish"))
    await send(bob, alice)
    settled = await alice.searches.show(made.id)
    assert (settled.query, settled.conflicts) == ("fish", [])
    assert len(await digests(alice, bob)) == 1


async def test_deleted_here_and_renamed_there_stays_deleted_until_undone(studio: Studio) -> None:
    alice, bob = await studio.pair()
    made = await alice.searches.create(NewSavedSearch(name="both", query="neon"))
    await send(alice, bob)
    deleted = await alice.searches.delete(made.id)
    await bob.searches.edit(made.id, SavedSearchChange(name="kept"))
    await send(bob, alice)
    assert await alice.searches.list() == []
    await alice.history.undo(deleted.action)
    await send(alice, bob)
    assert [each.name for each in await bob.searches.list()] == ["kept"]
