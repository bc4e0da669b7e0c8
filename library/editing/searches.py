"""Saved searches: collections that have a query. Made, renamed, given another query, deleted; all can be undone."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from documents.draft import Draft
from documents.kinds import Kind
from library.editing.actions import MOST_NAME, UNSET, clean_color, clean_name, new_id, read_id
from library.editing.news import carry_out
from library.errors import Clash, Invalid, NotFound
from library.models import (
    AssetPage,
    Changed,
    Entry,
    NewSavedSearch,
    SavedSearch,
    SavedSearchChange,
    SavedSearchEdited,
    Unreadable,
)
from library.values import SORTS, Sort
from library.views.query import parse, read, render
from library.views.search import Search
from library.views.totals import Totals
from library.workspace import Edit, Workspace, Write
from store.database import Connection

SELECT = "SELECT id, name, query, sort, color, conflicts, created_at FROM search"
Timeline = Callable[[str], Awaitable[list[Entry]]]
Entries = list[Entry]


class Searches:
    """The saved searches of one workspace."""

    def __init__(self, workspace: Workspace, search: Search, totals: Totals, timeline: Timeline) -> None:
        self._workspace = workspace
        self._search = search
        self._totals = totals
        self._timeline = timeline

    async def list(self, counted: bool = False, at: str | None = None) -> list[SavedSearch]:
        """All of them by name; `counted`: with how many pictures each finds."""
        found = await self._search.look(all_searches, at)
        return [await self._counted(each, at) for each in found] if counted else found

    async def show(self, id: str, at: str | None = None) -> SavedSearch:
        return await self._counted(await self._find(id, at), at)

    async def page(
        self, id: str, sort: Sort | None, limit: int, after: str | None, offset: int, at: str | None
    ) -> AssetPage:
        """A part of what it finds, in its own order unless another is asked for."""
        found = await self._find(id, at)
        if found.problem is not None:
            raise Clash(
                f"The saved search “{found.name}” cannot be read here: {found.problem.detail}",
                code="search_unreadable",
                hint="A newer Gesso may have written it. It was left as it is.",
                name=found.name,
            )
        return await self._search.page(found.query, sort or found.sort, limit, after, offset, at)

    async def history(self, id: str) -> Entries:
        """Its own actions, newest first; also of one that was deleted."""
        return await self._timeline(read_id(id, Kind.COLLECTION).hex())

    async def create(self, new: NewSavedSearch) -> SavedSearchEdited:
        id = new_id(self._workspace.surroundings, Kind.COLLECTION)
        now = self._workspace.surroundings.clock.now()
        values = _checked(SavedSearchChange(name=new.name, query=new.query, sort=new.sort, color=new.color))

        def write(draft: Draft) -> None:
            for field, value in values.items():
                if value:
                    draft.agree(field, value)
            draft.put_absent("at", now)

        return await self._carry_out("search.create", {"name": values["name"]}, id, write, values["name"])

    async def edit(self, id: str, change: SavedSearchChange) -> SavedSearchEdited:
        before = await self._find(id, None)
        values = _checked(change)

        def write(draft: Draft) -> None:
            for field, value in values.items():
                draft.agree(field, value)

        params = {"name": values.get("name", before.name), "fields": sorted(values)}
        wanted = values.get("name") if values.get("name") != before.name else None
        return await self._carry_out("search.edit", params, bytes.fromhex(before.id), write, wanted)

    async def delete(self, id: str) -> Changed:
        """Only the search goes, no picture."""
        found = await self._find(id, None)
        now = self._workspace.surroundings.clock.now()
        edits = [(bytes.fromhex(found.id), lambda draft: draft.agree("deleted", now))]
        return await carry_out(self._workspace, "search.delete", {"name": found.name}, edits)

    async def _carry_out(
        self, intent: str, params: dict[str, Any], id: bytes, write: Write, name: str | None
    ) -> SavedSearchEdited:
        """`name`: one that no other may have already."""

        def edits(connection: Connection) -> list[Edit]:
            if name is not None:
                refuse_second_search(connection, id, name)
            return [(id, write)]

        changed = await carry_out(self._workspace, intent, params, edits)
        return SavedSearchEdited(**msgspec.structs.asdict(await self.show(id.hex())), action=changed.action)

    async def _find(self, id: str, at: str | None) -> SavedSearch:
        key = read_id(id, Kind.COLLECTION)
        row = await self._search.look(lambda c: c.execute(f"{SELECT} WHERE id=?", (key,)).fetchone(), at)
        if row is None:
            raise NotFound(f"There is no saved search {id}.", code="no_search", id=id)
        return _saved(row)

    async def _counted(self, found: SavedSearch, at: str | None) -> SavedSearch:
        if found.problem is not None:
            return found
        return msgspec.structs.replace(found, total=await self._totals.of(found.query, at))


def all_searches(connection: Connection) -> list[SavedSearch]:
    """All of them, by name, not counted."""
    return [_saved(row) for row in connection.execute(f"{SELECT} ORDER BY name COLLATE NOCASE, id")]


def _saved(row: tuple[Any, ...]) -> SavedSearch:
    id, name, query, sort, color, conflicts, created_at = row
    _, faults = read(query)
    return SavedSearch(
        id=id.hex(),
        name=name,
        query=query,
        sort=sort if sort in SORTS else "newest",
        color=color or None,
        total=None,
        problem=Unreadable(code=faults[0].code, detail=faults[0].sentence, params=faults[0].params) if faults else None,
        created_at=created_at,
        conflicts=json.loads(conflicts),
    )


def _checked(change: SavedSearchChange) -> dict[str, str]:
    """The fields to write; the query in its one spelling."""
    values: dict[str, str] = {}
    if change.name is not UNSET:
        values["name"] = clean_name(change.name, "A saved search needs a name.", MOST_NAME)
    if change.query is not UNSET:
        values["query"] = clean_query(change.query)
    if change.sort is not UNSET:
        values["sort"] = change.sort
    if change.color is not UNSET:
        values["color"] = clean_color(change.color)
    return values


def clean_query(text: str) -> str:
    clean = render(parse(text))
    if not clean.strip('" '):
        raise Invalid("A search that looks for nothing cannot be saved.", [("/query", "is empty")], code="no_query")
    return clean


def refuse_second_search(connection: Connection, id: bytes, name: str) -> None:
    """Two of one name could not be told apart; made on two devices at once, both stay."""
    if connection.execute("SELECT 1 FROM search WHERE name=? AND id<>?", (name, id)).fetchone():
        raise Clash(f"There is a saved search called “{name}” already.", code="search_exists", name=name)
