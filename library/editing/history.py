"""Who did what, when, where and why; and taking it back as a new change. Times are shown, never compared."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from documents.kinds import Kind, kind_of
from library.editing.news import told
from library.editing.parts import PARTS, STEP, Parts, as_told_of
from library.editing.standing import IRREVERSIBLE, TURNS, edit_below, standing, undone_of
from library.editing.undoing import (
    Undo,
    documents_of,
    some_documents_of,
    taking_back,
    way_of_edit,
    way_of_turn,
)
from library.errors import Clash, Invalid, NoCursor, NotFound
from library.models import Entry, Reverted
from library.replica.log import APPLIED
from library.replica.shelf import loaded
from library.workspace import Edit, Plan, Workspace
from store.database import Connection

MOST = 200
LOOKED = 2000  # documents of actions without effect that a plain undo looks at before it gives up
ENTRY = "SELECT a.id, a.time, a.device, a.intent, a.params, a.changes, a.clock, a.hash FROM action AS a"
DONE = f"{ENTRY} WHERE a.rank < 3"  # what is all in quarantine was not done
PLACING = {Kind.PROJECT: "'asset.project'", Kind.COLLECTION: "'album.add', 'album.remove', 'album.move'"}


class History:
    """The timeline of one workspace."""

    def __init__(
        self,
        workspace: Workspace,
        device_name: Callable[[bytes], str],
        undos: Mapping[str, Undo] = MappingProxyType({}),
    ) -> None:
        """`undos`: how actions of some intents are undone, and done again, where taking back changes is not all."""
        self._workspace = workspace
        self._device_name = device_name
        self._undos = undos
        self._parts = Parts()

    async def timeline(self, limit: int = 50, after: str | None = None) -> tuple[list[Entry], str | None]:
        """The whole workspace's actions, newest first."""
        count = max(1, min(limit, MOST))
        position = _read_cursor(after)
        where = "AND (a.clock, a.hash) < (?, ?)" if position else ""

        def work(connection: Connection) -> tuple[list[Entry], str | None]:
            rows = connection.execute(
                f"{DONE} {where} ORDER BY a.clock DESC, a.hash DESC LIMIT ?", [*position, count + 1]
            ).fetchall()
            following = f"{rows[count - 1][6]}-{rows[count - 1][7].hex()}" if len(rows) > count else None
            return self._entries(connection, rows[:count]), following

        return await self._workspace.database.read(work)

    async def of(self, document: str) -> list[Entry]:
        """One document's actions, newest first."""
        try:
            id = bytes.fromhex(document)
        except ValueError as error:
            raise NotFound(f"There is no document {document[:40]!r}.", code="no_document", id=document[:40]) from error

        return await self._workspace.database.read(lambda connection: self.entries(connection, id))

    def entries(self, connection: Connection, id: bytes) -> list[Entry]:
        """One document's actions, newest first; of a project or an album also which pictures came into it and went."""
        kind = kind_of(id)
        intents = PLACING.get(kind, "") if kind is not None else ""
        also = f" OR (a.rank=0 AND a.intent IN ({intents}) AND a.params LIKE ?)" if intents else ""
        rows = connection.execute(
            f"{ENTRY} WHERE a.id IN (SELECT s.action FROM change AS c JOIN segment AS s ON s.id = c.segment"
            f" WHERE c.document = ? AND c.state = ?){also} ORDER BY a.clock DESC, a.hash DESC",
            (id, APPLIED, *([f'%"{id.hex()}"%'] if also else [])),
        ).fetchall()
        return [_of_document(connection, id, entry) for entry in self._entries(connection, rows)]

    def all_entries(self, connection: Connection) -> Iterator[Entry]:
        """Every action of the workspace, oldest first, each with all the documents it changed."""
        rows = connection.execute(f"{DONE} ORDER BY a.clock, a.hash").fetchall()
        undone = undone_of(connection, [row[0] for row in rows])
        for row in rows:
            yield self._entry(connection, documents_of(connection, row[0]), row[0] in undone, *row)

    def _entries(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> list[Entry]:
        undone = undone_of(connection, [row[0] for row in rows])
        few = some_documents_of
        return [self._entry(connection, few(connection, row[0]), row[0] in undone, *row) for row in rows]

    def _entry(
        self,
        connection: Connection,
        documents: Sequence[bytes],
        undone: bool,
        id: bytes,
        time: int,
        device: bytes,
        intent: str,
        params: str,
        changes: int,
        *_: Any,
    ) -> Entry:
        name = self._device_name(device)
        said, known = self._parts.as_told(connection, id, intent, json.loads(params), changes)
        return Entry(
            action=id.hex(),
            when=time,
            who=name,
            device=name,
            intent=said,
            params=known,
            changes=known["count"] if said in PARTS else 1 if STEP in known else changes,  # a sitting is one edit
            documents=[document.hex() for document in documents],
            undone=undone,
        )

    async def undo(self, action: str | None = None, most: int | None = None) -> Reverted:
        """Take one action back, on all its documents; without an id the last own edit or redo whose undo changes
        something. With `most` only if it touched no more than so many.
        """
        return await self._revert(action, "undo", most)

    async def redo(self, action: str | None = None, most: int | None = None) -> Reverted:
        """Take an undo back; without an id the last own one whose redo changes something, up to the last own edit."""
        return await self._revert(action, "redo", most)

    async def _revert(self, action: str | None, intent: str, most: int | None) -> Reverted:
        now = self._workspace.surroundings.clock.now()
        told_params: dict[str, Any] = {}
        deed: dict[str, Any] = {}

        def edits(connection: Connection) -> list[Edit]:
            id = self._choose(connection, action, intent, most, now)
            kind, params = self._told(connection, id)
            told_params.update({"undoes": id.hex(), "intent": kind, "count": params.get("count", 1)})
            deed.update(zip(("intent", "params"), self._told(connection, edit_below(connection, id)), strict=True))
            return list(self._taking_back(connection, id, now))

        appended = await self._workspace.append(Plan(intent, told_params, edits))
        answer = told(self._workspace, appended)
        return Reverted(changed=answer.changed, action=answer.action, undoes=told_params["undoes"], **deed)

    def _taking_back(self, connection: Connection, action: bytes, now: int) -> Iterator[Edit]:
        """What takes an action back."""
        edit = edit_below(connection, action)
        way = way_of_edit(self._undos) if edit == action else way_of_turn(connection, edit, self._undos)
        return taking_back(connection, action, way, now)

    def _as_told(self, connection: Connection, action: bytes) -> tuple[str, dict[str, Any]]:
        intent, params, changes = connection.execute(
            "SELECT intent, params, changes FROM action WHERE id=?", (action,)
        ).fetchone()
        return self._parts.as_told(connection, action, intent, json.loads(params), changes)

    def _told(self, connection: Connection, action: bytes) -> tuple[str, dict[str, Any]]:
        """What an action did, and its parameters; of an undo what it undid: “done again: undone” would say nothing."""
        intent, params = self._as_told(connection, action)
        return str(params.get("intent", intent)) if intent in TURNS else intent, params

    def _choose(self, connection: Connection, action: str | None, intent: str, most: int | None, now: int) -> bytes:
        id = self._latest(connection, intent, now) if action is None else self._named(connection, action, intent)
        count = 0 if most is None else len(documents_of(connection, id))
        if most is not None and count > most:
            intent, params = self._as_told(connection, id)
            if intent == "redo":  # what it did again says more
                intent, params = self._told(connection, edit_below(connection, id))
            parts = {name: params[name] for name in PARTS.values() if name in params}
            message = f"That touched {count} pictures, and would be taken back on all of them. Nothing was changed."
            raise Clash(message, code="touches_many", **parts | {"count": count, "intent": intent, "action": id.hex()})
        return id

    def _named(self, connection: Connection, action: str, intent: str) -> bytes:
        try:
            id = bytes.fromhex(action)
        except ValueError:
            id = b""
        row = connection.execute("SELECT intent FROM action WHERE id=?", (id,)).fetchone()
        if row is None:
            raise NotFound(f"There is no action {action[:40]!r}.", code="no_action", id=action[:64])
        if row[0] in IRREVERSIBLE:
            raise Clash("That cannot be undone.", code="cannot_undo", intent=row[0])
        if undone_of(connection, [id]):
            raise Clash("That was undone already.", code="already_undone")
        if intent == "redo" and row[0] not in TURNS:
            raise Invalid("Only an undo can be redone.", [("/action", "is not an undo")], code="not_an_undo")
        return id

    def _latest(self, connection: Connection, intent: str, now: int) -> bytes:
        """The last own action that still stands and whose undo, or redo, changes something."""
        looked = 0
        for id in standing(connection, self._workspace.device, intent):
            connection.execute("SAVEPOINT looking")  # how some are undone writes rows at once
            try:
                if self._has_effect(connection, id, now):
                    return id
            finally:
                connection.execute("ROLLBACK TO looking")
                connection.execute("RELEASE looking")
            looked += len(documents_of(connection, id))
            if looked > LOOKED:
                break
        raise Clash(f"There is nothing to {intent}.", code=f"nothing_to_{intent}")

    def _has_effect(self, connection: Connection, action: bytes, now: int) -> bool:
        """Whether taking an action back would change any document: each is tried on one of its own, up to the first."""
        actor = self._workspace.log.actor
        edits = self._taking_back(connection, action, now)
        return any(loaded(connection, id).edit(actor, write) is not None for id, write in edits)


def _of_document(connection: Connection, document: bytes, entry: Entry) -> Entry:
    """An entry as the history of one document tells it."""
    action = bytes.fromhex(entry.action)
    intent, params = as_told_of(connection, document, action, entry.intent, entry.params)
    return msgspec.structs.replace(entry, intent=intent, params=params)


def _read_cursor(cursor: str | None) -> list[Any]:
    if cursor is None:
        return []
    clock, _, hash = cursor.partition("-")
    try:
        number, digits = int(clock), bytes.fromhex(hash)
    except ValueError as error:
        raise NoCursor from error
    if not 0 <= number < 1 << 62:
        raise NoCursor("out of range")
    return [number, digits]
