"""Who put each value of a conflict map, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from documents.change import read_header
from documents.kinds import Kind, genesis_objects
from documents.segment import ChangeEntry, Entry, decode
from library.models import Candidate
from library.replica.log import APPLIED, split_hashes
from library.replica.shelf import loaded
from store.database import Connection

DeviceName = Callable[[bytes], str]
AT_HAND = 8  # segments


class Written(NamedTuple):
    """A change that wrote a field: by which device, when, and what it builds on."""

    device: bytes
    time: int
    hash: bytes
    deps: tuple[bytes, ...]


class Authors:
    """Of the changes that a writer made to a document the last one that put the value there."""

    def __init__(self, connection: Connection, device_name: DeviceName) -> None:
        self._connection = connection
        self._device_name = device_name
        self._entries: dict[int, tuple[Entry, ...]] = {}  # of the last segments: one action changes many documents

    def of(self, document: bytes, field: str, writer: str, value: Any) -> tuple[str, int]:
        """The device's name and its time; of a writer of whom no change is held the beginning of its key, and 0."""
        actor = actor_in(writer)
        written = list(self._changes(document, field, actor))
        if len(written) > 1:
            # Others settled or opened again what stood already, or wrote something else first.
            written = self._putting(document, field, actor, value, written)[:1] or written
        for device, time, _, _ in written:
            return self._device_name(device), time
        return (actor.hex() or writer)[:8], 0

    def _putting(
        self, document: bytes, field: str, actor: bytes, value: Any, written: Sequence[Written]
    ) -> list[Written]:
        """Those that put the value under the writer's own key."""
        held, key = loaded(self._connection, document), actor.hex()

        def said(heads: Sequence[bytes]) -> Any:
            return held.read(heads)[field].get(key)

        return [each for each in written if said([each.hash]) == value != said(each.deps)]

    def _changes(self, document: bytes, field: str, actor: bytes) -> Iterator[Written]:
        """The changes of an actor that wrote a field, the last first."""
        number = [name for name, _ in genesis_objects(Kind(document[0]))].index(field) + 1
        rows = self._connection.execute(
            "SELECT s.id, s.device, s.time, c.hash, c.deps, c.position FROM change AS c JOIN segment AS s"
            " ON s.id = c.segment WHERE c.document=? AND c.author=? AND c.state=? ORDER BY c.seq DESC",
            (document, actor, APPLIED),
        )
        for segment, device, time, hash, deps, position in rows:
            entry = self._entries_of(segment)[position]
            if isinstance(entry, ChangeEntry) and number in read_header(entry.change).maps:
                yield Written(device, time, hash, split_hashes(deps))

    def _entries_of(self, segment: int) -> tuple[Entry, ...]:
        found = self._entries.pop(segment, None)
        if found is None:
            (raw,) = self._connection.execute("SELECT raw FROM segment WHERE id=?", (segment,)).fetchone()
            found = decode(raw).entries
            if len(self._entries) >= AT_HAND:
                self._entries.pop(next(iter(self._entries)))
        self._entries[segment] = found
        return found


def actor_in(writer: str) -> bytes:
    """The actor that a key of a conflict map names; empty for a stranger's key that names none."""
    try:
        return bytes.fromhex(writer.rpartition("~")[2])
    except ValueError:
        return b""


def candidates_of(authors: Authors, id: bytes, fields: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Candidate]]:
    """Of each field in conflict every writer's value, whose, and when it was set."""

    def candidate(field: str, writer: str, value: Any) -> Candidate:
        device, when = authors.of(id, field, writer, value)
        return Candidate(value=value, device=device, when=when)

    return {field: [candidate(field, *each) for each in sorted(held.items())] for field, held in fields.items()}
