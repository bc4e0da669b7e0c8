"""`backup`: a workspace's log, operations and blobs in a folder, from which `restoring.py` makes it again.

The folder may lie on a drive that can neither sync folders nor rename over a file, or that fills up: what was a whole
backup before stays one until the next is whole, and half a one is never taken for a whole.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from documents.errors import SegmentRefused
from library.errors import Invalid, LibraryError, LogDamaged, of_system
from library.export.copying import copy_whole
from library.gathering import readable
from library.replica.members import Verify, read_operation
from library.replica.preparing import read_segment
from library.replica.recovery import RECOVERY, encode_recovery
from library.rows import miscounted
from library.tasks import Progress
from library.workspace import Workspace, translated
from store.database import Connection
from store.errors import BlobMissing, StoreDamaged, StoreError
from store.files import Files

BlobLine = tuple[bytes, int, str]  # hash, size, media type
MANIFEST = "gesso-backup.json"
# Each run writes these under names of its own; the manifest says which belong together.
PARTS = ("segments", "operations", "blobs")
PART = re.compile(rf"({'|'.join(PARTS)})-([0-9a-f]{{16}})(\.new)?")


class Manifest(msgspec.Struct, frozen=True):
    """What makes a folder a backup; it is written last. `run` ends the names of the parts."""

    format: int
    workspace: str
    digest: str
    run: str


class Contents(NamedTuple):
    """The rows that a backup holds."""

    segments: list[bytes]
    operations: list[bytes]
    blobs: list[BlobLine]


def contents_of(connection: Connection) -> Contents:
    """LogDamaged where rows are missing; the log itself is for `check_log`, which takes long, to look through."""
    if miscounted(connection):
        raise LogDamaged
    return Contents(
        [raw for (raw,) in connection.execute("SELECT raw FROM segment ORDER BY id")],
        [raw for (raw,) in connection.execute("SELECT raw FROM operation ORDER BY hash")],
        connection.execute("SELECT hash, size, media_type FROM blob WHERE here=1 ORDER BY hash").fetchall(),
    )


def check_log(contents: Contents, workspace: bytes, verify: Verify) -> None:
    """LogDamaged for one that no restore would take in: it must not take the place of one that is whole."""
    try:
        for raw in contents.segments:
            read_segment(raw, workspace, verify)
    except SegmentRefused as error:
        raise LogDamaged from error
    if any(read_operation(raw, verify) is None for raw in contents.operations):
        raise LogDamaged


def kept_in_place(connection: Connection) -> dict[BlobLine, list[Path]]:
    """Originals that lie outside the library, and where."""
    found: dict[BlobLine, list[Path]] = {}
    for path, hash, size, media_type in connection.execute(
        "SELECT r.path, b.hash, b.size, b.media_type FROM reference AS r JOIN blob AS b ON b.hash = r.hash"
        " WHERE b.here = 0 AND r.state <> 'gone' ORDER BY b.hash, r.path"
    ):
        found.setdefault((hash, size, media_type), []).append(Path(os.fsdecode(path)))
    return found


def check_target(files: Files, path: Path, workspace: str) -> None:
    """Invalid for a folder that holds something else."""
    try:
        names = files.names(path)
        manifest = files.read(path / MANIFEST) if MANIFEST in names else None
    except OSError as error:
        raise _not_written(error, path) from error
    if manifest is not None:
        try:
            told = msgspec.json.decode(manifest, type=Manifest)
        except msgspec.DecodeError:
            return  # a ruined manifest is replaced; the blobs beside it are compared by name and size
        if told.workspace != workspace:
            message = "That folder holds the backup of another workspace."
            raise Invalid(message, [("/path", "is another backup")], code="folder_of_another")
    elif any(not _ours(name) for name in names):
        message = "That folder is not empty and holds no backup."
        raise Invalid(message, [("/path", "is not empty")], code="folder_not_empty")


def _not_written(error: OSError, path: Path) -> LibraryError:
    why = of_system(error)
    message = f"The backup could not be written: {why['reason']}. What was there before is still good."
    return LibraryError(message, code="backup_failed", path=readable(path), **why)


def _ours(name: str) -> bool:
    """Whether a run that was cut off may have left this."""
    return name == "blobs" or name.startswith((MANIFEST, RECOVERY)) or PART.fullmatch(name) is not None


def write_backup(
    workspace: Workspace,
    path: Path,
    contents: Contents,
    in_place: Mapping[BlobLine, Sequence[Path]],
    digest: str,
    verify: Verify,
    progress: Progress,
) -> dict[str, Any]:
    """Blobs first, the log next, the manifest last. Blocking. Left out and told: blobs that are damaged here, and
    originals kept in place whose drive is away or whose file is another now.
    """
    check_log(contents, workspace.id, verify)
    files, run = workspace.surroundings.files, workspace.surroundings.random.randbytes(8).hex()
    try:
        files.make_folder(path)
        former = [name for name in files.names(path) if PART.fullmatch(name)]
        kept, damaged, absent = _write_blobs(workspace, path, contents.blobs, in_place, progress)
        for name, content in zip(PARTS, (contents.segments, contents.operations, kept), strict=True):
            put_file(files, path / f"{name}-{run}", msgspec.msgpack.encode(content))
        if workspace.recovery is not None:
            put_file(files, path / RECOVERY, encode_recovery(workspace.recovery))
        files.sync_folders([path])
        manifest = Manifest(1, workspace.id.hex(), digest, run)
        put_file(files, path / MANIFEST, msgspec.json.encode(manifest))
        files.sync_folders([path])
        for name in former:  # which no manifest names any more
            files.remove(path / name)
    except StoreError as error:
        raise translated(error) from error
    except OSError as error:
        raise _not_written(error, path) from error
    told = {"segments": len(contents.segments), "blobs": len(kept), "damaged": damaged, "absent": absent}
    return {"path": readable(path), "digest": digest, **told}


def _write_blobs(
    workspace: Workspace,
    path: Path,
    own: Sequence[BlobLine],
    in_place: Mapping[BlobLine, Sequence[Path]],
    progress: Progress,
) -> tuple[list[BlobLine], list[str], list[str]]:
    """Copy what is not there yet; returns what the backup holds, what was too damaged to copy, and what is away."""
    files, kept, folders = workspace.surroundings.files, list[BlobLine](), set[Path]()
    damaged, absent = list[str](), list[str]()
    blobs = [*own, *in_place]
    for number, line in enumerate(blobs):
        hash, size, _ = line
        target = path / "blobs" / hash.hex()[:2] / hash.hex()[2:]
        facts = files.facts(target)
        try:
            if facts is None or facts.size != size:
                files.make_folder(target.parent)
                if line in in_place:
                    copy_whole(files, in_place[line], fresh_of(target), hash.hex())
                    put_fresh(files, target)
                else:
                    put_file(files, target, workspace.blobs.read(hash))
                folders.add(target.parent)
            kept.append(line)
        except (BlobMissing, StoreDamaged):
            (absent if line in in_place else damaged).append(hash.hex())
        progress(number, len(blobs), None)
    files.sync_folders(sorted(folders))
    return kept, damaged, absent


def put_file(files: Files, target: Path, data: bytes) -> None:
    """Make a file durable under its name, also where a name that is taken must be freed first."""
    files.write(fresh_of(target), data)
    put_fresh(files, target)


def fresh_of(target: Path) -> Path:
    """Where a file is written before it gets its name."""
    return target.with_name(target.name + ".new")


def put_fresh(files: Files, target: Path) -> None:
    """Make durable what was written, and give it its name."""
    fresh = fresh_of(target)
    files.sync([fresh])
    try:
        files.rename(fresh, target)
    except FileExistsError:
        files.remove(target)
        files.rename(fresh, target)
