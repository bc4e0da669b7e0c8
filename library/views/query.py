"""The query language: words and `key:value` filters → a plain description, and back to the same text.

`neon cat tag:cat -tag:dog rating:>=3 date:2026-11 is:binned "a phrase"`. The same text is typed, stands in addresses
and is saved. Pure; `filters.py` knows the filters, `search.py` turns it all into SQL.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple, cast

from library.errors import Invalid
from library.views.filters import (
    ELSEWHERE,
    FREE,
    KEYS,
    Comparison,
    Filter,
    Wrong,
    unknown,
    without_value,
    wrong,
    wrong_with,
)

# A colon, digits and comparisons in full width are what a Chinese keyboard writes, and mean the same.
TOKEN = re.compile(r'(-?)(?:([a-z]+|[\u4e00-\u9fff]+)[:：])?(>=|<=|>|<|=)?(?:"((?:[^"\\]|\\.)*)"|(\S+))')
COMPARED = re.compile("(>=|<=|>|<|=)?(.*)", re.DOTALL)
BEGUN = re.compile(f"({'|'.join(KEYS)})[:：]")  # and then nothing
OR = ("or", "||", "|", "或", "或者")
LONGEST = 2000  # characters


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
    """Read a query; raises Invalid that names everything that makes no sense, the first above all."""
    query, faults = read(text)
    if faults:
        ranked = _ranked(faults)
        first = ranked[0]
        problems = [("/q", fault.sentence, fault.code, fault.params) for fault in ranked]
        raise Invalid(first.sentence, problems, code=first.code, hint=HINTS.get(first.code, ""), **first.params)
    return query


def _ranked(faults: list[Wrong]) -> list[Wrong]:
    """Each once, those first for which there is a hint."""
    once = {fault.sentence: fault for fault in faults}
    return sorted(once.values(), key=lambda fault: fault.code not in HINTS)


QUOTES = 'Words with a colon in them are found in quotes, like "a:b"; `gesso search --help` lists the filters.'
HINTS = dict.fromkeys(("bad_query.unknown", "bad_query.close"), QUOTES)


def read(text: str) -> tuple[Query, list[Wrong]]:
    """As much of a query as makes sense here, and what does not: another program may know more."""
    pieces, faults = _pieces(text)
    return _query(pieces), faults


def _query(pieces: Sequence[Words | Filter]) -> Query:
    words = tuple(each for each in pieces if isinstance(each, Words))
    return Query(words, tuple(each for each in pieces if isinstance(each, Filter)))


def read_as(text: str) -> list[str]:
    """What a query asks for, piece by piece as it stands: all of it must hold."""
    return [_piece(each) for each in _pieces(text)[0]]


def either(text: str) -> list[str]:
    """What stands between words that mean "or", which this language has not, each as a query; empty where there are not
    two of them. Filters go with all, or where one would have no words, each with its own.
    """
    groups: list[list[Words | Filter]] = [[]]
    for piece in _pieces(text)[0]:
        if isinstance(piece, Words) and not (piece.phrase or piece.negated) and folded(piece.text) in OR:
            groups.append([])
        else:
            groups[-1].append(piece)
    some = [each for each in groups if each]
    if len(some) < 2:
        return []
    queries = [_query(each) for each in some]
    if all(each.words for each in queries):
        shared = tuple(found for each in queries for found in each.filters)
        queries = [Query(each.words, shared) for each in queries]
    return [render(each) for each in queries]


def folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold()


def _pieces(text: str) -> tuple[list[Words | Filter], list[Wrong]]:
    """In the order in which they stand."""
    pieces: list[Words | Filter] = []
    faults: list[Wrong] = []
    if len(text) > LONGEST:
        sentence = "A query has at most {most} characters."
        return [], [wrong(sentence, code="bad_query.long", most=str(LONGEST))]
    # What is no text (a lone surrogate, NUL) can match nothing and SQLite refuses it.
    clean = text.encode("utf-8", "replace").decode().replace("\0", " ")
    for match in TOKEN.finditer(clean):
        minus, key, comparison, quoted, bare = match.groups()
        value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare
        if key in KEYS:
            if quoted is None and key not in FREE:
                comparison, value = _narrow((comparison or "") + bare)
            found = Filter(key, cast(Comparison, comparison or "="), value, bool(minus))
            pieces.append(found)
            if fault := wrong_with(found):
                faults.append(fault)
        elif _is_filter(key, value):
            faults.append(unknown(key))
        elif bare is not None and (begun := BEGUN.fullmatch(bare)):
            faults.append(without_value(begun[1]))
        else:
            whole = match.group()[1 if minus else 0 :]
            phrase = quoted is not None and key is None
            pieces.append(Words(value if phrase else whole, phrase, bool(minus)))
    return pieces, faults


def _narrow(value: str) -> tuple[str, str]:
    """Comparison and value, in half width."""
    comparison, rest = COMPARED.fullmatch(unicodedata.normalize("NFKC", value)).groups("")  # type: ignore[union-attr]
    return comparison, rest


def _is_filter(key: str | None, value: str) -> bool:
    """Whether an unknown word before a colon was meant for a filter; an address is words, and so is most Chinese."""
    return key in ELSEWHERE or (key is not None and key.isascii() and not value.startswith("//"))


def render(query: Query) -> str:
    """The text of a query: `parse(render(q)) == q`."""
    pieces: list[Words | Filter] = [*query.words, *query.filters]
    return " ".join(map(_piece, pieces))


def _piece(each: Words | Filter) -> str:
    return _render_words(each) if isinstance(each, Words) else _render(each)


def _render(found: Filter) -> str:
    comparison = "" if found.comparison == "=" else found.comparison
    return f"{'-' * found.negated}{found.key}:{comparison}{_quoted(found)}"


def _render_words(words: Words) -> str:
    text = _quote(words.text) if words.phrase else words.text
    return f"{'-' * words.negated}{text}"


def _quoted(found: Filter) -> str:
    """Its value so that it is read as it is."""
    same = found.key in FREE or unicodedata.is_normalized("NFKC", found.value)
    return found.value if same and re.fullmatch(r'[^\s"<>=][^\s"]*', found.value) else _quote(found.value)


def _quote(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
