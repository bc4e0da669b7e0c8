"""What was spent on providers, by month, provider and model."""

from __future__ import annotations

from typing import Any

from commands.making.words import money, open_lines, with_credits
from commands.session import Session
from commands.terminal.output import show_table
from commands.terminal.texts import say
from commands.verbs import Number, option, verb


@verb("spend", option("--months", metavar="N", type=Number(1, 240), default=12))
def spend(session: Session, months: int) -> None:
    found = session.daemon.get(session.within("spend"), months=months)
    session.answer(found, lambda: show_spending(session, found))


def show_spending(session: Session, found: dict[str, Any]) -> None:
    if found["shares"]:
        rows = [
            (each["month"], each["provider"], each["model"], each["charges"], cost_of(each)) for each in found["shares"]
        ]
        columns = ("column.month", "column.provider", "column.model", "column.charges", "column.cost")
        show_table(columns, rows, right=(3, 4), flexible=(2, 1))
    else:
        session.hint("spend.none")
    for line in open_lines(found):
        print(line)


def cost_of(share: dict[str, Any]) -> str:
    """The money, with the credits that it is for, and what of it nobody knows."""
    unknown = say("status.unpriced", count=share["unpriced"]) if share["unpriced"] else ""
    if share["unpriced"] == share["charges"]:
        return with_credits(unknown, share["credits"] or None)
    known = with_credits(money(share["amount"], share["currency"]), share["credits"] or None)
    return say("spend.and", known=known, unknown=unknown) if unknown else known
