"""What the checks of this device's workspaces found, and the check after which a failed disk is trusted again."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from identity.keys import verify
from library.care.care import verify_folder
from library.care.faults import LEFT_OVER
from library.care.glancing import Glance, glance
from library.catalog import Library
from library.errors import Closed, LibraryError
from library.home.roster import Roster
from library.models import Check
from library.surroundings import Surroundings
from library.tasks import Progress
from library.workspace import Workspace
from store.errors import StoreError
from store.waiting import to_the_end

log = logging.getLogger("gesso.workspaces")


class Damage(NamedTuple):
    """How many things a check found damaged, and whether it read the bytes of every blob."""

    things: int
    read_data: bool


class Checks:
    """Of every workspace, also of those that could not be opened."""

    def __init__(self, roster: Roster, surroundings: Surroundings) -> None:
        self._roster = roster
        self._surroundings = surroundings
        self._damage: dict[str, Damage] = {}  # that the last check of a workspace found, by its id or folder
        self._lost: dict[str, Glance] = {}  # what a glance at an opened one missed, until it is checked
        self._broken: set[str] = set()  # workspaces that a check after a failed write did not find whole

    def of(self, name: str) -> Callable[[bool, Progress], Awaitable[Check]]:
        """The check of a workspace, also of one that could not be opened."""
        try:
            library = self._roster.get(name)
            subject, look = library.id, library.care.verify
        except Closed as problem:
            if "folder" not in problem.params:
                raise
            subject = problem.params["folder"]
            look = partial(self._verify_closed, Path(subject))

        async def check(read_data: bool, progress: Progress) -> Check:
            found = await look(read_data, progress)
            self._note(subject, found, read_data)
            return found

        return check

    async def _verify_closed(self, folder: Path, read_data: bool, progress: Progress) -> Check:
        around = self._surroundings
        job = (folder, around, verify, False, read_data, progress)
        found: Check = await to_the_end(around.in_thread(verify_folder, *job))
        return found

    def _note(self, subject: str, check: Check, read_data: bool) -> None:
        """Keep in mind what a check found. One that reads no data takes back nothing that one that did found."""
        self._lost.pop(subject, None)
        before = self._damage.get(subject)
        count = sum(each.code not in LEFT_OVER for each in check.problems)
        if count:
            self._damage[subject] = Damage(count, read_data)
        elif before is not None and (read_data or not before.read_data):
            del self._damage[subject]

    def met(self, library: Library, count: int) -> None:
        """Keep in mind the damage that a backup or an export came upon, until a check that reads data is clean."""
        if count:
            before = self._damage.get(library.id)
            self._damage[library.id] = Damage(max(count, before.things if before else 0), read_data=True)

    async def look_over(self, workspace: Workspace) -> None:
        """A glance at the blobs of a workspace that is opened: a folder may be gone without anything else to tell."""
        found = await workspace.database.read(lambda connection: glance(connection, workspace.blobs.has))
        if found.missing:
            log.error("of %d blobs of the workspace %s %d are missing", found.looked, workspace.folder, found.missing)
            self._lost[workspace.id.hex()] = found

    def lost(self) -> dict[str, tuple[str, Glance]]:
        """Workspaces whose blobs a glance missed, by id: its name, and how many."""
        return {
            library.id: (self._roster.called(library), self._lost[library.id])
            for library in self._roster.open.values()
            if library.id in self._lost
        }

    def damaged(self) -> dict[str, int]:
        """Names of the workspaces in which the last check found damage, and how many things were damaged."""
        return {
            self._roster.called(library): self._damage[library.id].things
            for library in self._roster.open.values()
            if library.id in self._damage
        }

    def suspects(self) -> dict[str, str]:
        """Names of the workspaces that nothing is written to, and why."""
        return {
            self._roster.called(library): library.workspace.condition.suspect
            for library in self._roster.open.values()
            if library.workspace.condition.suspect is not None
        }

    def unchecked(self) -> Iterator[Library]:
        """Those whose disk failed and that were not found damaged since, each as it is when its turn comes."""
        for library in list(self._roster.open.values()):
            if library.workspace.condition.suspect is not None and library.id not in self._broken:
                yield library

    async def recover(self, library: Library) -> bool:
        """Reopen and verify; only what is found whole is written again. Whether it is."""
        try:
            await library.workspace.reopen()
            check = await library.care.verify()
            problems = [each for each in check.problems if each.code not in LEFT_OVER]
            if not problems:
                await self._surroundings.in_thread(library.workspace.trust)
        except (LibraryError, StoreError, OSError) as error:
            log.warning("the workspace %s is still not to be trusted: %s", library.id[:8], error)
            return False
        if problems:
            log.error("the workspace %s has %d problems after its disk failed", library.id[:8], len(problems))
            self._broken.add(library.id)
            library.workspace.condition.suspect = (
                f"The disk failed, and {len(problems)} things were found damaged. `gesso verify` names them."
            )
            return False
        log.warning("the workspace %s was checked after its disk failed, and is whole", library.id[:8])
        return True
