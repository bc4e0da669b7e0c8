"""Which files an import means: explicit paths as they are, folders by what lies in them. Blocking; run in a thread."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from imaging.formats import sniff
from library.models import ImportFailure
from store.files import Files

# What a folder is gathered by; the page, which sees dropped folders first, has it in web/src/state/gathering.json.
SUFFIXES = {".png", ".jpg", ".jpeg", ".jfif", ".webp", ".avif", ".gif", ".tif", ".tiff"}
SIDECAR = ".txt"
# What browsers, editors and copying programs call a file until it is whole.
UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".opdownload", ".tmp", ".temp", "~")
HIDDEN = (".", "~$")  # what such names begin with
OF_SYSTEMS = ("thumbs.db", "desktop.ini")  # Windows hides them
MOST_ENDINGS = 10  # of files that were passed over; the rarer ones are counted together
ENDING = re.compile(r"\.\w{1,9}")
MOST_NAME = 255  # characters of a name that a document holds; a file system's has no more, an upload's may
# What no name on one line has: control characters, breaks of lines, what parts folders, halves of characters.
NO_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f/\u2028\u2029\ud800-\udfff]")


class Found(NamedTuple):
    """A file to import, as it lay there: size in bytes, modification time in ns; a text beside it with its facts."""

    path: Path
    size: int
    mtime: int
    sidecar: Path | None


class Gathered(NamedTuple):
    """Files to import, what could not be looked at, and what lies in the folders besides."""

    found: list[Found]
    failed: list[ImportFailure]
    others: set[Path]


def gather(paths: Iterable[Path], files: Files, named: bool = True) -> Gathered:
    """Each file once, in order. Paths are absolute.

    What a person names is always tried; `named` says that one did. In a folder, a file counts when its name or first
    bytes say picture; hidden files, what is still being downloaded and links are passed over. Pipes and devices are
    never opened.
    """
    found: dict[Path, Found] = {}
    failed: list[ImportFailure] = []
    others: set[Path] = set()
    for path in paths:
        whole = Path(os.path.normpath(path))  # resolve() would follow links
        if is_folder(files, whole):
            for file in _walk(whole, files, failed):
                if not _add(file, files, found, failed, named=False):
                    others.add(file)
        else:
            _add(whole, files, found, failed, named=named)
    return Gathered(list(found.values()), failed, others - found.keys() - {each.sidecar for each in found.values()})


def endings(paths: Iterable[Path]) -> dict[str, int]:
    """How many files have which ending, the most frequent first; "" for none that tells anything, and for rare ones."""
    counts = Counter(path.suffix.lower() if ENDING.fullmatch(path.suffix) else "" for path in paths)
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    told = dict([each for each in ranked if each[0]][:MOST_ENDINGS])
    rest = counts.total() - sum(told.values())
    return told | ({"": rest} if rest else {})


def is_folder(files: Files, path: Path) -> bool:
    """Whether a folder is there that can be looked at."""
    try:
        facts = files.facts(path)
    except OSError:
        return False
    return facts is not None and facts.kind == "folder"


def is_unchanged(files: Files, place: Path, size: int, mtime: int) -> bool:
    """Whether a file kept in place still is what was imported, as far as its size and time tell."""
    try:
        found = files.facts(place)
    except OSError:
        return False
    return found is not None and (found.size, found.mtime_ns) == (size, mtime)


def _walk(folder: Path, files: Files, failed: list[ImportFailure]) -> Iterator[Path]:
    """The files below a folder, however deep: its own first, then those of each folder in it."""
    waiting = [folder]
    while waiting:
        folder = waiting.pop()
        try:
            entries = sorted(each for each in files.entries(folder) if not each[0].startswith("."))
        except OSError:
            failed.append(failure(folder, "folder_unreadable", "The folder cannot be read."))
            continue
        for name, inner in entries:
            if not inner and not passed_over(name) and not files.is_link(folder / name):
                yield folder / name
        waiting += [folder / name for name, inner in reversed(entries) if inner]


def _add(path: Path, files: Files, found: dict[Path, Found], failed: list[ImportFailure], *, named: bool) -> bool:
    """Take a file in, or say why not; False where it is none that is meant."""
    try:
        facts = files.facts(path)
        if facts is None:
            failed.append(failure(path, "gone", "There is no such file."))
            return True
        if facts.kind != "file":
            if named or path.suffix.lower() in SUFFIXES:
                failed.append(failure(path, "unreadable", "That is not an ordinary file."))
            return True
        if not named and path.suffix.lower() not in SUFFIXES and not _looks_like_picture(path, files):
            return False
    except OSError as error:
        failed.append(failure(path, "unreadable", f"The file cannot be read: {error.strerror}."))
        return True
    found[path] = Found(path, facts.size, facts.mtime_ns, _sidecar(path, files))
    return True


def _sidecar(path: Path, files: Files) -> Path | None:
    """The text beside a picture; a link is none, for it may lead to what is nobody's business."""
    if path.suffix.lower() == SIDECAR:
        return None  # a picture that is called like a text would stand beside itself
    beside = path.with_suffix(SIDECAR)
    try:
        facts = None if files.is_link(beside) else files.facts(beside)
    except OSError:
        return None
    return beside if facts is not None and facts.kind == "file" else None


def pictures_beside(text: Path) -> list[Path]:
    """The names that a picture has whose facts stand in this text; none for what is no such text."""
    if text.suffix.lower() != SIDECAR:
        return []
    return [text.with_suffix(written) for suffix in sorted(SUFFIXES) for written in (suffix, suffix.upper())]


def passed_over(name: str) -> bool:
    """Whether a name says that the file is hidden, the system's own, or not finished yet."""
    return name.startswith(HIDDEN) or name.lower() in OF_SYSTEMS or name.lower().endswith(UNFINISHED)


def _looks_like_picture(path: Path, files: Files) -> bool:
    head = next(files.pieces(path, 16), b"")
    return sniff(head) is not None


def failure(path: Path, code: str, reason: str, **params: str) -> ImportFailure:
    return ImportFailure(path=readable(path), code=code, reason=reason, params=params)


def readable(path: Path) -> str:
    """A path as text that can stand in JSON: bytes that are no text are replaced."""
    return os.fsencode(path).decode("utf-8", "replace")


def file_name(name: str) -> str:
    """A file's name as documents tell it: one spelling (NFC), on one line, of bounded length. Of one that is too long
    the beginning and its ending stay.
    """
    clean = NO_NAME.sub("\ufffd", unicodedata.normalize("NFC", name))
    ending = Path(clean).suffix[:16]
    return clean if len(clean) <= MOST_NAME else clean[: MOST_NAME - len(ending)] + ending
