"""The bytes of arrivals on their way in: durable before any row names them, and gone again when none comes to.

A note of them lies beside the library meanwhile (`arriving.py`), so that a crash leaves none behind.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from library.intake.arrivals import Arrival
from library.intake.arriving import announce, settled
from library.workspace import Workspace
from store.database import Connection
from store.errors import StoreError
from store.files import Files
from store.waiting import to_the_end

log = logging.getLogger("gesso.landing")


@asynccontextmanager
async def landed(workspace: Workspace, arrivals: Sequence[Arrival]) -> AsyncIterator[None]:
    """Originals, thumbnails and facts are blobs within the block, which puts down their rows. Where it fails or is
    cancelled, those without rows are taken back; copies that were not needed are removed in any case.
    """
    small = {blob.sha256: blob.data for each in arrivals for blob in each.small}
    places = {sha256: workspace.blobs.incoming() for sha256 in small}
    brought = {each.inspection.sha256 for each in arrivals if each.copy is not None} | small.keys()
    workspace.claims.take(brought)
    left = {*places.values(), *(each.copy for each in arrivals if each.copy is not None)}
    note: Path | None = None
    ended = False
    try:
        note = announce(workspace, brought)
        left -= await to_the_end(workspace.surroundings.in_thread(_store, workspace, arrivals, small, places))
        yield
        workspace.claims.release(brought)
        ended = True
    except (Exception, asyncio.CancelledError):
        ended = await to_the_end(_take_back(workspace, brought))
        raise
    finally:
        drop(workspace.surroundings.files, left)
        if note is not None and ended:
            settled(workspace, note)


def _store(
    workspace: Workspace, arrivals: Sequence[Arrival], small: dict[bytes, bytes], places: dict[bytes, Path]
) -> set[Path]:
    """All in one group, durable; gives the files that were used up."""
    taken: dict[bytes, Path] = {}
    for each in arrivals:
        if each.copy is not None and each.inspection.sha256 not in taken:
            taken[each.inspection.sha256] = each.copy
    for sha256, data in small.items():
        if sha256 not in taken:
            taken[sha256] = places[sha256]
            workspace.surroundings.files.write(places[sha256], data)
    workspace.blobs.adopt([(place, sha256) for sha256, place in taken.items()])
    return set(taken.values())


async def _take_back(workspace: Workspace, brought: Collection[bytes]) -> bool:
    """Leave nothing of what did not settle. What a failed disk will not give up, the next start takes."""
    workspace.claims.release(brought)
    try:
        await workspace.database.write(lambda connection: _withdraw(connection, workspace, brought))
    except StoreError as error:
        log.warning("blobs of a group that could not be stored remain: %s", error)
        return False
    return True


def _withdraw(connection: Connection, workspace: Workspace, brought: Iterable[bytes]) -> None:
    """Remove the blobs that have no rows. Within a transaction: no other group settles meanwhile."""
    for sha256 in brought:
        row = connection.execute("SELECT here FROM blob WHERE hash=?", (sha256,)).fetchone()
        if sha256 not in workspace.claims and not (row and row[0]):
            workspace.blobs.remove(sha256)


def drop(files: Files, copies: Iterable[Path]) -> None:
    """Remove copies that nobody needs any more. What stays is removed at the next start; the import is what it is."""
    for copy in copies:
        try:
            files.remove(copy)
        except (StoreError, OSError) as error:
            log.warning("a copy could not be removed: %s", error)
