"""A backup or full export becomes a workspace of this device, or gives the one that is here back what it lacks."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from identity.keys import verify
from library.care.care import Care
from library.care.faults import of_log
from library.catalog import Library
from library.errors import Clash, Damaged
from library.export.fetching import Backup, copy_blobs
from library.export.restoring import put_back, take_in, take_recovery
from library.home.closed import log_damaged
from library.home.roster import Roster
from library.models import Check, Problem
from library.tasks import Progress
from library.workspace import Workspace
from store.files import Files
from store.waiting import to_the_end

ASIDE = "set-aside"  # folder of damaged workspaces that were brought back from a backup
log = logging.getLogger("gesso.workspaces")


async def give_back(
    library: Library, backup: Backup, check: Callable[[bool, Progress], Awaitable[Check]], progress: Progress
) -> tuple[int, list[Problem]]:
    """Put back what the workspace lacks: of how much, and what is still wrong. Clash where it lacks nothing."""
    count, problems = await put_back(library.workspace, backup, verify, progress)
    damage = [each for each in (await check(False, progress)).problems if of_log(each)]
    if damage and not count:
        raise log_damaged(library.workspace.folder, damage)
    if not count:
        message = "That workspace is on this device already, and nothing of the backup is missing in it."
        raise Clash(message, code="workspace_exists", id=library.id)
    return count, [*problems, *damage]


async def fill(
    workspace: Workspace, backup: Backup, free: int, progress: Progress, *, incomplete: bool
) -> list[Problem]:
    """Make an empty folder the workspace of a backup, where `free` bytes can be written. Marked when it is whole."""
    around = workspace.surroundings
    job = (backup, workspace.blobs, free, progress, incomplete)
    problems: list[Problem] = [*await to_the_end(around.in_thread(copy_blobs, *job))]
    await take_in(workspace, backup, verify)
    digest = (await Care(workspace, verify).digest()).digest
    if digest != backup.digest:
        message = "The backup gives another state than it says: part of it is missing. Nothing was changed."
        raise Damaged(message, code="backup_damaged", detail=digest)
    await around.in_thread(take_recovery, workspace, backup)
    workspace.mark()
    return problems


def set_aside(id: str, roster: Roster, home: Path, files: Files) -> None:
    """Move the folders away that this workspace was brought back in the place of. Nothing in them is deleted."""
    for each in [each for each in roster.closed if each.id == id]:
        files.make_folder(home / ASIDE)
        files.rename(each.folder, home / ASIDE / each.folder.name)
        files.sync_folders([home, home / ASIDE, each.folder.parent])
        roster.closed.remove(each)
        log.warning("the damaged folder %s was moved to %s", each.folder, home / ASIDE)
