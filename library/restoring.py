"""A backup becomes a workspace, or puts back what one lacks. The folder may be a stranger's: nothing in it is believed.

Its log is held by signatures and chains, its blobs by their hashes; sizes are bounded, links and devices are no files.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from documents.errors import SegmentRefused
from documents.segment import Segment, decode, signed_part
from identity.errors import OperationRefused
from identity.operations import Operation, decode_operation, operation_message
from library.backing import MANIFEST, Manifest
from library.errors import Damaged, DiskFull, NotFound
from library.images import refresh_states
from library.preparing import Prepared, changes_of
from library.receiving import receive_log, settle
from library.recovery import RECOVERY, decode_recovery, keep_recovery
from library.rows import put_blob
from library.tasks import Progress, no_progress
from library.workspace import MARK, Workspace
from store.blobs import Blobs
from store.database import Connection
from store.files import foreign_file, foreign_pieces, leads_out, write_durably

GROUP = 100
ROUND = 200  # segments settled together
MIB = 1024 * 1024
# They are read whole. A picture takes about 1 kB of the log and 150 bytes of the index.
MOST_BYTES = {MANIFEST: MIB, "operations": 16 * MIB, "segments": 768 * MIB, "blobs": 256 * MIB}
MOST_KEY = 256  # bytes of the recovery key's file
MOST_TYPE = 255  # characters of a media type
ROOM = 64 * MIB  # what must stay free beside the blobs
Verify = Callable[[bytes, bytes, bytes], bool]
T = TypeVar("T")


class BlobLine(msgspec.Struct, frozen=True, array_like=True):
    """One blob of a backup's index."""

    hash: bytes
    size: int
    media_type: str


class Backup(msgspec.Struct):
    """What a backup's folder holds, each piece of it authentic; the blobs are only promised."""

    path: Path
    workspace: bytes
    digest: str
    segments: list[Segment]
    operations: list[Operation]
    blobs: list[BlobLine]


def damaged(detail: str) -> Damaged:
    return Damaged(f"The backup is damaged: {detail}. Nothing was changed.", code="backup_damaged", detail=detail)


def read_backup(path: Path, verify: Verify) -> Backup:
    """Read and check a backup's log and index; NotFound when the folder holds none, Damaged for anything wrong."""
    if not foreign_file(path / MANIFEST):
        raise NotFound(f"There is no backup in {path}: it has no {MANIFEST}.", code="no_backup", path=str(path))
    manifest = _decoded(path, MANIFEST, MANIFEST, Manifest)
    if manifest.format != 1:
        raise damaged(f"its format {manifest.format} is not known here")
    if not re.fullmatch("[0-9a-f]{64}", manifest.workspace) or not re.fullmatch("[0-9a-f]{16}", manifest.run):
        raise damaged("it does not name its workspace or its parts")
    workspace, run = manifest.workspace, manifest.run
    id = bytes.fromhex(workspace)
    operations = {each.hash: each for each in _operations(path, run, verify)}
    if id not in operations or operations[id].kind != "create":
        raise damaged("the operation that its workspace began with is missing")
    segments = {each.hash: each for each in _segments(path, run, id, verify)}
    blobs = {line.hash: _checked(line) for line in _decoded(path, "blobs", f"blobs-{run}", list[BlobLine])}
    return Backup(path, id, manifest.digest, list(segments.values()), list(operations.values()), list(blobs.values()))


def _decoded(path: Path, part: str, name: str, type: type[T]) -> T:
    try:
        data = b"".join(foreign_pieces(path / name, MOST_BYTES[part]))
        if part == MANIFEST:
            return msgspec.json.decode(data, type=type)
        return msgspec.msgpack.decode(data, type=type)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise damaged(f"{part}: {error}") from error


def _operations(path: Path, run: str, verify: Verify) -> Iterator[Operation]:
    for raw in _decoded(path, "operations", f"operations-{run}", list[bytes]):
        try:
            operation = decode_operation(raw)
        except OperationRefused as error:
            raise damaged(f"a membership operation: {error}") from error
        if not verify(operation.author, operation_message(raw), raw[-64:]):
            raise damaged("a membership operation has a wrong signature")
        yield operation


def _segments(path: Path, run: str, workspace: bytes, verify: Verify) -> Iterator[Segment]:
    for raw in _decoded(path, "segments", f"segments-{run}", list[bytes]):
        try:
            segment = decode(raw)
        except SegmentRefused as error:
            raise damaged(f"a segment: {error}") from error
        if segment.workspace != workspace:
            raise damaged("a segment belongs to another workspace")
        if not verify(segment.device, signed_part(raw), raw[-64:]):
            raise damaged("a segment has a wrong signature")
        yield segment


def _checked(line: BlobLine) -> BlobLine:
    if len(line.hash) != 32 or line.size < 0 or len(line.media_type) > MOST_TYPE:
        raise damaged("its index of blobs makes no sense")
    return line


def copy_blobs(backup: Backup, blobs: Blobs, free: int, progress: Progress) -> None:
    """Copy every blob that is not here, refusing one whose bytes are not what its name says."""
    wanted = [line for line in backup.blobs if not blobs.has(line.hash)]
    if sum(line.size for line in wanted) + ROOM > free:
        raise DiskFull("The disk has no room for what the backup holds. Nothing was changed.")
    for start in range(0, len(wanted), GROUP):
        blobs.adopt([(_copy_blob(backup, line, blobs), line.hash) for line in wanted[start : start + GROUP]])
        progress(start, len(wanted), None)


def _copy_blob(backup: Backup, line: BlobLine, blobs: Blobs) -> Path:
    """Copy one blob to a temporary place, checking it on the way; returns the place."""
    try:
        return blobs.bring_in(_checked_pieces(backup, line))
    except OSError as error:
        raise damaged(f"blob {line.hash.hex()}: {error}") from error


def _checked_pieces(backup: Backup, line: BlobLine) -> Iterator[bytes]:
    name, digest, size = line.hash.hex(), hashlib.sha256(), 0
    source = backup.path / "blobs" / name[:2] / name[2:]
    if leads_out(source.parent, backup.path):
        raise OSError("its folder leads out of the backup")
    for piece in foreign_pieces(source, line.size):
        digest.update(piece)
        size += len(piece)
        yield piece
    if size != line.size or digest.digest() != line.hash:
        raise OSError("its bytes are not what its name says")


async def take_in(workspace: Workspace, backup: Backup, verify: Verify) -> None:
    """Receive the log as from any other device, in one transaction; the workspace is not marked as begun."""
    await workspace.prepare(backup.workspace)

    def work(connection: Connection) -> None:
        for line in backup.blobs:
            put_blob(connection, line.hash, line.size, line.media_type, here=True)
        settle(connection, workspace, {}, [each.raw for each in backup.operations], verify)
        for start in range(0, len(backup.segments), ROUND):
            some = backup.segments[start : start + ROUND]
            settle(connection, workspace, {each.hash: Prepared(each, changes_of(each)) for each in some}, [], verify)

    await workspace.write(work)


def take_recovery(workspace: Workspace, backup: Backup) -> None:
    """Keep the backup's recovery key, by which this device comes in with its first edit."""
    if not foreign_file(backup.path / RECOVERY):
        return
    try:
        key = decode_recovery(b"".join(foreign_pieces(backup.path / RECOVERY, MOST_KEY)))
    except (OSError, ValueError) as error:
        raise damaged(f"{RECOVERY}: {error}") from error
    keep_recovery(workspace.folder, workspace.surroundings.files, key)
    workspace.recovery = key


def mark(workspace: Workspace) -> None:
    """Say that the workspace was made to its end: from now on it is opened at every start."""
    write_durably(workspace.surroundings.files, workspace.folder / MARK, workspace.id.hex().encode() + b"\n")


async def put_back(workspace: Workspace, backup: Backup, verify: Verify, progress: Progress = no_progress) -> int:
    """Put back what a workspace lacks of its own backup: blobs missing or damaged, segments and operations missing."""
    mended = await workspace.surroundings.in_thread(_mend_blobs, backup, workspace.blobs, progress)

    def rows(connection: Connection) -> None:
        for line in mended:
            put_blob(connection, line.hash, line.size, line.media_type, here=True)
        refresh_states(connection, [line.hash for line in mended])

    if mended:
        await workspace.database.write(rows)
    raws = [segment.raw for segment in backup.segments]
    received = await receive_log(workspace, raws, verify, [each.raw for each in backup.operations])
    if mended or received.held:
        workspace.bus.publish("reset", "*", workspace.device.hex())
    return len(mended) + received.held


def _mend_blobs(backup: Backup, blobs: Blobs, progress: Progress) -> list[BlobLine]:
    mended = []
    for number, line in enumerate(backup.blobs):
        if blobs.size(line.hash) != line.size or not blobs.check(line.hash):
            blobs.replace(_copy_blob(backup, line, blobs), line.hash)
            mended.append(line)
        progress(number, len(backup.blobs), None)
    return mended
