"""Notes of the blobs that an import is about to give their names, so that a crash leaves none behind.

Only what a note names is ever removed, and only where the rows do not have it: a blob that nobody refers to may also be
all that is left of a log that was lost. A note need not be durable: without it the blob stays, and `verify` names it.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from library.replica.log import Position
from library.rows import miscounted
from library.workspace import Workspace
from store.database import Connection
from store.errors import StoreError

ARRIVING = "arriving"
log = logging.getLogger("gesso.arriving")


class Note(msgspec.Struct, frozen=True):
    """What may come, and how far the own log had come: an older copy of the database says nothing of it."""

    incarnation: bytes
    seq: int
    hashes: list[bytes]


def announce(workspace: Workspace, hashes: Iterable[bytes]) -> Path:
    """Write a note before the first of these blobs gets its name; give it to `settled`."""
    files, here = workspace.surroundings.files, workspace.log.durable
    folder = workspace.folder / ARRIVING
    files.make_folder(folder)
    place = folder / workspace.surroundings.random.randbytes(12).hex()
    files.write(place, msgspec.msgpack.encode(Note(here.incarnation, here.seq, sorted(hashes))))
    return place


def settled(workspace: Workspace, note: Path) -> None:
    """The rows have the blobs, or the blobs are gone again."""
    try:
        workspace.surroundings.files.remove(note)
    except (StoreError, OSError) as error:
        log.warning("a note could not be removed, the next start does it: %s", error)


async def sweep(workspace: Workspace) -> int:
    """At the start, before anybody imports: remove what a crash kept from settling; how many blobs that were."""
    files, folder = workspace.surroundings.files, workspace.folder / ARRIVING
    notes = [folder / name for name in files.names(folder)]
    if not notes or workspace.condition.suspect is not None:
        return 0
    try:
        count = await workspace.database.read(lambda connection: _sweep(connection, workspace, notes))
    except (StoreError, OSError) as error:
        log.warning("what an import left behind could not be removed, the next start tries again: %s", error)
        return 0
    if count:
        log.info("%d blobs of an import that was cut off were removed", count)
    return count


def _sweep(connection: Connection, workspace: Workspace, notes: Iterable[Path]) -> int:
    count = 0
    if miscounted(connection):
        return count  # rows are missing: who knows what they said
    for note in notes:
        for hash in _left(connection, _read(workspace, note), workspace.log.position):
            count += workspace.blobs.has(hash)
            workspace.blobs.remove(hash)
        settled(workspace, note)
    return count


def _read(workspace: Workspace, note: Path) -> Note | None:
    """None for one that was cut off itself."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.msgpack.decode(workspace.surroundings.files.read(note), type=Note)
    return None


def _left(connection: Connection, note: Note | None, here: Position) -> Iterator[bytes]:
    """What a note names and the rows do not have as being here."""
    if note is None or note.incarnation != here.incarnation or note.seq > here.seq:
        return
    for hash in note.hashes:
        row = connection.execute("SELECT here FROM blob WHERE hash=?", (hash,)).fetchone()
        if len(hash) == 32 and not (row and row[0]):
            yield hash
