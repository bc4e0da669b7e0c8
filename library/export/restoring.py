"""A backup becomes a workspace, or puts back what one lacks. The folder may be a stranger's: nothing in it is believed.

Its log is held by signatures and chains, its blobs by their hashes; sizes are bounded, links and devices are no files.
A full export (`reimporting.py`) is taken in the same way.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from documents.errors import SegmentRefused
from documents.segment import Segment, decode, signed_part
from identity.errors import OperationRefused
from identity.operations import Operation, decode_operation, operation_message
from library.errors import NotFound
from library.export.backing import MANIFEST, Manifest
from library.export.exported import EXPORT
from library.export.fetching import GROUP, MIB, Backup, BlobLine, ByHash, damaged, mend_blobs
from library.gathering import is_unchanged, readable
from library.models import Problem
from library.replica.preparing import Prepared, changes_of
from library.replica.receiving import receive_log, settle
from library.replica.recovery import RECOVERY, decode_recovery, keep_recovery
from library.rows import BlobRow, put_blobs
from library.tasks import Progress, no_progress
from library.views.images import refresh_states
from library.workspace import Workspace
from store.database import Connection
from store.files import Files, foreign_file, foreign_pieces
from store.waiting import to_the_end

ROUND = 200  # segments settled together
# They are read whole. A picture takes about 1 kB of the log and 150 bytes of the index.
MANIFESTS = (MANIFEST, EXPORT)
MOST_BYTES = {MANIFEST: MIB, EXPORT: MIB, "operations": 16 * MIB, "segments": 768 * MIB, "blobs": 256 * MIB}
MOST_KEY = 256  # bytes of the recovery key's file
HERE = "SELECT hash FROM blob WHERE here=1"
MOST_TYPE = 255  # characters of a media type
Verify = Callable[[bytes, bytes, bytes], bool]
T = TypeVar("T")


def read_backup(path: Path, verify: Verify) -> Backup:
    """Read and check a backup's log and index; NotFound when the folder holds none, Damaged for anything wrong."""
    if not foreign_file(path / MANIFEST):
        place = readable(path)
        raise NotFound(f"There is no backup in {place}: it has no {MANIFEST}.", code="no_backup", path=place)
    manifest = decoded(path, MANIFEST, MANIFEST, Manifest)
    check_named(manifest.format, manifest.workspace, manifest.run)
    run = manifest.run
    blobs = {line.hash: _checked(line) for line in decoded(path, "blobs", f"blobs-{run}", list[BlobLine])}
    log = read_log(path, f"segments-{run}", f"operations-{run}", bytes.fromhex(manifest.workspace), verify)
    return Backup(path, bytes.fromhex(manifest.workspace), manifest.digest, *log, list(blobs.values()), ByHash(path))


def check_named(format: int, workspace: str, run: str) -> None:
    """Damaged for a manifest of a later format, and for names that could be anything."""
    if format != 1:
        raise damaged(f"its format {format} is not known here")
    if not re.fullmatch("[0-9a-f]{64}", workspace) or not re.fullmatch("[0-9a-f]{16}", run):
        raise damaged("it does not name its workspace or its parts")


def read_log(
    path: Path, segments: str, operations: str, workspace: bytes, verify: Verify
) -> tuple[list[Segment], list[Operation]]:
    """Read two files with the signed log of a workspace, each piece once and authentic."""
    known = {each.hash: each for each in _operations(path, operations, verify)}
    if workspace not in known or known[workspace].kind != "create":
        raise damaged("the operation that its workspace began with is missing")
    held = {each.hash: each for each in _segments(path, segments, workspace, verify)}
    return list(held.values()), list(known.values())


def decoded(path: Path, part: str, name: str, type: type[T]) -> T:
    try:
        data = b"".join(foreign_pieces(path / name, MOST_BYTES[part]))
        if part in MANIFESTS:
            return msgspec.json.decode(data, type=type)
        return msgspec.msgpack.decode(data, type=type)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise damaged(f"{part}: {error}") from error


def _operations(path: Path, name: str, verify: Verify) -> Iterator[Operation]:
    for raw in decoded(path, "operations", name, list[bytes]):
        try:
            operation = decode_operation(raw)
        except OperationRefused as error:
            raise damaged(f"a membership operation: {error}") from error
        if not verify(operation.author, operation_message(raw), raw[-64:]):
            raise damaged("a membership operation has a wrong signature")
        yield operation


def _segments(path: Path, name: str, workspace: bytes, verify: Verify) -> Iterator[Segment]:
    for raw in decoded(path, "segments", name, list[bytes]):
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


async def take_in(workspace: Workspace, backup: Backup, verify: Verify) -> None:
    """Receive the log as from any other device, in one transaction; the workspace is not marked as begun."""
    await workspace.prepare(backup.workspace)

    def work(connection: Connection) -> None:
        put_blobs(connection, _rows(backup.blobs))
        settle(connection, workspace, {}, [each.raw for each in backup.operations], verify, claims=False)
        for start in range(0, len(backup.segments), ROUND):
            some = backup.segments[start : start + ROUND]
            prepared = {each.hash: Prepared(each, changes_of(each)) for each in some}
            settle(connection, workspace, prepared, [], verify, claims=False)

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


async def put_back(
    workspace: Workspace, backup: Backup, verify: Verify, progress: Progress = no_progress
) -> tuple[int, list[Problem]]:
    """Put back what a workspace lacks of its own backup: blobs missing or damaged, segments and operations missing.

    Gives how much that was, and what the backup could not give. An original that is kept in place and is there still
    is not lacking.
    """
    mended, problems = await _put_blobs_back(workspace, backup, progress)
    raws = [segment.raw for segment in backup.segments]
    operations = [each.raw for each in backup.operations]
    received = await receive_log(workspace, raws, verify, operations, claims=False, wanted=True)
    if mended or received.held:
        workspace.bus.publish("reset", "*", workspace.device.hex())
    return mended + received.held, problems


async def _put_blobs_back(workspace: Workspace, backup: Backup, progress: Progress) -> tuple[int, list[Problem]]:
    """In groups, each with its rows: what came in before the end is there, wherever this is cut off."""
    in_thread, files = workspace.surroundings.in_thread, workspace.surroundings.files
    rows = await workspace.database.read(lambda connection: connection.execute(HERE).fetchall())
    kept = await workspace.database.read(lambda connection: _kept_in_place(connection, files))
    here, count = {hash for (hash,) in rows}, 0
    problems: list[Problem] = []
    wanted = [line for line in backup.blobs if line.hash not in kept]
    for start in range(0, len(wanted), GROUP):
        progress(start, len(wanted), None)
        group = wanted[start : start + GROUP]
        with workspace.claims.held([line.hash for line in group]):
            mended, lacking = await to_the_end(in_thread(mend_blobs, backup, group, here, workspace.blobs))
            problems += lacking
            if mended:
                await workspace.database.write(partial(_note_here, mended))
                count += len(mended)
    progress(len(wanted), len(wanted), None)
    return count, [*problems, *await in_thread(backup.places.remarks)]


def _note_here(blobs: Sequence[BlobLine], connection: Connection) -> None:
    put_blobs(connection, _rows(blobs))
    refresh_states(connection, [line.hash for line in blobs])


def _rows(blobs: Sequence[BlobLine]) -> list[BlobRow]:
    return [BlobRow(line.hash, line.size, line.media_type, True) for line in blobs]


def _kept_in_place(connection: Connection, files: Files) -> set[bytes]:
    """Blobs that never were in the library, because their files lie unchanged where they were imported."""
    rows = connection.execute(
        "SELECT hash, path, size, mtime FROM reference WHERE state='here' "
        "AND hash NOT IN (SELECT hash FROM blob WHERE here=1)"
    )
    return {hash for hash, path, size, mtime in rows if is_unchanged(files, Path(os.fsdecode(path)), size, mtime)}
