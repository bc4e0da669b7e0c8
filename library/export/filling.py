"""The folder of a full export while it is filled: what lies there and is the export's, and how more of it comes in.

Nothing that the export did not write is replaced or removed. What it wrote before is moved rather than copied, and no
picture's bytes leave the folder before the new manifest stands: cut off anywhere, the export before can be taken in.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from library.errors import Invalid
from library.export.backing import put_file
from library.export.copying import copy_whole, hash_of
from library.export.exported import (
    ABOUT,
    BIN,
    BLOBS,
    EXPORT,
    LOG,
    PICTURES,
    UNFINISHED,
    UNFINISHED_TEXT,
    FileKind,
    Line,
    by_hash,
    decode_lines,
    encode_lines,
)
from library.replica.recovery import RECOVERY
from store.errors import BlobMissing, StoreDamaged
from store.files import Files

INCOMING = "incoming"
TOPS = (PICTURES, BIN, BLOBS)
OWN = {EXPORT, UNFINISHED, ABOUT, RECOVERY, LOG, *TOPS, "history.jsonl", "workspace.json"}
PART = re.compile(r"(segments|operations|index|journal)-([0-9a-f]{16})(-\d{6})?\.(msgpack|jsonl)(\.new)?")
MOVED = ("picture", "blob")  # kinds of files; the others are made anew
HASHED = re.compile(rf"{BLOBS}/[0-9a-f]{{2}}/[0-9a-f]{{62}}")


class Wanted(NamedTuple):
    """A file that the folder shall hold: these bytes, or a blob's, which lie at one of the origins."""

    path: str
    kind: FileKind
    sha256: str
    size: int
    type: str = ""
    data: bytes | None = None
    origins: Sequence[Path] = ()


def text(path: str, kind: FileKind, data: bytes) -> Wanted:
    return Wanted(path, kind, hashlib.sha256(data).hexdigest(), len(data), data=data)


class Lost(NamedTuple):
    """A file whose bytes could not be had, and whether they were there and damaged."""

    wanted: Wanted
    damaged: bool


class Kept:
    """What an earlier run wrote of these bytes and that has no place any more, wherever they lie in the folder."""

    def __init__(self) -> None:
        self.formers: list[str] = []  # paths that may be moved
        self.promised = 0  # how many files wait for one of them
        self.stays = ""  # where the same bytes lie for good, for a promise that no former is left for


class Ready(NamedTuple):
    """A file whose bytes are at hand: in place already, an earlier run's to be moved, or a fresh one to be named."""

    wanted: Wanted
    source: Kept | Path | None


class Filling:
    """One run. `held`: path → line of every file that is surely the export's own; `foreign`: all other paths."""

    def __init__(self, files: Files, root: Path, workspace: str, run: str) -> None:
        self._files = files
        self._root = root
        self.run = run
        self._workspace = workspace
        self._journals = 0
        self._temporary = 0
        self._formers: set[str] = set()  # paths of what an earlier run wrote and that has no place any more
        self._kept: dict[str, Kept] = defaultdict(Kept)  # by hash
        self._parts: list[str] = []  # of earlier runs' logs, and this run's journals
        self.held: dict[str, Line] = {}
        self.foreign: list[str] = []
        self.changed: list[str] = []  # of these, what an earlier run had written otherwise

    # Before

    def open(self) -> None:
        """Make the folder ours, or raise Invalid; see what is in it."""
        self.check()
        self._files.make_folder(self._root)
        if not self._is_marked():  # on a drive that cannot rename over it, the mark would be gone for a moment
            put_file(self._files, self._root / UNFINISHED, UNFINISHED_TEXT.format(workspace=self._workspace).encode())
        self._files.remove_folder(self._root / LOG / INCOMING)
        self._files.make_folder(self._root / LOG / INCOMING)
        self._files.sync_folders([self._root, self._root.parent])
        self._survey()

    def check(self) -> None:
        """Raise Invalid for a folder that holds something else; nothing is written."""
        names = self._files.names(self._root)
        for name in names:
            if name.removesuffix(".new") in OWN:
                self._refuse_link(name)
        for folder in (LOG, BLOBS):  # their names are given, so unlike a picture's they cannot be chosen around a link
            for name in self._files.names(self._root / folder):
                self._refuse_link(f"{folder}/{name}")
        named = {name: self._workspace_in(name) for name in (EXPORT, UNFINISHED) if name in names}
        if any(each not in (None, self._workspace) for each in named.values()):
            message = "That folder holds the export of another workspace."
            raise Invalid(message, [("/path", "is another export")], code="folder_of_another")
        others = [name for name in names if name != f"{UNFINISHED}.new"]
        if others and EXPORT not in names and not named.get(UNFINISHED):
            message = "That folder is not empty and holds no full export."
            raise Invalid(message, [("/path", "is not empty")], code="folder_not_empty")

    def _refuse_link(self, name: str) -> None:
        if self._files.is_link(self._root / name):
            message = f"In that folder {name} is a link: an export must not lead elsewhere."
            raise Invalid(message, [("/path", "holds a link")], code="folder_linked", name=name)

    def _make_folder(self, path: Path) -> None:
        """The folder of a file that gets its name; a link may have come there since the run began."""
        if path != self._root:  # which may be a link: it was named
            self._refuse_link(path.relative_to(self._root).as_posix())
            self._files.make_folder(path)

    def _is_marked(self) -> bool:
        return UNFINISHED in self._files.names(self._root) and self._workspace_in(UNFINISHED) == self._workspace

    def _workspace_in(self, name: str) -> str | None:
        """The workspace that a manifest or a mark names; None for anything else."""
        told = self._files.read(self._root / name).decode("utf-8", "replace")
        found = re.search(r'workspace"?:? *"?([0-9a-f]{64})', told)
        return found[1] if found else None

    def _survey(self) -> None:
        """Compare what lies there with what earlier runs say that they wrote, whole or cut off."""
        known = defaultdict(list)
        for name in self._files.names(self._root / LOG):
            found = PART.fullmatch(name)  # with `.new`, where a drive cannot rename over a file: the name was freed
            if found:
                self._parts.append(name)
            if found and found[4] == "jsonl":
                for line in decode_lines(self._files.read(self._root / LOG / name)):
                    known[line.path].append(line)
        listed = dict.fromkeys(self._walk())
        written = {unicodedata.normalize("NFC", path): path for path in known if path not in listed}
        for path in (self._as_written(path, written) if path not in known else path for path in listed):
            own = self._own(path, known.get(path, ()))
            if own is None:
                self.foreign.append(path)
                self.changed += [path] if path in known else []
            else:
                self.held[path] = own

    def _as_written(self, path: str, written: dict[str, str]) -> str:
        """What an earlier run called a file that the file system lists composed otherwise; else as it is listed."""
        other = written.get(unicodedata.normalize("NFC", path), path)
        return path if self._files.facts(self._root / other) is None else other

    def _walk(self) -> Iterator[str]:
        """Everything in the folder but our log and the folders that pictures are kept in."""
        for name in self._files.names(self._root):
            if name not in (LOG, *TOPS):
                yield name
        for top in TOPS:
            yield from self._walk_below(top, 1)

    def _walk_below(self, folder: str, depth: int) -> Iterator[str]:
        if self._files.facts(self._root / folder) is None:
            return
        for name, is_folder in sorted(self._files.entries(self._root / folder)):
            path = f"{folder}/{name}"
            if is_folder and depth == 1:
                yield from self._walk_below(path, 2)
            else:
                yield path

    def _own(self, path: str, lines: Sequence[Line]) -> Line | None:
        """The line that a file fits: by its size and time while only one is of that size, else by its bytes. Files
        that were written together may have the same time, and a run that was cut off may have moved one to another.
        """
        place = self._root / path
        facts = None if self._files.is_link(place) else self._files.facts(place)
        if facts is None or facts.kind != "file":
            return None
        fitting = [line for line in lines if line.size == facts.size]
        if len({line.sha256 for line in fitting}) == 1 and any(line.mtime == facts.mtime_ns for line in fitting):
            return msgspec.structs.replace(fitting[0], mtime=facts.mtime_ns)
        hashed = bool(HASHED.fullmatch(path)) and not lines  # perhaps set aside by a run that was cut off
        if not fitting and not hashed:
            return None
        sha256 = hash_of(self._files.pieces(place))
        if hashed and by_hash(sha256) == path:
            return Line(path=path, kind="blob", sha256=sha256, size=facts.size, mtime=facts.mtime_ns)
        same = next((line for line in fitting if line.sha256 == sha256), None)
        return None if same is None else msgspec.structs.replace(same, mtime=facts.mtime_ns)

    def expect(self, wanted: dict[str, str]) -> None:
        """Say what the folder shall hold, path → hash: whatever else is the export's may be moved."""
        for path, line in self.held.items():
            if wanted.get(path) == line.sha256:
                self._kept[line.sha256].stays = path
                continue
            self._formers.add(path)
            if line.kind in MOVED:
                self._kept[line.sha256].formers.append(path)

    # During

    def prepare(self, group: Iterable[Wanted]) -> tuple[list[Ready], list[Lost]]:
        """Have the bytes of files at hand, each read and compared with its hash; tells those that cannot be had."""
        ready, lost = [], []
        for wanted in group:
            try:
                ready.append(Ready(wanted, self._source(wanted)))
            except (BlobMissing, StoreDamaged) as error:
                lost.append(Lost(wanted, isinstance(error, StoreDamaged)))
        return ready, lost

    def _source(self, wanted: Wanted) -> Kept | Path | None:
        line = self.held.get(wanted.path)
        kept = self._kept[wanted.sha256]
        if line is not None and line.sha256 == wanted.sha256:
            self._stay(wanted.path, wanted.sha256)
            return None
        if len(kept.formers) > kept.promised:
            kept.promised += 1
            return kept
        self._temporary += 1
        place = self._root / LOG / INCOMING / str(self._temporary)
        if wanted.data is not None:
            self._files.write(place, wanted.data)
        else:
            copy_whole(self._files, wanted.origins, place, wanted.sha256)
        return place

    def place(self, group: Sequence[Ready]) -> list[Line]:
        """Give files their names, durably. What will be at which name is written down before."""
        fresh = [each for each in group if each.source is not None]
        if fresh:
            self._files.sync(each.source for each in fresh if isinstance(each.source, Path))
            self._journals += 1
            self._note([_line(each.wanted, 0) for each in fresh])
            folders = {(self._root / each.wanted.path).parent for each in fresh}
            for folder in sorted(folders):
                self._make_folder(folder)
            for each in fresh:
                self._name(each)
            self._files.sync_folders(sorted(folders | {folder.parent for folder in folders}))
        lines = [self._told(each) for each in group]
        if fresh:
            self._note(lines)
        return lines

    def _note(self, lines: Sequence[Line]) -> None:
        name = f"journal-{self.run}-{self._journals:06}.jsonl"
        self._parts.append(name)
        put_file(self._files, self._root / LOG / name, encode_lines(lines))
        self._files.sync_folders([self._root / LOG])

    def _name(self, ready: Ready) -> None:
        path, source = ready.wanted.path, ready.source
        held = self.held.get(path)
        if held is None or held.sha256 != ready.wanted.sha256:  # else the same bytes were set aside just there
            self._set_aside(path)
            place = self._taken_from(source, ready.wanted.sha256) if isinstance(source, Kept) else source
            assert place is not None
            _rename(self._files, place, self._root / path)
        elif isinstance(source, Kept):
            source.promised -= 1
        self.held[path] = _line(ready.wanted, 0)
        self._stay(path, ready.wanted.sha256)

    def _stay(self, path: str, sha256: str) -> None:
        """These bytes are where they shall be."""
        kept = self._kept[sha256]
        kept.stays = path
        self._formers.discard(path)
        if path in kept.formers:
            kept.formers.remove(path)

    def _taken_from(self, kept: Kept, sha256: str) -> Path:
        """Where bytes that an earlier run wrote can be moved from: the last of them that were promised are copied."""
        kept.promised -= 1
        if kept.formers:
            path = kept.formers.pop()
            self._formers.remove(path)
            del self.held[path]
            return self._root / path
        self._temporary += 1
        copied = self._root / LOG / INCOMING / str(self._temporary)
        copy_whole(self._files, [self._root / kept.stays], copied, sha256)
        self._files.sync([copied])
        return copied

    def _set_aside(self, path: str) -> None:
        """Free a name of what an earlier run wrote there; a picture's bytes stay in the folder."""
        if path not in self._formers:
            return
        line = self.held.pop(path)
        self._formers.remove(path)
        if line.kind not in MOVED:
            return  # the new one takes its name
        aside, kept = by_hash(line.sha256), self._kept[line.sha256]
        kept.formers.remove(path)
        if aside in self.held:
            return  # the same bytes lie there
        self._make_folder((self._root / aside).parent)
        _rename(self._files, self._root / path, self._root / aside)
        self._files.sync_folders([(self._root / aside).parent])
        self._formers.add(aside)
        kept.formers.append(aside)
        self.held[aside] = line

    def _told(self, ready: Ready) -> Line:
        facts = self._files.facts(self._root / ready.wanted.path)
        return _line(ready.wanted, facts.mtime_ns if facts else 0)

    # After

    def finish(self) -> None:
        """The new manifest stands: remove what earlier runs wrote and nothing names any more, and the mark."""
        folders = set()
        for path in self._formers:
            facts = self._files.facts(self._root / path)
            line = self.held[path]
            if facts is not None and (facts.size, facts.mtime_ns) == (line.size, line.mtime or facts.mtime_ns):
                self._files.remove(self._root / path)
                folders.add((self._root / path).parent)
        for folder in sorted(folders - {self._root}):
            self._files.remove_empty_folder(folder)
        for name in self._parts:
            self._files.remove(self._root / LOG / name)
        self._files.remove_folder(self._root / LOG / INCOMING)
        self._files.remove(self._root / UNFINISHED)
        self._files.sync_folders([self._root / LOG, self._root])

    def drop(self) -> None:
        """Remove what has no name yet, so that a full disk has room again."""
        self._files.remove_folder(self._root / LOG / INCOMING)


def _line(wanted: Wanted, mtime: int) -> Line:
    return Line(
        path=wanted.path, kind=wanted.kind, sha256=wanted.sha256, size=wanted.size, type=wanted.type, mtime=mtime
    )


def _rename(files: Files, old: Path, new: Path) -> None:
    """Also on drives that cannot rename over a file that is there."""
    try:
        files.rename(old, new)
    except FileExistsError:
        files.remove(new)
        files.rename(old, new)
