"""Devices that the breaker stopped: what a person is asked about each, and what comes of the answer.

Letting through and taking back both receive what was put aside: a log is never cut. Taking back besides gives every
picture back what it was, as one new action that all devices apply, also those on which it was let through.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from documents.draft import Draft
from documents.engine import Document
from documents.errors import DependencyMissing, DocumentDamaged
from documents.kinds import SCHEMA_VERSION, Kind
from documents.segment import Tip, decode
from library.editing.news import tell
from library.errors import Clash, NotFound
from library.replica.breaker import (
    ASKING,
    Harm,
    Stop,
    Tripped,
    asides_of,
    awaits_history,
    count_aside,
    put_stop,
    stop_device,
    write_harms,
)
from library.replica.log import split_hashes
from library.replica.members import Verify
from library.replica.preparing import Prepared, changes_of
from library.replica.receiving import NAMED_SINGLY, settle, watched
from library.values import IMAGE_CONFLICTS, Values, image_values
from library.views.projection import binned_at, current_of, versions_of
from library.workspace import Edit, Plan, Workspace
from store.database import Connection

APPROVED, REJECTED, REVERTED = "approved", "rejected", "reverted"
SAMPLES = 8
LISTED = 20  # of those that were decided
AT_ONCE = 500  # pictures given back together


class Sample(msgspec.Struct, frozen=True):
    """A picture that is concerned."""

    id: str
    name: str
    thumbnail: str | None


class StoppedDevice(msgspec.Struct, frozen=True):
    """A device that deleted or replaced too much at once. `pictures` is how many in all, `passed` how many of them
    before it was stopped; `segments` of it are put aside. state: asking, approved, rejected, or reverted (approved
    first). `action` gave the pictures back.
    """

    id: str
    device: str
    name: str
    state: str
    since: int
    decided: int | None
    pictures: int
    passed: int
    segments: int
    action: str | None
    samples: list[Sample]


class StopDecided(msgspec.Struct, frozen=True):
    """What a decision came to: how many segments were received, and how many pictures given back, by which action."""

    received: int
    restored: int
    action: str | None


class Row(NamedTuple):
    """A row of `stop`."""

    id: bytes
    device: bytes
    state: str
    stop: Stop


class Measured(Exception):
    """Ends a transaction that was only to see what would happen."""

    def __init__(self, harms: Sequence[Harm]) -> None:
        super().__init__()
        self.harms = harms


class Stops:
    """The stopped devices of one workspace."""

    def __init__(self, workspace: Workspace, verify: Verify, device_name: Callable[[bytes], str]) -> None:
        self._workspace = workspace
        self._verify = verify
        self._device_name = device_name

    async def hear(self, vector: Iterable[Tip]) -> None:
        """What a peer holds. Of the first whom a device hears that has just come in, that is what was before it:
        deletions up to there are history, and never stopped. Later ones change nothing, and cost a look.
        """
        if not await self._workspace.database.read(awaits_history):
            return
        tips = list(vector)
        await self._workspace.write(lambda connection: self._workspace.breaker.hear(connection, tips), ())

    def waiting(self) -> Sequence[tuple[str, int]]:
        """Names of the devices about which a person is asked, and how many pictures each has deleted or replaced."""

        def read(connection: Connection) -> Sequence[tuple[str, int]]:
            found = _rows(connection, ASKING)
            return [(self._device_name(row.device), _count(connection, row)[0]) for row in found]

        return self._workspace.database.read_now(read)

    async def list(self) -> Sequence[StoppedDevice]:
        """Those about which a person is asked, then the latest decided."""
        await self._measure()
        return await self._workspace.database.read(self._told)

    def _told(self, connection: Connection) -> Sequence[StoppedDevice]:
        asides = count_aside(connection)
        rows = _rows(connection)
        asked = [row for row in reversed(rows) if row.state == ASKING]
        return [self._one(connection, row, asides) for row in (*asked, *_decided_ones(rows)[:LISTED])]

    def _one(self, connection: Connection, row: Row, asides: Mapping[bytes, int]) -> StoppedDevice:
        pictures, passed = _count(connection, row)
        samples = connection.execute(
            "SELECT a.id, a.name, a.thumbnail FROM harm AS h JOIN asset AS a ON a.id = h.document"
            " WHERE h.device=? AND h.stop=? ORDER BY h.passed, a.row LIMIT ?",
            (row.device, row.id, SAMPLES),
        )
        return StoppedDevice(
            id=row.id.hex(),
            device=row.device.hex(),
            name=self._device_name(row.device),
            state=row.state,
            since=row.stop.since,
            decided=row.stop.decided,
            pictures=pictures,
            passed=passed,
            segments=asides.get(row.device, 0) if row.state == ASKING else 0,
            action=row.stop.action.hex() or None,
            samples=[Sample(id.hex(), name, small.hex() if small else None) for id, name, small in samples],
        )

    async def _measure(self) -> None:
        """See what those put aside would do that came since this was last asked; nothing of it is done."""
        for row, count in await self._workspace.database.read(_unmeasured):
            await self._measure_one(row, count)

    async def _measure_one(self, row: Row, count: int) -> None:
        try:
            await self._workspace.write(lambda connection: self._try(connection, row))
        except Measured as measured:
            harms, stop = measured.harms, msgspec.structs.replace(row.stop, measured=count)
            await self._workspace.write(lambda connection: self._note(connection, row, harms, stop), ())

    def _try(self, connection: Connection, row: Row) -> None:
        _, _, harms = self._let_in(connection, row.device, (), measuring=True)
        raise Measured(harms or ())

    def _note(self, connection: Connection, row: Row, harms: Sequence[Harm], stop: Stop) -> None:
        if _find(connection, row.id).state == ASKING:
            self._write_harms(connection, row, harms)
            put_stop(connection, row.id, row.device, ASKING, stop)

    def _write_harms(self, connection: Connection, row: Row, harms: Sequence[Harm] | None) -> None:
        """What is put aside does, in place of what it seemed to; None where nothing was."""
        if harms is None:
            return
        connection.execute("DELETE FROM harm WHERE device=? AND stop=? AND passed=0", (row.device, row.id))
        write_harms(connection, harms, row.id, self._workspace.breaker.seen(), passed=False)

    def _let_in(
        self, connection: Connection, device: bytes, trips: Sequence[Tripped], *, measuring: bool = False
    ) -> tuple[int, Sequence[bytes], Sequence[Harm] | None]:
        """Receive what is put aside of a device; how many came to be held, the documents, and what it did to pictures.

        Of other devices, whose segments waited for these, one may trip, unless this is only to see.
        """
        workspace, around = self._workspace, self._workspace.surroundings
        segments = [decode(raw) for raw in asides_of(connection, device)]
        if not segments:  # a backup that somebody brought in had them
            return 0, (), None
        connection.execute("DELETE FROM aside WHERE device=?", (device,))
        arrivals = {each.hash: Prepared(each, changes_of(each)) for each in segments}
        for trip in trips:
            id = around.random.randbytes(16)
            stop_device(connection, trip, arrivals, id, workspace.breaker.seen(), around.clock.now())
        watch = workspace.breaker.watch(connection, workspace.device, None if measuring else (device,))
        held, changed = settle(connection, workspace, arrivals, (), self._verify, watch=watch)
        return held, changed, [harm for harm in watch.harms if harm.device == device]

    async def approve(self, id: str) -> StopDecided:
        """Receive what was put aside like anything else; the device goes on as before."""

        def work(connection: Connection, trips: Sequence[Tripped]) -> tuple[int, Collection[bytes]]:
            row = _asked(connection, id)
            self._decide(connection, row, APPROVED)  # before: of who is asked about nothing is held
            held, changed, harms = self._let_in(connection, row.device, trips)
            self._write_harms(connection, row, harms)
            return held, changed

        (held, changed), _ = await watched(self._workspace, work)
        self._tell(changed)
        return StopDecided(received=held, restored=0, action=None)

    async def reject(self, id: str) -> StopDecided:
        """Receive what was put aside, and give back at once all pictures that the device deleted or replaced, also
        those before it was stopped: one action, for everybody.
        """
        self._workspace.check_writes(Kind.IMAGE)

        def work(connection: Connection, trips: Sequence[Tripped]) -> tuple[int, Collection[bytes], int, bytes]:
            row = _asked(connection, id)
            self._decide(connection, row, REJECTED)
            held, changed, harms = self._let_in(connection, row.device, trips)
            self._write_harms(connection, row, harms)
            restored, action = self._give_back(connection, row, "stopped.reject")
            self._decide(connection, row, REJECTED, action)
            return held, {*changed, *restored}, len(restored), action

        (held, changed, restored, action), _ = await watched(self._workspace, work)
        self._tell(changed)
        return StopDecided(received=held, restored=restored, action=action.hex() or None)

    async def revert(self, id: str) -> StopDecided:
        """Give back what was let through, as far as it still stands."""
        self._workspace.check_writes(Kind.IMAGE)

        def work(connection: Connection) -> tuple[Sequence[bytes], bytes]:
            row = _find(connection, _id(id))
            if row.state != APPROVED:
                raise _decided(row)
            restored, action = self._give_back(connection, row, "stopped.revert")
            self._decide(connection, row, REVERTED, action)
            return restored, action

        restored, action = await self._workspace.write(work)
        self._tell(restored)
        return StopDecided(received=0, restored=len(restored), action=action.hex() or None)

    def _decide(self, connection: Connection, row: Row, state: str, action: bytes = b"") -> None:
        now = self._workspace.surroundings.clock.now()
        stop = msgspec.structs.replace(row.stop, decided=now, action=action, measured=0)
        put_stop(connection, row.id, row.device, state, stop)
        for old in _decided_ones(_rows(connection))[LISTED:]:  # nobody is shown these any more
            connection.execute("DELETE FROM harm WHERE device=? AND stop=?", (old.device, old.id))
            connection.execute("DELETE FROM stop WHERE id=?", (old.id,))

    def _tell(self, changed: Collection[bytes]) -> None:
        workspace = self._workspace
        tell(workspace, sorted(changed), workspace.device.hex(), NAMED_SINGLY)
        workspace.bus.publish("stopped.changed", "*", workspace.device.hex())

    def _give_back(self, connection: Connection, row: Row, intent: str) -> tuple[Sequence[bytes], bytes]:
        """One action, some pictures at a time: thousands loaded at once take much memory."""
        workspace = self._workspace
        action, now = workspace.surroundings.random.randbytes(16), workspace.surroundings.clock.now()
        rows = connection.execute(
            "SELECT document, heads, shown FROM harm WHERE device=? AND stop=? ORDER BY document", (row.device, row.id)
        ).fetchall()
        params: dict[str, Any] = {"device": row.device.hex(), "count": len(rows)}
        restored = []
        for start in range(0, len(rows), AT_ONCE):
            edits = [
                edit for each in rows[start : start + AT_ONCE] if (edit := _giving_back(connection, *each)) is not None
            ]
            restored += [*workspace.within(connection, Plan(intent, params, edits, action=action), now).heads]
        return restored, action if restored else b""


def _giving_back(connection: Connection, document: bytes, heads: bytes, left: bytes) -> Edit | None:
    """Makes a picture what it was at these heads; None for one that cannot be read, or edited, any more."""
    saved = connection.execute("SELECT saved FROM document WHERE id=?", (document,)).fetchone()
    try:
        loaded = Document.new(Kind.IMAGE) if saved is None else Document.load(Kind.IMAGE, saved[0])
        before = image_values(loaded.read(split_hashes(heads)))
        schema = loaded.read().get("schema")
    except (DocumentDamaged, DependencyMissing):
        return None
    if isinstance(schema, int) and schema > SCHEMA_VERSION:
        return None
    return document, lambda draft: give_back(draft, before, left)


def give_back(draft: Draft, before: Values, left: bytes) -> None:
    """Out of the bin, with its versions, and showing what it showed, unless somebody chose something else since the
    harm left it showing `left`.
    """
    versions = versions_of(before)
    shown = current_of(before, versions)
    if not {each.blob for each in versions} <= {each.blob for each in versions_of(_now(draft))}:
        for key, value in before["versions"].items():
            draft.put_entry("versions", key, value)
    if binned_at(before) is None and binned_at({"deleted": draft.values("deleted")}) is not None:
        draft.agree("deleted", 0)
    now = current_of(_now(draft), versions_of(_now(draft)))
    untouched = now is None or left in (b"", bytes.fromhex(now.blob))
    if shown is not None and untouched and (now is None or now.blob != shown.blob):
        draft.agree("current", shown.id)


def _now(draft: Draft) -> Values:
    fits = IMAGE_CONFLICTS["current"]
    current = {writer: value for writer, value in draft.values("current").items() if fits(value)}
    return {"versions": draft.values("versions"), "current": current}


def _rows(connection: Connection, state: str | None = None) -> list[Row]:
    where, values = ("", ()) if state is None else (" WHERE state=?", (state,))
    rows = connection.execute(f"SELECT id, device, state, body FROM stop{where} ORDER BY rowid", values)
    return [Row(id, device, state, msgspec.msgpack.decode(body, type=Stop)) for id, device, state, body in rows]


def _decided_ones(rows: Sequence[Row]) -> Sequence[Row]:
    """The latest first, in the order in which they were asked about: times may lie."""
    return [row for row in reversed(rows) if row.state != ASKING]


def _unmeasured(connection: Connection) -> Sequence[tuple[Row, int]]:
    """Stops of which more is put aside than was measured, and how many segments."""
    asides = count_aside(connection)
    found = [(row, asides.get(row.device, 0)) for row in _rows(connection, ASKING)]
    return [(row, count) for row, count in found if count not in (0, row.stop.measured)]


def _find(connection: Connection, id: bytes) -> Row:
    row = next((row for row in _rows(connection) if row.id == id), None)
    if row is None:
        raise NotFound("There is no such stop.", code="no_stop", id=id.hex())
    return row


def _id(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise NotFound("There is no such stop.", code="no_stop", id=text[:64]) from error


def _asked(connection: Connection, id: str) -> Row:
    row = _find(connection, _id(id))
    if row.state != ASKING:
        raise _decided(row)
    return row


def _decided(row: Row) -> Clash:
    if row.state == ASKING:
        return Clash("That device still waits for a decision.", code="stop_open")
    return Clash("That was decided already.", code="stop_decided", state=row.state)


def _count(connection: Connection, row: Row) -> tuple[int, int]:
    """Pictures of a stop, and how many of them were deleted or replaced before it."""
    pictures, passed = connection.execute(
        "SELECT count(*), coalesce(sum(passed), 0) FROM harm WHERE device=? AND stop=?", (row.device, row.id)
    ).fetchone()
    return pictures, passed
