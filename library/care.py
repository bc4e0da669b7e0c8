"""Looking after a library: the digest, `rebuild`, `backup`, and the way to `verify`. Only views are written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from library.actions import asset_ids
from library.errors import Invalid
from library.exporting import write_files
from library.models import Asset, Check, Digest
from library.query import parse
from library.rebuilding import rebuild_views, rebuilt
from library.search import Condition, asset_by_id, condition_of
from library.shelf import digest_shards
from library.tasks import Progress, no_progress
from library.verifying import Place, verify
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
            await workspace.write(lambda connection: rebuild_views(connection, workspace.shelf, progress))
        finally:
            workspace.shelf.forget()
        self._workspace.bus.publish("reset", "*", self._workspace.device.hex())
        return await self.digest()

    async def verify(self, read_data: bool = False, progress: Progress = no_progress) -> Check:
        """Check rows, segments, documents and blobs; with `read_data` the bytes of every blob too."""
        workspace = self._workspace
        now = workspace.surroundings.clock.now() * 1_000_000
        place = Place(workspace.folder, workspace.blobs, self._check_signature, rebuilt, now, True)
        check: Check = await workspace.surroundings.in_thread(verify, place, read_data, progress)
        return check

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


def _chosen(connection: Connection, condition: Condition, ids: Sequence[str] | None) -> list[Asset]:
    if ids is None:
        sql = f"SELECT id FROM {condition.source} WHERE {condition.where} ORDER BY asset.row"
        found = [id for (id,) in connection.execute(sql, condition.parameters)]
    else:
        found = list(asset_ids(connection, ids))
    return [asset for id in found if (asset := asset_by_id(connection, id)) is not None]


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
