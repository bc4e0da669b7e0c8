"""The breaker: where one device deletes or replaces many pictures within an hour, what it wrote from there on is put
aside, before it is held, until a person decides (stops.py).

It judges by what a transaction does to the pictures that are here, never by what segments say that they do. Time is
what the daemon saw pass. Runs inside a database transaction; all that it remembers is rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, MutableMapping, Sequence
from itertools import repeat
from typing import NamedTuple, Protocol

import msgspec

from documents.engine import Document
from documents.kinds import Kind
from documents.segment import ChangeEntry, Segment, Tip
from library.replica.log import APPLIED, WAITING, read_meta, split_hashes, write_meta
from library.replica.preparing import Prepared
from library.rows import put
from library.surroundings import Clock
from library.views.images import picture_of
from store.database import Connection

HOUR, DAY = 3_600_000, 86_400_000  # ms
MOST, SHARE = 100, 10  # pictures within an hour, and one of how many of the library
FEW = 10  # pictures that may go in any library: of a small one, a tenth is nothing
AT_ONCE = 500  # documents asked for in one statement
NO_STOP = b""
ASKING = "asking"
HISTORY = "history"  # key in `meta`


class Stop(msgspec.Struct, frozen=True):
    """One time that a device was stopped. `measured`: of how many segments put aside is known what they would do."""

    since: int
    decided: int | None = None
    measured: int = 0
    action: bytes = b""  # that gave the pictures back


class Shown(NamedTuple):
    """A picture as it stands here."""

    sha256: bytes
    binned: bool
    heads: bytes
    versions: frozenset[bytes]


class Harm(NamedTuple):
    """A picture that a segment deleted or replaced: what it was (heads), and which bytes it shows now, if any."""

    device: bytes
    place: int  # of the segment, in the order of holding
    document: bytes
    heads: bytes
    shown: bytes


class Tripped(Exception):
    """A device went past the limit. `passing`: those of its segments in this round that came before."""

    def __init__(self, device: bytes, passing: frozenset[bytes], harms: Sequence[Harm]) -> None:
        super().__init__(device.hex()[:8])
        self.device = device
        self.passing = passing
        self.harms = harms


class Watching(Protocol):
    """Looks on while newly held segments are applied."""

    def before(self, held: Sequence[tuple[int, Segment]]) -> None: ...
    def after(self) -> None: ...


class History(msgspec.Struct, frozen=True, array_like=True):
    """What others had written when this device came in: none of that is news. `told` by a peer, or by what came first;
    good until `until`, for a peer could name what is yet to be written.
    """

    told: bool
    until: int
    last: dict[bytes, int]  # incarnation → seq

    def covers(self, segment: Segment) -> bool:
        return segment.seq <= self.last.get(segment.incarnation, 0)


class Breaker:
    """Counts over all rounds. `seen` is the time that passed while the daemon ran: a clock that is set changes nothing,
    and while it does not run, none passes.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._base = 0
        self._since = clock.elapsed()

    def load(self, connection: Connection) -> None:
        """Go on from what the run before wrote down last."""
        (last,) = connection.execute("SELECT coalesce(max(seen), 0) FROM harm").fetchone()
        self._base, self._since = last, self._clock.elapsed()

    def seen(self) -> int:
        """Milliseconds."""
        return self._base + round((self._clock.elapsed() - self._since) * 1000)

    def watch(self, connection: Connection, own: bytes, allowed: Collection[bytes] | None = ()) -> Watch:
        """For one round of receiving. `own` device never trips, nor those `allowed` (None: nobody does): a person said
        so, or wants to see what would be.
        """
        return Watch(connection, self.seen(), own, allowed)

    def join(self, connection: Connection) -> None:
        """This device comes into a workspace of others: what they wrote before is history to it."""
        _write_history(connection, History(False, self.seen() + DAY, {}))

    def hear(self, connection: Connection, vector: Iterable[Tip]) -> None:
        """What the first peer holds of whom this device hears after it came in. Later ones change nothing."""
        if awaits_history(connection):
            _write_history(connection, History(True, self.seen() + DAY, _last(vector)))

    def begins(self, connection: Connection) -> bool:
        """Whether nothing came yet, and no peer has said what it holds: all that comes first is history."""
        return awaits_history(connection) and connection.execute("SELECT 1 FROM segment LIMIT 1").fetchone() is None

    def begin(self, connection: Connection, arrivals: Iterable[Segment], *, first: bool = False) -> None:
        """These come. `first`: with what came first, which is a long log."""
        history = read_history(connection)
        if history is None:
            return
        if history.until < self.seen():
            connection.execute("DELETE FROM meta WHERE key=?", (HISTORY,))
        elif not history.told and (first or self.begins(connection)):
            tips = [*map(Tip, history.last, history.last.values(), repeat(b"")), *(each.tip for each in arrivals)]
            _write_history(connection, History(False, history.until, _last(tips)))


def _last(tips: Iterable[Tip]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for tip in tips:
        found[tip.incarnation] = max(tip.seq, found.get(tip.incarnation, 0))
    return found


def read_history(connection: Connection) -> History | None:
    raw = read_meta(connection, HISTORY)
    return None if raw is None else msgspec.msgpack.decode(raw, type=History)


def awaits_history(connection: Connection) -> bool:
    """Whether this device came in, and has not heard yet what there was before."""
    history = read_history(connection)
    return history is not None and not history.told


def _write_history(connection: Connection, history: History) -> None:
    write_meta(connection, HISTORY, msgspec.msgpack.encode(history))


class Watch:
    """One round: what was shown before, what is after, and which segment made the difference."""

    def __init__(self, connection: Connection, seen: int, own: bytes, allowed: Collection[bytes] | None) -> None:
        self._connection = connection
        self._seen = seen
        self._own = own
        self._allowed = allowed
        self._held: Sequence[tuple[int, Segment]] = ()
        self._before: dict[bytes, Shown] = {}
        self._touched: dict[bytes, list[tuple[int, Segment]]] = {}
        self._history: History | None = None
        self.harms: list[Harm] = []  # of devices that are allowed to

    def before(self, held: Sequence[tuple[int, Segment]]) -> None:
        """What the pictures are now that these segments change."""
        self._held = held
        self._history = read_history(self._connection)
        touched = defaultdict(list)
        for row, segment in held:
            for entry in segment.entries:
                if type(entry) is ChangeEntry and entry.document[0] == Kind.IMAGE:
                    touched[entry.document].append((row, segment))
        self._touched = {
            document: by for document, by in touched.items() if any(self._counts(segment) for _, segment in by)
        }
        self._before = shown_now(self._connection, list(self._touched))

    def after(self) -> None:
        """Write down what was done to them; Tripped where that is too much of one device's."""
        by_device: dict[bytes, list[Harm]] = defaultdict(list)
        now = shown_now(self._connection, list(self._before))
        for document, before in self._before.items():
            after = now.get(document)
            if self._is_harm(document, before, after):
                row, segment = self._blamed(document, before)
                if self._counts(segment):
                    shown = b"" if after is None else after.sha256
                    by_device[segment.device].append(Harm(segment.device, row, document, before.heads, shown))
        trips = []
        for device, harms in by_device.items():
            harms.sort(key=lambda harm: (harm.place, harm.document))
            if self._allowed is None or device in self._allowed:
                self.harms += harms
            elif (stop := open_stop(self._connection, device)) is not None:
                self._record(harms, stop, passed=True)
            elif (place := self._limit(device, harms)) is not None:
                trips.append((place, device))
            else:
                self._record(harms, NO_STOP, passed=False)
        if trips:
            place, device = min(trips)
            passing = frozenset(each.hash for row, each in self._held if each.device == device and row < place)
            raise Tripped(device, passing, [harm for harm in by_device[device] if harm.place >= place])

    def _counts(self, segment: Segment) -> bool:
        """Whether this is news of another device."""
        return segment.device != self._own and not (self._history is not None and self._history.covers(segment))

    def _is_harm(self, document: bytes, before: Shown, after: Shown | None) -> bool:
        if after is None or not before.versions <= after.versions:
            return True
        if before.binned:
            return False
        return after.binned or (before.sha256 != after.sha256 and not self._was_shown(document, after.sha256))

    def _was_shown(self, document: bytes, hash: bytes) -> bool:
        row = self._connection.execute("SELECT 1 FROM formerly WHERE document=? AND hash=?", (document, hash))
        return row.fetchone() is not None

    def _blamed(self, document: bytes, before: Shown) -> tuple[int, Segment]:
        """Whose change did it: of several, the last that turned the picture from what it was to harm."""
        by = self._touched[document]
        if len({row for row, _ in by}) == 1:
            return by[0]
        found = self._walked(document, before, by[0][0])
        return next((each for each in by if each[0] == found), by[-1])

    def _walked(self, document: bytes, before: Shown, first: int) -> int | None:
        """The row of that segment; None where none of these did it alone."""
        (saved,) = self._connection.execute("SELECT saved FROM document WHERE id=?", (document,)).fetchone() or (None,)
        if saved is None:
            return None
        loaded = Document.load(Kind.IMAGE, saved)
        heads, found, harmed = set(split_hashes(before.heads)), None, False
        for row, hash, deps in self._connection.execute(
            "SELECT segment, hash, deps FROM change WHERE document=? AND segment>=? AND state=?"
            " ORDER BY segment, position",
            (document, first, APPLIED),
        ).fetchall():
            heads = (heads - set(split_hashes(deps))) | {hash}
            was, harmed = harmed, self._is_harm(document, before, _shown_at(document, loaded, heads))
            if harmed and not was:
                found = row
        return found if harmed else None

    def _limit(self, device: bytes, harms: Sequence[Harm]) -> int | None:
        """The place of the segment with which the device goes past what is allowed within an hour."""
        lately = {
            document
            for (document,) in self._connection.execute(
                "SELECT document FROM harm WHERE device=? AND stop=? AND seen>?", (device, NO_STOP, self._seen - HOUR)
            )
        }
        allowed = self._most({*lately, *(harm.document for harm in harms)})
        for harm in harms:
            lately.add(harm.document)
            if len(lately) > allowed:
                return harm.place
        return None

    def _most(self, harmed: Collection[bytes]) -> int:
        """How many may go, of the pictures that are outside the bin or were until these went."""
        (total,) = self._connection.execute("SELECT coalesce(sum(shown), 0) FROM combo").fetchone()
        now = shown_now(self._connection, list(harmed))
        total += sum((each := now.get(document)) is None or each.binned for document in harmed)
        return min(MOST, max(FEW, int(total) // SHARE))

    def _record(self, harms: Sequence[Harm], stop: bytes, *, passed: bool) -> None:
        self._connection.execute("DELETE FROM harm WHERE stop=? AND seen<=?", (NO_STOP, self._seen - HOUR))
        write_harms(self._connection, harms, stop, self._seen, passed=passed)


def _shown_at(document: bytes, loaded: Document, heads: Collection[bytes]) -> Shown | None:
    picture = picture_of(document, loaded.read(sorted(heads)))
    return None if picture is None else Shown(picture.sha256, not picture.shown, b"", frozenset(picture.blobs))


def shown_now(connection: Connection, documents: Sequence[bytes]) -> dict[bytes, Shown]:
    """Those of the pictures that are here."""
    found: dict[bytes, Shown] = {}
    for start in range(0, len(documents), AT_ONCE):
        some = documents[start : start + AT_ONCE]
        rows = connection.execute(
            "SELECT a.row, a.id, a.sha256, a.binned_at IS NOT NULL, d.heads FROM asset AS a JOIN document AS d"
            f" ON d.id = a.id WHERE a.id IN ({', '.join('?' * len(some))})",
            some,
        ).fetchall()
        versions = defaultdict(set)
        marks = ", ".join("?" * len(rows))
        for row, hash in connection.execute(
            f"SELECT row, hash FROM version WHERE row IN ({marks})", [row for row, *_ in rows]
        ):
            versions[row].add(hash)
        for row, id, sha256, binned, heads in rows:
            found[id] = Shown(sha256, bool(binned), heads, frozenset(versions[row]))
    return found


def write_harms(connection: Connection, harms: Iterable[Harm], stop: bytes, seen: int, *, passed: bool) -> None:
    """What each picture was before the first time stays."""
    connection.executemany(
        "INSERT OR IGNORE INTO harm(device, stop, document, seen, passed, heads, shown) VALUES(?, ?, ?, ?, ?, ?, ?)",
        [(each.device, stop, each.document, seen, passed, each.heads, each.shown) for each in harms],
    )


# Putting aside


def open_stop(connection: Connection, device: bytes) -> bytes | None:
    """The stop of a device about which a person is asked."""
    row = connection.execute("SELECT id FROM stop WHERE device=? AND state=?", (device, ASKING)).fetchone()
    return None if row is None else row[0]


def put_stop(connection: Connection, id: bytes, device: bytes, state: str, stop: Stop) -> None:
    put(connection, "stop", id, device, state, msgspec.msgpack.encode(stop))


def stop_device(
    connection: Connection, trip: Tripped, arrivals: MutableMapping[bytes, Prepared], id: bytes, seen: int, now: int
) -> int:
    """Ask about a device from here on, and put aside what of it is not held but for what came before; how many."""
    device = trip.device
    stop = open_stop(connection, device) or id
    if stop == id:
        put_stop(connection, id, device, ASKING, Stop(since=now))
    connection.execute("DELETE FROM harm WHERE device=? AND stop=? AND seen<=?", (device, NO_STOP, seen - HOUR))
    connection.execute("UPDATE OR REPLACE harm SET stop=?, passed=1 WHERE device=? AND stop=?", (stop, device, NO_STOP))
    write_harms(connection, trip.harms, stop, seen, passed=False)
    waiting = connection.execute(
        "SELECT hash, raw FROM segment WHERE device=? AND state=? ORDER BY id", (device, WAITING)
    ).fetchall()
    for hash, raw in waiting:
        connection.execute("DELETE FROM lack WHERE segment=?", (hash,))
        connection.execute("DELETE FROM segment WHERE hash=?", (hash,))
        _put_aside(connection, device, hash, raw)
    return len(waiting) + put_arrivals_aside(connection, arrivals, trip.passing)


def put_arrivals_aside(
    connection: Connection, arrivals: MutableMapping[bytes, Prepared], passing: Collection[bytes] = ()
) -> int:
    """Take out of what arrived what devices wrote about which a person is asked, and keep it beside; how many."""
    stopped = {device for (device,) in connection.execute("SELECT device FROM stop WHERE state=?", (ASKING,))}
    found = [] if not stopped else [each.segment for each in arrivals.values() if each.segment.device in stopped]
    count = 0
    for segment in sorted(found, key=lambda each: (each.clock, each.hash)):
        if segment.hash in passing or _is_stored(connection, segment.hash):
            continue
        del arrivals[segment.hash]
        count += _put_aside(connection, segment.device, segment.hash, segment.raw)
    return count


def _is_stored(connection: Connection, hash: bytes) -> bool:
    return connection.execute("SELECT 1 FROM segment WHERE hash=?", (hash,)).fetchone() is not None


def _put_aside(connection: Connection, device: bytes, hash: bytes, raw: bytes) -> int:
    row = connection.execute(
        "INSERT OR IGNORE INTO aside(hash, device, raw) VALUES(?, ?, ?) RETURNING id", (hash, device, raw)
    ).fetchone()
    return int(row is not None)


def forget_aside(connection: Connection, held: Iterable[tuple[int, Segment]]) -> None:
    """What is held is aside no more, whichever way it came."""
    if connection.execute("SELECT 1 FROM aside LIMIT 1").fetchone() is not None:
        connection.executemany("DELETE FROM aside WHERE hash=?", [(segment.hash,) for _, segment in held])


def asides_of(connection: Connection, device: bytes) -> list[bytes]:
    """The segments of a device that are put aside, as they came."""
    rows = connection.execute("SELECT raw FROM aside WHERE device=? ORDER BY id", (device,))
    return [raw for (raw,) in rows]


def count_aside(connection: Connection) -> Mapping[bytes, int]:
    """How many segments are put aside, by device."""
    return dict(connection.execute("SELECT device, count(*) FROM aside GROUP BY device").fetchall())
