"""Where each file of a full export lies. Pure: what is there already, and is not the export's, keeps its name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from library.export.exported import BIN, PICTURES
from library.export.filenames import SUFFIXES, folded, safe_name
from library.export.sidecars import Sidecar
from library.export.snapshot import Picture


class Laid(NamedTuple):
    """The paths of a picture's sidecar and of its versions, by their number; relative, with `/`."""

    sidecar: str
    files: dict[int, str]


class Layout:
    """Gives places to pictures, one after the other. `foreign`: paths of what the export did not write."""

    def __init__(self, foreign: Iterable[str]) -> None:
        self._taken: dict[str, set[str]] = defaultdict(set)  # folder → folded names in it
        self._folders: dict[tuple[str, str], str] = {}  # top folder and what is kept together → folder
        self._numbers: dict[tuple[str, str], int] = {}  # folder and name → the last number that was given
        for path in foreign:
            folder, _, name = path.rpartition("/")
            self._taken[folder].add(folded(name))

    def place(self, picture: Picture) -> Laid:
        """The versions of a picture share a name of their own; the shown one has it plain, with its sidecar."""
        folder = self._folder(BIN if picture.binned else PICTURES, *picture.place)
        wish = safe_name(picture.name)
        sidecar = picture.sidecar()
        for stem in self._stems(folder, wish):
            names = {0: f"{stem}.json", **dict(version_names(stem, sidecar))}
            if self._take(folder, names.values()):
                return Laid(f"{folder}/{names.pop(0)}", {key: f"{folder}/{name}" for key, name in names.items()})
        raise AssertionError("numbers do not end")

    def file(self, stem: str, suffix: str) -> str:
        """A file of its own at the top."""
        return next(name for each in self._stems("", stem) if self._take("", [name := f"{each}{suffix}"]))

    def _folder(self, top: str, id: str, name: str) -> str:
        """A folder for what is kept together; two projects of one name get two."""
        if (top, id) not in self._folders:
            wish = safe_name(name, otherwise="project")
            stem = next(stem for stem in self._stems(top, wish) if self._take(top, [stem]))
            self._folders[top, id] = f"{top}/{stem}"
        return self._folders[top, id]

    def _stems(self, folder: str, wish: str) -> Iterator[str]:
        """`wish`, `wish (2)`, …, going on from the last number that was given there."""
        key = folder, folded(wish)
        while True:
            number = self._numbers[key] = self._numbers.get(key, 0) + 1
            yield wish if number == 1 else f"{wish} ({number})"

    def _take(self, folder: str, names: Iterable[str]) -> bool:
        """Take names in a folder, all of them or none."""
        wanted = {folded(name) for name in names}
        taken = self._taken[folder]
        if wanted & taken:
            return False
        taken |= wanted
        return True


def version_names(stem: str, sidecar: Sidecar) -> Iterator[tuple[int, str]]:
    """The number of every version and its file's name: the shown one is plain, the others say which they are."""
    for version in sidecar.versions:
        mark = "" if version.current else f" (v{version.number})"
        yield version.number, f"{stem}{mark}{SUFFIXES.get(version.media_type, '.bin')}"
