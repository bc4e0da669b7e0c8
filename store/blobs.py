"""Immutable bytes by SHA-256, as files `ab/cdef…` below one folder.

A blob exists once it stands under its name; it stands there only after its bytes were made durable.
"""

from __future__ import annotations

import hashlib
import itertools
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from store.condition import Condition
from store.errors import BlobMissing, StoreDamaged
from store.files import Files

INCOMING = "incoming"
FOLDER, NAME = re.compile("[0-9a-f]{2}"), re.compile("[0-9a-f]{62}")


class Blobs:
    """A folder of blobs. Not safe for two writers of one folder except through distinct temporary names."""

    def __init__(self, root: Path, files: Files, random: random.Random, condition: Condition | None = None) -> None:
        self.root = root
        self._base = str(root)
        self._files = files
        self._coming = random.randbytes(12).hex()  # nobody else's temporary names begin so
        self._count = itertools.count()
        self._condition = condition or Condition()
        self._made: set[Path] = set()  # folders whose names are durable, as far as this run has seen

    def prepare(self) -> None:
        """Make the folders and drop what an interrupted write left behind."""
        incoming = self.root / INCOMING
        self._files.make_folder(incoming)
        self._files.sync_folders([self.root.parent])
        for name in self._files.names(incoming):
            self._files.remove(incoming / name)

    def place(self, sha256: bytes) -> Path:
        name = sha256.hex()
        return Path(f"{self._base}/{name[:2]}/{name[2:]}")  # a path joined twice is read three times

    def incoming(self) -> Path:
        """A fresh temporary path on the same file system; give it to `adopt` or remove it."""
        return Path(f"{self._base}/{INCOMING}/{self._coming}{next(self._count):x}")

    def bring_in(self, pieces: Iterable[bytes]) -> Path:
        """Write bytes to a fresh temporary path; nothing of it stays when that fails."""
        place = self.incoming()
        try:
            self._files.write_pieces(place, pieces)
        except BaseException:
            self._files.remove(place)
            raise
        return place

    def has(self, sha256: bytes) -> bool:
        return self._files.facts(self.place(sha256)) is not None

    def size(self, sha256: bytes) -> int | None:
        facts = self._files.facts(self.place(sha256))
        return None if facts is None else facts.size

    def written_ns(self, sha256: bytes) -> int | None:
        """When the file was written by the disk's clock; None when there is none."""
        facts = self._files.facts(self.place(sha256))
        return None if facts is None else facts.mtime_ns

    def adopt(self, arrivals: Sequence[tuple[Path, bytes]], synced: bool = False) -> None:
        """Give temporary files their names, durably: sync, rename, sync of the folders, grouped.

        `synced` says that the files' bytes are durable already. A blob that is there is kept, the newcomer dropped;
        its name is made durable all the same, for who put it there may not have come so far.
        """
        with self._condition.writing():
            self._adopt(arrivals, synced)

    def _adopt(self, arrivals: Sequence[tuple[Path, bytes]], synced: bool) -> None:
        fresh = []
        folders = set()
        for temporary, sha256 in arrivals:
            place = self.place(sha256)
            folders.add(place.parent)
            if self._files.facts(place) is not None:
                self._files.remove(temporary)
            else:
                fresh.append((temporary, place))
        if not synced:
            self._files.sync(temporary for temporary, _ in fresh)
        made = folders - self._made
        for folder in sorted(made):
            self._files.make_folder(folder)
        for temporary, place in fresh:
            self._files.rename(temporary, place)
        self._files.sync_folders(sorted(folders))
        if made:
            self._files.sync_folders([self.root])
            self._made |= made

    def put(self, contents: Iterable[bytes]) -> list[bytes]:
        """Store small blobs as one group; returns their hashes in order."""
        arrivals, hashes = [], []
        with self._condition.writing():
            for data in contents:
                sha256 = hashlib.sha256(data).digest()
                hashes.append(sha256)
                temporary = self.incoming()
                arrivals.append((temporary, sha256))
                self._files.write(temporary, data)
            self._adopt(arrivals, synced=False)
        return hashes

    def read(self, sha256: bytes) -> bytes:
        """The verified bytes; BlobMissing, or StoreDamaged when they are not what the name says."""
        try:
            data = self._files.read(self.place(sha256))
        except FileNotFoundError as error:
            raise BlobMissing(f"Blob {sha256.hex()[:12]} is not on this device.") from error
        if hashlib.sha256(data).digest() != sha256:
            raise StoreDamaged(f"Blob {sha256.hex()[:12]} is damaged: restore it from a copy.")
        return data

    def replace(self, temporary: Path, sha256: bytes) -> None:
        """Give a temporary file its name though one may stand there: the way to mend a damaged blob."""
        place = self.place(sha256)
        with self._condition.writing():
            self._files.sync([temporary])
            self._files.make_folder(place.parent)
            self._files.rename(temporary, place)
            self._files.sync_folders([place.parent, self.root])

    def remove(self, sha256: bytes) -> None:
        self._files.remove(self.place(sha256))

    def set_aside(self, sha256: bytes) -> Path | None:
        """Take its name from a blob; what is left is to be removed, or given to `adopt`, which brings it back."""
        place = self.incoming()
        try:
            self._files.rename(self.place(sha256), place)
        except FileNotFoundError:
            return None
        return place

    def check(self, sha256: bytes) -> bool:
        """Whether the bytes under the name hash to it."""
        digest = hashlib.sha256()
        for piece in self._files.pieces(self.place(sha256)):
            digest.update(piece)
        return digest.digest() == sha256

    def all(self) -> Iterator[bytes]:
        """Every hash that stands here, sorted; foreign names are passed over."""
        for folder in self._files.names(self.root):
            if len(folder) != 2:
                continue
            for name in self._files.names(self.root / folder):
                if len(name) == 62:
                    try:
                        yield bytes.fromhex(folder + name)
                    except ValueError:
                        continue

    def strangers(self) -> Iterator[Path]:
        """Files below the folder that are no blobs by their name, but for what is just coming in."""
        for folder, is_folder in sorted(self._files.entries(self.root)):
            if folder == INCOMING:
                continue
            if not is_folder:
                yield self.root / folder
                continue
            # A power cut may leave an empty folder behind, which is nothing.
            for name in self._files.names(self.root / folder):
                if not FOLDER.fullmatch(folder) or not NAME.fullmatch(name):
                    yield self.root / folder / name
