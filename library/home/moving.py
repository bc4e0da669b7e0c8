"""What is in one workspace of this device comes into another: its present state, as this device's own new edits.

Pictures keep their versions and facts, projects, albums, searches and prompts their ids. The old workspace stays as it
was. What the other one has already is added to and never overwritten: moved twice, nothing changes the second time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from documents.draft import Draft
from documents.kinds import SCHEMA, Kind, Merge, derived_id
from documents.segment import BlobEntry
from library.catalog import BlobPlace, Library
from library.editing.news import tell
from library.errors import Invalid, NotFound
from library.intake.arriving import announce, settled
from library.models import Moved
from library.replica.shelf import loaded
from library.rows import BlobRow, put_blobs
from library.tasks import Progress, no_progress
from library.values import Values, image_values
from library.views.projection import agreed, versions_of
from library.workspace import Edit, Plan, Workspace
from store.database import Connection
from store.waiting import to_the_end

GROUP = 64  # documents in one commit
KINDS = (Kind.PROJECT, Kind.COLLECTION, Kind.PROMPT, Kind.IMAGE)
OLD_ID = re.compile("[0-9a-f]{32}")


async def move(source: Library, target: Library, progress: Progress = no_progress) -> Moved:
    """Bring everything of one workspace into another. ReadOnly where this device may not write there."""
    if source is target:
        raise Invalid("A workspace cannot be brought into itself.", code="same_workspace")
    target.workspace.check_writes(Kind.IMAGE)
    ids = await source.workspace.database.read(_ids)
    new = await source.workspace.database.read(lambda connection: _new_ids(connection, ids, target.workspace.id))
    action = target.workspace.surroundings.random.randbytes(16)
    pictures, changed, missing = 0, 0, 0
    for start in range(0, len(ids), GROUP):
        group = ids[start : start + GROUP]
        values = await source.workspace.database.read(partial(_values, ids=group))
        blobs, lost = _blobs(source, values)
        done = await _write(source, target, values, new, blobs, action)
        changed += len(done)
        pictures += sum(id[0] == Kind.IMAGE for id in done)
        missing += lost
        progress(min(start + GROUP, len(ids)), len(ids), None)
    return Moved(documents=changed, pictures=pictures, missing=missing, action=action.hex() if changed else None)


def _ids(connection: Connection) -> list[bytes]:
    """All documents that a person made, those first that others name."""
    found = [id for (id,) in connection.execute("SELECT id FROM document ORDER BY row")]
    return [id for kind in KINDS for id in found if id[0] == kind]


def _new_ids(connection: Connection, ids: Sequence[bytes], workspace: bytes) -> dict[str, str]:
    """Pictures are named by their workspace and their first original: what each is called there."""
    found = {}
    for id in (each for each in ids if each[0] == Kind.IMAGE):
        versions = versions_of(image_values(loaded(connection, id).read()))
        if versions:
            found[id.hex()] = derived_id(Kind.IMAGE, workspace, bytes.fromhex(versions[0].blob)).hex()
    return found


def _values(connection: Connection, ids: Sequence[bytes]) -> dict[bytes, Values]:
    return {id: loaded(connection, id).read() for id in ids}


def _blobs(source: Library, values: Mapping[bytes, Values]) -> tuple[dict[bytes, tuple[BlobPlace, str]], int]:
    """Blob → where its bytes lie here and what it is; and how many originals are not here."""
    found: dict[bytes, tuple[BlobPlace, str]] = {}
    missing = 0
    for id, each in values.items():
        for version in versions_of(image_values(each)) if id[0] == Kind.IMAGE else ():
            named = ((version.blob, "original"), (version.thumbnail, "thumbnail"), (version.facts, "facts"))
            for hash, role in named:
                if hash is None or bytes.fromhex(hash) in found:
                    continue
                try:
                    found[bytes.fromhex(hash)] = source.blob(hash), role
                except NotFound:
                    missing += role == "original"
    return found, missing


async def _write(
    source: Library,
    target: Library,
    values: Mapping[bytes, Values],
    new: Mapping[str, str],
    blobs: Mapping[bytes, tuple[BlobPlace, str]],
    action: bytes,
) -> list[bytes]:
    """One group: the bytes first, then the documents that name them; the documents that this changed."""
    workspace = target.workspace
    note = announce(workspace, blobs)
    with workspace.claims.held(list(blobs)):
        await to_the_end(workspace.surroundings.in_thread(_copy, workspace, {h: p for h, (p, _) in blobs.items()}))
        rows = [BlobRow(hash, place.size, place.media_type, True) for hash, (place, _) in blobs.items()]
        entries = [BlobEntry(hash, place.size, place.media_type, role) for hash, (place, role) in blobs.items()]
        params = {"name": source.name(), "count": len(values)}
        plan = Plan(
            "workspace.moved",
            params,
            list(_edits(values, new)),
            entries,
            rows=lambda connection: put_blobs(connection, rows),
            action=action,
        )
        appended = await workspace.append(plan)
    settled(workspace, note)
    tell(workspace, appended.heads, workspace.device.hex())
    return list(appended.heads)


def _copy(workspace: Workspace, places: Mapping[bytes, BlobPlace]) -> None:
    files, blobs = workspace.surroundings.files, workspace.blobs
    arrivals = []
    for hash, place in places.items():
        if blobs.has(hash):
            continue
        coming = blobs.incoming()
        if not files.clone(place.path, coming):
            files.write_pieces(coming, files.pieces(place.path))
        arrivals.append((coming, hash))
    blobs.adopt(arrivals)


def _edits(values: Mapping[bytes, Values], new: Mapping[str, str]) -> Iterator[Edit]:
    for id, each in values.items():
        there = new.get(id.hex())
        if id[0] == Kind.IMAGE and there is None:
            continue  # it shows nothing
        target = id if there is None else bytes.fromhex(there)
        yield target, _writer(Kind(id[0]), _renamed(each, new))


def _renamed(value: Any, new: Mapping[str, str]) -> Any:
    """The same with pictures called as they are there, wherever one is named."""
    if isinstance(value, dict):
        return {_renamed(key, new): _renamed(each, new) for key, each in value.items()}
    if isinstance(value, str):
        return OLD_ID.sub(lambda found: new.get(found[0], found[0]), value) if len(value) < 200 else value
    return value


def _writer(kind: Kind, values: Values) -> Callable[[Draft], None]:
    """Write what the document there does not say yet, each field as it merges."""

    def write(draft: Draft) -> None:
        for field, merge in SCHEMA[kind].items():
            value = values.get(field)
            if value is None or value == {} or value == "":
                continue
            if merge is Merge.CONFLICT:
                if not draft.values(field):
                    draft.agree(field, agreed(value))
            elif merge is Merge.SCALAR:
                draft.put_absent(field, value)
            elif merge is Merge.TEXT:
                if not draft.text(field):
                    draft.write_text(field, value)
            else:
                held = draft.values(field)
                for key, each in value.items():
                    if key not in held:
                        draft.put_entry(field, key, each)

    return write
