"""A timetable of limits, as the settings write it: "mon-fri 09:00-18:00 200 KB, 23:00-06:00 0". Pure.

Times are those of the clock on the wall. The first entry that fits counts; one that ends before it begins goes over
midnight, and its days are those on which it begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60  # minutes
ONLY_SMALL = "thumbnails"  # stands for a limit: no originals go
UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9}
MOST = 10 * 1024**3  # bytes a second; as for a limit without hours
_DAYS = re.compile(r"([a-z]+)(?:[-–]([a-z]+))?")
_TIMES = re.compile(r"([0-9]{1,2}):([0-9]{2})[-–]([0-9]{1,2}):([0-9]{2})")
_LIMIT = re.compile(r"([0-9]{1,11}(?:\.[0-9]{1,6})?) ?([kmg]?b|)(?:/s)?")


class Allowed(NamedTuple):
    """What may go out: bytes a second (0: no limit), and whether originals may at all."""

    rate: int
    originals: bool = True


class Entry(NamedTuple):
    """On these days (0: Monday), from one minute of the day up to another."""

    days: frozenset[int]
    begin: int
    end: int
    allowed: Allowed

    def fits(self, day: int, minute: int) -> bool:
        if self.begin < self.end:
            return day in self.days and self.begin <= minute < self.end
        return (day in self.days and minute >= self.begin) or ((day - 1) % 7 in self.days and minute < self.end)


Timetable = tuple[Entry, ...]


class Mistake(ValueError):
    """What cannot be read: `kind` of "entry", "day", "time", "empty", "limit", and the words."""

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(f"{kind}: {words}")
        self.kind = kind
        self.words = words


def read(text: str) -> Timetable:
    """The timetable that a text is, without entries for one of blanks; raises Mistake for the first that is wrong."""
    return tuple(_entry(" ".join(part.split())) for part in text.split(",")) if text.strip() else ()


def mistake_of(text: str) -> Mistake | None:
    """The first mistake in a text; None where it is a timetable."""
    try:
        read(text)
    except Mistake as mistake:
        return mistake
    return None


def _entry(text: str) -> Entry:
    words = text.split(" ")
    at = next((number for number, word in enumerate(words) if ":" in word), None)
    if at is None or at + 1 == len(words):
        raise Mistake("entry", text)
    days = frozenset(day for word in words[:at] for day in _days(word)) or frozenset(range(7))
    return Entry(days, *_times(words[at]), _allowed(" ".join(words[at + 1 :])))


def _days(word: str) -> Iterator[int]:
    """A day, or all from one to another, over Sunday too."""
    found = _DAYS.fullmatch(word.lower())
    if found is None or not {found[1], found[2] or found[1]} <= {*DAYS}:
        raise Mistake("day", word)
    first, last = DAYS.index(found[1]), DAYS.index(found[2] or found[1])
    return ((first + more) % 7 for more in range((last - first) % 7 + 1))


def _times(word: str) -> tuple[int, int]:
    """The minutes of the day at which it begins and ends; midnight as an end is 24:00 or 00:00."""
    found = _TIMES.fullmatch(word)
    if found is None or int(found[2]) > 59 or int(found[4]) > 59:
        raise Mistake("time", word)
    begin, end = (int(hours) * 60 + int(minutes) for hours, minutes in (found.groups()[:2], found.groups()[2:]))
    if begin >= DAY or end > DAY:
        raise Mistake("time", word)
    if begin == end:
        raise Mistake("empty", word)
    return begin, end or DAY


def _allowed(text: str) -> Allowed:
    if text.lower() == ONLY_SMALL:
        return Allowed(0, originals=False)
    found = _LIMIT.fullmatch(text.lower())
    if found is None:
        raise Mistake("limit", text)
    rate = float(found[1]) * UNITS[found[2]]
    if rate > MOST or 0 < rate < 1:
        raise Mistake("limit", text)
    return Allowed(round(rate))


def at(timetable: Timetable, wall: datetime) -> Allowed | None:
    """What the timetable says of a moment by the clock on the wall; None where no entry fits."""
    day, minute = wall.weekday(), wall.hour * 60 + wall.minute
    return next((entry.allowed for entry in timetable if entry.fits(day, minute)), None)


def changes(timetable: Timetable, wall: datetime, otherwise: Allowed) -> datetime | None:
    """When something else is allowed than at this moment, with `otherwise` where no entry fits; None: never."""
    now, midnight = at(timetable, wall) or otherwise, wall.replace(hour=0, minute=0, second=0, microsecond=0)
    edges = _edges(timetable)
    for days in range(8):
        for minute in edges:
            moment = midnight + timedelta(days=days, minutes=minute)
            if moment > wall and (at(timetable, moment) or otherwise) != now:
                return moment
    return None


def _edges(timetable: Sequence[Entry]) -> list[int]:
    """Minutes of a day at which it may say something else."""
    return sorted({0, *(minute % DAY for entry in timetable for minute in (entry.begin, entry.end))})
