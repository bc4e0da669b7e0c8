"""Blobs of which only a beginning is here: files in a folder of their own, that grow until they are whole.

What is here of one survives a restart. After a power cut its bytes may be others than came in: whoever ends one looks
at its hash.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from pathlib import Path

from store.condition import Condition
from store.files import Files

NAME = re.compile("[0-9a-f]{64}")
MOST = 256  # files; of more, those that were written to longest ago are dropped
PIECE = 1 << 20


class Crowded(Exception):
    """There is no room for the beginning of one more blob."""


class Partials:
    """A folder of beginnings. One writer for each blob at a time."""

    def __init__(self, root: Path, files: Files, condition: Condition, most: int = MOST) -> None:
        self.root = root
        self._files = files
        self._condition = condition
        self._most = most
        # What came in this run, hashed as it came: bytes, and their hash so far. In the order of writing.
        self._running: dict[bytes, tuple[int, hashlib._Hash]] = {}
        self._made = False

    def place(self, sha256: bytes) -> Path:
        return self.root / sha256.hex()

    def begun(self, sha256: bytes) -> int:
        """How many bytes are here."""
        facts = self._files.facts(self.place(sha256))
        return 0 if facts is None else facts.size

    def all(self) -> list[bytes]:
        """Every blob of which a beginning is here, sorted."""
        return [bytes.fromhex(name) for name in self._files.names(self.root) if NAME.fullmatch(name)]

    def write(self, sha256: bytes, offset: int, data: bytes, makes_room: bool = False) -> None:
        """Go on with one; ValueError when this is not where it ends, Crowded where there is no room for it, unless
        it `makes_room`: then none may be getting its name meanwhile. What a full disk took of it stays.
        """
        if offset != self.begun(sha256):
            raise ValueError(f"{sha256.hex()[:12]} goes on at {self.begun(sha256)}, not at {offset}.")
        if offset == 0 and not makes_room and len(self.all()) >= self._most:
            raise Crowded
        place = self.place(sha256)
        with self._condition.writing():
            if not self._made:
                self._files.make_folder(self.root)
                self._made = True
            if makes_room:
                self._make_room()
            running = self._running.pop(sha256, None) if offset else (0, hashlib.sha256())
            self._files.write_at(place, offset, data)
        if running is not None and running[0] == offset:
            running[1].update(data)
            self._running[sha256] = offset + len(data), running[1]

    def _make_room(self) -> None:
        """For one more: a beginning that nobody goes on with is worth little."""
        found = self.all()
        last = {each: number for number, each in enumerate(self._running)}
        for each in sorted(found, key=lambda each: last.get(each, -1))[: max(0, len(found) - self._most + 1)]:
            self.drop(each)

    def whole(self, sha256: bytes) -> bool:
        """Whether its bytes are all here and what the name says."""
        running = self._running.get(sha256)
        if running is not None and running[0] == self.begun(sha256):
            return running[1].digest() == sha256
        digest = hashlib.sha256()
        try:
            for piece in self._files.pieces(self.place(sha256), PIECE):
                digest.update(piece)
        except FileNotFoundError:
            return False
        return digest.digest() == sha256

    def drop(self, sha256: bytes) -> None:
        self._running.pop(sha256, None)
        self._files.remove(self.place(sha256))

    def forget(self) -> None:
        """Begin all of them again."""
        for each in self.all():
            self.drop(each)

    def used(self, hashes: Collection[bytes]) -> None:
        """These were given their names, and are beginnings no more."""
        for sha256 in hashes:
            self._running.pop(sha256, None)
