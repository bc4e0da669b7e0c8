"""Projects."""

from __future__ import annotations

import msgspec

from daemon.api.call import Call
from daemon.api.handlers.history import Entries
from daemon.api.inputs import Hex16, Moment, Name, Strict
from library.models import Changed, Project, ProjectChange


class Projects(msgspec.Struct, frozen=True):
    """All projects of the workspace."""

    projects: list[Project]


class NewProject(Strict, frozen=True):
    """What to call it."""

    name: Name


class Edit(ProjectChange, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An edit of a project; absent means untouched."""


class WhenQuery(Strict, frozen=True):
    """As of when."""

    when: Moment


class When(Strict, frozen=True):
    """To which moment."""

    when: Moment


async def index(call: Call) -> Projects:
    """All projects."""
    return Projects(await call.library.projects.list())


async def create(call: Call, body: NewProject) -> Project:
    """A new project."""
    return await call.library.projects.create(body.name)


async def show(call: Call, id: Hex16) -> Project:
    """One project; its pictures are found by `q=project:ID`."""
    return await call.library.projects.show(id)


async def edit(call: Call, id: Hex16, body: Edit) -> Project:
    """Edit its name, brief, colour, what its pictures are made with or whether it is archived."""
    return await call.library.projects.edit(id, body)


async def duplicate(call: Call, id: Hex16, body: NewProject) -> Project:
    """A new project with the same settings and pictures."""
    return await call.library.projects.duplicate(id, body.name)


async def history(call: Call, id: Hex16) -> Entries:
    """What happened to it."""
    return Entries(await call.library.projects.history(id))


async def at(call: Call, id: Hex16, query: WhenQuery) -> Project:
    """As it was; its pictures then are found by `q=project:ID&at=WHEN`."""
    return await call.library.projects.at(id, query.when)


async def restore(call: Call, id: Hex16, body: When) -> Changed:
    """Bring it and what it holds back to what it was, as a new change."""
    return await call.library.projects.restore(id, body.when)
