"""Albums as rows: collections without a query, the tree that they make, and the pictures in each by its own order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from documents.engine import Document
from documents.errors import DocumentDamaged
from documents.kinds import Kind
from library.albums import Album
from library.models import AssetPage
from library.values import Values, album_values, image_values
from library.views.projection import agreed, binned_at, disagree, project_search
from library.views.search import ASSET_COLUMNS, asset_of, read_position, write_cursor
from store.database import Connection

FIELDS = ("name", "color", "cover", "parent")
PLACED_BY = ("album.add", "album.remove", "album.move", "asset.same", "asset.apart", "undo", "redo")
SHOWN = "FROM placed AS p JOIN asset AS a ON a.row = p.row WHERE p.album = o.id AND p.shown = 1"
SELECT = (
    "SELECT o.id, o.name, o.notes, o.color, o.parent, o.cover, o.conflicts, o.created_at,"
    " (SELECT count(*) FROM placed AS p WHERE p.album = o.id AND p.shown = 1),"
    " (SELECT a.thumbnail FROM asset AS a WHERE a.id = o.cover AND a.binned_at IS NULL),"
    f" (SELECT a.thumbnail {SHOWN} ORDER BY p.place, p.id LIMIT 1)"
    " FROM album AS o"
)


def project_collection(connection: Connection, id: bytes, values: Values) -> bool:
    """Write the row of a collection: of a saved search if it has a query, of an album otherwise."""
    searched = project_search(connection, id, values)
    return project_album(connection, id, values) or searched


def project_album(connection: Connection, id: bytes, values: Values) -> bool:
    values = album_values(values)
    name = agreed(values["name"])
    if not name or agreed(values["query"]) or binned_at(values) is not None:
        connection.execute("DELETE FROM album WHERE id=?", (id,))
        return False
    conflicts = [field for field in FIELDS if disagree(values[field])]
    parent, cover = (agreed(values[field]) for field in ("parent", "cover"))
    connection.execute(
        "INSERT INTO album(id, name, notes, color, parent, cover, conflicts, created_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT(id) DO UPDATE SET name=excluded.name, notes=excluded.notes, color=excluded.color,"
        " parent=excluded.parent, cover=excluded.cover, conflicts=excluded.conflicts",
        (
            id,
            name,
            values["notes"],
            agreed(values["color"]) or None,
            bytes.fromhex(parent) if parent else None,
            bytes.fromhex(cover) if cover else None,
            json.dumps(conflicts),
            values["at"],
        ),
    )
    return True


def shown_parents(said: Mapping[bytes, bytes | None]) -> dict[bytes, bytes | None]:
    """The album that each is shown in: the one that it names, unless that is not there or the two lie in one circle.

    Two devices make a circle when each moves one of two albums into the other: all of a circle stand at the top, on
    every device, and what hangs below them stays there.
    """
    known = {id: parent if parent in said else None for id, parent in said.items()}
    circles, walked = set[bytes](), set[bytes]()
    for begun in known:
        path: list[bytes] = []
        at: bytes | None = begun
        while at is not None and at not in walked:
            walked.add(at)
            path.append(at)
            at = known[at]
        if at is not None and at in path:
            circles.update(path[path.index(at) :])
    return {id: None if id in circles else parent for id, parent in known.items()}


def parents_in(connection: Connection) -> dict[bytes, bytes | None]:
    """The album that each album is shown in."""
    return shown_parents(dict(connection.execute("SELECT id, parent FROM album ORDER BY id").fetchall()))


def all_albums(connection: Connection) -> list[Album]:
    """All of them as a tree: each is followed by those in it, by name."""
    parents = parents_in(connection)
    rows = {row[0]: row for row in connection.execute(SELECT)}
    inside: dict[bytes | None, list[bytes]] = {}
    for id in sorted(rows, key=lambda id: (rows[id][1].casefold(), rows[id][1], id), reverse=True):
        inside.setdefault(parents[id], []).append(id)
    found = []
    waiting = [(id, 0) for id in inside.get(None, [])]
    while waiting:
        id, depth = waiting.pop()
        found.append(album_of(rows[id], parents[id], depth))
        waiting += [(each, depth + 1) for each in inside.get(id, [])]
    return found


def album_in(connection: Connection, id: bytes) -> Album | None:
    """One album, with its place in the tree."""
    row = connection.execute(f"{SELECT} WHERE o.id=?", (id,)).fetchone()
    if row is None:
        return None
    parents = parents_in(connection)
    depth, above = 0, parents[id]
    while above is not None:
        depth, above = depth + 1, parents[above]
    return album_of(row, parents[id], depth)


def album_of(row: tuple[Any, ...], parent: bytes | None, depth: int) -> Album:
    id, name, notes, color, _, cover, conflicts, created_at, assets, chosen, first = row
    thumbnail = chosen or first
    return Album(
        id=id.hex(),
        name=name,
        notes=notes,
        color=color,
        parent=parent.hex() if parent else None,
        depth=depth,
        assets=assets,
        cover=thumbnail.hex() if thumbnail else None,
        cover_asset=cover.hex() if cover else None,
        created_at=created_at,
        conflicts=json.loads(conflicts),
    )


def pictures_in(connection: Connection, album: bytes, limit: int, after: str | None, offset: int) -> AssetPage:
    """A part of an album's pictures in its own order; of equal places by id, which is the same on every device."""
    (total,) = connection.execute("SELECT count(*) FROM placed WHERE album=? AND shown=1", (album,)).fetchone()
    where = "p.album=? AND p.shown=1"
    parameters: list[str | bytes] = [album]
    if after is not None:
        place, id = read_position(after)
        where, parameters = f"{where} AND (p.place, p.id) > (?, ?)", [album, place, id]
    rows = connection.execute(
        f"SELECT {ASSET_COLUMNS.replace('id,', 'asset.id,', 1)}, p.place FROM placed AS p CROSS JOIN asset"
        f" ON asset.row = p.row WHERE {where} ORDER BY p.place, p.id LIMIT ? OFFSET ?",
        [*parameters, limit + 1, offset],
    ).fetchall()
    items = [asset_of(row[:-1]) for row in rows[:limit]]
    following = write_cursor([rows[limit - 1][-1], items[-1].id]) if len(rows) > limit else None
    return AssetPage(total=total, next=following, items=items)


def albums_of(connection: Connection, id: bytes) -> list[str]:
    """The albums that a picture is in; a deleted one is none."""
    rows = connection.execute(
        "SELECT p.album FROM asset AS a JOIN placed AS p ON p.row = a.row JOIN album AS o ON o.id = p.album"
        " WHERE a.id=? ORDER BY p.album",
        (id,),
    )
    return [album.hex() for (album,) in rows]


def fill_albums(connection: Connection) -> None:
    """Make the rows of a library that was written before there was this view: newer devices may have sent albums."""
    collections = connection.execute("SELECT id, saved FROM document WHERE id BETWEEN x'04' AND x'05'").fetchall()
    for id, saved in collections:
        try:
            project_album(connection, id, Document.load(Kind.COLLECTION, saved).read())
        except DocumentDamaged:
            continue  # `verify` names it
    if not collections:
        return
    marks = ", ".join("?" * len(PLACED_BY))
    pictures = connection.execute(
        "SELECT asset.row, asset.id, binned_at IS NULL, saved FROM asset JOIN document USING (id) WHERE id IN"
        f" (SELECT c.document FROM segment AS s JOIN change AS c ON c.segment = s.id WHERE s.intent IN ({marks}))",
        PLACED_BY,
    ).fetchall()
    for row, id, shown, saved in pictures:
        try:
            places = image_values(Document.load(Kind.IMAGE, saved).read())["collections"]
        except DocumentDamaged:
            continue
        connection.executemany(
            "INSERT INTO placed(album, shown, place, id, row) VALUES(?, ?, ?, ?, ?)",
            [(bytes.fromhex(album), shown, place, id, row) for album, place in places.items()],
        )
