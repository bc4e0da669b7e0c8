"""A library of an older schema: its views are brought up to date, whatever stands in them."""

from __future__ import annotations

import random
import sqlite3
from contextlib import AsyncExitStack
from pathlib import Path

from identity.keys import verify
from imaging.pool import Pool
from library.albums import NewAlbum
from library.jobs.budget import Budget
from library.jobs.models import Cost, Estimate
from library.models import AssetChange, Making, NewSavedSearch, Pair, ProjectChange
from library.prompts import NewPrompt
from library.replica.receiving import receive
from library.schema import ACTIONS, FIRST_ACTION, FIRST_COMBO, FIRST_PROJECT, KEPT, QUEUED, SHOWN, STOPPED
from library.values import unseen
from library.workspace import Plan
from tests.library.house import open_library, picture, pictures
from tests.library.intake.saving import drawn, save_again, save_first
from tests.library.patched import Patched
from tests.library.replica.stopping import replace
from tests.library.studio import Studio, send

ODD = ('"quoted" \\ back', "line\nbreak", "tab\t\b\f\r", "\x01\x1f\x7f", "貓😀", "é/", "</script>")


def without_charges(connection: sqlite3.Connection) -> None:
    """As before what a month cost was summed from an index."""
    connection.execute("DROP INDEX ledger_charges")


def without_ranks(connection: sqlite3.Connection) -> None:
    """As before actions were told by the segments that count."""
    without_charges(connection)
    connection.execute("DROP INDEX again_segment")
    connection.execute("ALTER TABLE action RENAME TO action_now")
    connection.execute(FIRST_ACTION)
    columns = "row, id, clock, hash, time, device, intent, params, changes, undoes"
    connection.execute(f"INSERT INTO action SELECT {columns} FROM action_now")
    connection.execute("DROP TABLE action_now")
    for statement in ACTIONS[1:]:
        connection.execute(statement)


def without_disputed(connection: sqlite3.Connection) -> None:
    """As before pictures with conflicts were found at once."""
    without_ranks(connection)
    connection.execute("DROP INDEX asset_disputed")


def without_breaker(connection: sqlite3.Connection) -> None:
    """As before devices could be stopped."""
    without_disputed(connection)
    for table in STOPPED:
        connection.execute(f"DROP TABLE {table}")
        connection.execute("DELETE FROM total WHERE name=?", (table,))
    connection.execute("DROP TABLE harm")
    connection.execute("DROP TRIGGER asset_replaced")
    connection.execute("DROP TABLE formerly")


def without_copies(connection: sqlite3.Connection) -> None:
    """As before it was noted which blobs are here, which are wanted and which others have."""
    without_breaker(connection)
    for name in ("blob_came", "blob_turned", "blob_went", "reference_came", "reference_turned", "reference_went"):
        connection.execute(f"DROP TRIGGER {name}")
    for name in ("presence", "lacking", "holder", "copy", "policy", "pin", "quota", "journal"):
        connection.execute(f"DROP TABLE {name}")


def without_making(connection: sqlite3.Connection) -> None:
    """As before projects said what their pictures are made with."""
    without_copies(connection)
    connection.execute("ALTER TABLE project RENAME TO project_now")
    connection.execute(FIRST_PROJECT)
    columns = "id, name, brief, color, archived, conflicts, created_at, updated_at"
    connection.execute(f"INSERT INTO project SELECT {columns} FROM project_now")
    connection.execute("DROP TABLE project_now")


def without_prompts(connection: sqlite3.Connection) -> None:
    """As before prompts were shown."""
    without_making(connection)
    connection.execute("DROP TABLE prompt")
    connection.execute("DROP TABLE made")


def without_albums(connection: sqlite3.Connection) -> None:
    """As before albums were shown."""
    without_prompts(connection)
    connection.execute("DROP TABLE album")
    connection.execute("DROP TABLE placed")


def without_signs(connection: sqlite3.Connection) -> None:
    """As before it was kept which signs pictures have, and before there were jobs."""
    without_albums(connection)
    for table in QUEUED:
        connection.execute(f"DROP TABLE {table}")
        connection.execute("DELETE FROM total WHERE name=?", (table,))
    connection.execute("DROP TABLE signs")
    connection.execute("DROP TABLE signset")


def without_what_is_kept(connection: sqlite3.Connection) -> None:
    """As before pictures were known again by what they show."""
    without_signs(connection)
    connection.execute("DROP TABLE sketch")
    connection.execute("DROP TABLE alike")
    connection.execute("DROP TABLE different")
    connection.execute("DROP INDEX source_document")


def as_before_flags_were_counted(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        for name in ("asset_in", "asset_out", "asset_moved"):
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DROP TABLE combo")
        connection.execute("DROP TABLE search")
        without_what_is_kept(connection)
        connection.execute(FIRST_COMBO)
        connection.execute(
            "INSERT INTO combo(id, key, tags, rating, projects, state, media_type) VALUES(1, '', '', 0, '', '', '')"
        )
        connection.execute("UPDATE asset SET combo=1")
        for statement in SHOWN:
            connection.execute(statement)
        connection.execute("PRAGMA user_version=1")
    connection.close()


async def test_flags_and_labels_of_an_older_library_are_counted(tmp_path: Path) -> None:
    chance = random.Random(4)
    for number in range(24):
        (tmp_path / f"{number}.png").write_bytes(picture((number, 1, 1)))
        (tmp_path / f"{number}.txt").write_text(chance.choice(ODD), "utf-8")
    async with open_library(tmp_path / "library") as library:
        assets = (await library.ingest.import_paths(sorted(tmp_path.glob("*.png")))).assets
        for asset in assets:
            flag, label = chance.choice(("pick", "reject", None)), chance.choice(("red", "blue", None))
            tags = chance.sample([each for each in ODD if not unseen(each)], 2)
            change = AssetChange(flag=flag, label=label, add_tags=tags, rating=chance.randint(0, 2))  # type: ignore[arg-type]
            await library.assets.edit_one(asset, change)
        await library.assets.bin(assets[:5])
        before = await library.search.facets(""), await library.search.facets("is:binned")
    as_before_flags_were_counted(tmp_path / "library" / "library.sqlite")
    async with open_library(tmp_path / "library") as library:
        assert (await library.search.facets(""), await library.search.facets("is:binned")) == before
        assert (await library.care.verify()).problems == []
        await library.assets.unbin(assets[:5])
        assert (await library.search.facets("")).total == 24
        assert (await library.care.verify()).problems == []
    assert (tmp_path / "library" / "before-upgrade.sqlite").exists()


async def test_pictures_told_apart_in_an_older_library_are_not_asked_about(tmp_path: Path, pool: Pool) -> None:
    folder = tmp_path / "pictures"
    for number in range(3):
        save_first(drawn(number), folder / f"{number}.png", 1)
    async with open_library(tmp_path / "library", inspect=pool.inspect, comparer=pool) as library:
        await library.ingest.import_paths([folder])
        for number in range(3):
            save_again(folder / f"{number}.png", folder / "again" / f"{number}", number)
        await library.ingest.import_paths([folder])
        pairs = [Pair(newer=each.newer.id, older=each.older.id) for each in (await library.alike.list()).pairs]
        await library.alike.other(pairs[:1])
        await library.alike.other(pairs[1:2])
        await library.history.undo()
    database = tmp_path / "library" / "library.sqlite"
    with sqlite3.connect(database) as connection:
        asked = connection.execute("SELECT newer, older, time FROM alike").fetchall()
        without_signs(connection)
        connection.execute("DROP TABLE different")
        connection.execute("DROP TABLE alike")
        for statement in KEPT[1:3]:
            connection.execute(statement)
        connection.executemany("INSERT INTO alike(newer, older, time) VALUES(?, ?, ?)", asked)
        connection.execute("PRAGMA user_version=4")
    connection.close()
    async with open_library(tmp_path / "library", comparer=pool) as library:
        assert [each.newer.id for each in (await library.alike.list()).pairs] == [each.newer for each in pairs[1:]]
        assert (await library.care.verify()).problems == []


async def test_searches_can_be_saved_in_an_older_library(tmp_path: Path) -> None:
    async with open_library(tmp_path) as library:
        pass
    with sqlite3.connect(tmp_path / "library.sqlite") as connection:
        connection.execute("DROP TABLE search")
        without_what_is_kept(connection)
        connection.execute("PRAGMA user_version=2")
    connection.close()
    async with open_library(tmp_path) as library:
        await library.searches.create(NewSavedSearch(name="best", query="rating:5"))
        assert (await library.care.verify()).problems == []
        assert [each.name for each in await library.searches.list()] == ["best"]


async def test_albums_that_newer_devices_sent_to_an_older_library_are_shown(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.png").write_bytes(picture((number, 1, 1)))
    async with open_library(tmp_path / "library") as library:
        assets = (await library.ingest.import_paths(sorted(tmp_path.glob("*.png")))).assets
        outer = await library.albums.create(NewAlbum(name="outer"))
        inner = await library.albums.create(NewAlbum(name="inner", parent=outer.id))
        await library.albums.add(inner.id, assets[::-1])
        await library.albums.move(inner.id, assets[3:], None)
        await library.searches.create(NewSavedSearch(name="best", query="rating:5"))
        await library.assets.bin(assets[:1])
        before = await library.albums.list()
    with sqlite3.connect(tmp_path / "library" / "library.sqlite") as connection:
        without_albums(connection)
        connection.execute("PRAGMA user_version=7")
    connection.close()
    async with open_library(tmp_path / "library") as library:
        assert await library.albums.list() == before and before[1].assets == 3
        page = await library.albums.page(inner.id, None, 10, None, 0, None)
        assert [each.id for each in page.items] == [assets[2], assets[1], assets[3]]
        assert (await library.care.verify()).problems == []


async def test_prompts_that_newer_devices_sent_to_an_older_library_are_shown(tmp_path: Path) -> None:
    (tmp_path / "0.png").write_bytes(picture((0, 1, 1)))
    async with open_library(tmp_path / "library") as library:
        (asset,) = (await library.ingest.import_paths([tmp_path / "0.png"])).assets
        made = await library.prompts.create(NewPrompt(name="a", text="a {{b}}", variables={"b": "c"}, tags=["d"]))
        await library.workspace.append(
            Plan(
                "asset.generate",
                {},
                [(bytes.fromhex(asset), lambda d: d.put_entry("links", f"prompt/{made.id}", True))],
            )
        )
        before = await library.prompts.list()
        assert before[0].assets == 1
    with sqlite3.connect(tmp_path / "library" / "library.sqlite") as connection:
        without_prompts(connection)
        connection.execute("PRAGMA user_version=8")
    connection.close()
    async with open_library(tmp_path / "library") as library:
        assert await library.prompts.list() == before
        assert (await library.care.verify()).problems == []


async def test_what_newer_devices_make_projects_with_is_shown_in_an_older_library(tmp_path: Path) -> None:
    making = Making(provider="studio", model="oil")
    async with open_library(tmp_path / "library") as library:
        made = await library.projects.create("a")
        await library.projects.edit(made.id, ProjectChange(making=making))
        await library.projects.create("b")
    with sqlite3.connect(tmp_path / "library" / "library.sqlite") as connection:
        without_making(connection)
        connection.execute("PRAGMA user_version=9")
    connection.close()
    async with open_library(tmp_path / "library") as library:
        assert [each.making for each in await library.projects.list()] == [making, None]
        assert (await library.care.verify()).problems == []


async def test_an_older_library_tells_what_it_has_and_wants_what_others_named(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        studio = Studio(tmp_path, stack)
        alice, bob = await studio.pair()
        await alice.ingest.import_paths(pictures(tmp_path / "pictures", 3))
        await send(alice, bob)
        await bob.ingest.import_paths(pictures(tmp_path / "one", 1))
        before = await bob.copies.since(0), await bob.copies.wanted()
        assert before[0].have
        assert before[1]
    with sqlite3.connect(tmp_path / "bob" / "library.sqlite") as connection:
        connection.execute("DELETE FROM blob WHERE here=0")  # of what others named there were no rows
        without_copies(connection)
        connection.execute("UPDATE asset SET state='missing' WHERE state='elsewhere'")
        connection.execute("PRAGMA user_version=10")
    connection.close()
    async with AsyncExitStack() as stack:
        bob = await Studio(tmp_path, stack).opened("bob", 2)
        after = await bob.copies.since(0)
        assert sorted(after.have) == sorted(before[0].have)
        assert {each.hash for each in await bob.copies.wanted()} == {each.hash for each in before[1]}
        assert [each.where for each in (await bob.care.verify()).problems if each.code != "view.wrong"] == []


async def test_devices_can_be_stopped_in_an_older_library(tmp_path: Path) -> None:
    (tmp_path / "0.png").write_bytes(picture((0, 1, 1)))
    async with open_library(tmp_path / "library") as library:
        (asset,) = (await library.ingest.import_paths([tmp_path / "0.png"])).assets
    with sqlite3.connect(tmp_path / "library" / "library.sqlite") as connection:
        without_breaker(connection)
        connection.execute("PRAGMA user_version=11")
    connection.close()
    async with open_library(tmp_path / "library") as library:
        assert await library.stops.list() == []
        await replace(library, [asset])
        assert (await library.care.verify()).problems == []
        shown = await library.workspace.database.read(lambda c: c.execute("SELECT document FROM formerly").fetchall())
        assert shown == [(bytes.fromhex(asset),)]


async def test_forged_words_are_none_any_more_in_an_older_library(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        studio = Studio(tmp_path, stack)
        alice, viewer = await studio.pair("viewer")
        (asset,) = (await alice.ingest.import_paths(pictures(tmp_path / "pictures", 1))).assets
        action = (await alice.assets.edit_one(asset, AssetChange(rating=4))).action or ""
        await send(alice, viewer)
        liar = Patched(viewer)
        forged = liar.sign(
            [liar.change(bytes.fromhex(asset), lambda draft: draft.agree("rating", 1))],
            action=bytes.fromhex(action),
            intent="undo",
            params={"undoes": action},
        )
        await receive(alice.workspace, [forged.raw], verify)
        before = await alice.history.timeline()
    with sqlite3.connect(tmp_path / "alice" / "library.sqlite") as connection:
        without_ranks(connection)
        connection.execute(
            "UPDATE action SET clock=?, hash=?, time=?, device=?, intent=?, params='{}', changes=2, undoes=id"
            " WHERE id=?",
            (forged.clock, forged.hash, forged.time, forged.device, forged.intent, forged.action),
        )
        connection.execute("PRAGMA user_version=13")
    connection.close()
    async with AsyncExitStack() as stack:
        alice = await Studio(tmp_path, stack).opened("alice", 1)
        assert await alice.history.timeline() == before
        assert (await alice.care.verify()).problems == []


async def test_library_from_before_knew_which_actions_without_changes_count(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        house = Studio(tmp_path, stack)
        alice, viewer = await house.device("alice", 0), await house.device("bob", 1)
        await house.admit("bob", "viewer")
        await send(alice, viewer)
        empty = Patched(viewer).sign([], intent="asset.bin")
        await receive(alice.workspace, [empty.raw], verify)
        before = await alice.history.timeline()
        assert "asset.bin" not in {each.intent for each in before[0]}
    with sqlite3.connect(tmp_path / "alice" / "library.sqlite") as connection:
        without_charges(connection)
        connection.execute("UPDATE action SET rank=2 WHERE rank=3")
        connection.execute("PRAGMA user_version=14")
    connection.close()
    async with AsyncExitStack() as stack:
        alice = await Studio(tmp_path, stack).opened("alice", 1)
        assert await alice.history.timeline() == before
        assert (await alice.care.verify()).problems == []


async def test_calls_of_an_older_library_that_are_not_settled_are_known(tmp_path: Path) -> None:
    estimate = Estimate("price_table", 1, 70_000, "USD", "2026-11-01")
    async with open_library(tmp_path) as library:
        kept, settled = [await library.calls.begin("studio", "oil", about, estimate) for about in ("a", "b")]
        await library.calls.settle(settled, Cost(50_000, "USD", "usage"))
        library.calls.left(kept)
        before = library.calls.unknown()
    with sqlite3.connect(tmp_path / "library.sqlite") as connection:
        without_charges(connection)
        connection.execute("DELETE FROM attempt")  # calls had none
        connection.execute("PRAGMA user_version=15")
    connection.close()
    async with open_library(tmp_path) as library:
        assert library.calls.unknown() == before and [each.about for each in before] == ["a"]
        budget = Budget(lambda: {"USD": 10**6}, lambda: [library.workspace], library.workspace.surroundings.clock.now)
        (month,) = await budget.standing()
        assert (month.spent, month.open) == (50_000, 70_000)
        assert (await library.care.verify()).problems == []
