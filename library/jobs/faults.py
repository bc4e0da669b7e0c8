"""What is wrong with something that a person wrote for a batch: listed, so that the rest can go on. Never raised."""

from __future__ import annotations

import msgspec

SHOWN = 80  # characters of a person's words that a sentence repeats


class Problem(msgspec.Struct, frozen=True):
    """A code with its parameters, the sentence in English, and where; what is None does not apply."""

    code: str
    sentence: str
    params: dict[str, str] = {}
    field: str | None = None  # of a request: `prompt`, `count` …
    at: int | None = None  # characters from the start of the field's text
    list: str | None = None  # whose line it is, where it is not the field's own text
    list_line: int | None = None
    row: int | None = None  # of a sheet, as a spreadsheet counts: its header is 1
    line: int | None = None  # of a sheet, as an editor counts


def problem(sentence: str, *, code: str, field: str | None = None, at: int | None = None, **params: object) -> Problem:
    shown = {name: str(value)[:SHOWN] for name, value in params.items()}
    return Problem(code, sentence.format(**shown), shown, field, at)
