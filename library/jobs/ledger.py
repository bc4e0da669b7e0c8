"""What was spent, read from the ledger: by day and month, by provider and model, and what is still open."""

from __future__ import annotations

from typing import Literal

import msgspec

from library.jobs.models import Cost
from library.jobs.rows import LedgerEntry, attempts_of, entries_of
from store.database import Connection

# How sure a sum is, the least sure first.
SURE: tuple[Literal["unknown", "decided", "price_table", "usage", "reported", "free"], ...] = (
    "unknown",
    "decided",
    "price_table",
    "usage",
    "reported",
    "free",
)


class Spent(msgspec.Struct, frozen=True):
    """What charges come to, in millionths, by currency. `unpriced`: charges whose amount nobody knows."""

    amounts: dict[str, int]
    charges: int
    unpriced: int


def spent_since(connection: Connection, moment: int) -> Spent:
    """Everything charged since a moment, in ms since 1970."""
    amounts: dict[str, int] = {}
    charges = unpriced = 0
    rows = connection.execute(
        "SELECT currency, sum(amount), count(*), count(*) - count(amount) FROM ledger"
        " WHERE time>=? AND kind='charge' GROUP BY currency ORDER BY currency",
        (moment,),
    )
    for currency, amount, count, unknown in rows:
        charges += count
        unpriced += unknown
        if amount:
            amounts[currency] = amount
    return Spent(amounts, charges, unpriced)


def spent_on(connection: Connection, job: bytes) -> Cost | None:
    """What a job's attempts cost together; None where nothing was charged."""
    costs = [
        entry.cost or Cost(None, "", "unknown")
        for attempt in attempts_of(connection, job)
        if (entry := entries_of(connection, attempt.id).get("charge")) is not None
    ]
    if not costs:
        return None
    if len(costs) == 1:
        return costs[0]
    paid = [each for each in costs if each.amount]
    currencies = {each.currency for each in paid}
    known = all(each.amount is not None for each in costs) and len(currencies) <= 1
    total = sum(each.amount or 0 for each in costs) if known else None
    basis = min((each.basis for each in costs), key=SURE.index)
    credits = [each.credits for each in costs if each.credits is not None]
    return Cost(
        total,
        currencies.pop() if known and currencies else "",
        basis if known else "unknown",
        sum(credits) if credits else None,
    )


def open_intents(connection: Connection) -> list[LedgerEntry]:
    """Attempts of which it is not settled what they cost."""
    rows = connection.execute("SELECT body FROM ledger GROUP BY substr(id, 1, 16) HAVING count(*)=1 ORDER BY min(time)")
    return [msgspec.msgpack.decode(body, type=LedgerEntry) for (body,) in rows]
