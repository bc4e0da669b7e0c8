"""Texts are changed by the fewest single letters, so that two people typing at once keep what each wrote."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.diff import text_edits

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
    began = time.perf_counter()
    assert text_edits(f"{old}z", f"{new}z") == [(0, 30_000, new)]
    assert time.perf_counter() - began < 2


def test_one_word_in_a_long_text_is_one_edit() -> None:
    text = "貓在雪地 " * 4_000
    assert text_edits(text, f"{text[:9_000]}紅{text[9_000:]}") == [(9_000, 0, "紅")]
