"""How many pictures a query finds, and nothing else: cheaper than a page, and remembered until something is written."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from library.views.query import parse
from library.views.search import Condition, Past, Read, condition_of, looks_in_words
from store.database import Connection

REMEMBERED = 256  # totals


class Totals:
    """Counts what queries of one workspace find. `read` and `past` as Search takes them."""

    def __init__(self, read: Read, past: Past, commits: Callable[[], int]) -> None:
        self._read = read
        self._past = past
        self._commits = commits
        self._known: OrderedDict[tuple[Any, ...], int] = OrderedDict()
        self._counting = asyncio.Lock()  # whoever asks meanwhile for the same takes what was just counted

    async def of(self, q: str, at: str | None = None) -> int:
        """Asked one by one, many counts leave room for other questions between them."""
        query = parse(q)
        condition = condition_of(query)
        async with self._counting:
            key = (condition.where, *condition.parameters, at, self._commits())  # asked before reading: never too new
            if key not in self._known:
                self._known[key] = await self._count(condition, at, looks_in_words(query))
                if len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)
            self._known.move_to_end(key)
            return self._known[key]

    async def _count(self, condition: Condition, at: str | None, words: bool) -> int:
        def work(connection: Connection) -> int:
            return total_of(connection, condition)

        total: int = await (self._read(work) if at is None else self._past(work, at, words, False))
        return total


def total_of(connection: Connection, condition: Condition) -> int:
    """Where combinations alone decide, they know how many pictures have them."""
    if condition.combos is not None:
        sql = f"SELECT coalesce(sum(shown), 0) FROM combo WHERE {condition.combos}"
    else:
        sql = f"SELECT count(*) FROM {condition.narrow or condition.source} WHERE {condition.where}"
    return int(connection.execute(sql, condition.parameters).fetchone()[0])
