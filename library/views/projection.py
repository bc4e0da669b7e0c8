"""What a document's values say to lists, searches and facets. Rows of images: images.py."""

from __future__ import annotations

import heapq
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from documents.engine import Document
from documents.errors import DocumentDamaged
from documents.kinds import Kind
from library.values import (
    IMAGE_TEXTS,
    Values,
    is_id,
    is_number,
    making_values,
    of_version,
    project_values,
    search_values,
)
from store.database import Connection

CONFLICT_FIELDS = ("current", "title", "rating", "flag", "label")


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
    restored: str | None  # the version that a restore brought back
    name: str | None  # of the file it came from, as far as that was written
    own: dict[str, str]  # of IMAGE_TEXTS, what its own file told where that is not the picture's first


def agreed(candidates: Mapping[str, Any]) -> Any:
    """The value shown of a conflict map: the one of the smallest writer; None when there is none."""
    return candidates[min(candidates)] if candidates else None


def disagree(candidates: Mapping[str, Any]) -> bool:
    """Whether writers set different values at once."""
    if len(candidates) < 2:
        return False
    values = iter(candidates.values())
    first = next(values, None)
    return any(value != first for value in values)


def versions_of(values: Values) -> list[VersionValues]:
    """The versions of an image document, oldest first; one without its blob is not shown."""
    entries: dict[str, dict[str, Any]] = {}
    for key, value in values.get("versions", {}).items():
        id, _, field = key.partition("/")
        if of_version(field, value):
            entries.setdefault(id, {})[field] = value
    found = [
        VersionValues(
            id=id,
            blob=entry["blob"],
            media_type=entry.get("type", "application/octet-stream"),
            size=entry.get("size", 0),
            width=entry.get("width", 0),
            height=entry.get("height", 0),
            parent=entry.get("parent"),
            thumbnail=entry.get("thumb"),
            facts=entry.get("facts"),
            made=entry.get("made", "imported"),
            at=entry.get("at", 0),
            restored=entry.get("restored"),
            name=entry.get("name"),
            own={name: entry[name] for name in IMAGE_TEXTS if name in entry},
        )
        for id, entry in entries.items()
        if "blob" in entry
    ]
    return found if len(found) < 2 else _descending(found)


def _descending(found: Sequence[VersionValues]) -> list[VersionValues]:
    """Each after the one it was made from, otherwise by time, then id; times may lie, descent does not."""
    known = {version.id: version for version in found}
    made_from: dict[str, list[VersionValues]] = {}
    for version in found:
        made_from.setdefault(version.parent if version.parent in known else "", []).append(version)
    ready = [(version.at, version.id) for version in made_from.get("", [])]
    heapq.heapify(ready)
    # A stranger's circle has no beginning: its oldest is taken for that.
    rest = sorted((version.at, version.id) for version in found)
    ordered: dict[str, VersionValues] = {}
    while len(ordered) < len(found):
        _, id = heapq.heappop(ready) if ready else rest.pop(0)
        if id not in ordered:
            ordered[id] = known[id]
            for version in made_from.get(id, []):
                heapq.heappush(ready, (version.at, version.id))
    return list(ordered.values())


def current_of(values: Values, versions: list[VersionValues]) -> VersionValues | None:
    """The version shown: the agreed one if it is known, else the newest."""
    chosen = agreed(values.get("current", {}))
    return next((version for version in versions if version.id == chosen), versions[-1] if versions else None)


def binned_at(values: Values) -> int | None:
    """When the picture was binned; None when any writer wants it kept: a restore wins over a concurrent removal."""
    marks = [mark for mark in values.get("deleted", {}).values() if is_number(mark)]
    return max(marks) if marks and all(marks) else None


def name_of(values: Values, versions: Sequence[VersionValues]) -> str:
    """The title, else the name that the picture came under."""
    return str(agreed(values.get("title", {})) or first_name(values, versions))


def first_name(values: Values, versions: Sequence[VersionValues]) -> str:
    """The name that a picture came under: its first version's, or where that was never written, its first source."""
    written = versions[0].name if versions else None
    return written or min((name for name, value in values.get("sources", {}).items() if value is True), default="")


DIFFERENT = "/different"


def different_key(other: bytes) -> str:
    """The key in `links` that says that a picture is not that other one."""
    return other.hex() + DIFFERENT


def told_apart(values: Values) -> list[bytes]:
    """The pictures of which somebody said that this one is not one of them."""
    links = values.get("links", {})
    found = (key.removesuffix(DIFFERENT) for key, value in links.items() if key.endswith(DIFFERENT) and value is True)
    return [bytes.fromhex(id) for id in found if is_id(id)]


PROMPT = "prompt/"


def prompts_of(values: Values) -> list[bytes]:
    """The saved prompts that a picture was made from."""
    links = values.get("links", {})
    found = (key.removeprefix(PROMPT) for key, value in links.items() if key.startswith(PROMPT) and value is True)
    return [bytes.fromhex(id) for id in found if is_id(id)]


MADE_OF, FIRST = "from/", "first/"


def origins_of(values: Values) -> list[bytes]:
    """The pictures that this one's file said it was made of, then those that it said stood at the beginning. They may
    be anywhere.
    """
    found = [key.partition("/")[2] for key in lineage_links(values)]
    return [bytes.fromhex(id) for id in dict.fromkeys(found) if is_id(id)]


def lineage_links(values: Values) -> list[str]:
    """The same as they stand in `links`."""
    keys = sorted(key for key, value in values.get("links", {}).items() if value is True)
    return [key for prefix in (MADE_OF, FIRST) for key in keys if key.startswith(prefix)]


def conflicts_of(values: Values) -> list[str]:
    return [field for field in CONFLICT_FIELDS if disagree(values.get(field, {}))]


def state_of(connection: Connection, sha256: bytes) -> str:
    """Where an original stands for this device: here, offline (its drive is away), elsewhere (another device has it as
    far as it said) or missing.
    """
    row = connection.execute("SELECT here FROM blob WHERE hash=?", (sha256,)).fetchone()
    if row is not None and row[0]:
        return "here"
    states = {state for (state,) in connection.execute("SELECT state FROM reference WHERE hash=?", (sha256,))}
    if "here" in states or "offline" in states:
        return "here" if "here" in states else "offline"
    told = connection.execute("SELECT 1 FROM copy WHERE hash=substr(?, 1, 8)", (sha256,)).fetchone()
    return "missing" if told is None else "elsewhere"


def has_more(connection: Connection, size: tuple[int, int], document: bytes) -> bool:
    """Whether a picture that was saved again is shown as that from now on: where the bytes shown before cannot be had,
    or it has more pixels. Otherwise it has nothing that they lack.
    """
    row = connection.execute("SELECT sha256, width * height FROM asset WHERE id=?", (document,)).fetchone()
    return row is None or state_of(connection, row[0]) not in ("here", "elsewhere") or row[1] < size[0] * size[1]


def project_project(connection: Connection, id: bytes, values: Values) -> bool:
    """Write the row of one project document."""
    values = project_values(values)
    name = agreed(values.get("name", {}))
    if name is None or binned_at(values) is not None:
        connection.execute("DELETE FROM project WHERE id=?", (id,))
        return False
    fields = ("name", "color", "archived")
    conflicts = [field for field in fields if disagree(values.get(field, {}))]
    connection.execute(
        "INSERT INTO project(id, name, brief, color, archived, conflicts, created_at, updated_at, provider, model)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET name=excluded.name, brief=excluded.brief,"
        " color=excluded.color, archived=excluded.archived, conflicts=excluded.conflicts, provider=excluded.provider,"
        " model=excluded.model",
        (
            id,
            str(name),
            str(values.get("brief") or ""),
            agreed(values.get("color", {})),
            bool(agreed(values.get("archived", {}))),
            json.dumps(conflicts),
            values["at"],
            values["at"],
            *making_values(values),
        ),
    )
    return True


def fill_making(connection: Connection) -> None:
    """Make the projects' rows again: newer devices may have sent what their pictures are made with."""
    for id, saved in connection.execute("SELECT id, saved FROM document WHERE id BETWEEN x'03' AND x'04'").fetchall():
        try:
            project_project(connection, id, Document.load(Kind.PROJECT, saved).read())
        except DocumentDamaged:
            continue  # `verify` names it


def project_search(connection: Connection, id: bytes, values: Values) -> bool:
    """Write the row of a collection that has a query, which is a saved search; others are none."""
    values = search_values(values)
    name, query = agreed(values.get("name", {})), agreed(values.get("query", {}))
    if name is None or not query or binned_at(values) is not None:
        connection.execute("DELETE FROM search WHERE id=?", (id,))
        return False
    fields = ("name", "query", "sort", "color")
    conflicts = [field for field in fields if disagree(values.get(field, {}))]
    connection.execute(
        "INSERT INTO search(id, name, query, sort, color, conflicts, created_at) VALUES(?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT(id) DO UPDATE SET name=excluded.name, query=excluded.query, sort=excluded.sort,"
        " color=excluded.color, conflicts=excluded.conflicts",
        (
            id,
            name,
            query,
            agreed(values.get("sort", {})) or "",
            agreed(values.get("color", {})) or "",
            json.dumps(conflicts),
            values["at"],
        ),
    )
    return True
