"""Albums: nested, filled, put in order, deleted and brought back; two devices at once; moments, rebuild, export."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from library.albums import AlbumChange, NewAlbum
from library.care.comparing import COMPARED
from library.catalog import Library
from library.errors import Clash, Invalid, NotFound
from library.models import NewSavedSearch, Pair, SavedSearchChange
from tests.library.house import HandClock, device, open_library, picture
from tests.library.studio import Studio, digests, send


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    """Five pictures."""
    async with open_library(tmp_path / "library", clock=HandClock()) as library:
        await bring(library, tmp_path / "pictures", 5)
        yield library


async def bring(library: Library, folder: Path, count: int) -> list[str]:
    folder.mkdir(exist_ok=True)
    for number in range(count):
        (folder / f"{number}.png").write_bytes(picture((number, 7, 7), (16 + number, 16)))
    return (await library.ingest.import_paths([folder])).assets


async def ids(library: Library, q: str = "") -> list[str]:
    return (await library.search.ids(q))[1]


async def within(library: Library, album: str, at: str | None = None) -> list[str]:
    """Its pictures in its own order, read in pages of two."""
    found: list[str] = []
    after = None
    while True:
        page = await library.albums.page(album, None, 2, after, 0, at)
        found += [item.id for item in page.items]
        after = page.next
        if after is None:
            assert page.total == len(found)
            return found


async def rows(library: Library) -> list[list[tuple[object, ...]]]:
    def work(connection: object) -> list[list[tuple[object, ...]]]:
        asked = (COMPARED[table].format(db="main") for table in ("album", "placed"))
        return [sorted(connection.execute(query).fetchall(), key=str) for query in asked]  # type: ignore[attr-defined]

    return await library.workspace.database.read(work)


async def tree(library: Library) -> list[tuple[str, int]]:
    return [(each.name, each.depth) for each in await library.albums.list()]


async def test_picture_in_three_albums_is_one_blob(library: Library) -> None:
    asset = (await ids(library))[0]
    blobs = (await library.counts()).blobs
    for name in ("a", "b", "c"):
        made = await library.albums.create(NewAlbum(name=name))
        assert (await library.albums.add(made.id, [asset])).changed == 1
        assert (await library.albums.add(made.id, [asset])).action is None, "it is there already"
    assert (await library.counts()).blobs == blobs and (await library.counts()).assets == 5
    shown = await library.assets.show(asset)
    assert shown.albums == sorted(each.id for each in await library.albums.list()) and len(shown.albums) == 3
    assert [each.assets for each in await library.albums.list()] == [1, 1, 1]
    assert {each.cover for each in await library.albums.list()} == {shown.asset.thumbnail}


async def test_deleting_an_album_deletes_no_picture_and_undo_brings_them_back_in_order(library: Library) -> None:
    pictures = await ids(library)
    outer = await library.albums.create(NewAlbum(name="outer"))
    inner = await library.albums.create(NewAlbum(name="inner", parent=outer.id))
    await library.albums.add(outer.id, pictures[::-1])
    deleted = await library.albums.delete(outer.id)
    assert await ids(library) == pictures
    assert await tree(library) == [("inner", 0)], "what was in it stands at the top"
    assert await ids(library, f"album:{outer.id}") == [] and (await library.assets.show(pictures[0])).albums == []
    with pytest.raises(NotFound):
        await library.albums.add(outer.id, pictures)
    await library.history.undo(deleted.action)
    assert await within(library, outer.id) == pictures[::-1]
    assert (await library.albums.show(inner.id)).parent == outer.id
    assert await tree(library) == [("outer", 0), ("inner", 1)]
    assert (await library.care.verify()).problems == []


async def test_making_an_album_is_undone_and_done_again(library: Library) -> None:
    made = await library.albums.create(NewAlbum(name="a", color="teal"))
    undone = await library.history.undo(made.action)
    assert await library.albums.list() == []
    await library.history.redo(undone.action)
    (back,) = await library.albums.list()
    assert (back.name, back.color, back.parent) == ("a", "teal", None)


async def test_edits_and_their_undo(library: Library) -> None:
    pictures = await ids(library)
    outer = await library.albums.create(NewAlbum(name="outer"))
    made = await library.albums.create(NewAlbum(name="a"))
    change = AlbumChange(name=" 夜市 ", notes="loud", color="red", parent=outer.id, cover=pictures[2])
    edited = await library.albums.edit(made.id, change)
    assert (edited.name, edited.notes, edited.color, edited.parent) == ("夜市", "loud", "red", outer.id)
    chosen = (await library.assets.show(pictures[2])).asset
    assert (edited.cover_asset, edited.cover) == (chosen.id, chosen.thumbnail)
    assert (await library.albums.edit(made.id, change)).action is None
    await library.assets.bin([pictures[2]])
    assert (await library.albums.show(made.id)).cover is None, "a picture in the bin is no cover"
    await library.history.undo(edited.action)
    now = await library.albums.show(made.id)
    assert (now.name, now.notes, now.color, now.parent, now.cover_asset) == ("a", "", None, None, None)
    cleared = await library.albums.edit(made.id, AlbumChange(color=None, parent=None, cover=None))
    assert cleared.action is None
    assert [each.intent for each in await library.albums.history(made.id)] == ["undo", "album.edit", "album.create"]


async def test_pictures_are_added_moved_and_removed_in_an_order_of_their_own(library: Library) -> None:
    a, b, c, d, e = await ids(library)
    album = (await library.albums.create(NewAlbum(name="a"))).id
    await library.albums.add(album, [c, a, b])
    await library.albums.add(album, [a, d, e])
    assert await within(library, album) == [c, a, b, d, e]
    moved = await library.albums.move(album, [e, a], c)
    assert (moved.changed, await within(library, album)) == (2, [e, a, c, b, d])
    assert (await library.albums.move(album, [e, a], c)).action is None, "they stand there"
    await library.albums.move(album, [a], None)
    assert await within(library, album) == [e, c, b, d, a]
    removed = await library.albums.remove(album, [b, c, b])
    assert (removed.changed, await within(library, album)) == (2, [e, d, a])
    assert (await library.albums.remove(album, [b])).action is None
    await library.history.undo(removed.action)
    assert await within(library, album) == [e, c, b, d, a]
    with pytest.raises(Invalid, match="not in this album"):
        await library.albums.move(album, [a, b], b)
    history = await library.albums.history(album)
    assert {each.intent for each in history} >= {"album.add", "album.remove", "album.move"}
    assert history[-1].intent == "album.create"


async def test_binned_pictures_are_not_counted_and_keep_their_place(library: Library) -> None:
    pictures = await ids(library)
    album = (await library.albums.create(NewAlbum(name="a"))).id
    await library.albums.add(album, pictures)
    await library.assets.bin(pictures[1:3])
    assert (await library.albums.show(album)).assets == 3
    assert await within(library, album) == [pictures[0], *pictures[3:]]
    await library.assets.unbin(pictures[1:3])
    assert await within(library, album) == pictures


async def test_siblings_of_one_name_are_refused_others_not(library: Library) -> None:
    outer = await library.albums.create(NewAlbum(name="2026"))
    await library.albums.create(NewAlbum(name="best", parent=outer.id))
    top = await library.albums.create(NewAlbum(name="best"))
    with pytest.raises(Clash) as refused:
        await library.albums.create(NewAlbum(name="best", parent=outer.id))
    assert refused.value.code == "album_exists"
    with pytest.raises(Clash):
        await library.albums.edit(top.id, AlbumChange(parent=outer.id))
    with pytest.raises(Clash):
        await library.albums.edit(top.id, AlbumChange(name="2026"))
    await library.albums.edit(top.id, AlbumChange(parent=outer.id, name="worst"))
    assert await tree(library) == [("2026", 0), ("best", 1), ("worst", 1)]


async def test_an_album_does_not_lie_in_itself(library: Library) -> None:
    a = await library.albums.create(NewAlbum(name="a"))
    b = await library.albums.create(NewAlbum(name="b", parent=a.id))
    c = await library.albums.create(NewAlbum(name="c", parent=b.id))
    for parent in (a.id, b.id, c.id):
        with pytest.raises(Clash) as refused:
            await library.albums.edit(a.id, AlbumChange(parent=parent))
        assert refused.value.code == "album_in_itself"
    assert await tree(library) == [("a", 0), ("b", 1), ("c", 2)]


async def test_input_that_makes_no_sense_is_refused(library: Library) -> None:
    album = (await library.albums.create(NewAlbum(name="a"))).id
    pictures = await ids(library)
    for change in (AlbumChange(name=" "), AlbumChange(color="beige"), AlbumChange(notes_was="x")):
        with pytest.raises(Invalid):
            await library.albums.edit(album, change)
    for change in (AlbumChange(parent="04" * 16), AlbumChange(parent=pictures[0]), AlbumChange(cover="01" * 16)):
        with pytest.raises(NotFound):
            await library.albums.edit(album, change)
    with pytest.raises(NotFound):
        await library.albums.add(album, [*pictures, "01" * 16])
    assert (await library.albums.show(album)).assets == 0
    with pytest.raises(NotFound):
        await library.albums.page(album, None, 2, "nonsense", 0, "never was")
    with pytest.raises(Invalid):
        await library.albums.page(album, None, 2, "nonsense", 0, None)


async def test_pictures_are_found_by_an_albums_name_and_id(library: Library) -> None:
    pictures = await ids(library)
    album = (await library.albums.create(NewAlbum(name="Night Market"))).id
    await library.albums.add(album, pictures[:2])
    for q in ('album:"night market"', f"album:{album}", f"album:{album[:8]}", f"album：{album}"):
        assert await ids(library, q) == pictures[:2], q
    assert await ids(library, f"-album:{album}") == pictures[2:]
    assert await ids(library, f"album:{album[:6]}") == [], "too little of an id to be one"
    page = await library.albums.page(album, "oldest", 10, None, 0, None)
    assert [item.id for item in page.items] == pictures[1::-1]
    with pytest.raises(Invalid, match="Did you mean album:"):
        await ids(library, "board:x")


async def test_same_picture_joined_takes_its_albums_along(library: Library) -> None:
    newer, older, *_ = await ids(library)
    album = (await library.albums.create(NewAlbum(name="a"))).id
    await library.albums.add(album, [newer])
    await library.alike.same([Pair(newer=newer, older=older)])
    assert await within(library, album) == [older]
    await library.history.undo()
    assert await within(library, album) == [newer]


async def test_albums_of_a_moment_after_a_rebuild_and_in_an_export(library: Library, tmp_path: Path) -> None:
    pictures = await ids(library)
    outer = (await library.albums.create(NewAlbum(name="outer"))).id
    inner = (await library.albums.create(NewAlbum(name="inner", parent=outer))).id
    await library.albums.add(inner, pictures[:3])
    await library.checkpoints.create("before")
    await library.albums.edit(inner, AlbumChange(name="other", parent=None))
    await library.albums.move(inner, [pictures[2]], pictures[0])
    await library.albums.remove(inner, [pictures[1]])
    await library.albums.delete(outer)
    later = await library.albums.create(NewAlbum(name="later"))
    assert [(each.name, each.depth, each.assets) for each in await library.albums.list("before")] == [
        ("outer", 0, 0),
        ("inner", 1, 3),
    ]
    assert await within(library, inner, "before") == pictures[:3]
    assert (await library.search.page(f"album:{inner}", at="before")).total == 3
    with pytest.raises(NotFound):
        await library.albums.show(later.id, "before")
    stored = await rows(library)
    await library.care.rebuild()
    assert await rows(library) == stored and (await library.care.verify()).problems == []


async def test_collection_with_a_query_is_no_album(library: Library) -> None:
    saved = await library.searches.create(NewSavedSearch(name="a", query="neon"))
    album = await library.albums.create(NewAlbum(name="a"))
    with pytest.raises(NotFound):
        await library.albums.show(saved.id)
    with pytest.raises(NotFound):
        await library.searches.edit(album.id, SavedSearchChange(name="b"))
    assert [each.id for each in await library.albums.list()] == [album.id]
    assert [each.id for each in await library.searches.list()] == [saved.id]


async def test_two_devices_move_two_albums_into_each_other_and_none_is_lost(studio: Studio) -> None:
    alice, bob = await studio.pair()
    a, b, below = [(await alice.albums.create(NewAlbum(name=name))).id for name in ("a", "b", "below")]
    await alice.albums.edit(below, AlbumChange(parent=a))
    await send(alice, bob)
    await alice.albums.edit(a, AlbumChange(parent=b))
    await bob.albums.edit(b, AlbumChange(parent=a))
    await send(alice, bob)
    await send(bob, alice)
    assert await tree(alice) == await tree(bob) == [("a", 0), ("below", 1), ("b", 0)]
    await alice.albums.edit(b, AlbumChange(parent=None))
    await send(alice, bob)
    assert await tree(alice) == await tree(bob) == [("b", 0), ("a", 1), ("below", 2)]
    assert len(await digests(alice, bob)) == 1


async def test_two_devices_name_and_fill_one_album_at_once(studio: Studio) -> None:
    alice, bob = await studio.pair()
    pictures = await bring(alice, studio.folder / "pictures", 6)
    album = (await alice.albums.create(NewAlbum(name="a"))).id
    await alice.albums.add(album, pictures[:2])
    await send(alice, bob)
    await alice.albums.edit(album, AlbumChange(name="of alice", notes="from alice "))
    await bob.albums.edit(album, AlbumChange(name="of bob", notes="from bob "))
    await alice.albums.add(album, pictures[2:4])
    await bob.albums.add(album, pictures[4:])
    await bob.albums.remove(album, pictures[:1])
    await send(alice, bob)
    await send(bob, alice)
    one, two = await alice.albums.show(album), await bob.albums.show(album)
    assert one == two and one.conflicts == ["name"]
    assert "alice" in one.notes and "bob" in one.notes
    assert await within(alice, album) == await within(bob, album)
    assert set(await within(alice, album)) == set(pictures[1:])
    # Places that both wrote at once are told apart when something is put between them.
    order = await within(alice, album)
    await alice.albums.move(album, [order[-1]], order[2])
    await send(alice, bob)
    wanted = [*order[:2], order[-1], *order[2:-1]]
    assert await within(alice, album) == await within(bob, album) == wanted
    await bob.albums.edit(album, AlbumChange(name="both"))
    await send(bob, alice)
    assert (await alice.albums.show(album)).conflicts == []


async def test_deleted_here_and_filled_there_stays_deleted_until_it_is_brought_back(studio: Studio) -> None:
    alice, bob = await studio.pair()
    pictures = await bring(alice, studio.folder / "pictures", 3)
    album = (await alice.albums.create(NewAlbum(name="a"))).id
    await send(alice, bob)
    deleted = await alice.albums.delete(album)
    await bob.albums.add(album, pictures)
    await send(alice, bob)
    await send(bob, alice)
    assert await alice.albums.list() == await bob.albums.list() == []
    await alice.history.undo(deleted.action)
    await send(alice, bob)
    assert await within(alice, album) == await within(bob, album) == pictures


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_three_devices_do_with_albums_all_come_to_the_same(studio: Studio, seed: int) -> None:
    chance = random.Random(seed)
    alice, bob, carol = await studio.trio()
    await studio.share("editor", "editor")
    devices = [alice, bob, carol]
    pictures = await bring(alice, studio.folder / "pictures", 4)
    await send(alice, bob)
    await send(alice, carol)
    for number in range(40):
        device = chance.choice(devices)
        albums = [each.id for each in await device.albums.list()]
        here = [each for each in pictures if each in set(await ids(device))]
        try:
            await act(device, chance, albums, here, number)
        except (Clash, Invalid):
            pass  # what makes no sense where it is done is refused; the state stays
        if chance.random() < 0.4:
            await send(*chance.sample(devices, 2))
    for _ in range(2):
        for one in devices:
            for other in devices:
                if one is not other:
                    await send(one, other)
    assert len(await digests(*devices)) == 1
    said = [await each.albums.list() for each in devices]
    assert said[0] == said[1] == said[2]
    for album in said[0]:
        orders = [await within(each, album.id) for each in devices]
        assert orders[0] == orders[1] == orders[2]
    assert await count_of(alice) == len(said[0]), "every album that is not deleted stands in the tree once"
    assert (await alice.care.verify()).problems == []


async def count_of(library: Library) -> int:
    query = "SELECT count(*) FROM album"
    return int((await library.workspace.database.read(lambda c: c.execute(query).fetchone()))[0])


async def act(device: Library, chance: random.Random, albums: list[str], pictures: list[str], number: int) -> None:
    """One thing that a person may do."""
    what = chance.choice(
        ("create", "create", "rename", "nest", "nest", "add", "add", "remove", "move", "delete", "undo")
    )
    if what == "create" or not albums:
        parent = chance.choice([None, *albums])
        await device.albums.create(NewAlbum(name=f"album {number % 7}", parent=parent))
        return
    album = chance.choice(albums)
    some = chance.sample(pictures, chance.randint(1, len(pictures)))
    match what:
        case "rename":
            await device.albums.edit(album, AlbumChange(name=f"album {number}", color=chance.choice(["red", None])))
        case "nest":
            await device.albums.edit(album, AlbumChange(parent=chance.choice([None, *albums])))
        case "add":
            await device.albums.add(album, some)
        case "remove":
            await device.albums.remove(album, some)
        case "move":
            await device.albums.move(album, some[:1], None if len(some) < 2 else some[1])
        case "delete":
            await device.albums.delete(album)
        case _:
            await device.history.undo()


async def test_albums_come_back_from_an_export_which_names_them(tmp_path: Path) -> None:
    async with device(tmp_path / "alice", 1) as alice:
        library = alice.get("-")
        pictures = await bring(library, tmp_path / "pictures", 3)
        outer = (await library.albums.create(NewAlbum(name="外"))).id
        inner = (await library.albums.create(NewAlbum(name="inner", parent=outer))).id
        await library.albums.add(inner, pictures[::-1])
        await library.albums.add(outer, pictures[:1])
        await library.everything.export(tmp_path / "out")
        said, order = await library.albums.list(), await within(library, inner)
    told = json.loads((tmp_path / "out" / "workspace.json").read_text("utf-8"))
    assert [(each["name"], each["assets"]) for each in told["albums"]] == [("外", 1), ("inner", 3)]
    sidecars = [json.loads(path.read_text("utf-8")) for path in (tmp_path / "out" / "pictures").glob("*/*.json")]
    named = {each["id"]: [album["name"] for album in each["albums"]] for each in sidecars}
    assert named == {pictures[0]: ["inner", "外"], pictures[1]: ["inner"], pictures[2]: ["inner"]}
    async with device(tmp_path / "bob", 2) as bob:
        restored = bob.get((await bob.bring_in(tmp_path / "out")).id)
        assert await restored.albums.list() == said and await within(restored, inner) == order
        assert (await restored.care.verify()).problems == []
