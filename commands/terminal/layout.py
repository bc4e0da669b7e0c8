"""Text in columns: wrapping and tables by the width that a terminal shows, Chinese characters being two wide."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

# Marks that must not begin a line stay with the character before them, opening ones with the one after.
CLOSING = "，。、；：！？）」』》〉】…—"
OPENING = "（「『《〈【"
GAP = 2


def width(text: str) -> int:
    """Columns that the text takes."""
    return sum(_width(character) for character in text)


def wrap(text: str, columns: int) -> list[str]:
    """Lines of at most `columns`; a longer word stands alone and runs over."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if line and width(line) + width(piece.rstrip()) > columns:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def paragraphs(text: str, columns: int, indent: int) -> list[str]:
    """Wrapped paragraphs with a margin. A line that begins with two spaces stands as it is."""
    margin = " " * indent
    lines: list[str] = []
    for line in text.split("\n"):
        shown = [line] if line.startswith("  ") or not line else wrap(line, columns - indent)
        lines += [(margin + each).rstrip() for each in shown]
    return lines


def definitions(rows: Sequence[tuple[str, str]], columns: int, indent: int = 2, most: int = 26) -> list[str]:
    """Names on the left, their meanings wrapped on the right."""
    names = [width(name) for name, _ in rows if width(name) <= most]
    left = max(names, default=0) + GAP
    lines: list[str] = []
    for name, meaning in rows:
        wrapped = wrap(meaning, columns - indent - left)
        first = "" if width(name) > most else wrapped.pop(0)
        head = " " * indent + name
        lines.append((head + " " * (indent + left - width(head)) + first).rstrip())
        lines += [" " * (indent + left) + line for line in wrapped]
    return lines


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _pieces(text: str) -> Iterator[str]:
    """Where a line may break: after spaces, and around every wide character that is no punctuation."""
    piece = ""
    for character in text:
        if piece and _may_break(piece[-1], character):
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece


def _may_break(before: str, after: str) -> bool:
    if after.isspace() or after in CLOSING or before in OPENING:
        return False
    return before.isspace() or _width(before) == 2 or _width(after) == 2


def one_line(text: str, columns: int) -> str:
    """The text on one line, cut with an ellipsis when it is too wide."""
    flat = re.sub(r"\s+", " ", text).strip()
    if width(flat) <= columns:
        return flat
    kept, taken = "", 0
    for character in flat:
        if taken + _width(character) > columns - 1:
            break
        kept, taken = kept + character, taken + _width(character)
    return kept.rstrip() + "…"
