"""One text for the command line, the address and what is saved: reading and writing it back loses nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.client import query as address
from commands.search import FILTERS, query_text
from library.errors import Invalid
from library.values import SORTS
from library.views.filters import CHOICES, KEYS, NUMBERS, PLAIN, Filter
from library.views.query import LONGEST, Query, Words, either, parse, read, read_as, render
from library.views.search import condition_of
from tests.tree import ROOT

COMPARISONS = ("=", ">=", "<=", ">", "<")
# Signs that mean something to the language, to shells and to addresses, in several scripts.
texts = st.text(st.sampled_from("ab貓 \t\n\"'\\:-<>=/&%#+?.,，é🐱ن\u202e\u3000"), min_size=1, max_size=9)
anything = st.text(st.sampled_from('ab貓 "\\:-<>=/tag:rating:is:date:3：＞＝３'), max_size=24)


def value_of(key: str) -> st.SearchStrategy[str]:
    """Values that the filter takes."""
    if key in CHOICES:
        return st.sampled_from(CHOICES[key])
    known = {
        "rating": st.sampled_from("012345"),
        "size": st.integers(0, 999_999_999).map(str),
        "date": st.one_of(
            st.dates().map(lambda day: day.isoformat()),
            st.dates().map(lambda day: day.isoformat()[:7]),
            st.dates().map(lambda day: day.isoformat()[:4]),
        ),
        "type": st.sampled_from(["png", "JPG", "image/webp", "tif"]),
        "project": st.text("0123456789abcdef", min_size=1, max_size=32),
        "prompt": st.text("0123456789abcdef", min_size=1, max_size=32),
        "id": st.text("0123456789abcdef", min_size=1, max_size=32),
    }
    return known.get(key, texts)


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    key = draw(st.sampled_from(KEYS))
    comparison = draw(st.sampled_from(COMPARISONS)) if key not in PLAIN else "="
    return Filter(key, comparison, draw(value_of(key)), draw(st.booleans()))  # type: ignore[arg-type]


queries = st.builds(
    lambda words, filters: Query(tuple(words), tuple(filters)),
    st.lists(st.builds(Words, texts, st.just(True), st.booleans()), max_size=2),
    st.lists(filters(), max_size=4),
)


@given(queries)
def test_query_is_the_same_after_writing_and_reading(query: Query) -> None:
    assert parse(render(query)) == query
    condition_of(query)


@given(anything)
def test_text_that_can_be_read_is_read_the_same_again(text: str) -> None:
    query, faults = read(text)
    if not faults:
        assert parse(render(query)) == query
        assert render(parse(render(query))) == render(query)


@given(queries)
def test_query_is_the_same_after_the_way_through_an_address(query: Query) -> None:
    text = render(query)
    assert parse(parse_qs(address({"q": text})[1:], keep_blank_values=True).get("q", [""])[0]) == query


@given(filters().filter(lambda each: each.key in FILTERS and not each.negated))
def test_option_of_the_command_line_is_the_filter(each: Filter) -> None:
    value = each.value if each.comparison == "=" else each.comparison + each.value
    assert parse(query_text([], {each.key: (value,)})) == Query((), (each,))


EXAMPLES: list[tuple[str, str]] = json.loads(Path(__file__).with_name("queries.json").read_text("utf-8"))


@pytest.mark.parametrize(("text", "written"), EXAMPLES)
def test_every_filter_reads_and_writes_as_the_page_does(text: str, written: str) -> None:
    """`web/tests/query.test.ts` holds the page to the same examples."""
    assert render(parse(text)) == written
    assert parse(written) == parse(text)


def test_examples_leave_no_filter_out() -> None:
    shown = {each.key for text, _ in EXAMPLES for each in parse(text).filters}
    assert shown == set(KEYS)


def test_page_knows_the_same_filters_and_orders() -> None:
    page = (ROOT / "web/src/state/query.ts").read_text("utf-8")
    (listed,) = re.findall(r"const KEYS = new Set\(\[(.*?)\]\)", page, re.DOTALL)
    assert set(re.findall(r'"(\w+)"', listed)) == set(KEYS)
    (sorts,) = re.findall(r"type Sort = (.*?);", (ROOT / "web/src/api/types.ts").read_text("utf-8"))
    assert re.findall(r'"(\w+)"', sorts) == list(SORTS)


WRONG = {
    "ratng:5": ("bad_query.close", "Did you mean rating:?"),
    "tags:cat": ("bad_query.close", "Did you mean tag:?"),
    "before:someday": ("bad_query.close", "Did you mean date:<?"),
    "since:2026": ("bad_query.close", "Did you mean date:>=?"),
    "sharpness:>3": ("bad_query.unknown", "There is no filter sharpness: here."),
    'neon zzz:"a b"': ("bad_query.unknown", "zzz:"),
    "rating:9": ("bad_query.rating", "from 0 to 5, not “9”"),
    "rating:x": ("bad_query.rating", "“x”"),
    "rating:٣": ("bad_query.rating", "“٣”"),
    "size:big": ("bad_query.size", "“big”"),
    "date:someday": ("bad_query.date", "“someday”"),
    "date:2026-13": ("bad_query.date", "2026-13"),
    "date:2026-02-31": ("bad_query.date", "2026-02-31"),
    "date:0000": ("bad_query.date", "0000"),
    "flag:up": ("bad_query.choice", "pick, reject, none"),
    "label:pink": ("bad_query.choice", "red, yellow"),
    "state:gone": ("bad_query.choice", "here, offline, missing"),
    "is:nice": ("bad_query.choice", "binned"),
    "made:restored": ("bad_query.choice", "imported"),
    "tag:>3": ("bad_query.compare", "cannot be compared with >"),
    "type:foo": ("bad_query.choice", "png, jpeg, webp, gif, tiff, avif, not “foo”"),
    "type:image/foo": ("bad_query.choice", "png, jpeg"),
    "type:p*g": ("bad_query.choice", "“p*g”"),
    "標籤:狗": ("bad_query.close", "Did you mean tag:?"),
    "標籤：狗": ("bad_query.close", "Did you mean tag:?"),
    "ratng：5": ("bad_query.close", "Did you mean rating:?"),
    "tag： 狗": ("bad_query.empty", "tag: has no value"),
    "rating：９": ("bad_query.rating", "“9”"),
    "rating:>=": ("bad_query.open", "rating:>= needs a value right behind it, like rating:>=3"),
    "rating:>= 3": ("bad_query.open", "rating:>= needs"),
    "size:＜": ("bad_query.open", "like size:<2000"),
    "date:>": ("bad_query.open", "like date:>2026-11"),
    "project:Poster": ("bad_query.id", "“Poster”"),
    'tag:""': ("bad_query.empty", "tag: has no value"),
    "tag: cat": ("bad_query.empty", "tag: has no value"),
    "-rating:": ("bad_query.empty", "rating: has no value"),
    "a" * (LONGEST + 1): ("bad_query.long", "2000"),
}


@pytest.mark.parametrize(("text", "code", "said"), [(text, *told) for text, told in WRONG.items()])
def test_what_would_find_nothing_is_told(text: str, code: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(text)
    assert refused.value.code == code
    assert said in str(refused.value)
    assert refused.value.problems[0][:3] == ("/q", str(refused.value), code)


def test_everything_that_is_wrong_is_told_once() -> None:
    with pytest.raises(Invalid) as refused:
        parse("neon rating:9 flag:up tag:cat rating:9 sharpness:3 size:big")
    told = [(problem[2], problem[3].get("value", "")) for problem in refused.value.problems if len(problem) == 4]
    assert refused.value.code == "bad_query.unknown" and refused.value.hint, "what has a hint comes first"
    assert told == [
        ("bad_query.unknown", ""), ("bad_query.rating", "9"), ("bad_query.choice", "up"), ("bad_query.size", "big"),
    ]  # fmt: skip


def test_every_filter_can_be_wrong() -> None:
    """Free texts take anything but nothing."""
    for key in KEYS:
        for value in ('""', ">=" if key in PLAIN else "§"):
            assert read(f"{key}:{value}")[1], key
    assert set(NUMBERS) < set(KEYS)


@pytest.mark.parametrize(
    "text", ["http://x.org", "Ratio:1", "16:9", "a:", ":", "(masterpiece:1.2)", '"ratng:5"', "比例：16"]
)
def test_words_with_a_colon_that_are_no_filter_stay_words(text: str) -> None:
    query, faults = read(text)
    assert faults == [] and query.filters == () and len(query.words) == 1


def test_what_stands_on_either_side_of_an_or_is_a_query_of_its_own() -> None:
    for text, queries in json.loads((ROOT / "tests/library/views/either.json").read_text("utf-8")):
        assert either(text) == queries, text
    assert read_as("燈 tag:night OR -雨") == ["燈", "tag:night", "OR", "-雨"]


@given(anything)
def test_every_side_of_an_or_can_be_searched_for(text: str) -> None:
    for each in either(text):
        assert render(read(each)[0]) == each
