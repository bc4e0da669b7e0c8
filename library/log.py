"""This device's place in the log of one workspace, and the rows of the segments it holds.

All functions run inside a database transaction. What they change in memory is only kept by `commit`, so that a
transaction that was rolled back leaves nothing behind.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from documents.segment import Entry, Segment, Tip, actor_of, decode, encode
from store.database import Connection

WAITING, HELD = 0, 1
APPLIED, QUARANTINED, OUT, VOID = 1, 0, 2, 3  # states of a change


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

    def commit(self) -> None:
        """The transaction is durable: what it did is the state."""
        self._saved = copy.copy(self.position)
        self._saved.tips = dict(self.position.tips)

    def roll_back(self) -> None:
        """The transaction failed: forget what it did."""
        self.position = copy.copy(self._saved)
        self.position.tips = dict(self._saved.tips)

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
        row = self.store(connection, segment)
        here.seq, here.tip, here.declared = segment.seq, segment.hash, others
        write_meta(connection, "declared", msgspec.msgpack.encode(sorted(others)))
        return row, segment

    def store(self, connection: Connection, segment: Segment) -> int:
        """Store a segment as held; its predecessor is no tip any more."""
        here = self.position
        row = insert_segment(connection, segment, HELD)
        if segment.seq > 1:
            here.tips.pop(Tip(segment.incarnation, segment.seq - 1, segment.prev[:8]), None)
        if connection.execute("SELECT 1 FROM segment WHERE prev=? AND state=1", (segment.hash,)).fetchone() is None:
            here.tips[tip_of(segment)] = segment.hash
        here.clock = max(here.clock, segment.clock)
        record_action(connection, segment)
        return row

    def notice(self, connection: Connection, segment: Segment, random: random.Random) -> None:
        """A segment of our own that we never wrote: this device was restored or cloned, and goes on as a new chain."""
        here = self.position
        if (segment.device, segment.incarnation) == (self.author.device, here.incarnation):
            here.incarnation, here.run = random.randbytes(16), random.randbytes(16)
            here.seq, here.tip, here.declared = 0, b"", frozenset()
            write_meta(connection, "incarnation", here.incarnation)
            write_meta(connection, "declared", msgspec.msgpack.encode([]))

    def knows(self, connection: Connection, tip: Tip) -> bool:
        """Whether the segment that a tip names is held."""
        if tip in self.position.tips:
            return True
        rows = connection.execute(
            "SELECT hash FROM segment WHERE incarnation=? AND seq=? AND state=1", (tip.incarnation, tip.seq)
        )
        return any(hash[:8] == tip.hash8 for (hash,) in rows)

    def vector(self) -> list[Tip]:
        return sorted(self.position.tips)


def tip_of(segment: Segment) -> Tip:
    return Tip(segment.incarnation, segment.seq, segment.hash[:8])


def insert_segment(connection: Connection, segment: Segment, state: int) -> int:
    cursor = connection.execute(
        "INSERT INTO segment(hash, device, incarnation, run, seq, prev, clock, time, action, intent, state, raw)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            segment.hash,
            segment.device,
            segment.incarnation,
            segment.run,
            segment.seq,
            segment.prev,
            segment.clock,
            segment.time,
            segment.action,
            segment.intent,
            state,
            segment.raw,
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def record_action(connection: Connection, segment: Segment) -> None:
    """Add a segment to the row of its action; of several the first in (clock, hash) order gives its time and words."""
    changes = sum(hasattr(entry, "change") for entry in segment.entries)
    undoes = segment.params.get("undoes")
    connection.execute(
        "INSERT INTO action(id, clock, hash, time, device, intent, params, changes, undoes)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET changes = changes + excluded.changes,"
        " clock = min(clock, excluded.clock)",
        (
            segment.action,
            segment.clock,
            segment.hash,
            segment.time,
            segment.device,
            segment.intent,
            json.dumps(segment.params, ensure_ascii=False, sort_keys=True),
            changes,
            bytes.fromhex(undoes) if isinstance(undoes, str) else None,
        ),
    )


def held_segments(connection: Connection, hashes: Iterable[bytes] | None = None) -> Iterable[Segment]:
    """Held segments in the order they were held: causes before effects."""
    if hashes is None:
        for (raw,) in connection.execute("SELECT raw FROM segment WHERE state=1 ORDER BY id"):
            yield decode(raw)
        return
    for hash in hashes:
        row = connection.execute("SELECT raw FROM segment WHERE hash=?", (hash,)).fetchone()
        if row is not None:
            yield decode(row[0])


def read_meta(connection: Connection, key: str) -> bytes | None:
    row = connection.execute("SELECT value FROM meta WHERE key=?", (key,)).fetchone()
    return None if row is None else bytes(row[0])


def write_meta(connection: Connection, key: str, value: bytes) -> None:
    connection.execute(
        "INSERT INTO meta(key, value) VALUES(?, ?) ON CONFLICT(key) DO UPDATE SET value=excluded.value", (key, value)
    )


def read_position(connection: Connection, run: bytes) -> Position:
    """The position as the rows tell it, with a fresh run."""
    workspace, incarnation = read_meta(connection, "workspace"), read_meta(connection, "incarnation")
    assert workspace is not None and incarnation is not None, "the workspace was never created"
    position = Position(workspace, incarnation, run)
    rows = connection.execute(
        "SELECT incarnation, seq, hash FROM segment AS s WHERE state=1"
        " AND NOT EXISTS (SELECT 1 FROM segment AS n WHERE n.prev = s.hash AND n.state=1)"
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
