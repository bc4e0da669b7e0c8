"""Limits by the hour: what a text says, what counts at a moment, and when that changes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.allowance.timetable import DAY, DAYS, MOST, Allowed, Entry, Mistake, at, changes, mistake_of, read

FREE = Allowed(0)
SMALL = Allowed(0, originals=False)
WORK = "mon-fri 09:00-18:00 200 kB, 23:00-06:00 0"
MONDAY = datetime(2026, 11, 30)


def moment(day: str, time: str) -> datetime:
    hours, minutes = time.split(":")
    return MONDAY + timedelta(days=DAYS.index(day), hours=int(hours), minutes=int(minutes))


@pytest.mark.parametrize(("day", "time", "allowed"), [
    ("mon", "08:59", None), ("mon", "09:00", Allowed(200_000)), ("fri", "17:59", Allowed(200_000)),
    ("fri", "18:00", None), ("sat", "12:00", None), ("sat", "23:00", FREE), ("sun", "05:59", FREE),
    ("mon", "06:00", None), ("mon", "00:00", FREE),
])  # fmt: skip
def test_first_entry_that_fits_counts(day: str, time: str, allowed: Allowed | None) -> None:
    assert at(read(WORK), moment(day, time)) == allowed


@pytest.mark.parametrize(("text", "entry"), [
    ("09:00-18:00 0", Entry(frozenset(range(7)), 540, 1080, FREE)),
    ("Mon 9:00-18:00 1.5 MB/s", Entry(frozenset({0}), 540, 1080, Allowed(1_500_000))),
    ("fri-mon 00:00-24:00 thumbnails", Entry(frozenset({4, 5, 6, 0}), 0, DAY, SMALL)),
    ("  mon   wed 22:30–00:00  65536 ", Entry(frozenset({0, 2}), 1350, DAY, Allowed(65_536))),
    ("sat 10:00-12:00 1GB", Entry(frozenset({5}), 600, 720, Allowed(10**9))),
])  # fmt: skip
def test_an_entry_is_read_as_it_is_written(text: str, entry: Entry) -> None:
    assert read(text) == (entry,)


@pytest.mark.parametrize(("text", "kind", "words"), [
    ("fast", "entry", "fast"), ("09:00-18:00", "entry", "09:00-18:00"), ("09:00-18:00 0,", "entry", ""),
    ("Montag 09:00-18:00 0", "day", "Montag"), ("mon- 09:00-18:00 0", "day", "mon-"),
    ("mon-fun 9:00-10:00 0", "day", "mon-fun"),
    ("09:00 18:00 0", "time", "09:00"), ("09:60-18:00 0", "time", "09:60-18:00"),
    ("24:00-01:00 0", "time", "24:00-01:00"),
    ("09:00-24:01 0", "time", "09:00-24:01"), ("mon 08:00-08:00 0", "empty", "08:00-08:00"),
    ("00:00-24:00 -1", "limit", "-1"), ("00:00-24:00 200 KiB", "limit", "200 KiB"),
    ("00:00-24:00 11 GB", "limit", "11 GB"),
    ("00:00-24:00 0.0001 KB", "limit", "0.0001 KB"), ("00:00-24:00 ٢", "limit", "٢"),
    ("00:00-24:00 nothing", "limit", "nothing"),
    ("0:00-1:00 0, tomorrow 1:00-2:00 0", "day", "tomorrow"),
])  # fmt: skip
def test_a_mistake_is_named_with_its_words(text: str, kind: str, words: str) -> None:
    mistake = mistake_of(text)
    assert mistake is not None and (mistake.kind, mistake.words) == (kind, words)


def test_nothing_written_is_no_entry() -> None:
    assert read("") == read(" \n") == ()
    assert changes((), MONDAY, FREE) is None


minutes = st.integers(0, DAY - 1)
limits = st.one_of(st.just(SMALL), st.integers(0, MOST).map(Allowed))
entries = st.builds(Entry, st.frozensets(st.integers(0, 6), min_size=1), minutes, st.integers(1, DAY), limits).filter(
    lambda entry: entry.begin != entry.end
)
tables = st.lists(entries, max_size=5).map(tuple)
walls = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1))


def written(entry: Entry) -> str:
    """As a person may write it."""
    days = " ".join(DAYS[day] for day in sorted(entry.days))
    begin, end = (f"{minute // 60:02}:{minute % 60:02}" for minute in (entry.begin, entry.end))
    return f"{days} {begin}-{end} {entry.allowed.rate if entry.allowed.originals else 'thumbnails'}"


@given(tables)
def test_what_is_written_is_read(table: tuple[Entry, ...]) -> None:
    assert read(", ".join(map(written, table))) == table


@given(st.text(alphabet="monfrisat09:-,. KBbthumbnails\n–", max_size=40) | st.text(max_size=40))
def test_any_text_is_a_timetable_or_a_mistake(text: str) -> None:
    try:
        table = read(text)
    except Mistake as mistake:
        assert mistake.kind in ("entry", "day", "time", "empty", "limit")
        return
    assert all(entry.days and 0 <= entry.begin < DAY and 0 < entry.end <= DAY for entry in table)
    assert all(0 <= entry.allowed.rate <= MOST for entry in table)


def plainly(table: tuple[Entry, ...], wall: datetime) -> Allowed | None:
    """The meaning, told otherwise: of each day on which an entry begins, the span that it is."""
    midnight = datetime(wall.year, wall.month, wall.day)
    for entry in table:
        length = (entry.end - entry.begin) % DAY or DAY
        for begun in (midnight - timedelta(days=1), midnight):
            begin = begun + timedelta(minutes=entry.begin)
            if begun.weekday() in entry.days and begin <= wall < begin + timedelta(minutes=length):
                return entry.allowed
    return None


@given(tables, walls)
def test_an_entry_is_the_span_that_begins_on_its_days(table: tuple[Entry, ...], wall: datetime) -> None:
    assert at(table, wall) == plainly(table, wall)


@given(tables, walls, limits)
def test_until_the_change_nothing_changes(table: tuple[Entry, ...], wall: datetime, otherwise: Allowed) -> None:
    now, change = at(table, wall) or otherwise, changes(table, wall, otherwise)
    until = change or wall + timedelta(days=8)
    step = timedelta(minutes=17)
    look = wall
    while look < until:
        assert (at(table, look) or otherwise) == now
        look += step
    if change is not None:
        assert (at(table, change - timedelta(minutes=1)) or otherwise) == now or change - timedelta(minutes=1) < wall
        assert (at(table, change) or otherwise) != now
        assert wall < change <= wall + timedelta(days=8)
