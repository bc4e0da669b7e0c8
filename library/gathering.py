"""Which files an import means: explicit paths as they are, folders by what lies in them. Blocking; run in a thread."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from library.models import ImportFailure

SUFFIXES = {".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif", ".tif", ".tiff"}
# First bytes of PNG, JPEG, GIF, TIFF in both byte orders; WebP is RIFF with its name at 8.
MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*")


class Found(NamedTuple):
    """A file to import, as it lay there: size in bytes, modification time in ns; a text beside it with its facts."""

    path: Path
    size: int
    mtime: int
    sidecar: Path | None


def gather(paths: Iterable[Path]) -> tuple[list[Found], list[ImportFailure]]:
    """Files to import and what could not be looked at, each file once, in order.

    What a person names is always tried. In a folder, a file counts when its name or its first bytes say picture;
    hidden files and folders are passed over, links to folders are not followed.
    """
    found: dict[Path, Found] = {}
    failed: list[ImportFailure] = []
    for path in paths:
        whole = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
        if whole.is_dir():
            for file in _walk(whole, failed):
                _add(file, found, failed, named=False)
        else:
            _add(whole, found, failed, named=True)
    return list(found.values()), failed


def _walk(folder: Path, failed: list[ImportFailure]) -> Iterator[Path]:
    def note(error: OSError) -> None:
        failed.append(failure(Path(os.fsdecode(error.filename)), "unreadable", "The folder cannot be read."))

    for root, folders, files in os.walk(folder, onerror=note):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                yield Path(root) / name


def _add(path: Path, found: dict[Path, Found], failed: list[ImportFailure], *, named: bool) -> None:
    try:
        stat = path.stat()
        if not named and path.suffix.lower() not in SUFFIXES and not _looks_like_picture(path):
            return
    except FileNotFoundError:
        failed.append(failure(path, "gone", "There is no such file."))
        return
    except OSError as error:
        failed.append(failure(path, "unreadable", f"The file cannot be read: {error.strerror}."))
        return
    sidecar = path.with_suffix(".txt")
    found[path] = Found(path, stat.st_size, stat.st_mtime_ns, sidecar if sidecar.is_file() else None)


def _looks_like_picture(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(16)
    return head.startswith(MAGIC) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def failure(path: Path, code: str, reason: str) -> ImportFailure:
    return ImportFailure(path=readable(path), code=code, reason=reason)


def readable(path: Path) -> str:
    """A path as text that can stand in JSON: bytes that are no text are replaced."""
    return os.fsencode(path).decode("utf-8", "replace")
