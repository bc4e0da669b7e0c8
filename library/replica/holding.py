"""Which segments may be held: what each one lacks is a row, and whatever fills a gap calls who waited for it.

Runs inside a database transaction. Nothing authentic is dropped: what cannot be held yet waits as rows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterable, Sequence
from typing import NamedTuple

from documents.delivery import Want, missing
from documents.segment import Segment, Tip, decode
from library.replica.log import HELD, WAITING, Log, clock_of, insert_segments
from store.database import Connection


class Link(NamedTuple):
    """What a chain needs to know of a held segment."""

    device: bytes
    incarnation: bytes
    seq: int
    prev: bytes
    clock: int
    hash: bytes


class Holding:
    """One round of holding: some segments arrive, some operations came to be known."""

    def __init__(self, connection: Connection, log: Log, operations: Iterable[bytes]) -> None:
        """`operations`: hashes of the membership operations that are known with all their past."""
        self._connection = connection
        self._log = log
        self._operations = set(operations)
        self._fresh: dict[bytes, Segment] = {}  # held in this round, causes before effects
        self._clocks: dict[Tip, int] = {}  # of those
        self._waiting: dict[bytes, Segment] = {}  # arrived in this round and waits
        self._anyone_waits = connection.execute("SELECT 1 FROM lack LIMIT 1").fetchone() is not None

    def take(self, arrivals: Sequence[Segment], known: Iterable[bytes]) -> list[tuple[int, Segment]]:
        """Hold what may be held of the arrivals and of what waited for these operations; rows and segments."""
        fresh = [segment for segment in arrivals if not self._stored(segment)]
        queue = deque(sorted(fresh, key=lambda segment: (segment.clock, segment.hash)))
        for hash in known:
            queue += self._who_lacks(hash)
        while queue:
            segment = queue.popleft()
            if segment.hash in self._fresh:
                continue
            wants = missing(segment, self._held, self._clock_of, self._operations.__contains__)
            if wants:
                self._wait(segment, wants)
            else:
                self._hold(segment)
                queue += self._who_lacks(segment.hash)
                queue += self._who_lacks(tip_key(segment.tip))
        return self._write()

    def _stored(self, segment: Segment) -> bool:
        row = self._connection.execute("SELECT 1 FROM segment WHERE hash=?", (segment.hash,)).fetchone()
        return row is not None

    def _held(self, hash: bytes) -> Link | Segment | None:
        return self._fresh.get(hash) or find_link(self._connection, hash)

    def _clock_of(self, tip: Tip) -> int | None:
        clocks = self._clocks.get(tip), clock_of(self._connection, tip)
        return max((clock for clock in clocks if clock is not None), default=None)

    def _hold(self, segment: Segment) -> None:
        self._fresh[segment.hash] = segment
        self._clocks[segment.tip] = max(segment.clock, self._clocks.get(segment.tip, 0))
        self._waiting.pop(segment.hash, None)

    def _wait(self, segment: Segment, wants: Sequence[Want]) -> None:
        self._waiting[segment.hash] = segment
        self._anyone_waits = True
        note_lacks(self._connection, segment, wants)

    def _who_lacks(self, key: bytes) -> list[Segment]:
        if not self._anyone_waits:
            return []
        rows = self._connection.execute("SELECT segment FROM lack WHERE want=? ORDER BY segment", (key,)).fetchall()
        return [self._waiting.get(hash) or self._read(hash) for (hash,) in rows if hash not in self._fresh]

    def _read(self, hash: bytes) -> Segment:
        (raw,) = self._connection.execute("SELECT raw FROM segment WHERE hash=?", (hash,)).fetchone()
        return decode(raw)

    def _write(self) -> list[tuple[int, Segment]]:
        """Rows are numbered in the order of holding, causes before effects: a waiting one gets its number now."""
        held = list(self._fresh.values())
        if self._anyone_waits:
            names = [(segment.hash,) for segment in held]
            self._connection.executemany("DELETE FROM segment WHERE hash=?", names)
            self._connection.executemany("DELETE FROM lack WHERE segment=?", names)
        rows = self._log.store(self._connection, held)
        insert_segments(
            self._connection, [segment for segment in self._waiting.values() if not self._stored(segment)], WAITING
        )
        return list(zip(rows, held, strict=True))


def find_link(connection: Connection, hash: bytes) -> Link | None:
    """A held segment's place in its chain."""
    row = connection.execute(
        "SELECT device, incarnation, seq, prev, clock, hash FROM segment WHERE hash=? AND state=?", (hash, HELD)
    ).fetchone()
    return None if row is None else Link(*row)


def note_waiting(connection: Connection, operations: Container[bytes]) -> None:
    """Write down once more what every waiting segment lacks."""
    for (raw,) in connection.execute("SELECT raw FROM segment WHERE state=?", (WAITING,)).fetchall():
        segment = decode(raw)
        note_lacks(connection, segment, wanted_by(connection, segment, operations))


def wanted_by(connection: Connection, segment: Segment, operations: Container[bytes]) -> list[Want]:
    """What a segment waits for, by the rows of what is held; for ever where it is broken."""
    return missing(
        segment,
        lambda hash: find_link(connection, hash),
        lambda tip: clock_of(connection, tip),
        operations.__contains__,
    )


def note_lacks(connection: Connection, segment: Segment, wants: Sequence[Want]) -> None:
    connection.execute("DELETE FROM lack WHERE segment=?", (segment.hash,))
    connection.executemany(
        "INSERT OR IGNORE INTO lack(want, segment, kind) VALUES(?, ?, ?)",
        [(key_of(want), segment.hash, want.kind) for want in wants],
    )


def tip_key(tip: Tip) -> bytes:
    """A tip as one value of a column."""
    return tip.incarnation + tip.seq.to_bytes(8, "big") + tip.hash8


def key_of(want: Want) -> bytes:
    """What a want is found by: the hash of a segment or an operation, or a tip. A broken chain waits for nothing."""
    if want.tip is not None:
        return tip_key(want.tip)
    return b"" if want.kind == "broken" else want.hash
