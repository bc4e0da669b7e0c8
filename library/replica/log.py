"""This device's place in the log of one workspace, and the rows of the segments it holds.

All functions run inside a database transaction. What they change in memory is only kept by `commit`, so that a
transaction that was rolled back leaves nothing behind.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from documents.segment import Entry, Segment, Tip, actor_of, encode
from library.rows import put
from store.database import Connection

WAITING, HELD = 0, 1  # states of a segment
# States of a change that is not void: accepted and applied; not accepted; accepted, and waiting for what it builds on,
# displaced by another of its actor and number, or such that the CRDT library cannot take it.
QUARANTINED, APPLIED, WAITS, DISPLACED, BROKEN = 0, 1, 2, 3, 4


class Author(NamedTuple):
    """Who signs here: the device's public key and its signing function."""

    device: bytes
    sign: Callable[[bytes], bytes]


@dataclass
class Position:
    """Where the own chain stands and what is held of all chains."""

    workspace: bytes
    incarnation: bytes
    run: bytes
    seq: int = 0
    tip: bytes = b""
    clock: int = 0
    tips: dict[Tip, bytes] = field(default_factory=dict)  # every held segment without a held successor → its hash
    declared: frozenset[Tip] = frozenset()  # tips of others that own segments have named


class Log:
    """The chain of one incarnation and the chains of everybody else, as rows of `segment`."""

    def __init__(self, author: Author, position: Position) -> None:
        self.author = author
        self.position = position
        self._saved = copy.deepcopy(position)

    @property
    def actor(self) -> bytes:
        return actor_of(self.author.device, self.position.incarnation, self.position.run)

    @property
    def durable(self) -> Position:
        """As the last transaction that was committed left it."""
        return self._saved

    def commit(self) -> None:
        """The transaction is durable: what it did is the state."""
        saved = copy.copy(self.position)
        saved.tips = dict(self.position.tips)
        self._saved = saved  # whole at once: it is read on other threads

    def roll_back(self) -> None:
        """The transaction failed: forget what it did."""
        self.position = copy.copy(self._saved)
        self.position.tips = dict(self._saved.tips)

    def copy(self) -> Log:
        """As it stands now, to be gone on with apart from this one."""
        position = copy.copy(self.position)
        position.tips = dict(position.tips)
        return Log(self.author, position)

    def write(
        self,
        connection: Connection,
        *,
        entries: Sequence[Entry],
        auth: tuple[bytes, ...],
        time: int,
        action: bytes,
        intent: str,
        params: dict[str, Any],
    ) -> tuple[int, Segment]:
        """Sign the next own segment and store it; returns its row and itself."""
        here = self.position
        others = frozenset(tip for tip, hash in here.tips.items() if hash != here.tip)
        segment = encode(
            workspace=here.workspace,
            device=self.author.device,
            incarnation=here.incarnation,
            run=here.run,
            seq=here.seq + 1,
            prev=here.tip,
            deps=tuple(sorted(others - here.declared)),
            auth=auth,
            clock=here.clock + 1,
            time=time,
            action=action,
            intent=intent,
            params=params,
            entries=tuple(entries),
            sign=self.author.sign,
        )
        (row,) = self.store(connection, [segment])
        here.seq, here.tip, here.declared = segment.seq, segment.hash, others
        write_meta(connection, "declared", msgspec.msgpack.encode(sorted(others)))
        return row, segment

    def store(self, connection: Connection, segments: Sequence[Segment]) -> list[int]:
        """Store segments as held, causes before effects; returns their rows. A predecessor is no tip any more."""
        rows = insert_segments(connection, segments, HELD)
        for segment in segments:
            self.note(segment)
        return rows

    def note(self, segment: Segment) -> None:
        """A segment is held: it takes the place of its predecessor among the tips."""
        here = self.position
        if segment.seq > 1:
            here.tips.pop(Tip(segment.incarnation, segment.seq - 1, segment.prev[:8]), None)
        here.tips[segment.tip] = segment.hash
        here.clock = max(here.clock, segment.clock)

    def notice(self, connection: Connection, segment: Segment, random: random.Random) -> None:
        """A segment of our own that we never wrote: this device was restored or cloned, and goes on as a new chain."""
        here = self.position
        if (segment.device, segment.incarnation) == (self.author.device, here.incarnation):
            here.incarnation, here.run = random.randbytes(16), random.randbytes(16)
            here.seq, here.tip, here.declared = 0, b"", frozenset()
            write_meta(connection, "incarnation", here.incarnation)
            write_meta(connection, "declared", msgspec.msgpack.encode([]))

    def begin_run(self, random: random.Random) -> None:
        """Go on as another actor: changes of ours fell out of documents, so their numbers may be taken."""
        self.position.run = random.randbytes(16)

    def vector(self) -> list[Tip]:
        return sorted(self.position.tips)


def find_held(connection: Connection, tip: Tip) -> list[tuple[bytes, bytes]]:
    """(hash, device) of the held segments that a tip names: one, unless somebody found two of equal beginnings."""
    return [(hash, device) for hash, device, _ in _named(connection, tip)]


def clock_of(connection: Connection, tip: Tip) -> int | None:
    """The highest clock of the held segments that a tip names; None where none is held."""
    return max((clock for _, _, clock in _named(connection, tip)), default=None)


def _named(connection: Connection, tip: Tip) -> list[tuple[bytes, bytes, int]]:
    rows = connection.execute(
        "SELECT hash, device, clock FROM segment WHERE incarnation=? AND seq=? AND state=1", (tip.incarnation, tip.seq)
    )
    return [(hash, device, clock) for hash, device, clock in rows if hash[:8] == tip.hash8]


def insert_segments(connection: Connection, segments: Sequence[Segment], state: int) -> list[int]:
    """Rows for segments, numbered upwards in the order given."""
    (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM segment").fetchone()
    connection.executemany(
        "INSERT INTO segment(id, hash, device, incarnation, run, seq, prev, auth, clock, time, action, intent, state,"
        " raw) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                row,
                segment.hash,
                segment.device,
                segment.incarnation,
                segment.run,
                segment.seq,
                segment.prev,
                b"".join(segment.auth),
                segment.clock,
                segment.time,
                segment.action,
                segment.intent,
                state,
                segment.raw,
            )
            for row, segment in enumerate(segments, last + 1)
        ],
    )
    return list(range(last + 1, last + 1 + len(segments)))


def split_hashes(joined: bytes) -> tuple[bytes, ...]:
    """Hashes as a column holds them, one after the other."""
    return tuple([joined[at : at + 32] for at in range(0, len(joined), 32)])


def read_meta(connection: Connection, key: str) -> bytes | None:
    row = connection.execute("SELECT value FROM meta WHERE key=?", (key,)).fetchone()
    return None if row is None else bytes(row[0])


def write_meta(connection: Connection, key: str, value: bytes) -> None:
    put(connection, "meta", key, value)


def read_position(connection: Connection, run: bytes) -> Position:
    """The position as the rows tell it, with a fresh run."""
    workspace, incarnation = read_meta(connection, "workspace"), read_meta(connection, "incarnation")
    assert workspace is not None and incarnation is not None, "the workspace was never created"
    position = Position(workspace, incarnation, run)
    rows = connection.execute(
        "SELECT incarnation, seq, hash FROM segment AS s WHERE state=1"
        " AND NOT EXISTS (SELECT 1 FROM segment AS n WHERE n.incarnation=s.incarnation AND n.seq=s.seq+1"
        " AND n.prev=s.hash AND n.state=1)"
    )
    for chain, seq, hash in rows.fetchall():
        position.tips[Tip(chain, seq, hash[:8])] = hash
        if chain == incarnation and seq > position.seq:
            position.seq, position.tip = seq, hash
    position.clock = connection.execute("SELECT coalesce(max(clock), 0) FROM segment WHERE state=1").fetchone()[0]
    declared = read_meta(connection, "declared")
    if declared is not None:
        position.declared = frozenset(Tip(*tip) for tip in msgspec.msgpack.decode(declared))
    return position
