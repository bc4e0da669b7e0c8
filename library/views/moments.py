"""The library as of a moment: which segments belonged to it, and the rows that follow from them.

A moment is a checkpoint (its vector) or a time (what was signed by then and everything it builds on). Times are the
signing devices' own and only as good as their clocks: good for showing, never used to decide anything.
"""

from __future__ import annotations

import asyncio
import datetime
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from documents.draft import Draft
from documents.kinds import Kind, derived_id
from documents.segment import Tip
from library.editing.actions import clean_name
from library.editing.assets import read_values
from library.editing.news import told
from library.errors import Clash, Invalid, NotFound
from library.models import Checkpoint
from library.values import is_number, is_text
from library.views.past import Later, beyond, rows_as_of, signed_after
from library.workspace import Edit, Plan, Workspace
from store.database import Connection, Work

T = TypeVar("T")
KEPT = 2
CHOICES = (False, True)
MOST_NAME = 200


class Moments:
    """Checkpoints, and reading the past."""

    def __init__(self, workspace: Workspace, device_name: Callable[[bytes], str]) -> None:
        self._workspace = workspace
        self._device_name = device_name
        self._past: OrderedDict[tuple[str, int, bool, bool], Connection] = OrderedDict()
        self._reading = asyncio.Lock()

    @property
    def _settings(self) -> bytes:
        return derived_id(Kind.SETTINGS, self._workspace.id)

    async def list(self) -> list[Checkpoint]:
        """Checkpoints, newest first."""
        values = await self._workspace.database.read(lambda connection: read_values(connection, self._settings))
        return [msgspec.structs.replace(each, who=self._who(each.who)) for each in checkpoints_of(values)]

    def _who(self, device: str) -> str:
        """The name of the device whose id begins so, as far as it has one here."""
        own = self._workspace.device
        return self._device_name(own) if device and own.hex().startswith(device) else device

    async def create(self, name: str) -> Checkpoint:
        """Name the present moment."""
        clean = clean_name(name, "A checkpoint needs a name.", MOST_NAME)
        id = self._workspace.surroundings.random.randbytes(8).hex()
        now = self._workspace.surroundings.clock.now()
        device = self._workspace.device.hex()[:8]

        def edits(connection: Connection) -> list[Edit]:
            if any(each.name == clean for each in checkpoints_of(read_values(connection, self._settings))):
                message = f"There is a checkpoint {clean!r} already. Give this moment another name."
                raise Clash(message, code="checkpoint_exists", name=clean)
            # Only inside the transaction is the vector sure to name what is stored.
            tips = [[tip.incarnation.hex(), tip.seq, tip.hash8.hex()] for tip in self._workspace.log.vector()]
            vector = msgspec.json.encode(tips).decode()

            def write(draft: Draft) -> None:
                for field, value in (("name", clean), ("vector", vector), ("at", now), ("who", device)):
                    draft.put_entry("checkpoints", f"{id}/{field}", value)

            return [(self._settings, write)]

        told(self._workspace, await self._workspace.append(Plan("checkpoint.create", {"name": clean}, edits)))
        return Checkpoint(id=id, name=clean, when=now, who=self._who(device))

    async def _later(self, when: str) -> Later:
        """What came after a moment: a checkpoint's id or name, or a time in ISO form."""
        chosen = next((each for each in await self.list() if when in (each.id, each.name)), None)
        if chosen is None:
            return signed_after(_milliseconds(when))
        values = await self._workspace.database.read(lambda connection: read_values(connection, self._settings))
        return beyond(_read_vector(values["checkpoints"][f"{chosen.id}/vector"]))

    async def read(self, work: Work[T], when: str, words: bool = False, documents: bool = True) -> T:
        """What `work` finds in the rows as they were; they are kept for the next question about the same moment.

        `words`: something is searched for by its texts; `documents`: their values are read, not only the rows.
        """
        async with self._reading:  # a connection is for one at a time, and none is closed while it is read
            past = await self._kept(when, words, documents)
            return await self._workspace.database.read(lambda _: work(past))

    async def _kept(self, when: str, words: bool, documents: bool) -> Connection:
        # Not the log's clock, which what others wrote meanwhile need not raise. Asked before reading: what is kept is
        # never older than it says.
        commits = self._workspace.database.commits
        wider = [(when, commits, more or words, other or documents) for more in CHOICES for other in CHOICES]
        key = next((key for key in wider if key in self._past), None)
        if key is None:
            key = (when, commits, words, documents)
            self._past[key] = await self._made(when, words, documents)
            if len(self._past) > KEPT:
                self._past.popitem(last=False)[1].close()
        self._past.move_to_end(key)
        return self._past[key]

    async def _made(self, when: str, words: bool, documents: bool) -> Connection:
        later, database = await self._later(when), self._workspace.database
        return await database.read(lambda _: rows_as_of(database.path, later, words, documents))

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


def checkpoints_of(values: Mapping[str, Any]) -> list[Checkpoint]:
    """The checkpoints that the workspace's settings hold, newest first."""
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
        problems = [("/at", "is out of range")]
        raise Invalid(f"{when[:60]} is out of range.", problems, code="invalid.moment", when=when[:60]) from error
