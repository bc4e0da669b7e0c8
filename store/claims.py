"""Blobs that work under way counts on: what one brought and could not settle may be another's by now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager


class Claims:
    """Who counts on which blob, as numbers; forgets what nobody counts on."""

    def __init__(self) -> None:
        self._counts: Counter[bytes] = Counter()

    def __contains__(self, sha256: bytes) -> bool:
        return sha256 in self._counts

    def take(self, hashes: Collection[bytes]) -> None:
        self._counts.update(hashes)

    def release(self, hashes: Collection[bytes]) -> None:
        """Those that were taken, once each time."""
        self._counts.subtract(hashes)
        for sha256 in hashes:
            if self._counts.get(sha256) == 0:
                del self._counts[sha256]

    @contextmanager
    def held(self, hashes: Collection[bytes]) -> Iterator[None]:
        """Count on these within the block."""
        self.take(hashes)
        try:
            yield
        finally:
            self.release(hashes)
