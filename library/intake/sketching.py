"""Makes the sketches that are missing, little by little: of pictures that were restored or came from other devices."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from imaging.inspection import Rejection, SketchJob
from library.errors import LibraryError
from library.intake.matching import Comparer, version_with
from library.intake.sketches import Sketched, put_sketches
from library.rows import IS_HERE
from library.workspace import Workspace
from store.database import Connection
from store.errors import StoreError

GROUP = 32
REST = 1.0  # for as long as a group took: whoever begins to look at a large library is not held up by it
LOOK_SECONDS = 600.0
STILL = "image/jpeg"  # of the others one file may hold several frames, which its small picture does not tell
log = logging.getLogger("gesso.sketching")


class Lacking(NamedTuple):
    """A picture without a sketch, and what one is made from."""

    hash: bytes
    job: SketchJob


class Sketching:
    """The sketches of one workspace."""

    def __init__(self, workspace: Workspace, comparer: Comparer | None) -> None:
        self._workspace = workspace
        self._comparer = comparer
        self._tried: set[bytes] = set()  # without success in this run: what is away, or cannot be looked at

    async def run(self) -> None:
        """Look now and then for pictures that came in otherwise than by an import, until cancelled."""
        while True:
            try:
                await self.fill()
            except (LibraryError, StoreError) as error:
                log.warning("sketches could not be made, this is tried again: %s", error)
            await self._workspace.surroundings.clock.sleep(LOOK_SECONDS)

    async def fill(self) -> int:
        """Make what is missing and can be made; gives how many."""
        if self._comparer is None:
            return 0
        hashes = [each for each in await self._workspace.database.read(_without) if each not in self._tried]
        count, clock = 0, self._workspace.surroundings.clock
        for start in range(0, len(hashes), GROUP):
            some, begun = hashes[start : start + GROUP], clock.elapsed()
            lacking = await self._workspace.database.read(partial(self._lacking, hashes=some))
            answers = await self._comparer.sketch([each.job for each in lacking])
            made = [
                Sketched(each.hash, answer)
                for each, answer in zip(lacking, answers, strict=True)
                if not isinstance(answer, Rejection)
            ]
            if made:
                await self._workspace.database.write(partial(put_sketches, sketches=made))
            count += len(made)
            self._tried.update(some)
            await clock.sleep(REST * (clock.elapsed() - begun))
        return count

    def _lacking(self, connection: Connection, hashes: Sequence[bytes]) -> list[Lacking]:
        """Those of which enough is on this device."""
        found = []
        for hash in hashes:
            small, media_type = _shown_by(connection, hash)
            if small is None or not _is_here(connection, small):
                continue
            original = None if media_type == STILL else self._original(connection, hash)
            if media_type == STILL or original is not None:
                found.append(Lacking(hash, SketchJob(self._workspace.blobs.place(small), original)))
        return found

    def _original(self, connection: Connection, hash: bytes) -> Path | None:
        if _is_here(connection, hash):
            return self._workspace.blobs.place(hash)
        row = connection.execute("SELECT path FROM reference WHERE hash=? AND state='here'", (hash,)).fetchone()
        return Path(os.fsdecode(row[0])) if row else None


def _without(connection: Connection) -> list[bytes]:
    """Those that have none, of pictures whose small one is here."""
    rows = connection.execute(
        "SELECT DISTINCT version.hash FROM version JOIN asset USING (row) JOIN blob ON blob.hash = asset.thumbnail"
        " WHERE blob.here=1 AND version.hash NOT IN (SELECT hash FROM sketch)"
    )
    return [hash for (hash,) in rows]


def _shown_by(connection: Connection, hash: bytes) -> tuple[bytes | None, str]:
    """The small picture of a version, and of what type that is. Of the current one the rows know it: reading a document
    takes a hundred times as long.
    """
    row = connection.execute(
        "SELECT id, sha256, thumbnail, media_type FROM version JOIN asset USING (row) WHERE hash=? ORDER BY id", (hash,)
    ).fetchone()
    if row is None:
        return None, ""
    id, current, thumbnail, media_type = row
    if current == hash:
        return thumbnail, media_type
    version = version_with(connection, id, hash)
    if version is None or version.thumbnail is None:
        return None, ""
    return bytes.fromhex(version.thumbnail), version.media_type


def _is_here(connection: Connection, hash: bytes) -> bool:
    row = connection.execute(IS_HERE, (hash,)).fetchone()
    return row is not None and bool(row[0])
