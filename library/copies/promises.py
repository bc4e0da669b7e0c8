"""Which blobs this device lets go at this moment, and which it has promised to keep because others do."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from library.surroundings import Clock

KEPT = 600  # seconds for which a promise holds
MOST = 100_000


class Promises:
    """A blob is never both. In memory: what was under way ends with the run, and who asked asks again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._going: set[bytes] = set()
        self._given: OrderedDict[bytes, float] = OrderedDict()  # until when, the latest last

    def give(self, hash: bytes) -> bool:
        """Promise to keep a blob; False for one that is going."""
        if hash in self._going:
            return False
        now = self._clock.elapsed()
        while self._given and (len(self._given) > MOST or next(iter(self._given.values())) < now):
            self._given.popitem(last=False)
        self._given[hash] = now + KEPT
        self._given.move_to_end(hash)
        return True

    def holds(self, hash: bytes) -> bool:
        """Whether another device counts on it."""
        return hash not in self._going and self._given.get(hash, -1.0) >= self._clock.elapsed()

    @contextmanager
    def going(self, hashes: Collection[bytes]) -> Iterator[list[bytes]]:
        """Let blobs go within the block; gives those that nobody counts on and that are not going already."""
        free = [hash for hash in hashes if hash not in self._going and not self.holds(hash)]
        self._going.update(free)
        try:
            yield free
        finally:
            self._going.difference_update(free)
