"""Copies: where an original lies, what this device keeps, and letting originals go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from commands.errors import Exit, WrongUsage
from commands.finding import find_album, find_asset, find_assets, find_project
from commands.session import Session
from commands.terminal.output import safe, short, show_facts, show_table, size, when
from commands.terminal.texts import knows, say
from commands.verbs import Number, OneOf, argument, option, verb
from commands.work import follow

KINDS = ("everything", "recent", "thumbnails")
UNITS = {"": 1, "b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3, "tb": 1000**4}
SIZE = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,3})?)\s*([a-z]*)")
DAYS = Number(1, 36_500)


@verb("whereis", argument("asset"))
def whereis(session: Session, asset: str) -> None:
    found = session.daemon.get(session.within(f"assets/{find_asset(session, asset)}/copies"))

    def show() -> None:
        facts = [
            ("fact.state", say(f"sync.{found['sync']}")),
            ("fact.bytes", size(found["bytes"])),
            ("fact.kept", say("word.pinned") if found["pinned"] else say(f"word.{'yes' if found['wanted'] else 'no'}")),
        ]
        show_facts(facts)
        show_copies(found["copies"])

    session.answer(found, show)


def show_copies(copies: list[dict[str, Any]]) -> None:
    """Where they lie, as a table."""
    rows = [
        (
            say("word.library") if each["where"] == "library" else safe(each["where"]),
            say(f"word.{each['state']}"),
            when(each["verified_at"]) if each["verified_at"] else "",
        )
        for each in copies
    ]
    if rows:
        show_table(("column.where", "column.state", "column.verified"), rows)


def subjects(session: Session, asset: tuple[str, ...], project: str | None, album: str | None) -> list[str]:
    """The ids of all that is named."""
    found = find_assets(session, asset)
    found += [find_project(session, project)["id"]] if project else []
    found += [find_album(session, album)["id"]] if album else []
    if not found:
        raise WrongUsage(say("copies.nothing"))
    return found


@verb(
    "pin",
    argument("asset", nargs=-1),
    option("--project", metavar="PROJECT"),
    option("--album", metavar="ALBUM"),
)
def pin(session: Session, asset: tuple[str, ...], project: str | None, album: str | None) -> None:
    wish = {"subjects": subjects(session, asset, project, album)}
    answer = session.daemon.post(session.within("copies/pin"), wish)
    session.confirm_line(answer, "copies.pinned", count=answer["changed"])


@verb(
    "unpin",
    argument("asset", nargs=-1),
    option("--project", metavar="PROJECT"),
    option("--album", metavar="ALBUM"),
)
def unpin(session: Session, asset: tuple[str, ...], project: str | None, album: str | None) -> None:
    wish = {"subjects": subjects(session, asset, project, album)}
    answer = session.daemon.post(session.within("copies/unpin"), wish)
    session.confirm_line(answer, "copies.unpinned", count=answer["changed"])


@verb(
    "evict",
    argument("asset", nargs=-1),
    option("--project", metavar="PROJECT"),
    option("--all-but-recent", is_flag=True),
    option("--to-quota", is_flag=True),
    option("--days", metavar="N", type=DAYS, default=30),
)
def evict(
    session: Session, asset: tuple[str, ...], project: str | None, all_but_recent: bool, to_quota: bool, days: int
) -> int:
    if sum((bool(asset), project is not None, all_but_recent, to_quota)) != 1:
        raise WrongUsage(say("evict.what"))
    wish: dict[str, Any] = {"to_quota": True}
    if asset:
        wish = {"assets": find_assets(session, asset)}
    elif project is not None:
        wish = {"project": find_project(session, project)["id"]}
    elif all_but_recent:
        wish = {"all_but_recent": days}
    answer = follow(session, session.daemon.post(session.within("copies/evict"), wish), "evict.doing")

    def show() -> None:
        if not session.quiet:
            print(say("evict.done", count=answer["pictures"], bytes=size(answer["bytes"])))
        rows = [(short(each["asset"]), safe(each["name"]), why(each)) for each in answer["kept"]]
        if rows:
            show_table(("column.id", "column.name", "column.why_kept"), rows)

    session.answer(answer, show)
    if not session.json and answer["kept_count"]:
        session.hint("evict.kept", count=answer["kept_count"])
    return Exit.PARTLY if answer["kept_count"] else Exit.DONE


def why(kept: Mapping[str, Any]) -> str:
    """Why an original was kept."""
    key = f"evict.reason.{kept['reason']}"
    return say(key, **kept["params"]) if knows(key) else str(kept["reason"])


@verb(
    "keep",
    argument("kind", type=OneOf(KINDS), required=False),
    option("--project", metavar="PROJECT"),
    option("--days", metavar="N", type=DAYS, default=30),
    option("--default", is_flag=True),
    option("--copies", metavar="N", type=Number(1, 9)),
    option("--quota", metavar="SIZE"),
)
def keep(
    session: Session,
    kind: str | None,
    project: str | None,
    days: int,
    default: bool,
    copies: int | None,
    quota: str | None,
) -> None:
    if (default and (kind is not None or project is None)) or (project is not None and kind is None and not default):
        raise WrongUsage(say("keep.what"))
    wish: dict[str, Any] = {"kind": kind, "days": days} if kind is not None or default else {}
    if project is not None:
        wish["project"] = find_project(session, project)["id"]
    if copies is not None:
        wish["copies"] = copies
    if quota is not None:
        wish["quota"] = None if quota == "none" else read_size(quota)
    place = session.within("copies/policy")
    answer = session.daemon.put(place, wish) if wish else session.daemon.get(place)
    session.answer(answer, lambda: show_policies(session, answer))


def read_size(text: str) -> int:
    """Bytes of what a person writes as 200 MB."""
    found = SIZE.fullmatch(text.strip().lower())
    if found is None or found[2] not in UNITS:
        raise WrongUsage(say("keep.no_size", word=safe(text)))
    return int(float(found[1]) * UNITS[found[2]])


def show_policies(session: Session, told: dict[str, Any]) -> None:
    quota = size(told["quota"]) if told["quota"] is not None else say("word.no_limit")
    show_facts(
        [
            ("fact.keeps", policy_word(told["default"])),
            ("fact.copies_needed", told["copies"]),
            ("fact.originals", say("keep.used", used=size(told["originals"]), quota=quota)),
            ("fact.pinned", len(told["pinned"]) or None),
        ]
    )
    if told["projects"]:
        names = {each["id"]: each["name"] for each in session.daemon.get(session.within("projects"))["projects"]}
        rows = [
            (safe(names.get(each["project"], short(each["project"]))), policy_word(each["policy"]))
            for each in told["projects"]
        ]
        show_table(("column.project", "column.keeps"), rows)


def policy_word(policy: Mapping[str, Any]) -> str:
    return say(f"keep.{policy['kind']}", days=policy["days"])
