"""All workspaces of this device: one folder each, one of them the default, and the device's own key."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from documents.kinds import Kind, derived_id
from identity.keys import DeviceKey, verify
from identity.operations import encode_operation
from library.care.glancing import Glance
from library.catalog import Library
from library.copies.journal import tidy
from library.errors import Closed, DiskFull, Invalid, LibraryError
from library.events import Bus
from library.export.delivering import Converter
from library.export.fetching import check_blobs
from library.export.reimporting import read_any
from library.gathering import readable
from library.home import taking_up
from library.home.bringing import fill, give_back, set_aside
from library.home.checks import Checks
from library.home.closed import DAMAGED, Lies, lies_in, shut, shut_twice
from library.home.key import KEY, read_key
from library.home.preferences import SETTINGS, Preferences
from library.home.roster import Roster
from library.intake.arriving import sweep
from library.intake.matching import Comparer
from library.intake.run import Inspect
from library.intake.watch import Trouble
from library.models import Check, ClosedWorkspace, Problem, Restored, WorkspaceInfo
from library.replica.receiving import receive
from library.surroundings import Surroundings
from library.tasks import Progress, Tasks, no_progress
from library.workspace import MARK, Plan, Workspace
from store.errors import StoreError
from store.room import Room
from store.waiting import to_the_end

FIRST_NAME = "Studio"
LOOK_AFTER_SECONDS = 5.0
log = logging.getLogger("gesso.workspaces")


class Workspaces:
    """Opens every workspace below `home`; makes the first one. An async context manager."""

    def __init__(
        self,
        home: Path,
        surroundings: Surroundings,
        inspect: Inspect,
        bus: Bus,
        tasks: Tasks,
        device_name: str = "",
        room: Room | None = None,
        comparer: Comparer | None = None,
        converter: Converter | None = None,
    ) -> None:
        self._comparer = comparer
        self._converter = converter
        self.room = room or Room(home, surroundings.files)
        self._home = home
        self._surroundings = surroundings
        self._inspect = inspect
        self._lay: dict[Path, Lies] = {}  # what was last seen in the folders of closed ones
        self._stack = AsyncExitStack()
        self._first_device_name = device_name or "device"
        self._unfollowed: asyncio.Queue[Library] = asyncio.Queue()
        self._running = False
        self.opened: Callable[[], None] = lambda: None  # tells whoever carries out jobs that there are more
        self._naming = asyncio.Lock()  # one at a time: two must not both find a name free
        self._bringing_in = asyncio.Lock()  # one at a time: two of the same workspace must not both find it absent
        self.bus = bus
        self.tasks = tasks
        self.key: DeviceKey
        self.preferences = Preferences(home / SETTINGS, surroundings.files)
        self._roster = Roster(self.preferences)
        self._checks = Checks(self._roster, surroundings)

    @property
    def device_name(self) -> str:
        return self.preferences.get().device_name or self._first_device_name

    async def __aenter__(self) -> Workspaces:
        files = self._surroundings.files
        files.make_folder(self._home / "workspaces")
        files.sync_folders([self._home])
        self.key = read_key(self._home / KEY, files, self._surroundings.random)
        self.preferences.read()
        try:
            for name in files.names(self._home / "workspaces"):
                await self._open(self._home / "workspaces" / name)
            if not self._roster.open and not self._roster.closed:
                await self.create(FIRST_NAME)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._roster.open.clear()
        self._roster.closed.clear()
        await self._stack.aclose()

    async def _open(self, folder: Path) -> None:
        """Open a workspace, or keep in mind why that is not possible: it must not keep the others closed."""
        files = self._surroundings.files
        try:
            # Only a workspace that was begun to its end has this file; the rest is what a kill left behind.
            if files.facts(folder / MARK) is None or taking_up.is_dropped(folder, self.preferences, files):
                return
            async with AsyncExitStack() as stack:
                workspace = await stack.enter_async_context(self._workspace(folder))
                present = self._roster.open.get(workspace.id.hex())
                if present is not None:
                    self._roster.closed.append(shut_twice(folder, present.workspace.folder, files))
                    return
                self._library(workspace).info()  # what stands on every list can be read
                await sweep(workspace)
                await tidy(workspace)
                await self._checks.look_over(workspace)
                self._stack.push_async_exit(stack.pop_all())
        except DiskFull:
            raise
        except Exception as error:  # whatever damaged rows make of us
            found = shut(folder, error, files)
            if not any((each.folder, each.why) == (folder, found.why) for each in self._roster.closed):
                log.exception("the workspace in %s cannot be opened", folder)
            self._roster.closed.append(found)
        else:
            self._add(workspace)

    def _new_folder(self) -> Path:
        return self._home / "workspaces" / self._surroundings.random.randbytes(8).hex()

    def _workspace(self, folder: Path) -> Workspace:
        return Workspace(folder, self.key, self._surroundings, self.bus, self.room)

    def _library(self, workspace: Workspace) -> Library:
        return Library(workspace, self._inspect, verify, self._name_of, self._comparer, self._converter)

    def _add(self, workspace: Workspace) -> Library:
        library = self._library(workspace)
        self._roster.open[library.id] = library
        if self._running:
            self._unfollowed.put_nowait(library)
        self.opened()
        return library

    async def run(self) -> None:
        """Follow the watched folders of every workspace, also of those that come later."""
        self._running = True
        async with asyncio.TaskGroup() as group:
            for library in self._roster.open.values():
                self._unfollowed.put_nowait(library)
            while True:
                library = await self._unfollowed.get()
                group.create_task(library.watch.run(), name=f"watch {library.id[:8]}")
                group.create_task(library.sketching.run(), name=f"sketches {library.id[:8]}")

    async def look_after(self) -> None:
        """Keep the disk's reserve, check workspaces whose disk failed, try closed ones again, until cancelled."""
        while True:
            await self._surroundings.in_thread(self.room.renew)
            await self._try_again()
            for library in self._checks.unchecked():
                if await self._checks.recover(library):
                    self._tell_changed(library)
            await self._tend()
            await self._surroundings.clock.sleep(LOOK_AFTER_SECONDS)

    async def _tend(self) -> None:
        """Set right what two devices did with a workspace's key at once."""
        for library in self.libraries():
            try:
                if library.people.to_tend():
                    await library.people.tend()
            except (LibraryError, StoreError) as error:
                log.warning("the key of the workspace %s could not be tended: %s", library.id[:8], error)

    async def _try_again(self) -> None:
        """Open what could not be opened: its drive may be back, or its file; but not while that is still written."""
        files = self._surroundings.files
        async with self._bringing_in:
            for each in list(self._roster.closed):
                lies, before = lies_in(each.folder, files), self._lay.get(each.folder)
                self._lay[each.folder] = lies
                if lies != before or not each.may_open(lies):
                    continue
                try:
                    await self._open(each.folder)
                except DiskFull as error:
                    log.warning("the workspace in %s still cannot be opened: %s", each.folder, error)
                    continue
                self._roster.closed.remove(each)
                self._tell_opened(each.folder)

    def _tell_opened(self, folder: Path) -> None:
        for library in self._roster.open.values():
            if library.workspace.folder == folder:
                log.warning("the workspace in %s could be opened again", folder)
                self._tell_changed(library)

    def _tell_changed(self, library: Library) -> None:
        self.bus.publish("workspace.changed", library.id, self.key.public.hex())

    def suspects(self) -> dict[str, str]:
        """Names of the workspaces that nothing is written to, and why."""
        return self._checks.suspects()

    def damaged(self) -> dict[str, int]:
        """Names of the workspaces in which the last check found damage, and how many things were damaged."""
        return self._checks.damaged()

    def met(self, library: Library, count: int) -> None:
        """A backup or an export came upon that much damage."""
        self._checks.met(library, count)

    def lost(self) -> dict[str, tuple[str, Glance]]:
        """Workspaces whose blobs were missing when they were opened, by id: its name, and how many of a few."""
        return self._checks.lost()

    def watched(self) -> Sequence[Trouble]:
        """What is amiss with watched folders, of every workspace."""
        return [trouble for library in self._roster.open.values() for trouble in library.watch.troubles()]

    def alike(self) -> dict[str, tuple[str, int]]:
        """Workspaces in which pictures look the same, by id: its name, and how many a person has yet to judge."""
        return self._roster.counted(lambda library: library.alike.count())

    def conflicts(self) -> dict[str, tuple[str, int]]:
        """Workspaces in which fields were set differently at once, by id: its name, and how many fields."""
        return self._roster.counted(lambda library: library.conflicts.count())

    def quarantined(self) -> dict[str, tuple[str, int]]:
        """Workspaces in which changes wait for an admin's word, and this device is one's, by id: name and how many."""
        return self._roster.counted(lambda library: library.quarantine.count())

    def missing(self) -> dict[str, tuple[str, int]]:
        """Workspaces in which originals are missing, by id: its name, and of how many pictures."""
        return self._roster.counted(Library.missing)

    def undecided(self) -> dict[str, tuple[str, int]]:
        """Workspaces with jobs and calls of which nobody knows whether they were paid: by id its name, and how many."""
        return self._roster.counted(lambda library: library.queue.unknown() + len(library.calls.unknown()))

    def damaged_jobs(self) -> dict[str, tuple[str, int]]:
        """Workspaces with jobs whose rows cannot be read: by id its name, and how many."""
        return self._roster.counted(lambda library: len(library.carrying.damaged))

    def waiting(self, of: Callable[[str], bool]) -> dict[str, tuple[str, int]]:
        """Workspaces with jobs that wait for some of the providers, by id: its name, and how many."""
        return self._roster.counted(
            lambda library: sum(count for name, count in library.queue.waiting().items() if of(name))
        )

    def _name_of(self, device: bytes) -> str:
        return self.device_name if device == self.key.public else device.hex()[:8]

    def libraries(self) -> Sequence[Library]:
        """Those that are open."""
        return list(self._roster.open.values())

    def list(self) -> list[WorkspaceInfo]:
        return [self._roster.told(library) for library in self._roster.open.values()]

    def closed(self) -> Sequence[ClosedWorkspace]:
        """Those that could not be opened."""
        return [each.told() for each in self._roster.closed]

    def default_gone(self) -> Closed | None:
        return self._roster.default_gone()

    def get(self, name: str) -> Library:
        """The workspace that is meant; what can be said and what is raised: `Roster.get`."""
        return self._roster.get(name)

    def verify(self, name: str) -> Callable[[bool, Progress], Awaitable[Check]]:
        """The check of a workspace, also of one that could not be opened."""
        return self._checks.of(name)

    def check_outside(self, path: Path, follow: Callable[[Path], Path], around: bool = False) -> None:
        """Invalid for a path in the library's own folder; `around`: also for one that holds it and is looked through.

        Blocking: `follow` gives where links lead.
        """
        own, place = follow(self._home), follow(path)
        inside = place == own or own in place.parents
        # A look through a folder passes over hidden ones.
        found = (
            around and place in own.parents and not any(part.startswith(".") for part in own.relative_to(place).parts)
        )
        if inside or found:
            message = f"{readable(path)} is the library's own folder, lies in it or holds it. Take another folder."
            raise Invalid(message, [("/path", "is the library's own")], code="invalid.library", path=readable(path))

    async def create(self, name: str) -> WorkspaceInfo:
        """Begin a workspace with this device as its first admin."""
        async with self._naming:
            return await self._create(self._roster.free(name))

    async def _create(self, clean: str) -> WorkspaceInfo:
        workspace = await self._stack.enter_async_context(self._workspace(self._new_folder()))
        member = self._surroundings.random.randbytes(16)

        def first(nonce: bytes) -> tuple[bytes, bytes]:
            operation = encode_operation(
                workspace=b"",
                kind="create",
                subject=member,
                author=self.key.public,
                nonce=nonce,
                sign=self.key.sign,
            )
            return operation.hash, operation.raw

        await workspace.found(first, clean)
        library = self._add(workspace)
        if not self.preferences.get().default or (len(self._roster.open) == 1 and not self._roster.closed):
            self.preferences.set(default=library.id)
        self._tell_changed(library)
        return self._roster.told(library)

    async def take_up(self, id: bytes, operations: Sequence[bytes], kept: Library | None = None) -> Library:
        """Make a workspace that this device was let into one of its own: its members now, the rest as others send it.

        The only workspace before is dropped if nothing was ever done in it, and it is not to be `kept`. One that is
        here already learns of the operations. Clash when they do not let this device in.
        """
        async with self._bringing_in:
            present = self._roster.open.get(id.hex())
            if present is not None:
                await receive(present.workspace, [], verify, operations)
                taking_up.ensure_admitted(present.workspace)
                return present
            folder = self._new_folder()
            try:
                async with AsyncExitStack() as stack:
                    workspace = await stack.enter_async_context(self._workspace(folder))
                    await taking_up.begin(workspace, id, operations)
                    self._stack.push_async_exit(stack.pop_all())
            except BaseException:
                await self._surroundings.in_thread(self._surroundings.files.remove_folder, folder)
                raise
            library = self._add(workspace)
            for other in [] if kept is not None else taking_up.untouched(self._roster, library):
                taking_up.drop(other, self._roster, self.preferences)
            if len(self._roster.open) == 1:
                self.preferences.set(default=library.id)
            self._tell_changed(library)
            return library

    async def bring_in(self, path: Path, progress: Progress = no_progress, *, incomplete: bool = False) -> Restored:
        """Make the workspace of a backup or full export one of this device's, under this device's own new incarnation.

        One that is here already gets back what it lacks. Whatever goes wrong, no half of a workspace stays. With
        `incomplete` pictures may be missing in the folder; they are told, and missing in the workspace then.
        """
        async with self._bringing_in:
            return await self._bring_in(path, progress, incomplete)

    async def _bring_in(self, path: Path, progress: Progress, incomplete: bool) -> Restored:
        backup = await self._surroundings.in_thread(read_any, path, verify)
        present = self._roster.open.get(backup.workspace.hex())
        if present is not None:
            count, problems = await give_back(present, backup, self.verify(present.id), progress)
            return self._restored(present, count, problems)
        for each in self._roster.closed:
            if each.id == backup.workspace.hex() and each.code != DAMAGED:
                raise each.error()  # not damaged: it may hold what the backup does not
        folder = self._new_folder()
        try:
            async with AsyncExitStack() as stack:
                workspace = await stack.enter_async_context(self._workspace(folder))
                free = self._surroundings.files.free_bytes(self._home)
                problems = await fill(workspace, backup, free, progress, incomplete=incomplete)
                self._stack.push_async_exit(stack.pop_all())
        except BaseException:
            await self._surroundings.in_thread(self._surroundings.files.remove_folder, folder)
            raise
        library = self._add(workspace)
        await self._surroundings.in_thread(set_aside, library.id, self._roster, self._home, self._surroundings.files)
        self._tell_changed(library)
        return self._restored(library, 0, problems)

    def _restored(self, library: Library, count: int, problems: Sequence[Problem]) -> Restored:
        info = msgspec.structs.asdict(self._roster.told(library))
        return Restored(**info, put_back=count, problems=[*problems])

    async def look_into(self, path: Path, progress: Progress = no_progress) -> Check:
        """Read a backup or full export to its end and say what is wrong with it; nothing is kept."""
        backup = await self._surroundings.in_thread(read_any, path, verify)
        check: Check = await to_the_end(self._surroundings.in_thread(check_blobs, backup, progress))
        return check

    async def rename(self, id: str, name: str) -> WorkspaceInfo:
        library = self.get(id)
        settings = derived_id(Kind.SETTINGS, library.workspace.id)
        async with self._naming:
            clean = self._roster.free(name, library)
            edit = (settings, lambda draft: draft.agree("name", clean))
            await library.workspace.append(Plan("workspace.rename", {"name": clean}, [edit]))
        self._tell_changed(library)
        return self._roster.told(library)

    async def make_default(self, id: str) -> WorkspaceInfo:
        library = self.get(id)
        self.preferences.set(default=library.id)
        self._tell_changed(library)
        return library.info(True)
