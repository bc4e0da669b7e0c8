"""Originals kept in place: whether they are here, offline or missing, looked for on the disk and written down."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from library.errors import LibraryError
from library.rows import put_reference
from library.views.images import refresh_states
from library.workspace import Workspace
from store.database import Connection
from store.errors import StoreError
from store.files import Files

GROUP = 500  # files looked for, and written down, at a time: others write in between
log = logging.getLogger("gesso.kept")


class Moved(NamedTuple):
    """A path whose original does not stand as its row says."""

    path: bytes
    before: str
    now: str


async def look_for(workspace: Workspace, meant: Callable[[bytes], bool], state_at: Callable[[Path], str]) -> None:
    """Bring the states of the originals at the paths that are meant up to date."""

    def read(connection: Connection) -> list[tuple[bytes, str]]:
        rows = connection.execute("SELECT path, state FROM reference WHERE state<>'gone' ORDER BY path")
        return [(path, state) for path, state in rows if meant(path)]

    def look(some: Sequence[tuple[bytes, str]]) -> list[Moved]:
        found = [Moved(path, state, state_at(Path(os.fsdecode(path)))) for path, state in some]
        return [each for each in found if each.now != each.before]

    rows = await workspace.database.read(read)
    for start in range(0, len(rows), GROUP):
        moved = await workspace.surroundings.in_thread(look, rows[start : start + GROUP])
        if moved and await workspace.database.write(_writer(moved)):
            workspace.bus.publish("asset.changed", "*", workspace.device.hex())


def _writer(moved: Sequence[Moved]) -> Callable[[Connection], int]:
    def write(connection: Connection) -> int:
        changed = []
        for path, before, now in moved:
            # Whoever imported it meanwhile knows better.
            rows = connection.execute(
                "SELECT hash, size, mtime FROM reference WHERE path=? AND state=?", (path, before)
            ).fetchall()
            for hash, size, mtime in rows:
                put_reference(connection, path, hash, size, mtime, now)
                changed.append(hash)
        return len(refresh_states(connection, changed))

    return write


async def look_for_strays(workspace: Workspace, folders: Sequence[Path]) -> None:
    """Look for the originals outside these folders, which nobody follows."""
    files, followed = workspace.surroundings.files, tuple(map(below, folders))
    try:
        await look_for(workspace, lambda path: not path.startswith(followed), lambda path: _state_at(files, path))
    except (LibraryError, StoreError) as error:
        log.warning("originals outside the watched folders could not be looked for: %s", error)


def below(folder: Path) -> bytes:
    """How the paths of everything in a folder begin."""
    return os.fsencode(folder / "_")[:-1]


def stands(files: Files, path: Path) -> bool:
    """Whether something lies at a path that can be looked at."""
    try:
        return files.facts(path) is not None
    except OSError:
        return False


def _state_at(files: Files, path: Path) -> str:
    """An empty folder, like one that is not there, is a drive's mount point without its drive."""
    if stands(files, path):
        return "here"
    try:
        return "offline" if next(files.entries(path.parent), None) is None else "missing"
    except OSError:
        return "offline"
