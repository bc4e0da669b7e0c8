"""Care of a workspace: digest, verify, rebuild, backup, export, and bringing a backup in."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from daemon.api.call import Call
from daemon.api.inputs import Name, Place, Query, Selection, Strict
from daemon.errors import Refused
from library.errors import LogDamaged
from library.models import Digest
from library.tasks import Progress, Task

URL = "file://"  # no absolute path begins so


class Verify(Strict, frozen=True):
    """Whether every blob's bytes are read and hashed, which takes long, and whether what is missing or damaged here and
    on other devices comes again from them.
    """

    read_data: bool = False
    fetch: bool = False


class Target(Strict, frozen=True):
    """A folder or file on this device."""

    path: Place


class Export(Strict, frozen=True):
    """Pictures as files into a folder: some, those a query finds, or all. `everything`: the whole workspace with its
    log, in a folder that can be restored. `preset`: an export preset by id or name; with `dry_run` the task only tells
    what it would write.
    """

    path: Place
    assets: Selection | None = None
    q: Query | None = None
    everything: bool = False
    preset: Name | None = None
    dry_run: bool = False


class Restore(Strict, frozen=True):
    """A folder on this device with a backup or a full export. `incomplete`: what is missing in it keeps nothing else
    from being taken in. `dry_run`: it is read to its end and nothing is kept.
    """

    path: Place
    incomplete: bool = False
    dry_run: bool = False


async def digest(call: Call) -> Digest:
    """The state digest: equal on devices that hold the same."""
    return await call.library.care.digest()


async def verify(call: Call, body: Verify) -> Task:
    """Check everything that is stored, also of a workspace that cannot be opened; the task's result is a Check."""
    check = call.house.workspaces.verify(call.path["workspace"])
    mending = call.library.mending if body.fetch else None

    async def work(progress: Progress) -> Any:
        found = await check(body.read_data, progress)
        return found if mending is None else await mending.mend(found)

    return call.house.tasks.start("verify", work)


async def rebuild(call: Call) -> Task:
    """Make all rows anew from the log; the task's result is a Digest."""
    return call.house.tasks.start("rebuild", call.library.care.rebuild)


async def backup(call: Call, body: Target) -> Task:
    """Copy the workspace whole; what comes out can be restored on any machine."""
    library, path, met = call.library, absolute(body.path, "/path"), call.house.workspaces.met
    await asyncio.to_thread(call.house.workspaces.check_outside, path, Path.resolve)

    async def work(progress: Progress) -> Any:
        try:
            told = await library.care.backup(path, progress)
        except LogDamaged:
            met(library, 1)
            raise
        met(library, len(told["damaged"]))
        return told

    return call.house.tasks.start("backup", work, await asyncio.to_thread(path.resolve))


async def export(call: Call, body: Export) -> Task:
    """Write pictures as ordinary files, with what is known about each beside it; as a preset says; or everything."""
    if body.assets is not None and body.q is not None:
        raise Refused(422, "invalid", "Give `assets` or `q`, not both.", errors=[("/q", "Not with `assets`.")])
    if body.everything and (body.assets is not None or body.q is not None):
        raise Refused(422, "invalid", "`everything` takes no choice.", errors=[("/everything", "Alone, please.")])
    if body.everything and body.preset is not None:
        raise Refused(422, "invalid", "`everything` takes no preset.", errors=[("/preset", "Not with `everything`.")])
    if body.dry_run and body.preset is None:
        raise Refused(422, "invalid", "`dry_run` needs a `preset`.", errors=[("/dry_run", "Only with `preset`.")])
    library, path, met = call.library, absolute(body.path, "/path"), call.house.workspaces.met
    preset = None if body.preset is None else await library.presets.show(body.preset)
    await asyncio.to_thread(call.house.workspaces.check_outside, path, Path.resolve)

    async def work(progress: Progress) -> Any:
        if preset is not None:
            return await library.care.deliver(
                path, preset, progress, q=body.q, assets=body.assets, dry_run=body.dry_run
            )
        if not body.everything:
            told = await library.care.export(path, progress, q=body.q, assets=body.assets)
            met(library, len(told["damaged"]))
            return told
        try:
            whole = await library.everything.export(path, progress)
        except LogDamaged:
            met(library, 1)
            raise
        met(library, sum(each.code == "export.damaged" for each in whole.problems))
        return whole

    return call.house.tasks.start("export", work, None if body.dry_run else await asyncio.to_thread(path.resolve))


async def restore(call: Call, body: Restore) -> Task:
    """Make a backup or full export a workspace of this device; the task's result is a Restored, or a Check if dry."""
    workspaces, path = call.house.workspaces, absolute(body.path, "/path")

    async def work(progress: Progress) -> Any:
        if body.dry_run:
            return await workspaces.look_into(path, progress)
        return await workspaces.bring_in(path, progress, incomplete=body.incomplete)

    return call.house.tasks.start("restore", work)


def absolute(text: str, pointer: str) -> Path:
    """A path that means the same to the daemon as to the caller; as a file's URL where its name is no text."""
    path = Path(os.fsdecode(unquote_to_bytes(text.removeprefix(URL)))) if text.startswith(URL) else Path(text)
    if not path.is_absolute():
        raise Refused(422, "not_absolute", f"{text} is not absolute.", errors=[(pointer, "Give an absolute path.")])
    return path
