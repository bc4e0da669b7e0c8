"""A sheet of prompts, CSV or JSON → rows to ask for, and what is wrong with the others. Pure: its text is passed in.

A row's key is what it asks for and how often the sheet has asked for that before: the same rows have the same keys,
wherever they stand, so a mended sheet brings only what is new. docs/prompts.md says what a sheet may hold.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from library.jobs.cells import FIELDS, Cells, Limits, Row, column
from library.jobs.expanding import braced, clean, folded, places
from library.jobs.faults import Problem, problem

NO_SEPARATOR = "\x1f"  # of a sheet with one column, where a comma is a comma
SEPARATORS = ",;\t"
TOLD = re.compile(r"sep=([,;|\t])(?:\r\n|\n|\r)", re.IGNORECASE)  # as Excel is told
LIST = re.compile(r'\s*\[(?=\s*[\[{"\]])')
BETWEEN = re.compile(r"[\s,]*")
PAIR = re.compile(r'\s*"[^"\r\n]{0,200}"\s*:')  # of an object whose braces were left out
JSON = re.compile(rf"\s*\{{|{PAIR.pattern}")
UNREAD = problem("No row after this one was read.", code="sheet.unread")
QUOTES = problem("A quotation mark of this row is out of place.", code="row.quotes")
FIRST_PIECE, GROWS = 4096, 8  # characters of a list's item that are looked at first, and how much more each time
NOTHING: Mapping[str, Any] = {}


class Sheet(msgspec.Struct, frozen=True):
    """Good rows in the sheet's order, and every problem; one without a row is about the sheet."""

    rows: tuple[Row, ...] = ()
    problems: tuple[Problem, ...] = ()


class _Record(NamedTuple):
    """A row's cells, or what keeps it from having any."""

    row: int
    line: int
    fields: Mapping[str, Any] = NOTHING
    variables: Mapping[str, Any] = NOTHING
    problem: Problem | None = None


def read(text: str, prompt: str = "", limits: Limits | None = None, negative: str = "") -> Sheet:
    """Read a sheet. `prompt` is for rows that have none: a sheet may hold only variables, of which it or `negative`
    takes some.
    """
    limits = limits or Limits()
    text = text.removeprefix("\ufeff")
    if fault := _text_fault(text, limits):
        return Sheet((), (fault,))
    names: dict[str, None] = {}
    rows: list[Row] = []
    problems: list[Problem] = []
    before: Counter[bytes] = Counter()
    for number, record in enumerate(_records(text, bool(prompt), limits), 1):
        if number > limits.rows:
            most = limits.rows
            return Sheet((), (problem("A sheet has {most} rows at most.", code="sheet.rows", most=most),))
        names |= dict.fromkeys((*record.fields, *record.variables))
        row, wrong = _row(record, prompt, limits)
        problems += [msgspec.structs.replace(each, row=record.row or None, line=record.line or None) for each in wrong]
        if row is not None:
            same = _asked(row)
            before[same] += 1
            key = hashlib.sha256(b"%d %s" % (before[same], same)).hexdigest()[:32]
            rows.append(msgspec.structs.replace(row, row=record.row, line=record.line, key=key))
    if not rows and not problems:
        return Sheet((), (problem("The sheet has no rows.", code="sheet.no_rows"),))
    if rows and not _is_used(names, (prompt, negative)):
        return Sheet((), (_unknown(names),))
    return Sheet(tuple(rows), tuple(problems))


def _records(text: str, has_prompt: bool, limits: Limits) -> Iterator[_Record]:
    if LIST.match(text):
        return _list_records(text, limits)
    return _json_records(text, limits) if JSON.match(text) else _csv_records(text, has_prompt, limits)


def _is_used(names: Iterable[str], texts: Sequence[str]) -> bool:
    """Whether one of the columns is known, or one that a text has a place for, or was meant to have."""
    known = {name for text in texts for name in (*places(text), *braced(text))}
    return any(name in FIELDS or folded(name) in known for name in names)


def _unknown(names: Iterable[str]) -> Problem:
    sentence = (
        "This is no sheet for this prompt: it has no known column (prompt, count, size …) and none that the prompt has "
        "a place for, so that every row would be the same picture. What is read as its columns: {names}. "
        "Write prompt above a list of prompts, or the name of a column in double braces into the prompt."
    )
    return problem(sentence, code="sheet.unknown", names=" · ".join(names))


def _text_fault(text: str, limits: Limits) -> Problem | None:
    if len(text) > limits.characters:
        return problem("A sheet has {most} characters at most.", code="sheet.long", most=limits.characters)
    if not text.strip():
        return problem("The sheet is empty, or no text.", code="sheet.empty")
    return None


def _row(record: _Record, prompt: str, limits: Limits) -> tuple[Row | None, list[Problem]]:
    if record.problem:
        return None, [record.problem]
    cells = Cells(record.fields, record.variables, limits)
    row = cells.row(prompt)
    return (None, cells.problems) if cells.problems else (row, [])


def _asked(row: Row) -> bytes:
    """What a row asks for, in whatever order and kind of sheet it was written."""
    variables = {name: value for name, value in sorted(row.variables.items()) if value}
    return msgspec.json.encode(msgspec.structs.replace(row, variables=variables))


def _csv_records(text: str, has_prompt: bool, limits: Limits) -> Iterator[_Record]:
    told = TOLD.match(text)
    at_first = told.end() if told else 0
    separator = told[1] if told else _separator(next(line for line in _lines(text) if line.strip()))
    columns: list[str] = []
    for record, cells in _split(_lines(text, at_first), separator):
        at = record._replace(line=record.line + bool(told))
        if columns:
            yield at if at.problem else _filled(at, columns, cells)
            continue
        if at.problem:  # without a header there are no rows
            yield at
            return
        columns = [column(each) for each in cells]
        if fault := _header_fault(columns, has_prompt, limits):
            yield _Record(0, 0, problem=fault)
            return


def _lines(text: str, at: int = 0) -> Iterator[str]:
    """Its lines from there on, with their ends. One by one: others have a turn between them."""
    return iter(io.StringIO(text[at:], newline=""))


def _ends(text: str) -> int:
    """How many lines end in it."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


class _Kept(Iterator[str]):
    """Lines on their way to a reader, of which the first one of each row is remembered."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.first: str | None = None

    def __next__(self) -> str:
        line = next(self._lines)
        if self.first is None:
            self.first = line
        return line


def _split(lines: Iterator[str], separator: str) -> Iterator[tuple[_Record, list[str]]]:
    """Where each row stands that is not blank, and its cells."""
    kept = _Kept(lines)
    reader = csv.reader(kept, delimiter=separator, strict=True)
    number = 0
    while True:
        kept.first, begun = None, reader.line_num
        number += 1
        at = _Record(number, begun + 1)
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            lost = reader.line_num > begun + 1 or (kept.first or "").count('"') % 2
            yield at._replace(problem=QUOTES if lost else _csv_fault(error)), []
            # Nobody knows where a cell of several lines was to end: no row is made up of what comes after it.
            if lost:
                yield at._replace(problem=UNREAD), []
                return
        else:
            if any(map(str.strip, cells)):
                yield at, cells


def _csv_fault(error: csv.Error) -> Problem:
    if "limit" in str(error):
        most = csv.field_size_limit()
        return problem("A cell of this row has more than {most} characters.", code="row.cell_long", most=most)
    return QUOTES


def _separator(header: str) -> str:
    """What makes the most known columns of the header."""

    def known(separator: str) -> tuple[int, int]:
        names = header.split(separator)
        return sum(column(each.strip().strip('"')) in FIELDS for each in names), len(names)

    best = max(SEPARATORS, key=known)
    return best if best in header else NO_SEPARATOR


def _header_fault(columns: Sequence[str], has_prompt: bool, limits: Limits) -> Problem | None:
    if len(columns) > limits.columns:
        return problem("A sheet has {most} columns at most.", code="sheet.columns", most=limits.columns)
    twice = [name for name, count in Counter(columns).items() if name and count > 1]
    if twice:
        return problem("Two columns are called {name}.", code="sheet.twice", name=twice[0])
    if "prompt" not in columns and not has_prompt:
        return problem("The first row names the columns, and none is called prompt.", code="sheet.no_prompt")
    return None


def _filled(at: _Record, columns: Sequence[str], cells: Sequence[str]) -> _Record:
    named = [(name, cell) for name, cell in zip(columns, cells, strict=False) if name]
    unnamed = [cell for name, cell in zip(columns, cells, strict=False) if not name] + [*cells[len(columns) :]]
    if any(map(str.strip, unnamed)):
        sentence = "This row has more cells than there are columns: what holds the separator goes in quotes."
        return at._replace(problem=problem(sentence, code="row.cells"))
    fields = {name: cell for name, cell in named if name in FIELDS}
    return at._replace(fields=fields, variables={name: cell for name, cell in named if name not in FIELDS})


def _list_records(text: str, limits: Limits) -> Iterator[_Record]:
    """The items of a JSON list, each with its number. After one that is broken nobody knows where the next begins."""
    number, line, at = 0, 1, text.index("[") + 1
    line += _ends(text[:at])
    while True:
        between = BETWEEN.match(text, at)
        begun = at if between is None else between.end()
        line += _ends(text[at:begun])
        record = _Record(number + 1, line)
        if text.startswith("]", begun):
            break
        try:
            at = _item_end(text, begun, limits)
        except (ValueError, RecursionError):
            sentence = "This JSON list breaks off, or is no JSON here."
            long = len(text) - begun > limits.row
            yield record._replace(problem=_long_row(limits) if long else problem(sentence, code="row.json_list"))
            yield record._replace(problem=UNREAD)
            return
        yield _json_record(record, clean(text[begun:at]), limits)
        line += _ends(text[begun:at])
        number += 1
    if text[begun + 1 :].strip():
        yield record._replace(problem=UNREAD)


def _item_end(text: str, begun: int, limits: Limits) -> int:
    """Where an item of a JSON list that begins there is over. No more of it is decoded at once than a row may have."""
    size = min(FIRST_PIECE, limits.row)
    while True:
        piece = text[begun : begun + size]
        whole = begun + size >= len(text)
        try:
            _, end = json.JSONDecoder().raw_decode(piece)
            if end < len(piece) or whole:  # else it may go on, as a number does
                return begun + end
        except (ValueError, RecursionError):
            if whole or size == limits.row:
                raise
        if size == limits.row:
            raise ValueError
        size = min(size * GROWS, limits.row)


def _long_row(limits: Limits) -> Problem:
    sentence = "This row breaks off, or has more than {most} characters."
    return problem(sentence, code="row.json_long", most=limits.row)


def _json_records(text: str, limits: Limits) -> Iterator[_Record]:
    for number, line in enumerate(_lines(text), 1):
        if len(line) > limits.row:
            yield _Record(number, number, problem=_long_row(limits))
        elif line.strip():
            yield _json_record(_Record(number, number), clean(line), limits)


def _json_record(at: _Record, line: str, limits: Limits) -> _Record:
    try:
        found, again = msgspec.json.decode(line), _named_again(line)
    except (ValueError, RecursionError):  # of msgspec too
        if PAIR.match(line):
            sentence = "This line is no JSON object: it lacks the braces around it."
            return at._replace(problem=problem(sentence, code="row.json_braces"))
        return at._replace(problem=problem("This line is no JSON.", code="row.json"))
    if isinstance(found, str):  # a list of prompts
        found = {"prompt": found}
    if not isinstance(found, dict) or not isinstance(found.get("variables") or {}, dict):
        sentence = "A row is a JSON object, and so is what it calls variables."
        return at._replace(problem=problem(sentence, code="row.json_object"))
    given = found.pop("variables", None) or {}
    if len(found) + len(given) > limits.columns:
        sentence = "A row has {most} columns at most."
        return at._replace(problem=problem(sentence, code="row.columns", most=limits.columns))
    if again:
        return at._replace(problem=_twice(again[0]))
    named = [(column(name), value) for name, value in found.items()]
    fields = [(name, value) for name, value in named if name in FIELDS]
    variables = [each for each in named if each[0] not in FIELDS] + [
        (folded(name), value) for name, value in given.items()
    ]
    for pairs in (fields, variables):
        if twice := [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]:
            return at._replace(problem=_twice(twice[0]))
    return at._replace(fields=dict(fields), variables=dict(variables))


def _twice(name: str) -> Problem:
    return problem("{name} is said twice.", code="row.twice", field=name, name=name)


def _named_again(line: str) -> list[str]:
    """Names that an object of this line has more than once: which of them is meant nobody knows."""
    again: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> None:
        if len(names := Counter(name for name, _ in pairs)) < len(pairs):
            again.extend(column(name) for name, count in names.items() if count > 1)

    json.loads(line, object_pairs_hook=note)
    return again
