"""Projects: a name, a brief and the pictures that belong together."""

from __future__ import annotations

from typing import Any

from commands.collected.named import change, duplicate, name_line, place, show_history
from commands.errors import WrongUsage
from commands.finding import find_assets, find_project
from commands.search import PAGE, find_page, show_found, show_items
from commands.session import Session
from commands.terminal.output import safe, safe_lines, short, show_facts, show_table, when
from commands.terminal.texts import say
from commands.verbs import Noun, argument, assets, option

project = Noun("project")


@project.verb("ls", option("--all", "archived", is_flag=True))
def ls(session: Session, archived: bool) -> None:
    answer = session.daemon.get(session.within("projects"))
    shown = [each for each in answer["projects"] if archived or not each["archived"]]

    def show() -> None:
        rows = [(short(each["id"]), each["assets"], when(each["updated_at"]), name_line(each)) for each in shown]
        if rows:
            show_table(("column.id", "column.pictures", "column.changed", "column.name"), rows, right=(1,))
        else:
            session.hint("project.none")

    session.answer({"projects": shown}, show)


@project.verb("create", argument("name"), option("--brief", metavar="TEXT"))
def create(session: Session, name: str, brief: str | None) -> None:
    made = session.daemon.post(session.within("projects"), {"name": name})
    if brief:
        made = change(session, "projects", made, {"brief": brief})
    session.confirm_line(made, "project.created", name=safe(name), id=short(made["id"]))


@project.verb("show", argument("project"), option("-n", "--limit", metavar="N", type=int, default=PAGE))
def show(session: Session, project: str, limit: int) -> None:
    found = find_project(session, project)
    page = find_page(session, f"project:{found['id']}", sort="newest", at=None, limit=limit, after=None)
    session.answer({**found, **page}, lambda: show_project(session, found, page))


def show_project(session: Session, found: dict[str, Any], page: dict[str, Any]) -> None:
    show_facts(
        [
            ("fact.name", name_line(found)),
            ("fact.id", found["id"]),
            ("fact.color", found["color"]),
            ("fact.making", making_of(found)),
            ("fact.pictures", found["assets"]),
            ("fact.created", when(found["created_at"])),
            ("fact.changed", when(found["updated_at"])),
        ]
    )
    if found["brief"]:
        print("\n" + safe_lines(found["brief"]) + "\n")
    show_found(session, page)


@project.verb(
    "edit",
    argument("project"),
    option("--name", metavar="NAME"),
    option("--brief", metavar="TEXT"),
    option("--color", metavar="COLOR"),
    option("--provider", metavar="NAME"),
    option("--model", metavar="MODEL"),
)
def edit(session: Session, project: str, provider: str | None, model: str | None, **given: str | None) -> None:
    wish: dict[str, Any] = {
        field: (value or None) if field == "color" else value for field, value in given.items() if value is not None
    }
    if provider is not None or model is not None:
        wish["making"] = making(session, project, provider, model)
    if not wish:
        raise WrongUsage(say("project.nothing"))
    edited = change(session, "projects", find_project(session, project), wish)
    session.confirm_line(edited, "project.edited", name=safe(edited["name"]))
    if provider and provider not in [each["name"] for each in session.daemon.get("/api/v1/providers")["providers"]]:
        session.hint("project.not_here", provider=safe(provider))


def making(session: Session, project: str, provider: str | None, model: str | None) -> dict[str, str] | None:
    """What its pictures are to be made with; a model alone is one of the provider that it names already."""
    named = find_project(session, project)["making"] if provider is None else {"provider": provider}
    if (provider == "" and model) or named is None:
        raise WrongUsage(say("gen.whose_model", model=safe(model or "")), hint=say("gen.whose_model.hint"))
    return {"provider": named["provider"], "model": model or ""} if named["provider"] else None


def making_of(found: dict[str, Any]) -> str:
    """What its pictures are made with; empty where it names nothing."""
    return " · ".join(each for each in (found["making"] or {}).values() if each)


@project.verb("archive", argument("project"), option("--undo", is_flag=True))
def archive(session: Session, project: str, undo: bool) -> None:
    edited = change(session, "projects", find_project(session, project), {"archived": not undo})
    session.confirm_line(edited, "project.unarchived" if undo else "project.archived", name=safe(edited["name"]))


@project.verb("add", argument("project"), assets())
def add(session: Session, project: str, asset: tuple[str, ...]) -> None:
    put(session, project, asset, "add_projects", "project.added")


@project.verb("remove", argument("project"), assets())
def remove(session: Session, project: str, asset: tuple[str, ...]) -> None:
    put(session, project, asset, "remove_projects", "project.removed")


def put(session: Session, project: str, asset: tuple[str, ...], field: str, key: str) -> None:
    found = find_project(session, project)
    wish = {"assets": find_assets(session, asset), "change": {field: [found["id"]]}}
    answer = session.daemon.post(session.within("assets/edit"), wish)
    session.confirm_line(answer, key, count=answer["changed"], name=safe(found["name"]))


@project.verb("duplicate", argument("project"), argument("name"))
def copy(session: Session, project: str, name: str) -> None:
    duplicate(session, "projects", find_project(session, project), name, "project.created")


@project.verb("log", argument("project"))
def log(session: Session, project: str) -> None:
    show_history(session, "projects", find_project(session, project))


@project.verb("at", argument("project"), argument("when"))
def at(session: Session, project: str, when: str) -> None:
    found = find_project(session, project)
    then = session.daemon.get(place(session, "projects", found, "at"), when=when)
    page = find_page(session, f"project:{found['id']}", sort="newest", at=when, limit=PAGE, after=None)
    session.answer({**then, **page}, lambda: show_project(session, then, page))


@project.verb("restore", argument("project"), argument("when"), option("--dry-run", is_flag=True))
def restore(session: Session, project: str, when: str, dry_run: bool) -> None:
    found = find_project(session, project)
    if dry_run:
        then = session.daemon.get(place(session, "projects", found, "at"), when=when)
        session.answer(
            then,
            lambda: (
                show_items([])
                if session.quiet
                else print(say("project.would", name=safe(then["name"]), count=then["assets"]))
            ),
        )
        return
    answer = session.daemon.post(place(session, "projects", found, "restore"), {"when": when})
    session.confirm_line(answer, "project.restored", name=safe(found["name"]), when=safe(when))
