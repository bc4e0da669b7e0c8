"""File systems as other machines have them, below one folder of the real disk: which names they take, as what they
store them, and which two they take for one.
"""

from __future__ import annotations

import errno
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from store.files import DiskFiles, FileFacts

NO_WINDOWS_NAME = re.compile(
    r'.*[<>:"/\\|?*\x00-\x1f].*|.*[. ]|(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]) *(\..*)?', re.IGNORECASE | re.DOTALL
)
MOST = 255


def in_bytes(name: str) -> int:
    return len(name.encode())


def in_units(name: str) -> int:
    return len(name.encode("utf-16-le")) // 2


def itself(name: str) -> str:
    return name


def upper(name: str) -> str:
    """As NTFS compares: letter by letter, nothing composed or taken apart."""
    return "".join(each.upper() if len(each.upper()) == 1 else each for each in name)


def case_and_form(name: str) -> str:
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())


@dataclass(frozen=True)
class FileSystem:
    """`alike` gives the same for names that are one file; `stored` is the form in which names are kept and listed."""

    name: str
    length: Callable[[str], int] = in_bytes
    alike: Callable[[str], str] = itself
    stored: Literal["NFC", "NFD"] | None = None
    windows: bool = False

    def as_stored(self, name: str) -> str:
        """The name of a new file; OSError for one that this file system does not take."""
        stored = unicodedata.normalize(self.stored, name) if self.stored else name
        if self.length(stored) > MOST:
            raise OSError(errno.ENAMETOOLONG, "the name is too long", name)
        if self.windows and NO_WINDOWS_NAME.fullmatch(name):
            raise OSError(errno.EINVAL, "no such name is possible", name)
        return stored


EXT4 = FileSystem("ext4")
SYSTEMS = [
    EXT4,
    FileSystem("NTFS", in_units, upper, windows=True),
    FileSystem("APFS", in_bytes, case_and_form),
    FileSystem("HFS+", in_units, case_and_form, "NFD"),
    FileSystem("share of a Mac", in_bytes, case_and_form, "NFC", windows=True),
]


class Mounted(DiskFiles):
    """The real disk with a file system of another kind below `root`."""

    def __init__(self, root: Path, system: FileSystem) -> None:
        self.root = root
        self.system = system
        root.mkdir()

    def at(self, path: Path, *, new: bool = False) -> Path:
        """Where a path lies on the real disk; OSError for a `new` one whose name is refused."""
        if not path.is_relative_to(self.root):
            return path
        place = self.root
        for name in path.relative_to(self.root).parts:
            alike = self.system.alike(name)
            there = [each for each in super().names(place) if self.system.alike(each) == alike]
            place /= there[0] if there else self.system.as_stored(name) if new else name
        return place

    def write_pieces(self, path: Path, pieces: Iterable[bytes]) -> None:
        super().write_pieces(self.at(path, new=True), pieces)

    def clone(self, old: Path, new: Path) -> bool:
        return super().clone(self.at(old), self.at(new, new=True))

    def read(self, path: Path) -> bytes:
        return super().read(self.at(path))

    def pieces(self, path: Path, size: int = 1 << 20) -> Iterator[bytes]:
        return super().pieces(self.at(path), size)

    def read_at(self, path: Path, offset: int, length: int) -> bytes:
        return super().read_at(self.at(path), offset, length)

    def write_at(self, path: Path, offset: int, data: bytes) -> None:
        super().write_at(self.at(path, new=True), offset, data)

    def sync(self, paths: Iterable[Path]) -> None:
        super().sync(map(self.at, paths))

    def sync_folders(self, folders: Iterable[Path]) -> None:
        super().sync_folders(map(self.at, folders))

    def rename(self, old: Path, new: Path) -> None:
        super().rename(self.at(old), self.at(new, new=True))

    def remove(self, path: Path) -> None:
        super().remove(self.at(path))

    def remove_folder(self, path: Path) -> None:
        super().remove_folder(self.at(path))

    def remove_empty_folder(self, path: Path) -> None:
        super().remove_empty_folder(self.at(path))

    def make_folder(self, path: Path) -> None:
        super().make_folder(self.at(path, new=True))

    def facts(self, path: Path) -> FileFacts | None:
        return super().facts(self.at(path))

    def is_link(self, path: Path) -> bool:
        return super().is_link(self.at(path))

    def entries(self, folder: Path) -> Iterator[tuple[str, bool]]:
        return super().entries(self.at(folder))

    def names(self, folder: Path) -> list[str]:
        return super().names(self.at(folder))
