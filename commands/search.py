"""Finding pictures: words and filters into one query, a page of results out."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Any

import click

from commands.finding import find_project
from commands.session import Session
from commands.terminal.output import listed, safe, short, show_table, stars, when
from commands.terminal.texts import say
from commands.verbs import Number, OneOf, Words, option, verb

SORTS = ("newest", "oldest", "name", "rating", "size", "relevance")
PAGE = 50
MOST = 200
# Options that become filters of the query language; a person may as well write them into QUERY.
FILTERS = ("tag", "tool", "model", "rating", "flag", "label", "type", "state", "date", "seed", "size")
COMPARED = re.compile(r"(>=|<=|>|<|=)?(.*)", re.DOTALL)
IN_ORDER = ("rating", "date", "size")  # filters whose value may begin with a comparison
BARE = re.compile(r'[^\s"<>=][^\s"]*')  # what stays one word without quotes


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
    show_nothing(session, page)
    if page["next"]:
        session.hint("search.more", cursor=page["next"])


def show_nothing(session: Session, page: dict[str, Any]) -> None:
    """Where nothing is found: how the search was read, and what is meant by words between which it says "or"."""
    if len(page.get("read", ())) > 1:
        session.hint("search.all", words=listed(say("search.word", word=safe(each)) for each in page["read"]))
    if page.get("instead"):
        session.hint("search.or")
        for each in page["instead"]:
            session.hint("search.instead", command=safe(shlex.join(["gesso", "search", each])))
