"""What several devices set differently at once: which fields of what, and which value it is to be."""

from __future__ import annotations

from typing import Annotated

import msgspec

from daemon.api.call import Call
from daemon.api.inputs import Cursor, Hex16, Limit, Strict
from library.editing.conflicts import ConflictPage
from library.models import Changed

Value = str | int | bool
MOST_VALUES = 1000


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


async def index(call: Call, query: ConflictQuery) -> ConflictPage:
    """What was set differently at once: all values, who set each and when; the one in use meanwhile comes first."""
    return await call.library.conflicts.list(query.limit, query.after, query.document)


async def resolve(call: Call, body: Settling) -> Changed:
    """Settle a field for everybody by one more change; 409 `conflict_settled` where somebody has meanwhile."""
    return await call.library.conflicts.resolve(body.document, body.field, body.value, body.seen)
