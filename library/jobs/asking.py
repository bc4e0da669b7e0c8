"""Rows and their templates → requests to providers, each with a key of its own; counted before one is made. Pure."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from library.jobs.cells import Row
from library.jobs.expanding import MOST_PROBLEMS, Lists, Template, braced, folded, place, places, read
from library.jobs.faults import Problem, problem
from library.jobs.models import MOST_SEED

MISTAKEN = ("prompt.braces", "prompt.braces_name")
MOST_REQUESTS = 1_000  # unless a setting says otherwise


class Asking(msgspec.Struct, frozen=True):
    """One prompt to one provider; what is None or empty is for the batch to say."""

    prompt: str
    negative: str
    count: int | None
    width: int | None
    height: int | None
    seed: int | None
    provider: str
    model: str
    tags: tuple[str, ...]
    project: str
    row: int  # of the sheet; 0 without one
    key: str  # by which earlier versions knew it: the row's, and which of its prompts this is
    drawn: str = ""  # where something is drawn: what is asked for before that
    former: str = ""  # where something is drawn: by which key still earlier versions knew this prompt


class Asked(NamedTuple):
    """All requests of a batch, how many they are or would have been, and what is wrong with the other rows."""

    requests: tuple[Asking, ...]
    number: int
    problems: tuple[Problem, ...]


def unused(rows: Sequence[Row]) -> list[str]:
    """The columns of a sheet that say something and that no prompt of its rows has a place for, as they are looked up:
    what stands in them would be in no picture.
    """
    told = dict.fromkeys(name for row in rows for name, value in row.variables.items() if value.strip())
    texts = {text for row in rows for text in (row.prompt, row.negative)} if told else set()
    known = {name for text in texts for name in places(text)}
    return [name for name in told if folded(name) not in known]


def mistaken(rows: Sequence[Row], given: Iterable[str] = ()) -> list[Problem]:
    """What is wrong with rows whose prompts have a column of the sheet, or a variable that was `given`, in braces that
    are no place for it: a picture of those is what nobody meant. Each row is looked at by itself, whatever is right in
    others.
    """
    columns = {folded(name): name for name in (*given, *(name for row in rows for name in row.variables))}
    found: dict[str, list[Problem]] = {}
    problems: list[Problem] = []
    for row in rows if columns else ():
        for field, text in (("prompt", row.prompt), ("negative", row.negative)):
            if text not in found:
                named = [(at, columns[name]) for name, at in braced(text).items() if name in columns]
                found[text] = [_mistaken(name, at) for at, name in sorted(named)[:MOST_PROBLEMS]]
            where = {"field": field, "row": row.row or None, "line": row.line or None}
            problems += [msgspec.structs.replace(each, **where) for each in found[text]]
    return problems


def _mistaken(name: str, at: int) -> Problem:
    if written := place(name):
        sentence = (
            "These braces are no place for {name}, and would go out as they stand. Write {place} where its "
            "words belong, or a backslash before each brace to mean the sign itself."
        )
        return problem(sentence, code=MISTAKEN[0], at=at, name=name, place=written)
    sentence = (
        "The column {name} can stand in no prompt: names there have letters, digits, spaces, “-”, “_” and “.” only. "
        "Give it another name, in the prompt too."
    )
    return problem(sentence, code=MISTAKEN[1], at=at, name=name)


class _Read(NamedTuple):
    row: Row
    prompt: Template
    negative: Template
    times: int  # that each prompt is asked for: what is drawn by chance is drawn anew for every picture

    @property
    def number(self) -> int:
        return self.prompt.number * self.negative.number * self.times


def requests(rows: Sequence[Row], lists: Lists, seed: int, most: int = MOST_REQUESTS, count: int = 1) -> Asked:
    """The requests of a batch; none if they were more than `most`. `count` is for rows that say none.

    What chance decides comes from the batch's `seed` and the row's key: other rows may come or go.
    """
    good: list[_Read] = []
    problems: list[Problem] = []
    for row in rows:
        found = _read(row, lists, count)
        wrong = _faults(found)
        problems += wrong
        good += [] if wrong else [found]
    number = sum(each.number for each in good)
    if number > most:
        return Asked((), number, (*problems, too_many(number, most)))
    return Asked(tuple(request for each in good for request in _made(each, seed)), number, tuple(problems))


def too_many(number: int, most: int) -> Problem:
    sentence = "These prompts make {number} requests; at most {most} go at once."
    return problem(sentence, code="batch.many", number=number, most=most)


def _read(row: Row, lists: Lists, count: int) -> _Read:
    prompt, negative = (read(text, row.variables, lists) for text in (row.prompt, row.negative))
    drawn = prompt.by_chance or negative.by_chance
    return _Read(row, prompt, negative, (row.count or count) if drawn else 1)


def _faults(found: _Read) -> list[Problem]:
    sides = (("prompt", found.prompt), ("negative", found.negative))
    problems = [msgspec.structs.replace(each, field=field) for field, side in sides for each in side.problems]
    if found.prompt.blank:
        problems.append(problem("A prompt would say nothing.", code="prompt.blank", field="prompt"))
    row, line = found.row.row or None, found.row.line or None
    return [msgspec.structs.replace(each, row=row, line=line) for each in problems]


def _made(found: _Read, seed: int) -> Iterator[Asking]:
    row = found.row
    chance = random.Random(f"{seed} {row.key}")
    drawn = found.prompt.by_chance or found.negative.by_chance
    template = f"drawn-{_template(row)}-" if drawn else ""
    before: Counter[str] = Counter()
    number = 0
    for time in range(found.times):
        negatives = list(_both(found.negative, chance))
        for prompt, plain in _both(found.prompt, chance):
            for negative, plain_negative in negatives:
                said = f"{template}{_hash(plain, plain_negative)}"
                before[said] += 1
                number += 1
                yield Asking(
                    prompt=prompt,
                    negative=negative,
                    count=1 if drawn else row.count,
                    width=row.width,
                    height=row.height,
                    seed=None if row.seed is None else (row.seed + time) % (MOST_SEED + 1),
                    provider=row.provider,
                    model=row.model,
                    tags=row.tags,
                    project=row.project,
                    row=row.row,
                    key=f"{row.key}-{said}-{before[said]}",
                    drawn=said if drawn else "",
                    former=f"{row.key}-drawn-{number}" if drawn else "",
                )


def _both(side: Template, chance: random.Random) -> Iterator[tuple[str, str]]:
    """Its prompts, each also as it is before anything is drawn."""
    if side.by_chance:
        return zip(side.prompts(chance), side.prompts(None), strict=True)
    return ((each, each) for each in side.prompts(chance))


def _template(row: Row) -> str:
    """What a row says before anything is drawn: its texts, and the variables that they have places for."""
    known = {folded(name): value for name, value in row.variables.items()}
    names = sorted(places(row.prompt) | places(row.negative))
    return _hash(row.prompt, row.negative, *(f"{name}={known.get(name, '')}" for name in names))


def _hash(*texts: str) -> str:
    return hashlib.sha256(msgspec.json.encode(texts)).hexdigest()[:32]
