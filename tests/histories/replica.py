"""A device in memory: the product's segments, documents, delivery and role rule, put together without files or SQL.

What a mutant may spoil is a method of its own; mutants.py overrides them.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from documents.change import read_header
from documents.delivery import Want
from documents.digest import SHARDS, digest, line, shard_digest, shard_of
from documents.draft import Draft
from documents.engine import Document
from documents.errors import ChangeVoid, DocumentsError, SegmentRefused
from documents.kinds import Kind
from documents.segment import (
    SIGNATURE,
    SIGNED_PREFIX,
    ChangeEntry,
    Entry,
    OperationEntry,
    Segment,
    Tip,
    actor_of,
    decode,
    encode,
    signed_part,
)
from identity.errors import OperationRefused
from identity.keys import DeviceKey, verify
from identity.lineage import belongs
from identity.membership import Rule, heads_to_name, operation_heads
from identity.operations import Argument, Operation, SeenTip, decode_operation, encode_operation, operation_message
from library.replica.verdicts import ChangeFacts, ChangeRef, SegmentFacts, Verdicts
from tests.histories.pieces import Pieces, in_force

Write = Callable[[Draft], None]
KINDS = frozenset(Kind)
_EMPTY_SHARD = shard_digest([])


class Failure(AssertionError):
    """A promise of the log does not hold."""


class World:
    """What all replicas of one history share: chance, and work that need not be done twice."""

    def __init__(self, seed: int, pieces: Pieces | None = None) -> None:
        self.chance = random.Random(seed)
        self.pieces = pieces or in_force()
        self.segments: dict[bytes, Segment] = {}  # by raw
        self.facts: dict[bytes, SegmentFacts] = {}  # by segment
        self.chunks: dict[ChangeRef, bytes] = {}
        self.operations: dict[bytes, Operation] = {}  # by raw
        self.rules: dict[frozenset[bytes], Rule] = {}
        self.trace = hashlib.sha256()

    def note(self, *parts: bytes) -> None:
        """The trace is one hash over all that happened, to see whether the same seed does the same."""
        for part in parts:
            self.trace.update(part)

    def segment(self, raw: bytes) -> Segment:
        if raw not in self.segments:
            segment = decode(raw)
            if not verify(segment.device, signed_part(raw), raw[-64:]):
                raise SegmentRefused("signature", "not signed by its device")
            self.segments[raw] = segment
        return self.segments[raw]

    def operation(self, raw: bytes) -> Operation:
        if raw not in self.operations:
            operation = decode_operation(raw)
            if not verify(operation.author, operation_message(raw), raw[-64:]):
                raise OperationRefused("signature", "not signed by its author")
            self.operations[raw] = operation
        return self.operations[raw]

    def rule(self, workspace: bytes, operations: Mapping[bytes, Operation]) -> Rule:
        """The rule of a set of operations; the same object for the same set."""
        key = frozenset(operations)
        if key not in self.rules:
            self.rules[key] = self.pieces.Rule(self.pieces.decide(workspace, operations.values()))
        return self.rules[key]

    def facts_of(self, segment: Segment) -> SegmentFacts:
        """What the verdicts need of a segment; void changes are left out."""
        if segment.hash not in self.facts:
            self.facts[segment.hash] = self._read(segment)
        return self.facts[segment.hash]

    def _read(self, segment: Segment) -> SegmentFacts:
        changes = []
        for entry in changes_of(segment):
            kind = Kind(entry.document[0]) if entry.document[0] in KINDS else None
            try:
                header = self.pieces.read_header(entry.change, kind)
                self.pieces.check_actor(header, segment.actor)
            except ChangeVoid:
                continue
            self.chunks[ChangeRef(entry.document, header.hash)] = entry.change
            changes.append(
                ChangeFacts(
                    entry.document, header.hash, header.deps, header.actor, header.seq, header.start, header.last
                )
            )
        return SegmentFacts(
            segment.device, segment.incarnation, segment.seq, segment.prev, segment.auth, tuple(changes)
        )


class Edit(NamedTuple):
    document: bytes
    write: Write


class Replica:
    """One device of one member."""

    def __init__(self, name: str, key: DeviceKey, member: bytes, workspace: bytes, world: World) -> None:
        self.name, self.key, self.member, self.workspace, self.world = name, key, member, workspace, world
        self.operations: dict[bytes, Operation] = {}
        self.early: dict[bytes, Operation] = {}  # operations whose past is not known yet
        self.held: dict[bytes, Segment] = {}
        self.waiting: dict[bytes, Segment] = {}
        self.named: dict[Tip, list[bytes]] = {}
        self.after: dict[bytes, list[bytes]] = {}
        self.documents: dict[bytes, Document] = {}
        self.applied: dict[bytes, frozenset[bytes]] = {}
        self.dirty = True
        self.verdicts: Verdicts
        self.rebuilds = 0
        self.begin_incarnation()

    @property
    def public(self) -> bytes:
        return self.key.public

    # Who it is

    def begin_run(self) -> None:
        self.run = self.world.chance.randbytes(16)

    def begin_incarnation(self) -> None:
        self.incarnation = self.world.chance.randbytes(16)
        self.tip, self.seq = b"", 0
        self.declared: frozenset[Tip] = frozenset()
        self.begin_run()

    def actor(self) -> bytes:
        return actor_of(self.public, self.incarnation, self.run)

    def copy(self, name: str) -> Replica:
        """The same disk in another machine, or a backup: same incarnation, its daemon starts anew."""
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.name = name
        for field in ("operations", "early", "held", "waiting"):
            setattr(twin, field, dict(getattr(self, field)))
        twin.named = {tip: list(hashes) for tip, hashes in self.named.items()}
        twin.after = {hash: list(hashes) for hash, hashes in self.after.items()}
        twin.documents, twin.applied, twin.dirty = {}, {}, True
        twin.begin_run()
        return twin

    # What it knows

    def tips(self) -> dict[Tip, bytes]:
        """Held segments without a held successor."""
        return {self.held[hash].tip: hash for hash in self.held if hash not in self.after}

    def vector(self) -> list[Tip]:
        return sorted(self.tips())

    def send_operations(self, target: Replica) -> None:
        """Operations are a set of their own and go before the segments: one may be known from a segment that waits."""
        for hash, operation in self.operations.items():
            if hash not in target.operations:
                target.take_operation(operation.raw)

    def lacking(self, theirs: Sequence[Tip]) -> list[Segment]:
        """What a peer that told this vector is sent."""
        links = self.world.pieces.needs(theirs, self.vector(), self.find, self.held.get)
        return [self.held[link.hash] for link in links]

    def find(self, tip: Tip) -> Segment | None:
        hashes = self.named.get(tip)
        return self.held[min(hashes)] if hashes else None

    def seen_of(self, devices: Iterable[bytes]) -> list[SeenTip]:
        """The tips of these devices, for a lowering."""
        chosen = set(devices)
        tips = [(self.held[hash].device, tip) for tip, hash in self.tips().items()]
        return sorted(SeenTip(device, *tip) for device, tip in tips if device in chosen)

    def take_operation(self, raw: bytes) -> None:
        operation = self.world.operation(raw)
        if operation.hash in self.operations or operation.hash in self.early or not self.is_ours(operation):
            return
        self.early[operation.hash] = operation
        while ready := [each for each in self.early.values() if all(h in self.operations for h in each.prev)]:
            for each in ready:
                self.operations[each.hash] = self.early.pop(each.hash)
            self.dirty = True

    def is_ours(self, operation: Operation) -> bool:
        return belongs(operation, self.workspace)

    def read(self, raw: bytes) -> Segment:
        """An authentic segment of this workspace. Raises SegmentRefused for anything else."""
        segment = self.world.segment(raw)
        if segment.workspace != self.workspace:
            raise SegmentRefused("foreign", "of another workspace")
        return segment

    def receive(self, raw: bytes) -> None:
        segment = self.read(raw)
        if segment.hash in self.held or segment.hash in self.waiting:
            return
        for entry in segment.entries:
            if isinstance(entry, OperationEntry):
                self.take_operation(entry.raw)
        self.waiting[segment.hash] = segment
        self.drain()

    def missing(self, segment: Segment) -> list[Want]:
        known = (self.held.get, self.clock_of, self.operations.__contains__)
        wants: list[Want] = self.world.pieces.missing(segment, *known)
        return wants

    def clock_of(self, tip: Tip) -> int | None:
        return max((self.held[hash].clock for hash in self.named.get(tip, ())), default=None)

    def drain(self) -> None:
        """Hold whatever may be held by now."""
        while ready := [each for each in self.waiting.values() if not self.missing(each)]:
            for each in ready:
                del self.waiting[each.hash]
                self.hold(each)

    def hold(self, segment: Segment) -> None:
        self.held[segment.hash] = segment
        self.named.setdefault(segment.tip, []).append(segment.hash)
        if segment.prev:
            self.after.setdefault(segment.prev, []).append(segment.hash)
        self.dirty = True
        if (segment.device, segment.incarnation) == (self.public, self.incarnation) and segment.hash != self.tip:
            self.meet_own(segment)

    def meet_own(self, segment: Segment) -> None:
        """A segment of ours that we do not know: this device was cloned or restored."""
        self.begin_incarnation()

    # What counts

    def rule(self) -> Rule:
        return self.world.rule(self.workspace, self.operations)

    def known_heads(self) -> list[bytes]:
        """The membership heads that its segments name."""
        return heads_to_name(self.rule().decision, self.public)

    def facts(self) -> dict[bytes, SegmentFacts]:
        return {hash: self.world.facts_of(segment) for hash, segment in self.held.items() if segment.understood}

    def weigh(self) -> Verdicts:
        verdicts: Verdicts = self.world.pieces.weigh(self.rule(), self.facts())
        return verdicts

    def settle(self) -> None:
        """Judge, and bring the documents in line."""
        if not self.dirty:
            return
        self.dirty = False
        self.verdicts = self.weigh()
        wanted: dict[bytes, set[bytes]] = {}
        for document, hash in self.verdicts.applied:
            wanted.setdefault(document, set()).add(hash)
        fell_out = False
        for document in sorted(wanted.keys() | self.applied.keys()):
            fell_out |= self._settle_document(document, frozenset(wanted.get(document, ())))
        if fell_out:
            self.lose_own()

    def lose_own(self) -> None:
        """Changes fell out of documents: numbers of ours may be taken, so go on as another actor."""
        self.begin_run()

    def _settle_document(self, id: bytes, wanted: frozenset[bytes]) -> bool:
        had = self.applied.get(id, frozenset())
        fell_out = not had <= wanted
        if fell_out:
            self.documents.pop(id, None)
            self.rebuilds += 1
            had = frozenset()
        fresh = sorted(wanted - had)
        if fresh:
            self.world.chance.shuffle(fresh)
            document = self.documents.get(id) or Document.new(Kind(id[0]))
            self._apply(document, [self.world.chunks[ChangeRef(id, hash)] for hash in fresh])
            self.documents[id] = document
        if wanted:
            self.applied[id] = wanted
        else:
            self.applied.pop(id, None)
            self.documents.pop(id, None)
        return fell_out

    def _apply(self, document: Document, changes: Sequence[bytes]) -> None:
        try:
            document.apply(changes)
        except DocumentsError as error:
            raise Failure(f"the engine cannot take what the rule lets in: {type(error).__name__}") from error

    def digest(self) -> bytes:
        self.settle()
        shards: list[list[bytes]] = [[] for _ in range(SHARDS)]
        for id, document in self.documents.items():
            shards[shard_of(id)].append(line(id, document.heads()))
        digests = [shard_digest(lines) if lines else _EMPTY_SHARD for lines in shards]
        return digest(digests, operation_heads(self.operations))

    # What it writes

    def operation(
        self,
        kind: str,
        subject: bytes,
        argument: Argument = None,
        *,
        prev: Iterable[bytes] | None = None,
        seen: Iterable[SeenTip] = (),
        workspace: bytes | None = None,
    ) -> Operation:
        """Sign an operation at the heads known here, or at others."""
        made = encode_operation(
            workspace=self.workspace if workspace is None else workspace,
            kind=kind,
            subject=subject,
            argument=argument,
            prev=heads_to_name(self.rule().decision) if prev is None else prev,
            seen=seen,
            author=self.public,
            nonce=self.world.chance.randbytes(16),
            sign=self.key.sign,
        )
        self.world.operations[made.raw] = made
        return made

    def edit(
        self,
        edits: Iterable[Edit] = (),
        operations: Iterable[Operation] = (),
        *,
        auth: Iterable[bytes] | None = None,
        fork: tuple[bytes, int] | None = None,
        deps: Iterable[Tip] | None = None,
        entries: Iterable[Entry] = (),
        clock: int | None = None,
        settle: bool = True,
    ) -> Segment:
        """Write one segment. `auth` (older heads), `fork` (another place in the own chain), `deps` (other than what was
        read), `clock` (another than follows) and not settling before are what a patched client may do.
        """
        if settle:
            self.settle()
        written: list[Entry] = [entry for edit in edits for entry in self._write(edit)]
        for operation in operations:
            self.take_operation(operation.raw)
            written.append(OperationEntry(operation.raw))
        return self._append([*written, *entries], auth, fork, deps, clock)

    def document_of(self, id: bytes) -> Document:
        """The document as it stands here, or as all begin."""
        return self.documents.setdefault(id, Document.new(Kind(id[0])))

    def append_change(self, id: bytes, change: bytes) -> Segment:
        """Write a segment with bytes that the own documents know nothing of."""
        return self._append([ChangeEntry(id, change)])

    def append_later_version(self) -> Segment:
        """Write a segment as a program of another version may: the first nine fields are as ever."""
        template = self._append([], hold=False)
        fields: list[msgspec.Raw] = msgspec.msgpack.decode(template.raw[:-SIGNATURE], type=list[msgspec.Raw])
        body = msgspec.msgpack.encode([2, *fields[1:9], "anything", {"more": [1, None]}])
        segment = decode(body + self.key.sign(SIGNED_PREFIX + body))
        self.world.segments[segment.raw] = segment
        self._follow(segment, self.others())
        return segment

    def _write(self, edit: Edit) -> list[ChangeEntry]:
        document = self.documents.get(edit.document) or Document.new(Kind(edit.document[0]))
        change = document.edit(self.actor(), edit.write)
        if change is None:
            return []
        self.documents[edit.document] = document
        have = self.applied.get(edit.document, frozenset())
        self.applied[edit.document] = have | {read_header(change).hash}
        return [ChangeEntry(edit.document, change)]

    def others(self) -> frozenset[Tip]:
        """How a segment names the tips of everybody else."""
        return frozenset(tip for tip, hash in self.tips().items() if hash != self.tip)

    def _append(
        self,
        entries: list[Entry],
        auth: Iterable[bytes] | None = None,
        fork: tuple[bytes, int] | None = None,
        deps: Iterable[Tip] | None = None,
        clock: int | None = None,
        hold: bool = True,
    ) -> Segment:
        others = self.others()
        prev, seq = (self.tip, self.seq + 1) if fork is None else fork
        read = tuple(others - self.declared if deps is None else deps)
        before = self.held[prev].clock if prev in self.held else 0
        follows = 1 + max([before, *(self.clock_of(tip) or 0 for tip in read)])
        segment = encode(
            workspace=self.workspace,
            device=self.public,
            incarnation=self.incarnation,
            run=self.run,
            seq=seq,
            prev=prev,
            deps=read,
            auth=tuple(self.known_heads() if auth is None else auth),
            clock=follows if clock is None else clock,
            time=0,
            action=bytes(16),
            intent="test",
            params={},
            entries=entries,
            sign=self.key.sign,
        )
        if not hold:
            return segment
        self.world.segments[segment.raw] = segment
        self.world.note(segment.hash)
        if fork is None:
            self._follow(segment, others)
        else:
            self.receive(segment.raw)
        return segment

    def _follow(self, segment: Segment, others: frozenset[Tip]) -> None:
        self.tip, self.seq, self.declared = segment.hash, segment.seq, others
        self.hold(segment)


def changes_of(segment: Segment) -> list[ChangeEntry]:
    return [entry for entry in segment.entries if isinstance(entry, ChangeEntry)]


def refs_of(segment: Segment) -> list[ChangeRef]:
    """The changes of a segment, void or not."""
    return [ChangeRef(entry.document, read_header(entry.change).hash) for entry in changes_of(segment)]
