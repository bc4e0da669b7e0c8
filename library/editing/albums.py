"""Albums: collections without a query. Made, named, nested, filled and put in order; their pictures name them.

Deleting one leaves what its pictures say of it: it comes back with them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from documents.draft import Draft
from documents.kinds import Kind
from library.albums import Album, AlbumChange, AlbumEdited, NewAlbum
from library.editing.actions import (
    MOST_NAME,
    UNSET,
    asset_ids,
    clean_color,
    clean_name,
    new_id,
    read_id,
    read_text,
    write_text,
)
from library.editing.news import carry_out
from library.editing.places import Placed, placing
from library.errors import Clash, Invalid, NotFound
from library.models import AssetPage, Changed, Entry
from library.values import Sort
from library.views.albums import album_in, all_albums, parents_in, pictures_in
from library.views.search import Search
from library.workspace import Edit, Edits, Workspace, Write
from store.database import Connection

Timeline = Callable[[str], Awaitable[list[Entry]]]
Entries = list[Entry]
Present = list[Placed]  # an album's pictures in its order
Writes = Callable[[Connection, Present], dict[bytes, str | None]]


class Albums:
    """The albums of one workspace."""

    def __init__(self, workspace: Workspace, search: Search, timeline: Timeline) -> None:
        self._workspace = workspace
        self._search = search
        self._timeline = timeline

    async def list(self, at: str | None = None) -> list[Album]:
        """All of them as a tree: each is followed by those in it, by name."""
        found: list[Album] = await self._search.look(all_albums, at)
        return found

    async def show(self, id: str, at: str | None = None) -> Album:
        key = read_id(id, Kind.COLLECTION)
        album: Album = await self._search.look(lambda connection: find_album(connection, key), at)
        return album

    async def page(
        self, id: str, sort: Sort | None, limit: int, after: str | None, offset: int, at: str | None
    ) -> AssetPage:
        """A part of its pictures, in its own order unless another is asked for."""
        album = bytes.fromhex((await self.show(id, at)).id)
        if sort is not None:
            return await self._search.page(f"album:{album.hex()}", sort, limit, after, offset, at)
        page: AssetPage = await self._search.look(
            lambda connection: pictures_in(connection, album, limit, after, offset), at
        )
        return page if at is not None else await self._search.presence.told(page)

    async def history(self, id: str) -> Entries:
        """Its own actions and which pictures came and went, newest first; also of one that was deleted."""
        return await self._timeline(read_id(id, Kind.COLLECTION).hex())

    async def create(self, new: NewAlbum) -> AlbumEdited:
        id = new_id(self._workspace.surroundings, Kind.COLLECTION)
        now = self._workspace.surroundings.clock.now()
        values = _checked(AlbumChange(name=new.name, color=new.color, parent=new.parent))

        def write(draft: Draft) -> None:
            for field, value in values.items():
                if value:
                    draft.agree(field, value)
            draft.put_absent("at", now)

        def edits(connection: Connection) -> list[Edit]:
            ensure_fits(connection, id, values["name"], _parent(connection, values["parent"]))
            return [(id, write)]

        return await self._carry_out("album.create", {"name": values["name"]}, id, edits)

    async def edit(self, id: str, change: AlbumChange) -> AlbumEdited:
        key = read_id(id, Kind.COLLECTION)
        values = _checked(change)
        notes = read_text(change, "notes")
        params: dict[str, Any] = {"fields": sorted([*values, *(["notes"] if notes is not None else [])])}

        def write(draft: Draft) -> None:
            for field, value in values.items():
                if value or draft.values(field):
                    draft.agree(field, value)
            if notes is not None:
                write_text(draft, "notes", *notes)

        def edits(connection: Connection) -> list[Edit]:
            before = find_album(connection, key)
            params["name"] = values.get("name", before.name)
            if values.get("cover"):
                asset_ids(connection, [values["cover"]])
            parent = _parent(connection, values.get("parent", before.parent or ""))
            if params["name"] != before.name or (parent.hex() if parent else None) != before.parent:
                ensure_fits(connection, key, params["name"], parent)
            return [(key, write)]

        return await self._carry_out("album.edit", params, key, edits)

    async def delete(self, id: str) -> Changed:
        """Only the album goes, no picture; those in it stand at the top."""
        key, now = read_id(id, Kind.COLLECTION), self._workspace.surroundings.clock.now()
        params: dict[str, Any] = {}

        def edits(connection: Connection) -> list[Edit]:
            found = find_album(connection, key)
            params.update(name=found.name, count=found.assets)
            return [(key, lambda draft: draft.agree("deleted", now))]

        return await carry_out(self._workspace, "album.delete", params, edits)

    async def add(self, id: str, assets: Sequence[str]) -> Changed:
        """Put pictures at its end, in this order; those that are in it stay where they are."""

        def writes(connection: Connection, present: Present) -> dict[bytes, str | None]:
            there = {each.picture for each in present}
            coming = [asset for asset in asset_ids(connection, assets) if asset not in there]
            return dict(placing(present, coming, ())) if coming else {}

        return await self._place("album.add", id, writes)

    async def remove(self, id: str, assets: Sequence[str]) -> Changed:
        """Take pictures out of it; they stay in the library and in every other album."""

        def writes(connection: Connection, present: Present) -> dict[bytes, str | None]:
            there = {each.picture for each in present}
            return {asset: None for asset in asset_ids(connection, assets) if asset in there}

        return await self._place("album.remove", id, writes)

    async def move(self, id: str, assets: Sequence[str], before: str | None) -> Changed:
        """Put pictures of it, in this order, before another of its pictures; without one at its end."""

        def writes(connection: Connection, present: Present) -> dict[bytes, str | None]:
            there = {each.picture for each in present}
            moved = [asset for asset in asset_ids(connection, assets) if asset in there]
            staying = [each for each in present if each.picture not in set(moved)]
            at = len(staying)
            if before is not None:
                (mark,) = asset_ids(connection, [before])
                at = next((number for number, each in enumerate(staying) if each.picture == mark), -1)
            if at < 0:
                message = "The picture that others should stand before is not in this album, or moves itself."
                raise Invalid(message, [("/before", "does not stand in it")], code="not_in_album")
            stands = present[at : at + len(moved)] if staying[:at] == present[:at] else []
            if not moved or [each.picture for each in stands] == moved:
                return {}
            return dict(placing(staying[:at], moved, staying[at:]))

        return await self._place("album.move", id, writes)

    async def _place(self, intent: str, id: str, writes: Writes) -> Changed:
        """Write, as one action, the order keys that pictures get in an album; None: they leave it."""
        key = read_id(id, Kind.COLLECTION)
        params: dict[str, Any] = {"album": id}

        def edits(connection: Connection) -> list[Edit]:
            found = find_album(connection, key)
            keys = writes(connection, _placed(connection, key))
            params.update(name=found.name, count=len(keys))
            return [(asset, _placer(id, place)) for asset, place in keys.items()]

        return await carry_out(self._workspace, intent, params, edits)

    async def _carry_out(self, intent: str, params: dict[str, Any], id: bytes, edits: Edits) -> AlbumEdited:
        changed = await carry_out(self._workspace, intent, params, edits)
        return AlbumEdited(**msgspec.structs.asdict(await self.show(id.hex())), action=changed.action)


def find_album(connection: Connection, id: bytes) -> Album:
    found = album_in(connection, id)
    if found is None:
        raise NotFound(f"There is no album {id.hex()}.", code="no_album", id=id.hex())
    return found


def _placed(connection: Connection, album: bytes) -> Present:
    """The pictures of an album in its order, also those in the bin."""
    rows = connection.execute("SELECT id, place FROM placed WHERE album=? ORDER BY place, id", (album,))
    return [Placed(*row) for row in rows]


def _placer(album: str, place: str | None) -> Write:
    if place is None:
        return lambda draft: draft.drop_entry("collections", album)
    return lambda draft: draft.put_entry("collections", album, place)


def _parent(connection: Connection, id: str) -> bytes | None:
    return bytes.fromhex(find_album(connection, read_id(id, Kind.COLLECTION)).id) if id else None


def ensure_fits(connection: Connection, id: bytes, name: str, parent: bytes | None) -> None:
    """No album lies in itself, and two of one name beside each other could not be told apart; made on two devices at
    once, both stay.
    """
    parents = parents_in(connection)
    above = parent
    while above is not None:
        if above == id:
            raise Clash("An album cannot lie in itself or in an album that lies in it.", code="album_in_itself")
        above = parents[above]
    beside = [each for each, of in parents.items() if of == parent and each != id]
    names = (connection.execute("SELECT name FROM album WHERE id=?", (each,)).fetchone()[0] for each in beside)
    if name in names:
        raise Clash(f"There is an album called “{name}” there already.", code="album_exists", name=name)


def _checked(change: AlbumChange) -> dict[str, str]:
    """The fields to write, but for the notes."""
    values: dict[str, str] = {}
    if change.name is not UNSET:
        values["name"] = clean_name(change.name, "An album needs a name.", MOST_NAME)
    if change.color is not UNSET:
        values["color"] = clean_color(change.color)
    if change.parent is not UNSET:
        values["parent"] = change.parent or ""
    if change.cover is not UNSET:
        values["cover"] = change.cover or ""
    return values
