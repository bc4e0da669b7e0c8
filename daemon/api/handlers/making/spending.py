"""What was spent on providers, month by month, and what is not settled yet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec

from daemon.api.call import Call
from daemon.api.handlers.making.money import in_units
from daemon.api.inputs import Strict
from library.jobs.ledger import Open, Part, ProjectShare, Share


class OpenIn(msgspec.Struct, frozen=True):
    """What is not settled yet in a currency, at most."""

    currency: str
    most: float


class SpendQuery(Strict, frozen=True):
    """How many months, this one included."""

    months: Annotated[int, msgspec.Meta(ge=1, le=240)] = 12


class ShareShown(msgspec.Struct, frozen=True):
    """What one model of a provider cost in a month (YYYY-MM) in one currency. `unpriced`: charges of unknown amount,
    which are not in it · `credits`: that it took, of a provider that counts in them.
    """

    month: str
    provider: str
    model: str
    currency: str
    amount: float
    charges: int
    unpriced: int
    credits: float


class ProjectShareShown(msgspec.Struct, frozen=True):
    """The same by the project that pictures were asked for into; null: into none, and answers in words."""

    month: str
    project: str | None
    name: str
    currency: str
    amount: float
    charges: int
    unpriced: int


class Spending(msgspec.Struct, frozen=True):
    """What was spent, month by month, the latest first, and what is not settled yet. `shares` and `projects` are the
    same money, taken apart in two ways.
    """

    shares: list[ShareShown]
    projects: list[ProjectShareShown]
    open: list[OpenIn]
    open_unknown: int


async def spend(call: Call, query: SpendQuery) -> Spending:
    """What was spent on providers, by month and model, and by month and project."""
    queue = call.library.queue
    found = await queue.shares(_months_ago(query.months - 1))
    names = {each.id: each.name for each in await call.library.projects.list()} if found.projects else {}
    left = queue.still_open(call.library.calls.unknown())
    return Spending(
        [_of_model(each) for each in found.models],
        [_of_project(each, names) for each in found.projects],
        open_in(left),
        left.unknown,
    )


def _sums(part: Part) -> dict[str, Any]:
    """A part's fields, in units of its currency."""
    return {
        "month": part.month,
        "currency": part.currency,
        "amount": in_units(part.amount) or 0.0,
        "charges": part.charges,
        "unpriced": part.unpriced,
    }


def _of_model(each: Share) -> ShareShown:
    return ShareShown(provider=each.provider, model=each.model, credits=in_units(each.credits) or 0.0, **_sums(each))


def _of_project(each: ProjectShare, names: Mapping[str, str]) -> ProjectShareShown:
    id = None if each.project is None else each.project.hex()
    return ProjectShareShown(project=id, name=names.get(id or "", ""), **_sums(each))


def _months_ago(months: int) -> int:
    """When the month began so many months ago, in ms since 1970, where this machine is."""
    now = datetime.now()
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    return round(datetime(year, month + 1, 1).astimezone().timestamp() * 1000)


def open_in(left: Open) -> list[OpenIn]:
    return [OpenIn(currency, in_units(most) or 0.0) for currency, most in sorted(left.amounts.items())]
