"""Pictures that look the same: a person says whether they are."""

from __future__ import annotations

from commands.errors import CommandError, WrongUsage
from commands.finding import find_asset, find_version
from commands.session import Session
from commands.terminal.output import listed, safe, short, show_table
from commands.terminal.texts import say
from commands.verbs import Noun, Number, argument, option

alike = Noun("alike")
ALL = 200  # pairs that the daemon names at once
Pairs = list[dict[str, str]]
PICTURES = (argument("newer", required=False), argument("older", required=False))
EVERY = option("--all", "every", is_flag=True)


@alike.verb("ls", option("--limit", metavar="N", type=Number(1, ALL), default=50))
def ls(session: Session, limit: int) -> None:
    found = session.daemon.get(session.within("alike"), limit=limit)

    def show() -> None:
        rows = [
            (
                short(each["newer"]["id"]),
                safe(each["newer"]["name"]),
                short(each["older"]["id"]),
                safe(each["older"]["name"]),
            )
            for each in found["pairs"]
        ]
        if not rows:
            session.hint("alike.none")
            return
        show_table(("column.newer", "column.name", "column.older", "column.name"), rows, flexible=(1, 3))
        if found["total"] > len(rows):
            session.hint("alike.more", count=found["total"] - len(rows))

    session.answer(found, show)


@alike.verb("same", *PICTURES, EVERY)
def same(session: Session, newer: str | None, older: str | None, every: bool) -> None:
    pairs = _meant(session, newer, older, every)
    ones = {pair["newer"] for pair in pairs}
    if not every and len(pairs) > len(ones):
        raise CommandError(say("alike.several"), code="ambiguous", hint=say("alike.several.hint"))
    answer = session.daemon.post(session.within("alike/same"), {"pairs": pairs})

    def show() -> None:
        if not session.quiet:
            print(say("alike.joined", count=len(ones)))
        for each in answer["differing"]:
            names = {"name": safe(each["name"]), "newer": safe(each["newer"])}
            if each["kept"]:
                session.hint("alike.kept", **names, fields=listed(say(f"word.{field}") for field in each["kept"]))
            if each["notes"]:
                session.hint("alike.notes", **names)

    session.answer(answer, show)


@alike.verb("other", *PICTURES, EVERY)
def other(session: Session, newer: str | None, older: str | None, every: bool) -> None:
    pairs = _meant(session, newer, older, every)
    answer = session.daemon.post(session.within("alike/other"), {"pairs": pairs})
    session.confirm_line(answer, "alike.parted", count=len(pairs))


@alike.verb("apart", argument("asset"), argument("version"))
def apart(session: Session, asset: str, version: str) -> None:
    id = find_asset(session, asset)
    wanted, _ = find_version(version, session.daemon.get(session.within(f"assets/{id}"))["versions"])
    answer = session.daemon.post(session.within(f"assets/{id}/apart"), {"version": wanted})
    session.confirm_line(answer, "alike.apart", id=short(id))


def _meant(session: Session, newer: str | None, older: str | None, every: bool) -> Pairs:
    """Two pictures that are named, what waits of one, or everything that waits."""
    if every == (newer is not None):
        raise WrongUsage(say("alike.which"))
    if newer is not None and older is not None:
        return [{"newer": find_asset(session, newer), "older": find_asset(session, older)}]
    waiting = session.daemon.get(session.within("alike"), limit=ALL)["pairs"]
    one = find_asset(session, newer) if newer is not None else None
    pairs = [{end: each[end]["id"] for end in ("newer", "older")} for each in waiting]
    found = [pair for pair in pairs if one is None or one in pair.values()]
    if not found:
        raise CommandError(say("alike.none"), code="not_found")
    return found
