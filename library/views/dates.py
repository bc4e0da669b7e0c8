"""Years, months and days (UTC) as milliseconds since 1970, and back."""

from __future__ import annotations

import calendar
import time
from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

DAY = 86_400_000  # ms
LAST = 253_402_300_799_999  # ms: the end of 9999
_EPOCH = date(1970, 1, 1).toordinal()


def within(milliseconds: int) -> int:
    """The time itself, or the nearest that a calendar shows: a device's clock may have said anything."""
    return max(0, min(milliseconds, LAST))


def month_of(milliseconds: int) -> str:
    """Like 2026-11, for a time of `within`."""
    return _month_of_day(milliseconds // DAY)


@lru_cache(maxsize=4096)
def _month_of_day(day: int) -> str:
    return time.strftime("%Y-%m", time.gmtime(day * DAY / 1000))


def months_among(times: Iterable[int]) -> Counter[str]:
    """How many of these times lie in which month."""
    months: Counter[str] = Counter()
    for day, count in Counter([at // DAY for at in times]).items():
        months[month_of(day * DAY)] += count
    return months


def span_of(text: str) -> tuple[int, int]:
    """From when until before when a year, month or day like 2026-11 lasts; the same twice for a day that is none."""
    year, month, day = [*map(int, text.split("-")), None, None][:3]
    assert year is not None
    if month is None:
        return _first(year, 1), _first(year + 1, 1)
    if not 1 <= month <= 12:
        return (_first(year + (month > 12), 1),) * 2
    following = _first(year + month // 12, month % 12 + 1)
    if day is None:
        return _first(year, month), following
    if year < 1 or day > calendar.monthrange(year, month)[1]:
        return following, following
    begun = _first(year, month) + (day - 1) * DAY
    return (begun, begun + DAY) if day else (begun + DAY,) * 2


def _first(year: int, month: int) -> int:
    """When a month begins."""
    if year > 9999:
        return LAST + 1
    return (date(max(1, year), month, 1).toordinal() - _EPOCH) * DAY
