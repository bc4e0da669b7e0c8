"""JSON as servers write it, where it is none by the letter. Pure.

A half of a letter, NaN, a tab within a text, a mark of the byte order before it, something behind it: what stands
beside a picture, or around words, must not cost what was paid for. What is read so is bounded: it holds up others.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, TypeVar

import msgspec

from providers.openai.letters import NONSENSE, opened_in, values_in

T = TypeVar("T")
MOST_BYTES = 2 << 20  # of what is read so, without long texts
MOST_VALUES = 10_000
MOST_DIGITS = 18  # of a whole number
HALVES = re.compile("[\ud800-\udfff]")  # of a letter, without their others
UNKNOWN = "\ufffd"  # stands for what is no letter


def decoded(body: bytes | bytearray | msgspec.Raw, kind: type[T]) -> T:
    """A body of that kind. Raises one of NONSENSE where it makes no sense however it is read."""
    try:
        return msgspec.json.decode(body, type=kind)
    except NONSENSE:
        value = read(body)
        if value is None:
            raise
    return msgspec.json.decode(_written(value), type=kind)


def read(body: bytes | bytearray | msgspec.Raw) -> Any:
    """What it says, where it is a dictionary, a list or a text, with halves of letters as they are; otherwise None, as
    where it makes no sense or is too much.
    """
    view = memoryview(body)
    if len(view) > MOST_BYTES or values_in(view) + opened_in(view) > MOST_VALUES:
        return None
    text = bytes(view).decode("utf-8-sig", "replace").lstrip()
    try:
        found, _ = _reader.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list | str) else None


def _written(value: Any) -> bytes:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return b""
    return HALVES.sub(UNKNOWN, text).encode()


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits) <= MOST_DIGITS else None


def _number(digits: str) -> float | None:
    found = float(digits)
    return found if math.isfinite(found) else None


_reader = json.JSONDecoder(strict=False, parse_constant=lambda name: None, parse_int=_whole, parse_float=_number)
