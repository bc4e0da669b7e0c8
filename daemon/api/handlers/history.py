"""What happened: timelines, undo, checkpoints."""

from __future__ import annotations

from typing import Annotated

import msgspec

from daemon.api.call import Call
from daemon.api.inputs import Hex16, Name, Page, Strict
from library.models import Checkpoint, Entry, Reverted


class Entries(msgspec.Struct, frozen=True):
    """Actions, newest first."""

    entries: list[Entry]


class Timeline(msgspec.Struct, frozen=True):
    """One page of the whole workspace's actions, newest first."""

    entries: list[Entry]
    next: str | None


class Undo(Strict, frozen=True):
    """Which action; null is this device's latest whose undo changes something, for a redo its latest undo since its
    last edit. With `most` it is refused (`touches_many`, with the number and the action) where it would be taken back
    on more than so many.
    """

    action: Hex16 | None = None
    most: Annotated[int, msgspec.Meta(ge=0)] | None = None


class NewCheckpoint(Strict, frozen=True):
    """What to call this moment."""

    name: Name


class Checkpoints(msgspec.Struct, frozen=True):
    """Named moments, newest first."""

    checkpoints: list[Checkpoint]


async def of_asset(call: Call, id: Hex16) -> Entries:
    """What happened to one picture."""
    return Entries(await call.library.history.of(id))


async def timeline(call: Call, query: Page) -> Timeline:
    """What happened in the workspace."""
    entries, after = await call.library.history.timeline(limit=query.limit, after=query.after)
    return Timeline(entries, after)


async def undo(call: Call, body: Undo) -> Reverted:
    """Undo one action, however many pictures it touched, as a new change; `action` of the answer is what redo takes."""
    return await call.library.history.undo(body.action, body.most)


async def redo(call: Call, body: Undo) -> Reverted:
    """Undo an undo."""
    return await call.library.history.redo(body.action, body.most)


async def checkpoints(call: Call) -> Checkpoints:
    """The named moments."""
    return Checkpoints(await call.library.checkpoints.list())


async def check(call: Call, body: NewCheckpoint) -> Checkpoint:
    """Name this moment."""
    return await call.library.checkpoints.create(body.name)
