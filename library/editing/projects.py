"""Projects: made, described, archived, duplicated; their pictures are those that name them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from documents.draft import Draft
from documents.kinds import Kind
from library.editing.actions import (
    MOST_NAME,
    UNSET,
    clean_color,
    clean_name,
    clean_text,
    new_id,
    read_id,
    read_text,
    write_text,
)
from library.editing.assets import Past, read_values
from library.editing.inverse import revert
from library.editing.news import carry_out
from library.errors import Clash, NotFound
from library.models import Changed, Entry, Making, Project, ProjectChange
from library.values import MAKING
from library.workspace import Edit, Workspace
from store.database import Connection

MOST_PROVIDER, MOST_MODEL = 100, 300
Entries = list[Entry]
SELECT = (
    "SELECT p.id, p.name, p.brief, p.color, p.archived, p.conflicts, p.created_at, p.updated_at, p.provider, p.model,"
    " (SELECT count(*) FROM member AS m JOIN asset AS a ON a.row = m.row"
    "  WHERE m.project = p.id AND a.binned_at IS NULL),"
    " (SELECT a.thumbnail FROM member AS m JOIN asset AS a ON a.row = m.row"
    "  WHERE m.project = p.id AND a.binned_at IS NULL ORDER BY m.place, a.row DESC LIMIT 1)"
    " FROM project AS p"
)


Timeline = Callable[[str], Awaitable[list[Entry]]]


class Projects:
    """The projects of one workspace."""

    def __init__(self, workspace: Workspace, past: Past, timeline: Timeline) -> None:
        self._workspace = workspace
        self._past = past
        self._timeline = timeline

    async def list(self) -> list[Project]:
        """All of them, archived ones last, by name."""
        return await self._workspace.database.read(all_projects)

    async def show(self, id: str) -> Project:
        found = read_id(id, Kind.PROJECT)
        return await self._workspace.database.read(lambda connection: _find(connection, found))

    async def history(self, id: str) -> Entries:
        """The project's own actions, newest first."""
        await self.show(id)
        return await self._timeline(id)

    async def at(self, id: str, when: str) -> Project:
        """The project as it was; its pictures then are a search with the same moment."""
        found = read_id(id, Kind.PROJECT)
        project: Project = await self._then(lambda past: _find(past, found), id, when)
        return project

    async def _then(self, read: Callable[[Connection], Any], id: str, when: str) -> Any:
        """What is read of a project at a moment; NotFound says whether there is none or was none yet."""
        try:
            return await self._past(read, when)
        except NotFound as error:
            if error.code != "no_project":
                raise
            name = (await self.show(id)).name
            message = f"The project “{name}” did not exist at that moment."
            hint = "`gesso log` with the project's name shows since when there is one."
            raise NotFound(message, code="project_not_yet", hint=hint, name=name) from error

    async def restore(self, id: str, when: str) -> Changed:
        """Write the project and which pictures it holds as they were, as one new action."""
        found = read_id(id, Kind.PROJECT)
        then, members, name = await self._then(
            lambda past: (read_values(past, found), _members(past, found), _find(past, found).name), id, when
        )

        def edits(connection: Connection) -> list[Edit]:
            now, present = read_values(connection, found), _members(connection, found)
            writes: list[Edit] = [(found, lambda draft: revert(draft, Kind.PROJECT, then, now, 0, created=False))]
            writes += [(asset, _leaver(id)) for asset in present.keys() - members.keys()]
            writes += [(asset, _joiner(id, place)) for asset, place in members.items() if present.get(asset) != place]
            return sorted(writes, key=lambda write: write[0])

        return await carry_out(self._workspace, "project.restore", {"name": name, "when": when[:60]}, edits)

    async def create(self, name: str) -> Project:
        clean = _name(name)
        id = new_id(self._workspace.surroundings, Kind.PROJECT)
        now = self._workspace.surroundings.clock.now()

        def write(draft: Draft) -> None:
            draft.agree("name", clean)
            draft.put_absent("at", now)

        def edits(connection: Connection) -> list[Edit]:
            refuse_second_project(connection, id, clean)
            return [(id, write)]

        await carry_out(self._workspace, "project.create", {"name": clean}, edits)
        return await self.show(id.hex())

    async def edit(self, id: str, change: ProjectChange) -> Project:
        before = await self.show(id)
        values: dict[str, Any] = {}
        if change.name is not UNSET:
            values["name"] = _name(change.name)
        if change.color is not UNSET:
            values["color"] = clean_color(change.color)
        if change.archived is not UNSET:
            values["archived"] = change.archived
        making = clean_making(change.making) if change.making is not UNSET else UNSET
        brief = read_text(change, "brief")

        def write(draft: Draft) -> None:
            for field, value in values.items():
                draft.agree(field, value)
            if brief is not None:
                write_text(draft, "brief", *brief)
            if making is not UNSET:
                _write_making(draft, making)

        def edits(connection: Connection) -> list[Edit]:
            key = read_id(id, Kind.PROJECT)
            if values.get("name", before.name) != before.name:
                refuse_second_project(connection, key, values["name"])
            return [(key, write)]

        others = [*(["brief"] if brief is not None else []), *(["making"] if making is not UNSET else [])]
        fields = sorted([*values, *others])
        await carry_out(
            self._workspace, "project.edit", {"name": values.get("name", before.name), "fields": fields}, edits
        )
        return await self.show(id)

    async def duplicate(self, id: str, name: str) -> Project:
        """A new project with the same brief, colour and pictures, made with the same."""
        source, clean = await self.show(id), _name(name)
        new = new_id(self._workspace.surroundings, Kind.PROJECT)
        now = self._workspace.surroundings.clock.now()

        def write(draft: Draft) -> None:
            draft.agree("name", clean)
            draft.put_absent("at", now)
            draft.write_text("brief", source.brief)
            if source.color:
                draft.agree("color", source.color)
            _write_making(draft, source.making)

        def edits(connection: Connection) -> list[Edit]:
            refuse_second_project(connection, new, clean)
            members = _members(connection, bytes.fromhex(id))
            return [(new, write), *((asset, _joiner(new.hex(), place)) for asset, place in members.items())]

        await carry_out(self._workspace, "project.duplicate", {"name": clean, "source": source.name}, edits)
        return await self.show(new.hex())


def all_projects(connection: Connection) -> list[Project]:
    """All of them, archived ones last, by name."""
    rows = connection.execute(f"{SELECT} ORDER BY p.archived, p.name COLLATE NOCASE, p.id")
    return [_project(row) for row in rows]


def _find(connection: Connection, id: bytes) -> Project:
    row = connection.execute(f"{SELECT} WHERE p.id=?", (id,)).fetchone()
    if row is None:
        raise NotFound(f"There is no project {id.hex()}.", code="no_project", id=id.hex())
    return _project(row)


def _members(connection: Connection, project: bytes) -> dict[bytes, str]:
    """The pictures of a project and their order keys."""
    rows = connection.execute(
        "SELECT a.id, m.place FROM member AS m JOIN asset AS a ON a.row = m.row WHERE m.project=?", (project,)
    )
    return dict(rows.fetchall())


def _leaver(project: str) -> Callable[[Draft], None]:
    return lambda draft: draft.drop_entry("projects", project)


def _joiner(project: str, place: str) -> Callable[[Draft], None]:
    return lambda draft: draft.put_entry("projects", project, place)


def _project(row: tuple[Any, ...]) -> Project:
    id, name, brief, color, archived, conflicts, created_at, updated_at, provider, model, assets, cover = row
    return Project(
        id=id.hex(),
        name=name,
        brief=brief,
        color=color or None,
        archived=bool(archived),
        assets=assets,
        cover=cover.hex() if cover else None,
        created_at=created_at,
        updated_at=updated_at,
        conflicts=json.loads(conflicts),
        making=Making(provider=provider, model=model) if provider else None,
    )


def _name(name: str) -> str:
    return clean_name(name, "A project needs a name.", MOST_NAME)


def refuse_second_project(connection: Connection, id: bytes, name: str) -> None:
    """Two of one name could not be told apart, archived or not; made on two devices at once, both stay."""
    if connection.execute("SELECT 1 FROM project WHERE name=? AND id<>?", (name, id)).fetchone():
        raise Clash(f"There is a project called “{name}” already.", code="project_exists", name=name)


def _write_making(draft: Draft, making: Making | None) -> None:
    """Both keys afresh, also the one that stays: of two devices that write at once, one has its way with both."""
    wanted = {} if making is None else dict(zip(MAKING, (making.provider, making.model), strict=True))
    if {key: value for key, value in draft.values("settings").items() if key in MAKING} == wanted:
        return
    for key in MAKING:
        draft.drop_entry("settings", key)
    for key, value in wanted.items():
        draft.put_entry("settings", key, value)


def clean_making(making: Making | None) -> Making | None:
    if making is None:
        return None
    provider = clean_name(making.provider, "A provider has a name.", MOST_PROVIDER)
    model = clean_text(making.model, "/making/model", MOST_MODEL).strip()
    return Making(provider=provider, model=model)
