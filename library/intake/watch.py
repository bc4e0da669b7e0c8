"""Watched folders: files that have come to rest are imported; a folder that is away is offline, never deleted.

Where the system's notices cannot be had (limit reached, network drive) the folder is looked through now and then, and
its state says so.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from library.errors import Clash, Invalid, LibraryError, NotFound
from library.gathering import gather, is_folder, pictures_beside, readable
from library.intake.ingest import Ingest
from library.intake.kept import below, look_for, look_for_strays, stands
from library.models import ImportFailure, Watched
from library.rows import put
from library.workspace import Workspace
from store.database import Connection
from store.files import FileFacts

SETTLE_SECONDS = 0.6  # size and time must hold still this long
LOOK_SECONDS = 2.0  # how often an absent folder is looked for
POLL_SECONDS = 10.0
# Also pictures that were here before their folder was watched. A path with a zero byte is none.
COUNT = "SELECT count(DISTINCT document) FROM source WHERE path>? AND path<? AND instr(path, x'00')=0"
# The few places that are empty come first: each is looked up by its key.
MISSING = (
    "SELECT count(DISTINCT document) FROM reference CROSS JOIN source USING(path)"
    " CROSS JOIN asset ON asset.id = document WHERE reference.path>? AND reference.path<?"
    " AND reference.state='missing' AND asset.state='missing' AND binned_at IS NULL"
)
MOST_FAILED = 50  # named in a list; all are counted
# Not the file's fault: it is looked at again by and by.
LATER = ("disk_full", "store_suspect", "store")
State = Literal["watching", "polling", "offline", "scanning"]
Absence = Literal["away", "empty", "unreadable"]
log = logging.getLogger("gesso.watch")


class PollingWanted(Exception):
    """The folder is to be looked through now and then, whatever the system could tell."""


Lain = tuple[int, int, FileFacts | None]  # size, time in ns, the text beside it: as a file lay there


class Settled(NamedTuple):
    """Files that hold still, files that are still growing, and what could not be looked at."""

    still: dict[Path, Lain]
    growing: set[Path]
    failed: list[ImportFailure]

    @property
    def seen(self) -> set[Path]:
        """All of them."""
        return {*self.still, *self.growing, *(Path(bad.path) for bad in self.failed)}


class Trouble(NamedTuple):
    """What the user should know of a watched folder; `number` of its pictures, or of the files that failed."""

    kind: Literal["offline", "failed", "polling"]
    path: Path
    number: int = 0


class Folder:
    """One watched folder and how it is watched at present."""

    def __init__(self, id: bytes, path: Path, mode: Literal["copy", "reference"]) -> None:
        self.id = id
        self.path = path
        self.mode: Literal["copy", "reference"] = mode
        self.state: State = "scanning"
        self.detail: str | None = None  # a code: why it is offline or polled
        self.removed = asyncio.Event()
        # What could not be imported, and as it lay there: not tried again until it changed.
        self.failed: dict[Path, tuple[Lain | None, ImportFailure]] = {}


class Watch:
    """The watched folders of one workspace. `run` must be running for them to be followed."""

    def __init__(self, workspace: Workspace, ingest: Ingest, *, poll: bool = False) -> None:
        self._workspace = workspace
        self._ingest = ingest
        self._poll = poll
        self._folders: dict[bytes, Folder] = {}
        self._added: asyncio.Queue[Folder] = asyncio.Queue()
        self._loaded = False

    def _load(self) -> None:
        """Take the folders from the rows, before whoever asks first: a client may be quicker than `run`."""
        if self._loaded:
            return
        rows = self._workspace.database.read_now(
            lambda connection: connection.execute("SELECT id, path, mode FROM watched ORDER BY id").fetchall()
        )
        for id, path, mode in rows:
            self._folders[id] = Folder(id, Path(os.fsdecode(path)), mode)
        self._loaded = True

    async def list(self) -> Sequence[Watched]:
        self._load()

        folders = list(self._folders.values())

        def work(connection: Connection) -> Sequence[tuple[int, int]]:
            return [(_number(connection, COUNT, each), _number(connection, MISSING, each)) for each in folders]

        counts = await self._workspace.database.read(work)
        return [self._told(folder, *counted) for folder, counted in zip(folders, counts, strict=True)]

    def troubles(self) -> Sequence[Trouble]:
        """Folders that are out of reach, with files that cannot be imported, or of which the system tells nothing."""
        folders = self._folders.values()
        away = [Trouble("offline", each.path, self._came_from(each)) for each in folders if each.state == "offline"]
        failed = [Trouble("failed", each.path, len(each.failed)) for each in folders if each.failed]
        return [*away, *failed, *(Trouble("polling", each.path) for each in folders if each.state == "polling")]

    def _came_from(self, folder: Folder) -> int:
        """How many pictures."""
        return self._workspace.database.read_now(lambda connection: _number(connection, COUNT, folder))

    def _told(self, folder: Folder, assets: int, missing: int = 0) -> Watched:
        return Watched(
            id=folder.id.hex(),
            path=readable(folder.path),
            mode=folder.mode,
            state=folder.state,
            detail=folder.detail,
            assets=assets,
            missing=missing,
            failures=len(folder.failed),
            failed=[folder.failed[path][1] for path in heapq.nsmallest(MOST_FAILED, folder.failed)],
        )

    async def add(self, path: str | Path, reference: bool = False) -> Watched:
        """Begin to watch a folder; what lies in it is imported at once."""
        self._load()
        whole = Path(path)
        if not whole.is_absolute():
            raise Invalid("Give the whole path of the folder.", [("/path", "is not absolute")], code="not_absolute")
        if not await self._workspace.surroundings.in_thread(is_folder, self._workspace.surroundings.files, whole):
            hint = "Check how it is spelled, and that its drive is connected."
            raise NotFound(f"There is no folder {readable(whole)}.", code="no_folder", hint=hint, path=readable(whole))
        if any(_inside(whole, other.path) or _inside(other.path, whole) for other in self._folders.values()):
            raise Clash("That folder is watched already, or lies around or in one that is.", code="watched_already")
        if _inside(self._workspace.folder, whole):
            message = "The library's own folder cannot be watched."
            raise Invalid(message, [("/path", "holds the library")], code="invalid.own_folder")
        folder = Folder(self._workspace.surroundings.random.randbytes(8), whole, "reference" if reference else "copy")
        encoded = os.fsencode(whole)

        def work(connection: Connection) -> int:
            put(connection, "watched", folder.id, encoded, folder.mode)
            return _number(connection, COUNT, folder)

        assets = await self._workspace.database.write(work)
        self._follow_soon(folder)
        return self._told(folder, assets)

    async def remove(self, id: str) -> None:
        """Stop watching; the pictures stay."""
        self._load()
        folder = next((each for each in self._folders.values() if each.id.hex() == id), None)
        if folder is None:
            raise NotFound(f"There is no watched folder {id[:40]}.", code="no_watched", id=id[:40])
        key = folder.id
        await self._workspace.database.write(
            lambda connection: connection.execute("DELETE FROM watched WHERE id=?", (key,))
        )
        del self._folders[key]
        folder.removed.set()
        self._announce()

    def _follow_soon(self, folder: Folder) -> None:
        self._folders[folder.id] = folder
        self._added.put_nowait(folder)
        self._announce()

    async def run(self) -> None:
        """Follow every folder until cancelled; started again, all of them again."""
        self._load()
        self._added = asyncio.Queue()
        for folder in self._folders.values():
            folder.removed = asyncio.Event()  # watchfiles sets the old one when it is cancelled
            self._follow_soon(folder)
        followed = [folder.path for folder in self._folders.values()]
        async with asyncio.TaskGroup() as group:
            group.create_task(look_for_strays(self._workspace, followed), name="strays")
            while True:
                folder = await self._added.get()
                group.create_task(self._follow(folder), name=f"watch {folder.id.hex()}")

    async def _follow(self, folder: Folder) -> None:
        clock = self._workspace.surroundings.clock
        while not folder.removed.is_set():
            absence = await self._absence(folder)
            if absence is not None:
                if folder.state != "offline":
                    await self._mark(folder, present=False)
                self._change(folder, "offline", absence)
                await clock.sleep(LOOK_SECONDS)
                continue
            await self._mark(folder, present=True)
            # One that is looked through again and again says so, and not that it is looked through just now.
            if folder.state != "polling":
                self._change(folder, "scanning", None)
            try:
                settled = await self._settled({folder.path}, folder.path)
                self._forget(folder, settled.seen)
                await self._take(settled, folder)
                if self._poll:
                    raise PollingWanted
                await self._notices(folder)
                continue
            except PollingWanted:
                self._change(folder, "polling", "asked")
            except LibraryError as error:
                log.warning("a watched folder could not be imported: %s", error)
                self._change(folder, "polling", error.code if error.code in LATER else "import_failed")
            except (OSError, RuntimeError) as error:
                log.warning("the system gives no notices of changes in a watched folder: %s", error)
                self._change(folder, "polling", "no_notices")
            await clock.sleep(POLL_SECONDS)

    async def _notices(self, folder: Folder) -> None:
        """Import what changes until the folder goes away or is no longer watched."""
        # What changed after the first look and before the notices began was told to nobody.
        waiting = {folder.path}
        async for changed, gone in self._workspace.surroundings.notices(folder.path, folder.removed):
            if await self._absence(folder) is not None:
                return
            self._change(folder, "watching", None)
            waiting |= set(changed)
            settled = await self._settled(waiting, folder.path)
            await self._take(settled, folder)
            # What was still growing is looked at again with the next notice, which comes within a few seconds.
            waiting = settled.growing
            if gone:
                await self._mark(folder, present=True)
                there = await self._workspace.surroundings.in_thread(self._still_there, list(folder.failed))
                self._forget(folder, there)

    async def _settled(self, paths: set[Path], root: Path) -> Settled:
        """What lies at `paths` and below, once its size and time hold still; what does not is told apart."""
        if not paths:
            return Settled({}, set(), [])
        files, in_thread = self._workspace.surroundings.files, self._workspace.surroundings.in_thread

        def look() -> tuple[dict[Path, Lain], list[ImportFailure]]:
            # With a text comes the picture that it stands beside.
            meant = {*paths, *(picture for path in paths for picture in pictures_beside(path))}
            # A link below the folder may lead anywhere: it is passed over, as on the first look.
            own = sorted(path for path in meant if path == root or not files.is_link(path))
            found, failed, _ = gather(own, files, named=False)
            lain = {
                each.path: (each.size, each.mtime, files.facts(each.sidecar) if each.sidecar else None)
                for each in found
            }
            return lain, [each for each in failed if each.code != "gone"]  # a name that no file has, or has no longer

        before, _ = await in_thread(look)
        await self._workspace.surroundings.clock.sleep(SETTLE_SECONDS)
        after, failed = await in_thread(look)
        still = {path: lain for path, lain in after.items() if before.get(path) == lain}
        return Settled(still, after.keys() - still, failed)

    async def _take(self, settled: Settled, folder: Folder) -> None:
        """Import what holds still, but for what failed as it lies there, and remember what fails now."""
        names = {readable(path): path for path in settled.still}
        fresh = [path for path, lain in settled.still.items() if folder.failed.get(path, ("",))[0] != lain]
        failed = [*settled.failed]
        if fresh:
            report = await self._ingest.import_paths(fresh, reference=folder.mode == "reference", watched=folder.id)
            failed += report.failed
            if report.imported or report.versions:
                self._announce()
        now = {names.get(bad.path, Path(bad.path)): bad for bad in failed}
        known = {path: each for path, each in folder.failed.items() if path not in fresh and path not in now}
        lasting = {path: bad for path, bad in now.items() if bad.code not in LATER}
        self._remember(folder, known | {path: (settled.still.get(path), bad) for path, bad in lasting.items()})
        later = next((bad for bad in failed if bad.code in LATER), None)
        if later is not None:
            raise LibraryError(later.reason, code=later.code)

    def _remember(self, folder: Folder, failed: dict[Path, tuple[Lain | None, ImportFailure]]) -> None:
        if failed == folder.failed:
            return
        if failed:
            codes = sorted({bad.code for _, bad in failed.values()})
            log.warning("files of a watched folder that could not be imported: %d (%s)", len(failed), ", ".join(codes))
        folder.failed = failed
        self._announce()

    def _forget(self, folder: Folder, there: Collection[Path]) -> None:
        """Drop what failed and is not there any more."""
        self._remember(folder, {path: each for path, each in folder.failed.items() if path in there})

    def _still_there(self, paths: Sequence[Path]) -> set[Path]:
        return {path for path in paths if self._lies(path)}

    def _lies(self, path: Path) -> bool:
        try:
            return self._workspace.surroundings.files.facts(path) is not None
        except OSError:
            return True

    async def _absence(self, folder: Folder) -> Absence | None:
        """Why the folder's pictures are out of reach; None when they are not. An empty one that had pictures is
        taken for a drive's mount point without its drive.
        """
        entries = await self._workspace.surroundings.in_thread(self._entries, folder.path)
        if entries != "empty":
            return None if entries == "some" else entries
        (known,) = self._workspace.database.read_now(
            lambda connection: connection.execute(
                "SELECT count(*) FROM source WHERE watched=?", (folder.id,)
            ).fetchone()
        )
        return "empty" if known else None

    def _entries(self, path: Path) -> Absence | Literal["some"]:
        try:
            return "some" if next(self._workspace.surroundings.files.entries(path), None) else "empty"
        except PermissionError:
            return "unreadable"
        except OSError:
            return "away"

    async def _mark(self, folder: Folder, *, present: bool) -> None:
        """Bring the states of originals kept in place up to date: here, offline, or missing from their folder."""
        files, prefix = self._workspace.surroundings.files, below(folder.path)

        def state_at(path: Path) -> str:
            return "offline" if not present else "here" if stands(files, path) else "missing"

        await look_for(self._workspace, lambda path: path.startswith(prefix), state_at)

    def _change(self, folder: Folder, state: State, detail: str | None) -> None:
        if (folder.state, folder.detail) != (state, detail):
            folder.state, folder.detail = state, detail
            self._announce()

    def _announce(self) -> None:
        self._workspace.bus.publish("watched.changed", "*", self._workspace.device.hex())


def _number(connection: Connection, counting: str, folder: Folder) -> int:
    """How many pictures with a path in the folder are counted so."""
    prefix = below(folder.path)
    end = prefix[:-1] + bytes([prefix[-1] + 1])  # after everything that begins so
    (count,) = connection.execute(counting, (prefix, end)).fetchone()
    return int(count)


def _inside(path: Path, folder: Path) -> bool:
    return path == folder or folder in path.parents
