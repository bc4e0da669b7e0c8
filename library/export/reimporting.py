"""A full export is taken in like a backup. People move and change what lies in an open folder, so pictures are known
by their hashes wherever they lie in it, and whatever is not as it was is told. A stranger's folder is believed nothing.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from library.care.faults import fault
from library.errors import LibraryError
from library.export.exported import EXPORT, LOG, LONGEST_LINE, UNFINISHED, ExportManifest, Line, part_name
from library.export.fetching import MIB, Backup, BlobLine, damaged
from library.export.filenames import folded
from library.export.restoring import MOST_TYPE, Verify, check_named, decoded, read_backup, read_log
from library.gathering import SUFFIXES, readable
from library.models import Problem
from store.files import foreign_file, foreign_hash, foreign_pieces, foreign_size, foreign_walk, leads_out

MOST_INDEX = 768 * MIB  # about 600 bytes for a picture with its text, thumbnail and facts
LOOKED_INTO = 1024 * MIB  # what is read for finding moved pictures, beside twice what the index says there is
LEAST = 4096  # what opening a file counts
STEP = re.compile(r'(?!\.{1,2}$)[^<>:"/\\|?*\x00-\x1f]+')


def read_any(path: Path, verify: Verify) -> Backup:
    """Read and check the log and index of a full export or a backup, whichever the folder holds."""
    if foreign_file(path / EXPORT):
        return read_export(path, verify)
    if foreign_file(path / UNFINISHED):
        place = readable(path)
        message = f"The export in {place} was cut off before it was whole: run `gesso export DIR --everything` again."
        raise LibraryError(message, code="export_unfinished", path=place)
    return read_backup(path, verify)


def read_export(path: Path, verify: Verify) -> Backup:
    """As `read_backup`. An index that contradicts itself or names anything outside is damaged."""
    manifest = decoded(path, EXPORT, EXPORT, ExportManifest)
    check_named(manifest.format, manifest.workspace, manifest.run)
    if leads_out(path / LOG, path):
        raise damaged(f"{LOG} leads out of it")
    lines = read_index(path, manifest)
    workspace = bytes.fromhex(manifest.workspace)
    parts = (f"{LOG}/{part_name(part, manifest.run)}" for part in ("segments", "operations"))
    segments, operations = read_log(path, next(parts), next(parts), workspace, verify)
    blobs: dict[bytes, BlobLine] = {}
    for line in lines:
        if line.kind in ("picture", "blob"):
            hash = bytes.fromhex(line.sha256)
            known = blobs.setdefault(hash, BlobLine(hash, line.size, line.type))
            if known.size != line.size:
                raise damaged("its index tells two sizes of one blob")
    return Backup(path, workspace, manifest.digest, segments, operations, list(blobs.values()), Anywhere(path, lines))


def read_index(path: Path, manifest: ExportManifest) -> list[Line]:
    """Every line, each path once; Damaged for what is no index, or not the one that the manifest means."""
    digest = hashlib.sha256()
    lines: dict[str, Line] = {}
    try:
        for raw in _raw_lines(path / LOG / part_name("index", manifest.run)):
            digest.update(raw)
            line = _checked(msgspec.json.decode(raw, type=Line))
            if lines.setdefault(folded(line.path), line) != line:
                raise damaged("its index names one file twice")
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise damaged(f"index: {error}") from error
    if digest.hexdigest() != manifest.index:
        raise damaged("its index is not the one it was finished with")
    return list(lines.values())


def _raw_lines(path: Path) -> Iterator[bytes]:
    rest = b""
    for piece in foreign_pieces(path, MOST_INDEX):
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line + b"\n" for line in whole)
        if len(rest) > LONGEST_LINE:
            raise OSError("a line of it does not end")
    if rest:
        yield rest


def _checked(line: Line) -> Line:
    steps = line.path.split("/")
    if len(steps) > 3 or len(line.path) > 1024 or not all(STEP.fullmatch(step) for step in steps):
        raise damaged(f"its index names the path {line.path[:60]!r}")
    if not re.fullmatch("[0-9a-f]{64}", line.sha256) or line.size < 0 or len(line.type) > MOST_TYPE:
        raise damaged("its index makes no sense")
    return line


class Anywhere:
    """Where an open folder keeps its blobs: under the names that it had, else wherever the same bytes lie now."""

    def __init__(self, path: Path, lines: Sequence[Line], most: int = LOOKED_INTO) -> None:
        self._path = path
        self._named: dict[bytes, list[str]] = defaultdict(list)
        self._sidecars = [line for line in lines if line.kind == "sidecar"]
        for line in lines:
            if line.kind in ("picture", "blob"):
                self._named[bytes.fromhex(line.sha256)].append(line.path)
        self._unfinished = foreign_file(path / UNFINISHED)
        self._sizes: dict[int, list[Path]] = defaultdict(list)
        self._strays: list[str] = []  # pictures that the index does not know
        self._of_size: dict[int, dict[bytes, list[Path]]] = {}  # files of sizes that were looked into, by hash
        self._left = most + 2 * sum(line.size + LEAST for line in lines)
        self._moved: dict[str, str] = {}  # present name → the one that it had
        self._look({folded(line.path) for line in lines})

    def _look(self, known: set[str]) -> None:
        for place in foreign_walk(self._path):
            name, size = place.relative_to(self._path).as_posix(), foreign_size(place)
            if size is not None and not name.startswith(f"{LOG}/"):
                self._sizes[size].append(place)
                if folded(name) not in known and place.suffix.lower() in SUFFIXES:
                    self._strays.append(name)

    def of(self, line: BlobLine) -> Iterator[Path]:
        named = [self._path / name for name in self._named[line.hash]]
        yield from (place for place in named if foreign_size(place) == line.size)
        if line.size not in self._of_size:
            self._of_size[line.size] = self._look_into(line.size)
        tried = set(named)
        yield from (place for place in self._of_size[line.size].get(line.hash, ()) if place not in tried)

    def _look_into(self, size: int) -> dict[bytes, list[Path]]:
        """The files of a size by their hashes, each read once. A folder of any number of files, which cost nothing
        where they have holes, is not looked through to its end: what is not found by then is missing.
        """
        found: dict[bytes, list[Path]] = defaultdict(list)
        for place in self._sizes.get(size, ()):
            self._left -= max(size, LEAST)
            if self._left < 0:
                break
            if hash := foreign_hash(place, size):
                found[hash].append(place)
        return found

    def lack(self, line: BlobLine) -> Problem:
        names = self._named[line.hash]
        changed = [name for name in names if foreign_size(self._path / name) is not None]
        return fault("export.changed", changed[0]) if changed else fault("export.missing", names[0])

    def found(self, line: BlobLine, place: Path) -> None:
        name, names = place.relative_to(self._path).as_posix(), self._named[line.hash]
        if folded(name) not in map(folded, names):  # composed otherwise it is the same name
            self._moved[name] = names[0]

    def remarks(self) -> list[Problem]:
        """What a run that was cut off has moved and written anew is not what somebody changed."""
        if self._unfinished:
            return [fault("export.unfinished", UNFINISHED)]
        moved = [fault("export.moved", former, place=readable(Path(name))) for name, former in self._moved.items()]
        edited = [fault("export.sidecar", line.path) for line in self._sidecars if self._is_edited(line)]
        extra = [name for name in self._strays if name not in self._moved]
        return [*moved, *edited, *map(self._extra, extra)]

    def _extra(self, name: str) -> Problem:
        place = shlex.quote(readable(self._path / name))
        return fault("export.extra", readable(Path(name)), place=place)

    def _is_edited(self, line: Line) -> bool:
        place = self._path / line.path
        size = foreign_size(place)
        if size is None or leads_out(place.parent, self._path):
            return False
        return size != line.size or foreign_hash(place, size) != bytes.fromhex(line.sha256)
