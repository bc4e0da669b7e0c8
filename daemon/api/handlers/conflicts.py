"""What several devices set differently at once: which fields of what, and which value it is to be."""

from __future__ import annotations

from typing import Annotated

import msgspec

from daemon.api.call import Call
from daemon.api.inputs import Cursor, Hex16, Limit, Strict
from library.editing.conflicts import ConflictPage, Settled, Wish
from library.models import Changed

Value = str | int | bool
MOST_VALUES = 1000
MOST_SETTLINGS = 1000


class ConflictQuery(Strict, frozen=True):
    """Which part of the list; `document`: only what is in conflict of this."""

    limit: Limit = 100
    after: Cursor | None = None
    document: Hex16 | None = None


class Settling(Strict, frozen=True):
    """Which field of what, and the value that it is to have: one of those in conflict, or another. `seen`: the values
    that were looked at; where there are others by now, nothing is changed.
    """

    document: Hex16
    field: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    value: Value | None
    seen: Annotated[list[Value], msgspec.Meta(max_length=MOST_VALUES)] | None = None


class Picked(Strict, frozen=True):
    """Which field of what, the one of its values that it is to have, and the values that were looked at."""

    document: Hex16
    field: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    value: Value
    seen: Annotated[list[Value], msgspec.Meta(max_length=MOST_VALUES)]


class SettlingMany(Strict, frozen=True):
    """What is settled as one action."""

    settlings: Annotated[list[Picked], msgspec.Meta(min_length=1, max_length=MOST_SETTLINGS)]


async def index(call: Call, query: ConflictQuery) -> ConflictPage:
    """What was set differently at once: all values, who set each and when; the one in use meanwhile comes first."""
    return await call.library.conflicts.list(query.limit, query.after, query.document)


async def resolve(call: Call, body: Settling) -> Changed:
    """Settle a field for everybody by one more change; 409 `conflict_settled` where somebody has meanwhile."""
    return await call.library.conflicts.resolve(body.document, body.field, body.value, body.seen)


async def resolve_many(call: Call, body: SettlingMany) -> Settled:
    """Settle many fields at once, as one action; what somebody has settled or set anew meanwhile is passed over."""
    wishes = [Wish(each.document, each.field, each.value, each.seen) for each in body.settlings]
    return await call.library.conflicts.resolve_many(wishes)
