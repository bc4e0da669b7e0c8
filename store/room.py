"""Room on the disk: a ballast that is given back when it is full, and whether there is enough for something new.

Removing and folding in the log write too, so that on a full disk nothing would help any more; the ballast's place does.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

from store.errors import StoreError, StoreFull
from store.files import Files

MIB = 1 << 20
LEAST = 1 * MIB  # the largest write of an edit, with what the database's log takes
TIMES = 3  # new work must leave room for so many of the largest write under way
log = logging.getLogger("gesso.room")


class Room:
    """The disk that holds `folder`. `ballast`: bytes kept in reserve; 0 keeps none."""

    def __init__(self, folder: Path, files: Files, ballast: int = 0) -> None:
        self.short = False  # nothing new is taken in
        self._place = folder / "ballast"
        self._files = files
        self._ballast = ballast
        self._pending: list[int] = []

    def free(self) -> int:
        """Bytes that can still be written, without the ballast's."""
        return self._files.free_bytes(self._place.parent)

    def prepare(self) -> None:
        """At the start, before anything else is written: make the ballast, or on a full disk give it back."""
        if self._lies_there() and self.free() < LEAST:
            self.give_back()
        else:
            self.renew()

    def give_back(self) -> bool:
        """The disk is full: let go of the ballast. False when there was none to let go."""
        self.short = True
        if self._files.facts(self._place) is None:
            return False
        self._files.remove(self._place)
        log.warning("the disk is full; its reserve was given back")
        return True

    def renew(self) -> None:
        """Make the ballast anew where there is room for it, and take in new things again."""
        if self.free() < self._needed(LEAST):
            self.short = True
            return
        if not self._lies_there() and not self._make():
            self.short = True
            return
        if self.short:
            log.info("there is room on the disk again")
        self.short = False

    @contextlib.contextmanager
    def taking(self, size: int) -> Iterator[None]:
        """Around new work that writes `size` bytes; StoreFull when it would leave too little room."""
        largest = max(size, LEAST, *self._pending)
        free = self.free()
        if free < self._needed(largest):
            self.short = True
            raise StoreFull(
                f"The disk is nearly full: {free // MIB} MiB are left, {self._needed(largest) // MIB} are needed."
                " Free some space; nothing was changed."
            )
        self._pending.append(size)
        try:
            yield
        finally:
            self._pending.remove(size)

    def _needed(self, largest: int) -> int:
        return TIMES * largest + (0 if self._lies_there() else self._ballast)

    def _lies_there(self) -> bool:
        facts = self._files.facts(self._place)
        return self._ballast == 0 or (facts is not None and facts.size == self._ballast)

    def _make(self) -> bool:
        try:
            # Not zeros: some file systems keep no room for those.
            pattern = bytes(range(1, 251))
            self._files.write(self._place, (pattern * (self._ballast // len(pattern) + 1))[: self._ballast])
        except (StoreError, OSError) as error:
            with contextlib.suppress(StoreError, OSError):
                self._files.remove(self._place)
            log.warning("the disk's reserve could not be made: %s", error)
            return False
        return True
