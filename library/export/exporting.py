"""Pictures as ordinary files in a folder, with what is known about each beside it. Originals stay byte-identical."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from library.errors import LibraryError, of_system
from library.export.copying import copy_whole
from library.export.filenames import SUFFIXES, folded, free_name, safe_name
from library.gathering import readable
from library.models import Asset
from library.tasks import Progress
from library.workspace import Workspace
from store.blobs import Blobs
from store.database import Connection
from store.errors import BlobMissing, StoreDamaged


class Chosen(NamedTuple):
    """A picture to write, and where its bytes may be had on this device."""

    asset: Asset
    origins: list[Path]
    own: bool  # whether the library should have a copy of its own


def is_own(connection: Connection, sha256: bytes) -> bool:
    """Whether the library should have a copy of its own."""
    return connection.execute("SELECT 1 FROM blob WHERE hash=? AND here=1", (sha256,)).fetchone() is not None


def origins_of(connection: Connection, blobs: Blobs, sha256: bytes) -> list[Path]:
    """The library's own copy, or where the original is kept in place."""
    kept = connection.execute("SELECT path FROM reference WHERE hash=? AND state='here' ORDER BY path", (sha256,))
    own = [blobs.place(sha256)] if blobs.has(sha256) else []
    return own + [Path(os.fsdecode(path)) for (path,) in kept]


def write_files(workspace: Workspace, path: Path, chosen: Sequence[Chosen], progress: Progress) -> dict[str, Any]:
    """Write each picture under a name that every system takes; never over a file that is there. Blocking."""
    try:
        return _write_files(workspace, path, chosen, progress)
    except OSError as error:
        place, why = readable(path), of_system(error)
        message = f"The pictures could not be written to {place}: {why['reason']}."
        raise LibraryError(message, code="not_written", path=place, **why) from error


def _write_files(workspace: Workspace, path: Path, chosen: Sequence[Chosen], progress: Progress) -> dict[str, Any]:
    files = workspace.surroundings.files
    files.make_folder(path)
    taken = {folded(name) for name in files.names(path)}
    failed: list[dict[str, str]] = []
    damaged: list[str] = []
    written = 0
    for number, (asset, origins, own) in enumerate(chosen):
        name = free_name(safe_name(asset.name), SUFFIXES.get(asset.media_type, ""), taken)
        try:
            copy_whole(files, origins, path / name, asset.sha256)
        except (BlobMissing, StoreDamaged) as error:
            code = "missing" if isinstance(error, BlobMissing) else "changed"
            failed.append({"asset": asset.id, "name": asset.name, "code": code, "reason": str(error)})
            damaged += [asset.id] if own else []
            continue
        files.write(path / f"{name}.json", msgspec.json.format(msgspec.json.encode(asset), indent=2))
        files.sync([path / name, path / f"{name}.json"])
        written += 1
        progress(number + 1, len(chosen), name)
    files.sync_folders([path])
    return {"path": readable(path), "written": written, "failed": failed, "damaged": damaged}
