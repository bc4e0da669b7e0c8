"""Room on the disk: a ballast that is given back when it is full, and whether there is enough for something new.

Removing and folding in the log write too, so that on a full disk nothing would help any more; the ballast's place does.
"""

from __future__ import annotations

import contextlib
import logging
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
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
        self._full = False  # a write found no room, or there is none for the reserve
        self._refused = 0  # bytes of what was refused last; 0 once anything was taken in
        self._place = folder / "ballast"
        self._files = files
        self._ballast = ballast
        self._pending: list[int] = []

    def free(self) -> int:
        """Bytes that can still be written, without the ballast's."""
        return self._files.free_bytes(self._place.parent)

    @property
    def short(self) -> bool:
        """Whether the disk is full, or has too little room for what was refused last."""
        return self._full or self.refusal() is not None

    def refusal(self) -> dict[str, str] | None:
        """MiB that are left (`mib`) and `needed`, while what was refused last would be refused again."""
        return self._lacking(self._refused, self.free()) if self._refused else None

    def prepare(self) -> None:
        """At the start, before anything else is written: make the ballast, or on a full disk give it back."""
        if self._lies_there() and self.free() < LEAST:
            self.give_back()
        else:
            self.renew()

    def give_back(self) -> bool:
        """The disk is full: let go of the ballast. False when there was none to let go."""
        self._full = True
        if self._files.facts(self._place) is None:
            return False
        self._files.remove(self._place)
        log.warning("the disk is full; its reserve was given back")
        return True

    def renew(self) -> None:
        """Make the ballast anew where there is room for it, and take in new things again."""
        full = self.free() < TIMES * LEAST + self._missing() or (not self._lies_there() and not self._make())
        if self._full and not full:
            log.info("there is room on the disk again")
        self._full = full
        if self.refusal() is None:
            self._refused = 0

    def fitting(self, sizes: Sequence[int]) -> int:
        """How many writes of these bytes, from the first on, the disk can take at once."""
        count = bisect_right([*accumulate(sizes)], self.free() - self._missing(), key=self._needed)
        if count:
            self._goes_through()
        return count

    @contextlib.contextmanager
    def taking(self, size: int) -> Iterator[None]:
        """Around new work that writes `size` bytes; StoreFull when it would leave too little room."""
        if lacking := self._lacking(size, self.free()):
            self._refused = max(size, LEAST)
            raise StoreFull(
                f"The disk is nearly full: {lacking['mib']} MiB are left, {lacking['needed']} are needed."
                " Free some space; nothing was changed.",
                **lacking,
            )
        self._goes_through()
        self._pending.append(size)
        try:
            yield
        finally:
            self._pending.remove(size)

    def _goes_through(self) -> None:
        self._refused = 0
        self._full = self._full and not self._lies_there()

    def _lacking(self, size: int, free: int) -> dict[str, str] | None:
        """MiB that are left and that are needed, where a write of `size` bytes would leave too little room."""
        needed = self._needed(size) + self._missing()
        return {"mib": str(free // MIB), "needed": str(-(-needed // MIB))} if free < needed else None

    def _needed(self, size: int) -> int:
        """Bytes that a write needs: room for three of the largest under way, or for three of it beside the others."""
        size = max(size, LEAST)
        return min(TIMES * max([size, *self._pending]), TIMES * size + sum(self._pending))

    def _missing(self) -> int:
        """Bytes of the ballast that are to be written again."""
        return 0 if self._lies_there() else self._ballast

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
