"""Long work under way."""

from __future__ import annotations

from typing import Annotated

import msgspec

from daemon.api.call import Call
from library.tasks import Task

TaskId = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$")]


class TaskList(msgspec.Struct, frozen=True):
    """The last hundred, oldest first."""

    tasks: list[Task]


async def index(call: Call) -> TaskList:
    """Long work of this daemon, under way and ended."""
    return TaskList(call.house.tasks.list())


async def show(call: Call, id: TaskId) -> Task:
    """One of them."""
    return call.house.tasks.get(id)


async def cancel(call: Call, id: TaskId) -> Task:
    """Ask it to stop; what it had finished stays."""
    return call.house.tasks.cancel(id)
