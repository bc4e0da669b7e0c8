"""Saved searches: queries under a name, counted, shown and edited."""

from __future__ import annotations

from typing import Any

import click

from commands.collected.named import change, place, remove, show_history
from commands.errors import WrongUsage
from commands.finding import find_saved
from commands.search import SORTS, asked, filters, gather, paging, show_found
from commands.session import Session
from commands.terminal.output import safe, short, show_facts, show_table, when
from commands.terminal.texts import say, translated
from commands.verbs import Noun, OneOf, Words, argument, option

saved = Noun("saved")


@saved.verb("ls", option("--at", metavar="WHEN"))
def ls(session: Session, at: str | None) -> None:
    answer = session.daemon.get(session.within("searches"), counted=True, at=at)

    def show() -> None:
        rows = [(short(each["id"]), found_of(each), each["name"], each["query"]) for each in answer["searches"]]
        if rows:
            show_table(
                ("column.id", "column.pictures", "column.name", "column.query"), rows, right=(1,), flexible=(2, 3)
            )
        else:
            session.hint("saved.none")
        for each in answer["searches"]:
            if each["problem"]:
                session.hint("saved.unreadable", name=safe(each["name"]), why=why(each["problem"]))

    session.answer(answer, show)


def found_of(each: dict[str, Any]) -> str:
    return "–" if each["total"] is None else str(each["total"])


def why(problem: dict[str, Any]) -> str:
    """Why a query cannot be read here, in the person's language."""
    return translated("problem", problem["code"], problem["params"], problem["detail"])


def keeping() -> list[click.Parameter]:
    """How a saved search is shown."""
    return [option("--sort", type=OneOf(SORTS)), option("--color", metavar="COLOR")]


@saved.verb(
    "add",
    argument("name"),
    Words("query"),
    option("--query", "also", metavar="QUERY"),
    *filters(),
    option("--project", metavar="PROJECT"),
    *keeping(),
)
def add(
    session: Session,
    name: str,
    query: tuple[str, ...],
    also: str | None,
    project: str | None,
    sort: str | None,
    color: str | None,
    **given: tuple[str, ...],
) -> None:
    words = [*query, *([also] if also else [])]
    wish = {"name": name, "query": asked(session, words, project, given), "sort": sort, "color": color}
    made = session.daemon.post(
        session.within("searches"), {key: value for key, value in wish.items() if value is not None}
    )
    session.confirm_line(made, "saved.added", name=safe(made["name"]), id=short(made["id"]), count=made["total"])


@saved.verb("show", argument("saved"), option("--sort", type=OneOf(SORTS)), option("--at", metavar="WHEN"), *paging())
def show(session: Session, saved: str, sort: str | None, at: str | None, limit: int, after: str | None) -> None:
    found = find_saved(session, saved)
    if at:
        found = session.daemon.get(place(session, "searches", found), at=at)
    page = gather(session, f"searches/{found['id']}/assets", limit, after, sort=sort, at=at)

    def told() -> None:
        show_facts(
            [
                ("fact.name", found["name"]),
                ("fact.id", found["id"]),
                ("fact.query", found["query"]),
                ("fact.color", found["color"]),
                ("fact.created", when(found["created_at"])),
            ]
        )
        show_found(session, page)

    session.answer({**found, **page}, told)


@saved.verb(
    "edit",
    argument("saved"),
    option("--name", metavar="NAME"),
    option("--query", metavar="QUERY"),
    *keeping(),
)
def edit(
    session: Session, saved: str, name: str | None, query: str | None, sort: str | None, color: str | None
) -> None:
    given = {"name": name, "query": query, "sort": sort, "color": color}
    wish = {key: (value or None) if key == "color" else value for key, value in given.items() if value is not None}
    if not wish:
        raise WrongUsage(say("saved.nothing"))
    edited = change(session, "searches", find_saved(session, saved), wish)
    session.confirm_line(edited, "saved.edited", name=safe(edited["name"]), found=found_of(edited))


@saved.verb("rm", argument("saved"))
def rm(session: Session, saved: str) -> None:
    remove(session, "searches", find_saved(session, saved), "saved.removed")


@saved.verb("log", argument("saved"))
def log(session: Session, saved: str) -> None:
    show_history(session, "searches", find_saved(session, saved))
