"""Workspaces of this device that could not be opened: which, where, why, and what can still be done with them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from library.errors import Closed
from library.models import ClosedWorkspace
from library.workspace import MARK
from store.errors import StoreBusy, StoreDenied, StoreError, StoreSuspect, StoreTooNew
from store.files import Files

HEX_DIGITS = 64
DAMAGED = Closed.code
UPGRADE = "Upgrade Gesso; this one left the workspace alone."
RIGHTS = "Check the disk and that you may read the folder, then restart Gesso. Nothing was changed."
TWICE = "Move one of the two folders away without deleting it, then restart Gesso."


class Shut(NamedTuple):
    """One of them. `id` as its mark says; empty when that cannot be read."""

    id: str
    folder: Path
    code: str
    hint: str
    why: str

    def error(self) -> Closed:
        """What whoever asks for it is told."""
        folder = str(self.folder)
        message = f"The workspace in {folder} cannot be opened: {self.why}"
        return Closed(message, code=self.code, hint=self.hint, folder=folder, why=self.why)

    def told(self) -> ClosedWorkspace:
        told = self.error()
        return ClosedWorkspace(
            id=self.id, folder=str(self.folder), code=self.code, what=str(told), hint=told.hint, why=self.why
        )

    def is_called(self, name: str) -> bool:
        """Whether that means this one: its id, the beginning of it, or its folder's name. Its own cannot be read."""
        return name in (self.id, self.folder.name) or (len(name) >= 4 and self.id.startswith(name))


def shut(folder: Path, error: Exception, files: Files) -> Shut:
    """What is known of a workspace that failed to open."""
    cause = error.__cause__ if isinstance(error.__cause__, StoreError) else error
    why = str(cause) if isinstance(cause, StoreError) else f"{type(cause).__name__}: {cause}"
    if isinstance(cause, StoreTooNew):
        return Shut(_id_of(folder, files), folder, "workspace_newer", UPGRADE, why)
    if isinstance(cause, (StoreDenied, StoreSuspect, StoreBusy, OSError)):
        return Shut(_id_of(folder, files), folder, "workspace_unreadable", RIGHTS, why)
    return Shut(_id_of(folder, files), folder, DAMAGED, "", why)


def shut_twice(folder: Path, other: Path, files: Files) -> Shut:
    """One that lies in another folder too, which was opened: written to both, they would fork."""
    return Shut(_id_of(folder, files), folder, "workspace_twice", TWICE, f"It lies in {other} too.")


def _id_of(folder: Path, files: Files) -> str:
    try:
        id = files.read(folder / MARK).decode("ascii").strip()
    except (OSError, ValueError):
        return ""
    return id if len(id) == HEX_DIGITS else ""
