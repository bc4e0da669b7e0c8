"""Pictures that look the same: which they are, and what a person says of them."""

from __future__ import annotations

from typing import Annotated

import msgspec

from daemon.api.call import Call
from daemon.api.inputs import Hex16, Limit, Sha256, Strict
from library.models import AlikeList, Changed, Joined, Pair


class AlikeQuery(Strict, frozen=True):
    """How many at most."""

    limit: Limit = 100


class NamedPair(Strict, frozen=True):
    """Two pictures: the one that came later, and the one before it."""

    newer: Hex16
    older: Hex16


class Pairs(Strict, frozen=True):
    """What is said of some pairs at once."""

    pairs: Annotated[list[NamedPair], msgspec.Meta(min_length=1, max_length=10_000)]


class Parting(Strict, frozen=True):
    """Which version is another picture."""

    version: Sha256


async def index(call: Call, query: AlikeQuery) -> AlikeList:
    """Pairs of pictures that look the same and of which nobody has said yet whether they are."""
    return await call.library.alike.list(query.limit)


async def same(call: Call, body: Pairs) -> Joined:
    """The newer pictures are versions of the older ones; one action."""
    return await call.library.alike.same(_pairs(body))


async def other(call: Call, body: Pairs) -> Changed:
    """They are different pictures, and are never asked about again."""
    return await call.library.alike.other(_pairs(body))


async def apart(call: Call, id: Hex16, body: Parting) -> Changed:
    """A version is another picture: it becomes one of its own."""
    return await call.library.alike.apart(id, body.version)


def _pairs(body: Pairs) -> list[Pair]:
    return [Pair(newer=each.newer, older=each.older) for each in body.pairs]
