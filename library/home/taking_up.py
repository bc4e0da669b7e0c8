"""A workspace that others have becomes one of this device's, in the place of one in which nothing was ever done."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from documents.kinds import Kind
from identity.keys import verify
from library.catalog import Library
from library.errors import Clash
from library.home.preferences import Preferences
from library.home.roster import Roster
from library.replica.receiving import receive
from library.workspace import MARK, Workspace
from store.database import Connection
from store.errors import StoreError
from store.files import Files

DONE = ("job", "batch", "ledger", "watched", "reference", "source", "blob")  # rows that somebody's work has left
log = logging.getLogger("gesso.workspaces")


async def begin(workspace: Workspace, id: bytes, operations: Sequence[bytes]) -> None:
    """Make an empty folder a place of the workspace, as far as its membership log goes. Marked when it is whole."""
    await workspace.prepare(id)
    await receive(workspace, [], verify, operations)
    ensure_admitted(workspace)
    workspace.mark()


def ensure_admitted(workspace: Workspace) -> None:
    """Clash when this device has no role by what is known."""
    if workspace.members.role_of(workspace.device) is None:
        message = "This device was not let into the workspace. Pair it again."
        raise Clash(message, code="not_admitted")


def untouched(roster: Roster, beside: Library) -> list[Library]:
    """The one workspace there was before, if it is empty and nobody else's: what a first start makes."""
    others = [each for each in roster.open.values() if each is not beside]
    if len(others) != 1 or roster.closed:
        return []
    return [each for each in others if _is_untouched(each.workspace)]


def _is_untouched(workspace: Workspace) -> bool:
    if len(workspace.members.rule.decision.standing.devices) > 1:
        return False

    def work(connection: Connection) -> bool:
        documents = [id for (id,) in connection.execute("SELECT id FROM document LIMIT 2")]
        if any(id[0] != Kind.SETTINGS for id in documents):
            return False
        return not any(connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() for table in DONE)

    return workspace.database.read_now(work)


def drop(library: Library, roster: Roster, preferences: Preferences) -> None:
    """Show it no more. Its folder goes at the next start, when nothing holds it open."""
    del roster.open[library.id]
    chosen = preferences.get()
    default = "" if chosen.default == library.id else chosen.default
    preferences.set(dropped=(*chosen.dropped, library.id), default=default)


def is_dropped(folder: Path, preferences: Preferences, files: Files) -> bool:
    """Whether the folder is of a dropped workspace; it is removed then."""
    dropped = preferences.get().dropped
    if not dropped:
        return False
    try:
        id = files.read(folder / MARK).decode("ascii", "replace").strip()
        if id not in dropped:
            return False
        files.remove_folder(folder)
    except (OSError, StoreError) as error:
        log.warning("the empty workspace in %s could not be removed: %s", folder, error)
        return True
    preferences.set(dropped=tuple(each for each in dropped if each != id))
    return True
