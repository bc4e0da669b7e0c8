"""`export --everything`: a workspace as a folder that people and programs can read and that can be taken in again.

docs/export.md says how the folder is laid out; `reimporting.py` takes it in.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from library.care.faults import fault
from library.editing.assets import Timeline
from library.errors import LibraryError, of_system
from library.export.backing import put_file
from library.export.exported import ABOUT_TEXT, EXPORT, LOG, ExportManifest, Line, by_hash, encode_lines, part_name
from library.export.filling import Filling, Lost, Wanted, text
from library.export.layout import Laid, Layout
from library.export.sidecars import Sidecar, written
from library.export.snapshot import AllEntries, Snapshot, take_snapshot
from library.gathering import is_folder, readable
from library.models import Exported, Problem
from library.replica.members import Verify
from library.replica.recovery import RECOVERY, encode_recovery
from library.tasks import Progress, no_progress
from library.workspace import Workspace, translated
from store.errors import StoreError, StoreFull
from store.waiting import to_the_end

GROUP = 64  # pictures that come in together
FORMAT = 1


class Everything:
    """The full export of one workspace. The functions it is given tell the history of a picture, and of all, and what
    devices are called.
    """

    def __init__(
        self,
        workspace: Workspace,
        verify: Verify,
        timeline: Timeline,
        entries: AllEntries,
        device_name: Callable[[bytes], str],
    ) -> None:
        self._workspace = workspace
        self._verify = verify
        self._timeline = timeline
        self._entries = entries
        self._device_name = device_name

    async def export(self, path: Path, progress: Progress = no_progress) -> Exported:
        """Fill a folder, or bring one that was filled before up to date. Stopped anywhere, the next run goes on."""
        workspace = self._workspace
        files = workspace.surroundings.files

        async def in_thread(step: Callable[..., Any], *arguments: Any) -> Any:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError  # between two steps: the next one is not begun
            return await to_the_end(workspace.surroundings.in_thread(step, *arguments))

        filling = Filling(files, path, workspace.id.hex(), workspace.surroundings.random.randbytes(8).hex())
        try:
            await in_thread(filling.check)
            snapshot: Snapshot = await in_thread(
                take_snapshot,
                workspace.folder,
                workspace.id,
                self._verify,
                self._timeline,
                self._entries,
                self._device_name,
                progress,
            )
            await in_thread(filling.open)  # not before: a damaged log leaves what is there as it is
            run = Run(workspace, filling, snapshot)
            await in_thread(run.begin)
            for start in range(0, len(snapshot.pictures), GROUP):
                await in_thread(run.put_pictures, start)
                done = min(start + GROUP, len(snapshot.pictures))
                progress(done, len(snapshot.pictures), snapshot.pictures[done - 1].name)
            for hashes in run.other_blobs():
                await in_thread(run.put_blobs, hashes)
            told: Exported = await in_thread(run.end, path, workspace.surroundings.clock.now())
            return told
        except (StoreError, OSError) as error:
            await in_thread(filling.drop)
            raise _told(error, path) from error


def _told(error: StoreError | OSError, path: Path) -> LibraryError:
    """What went wrong in the folder, or on the way to it."""
    place, more = readable(path), "Run it again once that is mended: it goes on where it stopped."
    if isinstance(error, StoreFull):
        return LibraryError(f"The disk that holds {place} is full. {more}", code="export_full", path=place)
    if isinstance(error, StoreError):
        return translated(error)
    why = of_system(error)
    message = f"The export could not be written to {place}: {why['reason']}. {more}"
    return LibraryError(message, code="export_failed", path=place, **why)


class Run:
    """One export under way: what goes where, what came in, and what could not be had. Blocking."""

    def __init__(self, workspace: Workspace, filling: Filling, snapshot: Snapshot) -> None:
        self._workspace = workspace
        self._files = workspace.surroundings.files
        self._filling = filling
        self._snapshot = snapshot
        self._own = {hash for hash, _, _ in snapshot.contents.blobs}  # what should lie among the library's blobs
        self._layout = Layout(filling.foreign)
        self._laid: list[Laid] = []
        self._shown: set[bytes] = set()
        self._lines: list[Line] = []
        self._problems: list[Problem] = []
        self._texts: list[Wanted] = []

    def begin(self) -> None:
        """Give everything its place."""
        about = msgspec.json.format(msgspec.json.encode(self._snapshot.about), indent=2) + b"\n"
        contents = (("README", ".txt", ABOUT_TEXT.encode()), ("workspace", ".json", about))
        for stem, suffix, data in (*contents, ("history", ".jsonl", self._snapshot.history)):
            self._texts.append(text(self._layout.file(stem, suffix), "text", data))
        wanted = {each.path: each.sha256 for each in self._texts}
        for picture in self._snapshot.pictures:
            laid = self._layout.place(picture)
            self._laid.append(laid)
            for each in self._versions(picture.sidecar(), laid):
                wanted[each.path] = each.sha256
                self._shown.add(bytes.fromhex(each.sha256))
        for hashes in self.other_blobs():
            wanted.update((by_hash(hash.hex()), hash.hex()) for hash in hashes)
        self._filling.expect(wanted)

    def other_blobs(self) -> Iterator[list[bytes]]:
        """Blobs that are here and that no picture shows, in groups."""
        others = [hash for hash, _, _ in self._snapshot.contents.blobs if hash not in self._shown]
        for start in range(0, len(others), 4 * GROUP):
            yield others[start : start + 4 * GROUP]

    def put_pictures(self, start: int) -> None:
        """Bring in a group of pictures with all their versions, and beside each what is known about it."""
        group = self._snapshot.pictures[start : start + GROUP]
        laid = self._laid[start : start + GROUP]
        sidecars = [picture.sidecar() for picture in group]
        pairs = list(zip(sidecars, laid, strict=True))
        wanted = [each for sidecar, places in pairs for each in self._versions(sidecar, places)]
        ready, lost = self._filling.prepare(wanted)
        self._problems += [self._problem(each) for each in lost]
        there = {each.wanted.path for each in ready}
        texts = [_beside(sidecar, places, there) for sidecar, places in pairs]
        beside, _ = self._filling.prepare(texts)
        self._lines += self._filling.place([*ready, *beside])

    def _versions(self, sidecar: Sidecar, laid: Laid) -> Iterator[Wanted]:
        for version in sidecar.versions:
            hash = bytes.fromhex(version.sha256)
            size, type = self._snapshot.types.get(hash, (version.bytes, version.media_type))
            origins = self._snapshot.origins(self._workspace.blobs, hash)
            yield Wanted(laid.files[version.number], "picture", hash.hex(), size, type, origins=origins)

    def put_blobs(self, hashes: Sequence[bytes]) -> None:
        """Bring in thumbnails, facts, and whatever else the log names."""
        wanted = []
        for hash in hashes:
            size, type = self._snapshot.types[hash]
            origins = self._snapshot.origins(self._workspace.blobs, hash)
            wanted.append(Wanted(by_hash(hash.hex()), "blob", hash.hex(), size, type, origins=origins))
        ready, lost = self._filling.prepare(wanted)
        self._problems += [self._problem(each) for each in lost]
        self._lines += self._filling.place(ready)

    def _problem(self, lost: Lost) -> Problem:
        """Why a file is not in the export: damaged here, on a drive that is away, or nowhere known to this device."""
        hash = bytes.fromhex(lost.wanted.sha256)
        if hash in self._own or self._workspace.blobs.has(hash):
            return fault("export.damaged", lost.wanted.path, blob=lost.wanted.sha256)
        kept = self._snapshot.kept.get(hash, [])
        away = [path for path, state in kept if state == "offline" or not is_folder(self._files, path.parent)]
        if away:
            return fault("export.offline", lost.wanted.path, source=away[0])
        if devices := self._snapshot.elsewhere.get(hash):
            return fault("export.elsewhere", lost.wanted.path, devices=devices)
        return fault("export.gone", lost.wanted.path, blob=lost.wanted.sha256)

    def end(self, path: Path, now: int) -> Exported:
        """The signed log, the index, the manifest last; then what earlier runs left is removed."""
        ready, _ = self._filling.prepare(self._texts)
        self._lines += self._filling.place(ready)
        run, index = self._filling.run, encode_lines(self._lines)
        contents = self._snapshot.contents
        parts = (
            ("segments", msgspec.msgpack.encode(contents.segments)),
            ("operations", msgspec.msgpack.encode(contents.operations)),
            ("index", index),
        )
        for part, data in parts:
            put_file(self._files, path / LOG / part_name(part, run), data)
        if self._workspace.recovery is not None:
            put_file(self._files, path / RECOVERY, encode_recovery(self._workspace.recovery))
        self._files.sync_folders([path / LOG, path])
        manifest = self._manifest(run, hashlib.sha256(index).hexdigest(), now)
        put_file(self._files, path / EXPORT, msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
        self._files.sync_folders([path])
        self._filling.finish()
        return Exported(
            path=readable(path),
            digest=manifest.digest,
            pictures=manifest.pictures,
            files=manifest.files,
            bytes=manifest.bytes,
            problems=self._problems + [fault("export.kept", name) for name in self._filling.changed],
        )

    def _manifest(self, run: str, index: str, now: int) -> ExportManifest:
        return ExportManifest(
            format=FORMAT,
            workspace=self._workspace.id.hex(),
            name=self._snapshot.about.name,
            digest=self._snapshot.digest,
            written_at=now,
            pictures=len(self._snapshot.pictures),
            files=len(self._lines),
            bytes=sum(line.size for line in self._lines),
            run=run,
            index=index,
        )


def _beside(sidecar: Sidecar, laid: Laid, there: set[str]) -> Wanted:
    """The text beside a picture, which names the versions that are there."""
    names = {number: path.rpartition("/")[2] for number, path in laid.files.items() if path in there}
    return text(laid.sidecar, "sidecar", written(sidecar, names))
