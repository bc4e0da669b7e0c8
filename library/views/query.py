"""The query language: words and `key:value` filters → a plain description, and back to the same text.

`neon cat tag:cat -tag:dog rating:>=3 date:2026-11 is:binned "a phrase"`. The same text is typed, stands in addresses
and is saved. Pure; `filters.py` knows the filters, `search.py` turns it all into SQL.
"""

from __future__ import annotations

import re
import unicodedata
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
    words: list[Words] = []
    filters: list[Filter] = []
    faults: list[Wrong] = []
    if len(text) > LONGEST:
        sentence = "A query has at most {most} characters."
        return Query((), ()), [wrong(sentence, code="bad_query.long", most=str(LONGEST))]
    # What is no text (a lone surrogate, NUL) can match nothing and SQLite refuses it.
    clean = text.encode("utf-8", "replace").decode().replace("\0", " ")
    for match in TOKEN.finditer(clean):
        minus, key, comparison, quoted, bare = match.groups()
        value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare
        if key in KEYS:
            if quoted is None and key not in FREE:
                comparison, value = _narrow((comparison or "") + bare)
            found = Filter(key, cast(Comparison, comparison or "="), value, bool(minus))
            filters.append(found)
            if fault := wrong_with(found):
                faults.append(fault)
        elif _is_filter(key, value):
            faults.append(unknown(key))
        elif bare is not None and (begun := BEGUN.fullmatch(bare)):
            faults.append(without_value(begun[1]))
        else:
            whole = match.group()[1 if minus else 0 :]
            phrase = quoted is not None and key is None
            words.append(Words(value if phrase else whole, phrase, bool(minus)))
    return Query(tuple(words), tuple(filters)), faults


def _narrow(value: str) -> tuple[str, str]:
    """Comparison and value, in half width."""
    comparison, rest = COMPARED.fullmatch(unicodedata.normalize("NFKC", value)).groups("")  # type: ignore[union-attr]
    return comparison, rest


def _is_filter(key: str | None, value: str) -> bool:
    """Whether an unknown word before a colon was meant for a filter; an address is words, and so is most Chinese."""
    return key in ELSEWHERE or (key is not None and key.isascii() and not value.startswith("//"))


def render(query: Query) -> str:
    """The text of a query: `parse(render(q)) == q`."""
    return " ".join([*(_render_words(words) for words in query.words), *(_render(each) for each in query.filters)])


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
