"""A file that was looked at: what it brings, and what rows, segments and its document say of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from documents.draft import Draft
from documents.segment import BlobEntry, Entry
from imaging.inspection import Inspection, Lineage
from library.gathering import Found, file_name
from library.rows import BlobRow
from library.values import Values
from library.views.projection import FIRST, MADE_OF, VersionValues, current_of, versions_of
from library.views.versions import texts_of
from store.database import Connection

ANY_ZONE = 14 * 3_600_000  # ms: how far the clocks of the world are from UTC


class Small(NamedTuple):
    """What a picture brings besides its original."""

    sha256: bytes
    data: bytes
    media_type: str
    role: str


class Arrival(NamedTuple):
    """A file that was looked at: what it is, and where its copy lies until it gets its name (None: kept in place)."""

    found: Found
    inspection: Inspection
    copy: Path | None
    small: list[Small]


def small_of(seen: Inspection) -> list[Small]:
    """Thumbnail and facts, as far as there are any."""
    found = ((seen.thumbnail, "image/webp", "thumbnail"), (seen.raw, "application/json", "facts"))
    return [Small(hashlib.sha256(data).digest(), data, kind, role) for data, kind, role in found if data]


def blob_rows(each: Arrival) -> list[BlobRow]:
    seen = each.inspection
    original = BlobRow(seen.sha256, seen.size, seen.media_type, each.copy is not None)
    return [original, *(BlobRow(blob.sha256, len(blob.data), blob.media_type, True) for blob in each.small)]


def pictures_with(connection: Connection, sha256: bytes) -> list[bytes]:
    """Documents that have these bytes as a version, those outside the bin first."""
    rows = connection.execute(
        "SELECT id FROM version JOIN asset USING (row) WHERE version.hash=? ORDER BY binned_at IS NOT NULL, id",
        (sha256,),
    )
    return [id for (id,) in rows]


def made_at(each: Arrival, now: int) -> int:
    """When a new picture was made: as its camera says, else when its file was last modified; never later than now.

    A camera that tells no zone means one within half a day: a file's time that agrees is the exact one.
    """
    taken, modified = each.inspection.taken, min(now, each.found.mtime // 1_000_000)
    if taken is None or taken.at > now or (not taken.exact and abs(taken.at - modified) <= ANY_ZONE):
        return modified
    return taken.at


def write_version(
    draft: Draft,
    seen: Inspection,
    small: Sequence[Small],
    at: int,
    before: bytes | None = None,
    made: str = "imported",
    name: str | None = None,
    current: bool = True,
) -> None:
    """Add a version to an image document, by default as the current one. The picture's facts are its first version's.

    It comes from the version that its file held `before`, which need not be the current one: a restore changes no file.
    `name`: of its file; the first version's is what the picture is called.
    """
    id = seen.sha256.hex()
    entries = {"versions": draft.values("versions"), "current": draft.values("current")}
    parent = _edited(entries, before)
    named = {blob.role: blob.sha256.hex() for blob in small}
    if f"{id}/blob" not in entries["versions"]:
        values: dict[str, Any] = {
            "blob": id,
            "type": seen.media_type,
            "size": seen.size,
            "width": seen.width,
            "height": seen.height,
            "made": made,
            "at": at,
            "thumb": named.get("thumbnail"),
            "facts": named.get("facts"),
            "parent": parent.id if parent else None,
            "name": None if name is None else file_name(name),
        }
        for key, value in values.items():
            if value is not None:
                draft.put_entry("versions", f"{id}/{key}", value)
    if parent is not None:
        draft.agree("current", id if current else parent.id)
    if parent is None or f"{id}/blob" not in entries["versions"]:
        write_facts(draft, seen)


def _edited(entries: Values, before: bytes | None) -> VersionValues | None:
    """Which version was edited: the current one if it has these bytes, else the latest that has them."""
    versions = versions_of(entries)
    current = current_of(entries, versions)
    if before is None or (current is not None and current.blob == before.hex()):
        return current
    return next((version for version in reversed(versions) if version.blob == before.hex()), current)


def write_facts(draft: Draft, seen: Inspection, small: Sequence[Small] = ()) -> None:
    """Add what is not known yet of a version, and with `small` everything that was written as its facts."""
    id, entries = seen.sha256.hex(), draft.values("versions")
    first = versions_of({"versions": entries})[0].id == id
    for name, text in texts_of(seen.facts):
        if first:
            draft.put_absent(name, text)
        elif f"{id}/{name}" not in entries:
            draft.put_entry("versions", f"{id}/{name}", text)
    raw = next((blob for blob in small if blob.role == "facts"), None)
    if raw is not None and seen.facts.prompt is not None:
        draft.put_entry("versions", f"{id}/facts", raw.sha256.hex())


def write_lineage(draft: Draft, lineage: Lineage | None) -> None:
    """What the file of a new picture says that it was made of: a claim, of a picture that may be anywhere."""
    if lineage is not None:
        draft.put_entry("links", f"{MADE_OF}{lineage.made_of.hex()}", True)
        if lineage.first != lineage.made_of:
            draft.put_entry("links", f"{FIRST}{lineage.first.hex()}", True)


def blob_entries(arrivals: Sequence[Arrival]) -> list[Entry]:
    """What the segments say of the blobs they bring: hash, size, media type and role."""
    entries: dict[bytes, Entry] = {}
    for each in arrivals:
        seen = each.inspection
        entries[seen.sha256] = BlobEntry(seen.sha256, seen.size, seen.media_type, "original")
        for blob in each.small:
            entries[blob.sha256] = BlobEntry(blob.sha256, len(blob.data), blob.media_type, blob.role)
    return list(entries.values())
