"""The lists that prompts may draw from: text files in a folder of the person's, one choice a line."""

from __future__ import annotations

import logging
from pathlib import Path

from library.jobs.expanding import Lists

MOST_FILES, MOST_BYTES = 1_000, 4 << 20  # and of each file
log = logging.getLogger("gesso.wildcards")


def read_lists(folder: Path) -> Lists:
    """Every `.txt` below the folder, by its path without the ending: `colours/warm` for `colours/warm.txt`. Blocks."""
    return Lists({name: _lines(path) for name, path in found_lists(folder)})


def found_lists(folder: Path) -> list[tuple[str, Path]]:
    """Names and files, by name. Links are not followed: a list must not bring in what lies elsewhere."""
    if not folder.is_dir():
        return []
    files = [path for path in sorted(folder.rglob("*.txt"))[:MOST_FILES] if path.is_file() and not path.is_symlink()]
    return [(path.relative_to(folder).with_suffix("").as_posix(), path) for path in files]


def _lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES)
    except OSError as error:
        log.warning("the list %s cannot be read: %s", path.name, error.strerror)
        return []
    return data.decode("utf-8-sig", "replace").splitlines()
