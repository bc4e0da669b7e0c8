"""Watched folders."""

from __future__ import annotations

from typing import Annotated

import msgspec

from daemon.api.call import Call
from daemon.api.inputs import Place, Strict
from library.models import Watched

WatchedId = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{1,64}$")]


class WatchedList(msgspec.Struct, frozen=True):
    """All watched folders of the workspace."""

    watched: list[Watched]


class NewWatched(Strict, frozen=True):
    """A folder; its pictures are copied, or left in place and referred to."""

    path: Place
    reference: bool = False


async def index(call: Call) -> WatchedList:
    """The watched folders and how each is watched."""
    return WatchedList(list(await call.library.watch.list()))


async def add(call: Call, body: NewWatched) -> Watched:
    """Watch a folder: what is in it is imported, and what comes later too."""
    return await call.library.watch.add(body.path, body.reference)


async def remove(call: Call, id: WatchedId) -> None:
    """Watch no longer; what was imported stays."""
    await call.library.watch.remove(id)
