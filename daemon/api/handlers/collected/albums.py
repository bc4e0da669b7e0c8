"""Albums."""

from __future__ import annotations

import msgspec

from daemon.api.call import Call
from daemon.api.handlers.assets import AtQuery
from daemon.api.handlers.collected.searches import FoundQuery
from daemon.api.handlers.history import Entries
from daemon.api.inputs import Hex16, Selection, Strict
from library.albums import Album, AlbumChange, AlbumEdited, NewAlbum
from library.models import AssetPage, Changed


class Albums(msgspec.Struct, frozen=True):
    """All albums of the workspace as a tree: each is followed by those in it, by name; `depth` says how far in."""

    albums: list[Album]


class AlbumNew(NewAlbum, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An album to make; one of the same name beside it is refused."""


class AlbumEdit(AlbumChange, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An edit of an album; absent means untouched, null clears. Without `parent` it stands at the top."""


class Some(Strict, frozen=True):
    """Which pictures, in this order."""

    assets: Selection


class Ordering(Some, frozen=True):
    """Which pictures, in this order, and before which other one; null: at the end."""

    before: Hex16 | None = None


async def index(call: Call, query: AtQuery) -> Albums:
    """All albums as a tree, with counts and covers."""
    return Albums(await call.library.albums.list(query.at))


async def create(call: Call, body: AlbumNew) -> AlbumEdited:
    """A new album, at the top or in another one."""
    return await call.library.albums.create(body)


async def show(call: Call, id: Hex16, query: AtQuery) -> Album:
    """One album."""
    return await call.library.albums.show(id, query.at)


async def edit(call: Call, id: Hex16, body: AlbumEdit) -> AlbumEdited:
    """Give it another name, colour, cover, notes or place in the tree."""
    return await call.library.albums.edit(id, body)


async def delete(call: Call, id: Hex16) -> Changed:
    """Delete it, no picture; `action` of the answer is what undo takes, and its pictures come back with it."""
    return await call.library.albums.delete(id)


async def pictures(call: Call, id: Hex16, query: FoundQuery) -> AssetPage:
    """Its pictures in its own order, or another, a page at a time; `q=album:ID` finds them too."""
    return await call.library.albums.page(id, query.sort, query.limit, query.after, query.offset, query.at)


async def add(call: Call, id: Hex16, body: Some) -> Changed:
    """Put pictures at its end; those that are in it stay where they are."""
    return await call.library.albums.add(id, body.assets)


async def remove(call: Call, id: Hex16, body: Some) -> Changed:
    """Take pictures out of it; they stay in the library."""
    return await call.library.albums.remove(id, body.assets)


async def move(call: Call, id: Hex16, body: Ordering) -> Changed:
    """Put pictures of it before another one, or at its end."""
    return await call.library.albums.move(id, body.assets, body.before)


async def history(call: Call, id: Hex16) -> Entries:
    """What happened to it, and which pictures came into it and went."""
    return Entries(await call.library.albums.history(id))
