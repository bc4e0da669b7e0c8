"""Documents → rows: what lists, searches and facets read. Everything here can be computed again."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from library.words import indexed
from store.database import Connection

Values = Mapping[str, Any]
CONFLICT_FIELDS = ("current", "title", "rating", "flag", "label")
COLUMNS = (
    *("id", "sha256", "thumbnail", "name", "title", "width", "height", "longer", "media_type", "bytes"),
    *("prompt", "negative", "seed", "model", "tool", "rating", "flag", "label", "versions", "made", "created_at"),
    *("month", "binned_at", "state", "conflicts", "tags", "projects", "text"),
)
UPSERT = (
    f"INSERT INTO asset({', '.join(COLUMNS)}) VALUES({', '.join('?' * len(COLUMNS))})"
    f" ON CONFLICT(id) DO UPDATE SET {', '.join(f'{name}=excluded.{name}' for name in COLUMNS[1:])} RETURNING row"
)


class VersionValues(NamedTuple):
    """One version as an image document holds it."""

    id: str
    blob: str
    media_type: str
    size: int
    width: int
    height: int
    parent: str | None
    thumbnail: str | None
    facts: str | None
    made: str
    at: int


def agreed(candidates: Mapping[str, Any]) -> Any:
    """The value shown of a conflict map: the one of the smallest writer; None when there is none."""
    return candidates[min(candidates)] if candidates else None


def disagree(candidates: Mapping[str, Any]) -> bool:
    """Whether writers set different values at once."""
    values = iter(candidates.values())
    first = next(values, None)
    return any(value != first for value in values)


def versions_of(values: Values) -> list[VersionValues]:
    """The versions of an image document, oldest first; one without its blob is not shown."""
    entries: dict[str, dict[str, Any]] = {}
    for key, value in values.get("versions", {}).items():
        id, _, field = key.partition("/")
        entries.setdefault(id, {})[field] = value
    found = [
        VersionValues(
            id=id,
            blob=str(entry["blob"]),
            media_type=str(entry.get("type", "application/octet-stream")),
            size=int(entry.get("size", 0)),
            width=int(entry.get("width", 0)),
            height=int(entry.get("height", 0)),
            parent=entry.get("parent"),
            thumbnail=entry.get("thumb"),
            facts=entry.get("facts"),
            made=str(entry.get("made", "imported")),
            at=int(entry.get("at", 0)),
        )
        for id, entry in entries.items()
        if entry.get("blob")
    ]
    parents = {version.id: version.parent for version in found}
    return sorted(found, key=lambda version: (_generation(version.id, parents), version.at, version.id))


def _generation(id: str, parents: Mapping[str, str | None]) -> int:
    """How many known versions a version descends from; times may lie, descent does not."""
    seen = {id}
    parent = parents.get(id)
    while parent is not None and parent in parents and parent not in seen:
        seen.add(parent)
        parent = parents[parent]
    return len(seen)


def current_of(values: Values, versions: list[VersionValues]) -> VersionValues | None:
    """The version shown: the agreed one if it is known, else the newest."""
    chosen = agreed(values.get("current", {}))
    return next((version for version in versions if version.id == chosen), versions[-1] if versions else None)


def binned_at(values: Values) -> int | None:
    """When the picture was binned; None when any writer wants it kept: a restore wins over a concurrent removal."""
    marks = values.get("deleted", {}).values()
    return max(int(mark) for mark in marks) if marks and all(marks) else None


def name_of(values: Values) -> str:
    """The title, else the first source's name."""
    title = agreed(values.get("title", {}))
    return str(title or min(values.get("sources", {}), default=""))


def conflicts_of(values: Values) -> list[str]:
    return [field for field in CONFLICT_FIELDS if disagree(values.get(field, {}))]


def month_of(milliseconds: int) -> str:
    return time.strftime("%Y-%m", time.gmtime(max(0, min(milliseconds, 253_402_300_799_000)) / 1000))


def project_image(connection: Connection, id: bytes, values: Values) -> bool:
    """Write the rows of one image document; False when it shows nothing (its rows are gone then)."""
    versions = versions_of(values)
    current = current_of(values, versions)
    old = connection.execute("SELECT row, text, tags, projects FROM asset WHERE id=?", (id,)).fetchone()
    if current is None:
        if old is not None:
            remove_image(connection, id, old[0])
        return False
    tags = sorted(tag for tag, on in values.get("tags", {}).items() if on)
    places = {project: str(place) for project, place in values.get("projects", {}).items()}
    texts = _texts(values, tags)
    checksum = zlib.crc32("\0".join(texts).encode())
    row = connection.execute(UPSERT, _row(connection, id, values, versions, current, tags, places, checksum)).fetchone()
    _project_sets(connection, row[0], old, tags, places)
    _project_versions(connection, id, versions, fresh=old is None)
    if old is None or old[1] != checksum:
        _project_words(connection, row[0], texts, replace=old is not None)
    return True


def _row(
    connection: Connection,
    id: bytes,
    values: Values,
    versions: list[VersionValues],
    current: VersionValues,
    tags: list[str],
    places: Mapping[str, str],
    checksum: int,
) -> tuple[Any, ...]:
    sha256 = bytes.fromhex(current.blob)
    created_at = versions[0].at
    return (
        id,
        sha256,
        bytes.fromhex(current.thumbnail) if current.thumbnail else None,
        name_of(values),
        agreed(values.get("title", {})) or None,
        current.width,
        current.height,
        max(current.width, current.height),
        current.media_type,
        current.size,
        values.get("prompt"),
        values.get("negative"),
        values.get("seed"),
        values.get("model"),
        values.get("tool"),
        int(agreed(values.get("rating", {})) or 0),
        agreed(values.get("flag", {})) or None,
        agreed(values.get("label", {})) or None,
        len(versions),
        versions[0].made,
        created_at,
        month_of(created_at),
        binned_at(values),
        state_of(connection, sha256),
        json.dumps(conflicts_of(values)),
        json.dumps(tags, ensure_ascii=False),
        json.dumps(sorted(places)),
        checksum,
    )


def state_of(connection: Connection, sha256: bytes) -> str:
    """Where an original stands for this device: here, offline (its drive is away) or missing."""
    row = connection.execute("SELECT here FROM blob WHERE hash=?", (sha256,)).fetchone()
    if row is not None and row[0]:
        return "here"
    states = {state for (state,) in connection.execute("SELECT state FROM reference WHERE hash=?", (sha256,))}
    return "here" if "here" in states else "offline" if "offline" in states else "missing"


def refresh_states(connection: Connection, hashes: list[bytes]) -> list[bytes]:
    """Compute the state of assets that show these blobs again; returns the ids of those that changed."""
    changed = []
    for sha256 in hashes:
        state = state_of(connection, sha256)
        rows = connection.execute(
            "UPDATE asset SET state=? WHERE sha256=? AND state<>? AND id IN (SELECT asset FROM version WHERE hash=?)"
            " RETURNING id",
            (state, sha256, state, sha256),
        )
        changed += [id for (id,) in rows]
    return changed


def _project_sets(
    connection: Connection, row: int, old: tuple[Any, ...] | None, tags: list[str], places: Mapping[str, str]
) -> None:
    if old is None or old[2] != json.dumps(tags, ensure_ascii=False):
        if old is not None:
            connection.execute("DELETE FROM tag WHERE row=?", (row,))
        connection.executemany("INSERT INTO tag(tag, row) VALUES(?, ?)", [(tag, row) for tag in tags])
    if places or (old is not None and old[3] != "[]"):
        connection.execute("DELETE FROM member WHERE row=?", (row,))
        connection.executemany(
            "INSERT INTO member(project, row, place) VALUES(?, ?, ?)",
            [(bytes.fromhex(project), row, place) for project, place in places.items()],
        )


def _project_versions(connection: Connection, id: bytes, versions: list[VersionValues], fresh: bool) -> None:
    if not fresh:
        connection.execute("DELETE FROM version WHERE asset=?", (id,))
    connection.executemany(
        "INSERT OR IGNORE INTO version(asset, hash) VALUES(?, ?)",
        [(id, bytes.fromhex(version.blob)) for version in versions],
    )


def _texts(values: Values, tags: list[str]) -> tuple[str, ...]:
    return (
        str(agreed(values.get("title", {})) or ""),
        str(values.get("prompt") or ""),
        str(values.get("negative") or ""),
        "\n".join(tags),
        str(values.get("note") or ""),
        "\n".join(sorted(values.get("sources", {}))),
        str(values.get("model") or ""),
    )


def _project_words(connection: Connection, row: int, texts: tuple[str, ...], *, replace: bool) -> None:
    if replace:
        connection.execute("DELETE FROM words WHERE rowid=?", (row,))
    connection.execute(
        "INSERT INTO words(rowid, in_title, in_prompt, in_negative, in_tags, in_note, in_name, in_model)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
        (row, *(indexed(text) for text in texts)),
    )


def remove_image(connection: Connection, id: bytes, row: int) -> None:
    """Drop all rows of an asset whose document shows nothing any more."""
    for statement in (
        "DELETE FROM tag WHERE row=?",
        "DELETE FROM member WHERE row=?",
        "DELETE FROM words WHERE rowid=?",
    ):
        connection.execute(statement, (row,))
    connection.execute("DELETE FROM version WHERE asset=?", (id,))
    connection.execute("DELETE FROM asset WHERE id=?", (id,))


def project_project(connection: Connection, id: bytes, values: Values) -> bool:
    """Write the row of one project document."""
    name = agreed(values.get("name", {}))
    if name is None or binned_at(values) is not None:
        connection.execute("DELETE FROM project WHERE id=?", (id,))
        return False
    fields = ("name", "color", "archived")
    conflicts = [field for field in fields if disagree(values.get(field, {}))]
    connection.execute(
        "INSERT INTO project(id, name, brief, color, archived, conflicts, created_at, updated_at)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET name=excluded.name, brief=excluded.brief,"
        " color=excluded.color, archived=excluded.archived, conflicts=excluded.conflicts",
        (
            id,
            str(name),
            str(values.get("brief") or ""),
            agreed(values.get("color", {})),
            bool(agreed(values.get("archived", {}))),
            json.dumps(conflicts),
            int(values.get("at") or 0),
            int(values.get("at") or 0),
        ),
    )
    return True
