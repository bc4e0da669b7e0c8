"""Signs, such as `++` or an emoji, which no index of words holds: what of a query is looked for, and where it is found.

Beside the index stands which runs of signs the texts of each picture have. Most pictures have the same few, so each set
of runs is kept once, as the combinations of facets are, and a search reads the sets.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from library.views.words import PIECE, TEXTS, normalised
from store.database import Connection

RUN = re.compile(r"(?:[^\w\s]|_)+")
WORD = re.compile(r"[^\W_]+")
OF_ASCII = bytes(code if RUN.match(chr(code)) else ord(" ") for code in range(256))  # what stands there of each
PLAIN_OR_COLOURED = "\ufe0e\ufe0f"  # how a sign before it is drawn; some write it, some do not
HOLDING = "SELECT row FROM signs WHERE signset IN (SELECT id FROM signset WHERE instr(runs, ?))"


def signs(text: str, *, alone: bool) -> list[str]:
    """Runs of signs in `text` that are looked for as they stand.

    With pictographs always, such as an emoji. Others only where there is no word at all, here or beside (`alone`):
    punctuation among words may be just typing.
    """
    runs = RUN.findall(normalised(text))
    plain = alone and not PIECE.search(normalised(text))
    found = [run for run in runs if plain or any(unicodedata.category(sign) == "So" for sign in run)]
    return [run.rstrip(PLAIN_OR_COLOURED) or run for run in found]


def signset(texts: Iterable[str]) -> str:
    """The runs of signs in indexed texts, each once; empty when they have none.

    A run that is looked for has neither words nor spaces in it: a text holds it exactly where one of its own runs does.
    """
    return " ".join(sorted(set(_runs(" ".join(texts)))))


def _runs(text: str) -> list[str]:
    """`RUN.findall`, several times sooner."""
    if text.isascii():
        return text.encode().translate(OF_ASCII).decode().split()
    return WORD.sub(" ", text).split()


def add_signs(connection: Connection, rows: Iterable[tuple[int, str]]) -> None:
    """Write which set of runs each row has; one with none has no place."""
    known: dict[str, int] = {}
    found = [(row, _number(connection, known, runs)) for row, runs in rows if runs]
    connection.executemany("INSERT INTO signs(row, signset) VALUES(?, ?)", found)


def _number(connection: Connection, known: dict[str, int], runs: str) -> int:
    """Of a set of runs; a new one gets the next number."""
    if runs not in known:
        found = connection.execute("SELECT id FROM signset WHERE runs=?", (runs,)).fetchone()
        if found is None:
            found = connection.execute("INSERT INTO signset(runs) VALUES(?) RETURNING id", (runs,)).fetchone()
        known[runs] = found[0]
    return known[runs]


def fill_signs(connection: Connection) -> None:
    """Make the rows of a library that was written before there was this view, from its indexed texts."""
    texts = connection.execute(f"SELECT rowid, {', '.join(TEXTS)} FROM words")
    add_signs(connection, ((row, signset(each)) for row, *each in texts))
