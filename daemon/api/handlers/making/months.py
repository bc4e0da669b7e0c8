"""The month's limit: how it stands on the whole device, and the order that would pass it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from daemon.api.call import House
from daemon.api.handlers.making.money import in_units
from daemon.errors import Refused
from library.jobs.budget import Level, Standing, Sums, beyond, written


class MonthLimit(msgspec.Struct, frozen=True):
    """How a month stands in a currency that has a limit, on the whole device. `open`: begun and not settled, at the
    most that it may come to · `waiting`: in the queues, at its most · `left`: of the limit; less than nothing where it
    was lowered · `level`: near when four fifths are charged or under way, reached when all of it is.
    """

    currency: str
    limit: float
    spent: float
    open: float
    waiting: float
    left: float
    level: Level


async def months(house: House) -> list[MonthLimit]:
    """Of every currency with a limit."""
    return [_shown(each) for each in await house.runner.budget.standing()]


def _shown(month: Standing) -> MonthLimit:
    return MonthLimit(
        currency=month.currency,
        limit=in_units(month.limit) or 0.0,
        spent=in_units(month.spent) or 0.0,
        open=in_units(month.open) or 0.0,
        waiting=in_units(month.waiting) or 0.0,
        left=in_units(month.limit - month.comes_to) or 0.0,
        level=month.level,
    )


def ensure_within(standing: Sequence[Standing], order: Sums) -> None:
    """Refused where an order, at its most, would pass the limit."""
    over = beyond(standing, order)
    if over is None:
        return
    told = {name: getattr(over, name) for name in ("comes_to", "limit", "spent", "open", "waiting")}
    params = {"currency": over.currency, **{name: written(each) for name, each in told.items()}}
    sentence = (
        "This order would come to {comes_to} of {limit} {currency} this month:"
        " {spent} spent, {open} under way, {waiting} waiting with it."
    )
    hint = "Ask for less, call off what waits, or raise month_limit in config.toml."
    raise Refused(409, "order.budget", sentence.format(**params), params=params, hint=hint)
