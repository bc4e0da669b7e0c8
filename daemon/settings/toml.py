"""Reads TOML and says what is wrong with a text that is none, by code and line; and where a key stands."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from daemon.settings.mistakes import cut

# The beginning of what the parser says → the kind; the first that fits.
_SAID = (
    (r"Cannot (overwrite|declare|redefine|mutate)|Duplicate", "config.twice"),
    (r"Unterminated|Unclosed|Illegal character '\\n'|Expected '\]|Expected [\"']['\"][\"']", "config.unclosed"),
    (r"Unescaped|Invalid hex|Escaped", "config.backslash"),
    (r"Invalid (value|date)", "config.no_value"),
    (r"Expected newline", "config.more"),
    (r"Illegal character|Found invalid character", "config.character"),
    (r"Expected|Invalid (statement|initial)", "config.statement"),
)
_LINE = re.compile(r"\(at line (\d+), ")


class NotToml(Exception):
    """The text is not TOML: the kind of mistake, its line (0 when unknown) and what stands there."""

    def __init__(self, code: str, line: int, text: str) -> None:
        super().__init__(code)
        self.code = code
        self.line = line
        self.text = text


def parsed(text: str) -> dict[str, Any]:
    """The table that a text says; raises NotToml."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = _line(text, str(error))
        code = next((code for said, code in _SAID if re.match(said, str(error))), "config.syntax")
        raise NotToml(code, line, cut(text.split("\n")[line - 1].strip())) from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets in brackets without end
        raise NotToml("config.syntax", 0, cut(text.strip().split("\n")[0])) from error


def _line(text: str, said: str) -> int:
    """The line that the parser names; at the end of the text the last one that says something."""
    found = _LINE.search(said)
    return int(found[1]) if found else text.rstrip().count("\n") + 1


def line_of(text: str, section: str, key: str | None = None) -> int:
    """The line on which a section or one of its keys begins; 0 where it stands within another value.

    The parser tells no lines, but what it makes of the lines before, with this one's key, does.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        if (section if key is None else key) in line:
            head = f"{line.partition('=')[0]}= 0" if "=" in line else line
            if _has("\n".join([*lines[: number - 1], head]), section, key):
                return number
    return 0


def _has(text: str, section: str, key: str | None) -> bool:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    content = table.get(section)
    return section in table if key is None else isinstance(content, dict) and key in content
