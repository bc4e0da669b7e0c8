"""What a document's values may be. Other programs wrote them: what is of no use here counts as not being there.

The documents keep everything as it was written; only what is shown, searched and counted goes through here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

Values = Mapping[str, Any]
Fits = Callable[[Any], bool]
MOST = 2**53 - 1  # the largest number that JSON carries exactly
Flag = Literal["pick", "reject"]
Label = Literal["red", "yellow", "green", "blue", "purple"]
Made = Literal["imported", "generated", "received", "restored"]
Sort = Literal["newest", "oldest", "name", "rating", "size", "relevance"]
FLAGS, LABELS, MADE, SORTS = get_args(Flag), get_args(Label), get_args(Made), get_args(Sort)
IMAGE_TEXTS = ("prompt", "negative", "seed", "model", "tool", "parameters")
_hash = re.compile("[0-9a-f]{64}").fullmatch
_id = re.compile("[0-9a-f]{32}").fullmatch


JOINERS = "\u200c\u200d"  # what emoji and some scripts are joined by; the other unseen characters only mislead


def unseen(text: str) -> str:
    """The first character that cannot be seen and may mislead, like U+202E; empty where there is none."""
    kinds = ("Cc", "Cf", "Cs", "Zl", "Zp")
    found = next((each for each in text if unicodedata.category(each) in kinds and each not in JOINERS), None)
    return "" if found is None else f"U+{ord(found):04X}"


def is_text(value: object) -> bool:
    return type(value) is str


def is_number(value: object) -> bool:
    return type(value) is int and 0 <= value <= MOST


def is_hash(value: object) -> bool:
    """A SHA-256 as documents write it."""
    return type(value) is str and _hash(value) is not None


def is_id(value: object) -> bool:
    """A document's id as documents write it."""
    return type(value) is str and _id(value) is not None


IMAGE_CONFLICTS: dict[str, Fits] = {
    "current": is_text,
    "title": is_text,
    "rating": lambda value: is_number(value) and value <= 5,
    "flag": lambda value: value == "" or value in FLAGS,
    "label": lambda value: value == "" or value in LABELS,
    "deleted": is_number,
}
PROJECT_CONFLICTS: dict[str, Fits] = {
    "name": is_text,
    "color": is_text,
    "archived": lambda value: type(value) is bool,
    "deleted": is_number,
}
SEARCH_CONFLICTS: dict[str, Fits] = {
    "name": is_text,
    "color": is_text,
    "query": is_text,
    "sort": is_text,
    "deleted": is_number,
}
ALBUM_CONFLICTS: dict[str, Fits] = {
    "name": is_text,
    "color": is_text,
    "query": is_text,
    "cover": lambda value: value == "" or is_id(value),
    "parent": lambda value: value == "" or is_id(value),
    "deleted": is_number,
}
PROMPT_CONFLICTS: dict[str, Fits] = {
    "name": is_text,
    "archived": lambda value: type(value) is bool,
    "deleted": is_number,
}
SETTINGS_CONFLICTS: dict[str, Fits] = {
    "name": is_text,
    "copies": is_number,
}
MAKING = ("making/provider", "making/model")  # keys in a project's settings
VERSION: dict[str, Fits] = {
    "blob": is_hash,
    "thumb": is_hash,
    "facts": is_hash,
    "type": lambda value: is_text(value) and 0 < len(value) <= 255,
    "size": is_number,
    "width": is_number,
    "height": is_number,
    "at": is_number,
    "parent": is_text,
    "restored": is_text,
    "name": is_text,
    "made": lambda value: value in MADE,
    **dict.fromkeys(IMAGE_TEXTS, is_text),
}


def image_values(values: Values) -> Values:
    """The values of an image document, without those that say nothing here."""
    found = dict(values)
    for field in IMAGE_TEXTS:
        if field in found and type(found[field]) is not str:
            del found[field]
    _agreeing(found, IMAGE_CONFLICTS)
    for field in ("tags", "sources"):
        if not all(value is True for value in found[field].values()):
            found[field] = {member: True for member, value in found[field].items() if value is True}
    for field in ("projects", "collections"):
        if found[field]:
            found[field] = {id: place for id, place in found[field].items() if is_id(id) and is_text(place)}
    return found


def of_version(field: str, value: object) -> bool:
    """Whether a version's field has a value of its kind."""
    fits = VERSION.get(field)
    return fits is not None and fits(value)


def project_values(values: Values) -> Values:
    """The values of a project document, without those that say nothing here."""
    return _dated(values, PROJECT_CONFLICTS)


def making_values(values: Values) -> tuple[str, str]:
    """The provider and model that a project's pictures are made with; empty where it names none."""
    settings = values.get("settings", {})
    provider, model = (settings.get(key) for key in MAKING)
    return (provider, model if is_text(model) else "") if is_text(provider) and provider else ("", "")


def search_values(values: Values) -> Values:
    """The values of a collection that is a saved search, without those that say nothing here."""
    return _dated(values, SEARCH_CONFLICTS)


def album_values(values: Values) -> Values:
    """The values of a collection that is an album, without those that say nothing here."""
    return _dated(values, ALBUM_CONFLICTS)


def prompt_values(values: Values) -> Values:
    """The values of a saved prompt's document, without those that say nothing here."""
    return _dated(values, PROMPT_CONFLICTS)


def settings_values(values: Values) -> Values:
    """The values of a workspace's settings, without those that say nothing here."""
    found = dict(values)
    _agreeing(found, SETTINGS_CONFLICTS)
    return found


def _dated(values: Values, conflicts: Mapping[str, Fits]) -> Values:
    found = dict(values)
    if not is_number(found.get("at")):
        found["at"] = 0
    _agreeing(found, conflicts)
    return found


def _agreeing(found: dict[str, Any], conflicts: Mapping[str, Fits]) -> None:
    for field, fits in conflicts.items():
        candidates = found.get(field)
        if candidates and not all(map(fits, candidates.values())):
            found[field] = {writer: value for writer, value in candidates.items() if fits(value)}
