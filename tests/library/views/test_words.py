"""Text is found by any run of its characters, in every script that has no spaces, and by nothing that is not in it."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.views.words import indexed, matched

# Han, one beyond the basic plane, Kana, Hangul, Bopomofo; a mark that reads as no word; Latin and punctuation.
LETTERS = "貓咪海報霓虹燈𠮷かなカナ々한글ㄅㄆ"
letters = st.sampled_from(LETTERS + "・abc ,。-_")
texts = st.text(letters, max_size=24)


def finds(text: str, query: str, *, phrase: bool = False) -> bool:
    expression = matched(query, phrase=phrase)
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE VIRTUAL TABLE words USING fts5(text, tokenize='unicode61 remove_diacritics 2')")
        database.execute("INSERT INTO words VALUES(?)", (indexed(text)[0],))
        found = database.execute("SELECT 1 FROM words WHERE words MATCH ?", (expression,)).fetchone()
    database.close()
    return found is not None


@given(before=texts, run=st.text(st.sampled_from(LETTERS), min_size=1, max_size=4), after=texts)
def test_any_run_of_characters_is_found_where_it_stands(before: str, run: str, after: str) -> None:
    assert finds(before + run + after, run)
    assert finds(before + run + after, run, phrase=True)


@given(text=texts, run=st.text(st.sampled_from(LETTERS), min_size=1, max_size=3))
def test_a_run_that_does_not_stand_there_is_not_found(text: str, run: str) -> None:
    if run not in text:
        assert not finds(text, run)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("霓虹貓", "貓"),  # the last of its run
        ("貓", "貓"),
        ("ﾈｺ 猫", "ネコ"),  # half width
        ("ＮＥＯＮ貓", "neon"),
        ("neon貓", "貓 neo"),
        ("Café 貓", "cafe"),
    ],
)
def test_what_reads_the_same_is_found(text: str, query: str) -> None:
    assert finds(text, query)


@pytest.mark.parametrize(
    ("text", "query"), [("海報 設計", "報設"), ("貓a咪", "貓咪"), ("咪貓", "貓咪"), ("貓", "貓貓")]
)
def test_characters_that_do_not_stand_together_are_not_found_as_a_word(text: str, query: str) -> None:
    assert not finds(text, query)


@pytest.mark.parametrize("query", ["・", "", "。", "🐈"])
def test_what_is_no_word_finds_nothing_and_fails_nowhere(query: str) -> None:
    expression = matched(query)
    assert expression == "" or not finds("貓・咪", query)
