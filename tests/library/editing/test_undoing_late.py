"""Undoing much, and late: five hundred pictures out of the bin, and each kind of edit after more than a month."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from documents.kinds import Kind, derived_id
from imaging.pool import Pool
from library.care.comparing import COMPARED
from library.catalog import Library
from library.editing.assets import read_values
from library.models import AssetChange, NewSavedSearch, Pair, ProjectChange, SavedSearchChange
from library.views.projection import binned_at
from library.workspace import Plan
from store.database import Connection
from tests.library.house import HandClock, open_library, picture
from tests.library.intake.saving import drawn, save_again, save_first

MANY = 500
DAY = 24 * 3600 * 1000
LOGGED = ("change", "again", "void", "lack", "document", "action")  # these tell what was done, not what there is


def digest_of(connection: Connection) -> str:
    """Over what every document says and every row of every view, whatever was done until it was so."""
    found: dict[str, Any] = {}
    for (id,) in connection.execute("SELECT id FROM document ORDER BY id").fetchall():
        values = read_values(connection, id)
        found[id.hex()] = {**values, "deleted": binned_at(values)}  # a mark of 0 and none say the same
    for table, query in COMPARED.items():
        if table not in LOGGED:
            found[table] = sorted(repr(row) for row in connection.execute(query.format(db="main")))
    return hashlib.sha256(msgspec.json.encode(found, order="deterministic")).hexdigest()


async def state(library: Library) -> str:
    return await library.workspace.database.read(digest_of)


async def varied(library: Library, folder: Path) -> list[str]:
    """Many pictures, each with some tags, a rating, a flag, a label, a title, a note and projects of its own."""
    folder.mkdir()
    for number in range(MANY):
        (folder / f"{number:03}.png").write_bytes(picture((number % 256, number // 256, 9), (8, 6)))
    assets = (await library.ingest.import_paths([folder])).assets
    projects = [(await library.projects.create(name)).id for name in ("Spring", "夏")]
    chance = random.Random(7)
    for number, asset in enumerate(assets):
        change = AssetChange(
            add_tags=chance.sample(("cat", "貓", "city", "night"), chance.randrange(4)),
            rating=chance.randrange(6),
            flag=chance.choice(("pick", "reject", None)),
            label=chance.choice(("red", "blue", None)),
            title=chance.choice((None, f"Title {number}")),
            note=chance.choice(("", f"筆記 {number}")),
            add_projects=chance.sample(projects, chance.randrange(3)),
        )
        await library.assets.edit_one(asset, change)
    return assets


async def test_five_hundred_pictures_binned_at_once_are_as_they_were_when_undone_or_taken_out_later(
    tmp_path: Path,
) -> None:
    clock = HandClock()
    async with open_library(tmp_path / "home", clock=clock) as library:
        assets = await varied(library, tmp_path / "pictures")
        before = await state(library)
        binned = await library.assets.bin(assets)
        assert (binned.changed, (await library.search.page("")).total) == (MANY, 0)
        gone = await state(library)
        undone = await library.history.undo()
        assert (undone.undoes, undone.changed, await state(library)) == (binned.action, MANY, before)
        assert (await library.history.redo()).changed == MANY
        assert (await library.search.page("is:binned")).total == MANY
        assert gone != before
        clock.time += 40 * DAY
    async with open_library(tmp_path / "home", clock=clock) as library:
        assert await state(library) == gone
        assert (await library.assets.unbin(assets)).changed == MANY
        assert await state(library) == before
        assert (await library.care.verify()).problems == []


class Studio:
    """A library with a little of everything, for one edit more."""

    def __init__(self, library: Library, folder: Path) -> None:
        self.library = library
        self.folder = folder
        self.assets: list[str] = []
        self.project = self.search = ""

    async def begin(self) -> None:
        for number in range(3):
            (self.folder / f"{number}.png").write_bytes(picture((number, 5, 5)))
        self.assets = (await self.library.ingest.import_paths([self.folder])).assets
        self.project = (await self.library.projects.create("Spring")).id
        await self.library.projects.edit(self.project, ProjectChange(brief="warm"))
        change = AssetChange(rating=2, title="first", note="a note", add_tags=["cat"], add_projects=[self.project])
        await self.library.assets.edit(self.assets, change)
        self.search = (await self.library.searches.create(NewSavedSearch(name="Best", query="rating:5"))).id
        await self.library.assets.bin(self.assets[2:])
        await self.library.checkpoints.create("begun")
        (self.folder / "0.png").write_bytes(picture((100, 5, 5)))
        await self.library.ingest.import_paths([self.folder / "0.png"])

    async def edit(self, **change: Any) -> None:
        await self.library.assets.edit(self.assets[:2], AssetChange(**change))

    async def bring_in(self, name: str, red: int) -> None:
        (self.folder / name).write_bytes(picture((red, 6, 6)))
        await self.library.ingest.import_paths([self.folder / name])

    async def restore(self) -> None:
        first = (await self.library.assets.show(self.assets[0])).versions[0].id
        await self.library.assets.restore(self.assets[0], version=first)

    async def name_workspace(self) -> None:
        settings = derived_id(Kind.SETTINGS, self.library.workspace.id)
        edits = [(settings, lambda draft: draft.agree("name", "Atelier"))]
        await self.library.workspace.append(Plan("workspace.rename", {"name": "Atelier"}, edits))

    async def part(self) -> None:
        first, second = self.assets[:2]
        await self.library.alike.apart(second, (await self.library.assets.show(first)).versions[0].id)

    async def join(self) -> None:
        newer, older = self.assets[:2]
        await self.library.alike.same([Pair(newer=newer, older=older)])

    async def say_different(self) -> None:
        newer, older = self.assets[:2]
        await self.library.alike.other([Pair(newer=newer, older=older)])

    async def seen(self, intent: str) -> Any:
        """All that is shown of it, but when projects were last changed and what was done. Of a file's edit the bytes
        stay, as a version that is not shown.
        """
        library = self.library
        items = (await library.search.page("")).items
        details = [msgspec.structs.replace(await library.assets.show(item.id), history=[]) for item in items]
        if intent == "asset.version":
            details = [
                msgspec.structs.replace(
                    each,
                    asset=msgspec.structs.replace(each.asset, versions=0),
                    versions=[version for version in each.versions if version.current],
                )
                for each in details
            ]
        projects = [msgspec.structs.replace(each, updated_at=0) for each in await library.projects.list()]
        kept = await library.workspace.database.read(self._kept)
        return details, projects, await library.searches.list(), await library.checkpoints.list(), kept

    def _kept(self, connection: Connection) -> tuple[list[Any], list[Any]]:
        """What the workspace is called, and which pictures are different."""
        names = read_values(connection, derived_id(Kind.SETTINGS, self.library.workspace.id))["name"]
        return list(names.values()), connection.execute("SELECT row, other FROM different ORDER BY 1, 2").fetchall()


DEEDS: dict[str, Callable[[Studio], Awaitable[object]]] = {
    "asset.import": lambda studio: studio.bring_in("new.png", 60),
    "asset.version": lambda studio: studio.bring_in("1.png", 61),
    "asset.source": lambda studio: studio.library.ingest.import_paths(
        [(studio.folder / "1.png").rename(studio.folder / "moved.png")]
    ),
    "asset.rate": lambda studio: studio.edit(rating=5),
    "asset.flag": lambda studio: studio.edit(flag="pick"),
    "asset.label": lambda studio: studio.edit(label="red"),
    "asset.title": lambda studio: studio.edit(title="second"),
    "asset.note": lambda studio: studio.edit(note="another note"),
    "asset.tag": lambda studio: studio.edit(add_tags=["dog"], remove_tags=["cat"]),
    "asset.project": lambda studio: studio.edit(remove_projects=[studio.project]),
    "asset.edit": lambda studio: studio.edit(rating=1, title="third"),
    "asset.bin": lambda studio: studio.library.assets.bin(studio.assets[:2]),
    "asset.unbin": lambda studio: studio.library.assets.unbin(studio.assets[2:]),
    "asset.restore": Studio.restore,
    "asset.same": Studio.join,
    "asset.other": Studio.say_different,
    "asset.apart": Studio.part,
    "project.create": lambda studio: studio.library.projects.create("Summer"),
    "project.edit": lambda studio: studio.library.projects.edit(studio.project, ProjectChange(name="S", brief="cold")),
    "project.duplicate": lambda studio: studio.library.projects.duplicate(studio.project, "Copy"),
    "project.restore": lambda studio: studio.library.projects.restore(studio.project, "begun"),
    "search.create": lambda studio: studio.library.searches.create(NewSavedSearch(name="New", query="cat")),
    "search.edit": lambda studio: studio.library.searches.edit(studio.search, SavedSearchChange(name="Better")),
    "search.delete": lambda studio: studio.library.searches.delete(studio.search),
    "checkpoint.create": lambda studio: studio.library.checkpoints.create("delivered"),
    "workspace.rename": Studio.name_workspace,
}
BEFORE: dict[str, Callable[[Studio], Awaitable[object]]] = {
    "project.restore": lambda studio: studio.edit(remove_projects=[studio.project]),
    "asset.apart": Studio.join,
}


@pytest.mark.parametrize("intent", DEEDS)
async def test_each_kind_of_edit_is_undone_a_month_later(tmp_path: Path, intent: str) -> None:
    clock = HandClock()
    async with open_library(tmp_path / "home", clock=clock) as library:
        studio = Studio(library, tmp_path / "pictures")
        studio.folder.mkdir()
        await studio.begin()
        if intent in BEFORE:
            await BEFORE[intent](studio)
        before = await studio.seen(intent)
        await DEEDS[intent](studio)
        entry = (await library.history.timeline())[0][0]
        assert entry.intent == intent
        assert await studio.seen(intent) != before
        clock.time += 31 * DAY
    async with open_library(tmp_path / "home", seed=2, clock=clock) as library:
        studio.library = library
        answer = await library.history.undo()
        assert (answer.undoes, answer.intent) == (entry.action, intent)
        assert await studio.seen(intent) == before


async def test_file_that_was_found_again_is_a_picture_of_its_own_a_month_later(tmp_path: Path, pool: Pool) -> None:
    clock = HandClock()
    first = tmp_path / "pictures" / "first.png"
    save_first(drawn(1), first, 1)
    async with open_library(tmp_path / "home", clock=clock, inspect=pool.inspect, comparer=pool) as library:
        (asset,) = (await library.ingest.import_paths([first.parent])).assets
        await library.assets.edit_one(asset, AssetChange(rating=4, add_tags=["cat"]))
        save_again(first, first.with_name("again"), 1)
        first.unlink()
        assert (await library.ingest.import_paths([first.parent])).rejoined == 1
        clock.time += 31 * DAY
    async with open_library(tmp_path / "home", seed=2, clock=clock) as library:
        assert (await library.history.undo()).intent == "asset.rejoin"
        shown = {item.name: (item.versions, item.rating, item.tags) for item in (await library.search.page("")).items}
        assert shown == {"first.png": (1, 4, ["cat"]), "again.jpg": (1, 0, [])}
