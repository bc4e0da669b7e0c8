r"""A prompt with choices, lists and variables → the prompts that it stands for. docs/prompts.md is its contract.

`{a|b}` is each of them, `{~a|b}` one by chance, `__name__` and `__~name__` the same of a list, `{{name:default}}` a
variable, `\{` the sign itself. Pure: a template's prompts are counted and measured before the first one is made.
"""

from __future__ import annotations

import bisect
import random
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

import msgspec

from library.jobs.faults import Problem, problem

LONGEST = 32_000  # characters, of a template and of each prompt
DEEPEST = 10  # braces within braces, and lists within lists
MOST_CHOICES = 200  # that one prompt goes through
MOST_PROBLEMS = 20  # that are listed of one text
UNCOUNTED = 10**15  # so many prompts or more are not told apart
TAG = r"<[a-z]+:[^<>{}]*>"  # <lora:my__style__v2:1>: another program's, and left alone
TOKEN = re.compile(
    rf"""\\(?P<escaped>[\\{{}}|_｛｝])
    |(?P<tag>{TAG})
    |\{{\{{[ ]?(?P<variable>\w(?:[\w .-]{{0,62}}\w)?)[ ]?(?:[:：](?P<default>[^{{}}]*))?\}}\}}
    |__(?P<chance>~?)(?P<list>[^\W_](?:[\w/.-]{{0,62}}?[^\W_])?)__
    |(?P<open>\{{[~!]?)
    |(?P<sign>[}}|\[\]])""",
    re.VERBOSE,
)
WEIGHT = re.compile(r"\s*([0-9]{1,4}(?:\.[0-9]{1,4})?)::")
SEVERAL = re.compile(r"\s*[0-9]*(?:-[0-9]*)?\$\$")
NAMED = re.compile(r"([^:：]+)[:：]")  # and what it is without a value
PLACE = re.compile(r"(?<!\\)\{\{ ?\w(?:[\w .-]{0,62}\w)? ?\}\}")
# As it is typed in Chinese; a usual value or another choice may stand behind the name.
WIDE = re.compile(r"(?<!\\)｛([^{}｛｝|｜:：]*)(?:[|｜:：][^{}｛｝]*)?[}｝]")
OTHER = "\ufffc"  # in the place of words that stand elsewhere


@dataclass(frozen=True, slots=True)
class Choice:
    """Alternatives: each in turn, or one by chance, and then everything within it is by chance too."""

    options: tuple[Sequence[Part], ...]
    weights: tuple[float, ...]  # of the options, summed up
    numbers: tuple[int, ...]  # of the prompts that each makes, summed up
    longest: int  # characters
    choices: int  # that one prompt goes through at most, with this one
    drawn: bool  # something within is by chance
    blank: bool  # one of the alternatives may say nothing
    by_chance: bool = False


Part = str | Choice


@dataclass(frozen=True, slots=True)
class Template:
    """What was read. With problems it stands for no prompts."""

    parts: Sequence[Part] = ()
    problems: tuple[Problem, ...] = ()
    number: int = 0  # of prompts; UNCOUNTED is as many or more
    by_chance: bool = False  # something is drawn: made once more, the prompts may be others
    blank: bool = False  # one of the prompts may say nothing

    def prompts(self, chance: random.Random | None) -> Iterator[str]:
        """In a stable order, the first choice changing slowest. Whoever asks has looked at `number`. Without `chance`
        what would be drawn is one sign, whatever it may be.
        """
        for index in range(self.number):
            yield "".join(_written(self.parts, index, chance)).strip()


class Lists:
    """Named lists of lines, each read when it is first asked for. A line is a template that is given no variables."""

    def __init__(self, lines: Mapping[str, Iterable[str]]) -> None:
        self._lines = lines
        self._known: dict[str, Choice | Problem] = {}

    def get(self, name: str, within: tuple[str, ...]) -> Choice | Problem:
        """The lines of a list, or what is wrong with it. `within` are the lists that led here."""
        if name in within:
            circle = " → ".join([*within[within.index(name) :], name])
            return problem("These lists go round in a circle: {circle}.", code="prompt.circle", circle=circle)
        if len(within) == DEEPEST:
            return problem("Lists may stand in lists {most} deep.", code="prompt.lists_deep", most=DEEPEST)
        if name not in self._lines:
            return problem("There is no list “{name}”.", code="prompt.list", name=name)
        found = self._known.get(name) or self._read(name, (*within, name))
        if isinstance(found, Choice) or found.code != "prompt.lists_deep":  # which depends on where one comes from
            self._known[name] = found
        return found

    def _read(self, name: str, within: tuple[str, ...]) -> Choice | Problem:
        options: list[Sequence[Part]] = []
        for number, line in enumerate(self._lines[name], 1):
            text = clean(line).strip()
            if not text or text.startswith("#"):
                continue
            reading = _Reading(text, {}, self, within)
            if reading.problems:
                first = reading.problems[0]
                return first if first.list else msgspec.structs.replace(first, list=name, list_line=number, at=None)
            options.append(reading.parts)
        if not options:
            return problem("The list {name} has no lines.", code="prompt.list_empty", name=name)
        return _choice(options) or problem("No line of {name} has a weight.", code="prompt.list_weight", name=name)


def read(text: str, variables: Mapping[str, str] | None = None, lists: Lists | None = None) -> Template:
    """Read a template. A variable's value is words, whatever signs stand in it."""
    if len(text) > LONGEST:
        return Template(problems=(_long(),))
    known = {folded(name): clean(value) for name, value in (variables or {}).items()}
    reading = _Reading(clean(text), known, lists or Lists({}), ())
    problems = reading.problems or _unbounded(reading.parts)
    if problems:
        return Template(problems=tuple(problems))
    parts = reading.parts
    return Template(parts, (), _number(parts), _is_drawn(parts), _is_blank(parts))


def _unbounded(parts: Sequence[Part]) -> list[Problem]:
    if _length(parts) > LONGEST:
        return [_long()]
    if _choices(parts) > MOST_CHOICES:
        return [problem("A prompt goes through {most} choices at most.", code="prompt.choices", most=MOST_CHOICES)]
    return []


def _long() -> Problem:
    return problem("A prompt has {most} characters at most.", code="prompt.long", most=LONGEST)


def clean(text: str) -> str:
    """What is no text (a lone surrogate, NUL) can neither be stored nor sent."""
    return text.encode("utf-8", "replace").decode().replace("\0", " ")


def folded(name: str) -> str:
    """A variable's name as it is looked up: case, width and how much space there is do not matter."""
    return " ".join(unicodedata.normalize("NFKC", name).split()).casefold()


def place(name: str) -> str | None:
    """How a prompt has a place for a variable, if it can have one for a name like this."""
    written = f"{{{{{name}}}}}"
    found = TOKEN.fullmatch(written)
    return written if found and found["variable"] else None


def places(text: str) -> set[str]:
    """The names of the variables that a text has places for, as they are looked up."""
    return {folded(token["variable"]) for token in TOKEN.finditer(clean(text)) if token["variable"]}


def braced(text: str) -> dict[str, int]:
    """What stands alone in braces that are no choice and no place, and go out as they are: as it is looked up, and
    where its brace is. Also what stands there before a colon, and each that a choice may put there (`{{a|b}}`), and
    what stands in braces of full width.
    """
    if len(text) > LONGEST:
        return {}
    text = clean(text)
    wide = {folded(found[1]): found.start() for found in reversed([*WIDE.finditer(text)])}
    if "{" not in PLACE.sub("", text):
        return wide
    told = [(token["variable"], token["list"]) for token in TOKEN.finditer(text)]
    variables = {folded(name): OTHER for name, _ in told if name}
    reading = _Reading(text, variables, Lists({name: [OTHER] for _, name in told if name}), ())
    return wide | {folded(name): at for at, parts in reversed(reading.alone) for name in _alone(parts)}


def _alone(parts: Sequence[Part]) -> Iterator[str]:
    if parts and isinstance(parts[0], str) and (named := NAMED.match(parts[0])):
        yield named[1]
    match [each for each in parts if not isinstance(each, str) or each.strip()]:
        case [str(words)]:
            yield words
        case [Choice(options=options)]:
            for option in options:
                yield from _alone(option)


def filled(defaults: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """The values of variables: what was given, and the default of what was not, or was left empty."""
    said = {name: value for name, value in given.items() if value}
    known = {folded(name) for name in said}
    return {name: value for name, value in defaults.items() if folded(name) not in known} | said


def escaped(text: str) -> str:
    """The template that stands for exactly this text, but for space around it."""
    words = re.split(f"({TAG})", text)
    words[::2] = [re.sub(r"[\\{}|]|_(?=_)", r"\\\g<0>", each) for each in words[::2]]
    return "".join(words)


@dataclass(slots=True)
class _Open:
    """A brace that is not closed yet, with its alternatives so far; the outermost is the text itself."""

    sign: str
    at: int
    options: list[list[Part]] = field(default_factory=lambda: [[]])
    brackets: int = 0  # square ones around what comes now: a `|` within belongs to them

    def add(self, *parts: Part) -> None:
        self.options[-1] += parts


class _Reading:
    """One text being read: its parts and problems."""

    def __init__(self, text: str, variables: Mapping[str, str], lists: Lists, within: tuple[str, ...]) -> None:
        self._variables = variables
        self._lists = lists
        self._within = within
        self._open = [_Open("", 0)]
        self.problems: list[Problem] = []
        self.alone: list[tuple[int, Sequence[Part]]] = []  # what stands in braces that are no choice, and where
        self._read(text, 1 if within else MOST_PROBLEMS)
        self.parts = _joined(self._open[0].options[0])

    def _read(self, text: str, most: int) -> None:
        tokens = list(TOKEN.finditer(text))
        paired = _paired(tokens)
        end = 0
        for token in tokens:
            self._open[-1].add(text[end : token.start()])
            self._take(token, token.start() in paired)
            if len(self._open) > DEEPEST + 1:
                sentence = "Braces may stand in braces {most} deep."
                self.problems.append(problem(sentence, code="prompt.deep", at=token.start(), most=DEEPEST))
                return
            if len(self.problems) >= most:
                return
            end = token.end()
        self._open[-1].add(text[end:])
        for left in self._open[1:]:
            sentence = "This brace is never closed; a backslash before it makes it a mere sign."
            self.problems.append(problem(sentence, code="prompt.unclosed", at=left.at))

    def _take(self, token: re.Match[str], paired: bool) -> None:
        top = self._open[-1]
        sign = token[0]
        if token["escaped"]:
            top.add(token["escaped"])
        elif token["variable"]:
            self._take_variable(token)
        elif token["list"]:
            self._take_list(token)
        elif token["open"]:
            self._open.append(_Open(sign, token.start()))
        elif sign == "}":
            self._take_close(token.start())
        elif sign == "|" and top.sign and not top.brackets:
            top.options.append([])
        else:
            top.brackets += {"[": 1, "]": -1}.get(sign, 0) if paired else 0
            top.add(sign)

    def _take_variable(self, token: re.Match[str]) -> None:
        given = self._variables.get(folded(token["variable"]))
        value = given or token["default"]
        if value is None and given is None:
            sentence = "Nothing is given for the variable {name}."
            self.problems.append(problem(sentence, code="prompt.variable", at=token.start(), name=token["variable"]))
        self._open[-1].add((value or "").strip())

    def _take_list(self, token: re.Match[str]) -> None:
        found = self._lists.get(token["list"], self._within)
        if isinstance(found, Problem):
            self.problems.append(msgspec.structs.replace(found, at=token.start()))
        else:
            self._open[-1].add(_by_chance(found) if token["chance"] else found)

    def _take_close(self, at: int) -> None:
        if len(self._open) == 1:
            sentence = "This brace closes nothing; a backslash before it makes it a mere sign."
            self.problems.append(problem(sentence, code="prompt.unopened", at=at))
            return
        closed = self._open.pop()
        options = [_joined(option) for option in closed.options]
        if len(options) == 1:  # no choice: another program's emphasis, or JSON
            self.alone.append((closed.at, options[0]))
            self._open[-1].add(closed.sign, *options[0], "}")
        elif SEVERAL.match(_beginning(options[0])):
            sentence = "Several of a choice at once ($$) is not possible here."
            self.problems.append(problem(sentence, code="prompt.several", at=closed.at))
        elif (made := _choice(options)) is None:
            self.problems.append(problem("Nothing in this choice has a weight.", code="prompt.weight", at=closed.at))
        else:
            self._open[-1].add(_by_chance(made) if closed.sign == "{~" else made)


def _paired(tokens: Sequence[re.Match[str]]) -> set[int]:
    """Where the square brackets stand that are closed within the braces in which they are opened."""
    paired: set[int] = set()
    open: list[re.Match[str]] = []
    for token in tokens:
        if token["open"] or token[0] == "[":
            open.append(token)
        elif token[0] == "]" and open and open[-1][0] == "[":
            paired |= {open.pop().start(), token.start()}
        elif token[0] == "}":
            while open and open.pop()[0] == "[":
                pass
    return paired


def _joined(parts: Iterable[Part]) -> list[Part]:
    """The same with as few pieces of words as can be."""
    joined: list[Part] = []
    words: list[str] = []
    for part in [*parts, None]:
        if isinstance(part, str):
            words.append(part)
            continue
        if text := "".join(words):
            joined.append(text)
        words.clear()
        if part is not None:
            joined.append(part)
    return joined


def _beginning(option: Sequence[Part]) -> str:
    return option[0] if option and isinstance(option[0], str) else ""


def _choice(options: Sequence[Sequence[Part]]) -> Choice | None:
    """With the weights (`2::red`) taken off; None if no alternative has any."""
    weighed = [_weighed(option) for option in options]
    weights = tuple(accumulate(weight for weight, _ in weighed))
    clear = tuple(option for _, option in weighed)
    if not weights[-1]:
        return None
    return Choice(
        options=clear,
        weights=weights,
        numbers=tuple(accumulate(map(_number, clear))),
        longest=max(map(_length, clear)),
        choices=1 + max(map(_choices, clear)),
        drawn=any(map(_is_drawn, clear)),
        blank=any(map(_is_blank, clear)),
    )


def _weighed(option: Sequence[Part]) -> tuple[float, Sequence[Part]]:
    beginning = _beginning(option)
    weight = WEIGHT.match(beginning)
    return (float(weight[1]), [beginning[weight.end() :], *option[1:]]) if weight else (1.0, option)


def _by_chance(choice: Choice) -> Choice:
    return replace(choice, by_chance=True, drawn=True)


def _count(part: Part) -> int:
    return 1 if isinstance(part, str) or part.by_chance else part.numbers[-1]


def _number(parts: Sequence[Part]) -> int:
    number = 1
    for part in parts:
        number = min(UNCOUNTED, number * _count(part))
    return number


def _length(parts: Sequence[Part]) -> int:
    return sum(len(part) if isinstance(part, str) else part.longest for part in parts)


def _choices(parts: Sequence[Part]) -> int:
    return sum(part.choices for part in parts if isinstance(part, Choice))


def _is_drawn(parts: Sequence[Part]) -> bool:
    return any(part.drawn for part in parts if isinstance(part, Choice))


def _is_blank(parts: Sequence[Part]) -> bool:
    return all(not part.strip() if isinstance(part, str) else part.blank for part in parts)


def _written(parts: Sequence[Part], index: int | None, chance: random.Random | None) -> Iterator[str]:
    """The words of one of the prompts; of any, where the index is None."""
    own: list[int | None] = []
    for part in reversed(parts):
        count = _count(part)
        own.append(None if index is None else index % count)
        index = None if index is None else index // count
    for part in parts:
        place = own.pop()
        if isinstance(part, str):
            yield part
        elif place is None or part.by_chance:
            if chance is None:
                yield OTHER
                continue
            yield from _written(chance.choices(part.options, cum_weights=part.weights)[0], None, chance)
        else:
            at = bisect.bisect(part.numbers, place)
            yield from _written(part.options[at], place - (part.numbers[at - 1] if at else 0), chance)
