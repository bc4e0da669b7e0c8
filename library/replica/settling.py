"""Verdicts as rows: which changes of the held segments are applied, and the documents that follow from them.

Changes are judged as their segments come to be held; earlier ones again only when an operation came to be known, or a
segment that a lowering lists as seen. The outcome is that of `verdicts.judge` over everything, in whatever order things
arrived. Runs inside a database transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from documents.change import ChangeHeader
from documents.engine import Document
from documents.errors import ChangeBroken, DependencyMissing, DocumentDamaged
from documents.kinds import Kind, kind_of
from documents.segment import Segment
from library.copies.named import trust_named
from library.replica.actions import rank_again, rank_silent_again, record_actions
from library.replica.applying import Row, add_changes, chunks_of
from library.replica.log import APPLIED, BROKEN, DISPLACED, QUARANTINED, WAITS, split_hashes
from library.replica.preparing import Begun, Change, changes_of
from library.replica.rights import Rights
from library.replica.shelf import Shelf, stale
from library.replica.verdicts import ChangeFacts, ChangeRef, resolve
from store.database import Connection

NOTHING: Mapping[bytes, Sequence[Change]] = MappingProxyType({})
ALL = 1 << 62  # above every row
AT_ONCE = 500  # documents asked for in one statement


class Fresh(NamedTuple):
    """A change of a newly held segment, and whether it counts by itself."""

    header: ChangeHeader
    chunk: bytes
    segment: int
    position: int
    direct: bool
    begun: Begun | None


class Settling:
    """Brings documents in line with what is held. `changed` are theirs; `lost` the actors of what fell out of them."""

    def __init__(self, connection: Connection, shelf: Shelf, rights: Rights) -> None:
        self._connection = connection
        self._shelf = shelf
        self._rights = rights
        self.changed: set[bytes] = set()
        self.lost: set[bytes] = set()
        self._judged = False  # whether all is judged anew
        self._turned: set[tuple[bytes, bytes]] = set()  # changes that went into quarantine, or out of it
        self._rows: list[Row] = []  # of the changes that are being taken
        self._written: list[tuple[bytes, Document]] = []  # by them
        self._begun: list[tuple[bytes, Begun]] = []

    def take(self, held: Sequence[tuple[int, Segment]], prepared: Mapping[bytes, Sequence[Change]] = NOTHING) -> None:
        """Judge the changes of newly held segments and apply what may be; `prepared`: changes by their segment's hash.

        What was not prepared is read here.
        """
        unsettled = self._unsettled()
        self._rows, self._written, self._begun = [], [], []
        changes = self._read(held, prepared)
        known = self._known(list(changes))
        slow = [
            document
            for document, fresh in changes.items()
            if not self._take_document(document, fresh, document in known, document in unsettled)
        ]
        add_changes(self._connection, self._rows)
        self._shelf.put_new(self._connection, self._begun)
        self._shelf.put_back(self._connection, self._written)
        for document in slow:
            self.resolve(document)
        record_actions(self._connection, held, self._rights.heard)
        self.tell_again(held[0][0] if held else ALL)
        stale(self._connection, self.changed)

    def judge_again(self) -> None:
        """Judge every change anew: the rights of old segments may have changed. `tell_again` or `take` must follow."""
        self._judged = True
        entitled: dict[tuple[bytes, bytes], bool] = {}
        roles = {
            row: (hash, self._rights.role(hash, device, split_hashes(auth)))
            for row, hash, device, auth in self._connection.execute(
                "SELECT id, hash, device, auth FROM segment WHERE state=1"
            ).fetchall()
        }
        for document, hash, row in self._connection.execute(
            "SELECT document, hash, segment FROM change UNION ALL SELECT document, hash, segment FROM again"
        ):
            ref = document, hash
            entitled[ref] = entitled.get(ref, False) or self._rights.entitled(*roles[row], document)
        turned = [
            (not direct, document, hash)
            for document, hash, direct in self._connection.execute("SELECT document, hash, direct FROM change")
            if bool(direct) != entitled[document, hash]
        ]
        self._connection.executemany("UPDATE change SET direct=? WHERE document=? AND hash=?", turned)
        for document in sorted({document for _, document, _ in turned}):
            self.resolve(document)
        trust_named(self._connection, sorted(self._segments_of(turned)))
        stale(self._connection, self.changed)

    def tell_again(self, before: int = ALL) -> None:
        """Say anew what actions are whose verdicts turned, in segments held before a row. `take` does it."""
        rank_again(self._connection, self._turned, before, self._rights.heard)
        self._turned.clear()
        if self._judged:
            rank_silent_again(self._connection, self._rights.heard)
            self._judged = False

    def _segments_of(self, turned: Iterable[tuple[bool, bytes, bytes]]) -> set[int]:
        """Of the changes that count from now on."""
        query = "SELECT segment FROM change WHERE document=? AND hash=?"
        return {
            row
            for direct, document, hash in turned
            if direct
            for (row,) in self._connection.execute(query, (document, hash))
        }

    def _unsettled(self) -> set[bytes]:
        """Documents that have a change which is not applied."""
        return {id for (id,) in self._connection.execute("SELECT DISTINCT document FROM change WHERE state<>1")}

    def _known(self, documents: Sequence[bytes]) -> set[bytes]:
        """Those that have changes already."""
        found: set[bytes] = set()
        for start in range(0, len(documents), AT_ONCE):
            some = documents[start : start + AT_ONCE]
            marks = ", ".join("?" * len(some))
            found.update(
                id
                for (id,) in self._connection.execute(
                    f"SELECT DISTINCT document FROM change WHERE document IN ({marks})", some
                )
            )
        return found

    def _read(
        self, held: Iterable[tuple[int, Segment]], prepared: Mapping[bytes, Sequence[Change]]
    ) -> dict[bytes, dict[bytes, Fresh]]:
        """The changes of some segments by document and hash; void ones are noted and left out."""
        found: dict[bytes, dict[bytes, Fresh]] = {}
        void: list[tuple[int, int, bytes, str]] = []
        again: list[tuple[bytes, bytes, int]] = []
        for row, segment in held:
            role = self._rights.role(segment.hash, segment.device, segment.auth)
            for position, document, chunk, header, begun in prepared.get(segment.hash) or changes_of(segment):
                if isinstance(header, str):
                    void.append((row, position, document, header))
                    continue
                direct = self._rights.entitled(segment.hash, role, document)
                changes = found.setdefault(document, {})
                if header.hash in changes:
                    again.append((document, header.hash, row))
                    direct = direct or changes[header.hash].direct
                    changes[header.hash] = changes[header.hash]._replace(direct=direct)
                else:
                    changes[header.hash] = Fresh(header, chunk, row, position, direct, begun)
        self._connection.executemany("INSERT INTO void VALUES(?, ?, ?, ?)", void)
        self._connection.executemany("INSERT OR IGNORE INTO again VALUES(?, ?, ?)", again)
        return found

    def _take_document(self, id: bytes, fresh: dict[bytes, Fresh], known: bool, unsettled: bool) -> bool:
        """Record a document's new changes and apply them the short way; False when it has to be resolved."""
        turned = known and self._set_aside_known(id, fresh)
        kind = kind_of(id)
        if unsettled or turned or kind is None or not all(each.direct for each in fresh.values()):
            self._record(id, fresh, QUARANTINED)
            return not (fresh or turned)
        if not fresh:
            return True
        first = next(iter(fresh.values()))
        if first.begun is not None and len(fresh) == 1 and not known:
            self._record(id, fresh, APPLIED)
            self._begun.append((id, first.begun))
            self.changed.add(id)
            return True
        try:
            document = self._shelf.take(self._connection, id) if known else self._shelf.begin(id)
            document.apply([each.chunk for each in fresh.values()], [each.header for each in fresh.values()])
        except (DependencyMissing, DocumentDamaged):
            self._shelf.forget([id])
            self._record(id, fresh, QUARANTINED)
            return False
        self._record(id, fresh, APPLIED)
        self._written.append((id, document))
        self.changed.add(id)
        return True

    def _set_aside_known(self, id: bytes, fresh: dict[bytes, Fresh]) -> bool:
        """Take those out of `fresh` that another segment brought before; True when one of them counts only now."""
        turned = False
        for hash in list(fresh):
            row = self._connection.execute(
                "SELECT direct FROM change WHERE document=? AND hash=?", (id, hash)
            ).fetchone()
            if row is None:
                continue
            each = fresh.pop(hash)
            self._connection.execute("INSERT OR IGNORE INTO again VALUES(?, ?, ?)", (id, hash, each.segment))
            if each.direct and not row[0]:
                self._connection.execute("UPDATE change SET direct=1 WHERE document=? AND hash=?", (id, hash))
                turned = True
        return turned

    def _record(self, id: bytes, fresh: dict[bytes, Fresh], state: int) -> None:
        self._rows += [(id, each.header, each.segment, each.position, each.direct, state) for each in fresh.values()]

    def resolve(self, id: bytes) -> None:
        """Settle one document by all its changes: the long way, which the short one must come to."""
        rows = self._connection.execute(
            "SELECT hash, deps, author, seq, start, last, direct, state FROM change WHERE document=? ORDER BY hash",
            (id,),
        ).fetchall()
        changes = {
            ChangeRef(id, hash): ChangeFacts(id, hash, split_hashes(deps), author, seq, start, last)
            for hash, deps, author, seq, start, last, _, _ in rows
        }
        outcome = resolve({ChangeRef(id, row[0]) for row in rows if row[6]}, changes)
        had = {row[0] for row in rows if row[7] == APPLIED}
        kind = kind_of(id)
        wanted = {ref.hash for ref in outcome.applied} if kind is not None else set()
        applied, broken = (set(), set()) if kind is None else self._rewrite(id, kind, had, wanted)
        states = []
        for row in rows:
            ref = ChangeRef(id, row[0])
            if ref.hash in applied:
                state = APPLIED
            elif ref.hash in broken:
                state = BROKEN
            elif ref in outcome.displaced:
                state = DISPLACED
            else:
                state = WAITS if ref in outcome.accepted else QUARANTINED
            if state != row[7]:
                states.append((state, id, ref.hash))
            if QUARANTINED in (row[7], state) and state != row[7]:
                self._turned.add((id, ref.hash))
            if row[7] == APPLIED and state != APPLIED:
                self.lost.add(row[2])
        self._connection.executemany("UPDATE change SET state=? WHERE document=? AND hash=?", states)

    def _rewrite(self, id: bytes, kind: Kind, had: set[bytes], wanted: set[bytes]) -> tuple[set[bytes], set[bytes]]:
        """Bring a document from some applied changes to others; gives those it has now, and those it cannot take."""
        document = self._as_it_stands(id, kind, had, wanted)
        remade = document is None
        if document is None:
            document = Document.new(kind)
        broken: set[bytes] = set()
        left: set[bytes] = set()
        try:
            document.apply(chunks_of(self._connection, id, wanted if remade else wanted - had))
        except DependencyMissing as error:
            left = set(error.waiting)
        except ChangeBroken as error:
            broken, left = set(error.changes), {*error.changes, *error.waiting}
        if remade or wanted - left != had:
            self._shelf.put_back(self._connection, [(id, document)])
            self.changed.add(id)
        return wanted - left, broken

    def _as_it_stands(self, id: bytes, kind: Kind, had: set[bytes], wanted: set[bytes]) -> Document | None:
        """The document to go on from; None when it must be made anew: something falls out, or it cannot be read."""
        if had and had <= wanted:
            try:
                return self._shelf.take(self._connection, id)
            except DocumentDamaged:
                return None
        self._shelf.forget([id])
        return None if had else Document.new(kind)
