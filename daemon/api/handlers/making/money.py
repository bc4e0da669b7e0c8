"""What things cost, as the API says it: amounts, what they may come to, and where that is more than was agreed to."""

from __future__ import annotations

from typing import Annotated

import msgspec

from daemon.errors import Refused
from library.jobs.models import MICROS, Cost, Estimate
from providers.ordering import Total

Micros = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
# A price that was agreed to: the most, by currency in millionths, and how many jobs may have one that nobody knows.
Agreed = Annotated[dict[Annotated[str, msgspec.Meta(max_length=20)], Micros], msgspec.Meta(max_length=100)]
Unpriced = Annotated[int, msgspec.Meta(ge=0, le=100_000)]


class Amount(msgspec.Struct, frozen=True):
    """Money; `amount` null is not known, which is not nothing. `basis`: who says so. `credits`: that it is for, of a
    provider that counts in them.
    """

    amount: float | None
    currency: str
    basis: str
    credits: float | None


class Range(msgspec.Struct, frozen=True):
    """What something may cost. `basis`: free, price_table (as of that day) or unknown."""

    least: float | None
    most: float | None
    currency: str
    basis: str
    as_of: str
    credits: float | None


class Sum(msgspec.Struct, frozen=True):
    """What several jobs may cost in one currency."""

    currency: str
    least: float
    most: float


def dearer(now: Total, code: tuple[str, str, str]) -> Refused:
    """`code`: where it costs more than was agreed to, where nobody knows what it costs, and where both are so."""
    cost = ", ".join(f"{_range(each)} {each.currency}" for each in summed_up(now))
    params = {"jobs": now.jobs, "cost": cost, "unknown": now.unknown}
    priced, unpriced, both = code
    if not now.unknown:
        return Refused(409, priced, f"This costs more than was agreed to: {cost}.", params=params)
    if not cost:
        return Refused(409, unpriced, "Nobody knows what this costs.", params=params)
    message = f"This costs more than was agreed to: {cost}, and more that nobody knows the price of."
    return Refused(409, both, message, params=params)


def _range(sum: Sum) -> str:
    least, most = _plain(sum.least), _plain(sum.most)
    return least if least == most else f"{least}–{most}"


def _plain(amount: float) -> str:
    return f"{amount:.2f}" if amount == round(amount, 2) else f"{amount:.6f}".rstrip("0")


def summed_up(total: Total) -> list[Sum]:
    return [
        Sum(currency, in_units(least) or 0.0, in_units(most) or 0.0)
        for currency, (least, most) in sorted(total.sums.items())
    ]


def amount(cost: Cost | None) -> Amount | None:
    return None if cost is None else Amount(in_units(cost.amount), cost.currency, cost.basis, in_units(cost.credits))


def ranged(estimate: Estimate | None) -> Range | None:
    if estimate is None:
        return None
    low, high, credits = map(in_units, (estimate.least, estimate.most, estimate.credits))
    return Range(low, high, estimate.currency, estimate.basis, estimate.as_of, credits)


def in_units(micros: int | None) -> float | None:
    """Millionths as a number of the currency's units, exact to the last of them."""
    return None if micros is None else round(micros / MICROS, 6)
