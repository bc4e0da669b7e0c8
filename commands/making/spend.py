"""What was spent on providers, by month and model or project, and what may be spent."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from commands.errors import CommandError, NoDaemon, WrongUsage
from commands.making.words import money, month_line, open_lines, with_credits
from commands.session import Session
from commands.terminal.output import safe, show_table
from commands.terminal.texts import reason, say
from commands.verbs import Number, OneOf, argument, option, verb

BY = ("model", "project")
LIMIT = ("jobs", "month_limit")
MICROS = 1_000_000
VARIABLE = "GESSO_JOBS_MONTH_LIMIT"


@verb(
    "spend",
    option("--months", metavar="N", type=Number(1, 240), default=12),
    option("--by", type=OneOf(BY), default=BY[0]),
)
def spend(session: Session, months: int, by: str) -> None:
    found = session.daemon.get(session.within("spend"), months=months)
    session.answer(found, lambda: show_spending(session, found, by))


@verb("budget", argument("limit", nargs=-1), option("--none", "without", is_flag=True))
def budget(session: Session, limit: tuple[str, ...], without: bool) -> None:
    """What may be spent this month and how it stands; or another limit, into the settings."""
    if limit and without:
        raise WrongUsage(say("budget.both"))
    if limit or without:
        set_limit(session, " ".join(limit), without)
        return
    found = session.daemon.get("/api/v1/status")["months"]
    file = safe(str(session.paths.config_file))

    def show() -> None:
        for month in found:
            print(month_line(month))
        session.hint("budget.change" if found else "budget.none", file=file)

    session.answer({"months": found}, show)


def set_limit(session: Session, text: str, without: bool) -> None:
    """Another limit, or none, into config.toml; where Gesso runs, the limit is in force when this is through."""
    from daemon.settings.config import check
    from daemon.settings.money import limits_of
    from daemon.settings.writing import put

    file, place = session.paths.config_file, safe(str(session.paths.config_file))
    if not (without or limits_of(text)):
        raise WrongUsage(say("budget.wrong", value=safe(text)), hint=say("budget.wrong.hint"))
    if VARIABLE in os.environ:
        raise CommandError(say("budget.variable", name=VARIABLE), code="variable", hint=say("budget.variable.hint"))
    if check(session.paths, os.environ):
        raise CommandError(say("budget.mistakes", file=place), code="config", hint=say("budget.mistakes.hint"))
    limit = ", ".join(" ".join(each.split()).upper() for each in text.split(",") if each.strip())
    try:
        done = put(file, *LIMIT, limit)
    except OSError as error:
        raise CommandError(say("budget.unwritten", file=place, reason=reason(error)), code="unwritten") from error
    if not done:
        raise CommandError(say("budget.by_hand", file=place, limit=limit), code="by_hand")
    running = ensure_taken_up(session, limits_of(limit) or {}, place)

    def show() -> None:
        print(say("budget.is", limit=limit) if limit else say("budget.is_none"))
        session.hint("budget.written" if running else "budget.written.later", file=place)

    session.answer({"limit": limit, "file": str(file)}, show)


def ensure_taken_up(session: Session, limits: Mapping[str, int], place: str) -> bool:
    """Whether Gesso runs; raises CommandError where it runs and goes by another limit than what was written."""
    try:
        found = session.daemon.get("/api/v1/status")["months"]
    except NoDaemon as error:
        if error.code == "no_daemon":
            return False
        found = None  # it starts, or does not answer
    if found is None or {each["currency"]: round(each["limit"] * MICROS) for each in found} != limits:
        raise CommandError(say("budget.not_taken", file=place), code="not_taken", hint=say("budget.not_taken.hint"))
    return True


def show_spending(session: Session, found: dict[str, Any], by: str) -> None:
    if not found["shares"]:
        session.hint("spend.none")
    elif by == "project":
        projects = [
            (some[0]["month"], _project(some[0]), sum(each["charges"] for each in some), costs_of(some))
            for some in together(found["projects"], "month", "project")
        ]
        headings = ("column.month", "column.project", "column.charges", "column.cost")
        show_table(headings, projects, right=(2, 3), flexible=(1,))
    else:
        models = [
            (*named, sum(each["charges"] for each in some), costs_of(some))
            for some in together(found["shares"], "month", "provider", "model")
            for named in [(some[0]["month"], some[0]["provider"], some[0]["model"])]
        ]
        columns = ("column.month", "column.provider", "column.model", "column.charges", "column.cost")
        show_table(columns, models, right=(3, 4), flexible=(2, 1))
    for line in open_lines(found):
        print(line)


def together(shares: list[dict[str, Any]], *names: str) -> list[list[dict[str, Any]]]:
    """What is one thing to people, in whatever currencies it was charged, in the order in which each first comes."""
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for each in shares:
        found.setdefault(tuple(each[name] for name in names), []).append(each)
    return list(found.values())


def costs_of(shares: list[dict[str, Any]]) -> str:
    """What they came to: each currency by itself, then how many charges of unknown amount there are in all. What was
    free says nothing beside what was not.
    """
    paid = [each for each in shares if each["amount"]]
    known = " + ".join(with_credits(money(each["amount"], each["currency"]), each.get("credits")) for each in paid)
    unpriced = sum(each["unpriced"] for each in shares)
    if not unpriced:
        return known or say("money.free")
    credits = sum(each.get("credits") or 0 for each in shares if each not in paid)
    unknown = with_credits(say("status.unpriced", count=unpriced), credits or None)
    return say("spend.and", known=known, unknown=unknown) if known else unknown


def _project(share: dict[str, Any]) -> str:
    """Its name; of one that is gone the beginning of its id."""
    if share["project"] is None:
        return say("spend.no_project")
    return share["name"] or str(share["project"])[:12]
