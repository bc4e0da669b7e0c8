"""Albums: pictures side by side in an order of their own, in albums that may lie in others."""

from __future__ import annotations

from typing import Any

from commands.collected.named import change, place, remove, show_history
from commands.errors import WrongUsage
from commands.finding import find_album, find_asset, find_assets
from commands.search import PAGE, gather, show_found
from commands.session import Session
from commands.terminal.output import safe, safe_lines, short, show_facts, show_table, when
from commands.terminal.texts import say
from commands.verbs import Noun, argument, assets, option

album = Noun("album")


@album.verb("ls", option("--at", metavar="WHEN"))
def ls(session: Session, at: str | None) -> None:
    answer = session.daemon.get(session.within("albums"), at=at)

    def show() -> None:
        rows = [(short(each["id"]), each["assets"], "› " * each["depth"] + each["name"]) for each in answer["albums"]]
        if rows:
            show_table(("column.id", "column.pictures", "column.name"), rows, right=(1,))
        else:
            session.hint("album.none")

    session.answer(answer, show)


@album.verb(
    "create",
    argument("name"),
    option("--into", metavar="ALBUM"),
    option("--color", metavar="COLOR"),
)
def create(session: Session, name: str, into: str | None, color: str | None) -> None:
    wish = {"name": name, "parent": find_album(session, into)["id"] if into else None, "color": color or None}
    made = session.daemon.post(session.within("albums"), wish)
    session.confirm_line(made, "album.created", name=safe(made["name"]), id=short(made["id"]))


@album.verb(
    "show",
    argument("album"),
    option("-n", "--limit", metavar="N", type=int, default=PAGE),
    option("--at", metavar="WHEN"),
)
def show(session: Session, album: str, limit: int, at: str | None) -> None:
    found = find_album(session, album, at)
    page = gather(session, f"albums/{found['id']}/assets", limit, None, at=at)

    def told() -> None:
        show_facts(
            [
                ("fact.name", found["name"]),
                ("fact.id", found["id"]),
                ("fact.color", found["color"]),
                ("fact.pictures", found["assets"]),
                ("fact.created", when(found["created_at"])),
            ]
        )
        if found["notes"]:
            print("\n" + safe_lines(found["notes"]) + "\n")
        show_found(session, page)

    session.answer({**found, **page}, told)


@album.verb("rename", argument("album"), argument("name"))
def rename(session: Session, album: str, name: str) -> None:
    edited = change(session, "albums", find_album(session, album), {"name": name})
    session.confirm_line(edited, "album.edited", name=safe(edited["name"]))


@album.verb("edit", argument("album"), option("--color", metavar="COLOR"), option("--notes", metavar="TEXT"),
            option("--cover", metavar="ASSET"))  # fmt: skip
def edit(session: Session, album: str, color: str | None, notes: str | None, cover: str | None) -> None:
    wish: dict[str, Any] = {}
    if color is not None:
        wish["color"] = color or None
    if notes is not None:
        wish["notes"] = notes
    if cover is not None:
        wish["cover"] = find_asset(session, cover) if cover else None
    if not wish:
        raise WrongUsage(say("album.nothing"))
    edited = change(session, "albums", find_album(session, album), wish)
    session.confirm_line(edited, "album.edited", name=safe(edited["name"]))


@album.verb("move", argument("album"), option("--into", metavar="ALBUM"), option("--top", is_flag=True))
def move(session: Session, album: str, into: str | None, top: bool) -> None:
    if bool(into) == top:
        raise WrongUsage(say("album.move.where"))
    edited = change(
        session, "albums", find_album(session, album), {"parent": find_album(session, into)["id"] if into else None}
    )
    session.confirm_line(edited, "album.edited", name=safe(edited["name"]))


@album.verb("add", argument("album"), assets())
def add(session: Session, album: str, asset: tuple[str, ...]) -> None:
    put(session, album, asset, "add", "album.added")


@album.verb("remove", argument("album"), assets())
def take_out(session: Session, album: str, asset: tuple[str, ...]) -> None:
    put(session, album, asset, "remove", "album.taken")


def put(session: Session, album: str, asset: tuple[str, ...], verb: str, key: str) -> None:
    found = find_album(session, album)
    wish = {"assets": find_assets(session, asset)}
    answer = session.daemon.post(place(session, "albums", found, verb), wish)
    session.confirm_line(answer, key, count=answer["changed"], name=safe(found["name"]))


@album.verb("sort", argument("album"), assets(), option("--before", metavar="ASSET"))
def sort(session: Session, album: str, asset: tuple[str, ...], before: str | None) -> None:
    found = find_album(session, album)
    wish = {"assets": find_assets(session, asset), "before": find_asset(session, before) if before else None}
    answer = session.daemon.post(place(session, "albums", found, "move"), wish)
    session.confirm_line(answer, "album.sorted", count=answer["changed"], name=safe(found["name"]))


@album.verb("rm", argument("album"))
def rm(session: Session, album: str) -> None:
    found = find_album(session, album)
    remove(session, "albums", found, "album.removed", count=found["assets"])


@album.verb("log", argument("album"))
def log(session: Session, album: str) -> None:
    show_history(session, "albums", find_album(session, album))
