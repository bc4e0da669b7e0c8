"""Workspaces of this device that could not be opened: which, where, why, and what can still be done with them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from library.errors import Closed, Damaged, of_system
from library.gathering import readable
from library.models import Check, ClosedWorkspace, Problem
from library.workspace import DATABASE, MARK
from store.errors import StoreBusy, StoreDenied, StoreError, StoreSuspect, StoreTooNew
from store.files import FileFacts, Files

HEX_DIGITS = 64
DAMAGED = Closed.code
UPGRADE = "Upgrade Gesso; this one left the workspace alone."
UNREADABLE = "workspace_unreadable"
RIGHTS = "Check the disk and that you may read the folder; Gesso tries again by itself. Nothing was changed."
CHOOSE = (
    "Put its folder back and restart Gesso, or bring it back: `gesso restore --backup DIR`. To go on with another: "
    "`gesso workspace use NAME`; `gesso workspace ls` shows which there are."
)
TWICE = "Move one of the two folders away without deleting it, then restart Gesso."


Lies = tuple[FileFacts | None, ...]  # what lies in a folder; nothing when even that cannot be told


def default_gone(id: str) -> Closed:
    """What whoever asks for the default workspace is told when its folder is no more: another is not meant by it."""
    message = f"The default workspace ({id[:12]}) is not on this device any more: its folder was moved or deleted."
    return Closed(message, code="default_gone", hint=CHOOSE, id=id[:12])


def log_damaged(folder: Path, problems: list[Problem]) -> Damaged:
    """What a restore answers that cannot help a workspace in its place: it lacks nothing, what it has is damaged."""
    place, count = readable(folder), str(len(problems))
    message = f"Nothing of the backup is missing in that workspace, but its log is damaged here: {count} things."
    hint = (
        f"Stop Gesso, move the folder {place} away without deleting it, start Gesso and run the restore again. "
        "What was done since the backup stays in that folder."
    )
    error = Damaged(message, code="log_damaged_here", hint=hint, folder=place, count=count)
    error.report = Check(checked=0, problems=problems)
    return error


class Shut(NamedTuple):
    """One of them. `id` as its mark says; empty when that cannot be read. `lies` is what lay in the folder then.

    `why` is English; `params` has its code, as `cause`, and what fills the sentence.
    """

    id: str
    folder: Path
    code: str
    hint: str
    why: str
    params: Mapping[str, str]
    lies: Lies = ()

    def error(self) -> Closed:
        """What whoever asks for it is told."""
        folder = str(self.folder)
        message = f"The workspace in {folder} cannot be opened: {self.why}"
        return Closed(message, code=self.code, hint=self.hint, folder=folder, why=self.why, **self.params)

    def told(self) -> ClosedWorkspace:
        told = self.error()
        return ClosedWorkspace(
            id=self.id,
            folder=str(self.folder),
            code=self.code,
            what=str(told),
            hint=told.hint,
            why=self.why,
            params=dict(self.params),
        )

    def may_open(self, lies: Lies) -> bool:
        """Whether it is worth a try: other files lie there, or it could not be read, which no file tells of."""
        return lies[:1] not in ((), (None,)) and (self.code == UNREADABLE or lies != self.lies)

    def is_called(self, name: str) -> bool:
        """Whether that means this one: its id, the beginning of it, or its folder's name. Its own cannot be read."""
        return name in (self.id, self.folder.name) or (len(name) >= 4 and self.id.startswith(name))


def shut(folder: Path, error: Exception, files: Files) -> Shut:
    """What is known of a workspace that failed to open."""
    cause = error.__cause__ if isinstance(error.__cause__, StoreError) else error
    why = str(cause) if isinstance(cause, StoreError) else f"{type(cause).__name__}: {cause}"
    code, hint = DAMAGED, ""
    if isinstance(cause, StoreTooNew):
        code, hint = "workspace_newer", UPGRADE
    elif isinstance(cause, (StoreDenied, StoreSuspect, StoreBusy, OSError)):
        code, hint = UNREADABLE, RIGHTS
    return Shut(_id_of(folder, files), folder, code, hint, why, _params(cause), lies_in(folder, files))


def _params(error: BaseException) -> dict[str, str]:
    """The code of what an error says, and what fills the sentence."""
    if isinstance(error, StoreError) and error.cause:
        return {"cause": error.cause, **error.values}
    if isinstance(error, OSError):
        return {"cause": "denied", "name": Path(os.fsdecode(error.filename or DATABASE)).name, **of_system(error)}
    return {"cause": "unreadable"}


def shut_twice(folder: Path, other: Path, files: Files) -> Shut:
    """One that lies in another folder too, which was opened: written to both, they would fork."""
    why, params = f"It lies in {other} too.", {"cause": "twice", "other": readable(other)}
    return Shut(_id_of(folder, files), folder, "workspace_twice", TWICE, why, params)


def lies_in(folder: Path, files: Files) -> Lies:
    """The mark and the database as they lie there."""
    try:
        return tuple(files.facts(folder / name) for name in (MARK, DATABASE, f"{DATABASE}-wal"))
    except OSError:
        return ()


def _id_of(folder: Path, files: Files) -> str:
    try:
        id = files.read(folder / MARK).decode("ascii").strip()
    except (OSError, ValueError):
        return ""
    return id if len(id) == HEX_DIGITS else ""
