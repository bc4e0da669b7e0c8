"""How many of the found assets have which tool, model, tag …: numbered combinations are counted, then taken apart.

Months are counted beside them.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from library.models import Facet, Facets, Month, Months
from library.views.images import COMBO
from store.database import Connection

FACET_VALUES = 200
LISTS = (COMBO.index("tags"), COMBO.index("projects"))
Row = tuple[Any, ...]  # id of a combination, then its values


class Counts(NamedTuple):
    """How many assets a query finds of each combination, by its number, and of each month; None: not counted yet."""

    combos: Mapping[int, int]
    months: Mapping[str, int] | None


def facets_of(connection: Connection, counts: Counts) -> Facets:
    """The facets that these combinations and months come to."""
    combos, by_month = counts.combos, counts.months or {}
    rows = connection.execute(f"SELECT id, {', '.join(COMBO)} FROM combo").fetchall()
    found = [(combos[row[0]], row) for row in rows if combos.get(row[0])]
    counters = [_column(found, index) for index in range(len(COMBO))]
    tools, models, tags, ratings, projects, states, media_types, flags, labels = counters
    return Facets(
        total=sum(combos.values()),
        tools=_ranked(tools),
        models=_ranked(models),
        tags=_ranked(tags),
        ratings=[Facet(value=value, count=ratings[value]) for value in sorted(ratings, reverse=True)],
        projects=_ranked(projects),
        states=_ranked(states),
        months=[Facet(value=value, count=by_month[value]) for value in sorted(by_month, reverse=True)],
        media_types=_ranked(media_types),
        flags=_ranked(flags),
        labels=_ranked(labels),
    )


def _column(found: Sequence[tuple[int, Row]], index: int) -> Counter[str]:
    """Counts by one column's values; combinations are many, different values of one column few."""
    raw: defaultdict[Any, int] = defaultdict(int)
    for count, row in found:
        raw[row[index + 1]] += count
    counter: Counter[str] = Counter()
    for value, count in raw.items():
        if index in LISTS:
            counter.update(dict.fromkeys(json.loads(value), count))
        elif value is not None:
            counter[str(value)] += count
    return counter


def months_of(counts: Counts, newest_first: bool) -> Months:
    """Where each month begins in a list by date of what was counted."""
    by_month = counts.months or {}
    months, total = [], 0
    for month in sorted(by_month, reverse=newest_first):
        months.append(Month(month=month, at=total, count=by_month[month]))
        total += by_month[month]
    return Months(total=total, months=months)


def _ranked(counter: Counter[str]) -> list[Facet]:
    ordered = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    return [Facet(value=value, count=count) for value, count in ordered[:FACET_VALUES]]
