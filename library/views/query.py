"""The query language: words and `key:value` filters → a plain description, and back to the same text.

`neon cat tag:cat -tag:dog rating:>=3 date:2026-11 is:binned "a phrase"`. Pure; `search.py` turns it into SQL.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, cast

from library.errors import Invalid

Comparison = Literal["=", ">=", "<=", ">", "<"]
TOKEN = re.compile(r'(-?)(?:([a-z]+):)?(>=|<=|>|<|=)?(?:"((?:[^"\\]|\\.)*)"|(\S+))')
PLAIN = ("tag", "tool", "model", "label", "flag", "project", "seed", "type", "state", "in", "id", "made", "is")
NUMBERS = ("rating", "size")
KEYS = (*PLAIN, *NUMBERS, "date")
DATE = re.compile(r"\d{4}(-\d{2}){0,2}")
IS = ("binned", "conflict", "tagged", "untagged", "rated", "unrated")


class Filter(NamedTuple):
    """One condition; `negated` for a leading minus."""

    key: str
    comparison: Comparison
    value: str
    negated: bool


class Words(NamedTuple):
    """Free text: a phrase when it stood in quotes."""

    text: str
    phrase: bool
    negated: bool


class Query(NamedTuple):
    """What is asked for: everything in it must hold."""

    words: tuple[Words, ...]
    filters: tuple[Filter, ...]


def parse(text: str) -> Query:
    """Read a query; raises Invalid that names every filter that makes no sense."""
    words: list[Words] = []
    filters: list[Filter] = []
    problems: list[tuple[str, str]] = []
    # What is no text (a lone surrogate, NUL) can match nothing and SQLite refuses it.
    clean = text.encode("utf-8", "replace").decode().replace("\0", " ")
    for match in TOKEN.finditer(clean):
        minus, key, comparison, quoted, bare = match.groups()
        value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare
        if key in KEYS:
            found = Filter(key, cast(Comparison, comparison or "="), value, bool(minus))
            problem = _problem(found)
            if problem:
                problems.append(("/q", problem))
            filters.append(found)
        else:
            whole = match.group()[1 if minus else 0 :]
            words.append(Words(value if quoted is not None and key is None else whole, quoted is not None, bool(minus)))
    if problems:
        raise Invalid(problems[0][1], problems, code="bad_query", filter=problems[0][1])
    return Query(tuple(words), tuple(filters))


def _problem(found: Filter) -> str | None:
    if found.key in NUMBERS and not re.fullmatch(r"\d{1,9}", found.value):
        return f"`{found.key}:` takes a whole number, not `{found.value}`."
    if found.key == "date" and not DATE.fullmatch(found.value):
        return f"`date:` takes a year, month or day like 2026-11, not `{found.value}`."
    if found.key == "is" and found.value not in IS:
        return f"`is:` takes one of {', '.join(IS)}, not `{found.value}`."
    if found.key in PLAIN and found.comparison != "=":
        return f"`{found.key}:` cannot be compared with {found.comparison}."
    if found.key in ("project", "id") and not re.fullmatch(r"[0-9a-f]{1,32}", found.value):
        return f"`{found.key}:` takes the id in hexadecimal digits, not `{found.value}`."
    return None


def render(query: Query) -> str:
    """The text of a query: `parse(render(q)) == q`."""
    return " ".join([*(_render_words(words) for words in query.words), *(_render(each) for each in query.filters)])


def _render(found: Filter) -> str:
    comparison = "" if found.comparison == "=" else found.comparison
    return f"{'-' * found.negated}{found.key}:{comparison}{_quoted(found.value)}"


def _render_words(words: Words) -> str:
    text = _quote(words.text) if words.phrase else words.text
    return f"{'-' * words.negated}{text}"


def _quoted(value: str) -> str:
    return value if re.fullmatch(r'[^\s"<>=][^\s"]*', value) else _quote(value)


def _quote(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
