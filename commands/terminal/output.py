"""Results for people: tables, sizes, times. Names from outside are shown so that they cannot act on the terminal."""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from commands.terminal.layout import GAP, definitions, one_line, width
from commands.terminal.texts import language, say

UNITS = ("B", "KB", "MB", "GB", "TB")
SHORT_ID = 12
DAY = 86_400
SHORTEST = 8  # columns that a column which may be cut keeps


def show_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    right: Sequence[int] = (),
    flexible: Sequence[int] = (-1,),
) -> None:
    """A table without frames, cut to the terminal's width; a pipe gets it whole.

    Headings are keys of the catalogue. `right` names the columns of numbers, `flexible` those that may be cut.
    """
    lines = [[say(heading) for heading in headings], *([safe(str(cell)) for cell in row] for row in rows)]
    widths = [max(width(line[at]) for line in lines) for at in range(len(headings))]
    if sys.stdout.isatty():
        widths = fitted(widths, [at % len(widths) for at in flexible], shutil.get_terminal_size().columns)
    for number, line in enumerate(lines):
        cells = [aligned(cell, widths[at], at in right) for at, cell in enumerate(line)]
        text = (" " * GAP).join(cells).rstrip()
        print(f"\x1b[1m{text}\x1b[0m" if number == 0 and colored() else text)


def fitted(widths: Sequence[int], flexible: Sequence[int], columns: int) -> list[int]:
    """Widths that fit: the widest of the flexible ones gives way first, none below what can still be read."""
    shrunk = list(widths)
    while sum(shrunk) + GAP * (len(shrunk) - 1) > columns:
        widest = max(flexible, key=lambda at: shrunk[at])
        if shrunk[widest] <= SHORTEST:
            break
        shrunk[widest] -= 1
    return shrunk


def aligned(cell: str, columns: int, right: bool) -> str:
    shown = one_line(cell, columns)
    blanks = " " * (columns - width(shown))
    return blanks + shown if right else shown + blanks


def colored() -> bool:
    """Whether colour and weight may be used: https://no-color.org."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def show_facts(pairs: Iterable[tuple[str, Any]]) -> None:
    """Names (keys of the catalogue) and values, one a line; what is empty is left out."""
    rows = [(say(key), safe(str(value))) for key, value in pairs if value not in (None, "", [])]
    print("\n".join(definitions(rows, max(40, shutil.get_terminal_size((100, 24)).columns), 0, 30)))


def safe(text: str) -> str:
    """The text with everything that could move the cursor or hide shown as an escape."""
    return "".join(character if _harmless(character) else _escaped(character) for character in text)


def _harmless(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp", "Co") or character == "\u200d"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def safe_lines(text: str) -> str:
    """Like `safe`, but line breaks stay: for notes and prompts."""
    return "\n".join(safe(line) for line in text.replace("\r\n", "\n").split("\n"))


def size(number: float) -> str:
    """Bytes as people read them: 3.4 MB."""
    for unit in UNITS[:-1]:
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" or number >= 99.95 else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} {UNITS[-1]}"


def when(milliseconds: int) -> str:
    """A moment in this machine's zone, to the minute."""
    return datetime.fromtimestamp(milliseconds / 1000).strftime("%Y-%m-%d %H:%M")


def ago(milliseconds: int, now: float) -> str:
    """How long ago, in words; the date when it is longer than a week."""
    seconds = max(0, now - milliseconds / 1000)
    if seconds < 60:
        return say("ago.now")
    if seconds < 3600:
        return say("ago.minutes", count=int(seconds // 60))
    if seconds < DAY:
        return say("ago.hours", count=int(seconds // 3600))
    if seconds < 7 * DAY:
        return say("ago.days", count=int(seconds // DAY))
    return when(milliseconds)


def short(identity: str) -> str:
    """The beginning of an id: enough to name it again."""
    return identity[:SHORT_ID]


def stars(rating: int) -> str:
    return "★" * rating + "·" * (5 - rating) if rating else ""


def listed(words: Iterable[str]) -> str:
    """Words in a row, with the comma of the language."""
    return ("、" if language(os.environ) == "zh-TW" else ", ").join(words)
