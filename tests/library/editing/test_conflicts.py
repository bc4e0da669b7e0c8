"""What people set differently at once: listed with who and when, settled by one change, opened again by its undo."""

from __future__ import annotations

import asyncio
import random
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.kinds import Kind, derived_id
from library.albums import AlbumChange, NewAlbum
from library.catalog import Library
from library.editing.conflicts import Conflict
from library.errors import Clash, Invalid, LibraryError, NoCursor, NotFound
from library.models import AssetChange, NewSavedSearch, ProjectChange, SavedSearchChange
from library.prompts import NewPrompt, PromptChange
from library.workspace import Plan
from tests.library.editing.test_news import Reader
from tests.library.house import picture
from tests.library.studio import Studio, digests, send
from tests.library.views.test_authors import move_clock


async def meet(*libraries: Library) -> None:
    """Everybody gets what everybody has."""
    for _ in range(2):
        for one in libraries:
            for other in libraries:
                if one is not other:
                    await send(one, other)


async def all_of(library: Library) -> list[Conflict]:
    return (await library.conflicts.list(200)).items


def told(conflict: Conflict) -> list[tuple[Any, list[tuple[str, int]], bool]]:
    return [(each.value, [(said.device, said.when) for said in each.by], each.shown) for each in conflict.choices]


def name_of(library: Library) -> str:
    return library.workspace.device.hex()[:8]


async def test_two_ratings_are_told_with_who_and_when_each_was_set(studio: Studio) -> None:
    alice, bob, _ = await studio.trio()
    asset = await studio.share("editor", "editor")
    times = {4: move_clock(alice, 1000), 2: move_clock(bob, 7000)}
    await alice.assets.edit_one(asset, AssetChange(rating=4))
    await bob.assets.edit_one(asset, AssetChange(rating=2))
    for library in (alice, bob):  # what they write later is another field: the rating was set when it was
        move_clock(library, 50_000)
        await library.assets.edit_one(asset, AssetChange(note="later", add_tags=["later"]))
    await meet(alice, bob)
    assert await all_of(alice) == await all_of(bob)
    (conflict,) = await all_of(alice)
    assert (conflict.kind, conflict.document, conflict.field, conflict.name) == ("asset", asset, "rating", "a.png")
    assert conflict.thumbnail is not None
    names = {4: name_of(alice), 2: name_of(bob)}
    shown = (await alice.assets.show(asset)).asset.rating
    assert sorted(told(conflict)) == sorted((value, [(names[value], times[value])], value == shown) for value in (2, 4))
    assert conflict.choices[0].shown
    candidates = (await bob.assets.show(asset)).conflicts["rating"]
    assert {each.value: (each.device, each.when) for each in candidates} == {n: (names[n], times[n]) for n in (2, 4)}
    assert alice.conflicts.count() == (await alice.conflicts.list()).total == 1
    assert (await alice.conflicts.list(document=asset)).items == [conflict]


@pytest.mark.parametrize("value", [4, 2, 5])
async def test_settling_is_one_change_that_undo_opens_again(studio: Studio, value: int) -> None:
    alice, bob, carol = await studio.trio()
    asset = await studio.share("editor", "editor")
    await alice.assets.edit_one(asset, AssetChange(rating=4))
    await bob.assets.edit_one(asset, AssetChange(rating=2))
    await meet(alice, bob)
    (before,) = await all_of(bob)
    move_clock(bob, 10_000)
    done = await bob.conflicts.resolve(asset, "rating", value, seen=[4, 2])
    assert done.changed == 1 and done.action is not None
    await meet(alice, bob, carol)
    for library in (alice, bob, carol):
        assert await all_of(library) == [] and library.conflicts.count() == 0
        assert (await library.assets.show(asset)).asset.rating == value
        entry = (await library.assets.show(asset)).history[0]
        others = sorted({2, 4} - {value}, key=[each.value for each in before.choices].index)
        assert entry.intent == "conflict.resolve" and entry.who == name_of(bob)
        assert entry.params == {
            "kind": "asset", "name": "a.png", "field": "rating", "value": value, "others": others, "count": 1,
        }  # fmt: skip
    for library in (alice, bob):
        move_clock(library, 10_000)  # who set what and when is as it was
    undone = await bob.history.undo(done.action)
    await meet(alice, bob, carol)
    for library in (alice, bob, carol):
        (again,) = await all_of(library)
        assert told(again) == told(before)
    await bob.history.redo(undone.action)
    await meet(alice, bob, carol)
    assert [len(await all_of(library)) for library in (alice, bob, carol)] == [0, 0, 0]
    assert (await carol.assets.show(asset)).asset.rating == value
    assert len(await digests(alice, bob, carol)) == 1


async def test_an_edit_that_settled_it_unasked_is_undone_to_the_conflict(studio: Studio) -> None:
    alice, bob, _ = await studio.trio()
    asset = await studio.share("editor", "editor")
    await alice.assets.edit_one(asset, AssetChange(title="貓"))
    await bob.assets.edit_one(asset, AssetChange(title="cat"))
    await meet(alice, bob)
    before = [told(each) for each in await all_of(alice)]
    edited = await alice.assets.edit_one(asset, AssetChange(title="Katze"))
    assert await all_of(alice) == []
    await alice.history.undo(edited.action)
    assert [told(each) for each in await all_of(alice)] == before
    await alice.conflicts.resolve(asset, "title", "cat")
    assert await all_of(alice) == [] and (await alice.assets.show(asset)).asset.title == "cat"


async def test_what_another_device_settled_meanwhile_is_said_and_not_written_over(studio: Studio) -> None:
    alice, bob, carol = await studio.trio()
    asset = await studio.share("editor", "editor")
    for library, title in ((alice, "a"), (bob, "b")):
        await library.assets.edit_one(asset, AssetChange(title=title))
    await meet(alice, bob, carol)
    seen = [each.value for each in (await all_of(alice))[0].choices]
    await bob.conflicts.resolve(asset, "title", "b")
    await meet(alice, bob, carol)
    with pytest.raises(Clash) as refused:
        await alice.conflicts.resolve(asset, "title", "a", seen)
    assert refused.value.code == "conflict_settled"
    assert refused.value.params == {"device": name_of(bob), "field": "title", "value": "b"}
    await alice.assets.edit_one(asset, AssetChange(title="one"))
    await carol.assets.edit_one(asset, AssetChange(title="two"))
    await meet(alice, bob, carol)
    with pytest.raises(Clash) as refused:
        await bob.conflicts.resolve(asset, "title", "b", seen)
    assert refused.value.code == "conflict_changed"
    assert {each.value for each in (await all_of(bob))[0].choices} == {"one", "two"}


async def test_both_settle_it_at_once_and_what_they_chose_differs(studio: Studio) -> None:
    alice, bob, _ = await studio.trio()
    asset = await studio.share("editor", "editor")
    for library, title in ((alice, "a"), (bob, "b")):
        await library.assets.edit_one(asset, AssetChange(title=title))
    await meet(alice, bob)
    await alice.conflicts.resolve(asset, "title", "b")
    await bob.conflicts.resolve(asset, "title", "a")
    await meet(alice, bob)
    (conflict,) = await all_of(alice)
    by = {each.value: [said.device for said in each.by] for each in conflict.choices}
    assert by == {"a": [name_of(bob)], "b": [name_of(alice)]}
    await alice.conflicts.resolve(asset, "title", "a")
    await meet(alice, bob)
    assert await all_of(bob) == []


async def test_what_is_set_elsewhere_while_a_conflict_is_opened_again_is_not_lost(studio: Studio) -> None:
    alice, bob, _ = await studio.trio()
    asset = await studio.share("editor", "editor")
    await alice.assets.edit_one(asset, AssetChange(rating=4))
    await bob.assets.edit_one(asset, AssetChange(rating=2))
    await meet(alice, bob)
    done = await alice.conflicts.resolve(asset, "rating", 4)
    await meet(alice, bob)
    await alice.history.undo(done.action)
    await bob.assets.edit_one(asset, AssetChange(rating=1))
    await meet(alice, bob)
    for library in (alice, bob):
        (conflict,) = await all_of(library)
        by = {each.value: [said.device for said in each.by] for each in conflict.choices}
        assert by == {4: [name_of(alice)], 2: [name_of(bob)], 1: [name_of(bob)]}
    assert len(await digests(alice, bob)) == 1


async def test_three_devices_two_of_which_agree_are_two_choices(studio: Studio) -> None:
    alice, bob, carol = await studio.trio()
    asset = await studio.share("editor", "editor")
    for library, label in ((alice, "red"), (bob, "blue"), (carol, "red")):
        await library.assets.edit_one(asset, AssetChange(label=label))  # type: ignore[arg-type]
    await meet(alice, bob, carol)
    (conflict,) = await all_of(alice)
    by = {each.value: {said.device for said in each.by} for each in conflict.choices}
    assert by == {"red": {name_of(alice), name_of(carol)}, "blue": {name_of(bob)}}


async def test_versions_chosen_at_once_are_told_by_number_and_picture(studio: Studio, tmp_path: Path) -> None:
    alice, bob, _ = await studio.trio()
    file = tmp_path / "edited.png"
    asset = ""
    for color in ((1, 1, 1), (2, 2, 2), (3, 3, 3)):
        file.write_bytes(picture(color))
        (asset,) = (await alice.ingest.import_paths([file])).assets
    await studio.admit("bob", "editor")
    await meet(alice, bob)
    first, second, third = (each.id for each in (await alice.assets.show(asset)).versions)
    await alice.assets.restore(asset, version=first)
    choose = (bytes.fromhex(asset), lambda draft: draft.agree("current", second))
    await bob.workspace.append(Plan("asset.restore", {"number": 2}, [choose]))
    await meet(alice, bob)
    (conflict,) = await all_of(alice)
    versions = (await alice.assets.show(asset)).versions
    numbers = {each.id: number for number, each in enumerate(versions, 1)}
    assert [(each.number, each.thumbnail) for each in conflict.choices] == [
        (numbers[each.value], versions[numbers[each.value] - 1].thumbnail) for each in conflict.choices
    ]
    assert conflict.field == "current" and {each.number for each in conflict.choices} == {2, 4}
    done = await alice.conflicts.resolve(asset, "current", third)
    assert await all_of(alice) == []
    shown = next(each for each in (await alice.assets.show(asset)).versions if each.current)
    assert shown.sha256 == versions[2].sha256
    entry = (await alice.assets.show(asset)).history[0]
    assert set(entry.params["others"]) == {2, 4}
    await alice.history.undo(done.action)
    assert [told(each) for each in await all_of(alice)] == [told(conflict)]
    with pytest.raises(NotFound):
        await alice.conflicts.resolve(asset, "current", "f" * 64)


async def set_everything(library: Library, ids: dict[str, str], who: str, color: str, parent: str) -> None:
    """Every field that can be edited, of everything that has a name."""
    await library.projects.edit(ids["project"], ProjectChange(name=f"p {who}", color=color))
    await library.projects.edit(ids["archived"], ProjectChange(archived=who == "b"))
    await library.albums.edit(
        ids["album"], AlbumChange(name=f"al {who}", color=color, parent=parent, cover=ids[f"asset {who}"])
    )
    sort: Any = "oldest" if who == "a" else "name"
    await library.searches.edit(
        ids["search"], SavedSearchChange(name=f"s {who}", query=f"cat{who}", sort=sort, color=color)
    )
    await library.prompts.edit(ids["prompt"], PromptChange(name=f"pr {who}"))
    await library.prompts.edit(ids["put away"], PromptChange(archived=who == "b"))


async def everything(studio: Studio) -> tuple[Library, Library, dict[str, str]]:
    """alice and bob, who set every field of everything differently at once."""
    alice, bob = await studio.pair()
    ids = {}
    for who, color in (("a", (1, 1, 1)), ("b", (2, 2, 2))):
        (studio.folder / f"{who}.png").write_bytes(picture(color))
        (ids[f"asset {who}"],) = (await alice.ingest.import_paths([studio.folder / f"{who}.png"])).assets
    ids["project"] = (await alice.projects.create("p")).id
    ids["archived"] = (await alice.projects.create("q")).id
    await alice.projects.edit(ids["archived"], ProjectChange(archived=True))
    ids["album"] = (await alice.albums.create(NewAlbum(name="al"))).id
    ids["one"], ids["two"] = [(await alice.albums.create(NewAlbum(name=name))).id for name in ("one", "two")]
    ids["search"] = (await alice.searches.create(NewSavedSearch(name="s", query="cat"))).id
    ids["prompt"] = (await alice.prompts.create(NewPrompt(name="pr"))).id
    ids["put away"] = (await alice.prompts.create(NewPrompt(name="old"))).id
    await alice.prompts.edit(ids["put away"], PromptChange(archived=True))
    await meet(alice, bob)
    await set_everything(alice, ids, "a", "red", ids["one"])
    await set_everything(bob, ids, "b", "blue", ids["two"])
    for library, name in ((alice, "Studio A"), (bob, "Studio B")):
        settings = derived_id(Kind.SETTINGS, library.workspace.id)
        edit = (settings, lambda draft, name=name: draft.agree("name", name))
        await library.workspace.append(Plan("workspace.rename", {"name": name}, [edit]))
    await meet(alice, bob)
    return alice, bob, ids


FIELDS = {
    ("workspace", "name"), ("project", "name"), ("project", "color"),
    ("album", "name"), ("album", "color"), ("album", "parent"), ("album", "cover"),
    ("search", "name"), ("search", "query"), ("search", "sort"), ("search", "color"), ("prompt", "name"),
}  # fmt: skip


async def test_every_field_of_everything_with_a_name_is_listed_and_settled(studio: Studio) -> None:
    alice, bob, _ = await everything(studio)
    found = await all_of(alice)
    assert {(each.kind, each.field) for each in found} == FIELDS and found == await all_of(bob)
    names = {each.field: {choice.name for choice in each.choices} for each in found if each.kind == "album"}
    assert names["parent"] == {"one", "two"} and names["cover"] == {"a.png", "b.png"}
    for each in found:
        other = next(choice for choice in each.choices if not choice.shown)
        done = await bob.conflicts.resolve(each.document, each.field, other.value)
        assert done.action is not None
    assert await all_of(bob) == [] and bob.conflicts.count() == 0
    await meet(alice, bob)
    assert await all_of(alice) == [] and len(await digests(alice, bob)) == 1
    assert await alice.care.rebuild() == await alice.care.digest()
    for _ in found:
        await bob.history.undo()
    assert [(told(each), each.field) for each in await all_of(bob)] == [(told(each), each.field) for each in found]


async def test_a_third_value_may_be_typed_where_it_makes_sense(studio: Studio) -> None:
    alice, _, ids = await everything(studio)
    third: dict[tuple[str, str], Any] = {
        ("workspace", "name"): "Studio C", ("project", "name"): "p c", ("project", "color"): "green",
        ("album", "name"): "al c", ("album", "color"): None, ("album", "parent"): None, ("album", "cover"): "",
        ("search", "name"): "s c", ("search", "query"): "dog", ("search", "sort"): "rating",
        ("search", "color"): "", ("prompt", "name"): "pr c",
    }  # fmt: skip
    for each in await all_of(alice):
        for bad in ([1], {"a": 1}, 1.5, "\ud800x" if each.field == "color" else 10**30, True):
            with pytest.raises(LibraryError):
                await alice.conflicts.resolve(each.document, each.field, bad)
    assert alice.conflicts.count() == len(FIELDS)
    for each in await all_of(alice):
        await alice.conflicts.resolve(each.document, each.field, third[each.kind, each.field])
    assert await all_of(alice) == [] and alice.name() == "Studio C"
    shown = await alice.albums.show(ids["album"])
    assert (shown.name, shown.color, shown.parent, shown.cover_asset) == ("al c", None, None, None)
    search = await alice.searches.show(ids["search"])
    assert (search.name, search.query, search.sort, search.color) == ("s c", "dog", "rating", None)


@pytest.mark.parametrize(
    ("kind", "field", "value", "code"),
    [
        ("project", "name", "q", "project_exists"),
        ("project", "name", "  ", "no_name"),
        ("project", "color", "mauve", "invalid.color"),
        ("album", "name", "one", None),
        ("album", "parent", "ab" * 16, "no_album"),
        ("album", "cover", "ab" * 16, "no_image"),
        ("search", "query", "", "no_query"),
        ("search", "sort", "sideways", "invalid"),
        ("prompt", "name", "old", "prompt_exists"),
        ("prompt", "deleted", 1, "invalid"),
        ("prompt", "text", "x", "invalid"),
        ("workspace", "name", "a\u202eb", "invalid.unseen_name"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    studio: Studio, kind: str, field: str, value: Any, code: str | None
) -> None:
    alice, _, _ = await everything(studio)
    thing = next(each for each in await all_of(alice) if each.kind == kind)
    before = await all_of(alice)
    if code is None:  # beside albums of another parent there is none of that name
        await alice.conflicts.resolve(thing.document, field, value)
        return
    with pytest.raises(LibraryError) as refused:
        await alice.conflicts.resolve(thing.document, field, value)
    assert refused.value.code == code
    assert await all_of(alice) == before


async def test_an_album_is_not_settled_into_itself(studio: Studio) -> None:
    alice, _, ids = await everything(studio)
    with pytest.raises(Clash, match="cannot lie in itself"):
        await alice.conflicts.resolve(ids["album"], "parent", ids["album"])


async def test_bad_ids_and_cursors_are_refused(library: Library) -> None:
    for id in ("", "zz", "ab" * 16, "03" + "0" * 30):
        with pytest.raises(NotFound):
            await library.conflicts.resolve(id, "name", "x")
    for cursor in ("", "x", "WzFd", "WyJhc3NldCIsInp6IiwxLCJ4Il0"):
        with pytest.raises(NoCursor):
            await library.conflicts.list(10, cursor)
    with pytest.raises(Invalid):
        await library.conflicts.resolve(_settings_of(library), "about", "x")


def _settings_of(library: Library) -> str:
    return derived_id(Kind.SETTINGS, library.workspace.id).hex()


async def test_pages_follow_each_other_also_while_conflicts_are_settled(studio: Studio) -> None:
    alice, bob = await studio.pair()
    folder = studio.folder / "pictures"
    folder.mkdir()
    for at in range(30):
        (folder / f"{at}.png").write_bytes(picture((at, 2, 3)))
    assets = (await alice.ingest.import_paths(sorted(folder.iterdir()))).assets
    await alice.projects.create("p")
    await meet(alice, bob)
    (project,) = await alice.projects.list()
    for library, rating in ((alice, 1), (bob, 2)):
        await library.assets.edit(assets, AssetChange(rating=rating, title=f"t{rating}"))
        await library.projects.edit(project.id, ProjectChange(name=f"p{rating}", color=["red", "blue"][rating - 1]))
    await meet(alice, bob)
    every = await all_of(alice)
    assert len(every) == 62 and [each.kind for each in every[:3]] == ["project", "project", "asset"]
    for limit in (1, 7, 61, 62):
        read: list[Conflict] = []
        after = None
        while len(read) < 62:
            page = await alice.conflicts.list(limit, after)
            assert page.total == 62
            read += page.items
            after = page.next
        assert read == every and after is None
    page = await alice.conflicts.list(5)
    for each in every[:5]:
        await alice.conflicts.resolve(each.document, each.field, each.choices[0].value)
    assert (await alice.conflicts.list(200, page.next)).items == every[5:]
    await alice.assets.bin([every[6].document])  # nobody is asked about what lies in the bin
    assert all(each.document != every[6].document for each in await all_of(alice))
    assert alice.conflicts.count() == len(await all_of(alice))


async def test_conflicts_that_come_and_go_are_news(studio: Studio) -> None:
    alice, bob, _ = await studio.trio()
    asset = await studio.share("editor", "editor")
    reader = Reader(alice)
    await alice.assets.edit_one(asset, AssetChange(rating=4))
    assert reader.since() == [("asset.changed", asset)]
    await bob.assets.edit_one(asset, AssetChange(rating=2))
    await send(bob, alice)
    assert ("conflict.changed", asset) in reader.since()
    await alice.projects.create("other")
    assert all(kind != "conflict.changed" for kind, _ in reader.since())
    done = await alice.conflicts.resolve(asset, "rating", 4)
    assert ("conflict.changed", asset) in reader.since()
    await alice.history.undo(done.action)
    assert ("conflict.changed", asset) in reader.since()


Step = tuple[int, str, int, int]
STEPS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["rate", "title", "color", "settle", "undo", "send"]),
        st.integers(0, 4),
        st.integers(0, 2),
    ),
    min_size=4,
    max_size=24,
)


async def play(folder: Path, steps: list[Step]) -> None:
    async with AsyncExitStack() as stack:
        studio = Studio(folder, stack)
        devices = await studio.trio()
        asset = await studio.share("editor", "editor")
        project = (await devices[0].projects.create("p")).id
        await meet(*devices)
        for who, kind, number, other in steps:
            library = devices[who]
            try:
                if kind == "rate":
                    await library.assets.edit_one(asset, AssetChange(rating=number))
                elif kind == "title":
                    await library.assets.edit_one(asset, AssetChange(title=f"t{number}"))
                elif kind == "color":
                    color = ["red", "blue", None][number % 3]
                    await library.projects.edit(project, ProjectChange(color=color))
                elif kind == "settle":
                    for conflict in await all_of(library):
                        choice = conflict.choices[number % len(conflict.choices)]
                        await library.conflicts.resolve(conflict.document, conflict.field, choice.value)
                elif kind == "undo":
                    await library.history.undo()
                else:
                    await send(library, devices[other])
            except (Clash, NotFound) as error:
                assert error.code in ("nothing_to_undo", "no_project")  # its making may be undone too
        await meet(*devices)
        assert len(await digests(*devices)) == 1
        lists = [await all_of(library) for library in devices]
        assert lists[0] == lists[1] == lists[2]
        for conflict in lists[0]:
            assert len(conflict.choices) > 1 and sum(each.shown for each in conflict.choices) == 1
            assert all(said.when > 0 and len(said.device) == 8 for each in conflict.choices for said in each.by)
            settler = random.Random(len(steps)).choice(devices)
            await settler.conflicts.resolve(
                conflict.document, conflict.field, conflict.choices[-1].value, [each.value for each in conflict.choices]
            )
        await meet(*devices)
        assert [await all_of(library) for library in devices] == [[], [], []]
        assert len(await digests(*devices)) == 1


@settings(max_examples=15, deadline=None)
@given(STEPS)
def test_whatever_three_devices_set_all_list_the_same_and_come_to_one(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(Path(folder), steps))
