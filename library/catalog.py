"""One workspace as the rest of the program holds it: its nouns, each with what one can do to it."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from documents.kinds import Kind, derived_id
from library.care.care import Care, Verify
from library.care.mending import Mending
from library.copies.copies import Copies
from library.copies.evicting import Evicting
from library.copies.holders import names_of
from library.copies.keeping import Keeping
from library.copies.where import Where
from library.editing.albums import Albums
from library.editing.alike import Resembling
from library.editing.assets import Assets, look, read_values
from library.editing.conflicts import Conflicts
from library.editing.history import History
from library.editing.joining import exchanged, unjoined
from library.editing.live.texts import Texts
from library.editing.presets import Presets
from library.editing.projects import Projects
from library.editing.prompts import Prompts
from library.editing.searches import Searches
from library.errors import NotFound
from library.export.delivering import Converter
from library.export.everything import Everything
from library.export.parcels import Parcels
from library.gathering import is_folder, is_unchanged, readable
from library.intake.ingest import Ingest
from library.intake.matching import Comparer
from library.intake.run import Inspect
from library.intake.sketching import Sketching
from library.intake.watch import Watch
from library.jobs.calls import Calls
from library.jobs.carrying import Carrying
from library.jobs.drafts import Drafts
from library.jobs.queue import Queue
from library.jobs.storing import Storing
from library.models import LibraryCounts, WorkspaceInfo
from library.people.invitations import Invitations
from library.people.kits import Kits
from library.people.people import People
from library.people.quarantine import Quarantine
from library.people.removals import Removals
from library.planning.plans import Plans
from library.replica.stops import Stops
from library.views.moments import Moments
from library.views.projection import agreed
from library.views.search import Search
from library.views.totals import Totals
from library.workspace import Workspace
from store.database import Connection
from store.files import Files


class BlobPlace(NamedTuple):
    """Where a blob's bytes lie, what they are, and how many."""

    path: Path
    media_type: str
    size: int


class Library:
    """The façade of one workspace."""

    def __init__(
        self,
        workspace: Workspace,
        inspect: Inspect,
        verify: Verify,
        device_name: Callable[[bytes], str],
        comparer: Comparer | None = None,
        converter: Converter | None = None,
    ) -> None:
        self.workspace = workspace
        self.people = People(workspace, device_name)
        self.quarantine = Quarantine(workspace, self.people)
        self.removals = Removals(workspace, self.people.roll)
        self.kits = Kits(workspace, self.people)
        self.invitations = Invitations(workspace, self.people, self.name)
        device_name = self.device_name = self.people.device_name
        self.checkpoints = Moments(workspace, device_name)
        self.search = Search(
            workspace.database.read,
            self.checkpoints.read,
            lambda: workspace.database.commits,
            partial(look, workspace),
        )
        undos = {"asset.rejoin": unjoined(workspace), "asset.same": exchanged, "asset.apart": exchanged}
        self.history = History(workspace, device_name, undos)
        self.assets = Assets(workspace, self.checkpoints.read, self.history.entries, device_name)
        self.alike = Resembling(workspace)
        self.conflicts = Conflicts(workspace, device_name)
        self.projects = Projects(workspace, self.checkpoints.read, self.history.of)
        totals = Totals(workspace.database.read, self.checkpoints.read, lambda: workspace.database.commits)
        self.searches = Searches(workspace, self.search, totals, self.history.of)
        self.albums = Albums(workspace, self.search, self.history.of)
        self.prompts = Prompts(workspace, self.search, self.history.of)
        self.texts = Texts(workspace)
        self.ingest = Ingest(workspace, inspect, comparer)
        self.watch = Watch(workspace, self.ingest)
        self.sketching = Sketching(workspace, comparer)
        self.drafts = Drafts(workspace)
        self.queue = Queue(workspace)
        self.calls = Calls(workspace)
        self.carrying = Carrying(workspace)
        self.storing = Storing(workspace, inspect, self.carrying)
        self.presets = Presets(workspace)
        self.copies = Copies(workspace)
        self.keeping = Keeping(workspace)
        self.where = Where(workspace, self.copies, device_name)
        self.evicting = Evicting(workspace, self.copies.promises)
        self.care = Care(workspace, verify, converter, device_name)
        self.mending = Mending(workspace, self.copies, device_name)
        self.stops = Stops(workspace, verify, device_name)
        self.plans = Plans(workspace, self.copies, verify, device_name)
        self.parcels = Parcels(workspace, self.care)
        self.everything = Everything(workspace, verify, self.history.entries, self.history.all_entries, device_name)

    @property
    def id(self) -> str:
        return self.workspace.id.hex()

    def name(self) -> str:
        settings = derived_id(Kind.SETTINGS, self.workspace.id)
        values = self.workspace.database.read_now(lambda connection: read_values(connection, settings))
        name = agreed(values.get("name", {}))
        return name if isinstance(name, str) else ""

    def info(self, default: bool = True) -> WorkspaceInfo:
        return WorkspaceInfo(
            id=self.id,
            name=self.name(),
            device=self.workspace.device.hex(),
            role=self.workspace.role or "none",
            default=default,
            folder=readable(self.workspace.folder),
        )

    def missing(self) -> int:
        """How many pictures outside the bin have lost their originals: no drive is away, they are not there."""
        return self.workspace.database.read_now(missing_in)

    async def counts(self) -> LibraryCounts:
        def work(connection: Connection) -> LibraryCounts:
            blobs, size = connection.execute(
                "SELECT count(*), coalesce(sum(size), 0) FROM blob WHERE here=1"
            ).fetchone()
            # Every combination knows how many assets have it: the page waits for this, and for no walk over all.
            assets, offline = connection.execute(
                "SELECT coalesce(sum(shown), 0), coalesce(sum(shown) FILTER (WHERE state='offline'), 0) FROM combo"
            ).fetchone()
            (binned,) = connection.execute("SELECT count(*) FROM asset WHERE (binned_at IS NULL) = 0").fetchone()
            return LibraryCounts(assets=assets, blobs=blobs, bytes=size, offline=offline, binned=binned)

        return await self.workspace.database.read(work)

    def blob(self, sha256: str) -> BlobPlace:
        """Where the bytes of a blob lie on this device; NotFound with code `offline` when its drive is away, with
        `elsewhere` when other devices have it, with `original_gone` when other bytes lie where it lay.
        """
        try:
            hash = bytes.fromhex(sha256)
        except ValueError as error:
            raise NotFound(f"{sha256[:64]!r} is not a blob's hash.", code="no_blob") from error
        row, kept = self.workspace.database.read_now(lambda connection: _blob_rows(connection, hash))
        if row is not None and row[2]:
            return BlobPlace(self.workspace.blobs.place(hash), row[1], row[0])
        files = self.workspace.surroundings.files
        for path, size, mtime, state in kept:
            place = Path(os.fsdecode(path))
            # One that was away when it was last looked for is given out as soon as it is there again.
            if state != "gone" and is_unchanged(files, place, size, mtime):
                return BlobPlace(place, row[1] if row else "application/octet-stream", size)
        if any(state == "offline" or (state == "here" and not _reached(files, path)) for path, _, _, state in kept):
            raise NotFound("The drive that holds this picture is not connected.", code="offline", hash=sha256)
        names = self.workspace.database.read_now(lambda connection: names_of(connection, hash, self.device_name))
        if names:
            raise NotFound(f"This picture's bytes are on {names}.", code="elsewhere", hash=sha256, devices=names)
        if kept:
            message = "The original was changed, moved or removed where it lay. Its small picture is kept."
            raise NotFound(message, code="original_gone", hash=sha256)
        raise NotFound(f"There is no blob {sha256[:12]} on this device.", code="no_blob", hash=sha256)


def missing_in(connection: Connection) -> int:
    """How many pictures outside the bin have an original that is missing."""
    (count,) = connection.execute("SELECT coalesce(sum(shown), 0) FROM combo WHERE state='missing'").fetchone()
    return int(count)


def _reached(files: Files, path: bytes) -> bool:
    """Whether the folder of a file kept in place is there."""
    return is_folder(files, Path(os.fsdecode(path)).parent)


Kept = tuple[bytes, int, int, str]  # path, size, time, state


def _blob_rows(connection: Connection, hash: bytes) -> tuple[tuple[int, str, int] | None, list[Kept]]:
    row = connection.execute("SELECT size, media_type, here FROM blob WHERE hash=?", (hash,)).fetchone()
    kept = connection.execute(
        "SELECT path, size, mtime, state FROM reference WHERE hash=? ORDER BY path", (hash,)
    ).fetchall()
    return row, kept
