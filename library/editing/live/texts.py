"""A shared text while it is written: steps of about half a second each, which take in what others wrote meanwhile.

All steps of a sitting (from when somebody begins to write until they leave the text) are one action.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from documents.draft import Draft
from documents.segment import decode
from library.editing.actions import clean_text, write_text
from library.editing.assets import read_values
from library.editing.conflicts import Noun, Thing, find_thing, read_document
from library.editing.news import told
from library.editing.parts import STEP
from library.editing.standing import open_for_parts
from library.errors import Invalid
from library.models import Model
from library.replica.log import HELD, QUARANTINED
from library.workspace import Edit, Plan, Workspace
from store.database import Connection

FIELDS: Mapping[Noun, tuple[str, ...]] = MappingProxyType(
    {"asset": ("note",), "project": ("brief",), "album": ("notes",), "prompt": ("text", "negative", "notes")}
)
INTENTS: Mapping[Noun, str] = MappingProxyType(
    {"asset": "asset.note", "project": "project.edit", "album": "album.edit", "prompt": "prompt.edit"}
)


class Shared(Model, frozen=True, kw_only=True):
    """A text as it reads now; `action` is what undo takes, None where nothing changed."""

    text: str
    action: str | None


class Texts:
    """The shared texts of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def write(
        self, document: str, field: str, text: str, was: str, sitting: str | None = None, step: int | None = None
    ) -> Shared:
        """Make of a text what its writer made of it, who had read it as `was`: what others wrote since then stays.

        `sitting` is the action that this joins. With `step`, its number in the sitting, it is done once however often
        it is sent, and what others put in at the same place stands beside it, equal or not. Without, what stands there
        already is taken for the same. Where `text` is `was` nothing is written, and the text is read.
        """
        id = read_document(document)
        mine, base = clean_text(text, "/text"), clean_text(was, "/was")
        begun = bytes.fromhex(sitting) if sitting is not None else None
        if mine == base:
            return Shared(text=await self._workspace.database.read(lambda c: self._read(c, id, field)), action=None)
        params: dict[str, Any] = {}
        became: list[str] = []
        joined: list[bytes] = []
        intent = INTENTS[await self._workspace.database.read(lambda c: self._shared(c, id, field).kind)]

        def action(connection: Connection) -> bytes:
            assert begun is not None
            return open_for_parts(connection, begun)

        def edits(connection: Connection) -> list[Edit]:
            thing = self._shared(connection, id, field)
            became.clear()
            joined.clear()
            if begun is not None:
                _ensure_own(connection, self._workspace.device, begun, id)
                if step is not None and _is_done(connection, self._workspace.device, {begun, action(connection)}, step):
                    joined.append(action(connection))
            params.update(_params(thing, field) | ({} if step is None else {STEP: step}))

            def write(draft: Draft) -> None:
                if not joined:
                    write_text(draft, field, mine, base, beside=step is not None)
                became.append(draft.text(field))

            return [(id, write)]

        plan = Plan(intent, params, edits, action=None if begun is None else action)
        changed = told(self._workspace, await self._workspace.append(plan))
        return Shared(text=became[-1], action=joined[0].hex() if joined else changed.action)

    def _read(self, connection: Connection, id: bytes, field: str) -> str:
        self._shared(connection, id, field)
        return str(read_values(connection, id)[field])

    def _shared(self, connection: Connection, id: bytes, field: str) -> Thing:
        thing = find_thing(connection, self._workspace.id, id)
        if field not in FIELDS.get(thing.kind, ()):
            message = f"A {thing.kind} has no text {field[:40]!r}."
            raise Invalid(message, [("/field", "is no text of that")])
        return thing


def _params(thing: Thing, field: str) -> dict[str, Any]:
    return {"count": 1} if thing.kind == "asset" else {"name": thing.name, "fields": [field]}


def _ensure_own(connection: Connection, device: bytes, sitting: bytes, document: bytes) -> None:
    """A sitting is of one device at one document."""
    other = connection.execute(
        "SELECT 1 FROM segment AS s JOIN change AS c ON c.segment = s.id"
        " WHERE s.action=? AND (s.device<>? OR c.document<>?) AND c.state<>? LIMIT 1",
        (sitting, device, document, QUARANTINED),
    ).fetchone()
    if other is not None:
        raise Invalid("That sitting is another action.", [("/sitting", "is another action")])


def _is_done(connection: Connection, device: bytes, actions: Collection[bytes], step: int) -> bool:
    """Whether a step was written here before: they are sent one after the other."""
    for action in actions:
        row = connection.execute(
            "SELECT raw FROM segment WHERE action=? AND state=? AND device=? ORDER BY id DESC LIMIT 1",
            (action, HELD, device),
        ).fetchone()
        last = decode(row[0]).params.get(STEP) if row is not None else None
        if isinstance(last, int) and last >= step:
            return True
    return False
