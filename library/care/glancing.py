"""A glance at a few blobs, spread over all: whether their files lie where the rows say. `verify` looks at every one."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from store.database import Connection

PLACES = 64  # among all hashes, at equal distances
AT_EACH = 4


class Glance(NamedTuple):
    """How many files were looked for, and how many of them are not there."""

    looked: int
    missing: int


def glance(connection: Connection, has: Callable[[bytes], bool]) -> Glance:
    """Look for some of the blobs that should be here; few in a small library, never many."""
    wanted: set[bytes] = set()
    for number in range(PLACES):
        rows = connection.execute(
            "SELECT hash, here FROM blob WHERE hash>=? ORDER BY hash LIMIT ?",
            (bytes([number * 256 // PLACES]), AT_EACH),
        )
        wanted.update(hash for hash, here in rows if here)
    return Glance(len(wanted), sum(not has(hash) for hash in wanted))
