"""Results for people: tables, sizes, times. Names from outside are shown so that they cannot act on the terminal."""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from commands.terminal.texts import language, say

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

UNITS = ("B", "KB", "MB", "GB", "TB")
SHORT_ID = 12
DAY = 86_400
# A pipe has no width: rows stay whole there.
UNBOUND = 10_000


def console(*, stderr: bool = False) -> Console:
    """A console that obeys NO_COLOR and knows whether it is a terminal."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    columns = None if stream.isatty() else UNBOUND
    return Console(file=stream, width=columns, highlight=False, markup=False, emoji=False, soft_wrap=False)


def show_table(headings: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Sequence[int] = ()) -> None:
    """A table without frames; headings are keys of the catalogue, `right` names the columns of numbers."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD if sys.stdout.isatty() else None, pad_edge=False, header_style="bold")
    for at, heading in enumerate(headings):
        table.add_column(say(heading), justify="right" if at in right else "left", overflow="ellipsis", no_wrap=True)
    for row in rows:
        table.add_row(*(safe(str(cell)) for cell in row))
    print_table(table)


def print_table(table: Table) -> None:
    """To stdout; trailing blanks are cut so that pipes get clean lines."""
    shown = console()
    with shown.capture() as captured:
        shown.print(table)
    sys.stdout.write("".join(line.rstrip() + "\n" for line in captured.get().splitlines()))


def show_facts(pairs: Iterable[tuple[str, Any]]) -> None:
    """Names (keys of the catalogue) and values, one a line; what is empty is left out."""
    from commands.terminal.layout import definitions

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
