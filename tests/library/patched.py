"""A patched client: signs with its device's key whatever it likes, and asks nobody whether it may."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from documents.draft import Draft
from documents.engine import Document
from documents.kinds import Kind
from documents.segment import ChangeEntry, Entry, Segment, Tip, actor_of, encode
from library.catalog import Library

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Patched:
    """Goes on from what a real device holds, as a chain of its own."""

    def __init__(self, library: Library, incarnation: bytes = b"p" * 16) -> None:
        self._library = library
        self._incarnation = incarnation
        self._run = b"r" * 16
        self._tip, self._seq = b"", 0
        self._documents: dict[bytes, Document] = {}

    @property
    def actor(self) -> bytes:
        return actor_of(self._library.workspace.device, self._incarnation, self._run)

    def change(self, id: bytes, edit: Callable[[Draft], None]) -> ChangeEntry:
        """A change built on the document as the device has it, and on what was made here before."""
        change = self.document(id).edit(self.actor, edit)
        assert change is not None
        return ChangeEntry(id, change)

    def write(self, *edits: tuple[bytes, Callable[[Draft], None]], auth: Iterable[bytes] | None = None) -> Segment:
        """One segment with one change per edit."""
        return self.sign([self.change(id, edit) for id, edit in edits], auth)

    def sign(
        self,
        entries: Sequence[Entry],
        auth: Iterable[bytes] | None = None,
        clock: int | None = None,
        deps: Sequence[Tip] = (),
        action: bytes | None = None,
        intent: str = "asset.edit",
        params: Mapping[str, Any] = NOTHING,
    ) -> Segment:
        """One segment with any entries and words, next on the chain."""
        workspace = self._library.workspace
        segment = encode(
            workspace=workspace.id,
            device=workspace.device,
            incarnation=self._incarnation,
            run=self._run,
            seq=self._seq + 1,
            prev=self._tip,
            deps=deps,
            auth=tuple(workspace.members.heads if auth is None else auth),
            clock=self._seq + 1 if clock is None else clock,
            time=0,
            action=self._seq.to_bytes(16, "big") if action is None else action,
            intent=intent,
            params=dict(params),
            entries=entries,
            sign=workspace.key.sign,
        )
        self._tip, self._seq = segment.hash, segment.seq
        return segment

    def document(self, id: bytes) -> Document:
        if id not in self._documents:
            row = self._library.workspace.database.read_now(
                lambda connection: connection.execute("SELECT saved FROM document WHERE id=?", (id,)).fetchone()
            )
            kind = Kind(id[0])
            self._documents[id] = Document.load(kind, row[0]) if row else Document.new(kind)
        return self._documents[id]


def force(draft: Draft, field: str, key: str, value: object) -> None:
    """Write any value under any key of a map, which an honest draft refuses."""
    draft._transaction.put(draft._objects[field], key, value)  # type: ignore[arg-type]


def force_scalar(draft: Draft, field: str, value: object) -> None:
    draft._transaction.put(None, field, value)  # type: ignore[arg-type]
