"""What delivered files are called: a pattern with fields, and the folder that a file lies in."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from library.errors import Invalid
from library.export.filenames import ENDING, folded, free_name, portable, safe_name
from library.models import Asset
from library.presets import Folders
from library.views.dates import month_of, within
from store.files import Files

MOST_PATTERN, MOST_WIDTH = 200, 9
PART = re.compile(r"\{([^{}:]*)(?::([^{}]*))?\}|[^{}]+|[{}]")
WIDTH = re.compile(r"0?[1-9]")


class Called(NamedTuple):
    """What a file may be named by: its picture, the names of its projects and albums, and its number in the export."""

    asset: Asset
    projects: list[str]
    albums: list[str]
    number: int


Field = Callable[[Called], str]
FIELDS: dict[str, Field] = {
    "name": lambda called: ENDING.sub("", called.asset.name),
    "title": lambda called: called.asset.title or "",
    "date": lambda called: day_of(called.asset.created_at),
    "seed": lambda called: called.asset.seed or "",
    "model": lambda called: called.asset.model or "",
    "project": lambda called: called.projects[0] if called.projects else "",
    "album": lambda called: called.albums[0] if called.albums else "",
    "n": lambda called: str(called.number),
    "rating": lambda called: str(called.asset.rating),
    "tags": lambda called: ", ".join(called.asset.tags),
}


def day_of(milliseconds: int) -> str:
    """Like 2026-11-30."""
    return time.strftime("%Y-%m-%d", time.gmtime(within(milliseconds) / 1000))


def pattern_of(pattern: str) -> list[str | Field]:
    """The parts of a pattern; Invalid for one that names no file."""
    if not pattern.strip() or len(pattern) > MOST_PATTERN:
        raise _mistake(f"A pattern has 1 to {MOST_PATTERN} characters.", "preset_pattern_length", most=MOST_PATTERN)
    parts: list[str | Field] = []
    for found in PART.finditer(pattern):
        if found[1] is None:
            if found[0] in "{}":
                raise _mistake("A field is written {name}: a brace has no other.", "preset_pattern_brace")
            if set(found[0]) & {"/", "\\"}:
                raise _mistake("A pattern names a file; folders are chosen apart.", "preset_pattern_folder")
            parts.append(found[0])
        else:
            parts.append(_field(found[1], found[2]))
    return parts


def _field(name: str, width: str | None) -> Field:
    if name not in FIELDS or (width is not None and (name != "n" or not WIDTH.fullmatch(width))):
        word = name if width is None else f"{name}:{width}"
        known = ", ".join(f"{{{each}}}" for each in FIELDS)
        message = f"There is no field {{{word[:40]}}}; there are {known}, and {{n:03}} with a width up to {MOST_WIDTH}."
        raise _mistake(message, "preset_field", word=word[:40], known=known, most=MOST_WIDTH)
    return FIELDS[name] if width is None else lambda called: str(called.number).zfill(int(width))


def _mistake(message: str, code: str, **params: Any) -> Invalid:
    return Invalid(message, [("/pattern", "makes no name")], code=code, **params)


def stem_of(parts: list[str | Field], called: Called) -> str:
    """What the file is called, as every file system takes it, without its ending."""
    text = "".join(part if isinstance(part, str) else part(called) for part in parts)
    return portable(text, otherwise=safe_name(called.asset.name))


def folder_of(folders: Folders, called: Called) -> str:
    """The folder that a file lies in; "" where it has none."""
    if folders == "date":
        return month_of(within(called.asset.created_at))
    names = {"project": called.projects, "album": called.albums}.get(folders, [])
    return portable(names[0], otherwise=folders) if names else ""


class Places:
    """The names in a folder that is filled: nothing that is there, or was given out, is given out again."""

    def __init__(self, files: Files, root: Path) -> None:
        self._files = files
        self._root = root
        there = list(files.entries(root)) if files.facts(root) is not None else []
        self._taken = {"": {folded(name) for name, _ in there}}
        self._folders = {folded(name): name for name, is_folder in there if is_folder}

    def give(self, folder: str, stem: str, suffix: str) -> str:
        """A path of its own below the root, with `/`."""
        place = self._folder(folder) if folder else ""
        if place not in self._taken:
            self._taken[place] = {folded(name) for name in self._files.names(self._root / place)}
        while True:
            name = free_name(stem, suffix, self._taken[place])
            path = f"{place}/{name}" if place else name
            # What came there since it was looked round.
            if self._files.facts(self._root / path) is None and not self._files.is_link(self._root / path):
                return path

    def _folder(self, wish: str) -> str:
        if folded(wish) not in self._folders:
            self._folders[folded(wish)] = free_name(wish, "", self._taken[""])
        return self._folders[folded(wish)]
