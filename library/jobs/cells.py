"""A row of a sheet as it was written → what it asks for, or everything that is wrong with it. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import msgspec

from library.jobs.expanding import LONGEST, clean, folded
from library.jobs.faults import Problem, problem
from library.jobs.models import MOST_SEED
from library.values import unseen

# What a field may be called besides; whatever is not here is a variable.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "prompt": ("positive prompt", "提示詞", "正向提示詞", "正面提示詞"),
    "negative": ("negative prompt", "負向提示詞", "負面提示詞", "反向提示詞"),
    "count": ("張數", "數量"),
    "size": ("尺寸", "大小"),
    "width": ("寬", "寬度"),
    "height": ("高", "高度"),
    "seed": ("種子", "種子碼"),
    "provider": ("供應商", "服務"),
    "model": ("模型",),
    "tags": ("標籤",),
    "project": ("專案",),
}
KNOWN = {name: field for field, others in FIELDS.items() for name in (field, *others)}
BETWEEN_WORDS = re.compile(r"[ _-]")  # negative_prompt, negative-prompt and negativePrompt are one name
BARE = {BETWEEN_WORDS.sub("", name): field for name, field in KNOWN.items()}
WHOLE = re.compile(r"(-?[0-9]{1,19})(?:\.0+)?")  # some programs write every number with a point
SIZE = re.compile(r"([0-9]{1,5})\s*[xX×*]\s*([0-9]{1,5})")
BETWEEN_TAGS = re.compile(r"[,;|、，；]")


class Limits(msgspec.Struct, frozen=True):
    """How much a sheet may hold."""

    characters: int = 8_000_000
    rows: int = 10_000
    columns: int = 100
    row: int = 200_000  # characters, of one in JSON: what is decoded at once
    cell: int = LONGEST  # characters
    count: int = 1_000  # pictures that a row asks for
    side: int = 16_384  # pixels
    tag: int = 200  # characters


class Row(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a row asks for; what is None or empty it leaves to the batch.

    Its key is a hash of what is said, without what is not: a field that is added one day changes no key.
    """

    prompt: str = ""
    negative: str = ""
    count: int | None = None
    width: int | None = None
    height: int | None = None
    seed: int | None = None
    provider: str = ""
    model: str = ""
    tags: tuple[str, ...] = ()
    project: str = ""
    variables: dict[str, str] = {}
    row: int = 0  # as a spreadsheet counts: the header is 1
    line: int = 0  # as an editor counts
    key: str = ""


def column(name: str) -> str:
    """The field that is called so, else the variable."""
    plain = folded(clean(name))
    return BARE.get(BETWEEN_WORDS.sub("", plain), plain)


class Cells:
    """The cells of one row by field and by variable, being read; `problems` grow with what is asked for."""

    def __init__(self, fields: Mapping[str, Any], variables: Mapping[str, Any], limits: Limits) -> None:
        self.problems: list[Problem] = []
        self._limits = limits
        tags = fields.get("tags")
        self._tags = [self._words("tags", each) for each in tags] if isinstance(tags, list) else None
        self._fields = {
            name: self._words(name, value) for name, value in fields.items() if name != "tags" or self._tags is None
        }
        self._variables = {name: self._words(name, value) for name, value in variables.items()}

    def row(self, prompt: str) -> Row:
        """All of it. `prompt` is for a row that has none."""
        width, height = self._sides()
        return Row(
            prompt=self._prompt(prompt),
            negative=self._fields.get("negative", ""),
            count=self._number("count", 1, self._limits.count),
            width=width,
            height=height,
            seed=self._seed(),
            provider=self._fields.get("provider", ""),
            model=self._fields.get("model", ""),
            tags=self._all_tags(),
            project=self._fields.get("project", ""),
            variables=self._variables,
        )

    def _fault(self, fault: Problem) -> None:
        self.problems.append(fault)

    def _words(self, name: str, value: Any) -> str:
        if isinstance(value, bool):
            value = "true" if value else "false"
        if value is not None and not isinstance(value, str | int | float):
            self._fault(problem("{name} is neither words nor a number.", code="row.value", field=name, name=name))
            return ""
        words = "" if value is None else clean(str(value)).strip()
        if len(words) > self._limits.cell:
            sentence = "{name} has more than {most} characters."
            self._fault(problem(sentence, code="row.long", field=name, name=name, most=self._limits.cell))
            return ""
        return words

    def _prompt(self, other: str) -> str:
        found = self._fields.get("prompt") or other.strip()
        if not found and not self.problems:
            self._fault(problem("This row has no prompt.", code="row.no_prompt", field="prompt"))
        return found

    def _number(self, name: str, least: int, most: int) -> int | None:
        written = self._fields.get(name, "")
        if not written:
            return None
        found = WHOLE.fullmatch(unicodedata.normalize("NFKC", written))
        if found is None or not least <= int(found[1]) <= most:
            sentence = "{name} is a whole number from {least} to {most}, not “{value}”."
            self._fault(
                problem(sentence, code="row.number", field=name, name=name, least=least, most=most, value=written)
            )
            return None
        return int(found[1])

    def _seed(self) -> int | None:
        """-1 is how other programs write: any."""
        seed = self._number("seed", -1, MOST_SEED)
        return None if seed == -1 else seed

    def _sides(self) -> tuple[int | None, int | None]:
        most = self._limits.side
        width, height = self._number("width", 1, most), self._number("height", 1, most)
        written = self._fields.get("size", "")
        if written and (self._fields.get("width") or self._fields.get("height")):
            self._fault(problem("The size is said twice.", code="row.size_twice", field="size"))
        elif written:
            found = SIZE.fullmatch(unicodedata.normalize("NFKC", written))
            sides = (int(found[1]), int(found[2])) if found else (0, 0)
            if all(1 <= side <= most for side in sides):
                return sides
            sentence = "The size is written like 1024x768, each side of {most} pixels at most, not “{value}”."
            self._fault(problem(sentence, code="row.size", field="size", most=most, value=written))
        elif bool(self._fields.get("width")) != bool(self._fields.get("height")):
            self._fault(problem("Width and height go together.", code="row.side", field="size"))
        return width, height

    def _all_tags(self) -> tuple[str, ...]:
        tags = BETWEEN_TAGS.split(self._fields.get("tags", "")) if self._tags is None else self._tags
        found = tuple(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))
        if any(len(tag) > self._limits.tag for tag in found):
            sentence = "A tag has {most} characters at most."
            self._fault(problem(sentence, code="row.tag_long", field="tags", most=self._limits.tag))
        if sign := next(filter(None, map(unseen, found)), ""):
            sentence = "A tag holds a character that cannot be seen: {sign}."
            self._fault(problem(sentence, code="row.tag_unseen", field="tags", sign=sign))
        return found
