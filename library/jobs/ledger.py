"""What was spent, read from the ledger: since a moment, by month and model or project, and what is still open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from library.jobs.models import Attempt, AttemptId, Cost, Estimate, Job, JobId
from library.jobs.rows import LedgerEntry, attempts_of, entries_of, put_attempt, read_entry
from library.jobs.states import UNDER_WAY
from store.database import Connection
from store.errors import StoreDamaged

NO_JOB = JobId(b"")  # of a call (calls.py)
# How sure a sum is, the least sure first.
SURE: tuple[Literal["unknown", "decided", "price_table", "usage", "reported", "free"], ...] = (
    "unknown",
    "decided",
    "price_table",
    "usage",
    "reported",
    "free",
)

# Each by a look into the index, in order, however many charges there are.
_CURRENCIES = """WITH RECURSIVE each(currency) AS (
  SELECT min(currency) FROM ledger WHERE kind='charge'
  UNION ALL
  SELECT (SELECT min(currency) FROM ledger WHERE kind='charge' AND currency>each.currency)
  FROM each WHERE currency IS NOT NULL)
SELECT currency FROM each WHERE currency IS NOT NULL"""


class Spent(msgspec.Struct, frozen=True):
    """What charges come to, in millionths, by currency. `unpriced`: charges whose amount nobody knows."""

    amounts: dict[str, int]
    charges: int
    unpriced: int


def spent_since(connection: Connection, moment: int) -> Spent:
    """Everything charged since a moment, in ms since 1970."""
    amounts: dict[str, int] = {}
    charges = unpriced = 0
    for (currency,) in connection.execute(_CURRENCIES).fetchall():
        amount, count, unknown = connection.execute(
            "SELECT sum(amount), count(*), count(*) - count(amount) FROM ledger"
            " WHERE kind='charge' AND currency=? AND time>=?",
            (currency, moment),
        ).fetchone()
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


def counts_as(attempt: Attempt, job: Job) -> Cost:
    """What is counted of an attempt that was charged while nobody says what the bill has: by the prices at which it was
    sent. Credits that were said when it was ordered are kept.
    """
    found, ordered = counting(attempt.cost, attempt.estimate or job.estimate), job.estimate
    if found.credits is None and ordered is not None and ordered.credits is not None:
        return msgspec.structs.replace(found, credits=ordered.credits)
    return found


def counting(told: Cost | None, likely: Estimate | None) -> Cost:
    """What the provider told when it accepted, else the most that was likely. Credits that it told are kept."""
    if told is not None and told.amount is not None:
        return told
    amount, currency, credits = (likely.most, likely.currency, likely.credits) if likely else (None, "", None)
    return Cost(amount, currency, "decided", credits if told is None or told.credits is None else told.credits)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What a part of a month (YYYY-MM, where this machine is) cost in one currency, in millionths."""

    month: str
    currency: str
    amount: int
    charges: int
    unpriced: int


class Share(Part, frozen=True, kw_only=True):
    """Of one model of a provider, with the credits that it counted in."""

    provider: str
    model: str
    credits: int


class ProjectShare(Part, frozen=True, kw_only=True):
    """Of what was asked for into one project; None: into none, and answers in words."""

    project: bytes | None


class Shares(NamedTuple):
    """The same charges, taken apart in two ways; the latest month first."""

    models: list[Share]
    projects: list[ProjectShare]


class _Filed(msgspec.Struct):
    """Of a job, where its picture goes."""

    project: bytes | None = None


_filed = msgspec.msgpack.Decoder(_Filed)


def shares_since(connection: Connection, moment: int) -> Shares:
    """Everything charged since a moment. Reads every charge: not for the loop's thread."""
    rows = connection.execute(
        "SELECT strftime('%Y-%m', time / 1000, 'unixepoch', 'localtime'), id, body FROM ledger"
        " WHERE time>=? AND kind='charge'",
        (moment,),
    ).fetchall()
    models: dict[tuple[Any, ...], list[int]] = {}
    projects: dict[tuple[Any, ...], list[int]] = {}
    for month, id, body in rows:
        entry = read_entry(id, body)
        cost = entry.cost or Cost(None, "", "unknown")
        _add(models.setdefault((month, entry.provider, entry.model, cost.currency), [0, 0, 0, 0]), cost)
        _add(projects.setdefault((month, _project(connection, entry.job), cost.currency), [0, 0, 0, 0]), cost)
    return Shares(
        [
            Share(month=month, provider=provider, model=model, currency=currency, credits=sums[3], **_named(sums))
            for (month, provider, model, currency), sums in _latest_first(models)
        ],
        [
            ProjectShare(month=month, project=project or None, currency=currency, **_named(sums))
            for (month, project, currency), sums in _latest_first(projects)
        ],
    )


def _named(sums: Sequence[int]) -> dict[str, int]:
    return {"amount": sums[0], "charges": sums[1], "unpriced": sums[2]}


def _add(sums: list[int], cost: Cost) -> None:
    for at, value in enumerate((cost.amount or 0, 1, cost.amount is None, cost.credits or 0)):
        sums[at] += value


def _project(connection: Connection, job: bytes) -> bytes:
    row = connection.execute("SELECT body FROM job WHERE id=?", (job,)).fetchone()
    return (None if row is None else _filed.decode(row[0]).project) or b""


def _latest_first(sums: Mapping[tuple[Any, ...], list[int]]) -> list[tuple[tuple[Any, ...], list[int]]]:
    ordered = sorted(sums.items(), key=lambda each: each[0][1:])
    return sorted(ordered, key=lambda each: each[0][0], reverse=True)


class Open(msgspec.Struct, frozen=True):
    """What is not settled yet: at most so much, in millionths, by currency. `unknown`: requests without an estimate."""

    amounts: dict[str, int]
    requests: int
    unknown: int


def open_intents(connection: Connection, damaged: Callable[[AttemptId], object] = lambda id: None) -> list[LedgerEntry]:
    """Attempts, and calls, of which it is not settled what they cost: those under way, and those that a person has to
    decide. Where the line is gone or cannot be read, one without an estimate stands for it, and `damaged` is told.
    """
    states = (*UNDER_WAY, "outcome_unknown")
    return list(_intents(connection, f"attempt.state IN ({', '.join('?' * len(states))})", states, damaged))


def open_calls(connection: Connection) -> list[LedgerEntry]:
    """Those of them that are calls, the oldest first."""
    return sorted(_intents(connection, "attempt.job=?", (NO_JOB,), lambda id: None), key=lambda each: each.time)


def open_call(connection: Connection, id: bytes, now: int) -> None:
    """What tells a call that is not settled among all lines of the ledger: a row beside those of attempts, whose
    outcome is not known from its beginning, for nothing is asked about it again. It goes when the call is settled.
    """
    put_attempt(connection, Attempt(AttemptId(id), NO_JOB, 0, "outcome_unknown", now))


def close_call(connection: Connection, id: bytes) -> None:
    connection.execute("DELETE FROM attempt WHERE id=? AND job=?", (id, NO_JOB))


def fill_calls(connection: Connection) -> None:
    """Give calls of an older library that are not settled their rows: lines that are no attempt's."""
    rows = connection.execute(
        "SELECT substr(id, 1, 16) AS of, time FROM ledger GROUP BY of HAVING count(*)=1 AND kind='intent'"
        " AND of NOT IN (SELECT id FROM attempt)"
    ).fetchall()
    for id, time in rows:
        open_call(connection, id, time)


def _line(kind: str) -> str:
    """The id of an attempt's line of a kind, in SQL."""
    return f"CAST(attempt.id || x'{kind[:1].encode().hex()}' AS BLOB)"


def _intents(
    connection: Connection, where: str, values: Sequence[Any], damaged: Callable[[AttemptId], object]
) -> Iterator[LedgerEntry]:
    """In one query: one for each of some thousands would hold the loop."""
    rows = connection.execute(
        f"SELECT attempt.id, attempt.job, intent.id, intent.body FROM attempt"
        f" LEFT JOIN ledger AS intent ON intent.id={_line('intent')} WHERE {where}"
        f" AND NOT EXISTS(SELECT 1 FROM ledger WHERE id IN ({_line('charge')}, {_line('release')}))"
        f" ORDER BY attempt.id",
        values,
    )
    for attempt, job, id, body in rows:
        try:
            entry = None if id is None else read_entry(id, body)
        except StoreDamaged:
            entry = None
        if entry is None:
            damaged(AttemptId(attempt))
            entry = LedgerEntry(AttemptId(attempt), "intent", JobId(job), "", "", 0)
        yield entry


def unsettled(connection: Connection) -> list[LedgerEntry]:
    """Intents with neither a charge nor a release, of calls too, read from the whole ledger."""
    alone = "SELECT id, body FROM ledger GROUP BY substr(id, 1, 16) HAVING count(*)=1 AND kind='intent'"
    alone += " ORDER BY min(time)"
    return [read_entry(id, body) for id, body in connection.execute(alone)]


def still_open(connection: Connection, calls: Sequence[LedgerEntry]) -> Open:
    """What attempts that are not settled, and these calls, may cost together."""
    amounts: dict[str, int] = {}
    attempts = [each for each in open_intents(connection) if each.job != NO_JOB]
    estimates = [each.estimate or Estimate("unknown") for each in (*attempts, *calls)]
    paid = [each for each in estimates if each.basis != "free"]
    for each in paid:
        if each.most is not None:
            amounts[each.currency] = amounts.get(each.currency, 0) + each.most
    return Open(amounts, len(paid), sum(each.most is None for each in paid))
