"""Order keys: texts that sort by code point, with room for another between any two. Pure.

A key is a fraction in base 62 without zeros at its end. One that another program wrote otherwise sorts as it does, and
is written anew when something is placed beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BASE = len(DIGITS)
WIDTH = 8  # digits of a key that nothing was placed before
STEP = BASE**3  # between keys that are added one after the other
VALUES = {digit: value for value, digit in enumerate(DIGITS)}


class Placed(NamedTuple):
    """A picture in an album, and its key there."""

    picture: bytes
    key: str


def is_key(key: str) -> bool:
    return key != "" and not key.endswith(DIGITS[0]) and VALUES.keys() >= set(key)


def keys_between(low: str | None, high: str | None, count: int) -> list[str]:
    """So many keys in order, above `low` and below `high`; None: there is none on that side. Both are keys."""
    if high is None:
        begun = BASE**WIDTH // 2 if low is None else _value((low + DIGITS[0] * WIDTH)[:WIDTH])
        if begun + STEP * count < BASE**WIDTH:
            return [_key(begun + STEP * number, WIDTH) for number in range(1, count + 1)]
    width = max(WIDTH, len(low or ""), len(high or ""))
    while True:
        begun = _value((low or "").ljust(width, DIGITS[0]))
        room = (BASE**width if high is None else _value(high.ljust(width, DIGITS[0]))) - begun
        if room > count:
            return [_key(begun + room * number // (count + 1), width) for number in range(1, count + 1)]
        width += 1


def _value(key: str) -> int:
    value = 0
    for digit in key:
        value = value * BASE + VALUES[digit]
    return value


def _key(value: int, width: int) -> str:
    digits = []
    for _ in range(width):
        value, digit = divmod(value, BASE)
        digits.append(DIGITS[digit])
    return "".join(reversed(digits)).rstrip(DIGITS[0])


def placing(before: Sequence[Placed], moved: Sequence[bytes], after: Sequence[Placed]) -> dict[bytes, str]:
    """The keys to write so that `moved` stand, in this order, between those before and after, which are in order.

    A neighbour whose key leaves no room beside it, because another device wrote the same or it is none, gets a new one
    in its place.
    """
    run, first, last = list(moved), len(before), 0
    while first and not is_key(before[first - 1].key):
        first -= 1
        run.insert(0, before[first].picture)
    low = before[first - 1].key if first else None
    while last < len(after) and (not is_key(after[last].key) or (low is not None and after[last].key <= low)):
        run.append(after[last].picture)
        last += 1
    high = after[last].key if last < len(after) else None
    return dict(zip(run, keys_between(low, high, len(run)), strict=True))
