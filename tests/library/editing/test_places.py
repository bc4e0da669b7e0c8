"""Order keys: always room between two, in the order meant, and short."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from library.editing.places import DIGITS, Placed, is_key, keys_between, placing

KEYS = st.text(alphabet=DIGITS, min_size=1, max_size=12).map(lambda text: text + "V")
ANY = st.one_of(KEYS, st.sampled_from(["~", "", "0", "a0", "é", "V", "V1", "V"]))


@given(st.none() | KEYS, st.none() | KEYS, st.integers(1, 50))
def test_keys_stand_in_order_between_two(low: str | None, high: str | None, count: int) -> None:
    if low is not None and high is not None:
        if low == high:
            return
        low, high = min(low, high), max(low, high)
    keys = keys_between(low, high, count)
    assert len(keys) == count and all(is_key(key) for key in keys)
    whole = [*([low] if low is not None else []), *keys, *([high] if high is not None else [])]
    assert whole == sorted(set(whole))


@given(st.lists(ANY, max_size=8), st.integers(1, 3), st.randoms(use_true_random=False))
def test_moved_pictures_stand_where_they_were_put_whatever_the_keys_were(
    keys: list[str], moved: int, chance: random.Random
) -> None:
    present = [Placed(bytes([number]), key) for number, key in enumerate(sorted(keys))]
    at = chance.randint(0, len(present))
    coming = [bytes([100 + number]) for number in range(moved)]
    written = placing(present[:at], coming, present[at:])
    wanted = [*(each.picture for each in present[:at]), *coming, *(each.picture for each in present[at:])]
    now = {each.picture: each.key for each in present} | written
    begun, ended = max(0, at - 1), at + moved + 1
    assert sorted(now, key=lambda each: (now[each], wanted.index(each))) == wanted
    assert all(is_key(now[each]) for each in coming)
    assert len({now[each] for each in wanted[begun:ended]}) == len(wanted[begun:ended])


def test_only_what_is_moved_is_written_where_there_is_room() -> None:
    keys = keys_between(None, None, 100)
    present = [Placed(bytes([number]), key) for number, key in enumerate(keys)]
    assert set(placing(present[:50], [b"new"], present[50:])) == {b"new"}
    assert set(placing(present, [b"new"], ())) == {b"new"}


def test_keys_stay_short_when_pictures_are_added_one_by_one() -> None:
    last: str | None = None
    for _ in range(100_000):
        (last,) = keys_between(last, None, 1)
    assert len(last or "") <= 8
    first: str | None = None
    for _ in range(200):
        (first,) = keys_between(None, first, 1)
    assert len(first or "") < 60
