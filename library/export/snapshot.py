"""Everything a workspace holds at one moment, read while others write: what a full export is made of. Blocking."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from documents.digest import digest
from documents.kinds import Kind, derived_id
from library.albums import Album
from library.copies.holders import names_of
from library.editing.assets import Timeline, detail_of, read_values
from library.editing.projects import all_projects
from library.editing.searches import all_searches
from library.export.backing import Contents, check_log, contents_of
from library.export.sidecars import Sidecar, sidecar_of
from library.models import Checkpoint, Entry, Model, Project, SavedSearch
from library.presets import Preset, presets_of
from library.prompts import Prompt
from library.replica.members import Members, Verify
from library.replica.shelf import read_shards
from library.tasks import Progress
from library.views.albums import all_albums
from library.views.authors import Authors
from library.views.dates import month_of
from library.views.moments import checkpoints_of
from library.views.projection import agreed
from library.views.prompts import all_prompts
from library.workspace import DATABASE
from store.blobs import Blobs
from store.database import Connection, standing_still

AllEntries = Callable[[Connection], Iterator[Entry]]


class WorkspaceFile(Model, frozen=True, kw_only=True):
    """What a full export tells of the workspace itself."""

    format: int = 1
    workspace: str
    name: str
    digest: str
    projects: list[Project]
    searches: list[SavedSearch]
    albums: list[Album]
    prompts: list[Prompt]
    presets: list[Preset]
    checkpoints: list[Checkpoint]


class Picture(NamedTuple):
    """A picture as it will be laid out. `place`: the project or the month that it is kept under, as id and name."""

    id: str
    name: str
    place: tuple[str, str]
    binned: bool
    packed: bytes  # its sidecar, compressed: there may be very many

    def sidecar(self) -> Sidecar:
        return msgspec.json.decode(zlib.decompress(self.packed), type=Sidecar)


class Snapshot(NamedTuple):
    """One moment of a workspace. `kept`: blob → where an original lies that is kept in place, with its state."""

    digest: str
    contents: Contents
    kept: dict[bytes, list[tuple[Path, str]]]
    types: dict[bytes, tuple[int, str]]  # of every blob that is known: size and media type
    elsewhere: dict[bytes, str]  # blobs that are not here → the devices that have them
    pictures: list[Picture]
    about: WorkspaceFile
    history: bytes

    def origins(self, blobs: Blobs, hash: bytes) -> list[Path]:
        """Where the bytes of a blob may be had on this device."""
        own = [blobs.place(hash)] if blobs.has(hash) else []
        return own + [path for path, state in self.kept.get(hash, []) if state == "here"]


def take_snapshot(
    folder: Path,
    workspace: bytes,
    verify: Verify,
    timeline: Timeline,
    entries: AllEntries,
    device_name: Callable[[bytes], str],
    progress: Progress,
) -> Snapshot:
    """Read a workspace's file as it is now."""
    with standing_still(folder / DATABASE) as connection:
        members = Members(workspace)
        members.load(connection)
        state = digest(read_shards(connection), members.heads).hex()
        contents = contents_of(connection)
        check_log(contents, workspace, verify)
        about = _about(connection, workspace, state)
        return Snapshot(
            state,
            contents,
            _kept(connection),
            {hash: (size, type) for hash, size, type in connection.execute("SELECT hash, size, media_type FROM blob")},
            {
                hash: names
                for (hash,) in connection.execute("SELECT hash FROM lacking").fetchall()
                if (names := names_of(connection, hash, device_name))
            },
            list(_pictures(connection, workspace, timeline, about, progress)),
            about,
            b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries(connection)),
        )


def _about(connection: Connection, workspace: bytes, digest: str) -> WorkspaceFile:
    settings = read_values(connection, derived_id(Kind.SETTINGS, workspace))
    name = agreed(settings.get("name", {}))
    return WorkspaceFile(
        workspace=workspace.hex(),
        name=name if isinstance(name, str) else "",
        digest=digest,
        projects=all_projects(connection),
        searches=all_searches(connection),
        albums=all_albums(connection),
        prompts=all_prompts(connection),
        presets=presets_of(settings),
        checkpoints=checkpoints_of(settings),
    )


def _kept(connection: Connection) -> dict[bytes, list[tuple[Path, str]]]:
    found: dict[bytes, list[tuple[Path, str]]] = {}
    for path, hash, state in connection.execute("SELECT path, hash, state FROM reference ORDER BY path"):
        # What is gone from a path stands behind a zero byte.
        found.setdefault(hash, []).append((Path(os.fsdecode(path.partition(b"\0")[0])), state))
    return found


def _pictures(
    connection: Connection, workspace: bytes, timeline: Timeline, about: WorkspaceFile, progress: Progress
) -> Iterator[Picture]:
    """Oldest first, by what devices with the same digest agree on, so that they lay out the same folder."""
    names = {each.id: each.name for each in about.projects} | {each.id: each.name for each in about.albums}
    ids = [id for (id,) in connection.execute("SELECT id FROM asset ORDER BY created_at, id")]
    # Whatever a device is called here: all lay out the same.
    authors = Authors(connection, lambda device: device.hex()[:8])
    for number, id in enumerate(ids):
        detail = detail_of(connection, id, timeline(connection, id), authors)
        sidecar = sidecar_of(workspace.hex(), detail, names)
        month = month_of(detail.asset.created_at)
        first = sidecar.projects[0] if sidecar.projects else None
        place = (first.id, first.name) if first is not None and first.name is not None else (month, month)
        packed = zlib.compress(msgspec.json.encode(sidecar), 1)  # a number may be more than MessagePack holds
        yield Picture(sidecar.id, sidecar.name, place, sidecar.binned_at is not None, packed)
        if number % 256 == 0:
            progress(0, None, sidecar.name)
