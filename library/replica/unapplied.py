"""What is stored and has no effect: it waits, is put aside, in quarantine, or void. Of whom, how much, since when, why.

Reads rows only. Nothing of it is lost: it counts by itself once what it lacks has come.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Literal, NamedTuple

from documents.kinds import kind_of
from documents.segment import decode, needs_newer
from identity.operations import decode_operation
from library.replica.log import BROKEN, DISPLACED, QUARANTINED, WAITS, read_meta
from library.replica.members import WAITING, Members
from store.database import Connection

State = Literal[
    "waiting.segment",  # for a segment
    "waiting.operation",  # for a membership operation
    "waiting.broken",  # for ever: the predecessor that it names is not its own, or its clock is ahead
    "waiting.members",  # a membership operation, for earlier ones
    "waiting.upgrade",  # held; made by a newer program
    "stopped",  # put aside: its device deleted or replaced too much at once, and a person is asked
    "waiting.change",  # a change that counts, for one that it builds on
    "quarantine",
    "displaced",
    "broken",
    "void",
]
OF_CHANGE: dict[int, State] = {
    QUARANTINED: "quarantine",
    WAITS: "waiting.change",
    DISPLACED: "displaced",
    BROKEN: "broken",
}
OF_WANT: dict[str, State] = {
    "prev": "waiting.segment",
    "dep": "waiting.segment",
    "operation": "waiting.operation",
    "broken": "waiting.broken",
}


class Unapplied(NamedTuple):
    """What one device (its public key) made, in one state. `since`: ms, when it made the oldest, by its own clock."""

    state: State
    device: bytes
    number: int
    since: int | None = None
    whom: tuple[bytes | None, ...] = ()  # whose segments are waited for; None: of somebody nobody here has heard of
    role: str = ""  # of the device today
    reason: str = ""  # of docs/format.md, why it is void


class Gathering:
    """Counts by state, device and reason."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[State, bytes, str]] = Counter()
        self._since: dict[tuple[State, bytes, str], int] = {}
        self._whom: defaultdict[tuple[State, bytes, str], set[bytes | None]] = defaultdict(set)

    def add(
        self, state: State, device: bytes, count: int, time: int | None, reason: str = "", whom: bytes | None = None
    ) -> None:
        """`whom` only says something of what waits for segments."""
        key = state, device, reason
        self._counts[key] += count
        if time is not None:
            self._since[key] = min(time, self._since.get(key, time))
        if state == "waiting.segment":
            self._whom[key].add(whom)

    def told(self, members: Members) -> Iterator[Unapplied]:
        for key, count in sorted(self._counts.items()):
            state, device, reason = key
            whom = tuple(sorted(self._whom[key], key=lambda each: each or b""))
            role = members.role_of(device) or "none"
            yield Unapplied(state, device, count, self._since.get(key), whom, role, reason)


def unapplied(connection: Connection) -> list[Unapplied]:
    """Everything that has no effect here. What an admin took off the list of the quarantine is left out."""
    members = Members(read_meta(connection, "workspace") or b"")
    members.load(connection)
    found = Gathering()
    _add_waiting(connection, found)
    _add_stopped(connection, found)
    _add_operations(connection, found)
    _add_unknown(connection, found)
    _add_changes(connection, found, members.rule.decision.named_by("discard"))
    _add_void(connection, found)
    return list(found.told(members))


class Waiting(NamedTuple):
    """A segment that waits, and what for: each a state and whose segment."""

    device: bytes
    time: int
    prev: bytes
    lacks: set[tuple[State, bytes | None]]


def _add_waiting(connection: Connection, found: Gathering) -> None:
    """Whoever stands behind one that waits waits for the same."""
    waiting = _waiting(connection)
    for each in waiting.values():  # along their chains
        before = waiting.get(each.prev)
        if before is not None:
            each.lacks.update(before.lacks or {("waiting.segment", before.device)})
        counted = set[State]()
        for state, whom in sorted(each.lacks, key=repr):
            found.add(state, each.device, int(state not in counted), each.time, whom=whom)
            counted.add(state)


def _waiting(connection: Connection) -> dict[bytes, Waiting]:
    """By hash. A predecessor that is stored, and waits itself, is not what is lacking."""
    found: dict[bytes, Waiting] = {}
    rows = connection.execute(
        "SELECT s.hash, s.device, s.time, s.prev, l.kind, l.want, p.id FROM lack AS l"
        " JOIN segment AS s ON s.hash = l.segment LEFT JOIN segment AS p ON l.kind = 'prev' AND p.hash = l.want"
        " ORDER BY s.incarnation, s.seq, s.hash"
    )
    for hash, device, time, prev, kind, want, stored in rows.fetchall():
        each = found.setdefault(hash, Waiting(device, time, prev, set()))
        if stored is None:
            # A predecessor is the device's own; of another segment only the incarnation is known.
            whom = _device_of(connection, want[:16]) if kind == "dep" else device if kind == "prev" else None
            each.lacks.add((OF_WANT[kind], whom))
    return found


def _device_of(connection: Connection, incarnation: bytes) -> bytes | None:
    """Whose log it is; None when nothing of it is stored here."""
    row = connection.execute("SELECT device FROM segment WHERE incarnation=? LIMIT 1", (incarnation,)).fetchone()
    return None if row is None else row[0]


def _add_stopped(connection: Connection, found: Gathering) -> None:
    for device, raw in connection.execute("SELECT device, raw FROM aside"):
        found.add("stopped", device, 1, decode(raw).time)


def _add_operations(connection: Connection, found: Gathering) -> None:
    for (raw,) in connection.execute("SELECT raw FROM operation WHERE state=?", (WAITING,)):
        found.add("waiting.members", decode_operation(raw).author, 1, None)


def _add_unknown(connection: Connection, found: Gathering) -> None:
    """Held segments of a version, or with entries of a type, that this program does not know."""
    for device, time, raw in connection.execute("SELECT device, time, raw FROM segment WHERE state=1"):
        if needs_newer(raw):
            # Where the version is unknown, so is the place of the time.
            found.add("waiting.upgrade", device, 1, time or None)


def _add_changes(connection: Connection, found: Gathering, hidden: frozenset[bytes]) -> None:
    """Changes of held segments that are not applied, by the first byte of their documents' ids: their kind."""
    rows = connection.execute(
        "SELECT c.state, substr(c.document, 1, 1), s.hash, s.device, s.time, count(*) FROM change AS c"
        " JOIN segment AS s ON s.id = c.segment WHERE c.state <> 1 GROUP BY 1, 2, s.id"
    )
    for state, kind, hash, device, time, count in rows:
        if kind_of(kind) is None and state != QUARANTINED:
            found.add("waiting.upgrade", device, count, time)
        elif hash not in hidden or state != QUARANTINED:
            found.add(OF_CHANGE[state], device, count, time)


def _add_void(connection: Connection, found: Gathering) -> None:
    rows = connection.execute(
        "SELECT v.reason, s.device, min(s.time), count(*) FROM void AS v JOIN segment AS s ON s.id = v.segment"
        " GROUP BY 1, 2"
    )
    for reason, device, time, count in rows:
        found.add("void", device, count, time, reason)
