"""Looking after a library: the digest, `rebuild`, `backup`, and the way to `verify`. Only views are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from documents.digest import digest
from library.care.rebuilding import rebuild_views, rebuilt
from library.care.verifying import Place, verify
from library.copies.holders import names_of
from library.export.backing import check_target, contents_of, kept_in_place, write_backup
from library.export.choosing import chosen, chosen_ids, items_of
from library.export.delivering import GROUP, Converter, Delivery, Item, Tried
from library.export.exporting import write_files
from library.gathering import readable
from library.models import Check, Digest
from library.presets import Preset
from library.replica.shelf import digest_shards
from library.schema import FORGOTTEN
from library.surroundings import Surroundings
from library.tasks import Progress, no_progress
from library.views.query import parse
from library.views.search import condition_of
from library.workspace import PARCELS, Workspace
from store.blobs import Blobs
from store.database import Connection
from store.waiting import to_the_end

Verify = Callable[[bytes, bytes, bytes], bool]  # public key, message, signature


class Care:
    """Checks and mending of one workspace. `check_signature` is identity's; whoever delivers gives a `converter`."""

    def __init__(
        self,
        workspace: Workspace,
        check_signature: Verify,
        converter: Converter | None = None,
        device_name: Callable[[bytes], str] = bytes.hex,
    ) -> None:
        self._workspace = workspace
        self._check_signature = check_signature
        self._converter = converter
        self._device_name = device_name

    async def digest(self) -> Digest:
        """The state digest: equal on devices that hold the same."""
        return await self._workspace.database.write(self._digest)

    def _digest(self, connection: Connection) -> Digest:
        state = digest(digest_shards(connection), self._workspace.members.heads).hex()
        (documents,) = connection.execute("SELECT count(*) FROM document").fetchone()
        (segments,) = connection.execute("SELECT count(*) FROM segment WHERE state=1").fetchone()
        return Digest(digest=state, documents=documents, segments=segments)

    async def rebuild(self, progress: Progress = no_progress) -> Digest:
        """Drop every view and compute it again from the segments, in one transaction."""
        workspace = self._workspace

        def work(connection: Connection) -> None:  # what is loaded belongs to the writing thread
            workspace.shelf.forget()
            connection.execute(FORGOTTEN)
            rebuild_views(connection, workspace.shelf, progress)
            workspace.shelf.forget()

        await workspace.write(work)
        self._workspace.bus.publish("reset", "*", self._workspace.device.hex())
        return await self.digest()

    async def verify(self, read_data: bool = False, progress: Progress = no_progress) -> Check:
        """Check rows, segments, documents and blobs; with `read_data` the bytes of every blob too."""
        around, folder = self._workspace.surroundings, self._workspace.folder
        job = (folder, around, self._check_signature, True, read_data, progress)
        check: Check = await to_the_end(around.in_thread(verify_folder, *job))
        return check

    async def backup(self, path: Path, progress: Progress = no_progress) -> dict[str, Any]:
        """Write segments, operations and blobs into a folder, from which `restore` makes the workspace again.

        A folder that holds an older backup of the same workspace gets what is new.
        """
        workspace = self._workspace
        in_thread, files = workspace.surroundings.in_thread, workspace.surroundings.files
        await in_thread(check_target, files, path, workspace.id.hex())
        # In one transaction: an edit between the two would make the backup contradict itself.
        digest, contents, in_place = await workspace.database.write(
            lambda c: (self._digest(c).digest, contents_of(c), kept_in_place(c))
        )
        job = (workspace, path, contents, in_place, digest, self._check_signature, progress)
        told: dict[str, Any] = await to_the_end(in_thread(write_backup, *job))
        return told

    async def export(
        self, path: Path, progress: Progress = no_progress, *, q: str | None = None, assets: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """Write pictures as ordinary files, each with a JSON of what is known about it beside it."""
        condition = condition_of(parse(q or ""))
        blobs = self._workspace.blobs
        found = await self._workspace.database.read(lambda connection: chosen(connection, blobs, condition, assets))
        in_thread = self._workspace.surroundings.in_thread
        told: dict[str, Any] = await to_the_end(in_thread(write_files, self._workspace, path, found, progress))
        await self._say_where(told["failed"])
        return told

    async def _say_where(self, failed: list[dict[str, str]]) -> None:
        """Of pictures that could not be written, and whose originals other devices have, say which have them."""

        def names(connection: Connection, asset: str) -> str:
            row = connection.execute("SELECT sha256 FROM asset WHERE id=?", (bytes.fromhex(asset),)).fetchone()
            return names_of(connection, row[0], self._device_name) if row else ""

        lacking = [each for each in failed if each["code"] == "missing"]
        found = await self._workspace.database.read(lambda c: [names(c, each["asset"]) for each in lacking])
        for each, devices in zip(lacking, found, strict=True):
            if devices:
                each |= {"code": "elsewhere", "devices": devices, "reason": f"Its original is on {devices}."}

    async def deliver(
        self,
        path: Path,
        preset: Preset,
        progress: Progress = no_progress,
        *,
        q: str | None = None,
        assets: Sequence[str] | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Write pictures as a preset says. Tells of each file what it would be (`dry_run`), else of those that lack
        something of their picture or are smaller than was asked for.
        """
        assert self._converter is not None
        condition, database = condition_of(parse(q or "")), self._workspace.database
        ids = await database.read(lambda connection: list(chosen_ids(connection, condition, assets)))
        groups = [ids[start : start + GROUP] for start in range(0, len(ids), GROUP)]

        async def read(group: Sequence[bytes], first: int) -> list[Item]:
            return await database.read(lambda connection: items_of(connection, self._workspace.blobs, group, first))

        delivery = Delivery(self._workspace, self._converter, path, preset, dry_run)
        await delivery.run(groups, read, progress)
        await self._say_where(delivery.failed)
        told = [each for each in delivery.delivered if dry_run or each.losses or each.untouched or each.short_of]
        return {
            "path": readable(path),
            "preset": preset.name,
            "preset_id": preset.id,
            "written": 0 if dry_run else len(delivery.delivered),
            "files": told,
            "failed": delivery.failed,
        }

    async def tried(self, preset: Preset, asset: str) -> Tried:
        """What one picture would be as a preset says; it is made, and nothing of it is kept."""
        told = await self.deliver(self._workspace.folder / PARCELS / "tried", preset, assets=[asset], dry_run=True)
        failed = told["failed"][0] if told["failed"] else None
        return Tried(file=told["files"][0] if told["files"] else None, failed=failed)


def verify_folder(
    folder: Path,
    around: Surroundings,
    check_signature: Verify,
    in_use: bool,
    read_data: bool,
    progress: Progress = no_progress,
) -> Check:
    """Check a workspace's folder, whether it can be opened or not. Blocking; nothing is opened for writing."""
    blobs = Blobs(folder / "blobs", around.files, around.random)
    place = Place(folder, blobs, check_signature, rebuilt, around.clock.now() * 1_000_000, in_use)
    return verify(place, read_data, progress)
