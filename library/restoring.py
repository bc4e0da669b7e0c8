"""A backup becomes a workspace again: its blobs are verified as they are copied, its segments by their signatures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec

from documents.errors import SegmentRefused
from documents.segment import decode, signed_part
from identity.errors import OperationRefused
from identity.operations import decode_operation, operation_message
from library.care import MANIFEST, rebuild_views
from library.errors import Damaged, NotFound
from library.log import HELD, insert_segment, write_meta
from library.rows import put_blob
from library.tasks import Progress, no_progress
from library.workspace import Workspace
from store.blobs import Blobs
from store.database import Connection
from store.files import Files, write_durably

GROUP = 100
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


def copy_blobs(backup: Backup, blobs: Blobs, progress: Progress) -> None:
    """Copy every blob, refusing one whose bytes are not what its name says."""
    for start in range(0, len(backup.blobs), GROUP):
        arrivals = []
        for hash, _, _ in backup.blobs[start : start + GROUP]:
            name = hash.hex()
            try:
                data = (backup.path / "blobs" / name[:2] / name[2:]).read_bytes()
            except OSError as error:
                raise Damaged(f"The backup lacks blob {name}: {error}.", code="backup_damaged", blob=name) from error
            if hashlib.sha256(data).digest() != hash:
                raise Damaged(f"Blob {name} of the backup is damaged.", code="backup_damaged", blob=name)
            arrivals.append(data)
        blobs.put(arrivals)
        progress(start, len(backup.blobs), None)


async def take_in(workspace: Workspace, backup: Backup, verify: Verify) -> None:
    """Store the log and compute the rows, in one transaction; then the workspace is open."""
    files = workspace.surroundings.files
    incarnation = workspace.surroundings.random.randbytes(16)

    def work(connection: Connection) -> None:
        write_meta(connection, "workspace", bytes.fromhex(backup.workspace))
        write_meta(connection, "incarnation", incarnation)
        for raw in backup.operations:
            _store_operation(connection, raw, verify)
        for raw in backup.segments:
            _store_segment(connection, raw, verify)
        for hash, size, media_type in backup.blobs:
            put_blob(connection, hash, size, media_type, here=True)
        rebuild_views(connection, workspace.shelf, no_progress)

    await workspace.database.write(work)
    await workspace.load()
    write_durably(files, workspace.folder / "workspace", backup.workspace.encode() + b"\n")


def _store_operation(connection: Connection, raw: bytes, verify: Verify) -> None:
    try:
        operation = decode_operation(raw)
    except OperationRefused as error:
        raise Damaged(f"The backup holds a damaged membership operation: {error}.", code="backup_damaged") from error
    if not verify(operation.author, operation_message(raw), raw[-64:]):
        raise Damaged("The backup holds a membership operation with a wrong signature.", code="backup_damaged")
    connection.execute("INSERT INTO operation(hash, state, raw) VALUES(?, 1, ?)", (operation.hash, raw))


def _store_segment(connection: Connection, raw: bytes, verify: Verify) -> None:
    try:
        segment = decode(raw)
    except SegmentRefused as error:
        raise Damaged(f"The backup holds a damaged segment: {error}.", code="backup_damaged") from error
    if not verify(segment.device, signed_part(raw), raw[-64:]):
        raise Damaged("The backup holds a segment with a wrong signature.", code="backup_damaged")
    insert_segment(connection, segment, HELD)
