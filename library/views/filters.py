"""The filters of the query language: which there are, which values each takes, and what is wrong with one.

Pure. Whatever would only ever find nothing is a mistake to be told, not a search.
"""

from __future__ import annotations

import calendar
import difflib
import re
from typing import Literal, NamedTuple, get_args

from imaging.formats import MEDIA_TYPES
from library.models import State
from library.values import FLAGS, LABELS

Comparison = Literal["=", ">=", "<=", ">", "<"]
PLAIN = (
    "tag",
    "tool",
    "model",
    "label",
    "flag",
    "project",
    "album",
    "prompt",
    "seed",
    "type",
    "state",
    "in",
    "id",
    "made",
    "is",
)
NUMBERS = ("rating", "size")
FREE = ("tag", "album", "tool", "model", "seed", "in")  # any text, as it was written
KEYS = (*PLAIN, *NUMBERS, "date")
TYPES = {"jpg": "image/jpeg", "tif": "image/tiff"} | {type.partition("/")[2]: type for type in MEDIA_TYPES.values()}
IS = ("binned", "conflict", "tagged", "untagged", "rated", "unrated")
CHOICES = {
    "is": IS,
    "flag": (*FLAGS, "none"),
    "label": (*LABELS, "none"),
    "state": (*get_args(State), "only"),
    "made": ("imported", "generated", "received"),
    "type": tuple(type.partition("/")[2] for type in MEDIA_TYPES.values()),
}
# What people call them elsewhere → what stands here for it.
ELSEWHERE = {
    "before": "date:<", "until": "date:<=", "after": "date:>", "since": "date:>=", "month": "date", "year": "date",
    "created": "date", "stars": "rating", "star": "rating", "file": "in", "filename": "in", "name": "in",
    "format": "type", "ext": "type", "color": "label", "colour": "label", "width": "size", "height": "size",
    "has": "is", "board": "album", "collection": "album",
    "標籤": "tag", "工具": "tool", "模型": "model", "評分": "rating", "星等": "rating", "旗標": "flag", "色標": "label",
    "顏色": "label", "專案": "project", "種子": "seed", "類型": "type", "格式": "type", "狀態": "state", "日期": "date",
    "月份": "date", "尺寸": "size", "大小": "size", "檔名": "in", "相簿": "album", "來源": "made",
}  # fmt: skip
NEAR = 0.6
DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
EXAMPLES = {"rating": "3", "size": "2000", "date": "2026-11"}
HEX = re.compile(r"[0-9a-f]{1,32}")
BEGUN_ALBUM = re.compile(r"04[0-9a-f]{6,30}")  # of an album's id: its kind and enough of the rest
SHOWN = 60  # characters of what somebody typed


class Filter(NamedTuple):
    """One condition; `negated` for a leading minus."""

    key: str
    comparison: Comparison
    value: str
    negated: bool


class Wrong(NamedTuple):
    """What is wrong with a part of a query: a code with its parameters, and the sentence in English."""

    code: str
    sentence: str
    params: dict[str, str]


def wrong(sentence: str, *, code: str, **params: str) -> Wrong:
    shown = {name: value[:SHOWN] for name, value in params.items()}
    return Wrong(code, sentence.format(**shown), shown)


def unknown(key: str) -> Wrong:
    """There is no such filter; perhaps one that it was meant for."""
    close = ELSEWHERE.get(key) or next(iter(difflib.get_close_matches(key, KEYS, 1, NEAR)), "")
    if not close:
        return wrong("There is no filter {filter}: here.", code="bad_query.unknown", filter=key)
    meant = close if ":" in close else f"{close}:"
    return wrong("There is no filter {filter}:. Did you mean {close}?", code="bad_query.close", filter=key, close=meant)


def without_value(key: str) -> Wrong:
    """A filter with nothing, or only a space, behind it."""
    return wrong("{filter}: has no value; it follows without a space.", code="bad_query.empty", filter=key)


def media_type(value: str) -> str | None:
    """The media type that a name of it means, like `PNG`, `jpg` or `image/webp`; None for one that is not taken in."""
    return TYPES.get(value.lower().removeprefix("image/"))


def wrong_with(found: Filter) -> Wrong | None:
    """Why a filter could never find anything; None when it is well."""
    key, comparison, value, _ = found
    if not value and comparison != "=" and key not in PLAIN:
        sentence = "{filter}:{comparison} needs a value right behind it, like {filter}:{comparison}{example}."
        return wrong(sentence, code="bad_query.open", filter=key, comparison=comparison, example=EXAMPLES[key])
    if not value:
        return without_value(key)
    if key in PLAIN and comparison != "=":
        sentence = "{filter}: cannot be compared with {comparison}."
        return wrong(sentence, code="bad_query.compare", filter=key, comparison=comparison)
    if key in CHOICES and value not in CHOICES[key] and not (key == "type" and media_type(value)):
        sentence = "{filter}: takes one of {choices}, not “{value}”."
        return wrong(sentence, code="bad_query.choice", filter=key, choices=", ".join(CHOICES[key]), value=value)
    match key:
        case "rating" if not re.fullmatch("[0-5]", value):
            return wrong("rating: takes a number from 0 to 5, not “{value}”.", code="bad_query.rating", value=value)
        case "size" if not re.fullmatch(r"[0-9]{1,9}", value):
            return wrong("size: takes a whole number of pixels, not “{value}”.", code="bad_query.size", value=value)
        case "date" if not _is_date(value):
            sentence = "date: takes a year, month or day like 2026-11, not “{value}”."
            return wrong(sentence, code="bad_query.date", value=value)
        case "project" | "prompt" | "id" if not HEX.fullmatch(value):
            sentence = "{filter}: takes the id in hexadecimal digits, not “{value}”."
            return wrong(sentence, code="bad_query.id", filter=key, value=value)
    return None


def _is_date(value: str) -> bool:
    found = DATE.fullmatch(value)
    if found is None or not value.isascii():
        return False
    year, month, day = (int(part) if part else 1 for part in found.groups())
    return year >= 1 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]
