"""Pictures: search, show, edit, bin."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from daemon.api.call import Call
from daemon.api.inputs import Cursor, FewQuery, Hex16, Limit, Moment, Page, Query, Selection, Sha256, Strict
from daemon.errors import Refused
from library.models import Asset, AssetChange, AssetDetail, AssetPage, Changed, Edited, Facets, Months
from library.values import Sort
from library.views.query import either, read_as

Offset = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]


class AssetQuery(Strict, frozen=True):
    """What to find, in which order, which part of it, and as of when."""

    q: Query = ""
    sort: Sort = "newest"
    limit: Limit = 100
    after: Cursor | None = None
    offset: Offset = 0
    at: Moment | None = None


class IdQuery(Strict, frozen=True):
    """As AssetQuery, for many more."""

    q: Query = ""
    sort: Sort = "newest"
    limit: Annotated[int, msgspec.Meta(ge=1, le=200_000)] = 200_000
    offset: Offset = 0
    at: Moment | None = None


class FacetQuery(Strict, frozen=True):
    """What to count, and as of when."""

    q: Query = ""
    at: Moment | None = None


class MonthQuery(Strict, frozen=True):
    """Which list by date, and as of when."""

    q: Query = ""
    sort: Literal["newest", "oldest"] = "newest"
    at: Moment | None = None


class AtQuery(Strict, frozen=True):
    """As of when; absent: now."""

    at: Moment | None = None


class AssetIds(msgspec.Struct, frozen=True):
    """Ids in the order of the sort; `total` counts all that the query finds."""

    total: int
    ids: list[str]


class SomeAssets(msgspec.Struct, frozen=True):
    """Pictures in the order in which they were asked for, also those in the bin; without those that are not here."""

    items: list[Asset]


class Change(AssetChange, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An edit of one or many pictures; absent means untouched, null clears."""


class ManyChange(Strict, frozen=True):
    """One edit of many pictures."""

    assets: Selection
    change: Change


class Many(Strict, frozen=True):
    """Some pictures."""

    assets: Selection


class Restoring(Strict, frozen=True):
    """To a version, or to what an action left: exactly one of both."""

    version: Sha256 | None = None
    action: Hex16 | None = None


class Found(AssetPage, frozen=True, kw_only=True):
    """A page of a search. Where nothing is found: `read`, all of which must hold, and `instead`, what to look for one
    after the other where the query says "or", which there is not.
    """

    read: list[str]
    instead: list[str]


async def search(call: Call, query: AssetQuery) -> Found:
    """Find pictures, a page at a time: by cursor (`after`) or by place (`offset`)."""
    if query.after is not None and query.offset:
        raise Refused(422, "invalid", "Give `after` or `offset`, not both.", errors=[("?offset", "Not with `after`.")])
    page = await call.library.search.page(
        q=query.q, sort=query.sort, limit=query.limit, after=query.after, offset=query.offset, at=query.at
    )
    nothing = page.total == 0
    return Found(
        total=page.total,
        next=page.next,
        items=page.items,
        read=read_as(query.q) if nothing else [],
        instead=either(query.q) if nothing else [],
    )


async def ids(call: Call, query: IdQuery) -> AssetIds:
    """The ids alone, for selecting everything."""
    total, found = await call.library.search.ids(
        q=query.q, sort=query.sort, limit=query.limit, offset=query.offset, at=query.at
    )
    return AssetIds(total, found)


async def some(call: Call, query: FewQuery) -> SomeAssets:
    """Up to 50 pictures by `id`, as lists show them."""
    return SomeAssets(await call.library.assets.some(query.id))


async def facets(call: Call, query: FacetQuery) -> Facets:
    """Counts per tool, model, tag, rating, project, state, month, type, flag and label over what the query finds."""
    return await call.library.search.facets(q=query.q, at=query.at)


async def months(call: Call, query: MonthQuery) -> Months:
    """Where each month begins in a list by date: what to give as `offset` to go there."""
    return await call.library.search.months(q=query.q, sort=query.sort, at=query.at)


async def show(call: Call, id: Hex16, query: AtQuery) -> AssetDetail:
    """Everything about one picture."""
    return await call.library.assets.show(id, at=query.at)


async def edit(call: Call, id: Hex16, body: Change) -> Edited:
    """Edit one picture."""
    return await call.library.assets.edit_one(id, body)


async def edit_many(call: Call, body: ManyChange) -> Changed:
    """Edit many pictures as one action."""
    return await call.library.assets.edit(body.assets, body.change)


async def bin(call: Call, body: Many) -> Changed:
    """Put pictures into the bin, where they stay until they are restored."""
    return await call.library.assets.bin(body.assets)


async def unbin(call: Call, body: Many) -> Changed:
    """Take pictures out of the bin."""
    return await call.library.assets.unbin(body.assets)


async def binned(call: Call, query: Page) -> AssetPage:
    """What lies in the bin."""
    return await call.library.search.page(q="is:binned", sort="newest", limit=query.limit, after=query.after)


async def restore(call: Call, id: Hex16, body: Restoring) -> Edited:
    """Bring an older version back as a new one, or everything to what an action left; as a new change."""
    if (body.version is None) == (body.action is None):
        raise Refused(422, "invalid", "Give `version` or `action`.", errors=[("", "Exactly one of both.")])
    return await call.library.assets.restore(id, version=body.version, action=body.action)
