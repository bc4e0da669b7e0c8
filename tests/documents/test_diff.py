"""Texts are changed by the fewest single letters, so that two people typing at once keep what each wrote."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.diff import merged, text_edits

TEXT = st.text(alphabet="ab 貓😀", max_size=40)


def carried_out(old: str, new: str) -> str:
    letters = list(old)
    for index, removed, inserted in text_edits(old, new):
        letters[index : index + removed] = inserted
    return "".join(letters)


def cost(old: str, new: str) -> int:
    return sum(removed + len(inserted) for _, removed, inserted in text_edits(old, new))


def fewest(old: str, new: str) -> int:
    """By the longest common subsequence, computed in full."""
    row = [0] * (len(new) + 1)
    for letter in old:
        above = row
        row = [0]
        for index, other in enumerate(new):
            row.append(above[index] + 1 if letter == other else max(above[index + 1], row[-1]))
    return len(old) + len(new) - 2 * row[-1]


@given(TEXT, TEXT)
def test_edits_turn_one_text_into_the_other_and_are_the_fewest(old: str, new: str) -> None:
    assert carried_out(old, new) == new
    assert cost(old, new) == fewest(old, new)


@pytest.mark.parametrize(
    ("old", "new", "edits"),
    [
        ("", "", []),
        ("same", "same", []),
        ("", "new", [(0, 0, "new")]),
        ("old", "", [(0, 3, "")]),
        ("a cat", "a fat cat", [(2, 0, "fat ")]),
        ("貓在雪地", "貓在雪地上", [(4, 0, "上")]),
        ("👩‍👩‍👧", "👩‍👧", [(2, 2, "")]),
        ("ab cd", "Ab cD", [(0, 1, "A"), (4, 1, "D")]),
    ],
)
def test_edits_are_where_the_person_made_them(old: str, new: str, edits: list[tuple[int, int, str]]) -> None:
    assert text_edits(old, new) == edits


def test_long_texts_with_nothing_in_common_are_replaced_in_no_time() -> None:
    old, new = "ab" * 15_000, "cd" * 15_000
    began = time.process_time()
    assert text_edits(f"{old}z", f"{new}z") == [(0, 30_000, new)]
    assert time.process_time() - began < 2


def test_one_word_in_a_long_text_is_one_edit() -> None:
    text = "貓在雪地 " * 4_000
    assert text_edits(text, f"{text[:9_000]}紅{text[9_000:]}") == [(9_000, 0, "紅")]


BASE, MINE, THEIRS = "ab 貓\n", "MN雨", "TU雪😀"


@st.composite
def edited_by_two(draw: st.DrawFn) -> tuple[str, str, str]:
    """A text, and what two people made of it, each with letters that nobody else uses."""
    base = draw(st.text(alphabet=BASE, max_size=30))
    texts = []
    for letters in (MINE, THEIRS):
        text = list(base)
        for _ in range(draw(st.integers(0, 5))):
            place = draw(st.integers(0, len(text)))
            text[place : place + draw(st.integers(0, 3))] = draw(st.text(alphabet=letters, max_size=4))
        texts.append("".join(text))
    return base, texts[0], texts[1]


def only(letters: str, text: str) -> str:
    return "".join(letter for letter in text if letter in letters)


def is_within(part: str, whole: str) -> bool:
    """Whether letters were only taken out of `whole`."""
    rest = iter(whole)
    return all(letter in rest for letter in part)


@given(edited_by_two())
def test_two_edit_one_text_at_once_and_what_both_wrote_stays(texts: tuple[str, str, str]) -> None:
    base, mine, theirs = texts
    found = merged(base, mine, theirs)
    assert only(MINE, found) == only(MINE, mine)
    assert only(THEIRS, found) == only(THEIRS, theirs)
    left = only(BASE, found)
    assert is_within(left, only(BASE, mine)) and is_within(left, only(BASE, theirs)), "what was taken out is back"
    assert len(base) - len(left) <= 2 * len(base) - len(only(BASE, mine)) - len(only(BASE, theirs)), "more is gone"


@given(TEXT, TEXT)
def test_edit_of_a_text_that_nobody_else_changed_or_that_is_sent_again(base: str, text: str) -> None:
    assert merged(base, text, base) == text
    assert merged(base, base, text) == text
    assert merged(base, text, text) == text


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "both"),
    [
        ("", "mine", "theirs", "theirsmine"),
        ("a cat", "a fat cat", "a cat sat", "a fat cat sat"),
        ("海報用大字", "海報用大字，留白", "這張海報用大字", "這張海報用大字，留白"),
        ("- a\n- b\n", "- a\n- m\n- b\n", "- a\n- b\n- t\n", "- a\n- m\n- b\n- t\n"),
        ("rain, neon, cat", "rain, cat", "rain, neon, fat cat", "rain, fat cat"),
        ("x" * 500 + "y" * 500, "m" * 500 + "y" * 500, "x" * 500 + "t" * 500, "m" * 500 + "t" * 500),
    ],
)
def test_edits_of_two_come_to_what_a_person_would_make_of_them(base: str, mine: str, theirs: str, both: str) -> None:
    assert merged(base, mine, theirs) == both
