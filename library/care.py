"""Looking after a library: the digest, `verify`, `rebuild`, `backup`. Truth is read; only views are written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from documents.change import read_header
from documents.engine import Document
from documents.errors import DocumentDamaged, SegmentRefused
from documents.kinds import Kind
from documents.segment import decode, signed_part
from library.actions import asset_ids
from library.errors import Invalid
from library.exporting import write_files
from library.models import Asset, Check, Digest, Problem
from library.query import parse
from library.rebuilding import rebuild_views
from library.rows import damaged_rows
from library.search import Condition, asset_by_id, condition_of
from library.shelf import digest_shards
from library.tasks import Progress, no_progress
from library.workspace import Workspace
from store.database import Connection

Verify = Callable[[bytes, bytes, bytes], bool]  # public key, message, signature
MANIFEST = "gesso-backup.json"


class Care:
    """Checks and mending of one workspace. `check_signature` is identity's."""

    def __init__(self, workspace: Workspace, check_signature: Verify) -> None:
        self._workspace = workspace
        self._check_signature = check_signature

    async def digest(self) -> Digest:
        """The state digest: equal on devices that hold the same."""
        heads = self._workspace.members.heads

        def work(connection: Connection) -> Digest:
            state = hashlib.sha256(b"".join(digest_shards(connection)) + b"".join(heads)).hexdigest()
            (documents,) = connection.execute("SELECT count(*) FROM document").fetchone()
            (segments,) = connection.execute("SELECT count(*) FROM segment WHERE state=1").fetchone()
            return Digest(digest=state, documents=documents, segments=segments)

        return await self._workspace.database.write(work)

    async def rebuild(self, progress: Progress = no_progress) -> Digest:
        """Drop every view and compute it again from the segments, in one transaction."""
        workspace = self._workspace
        workspace.shelf.forget()
        try:
            await workspace.database.write(lambda connection: rebuild_views(connection, workspace, progress))
        finally:
            workspace.shelf.forget()
        self._workspace.bus.publish("reset", "*", self._workspace.device.hex())
        return await self.digest()

    async def verify(self, read_data: bool = False, progress: Progress = no_progress) -> Check:
        """Check rows, segments, documents and blobs; with `read_data` the bytes of every blob too."""
        rows = await self._workspace.database.read(lambda connection: self._verify_rows(connection))
        blobs = await self._workspace.surroundings.in_thread(self._verify_blobs, rows.blobs, read_data, progress)
        return Check(checked=rows.checked + len(rows.blobs), problems=[*rows.problems, *blobs])

    def _verify_rows(self, connection: Connection) -> Rows:
        problems = [
            Problem(what=f"The database is damaged: {line}", where="library.sqlite", remedy=RESTORE)
            for (line,) in connection.execute("PRAGMA integrity_check(100)")
            if line != "ok"
        ]
        problems += [
            Problem(what="A row does not fit its own hash", where=f"{table} {key}", remedy=RESTORE)
            for table, key in damaged_rows(connection)
        ]
        segments = connection.execute("SELECT id, hash, seq, prev, device, clock, raw FROM segment").fetchall()
        for row in segments:
            problems += self._verify_segment(row)
        documents = connection.execute("SELECT id, heads, saved FROM document").fetchall()
        for id, heads, saved in documents:
            problems += _verify_document(connection, id, heads, saved)
        here = connection.execute("SELECT hash, size FROM blob WHERE here=1").fetchall()
        return Rows(len(segments) + len(documents), problems, here)

    def _verify_segment(self, row: tuple[Any, ...]) -> list[Problem]:
        _, hash, seq, prev, device, clock, raw = row
        where = f"segment {hash.hex()[:16]}"
        try:
            segment = decode(raw)
        except SegmentRefused as error:
            return [Problem(what=f"A segment cannot be read: {error}", where=where, remedy=RESTORE)]
        told = (segment.hash, segment.seq, segment.prev, segment.device, segment.clock)
        if told != (hash, seq, prev, device, clock):
            return [Problem(what="A segment's row does not fit its bytes", where=where, remedy=RESTORE)]
        if not self._check_signature(segment.device, signed_part(raw), raw[-64:]):
            return [Problem(what="A segment's signature is wrong", where=where, remedy=RESTORE)]
        return []

    def _verify_blobs(self, here: list[tuple[bytes, int]], read_data: bool, progress: Progress) -> list[Problem]:
        problems = []
        blobs = self._workspace.blobs
        for number, (hash, size) in enumerate(here):
            found = blobs.size(hash)
            where = f"blob {hash.hex()}"
            if found is None:
                problems.append(Problem(what="A blob is missing", where=where, remedy=RESTORE))
            elif found != size:
                problems.append(Problem(what=f"A blob has {found} bytes, not {size}", where=where, remedy=RESTORE))
            elif read_data and not blobs.check(hash):
                problems.append(Problem(what="A blob's bytes are damaged", where=where, remedy=RESTORE))
            if number % 256 == 0:
                progress(number, len(here), None)
        return problems

    async def backup(self, path: Path, progress: Progress = no_progress) -> dict[str, Any]:
        """Write segments, operations and blobs into a folder, from which `restore` makes the workspace again.

        A folder that holds an older backup of the same workspace gets what is new.
        """
        manifest = {"format": 1, "workspace": self._workspace.id.hex(), "digest": (await self.digest()).digest}
        files = self._workspace.surroundings.files
        if files.facts(path / MANIFEST) is not None:
            told = msgspec.json.decode(files.read(path / MANIFEST))
            if told.get("workspace") != manifest["workspace"]:
                raise Invalid("That folder holds the backup of another workspace.", [("/path", "is another backup")])
        elif files.names(path):
            raise Invalid("That folder is not empty and holds no backup.", [("/path", "is not empty")])
        files.make_folder(path)
        rows = await self._workspace.database.read(_backup_rows)
        count = await self._workspace.surroundings.in_thread(
            write_backup, self._workspace, path, manifest, rows, progress
        )
        return {"path": str(path), "segments": len(rows[0]), "blobs": count, "digest": manifest["digest"]}

    async def export(
        self, path: Path, progress: Progress = no_progress, *, q: str | None = None, assets: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """Write pictures as ordinary files, each with a JSON of what is known about it beside it."""
        condition = condition_of(parse(q or ""))
        chosen = await self._workspace.database.read(lambda connection: _chosen(connection, condition, assets))
        told: dict[str, Any] = await self._workspace.surroundings.in_thread(
            write_files, self._workspace, path, chosen, progress
        )
        return told


class Rows(msgspec.Struct):
    """What a check of the rows found, and the blobs that should be here."""

    checked: int
    problems: list[Problem]
    blobs: list[tuple[bytes, int]]


def _chosen(connection: Connection, condition: Condition, ids: Sequence[str] | None) -> list[Asset]:
    if ids is None:
        sql = f"SELECT id FROM {condition.source} WHERE {condition.where} ORDER BY asset.row"
        found = [id for (id,) in connection.execute(sql, condition.parameters)]
    else:
        found = list(asset_ids(connection, ids))
    return [asset for id in found if (asset := asset_by_id(connection, id)) is not None]


RESTORE = "Bring it back from a backup: `gesso restore --backup DIR`. Do not delete anything before."


def _verify_document(connection: Connection, id: bytes, heads: bytes, saved: bytes) -> list[Problem]:
    where = f"document {id.hex()}"
    try:
        document = Document.load(Kind(id[0]), saved)
    except (DocumentDamaged, ValueError) as error:
        return [Problem(what=f"A document cannot be read: {error}", where=where, remedy="Run `gesso rebuild`.")]
    hashes = {hash for (hash,) in connection.execute("SELECT hash FROM change WHERE document=? AND state=1", (id,))}
    applied = {read_header(change).hash for change in document.changes()}
    if b"".join(document.heads()) != heads or hashes != applied:
        return [Problem(what="A document is not what the log says", where=where, remedy="Run `gesso rebuild`.")]
    return []


def _backup_rows(connection: Connection) -> tuple[list[bytes], list[bytes], list[tuple[bytes, int, str]]]:
    segments = [raw for (raw,) in connection.execute("SELECT raw FROM segment ORDER BY id")]
    operations = [raw for (raw,) in connection.execute("SELECT raw FROM operation ORDER BY hash")]
    blobs = connection.execute("SELECT hash, size, media_type FROM blob WHERE here=1 ORDER BY hash").fetchall()
    return segments, operations, blobs


def write_backup(
    workspace: Workspace,
    path: Path,
    manifest: dict[str, Any],
    rows: tuple[list[bytes], list[bytes], list[tuple[bytes, int, str]]],
    progress: Progress,
) -> int:
    """Blobs first, the log next, the manifest last: a backup that was cut off is not mistaken for a whole one."""
    files = workspace.surroundings.files
    segments, operations, blobs = rows
    for number, (hash, _, _) in enumerate(blobs):
        target = path / "blobs" / hash.hex()[:2] / hash.hex()[2:]
        if files.facts(target) is None:
            files.make_folder(target.parent)
            fresh = target.with_name(target.name + ".new")
            files.write(fresh, workspace.blobs.read(hash))
            files.sync([fresh])
            files.rename(fresh, target)
        progress(number, len(blobs), None)
    for name, content in (
        ("segments", msgspec.msgpack.encode(segments)),
        ("operations", msgspec.msgpack.encode(operations)),
        ("blobs.index", msgspec.msgpack.encode(blobs)),
        (MANIFEST, msgspec.json.encode(manifest)),
    ):
        files.write(path / f"{name}.new", content)
        files.sync([path / f"{name}.new"])
        files.rename(path / f"{name}.new", path / name)
    files.sync_folders([path])
    return len(blobs)
