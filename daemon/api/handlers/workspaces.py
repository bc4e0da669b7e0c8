"""Workspaces of this device."""

from __future__ import annotations

import msgspec

from daemon.api.call import Call
from daemon.api.inputs import Name, Strict
from library.models import ClosedWorkspace, WorkspaceInfo


class WorkspaceList(msgspec.Struct, frozen=True):
    """All workspaces of this device; `closed` are those that could not be opened."""

    workspaces: list[WorkspaceInfo]
    closed: list[ClosedWorkspace]


class NewWorkspace(Strict, frozen=True):
    """What to call it."""

    name: Name


class WorkspaceChange(Strict, frozen=True, omit_defaults=True):
    """Absent means untouched."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    default: bool | msgspec.UnsetType = msgspec.UNSET


async def index(call: Call) -> WorkspaceList:
    """The workspaces of this device."""
    return WorkspaceList(call.house.workspaces.list(), list(call.house.workspaces.closed()))


async def create(call: Call, body: NewWorkspace) -> WorkspaceInfo:
    """A new, empty workspace."""
    return await call.house.workspaces.create(body.name)


async def edit(call: Call, id: str, body: WorkspaceChange) -> WorkspaceInfo:
    """Rename it, or make it the default one.

    `id` may also be its beginning or the workspace's name.
    """
    workspaces = call.house.workspaces
    meant = workspaces.get(id).id
    if body.name is not msgspec.UNSET:
        await workspaces.rename(meant, body.name)
    if body.default is True:
        await workspaces.make_default(meant)
    return next(each for each in workspaces.list() if each.id == meant)
