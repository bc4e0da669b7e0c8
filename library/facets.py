"""How many of the found assets have which tool, model, tag …: numbered combinations are counted, then taken apart."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping

from library.images import COMBO
from library.models import Facet, Facets, Month, Months
from store.database import Connection

FACET_VALUES = 200
LISTS = (COMBO.index("tags"), COMBO.index("projects"))
Counts = Mapping[int, int]  # how many assets by the number of their combination


def facets_of(connection: Connection, counts: Counts) -> Facets:
    """The facets that these combinations come to."""
    counters: list[Counter[str]] = [Counter() for _ in COMBO]
    for number, *values in connection.execute(f"SELECT id, {', '.join(COMBO)} FROM combo"):
        count = counts.get(number, 0)
        if not count:
            continue
        for index, value in enumerate(values):
            if index in LISTS:
                for each in json.loads(value):
                    counters[index][each] += count
            elif value is not None:
                counters[index][str(value)] += count
    tools, models, tags, ratings, projects, states, months, media_types = counters
    return Facets(
        total=sum(counts.values()),
        tools=_ranked(tools),
        models=_ranked(models),
        tags=_ranked(tags),
        ratings=[Facet(value=value, count=ratings[value]) for value in sorted(ratings, reverse=True)],
        projects=_ranked(projects),
        states=_ranked(states),
        months=[Facet(value=value, count=months[value]) for value in sorted(months, reverse=True)],
        media_types=_ranked(media_types),
    )


def months_of(connection: Connection, counts: Counts, newest_first: bool) -> Months:
    """Where each month begins in a list by date of what these combinations come to."""
    by_month: Counter[str] = Counter()
    for number, month in connection.execute("SELECT id, month FROM combo"):
        by_month[month] += counts.get(number, 0)
    months, total = [], 0
    for month in sorted(+by_month, reverse=newest_first):
        months.append(Month(month=month, at=total, count=by_month[month]))
        total += by_month[month]
    return Months(total=total, months=months)


def _ranked(counter: Counter[str]) -> list[Facet]:
    ordered = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    return [Facet(value=value, count=count) for value, count in ordered[:FACET_VALUES]]
