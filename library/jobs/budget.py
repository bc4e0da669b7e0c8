"""What a month may cost: whether an order may be placed and a job begun. Whole micros, each currency by itself.

What was charged since the month began counts, and what is open at the most that it may come to: in every workspace of
this device that opens. What its price table calls free is never held. What nobody knows the price of counts once it is
charged, so that it is begun only while no limit is reached.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Literal, NamedTuple

from library.jobs.ledger import open_intents, spent_since
from library.jobs.models import MICROS, WAITING, AttemptId, Estimate
from library.jobs.rows import each_job
from library.surroundings import Clock
from library.workspace import Workspace
from store.database import Connection
from store.errors import StoreError

Level = Literal["under", "near", "reached"]
Sums = Mapping[str, int]  # micros by currency
log = logging.getLogger("gesso.budget")


class Standing(NamedTuple):
    """How a month stands in one currency. `open`: begun and not settled, at its most · `waiting`: in the queue, at its
    most.
    """

    currency: str
    limit: int
    spent: int
    open: int
    waiting: int

    @property
    def comes_to(self) -> int:
        return self.spent + self.open + self.waiting

    @property
    def level(self) -> Level:
        """Whether four fifths of it are taken, or all of it."""
        taken = self.spent + self.open
        return "reached" if taken >= self.limit else "near" if 5 * taken >= 4 * self.limit else "under"


class Taken(NamedTuple):
    """What of a month is gone: charged, and open at its most."""

    spent: Sums
    open: Sums

    def of(self, currency: str) -> int:
        return self.spent.get(currency, 0) + self.open.get(currency, 0)


def may_begin(estimate: Estimate | None, limits: Sums, taken: Taken) -> bool:
    """Whether a job may be begun: with its most, what is taken stays within the limit."""
    if not limits or (estimate is not None and estimate.basis == "free"):
        return True
    if estimate is None or estimate.most is None:
        return all(taken.of(currency) < limit for currency, limit in limits.items())
    limit = limits.get(estimate.currency)
    return limit is None or estimate.most == 0 or taken.of(estimate.currency) + estimate.most <= limit


def beyond(standing: Iterable[Standing], order: Sums) -> Standing | None:
    """Where an order would pass the limit, with it counted as waiting; None: nowhere."""
    for each in standing:
        more = order.get(each.currency, 0)
        if more and each.comes_to + more > each.limit:
            return each._replace(waiting=each.waiting + more)
    return None


def most_of(estimates: Iterable[Estimate | None]) -> dict[str, int]:
    """What these may come to together, as far as anybody knows."""
    sums = Counter[str]()
    for each in estimates:
        if each is not None and each.most:
            sums[each.currency] += each.most
    return dict(sums)


def written(micros: int) -> str:
    """An amount in the currency's units, to its last digit and with two at least: 21.40."""
    whole, rest = divmod(micros, MICROS)
    return f"{whole}.{f'{rest:06}'.rstrip('0').ljust(2, '0')}"


def beginnings(now: int) -> tuple[int, int]:
    """Of the day and of the month that a moment is in, where this machine is; all in ms since 1970."""
    day = datetime.fromtimestamp(now / 1000).replace(hour=0, minute=0, second=0, microsecond=0)
    return round(day.timestamp() * 1000), round(day.replace(day=1).timestamp() * 1000)


class Budget:
    """The months of one device. `limits`: as the settings have them; none is no limit. `reread`: takes up what the
    settings say now, before anything is decided by them or told of them.
    """

    def __init__(
        self,
        limits: Callable[[], Sums],
        workspaces: Callable[[], Sequence[Workspace]],
        now: Callable[[], int],
        reread: Callable[[], None] = lambda: None,
    ) -> None:
        self._limits = limits
        self._reread = reread
        self._workspaces = workspaces
        self.now = now
        self._deciding = asyncio.Lock()
        self._known: tuple[object, Taken] | None = None
        self._damaged: set[AttemptId] = set()  # whose lines in the ledger are gone or damaged

    @property
    def limits(self) -> Sums:
        return self._limits()

    @asynccontextmanager
    async def deciding(self) -> AsyncIterator[Callable[[Estimate | None], bool]]:
        """Whether something may be begun or placed. Nobody else begins or places anything until this is left: what two
        of them find free must not be taken twice.
        """
        async with self._deciding:
            self._reread()
            yield self.rule()

    def rule(self) -> Callable[[Estimate | None], bool]:
        """What may be begun as things stand now, for any thread. Where a ledger cannot be read, only what is free."""
        limits = dict(self.limits)
        if not limits:
            return lambda estimate: True
        try:
            taken = self._taken()
        except StoreError as error:
            log.warning("nothing paid is begun, for what was spent cannot be read: %s", error)
            return lambda estimate: estimate is not None and estimate.basis == "free"
        return lambda estimate: may_begin(estimate, limits, taken)

    async def standing(self) -> list[Standing]:
        """Of every currency with a limit, in the order of the settings."""
        self._reread()
        limits = self.limits
        if not limits:
            return []
        waiting = Counter[str]()
        for each in self._workspaces():
            waiting.update(await each.database.read(_waiting(each.log.position.incarnation)))
        taken = self._taken()
        return [
            Standing(currency, limit, taken.spent.get(currency, 0), taken.open.get(currency, 0), waiting[currency])
            for currency, limit in limits.items()
        ]

    def _taken(self) -> Taken:
        """Read anew after each commit, in any workspace."""
        some, month = self._workspaces(), beginnings(self.now())[1]
        key = month, [(each.id, each.database.commits) for each in some]
        if self._known is None or self._known[0] != key:
            spent, open_ = Counter[str](), Counter[str]()
            for each in some:
                charged, most = each.database.read_now(lambda connection: self._taken_in(connection, month))
                spent.update(charged)
                open_.update(most)
            self._known = key, Taken(spent, open_)
        return self._known[1]

    def _taken_in(self, connection: Connection, month: int) -> Taken:
        intents = open_intents(connection, self._tell)
        return Taken(spent_since(connection, month).amounts, most_of(each.estimate for each in intents))

    def _tell(self, attempt: AttemptId) -> None:
        """One whose line is damaged holds up nobody: it counts as what nobody knows the price of."""
        if attempt not in self._damaged:
            log.error("what %s may cost cannot be read from the ledger; `gesso verify` says more", attempt.hex())
            self._damaged.add(attempt)


def unlimited(clock: Clock) -> Budget:
    return Budget(dict, list, clock.now)


def _waiting(incarnation: bytes) -> Callable[[Connection], dict[str, int]]:
    """What waits in a queue for this log to carry it out."""

    def read(connection: Connection) -> dict[str, int]:
        marks = ", ".join("?" * len(WAITING))
        some = each_job(connection, f"state IN ({marks})", WAITING, lambda id: None)  # it will not be begun
        return most_of(job.estimate for job in some if job.incarnation == incarnation)

    return read
