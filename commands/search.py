"""Finding pictures: words and filters into one query, a page of results out. Searches that are saved under a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import click

from commands.errors import WrongUsage
from commands.finding import find_project, find_saved
from commands.session import Session
from commands.terminal.output import listed, safe, short, show_facts, show_table, stars, when
from commands.terminal.texts import say, translated
from commands.terminal.timeline import show_entries
from commands.verbs import Noun, Number, OneOf, Words, argument, option, verb

SORTS = ("newest", "oldest", "name", "rating", "size", "relevance")
PAGE = 50
MOST = 200
# Options that become filters of the query language; a person may as well write them into QUERY.
FILTERS = ("tag", "tool", "model", "rating", "flag", "label", "type", "state", "date", "seed", "size")
COMPARED = re.compile(r"(>=|<=|>|<|=)?(.*)", re.DOTALL)
IN_ORDER = ("rating", "date", "size")  # filters whose value may begin with a comparison
BARE = re.compile(r'[^\s"<>=][^\s"]*')  # what stays one word without quotes

saved = Noun("saved")


def paging() -> list[click.Parameter]:
    """The options of everything that comes in pages."""
    return [
        option("-n", "--limit", metavar="N", type=Number(1), default=PAGE),
        option("--after", metavar="CURSOR"),
    ]


def filters() -> list[click.Parameter]:
    return [option(f"--{name}", metavar=name.upper(), multiple=True) for name in FILTERS]


@verb(
    "search",
    Words("query"),
    *filters(),
    option("--project", metavar="PROJECT"),
    option("--sort", type=OneOf(SORTS)),
    option("--at", metavar="WHEN"),
    *paging(),
)
def search(
    session: Session,
    query: tuple[str, ...],
    project: str | None,
    sort: str | None,
    at: str | None,
    limit: int,
    after: str | None,
    **given: tuple[str, ...],
) -> None:
    text = asked(session, query, project, given)
    page = find_page(session, text, sort=sort or ("relevance" if query else "newest"), at=at, limit=limit, after=after)
    session.answer(page, lambda: show_found(session, page))


def asked(session: Session, words: Sequence[str], project: str | None, given: dict[str, tuple[str, ...]]) -> str:
    """What the person typed as one query; a project is known by its name."""
    text = query_text(words, given)
    return f"{text} project:{find_project(session, project)['id']}".strip() if project else text


def query_text(words: Sequence[str], given: dict[str, tuple[str, ...]]) -> str:
    """Words and options as one query: shells take quotes away, so a filter's value gets its own again."""
    parts = [*words, *(f"{name}:{quoted(name, value)}" for name, values in given.items() for value in values)]
    return " ".join(parts)


def quoted(name: str, value: str) -> str:
    """A filter's value as the query language reads it whole."""
    sign, rest = COMPARED.fullmatch(value).groups("") if name in IN_ORDER else ("", value)  # type: ignore[union-attr]
    return sign + (rest if BARE.fullmatch(rest) else '"' + rest.replace("\\", "\\\\").replace('"', '\\"') + '"')


def find_page(
    session: Session, text: str, *, sort: str, at: str | None, limit: int, after: str | None
) -> dict[str, Any]:
    """As many as the person wants of what a query finds."""
    return gather(session, "assets", limit, after, q=text, sort=sort, at=at)


def gather(session: Session, path: str, limit: int, after: str | None, **params: Any) -> dict[str, Any]:
    """As many as the person wants of a list, in as many requests as that takes."""
    page: dict[str, Any] = {"total": 0, "next": after, "items": []}
    while True:
        wanted = min(MOST, limit - len(page["items"]))
        more = session.daemon.get(session.within(path), **params, limit=wanted, after=page["next"])
        page = {**more, "items": page["items"] + more["items"]}
        if len(page["items"]) >= limit or not page["next"]:
            return page


def show_found(session: Session, page: dict[str, Any]) -> None:
    show_items(page["items"])
    show_page(session, page)


def show_items(items: Sequence[dict[str, Any]]) -> None:
    """Pictures as a table."""
    rows = [
        (short(each["id"]), when(each["created_at"]), f"{each['width']}×{each['height']}", stars(each["rating"]),
         listed(each["tags"]), each["name"], each["prompt"] or "")
        for each in items
    ]  # fmt: skip
    columns = ("id", "when", "size", "rating", "tags", "name", "prompt")
    show_table([f"column.{name}" for name in columns], rows, right=(2,), flexible=(4, 5, 6))


def show_page(session: Session, page: dict[str, Any]) -> None:
    """How much of it was shown, and how to see more; beside the result, so that pipes get rows only."""
    session.hint("search.shown", shown=len(page["items"]), count=page["total"])
    if page["next"]:
        session.hint("search.more", cursor=page["next"])


@saved.verb("ls", option("--at", metavar="WHEN"))
def saved_ls(session: Session, at: str | None) -> None:
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
def saved_add(
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
def saved_show(session: Session, saved: str, sort: str | None, at: str | None, limit: int, after: str | None) -> None:
    found = find_saved(session, saved)
    if at:
        found = session.daemon.get(session.within(f"searches/{found['id']}"), at=at)
    page = gather(session, f"searches/{found['id']}/assets", limit, after, sort=sort, at=at)

    def show() -> None:
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

    session.answer({**found, **page}, show)


@saved.verb(
    "edit",
    argument("saved"),
    option("--name", metavar="NAME"),
    option("--query", metavar="QUERY"),
    *keeping(),
)
def saved_edit(
    session: Session, saved: str, name: str | None, query: str | None, sort: str | None, color: str | None
) -> None:
    given = {"name": name, "query": query, "sort": sort, "color": color}
    wish = {key: (value or None) if key == "color" else value for key, value in given.items() if value is not None}
    if not wish:
        raise WrongUsage(say("saved.nothing"))
    edited = session.daemon.patch(session.within(f"searches/{find_saved(session, saved)['id']}"), wish)
    session.confirm_line(edited, "saved.edited", name=safe(edited["name"]), found=found_of(edited))


@saved.verb("rm", argument("saved"))
def saved_rm(session: Session, saved: str) -> None:
    found = find_saved(session, saved)
    answer = session.daemon.delete(session.within(f"searches/{found['id']}"))
    session.confirm_line(answer, "saved.removed", name=safe(found["name"]), action=short(answer["action"] or ""))


@saved.verb("log", argument("saved"))
def saved_log(session: Session, saved: str) -> None:
    answer = session.daemon.get(session.within(f"searches/{find_saved(session, saved)['id']}/history"))
    session.answer(answer, lambda: show_entries(answer["entries"]))
