"""Saved searches."""

from __future__ import annotations

import msgspec

from daemon.api.call import Call
from daemon.api.handlers.assets import AtQuery, Offset
from daemon.api.handlers.history import Entries
from daemon.api.inputs import Cursor, Hex16, Limit, Moment, Strict
from library.models import AssetPage, Changed, NewSavedSearch, SavedSearch, SavedSearchChange, SavedSearchEdited
from library.values import Sort


class Searches(msgspec.Struct, frozen=True):
    """All saved searches of the workspace, by name."""

    searches: list[SavedSearch]


class SearchesQuery(Strict, frozen=True):
    """Whether each is counted, which may take a moment in a large library; and as of when."""

    counted: bool = False
    at: Moment | None = None


class NewSearch(NewSavedSearch, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A search to save; a query that makes no sense is refused."""


class SearchEdit(SavedSearchChange, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An edit of a saved search; absent means untouched, null clears."""


class FoundQuery(Strict, frozen=True):
    """Which part of what it finds, in which order (its own, if not given), and as of when."""

    sort: Sort | None = None
    limit: Limit = 100
    after: Cursor | None = None
    offset: Offset = 0
    at: Moment | None = None


async def index(call: Call, query: SearchesQuery) -> Searches:
    """All saved searches; with `counted=true` how many pictures each finds."""
    return Searches(await call.library.searches.list(query.counted, query.at))


async def create(call: Call, body: NewSearch) -> SavedSearchEdited:
    """Save a search under a name that no other has."""
    return await call.library.searches.create(body)


async def show(call: Call, id: Hex16, query: AtQuery) -> SavedSearch:
    """One saved search, counted."""
    return await call.library.searches.show(id, query.at)


async def edit(call: Call, id: Hex16, body: SearchEdit) -> SavedSearchEdited:
    """Give it another name, query, order or colour."""
    return await call.library.searches.edit(id, body)


async def delete(call: Call, id: Hex16) -> Changed:
    """Delete it, no picture; `action` of the answer is what undo takes."""
    return await call.library.searches.delete(id)


async def found(call: Call, id: Hex16, query: FoundQuery) -> AssetPage:
    """The pictures that it finds now, a page at a time."""
    return await call.library.searches.page(id, query.sort, query.limit, query.after, query.offset, query.at)


async def history(call: Call, id: Hex16) -> Entries:
    """What happened to it."""
    return Entries(await call.library.searches.history(id))
