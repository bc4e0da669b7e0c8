"""A backup becomes a workspace again: its blobs are verified as they are copied, its segments by their signatures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from library.care import MANIFEST
from library.errors import Damaged, NotFound
from library.receiving import receive
from library.rows import put_blob
from library.tasks import Progress
from library.workspace import Workspace
from store.blobs import Blobs
from store.database import Connection
from store.files import Files, write_durably

GROUP = 100
ROUND = 200  # segments received together
Verify = Callable[[bytes, bytes, bytes], bool]


class Backup(msgspec.Struct):
    """What a backup's folder holds."""

    path: Path
    workspace: str
    digest: str
    segments: list[bytes]
    operations: list[bytes]
    blobs: list[tuple[bytes, int, str]]


def read_backup(path: Path, files: Files) -> Backup:
    """Read a backup's log and index; NotFound when the folder holds none."""
    if files.facts(path / MANIFEST) is None:
        raise NotFound(f"There is no backup in {path}: it has no {MANIFEST}.", code="no_backup", path=str(path))
    try:
        told = msgspec.json.decode(files.read(path / MANIFEST), type=dict[str, str | int])
        return Backup(
            path,
            str(told["workspace"]),
            str(told["digest"]),
            msgspec.msgpack.decode(files.read(path / "segments"), type=list[bytes]),
            msgspec.msgpack.decode(files.read(path / "operations"), type=list[bytes]),
            msgspec.msgpack.decode(files.read(path / "blobs.index"), type=list[tuple[bytes, int, str]]),
        )
    except (msgspec.DecodeError, KeyError, FileNotFoundError) as error:
        raise Damaged(f"The backup in {path} is damaged: {error}.", code="backup_damaged", path=str(path)) from error


def copy_blobs(backup: Backup, blobs: Blobs, files: Files, progress: Progress) -> None:
    """Copy every blob, refusing one whose bytes are not what its name says."""
    for start in range(0, len(backup.blobs), GROUP):
        arrivals = []
        for hash, _, _ in backup.blobs[start : start + GROUP]:
            name = hash.hex()
            try:
                data = files.read(backup.path / "blobs" / name[:2] / name[2:])
            except OSError as error:
                raise Damaged(f"The backup lacks blob {name}: {error}.", code="backup_damaged", blob=name) from error
            if hashlib.sha256(data).digest() != hash:
                raise Damaged(f"Blob {name} of the backup is damaged.", code="backup_damaged", blob=name)
            arrivals.append(data)
        blobs.put(arrivals)
        progress(start, len(backup.blobs), None)


async def take_in(workspace: Workspace, backup: Backup, verify: Verify) -> None:
    """Receive the log as from any other device; only then does the folder count as a workspace."""
    files = workspace.surroundings.files
    await workspace.prepare(bytes.fromhex(backup.workspace))

    def rows(connection: Connection) -> None:
        for hash, size, media_type in backup.blobs:
            put_blob(connection, hash, size, media_type, here=True)

    await workspace.database.write(rows)
    operations: Sequence[bytes] = backup.operations
    for start in range(0, max(1, len(backup.segments)), ROUND):
        received = await receive(workspace, backup.segments[start : start + ROUND], verify, operations)
        operations = ()
        if received.refused:
            _, reason = received.refused[0]
            raise Damaged(f"The backup holds a damaged segment: {reason}.", code="backup_damaged")
    write_durably(files, workspace.folder / "workspace", backup.workspace.encode() + b"\n")
