"""Months and dates: a filter finds what the facet counts, whatever a device's clock said."""

from __future__ import annotations

import hashlib
import random
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.kinds import Kind, derived_id
from imaging.inspection import Facts, Inspection
from library.intake.arrivals import write_version
from library.views.dates import DAY, LAST, month_of, months_among, span_of
from library.workspace import Plan
from tests.library.house import open_library

YEAR = st.integers(1970, 9999).map(lambda year: f"{year:04}")
PART = st.integers(0, 99).map(lambda part: f"{part:02}")
TEXTS = YEAR | st.tuples(YEAR, PART).map("-".join) | st.tuples(YEAR, PART, PART).map("-".join)
TIMES = st.integers(0, LAST) | st.integers(0, 400).map(lambda day: day * DAY) | st.integers(LAST - 40 * DAY, LAST)


def day_of(milliseconds: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(milliseconds // 1000))


@given(TIMES, TEXTS)
def test_spans_order_times_as_their_texts_do(at: int, text: str) -> None:
    begun, ended = span_of(text)
    told = day_of(at)[: len(text)]
    assert (begun <= at < ended, at < begun, at >= ended) == (told == text, told < text, told > text)


@given(TIMES)
def test_day_lies_in_its_own_span_and_in_no_other(at: int) -> None:
    for text in (day_of(at), day_of(at)[:7], day_of(at)[:4]):
        begun, ended = span_of(text)
        assert begun <= at < ended


@pytest.mark.parametrize("text", ["0000", "0001-00", "0000-00-99", "0000-99-99", "1970", "9999-12-31", "9999-99"])
def test_spans_at_the_ends_of_time(text: str) -> None:
    begun, ended = span_of(text)
    assert begun <= ended
    assert (begun < ended) == (text in ("1970", "9999-12-31"))
    assert ended <= LAST + 1


TIMES_SAID = [-(2**53) + 1, -5, 0, 1, 40 * DAY, LAST, LAST + 1, LAST + DAY, 2**52, 2**53 - 1]


async def test_clocks_gone_wrong_are_counted_found_and_paged(tmp_path: Path) -> None:
    async with open_library(tmp_path / "home") as library:
        edits = []
        for number, at in enumerate(TIMES_SAID):
            id = derived_id(Kind.IMAGE, library.workspace.id, sha256 := hashlib.sha256(b"%d" % number).digest())
            seen = Inspection(sha256, 1, "image/png", 8, 8, 1, b"", Facts(), None, False)
            edits.append((id, lambda draft, seen=seen, at=at: write_version(draft, seen, [], at)))
        await library.workspace.append(Plan("asset.import", {}, edits))
        for query in ("", "rating:0", "-label:red"):
            found = await library.search.months(query, "oldest")
            assert [(each.month, each.count) for each in found.months] == [
                ("1970-01", 4), ("1970-02", 1), ("9999-12", 5),
            ], query  # fmt: skip
        for month in found.months:
            assert (await library.search.page(f"date:{month.month}")).total == month.count
        assert (await library.search.page("date:<1970")).total == 0
        for sort in ("newest", "oldest"):
            met, after = [], None
            while after or not met:
                page = await library.search.page("", sort, limit=1, after=after)
                met, after = [*met, *page.items], page.next
            assert len({each.id for each in met}) == len(TIMES_SAID)


def test_months_among_many_are_those_of_each() -> None:
    chance = random.Random(4)
    times = [chance.randrange(LAST) for _ in range(2000)]
    assert sum(months_among(times).values()) == len(times)
    assert all(months_among([at]) == {month_of(at): 1} for at in times)
