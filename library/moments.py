"""The library as of a moment: which segments belonged to it, and rows computed from them in memory.

A moment is a checkpoint (its vector) or a time (what was signed by then and everything it builds on). Times are the
signing devices' own and only as good as their clocks: good for showing, never used to decide anything.
"""

from __future__ import annotations

import datetime
from collections import OrderedDict
from collections.abc import Callable, Collection

import msgspec

from documents.draft import Draft
from documents.engine import Document
from documents.kinds import Kind, derived_id
from documents.segment import Tip, decode
from library.actions import clean_text
from library.assets import read_values
from library.errors import Invalid, NotFound
from library.log import APPLIED
from library.models import Checkpoint
from library.schema import TRUTH, VIEWS
from library.shelf import PROJECTIONS
from library.values import is_number, is_text
from library.workspace import Plan, Workspace
from store.database import Connection, in_memory

KEPT = 2
MOST_NAME = 200


class Moments:
    """Checkpoints, and reading connections onto the past."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._past: OrderedDict[tuple[str, int], Connection] = OrderedDict()

    @property
    def _settings(self) -> bytes:
        return derived_id(Kind.SETTINGS, self._workspace.id)

    async def list(self) -> list[Checkpoint]:
        """Checkpoints, newest first."""
        values = await self._workspace.database.read(lambda connection: read_values(connection, self._settings))
        entries: dict[str, dict[str, object]] = {}
        for key, value in values.get("checkpoints", {}).items():
            id, _, field = key.partition("/")
            entries.setdefault(id, {})[field] = value
        found = [
            Checkpoint(id=id, name=str(entry["name"]), when=int(str(entry["at"])), who=str(entry["who"]))
            for id, entry in entries.items()
            if all(map(is_text, map(entry.get, ("name", "vector", "who")))) and is_number(entry.get("at"))
        ]
        return sorted(found, key=lambda checkpoint: (-checkpoint.when, checkpoint.id))

    async def create(self, name: str) -> Checkpoint:
        """Name the present moment."""
        clean = clean_text(name, "/name", MOST_NAME).strip()
        if not clean:
            raise Invalid("A checkpoint needs a name.", [("/name", "is empty")], code="no_name")
        id = self._workspace.surroundings.random.randbytes(8).hex()
        now = self._workspace.surroundings.clock.now()
        device = self._workspace.device.hex()[:8]

        def edits(connection: Connection) -> list[tuple[bytes, Callable[[Draft], None]]]:
            # Only inside the transaction is the vector sure to name what is stored.
            tips = [[tip.incarnation.hex(), tip.seq, tip.hash8.hex()] for tip in self._workspace.log.vector()]
            vector = msgspec.json.encode(tips).decode()

            def write(draft: Draft) -> None:
                for field, value in (("name", clean), ("vector", vector), ("at", now), ("who", device)):
                    draft.put_entry("checkpoints", f"{id}/{field}", value)

            return [(self._settings, write)]

        await self._workspace.append(Plan("checkpoint.create", {"name": clean}, edits))
        return Checkpoint(id=id, name=clean, when=now, who=device)

    async def segments(self, when: str) -> set[int]:
        """The rows of the segments that belong to a moment: a checkpoint's id or name, or a time in ISO form."""
        chosen = next((each for each in await self.list() if when in (each.id, each.name)), None)
        if chosen is None:
            limit = _milliseconds(when)
            return await self._workspace.database.read(lambda connection: _until(connection, limit))
        values = await self._workspace.database.read(lambda connection: read_values(connection, self._settings))
        tips = _read_vector(values["checkpoints"][f"{chosen.id}/vector"])
        return await self._workspace.database.read(lambda connection: _closure(connection, tips))

    async def past(self, when: str) -> Connection:
        """A connection onto the rows as they were; it is kept for the next question about the same moment."""
        key = (when, self._workspace.log.position.clock)
        if key not in self._past:
            segments = await self.segments(when)
            self._past[key] = await self._workspace.database.read(lambda connection: _project(connection, segments))
            if len(self._past) > KEPT:
                self._past.popitem(last=False)[1].close()
        self._past.move_to_end(key)
        return self._past[key]

    def close(self) -> None:
        for connection in self._past.values():
            connection.close()
        self._past.clear()


def _read_vector(text: str) -> list[Tip]:
    try:
        vector = msgspec.json.decode(text, type=list[tuple[str, int, str]])
        return [Tip(bytes.fromhex(chain), seq, bytes.fromhex(hash8)) for chain, seq, hash8 in vector if seq < 1 << 63]
    except (msgspec.DecodeError, ValueError) as error:
        raise NotFound("That checkpoint does not say what it holds.", code="no_moment", when="?") from error


def _milliseconds(when: str) -> int:
    try:
        moment = datetime.datetime.fromisoformat(when)
    except ValueError as error:
        raise NotFound(
            f"There is no checkpoint {when[:60]!r}, and it is no time like 2026-09-01T10:00.",
            code="no_moment",
            when=when[:60],
        ) from error
    try:
        return int(moment.timestamp() * 1000)
    except (OverflowError, OSError, ValueError) as error:
        raise Invalid(f"{when[:60]} is out of range.", [("/at", "is out of range")]) from error


def _until(connection: Connection, limit: int) -> set[int]:
    """Segments signed by then whose causes were too, in the order they were held: causes first."""
    included: set[int] = set()
    tips: set[Tip] = set()
    hashes: set[bytes] = {b""}
    for row, hash, time, prev, raw in connection.execute(
        "SELECT id, hash, time, prev, raw FROM segment WHERE state=1 ORDER BY id"
    ):
        if time > limit or prev not in hashes:
            continue
        segment = decode(raw)
        if all(dep in tips for dep in segment.deps):
            included.add(row)
            hashes.add(hash)
            tips.add(Tip(segment.incarnation, segment.seq, hash[:8]))
    return included


def _closure(connection: Connection, tips: Collection[Tip]) -> set[int]:
    """The segments that the tips name and everything they build on."""
    included: set[int] = set()
    wanted = list(tips)
    while wanted:
        tip = wanted.pop()
        rows = connection.execute(
            "SELECT id, hash, raw FROM segment WHERE incarnation=? AND seq=? AND state=1", (tip.incarnation, tip.seq)
        ).fetchall()
        for row, hash, raw in rows:
            if hash[:8] == tip.hash8 and row not in included:
                included.add(row)
                segment = decode(raw)
                wanted += segment.deps
                if segment.seq > 1:
                    wanted.append(Tip(segment.incarnation, segment.seq - 1, segment.prev[:8]))
    return included


def _project(connection: Connection, segments: set[int]) -> Connection:
    """Rows of every document as its changes in these segments make it."""
    past = in_memory([*TRUTH, *VIEWS])
    past.execute("BEGIN")
    for table in ("blob", "reference"):
        rows = connection.execute(f"SELECT * FROM {table}").fetchall()
        if rows:
            past.executemany(f"INSERT INTO {table} VALUES({', '.join('?' * len(rows[0]))})", rows)
    changes: dict[bytes, list[tuple[bytes, bool]]] = {}
    for id, hash, segment in connection.execute("SELECT document, hash, segment FROM change WHERE state=?", (APPLIED,)):
        changes.setdefault(id, []).append((hash, segment in segments))
    for id, made in sorted(changes.items()):
        project = PROJECTIONS.get(Kind(id[0]))
        then = [hash for hash, included in made if included]
        if project is None or not then:
            continue
        saved = connection.execute("SELECT saved FROM document WHERE id=?", (id,)).fetchone()[0]
        document = Document.load(Kind(id[0]), saved)
        project(past, id, document.read(then if len(then) < len(made) else None))
        past.execute("INSERT INTO document(id, heads, saved) VALUES(?, ?, ?)", (id, b"".join(then), saved))
    past.execute("COMMIT")
    return past
