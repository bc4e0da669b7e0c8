"""Which changes count: the role rule put together with the log. Pure, and computed anew from everything: the oracle.

What is kept up to date step by step elsewhere must come to the same sets. Plain tuples in, sets out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from documents.kinds import GENESIS_HEAD, genesis_objects
from identity.membership import Decision, Rule, allows, decide
from identity.operations import Operation, SeenTip


class ChangeRef(NamedTuple):
    """A change of a document. Two documents may hold the same bytes, so the hash alone names nothing."""

    document: bytes
    hash: bytes


class ChangeFacts(NamedTuple):
    """What a change's header says; void changes are left out before."""

    document: bytes
    hash: bytes
    deps: tuple[bytes, ...]
    actor: bytes
    seq: int
    start: int  # number of the first operation
    last: int  # number of the last operation


class SegmentFacts(NamedTuple):
    """As much of a held segment as the verdicts need; `prev` is empty for seq 1."""

    device: bytes
    incarnation: bytes
    seq: int
    prev: bytes
    auth: tuple[bytes, ...]
    changes: tuple[ChangeFacts, ...]


Segments = Mapping[bytes, SegmentFacts]  # by hash
Seen = Callable[[bytes], Callable[[tuple[SeenTip, ...]], bool]]  # of a segment: is it one of those tips, or before one


class Verdicts(NamedTuple):
    """What the operations and segments come to; every change of a held segment is accepted or in quarantine."""

    decision: Decision
    direct: frozenset[ChangeRef]  # accepted by the right of who wrote them, or by an admin's acceptance
    accepted: frozenset[ChangeRef]  # these and what they build on
    displaced: frozenset[ChangeRef]  # accepted, but another change of the same actor and seq has a smaller hash
    applied: frozenset[ChangeRef]
    quarantine: frozenset[ChangeRef]
    hidden: frozenset[bytes]  # segments that an admin took off the list of what is in quarantine


# The first change of each kind: its hash and the number of its last operation.
_GENESIS = {int(kind): (head, len(genesis_objects(kind))) for kind, head in GENESIS_HEAD.items()}


def judge(workspace: bytes, operations: Iterable[Operation], segments: Segments) -> Verdicts:
    """Judge every change of the held segments of a workspace, each by itself."""
    return weigh(Rule(decide(workspace, operations)), segments)


def weigh(rule: Rule, segments: Segments, seen: Seen | None = None) -> Verdicts:
    """`judge` with a rule that was made before; `seen` stands in for the walk along the chains of the held segments."""
    decision = rule.decision
    changes = {ChangeRef(c.document, c.hash): c for segment in segments.values() for c in segment.changes}
    direct = _direct(rule, segments, seen or _Chains(segments).seen)
    outcome = resolve(direct, changes)
    return Verdicts(
        decision,
        frozenset(direct),
        frozenset(outcome.accepted),
        frozenset(outcome.displaced),
        frozenset(outcome.applied),
        frozenset(changes.keys() - outcome.accepted),
        decision.named_by("discard"),
    )


class Outcome(NamedTuple):
    """What changes come to, given which of them count by themselves."""

    accepted: set[ChangeRef]
    displaced: set[ChangeRef]
    applied: set[ChangeRef]


def resolve(direct: Iterable[ChangeRef], changes: Mapping[ChangeRef, ChangeFacts]) -> Outcome:
    """Adoption, displacement and the order of applying; documents do not influence each other."""
    accepted = _adopted(direct, changes)
    taken = _undisplaced(accepted, changes)
    return Outcome(accepted, accepted - taken, _applied(taken, changes))


def _direct(rule: Rule, segments: Segments, seen: Seen) -> set[ChangeRef]:
    by_admin = rule.decision.named_by("accept")
    direct: set[ChangeRef] = set()
    for hash, segment in segments.items():
        role = rule.right(segment.device, segment.auth, seen(hash))
        direct.update(
            ChangeRef(change.document, change.hash)
            for change in segment.changes
            if hash in by_admin or allows(role, change.document[0])
        )
    return direct


class _Chains:
    """The held segments by the names that lowerings list them under."""

    def __init__(self, segments: Segments) -> None:
        self._segments = segments
        self._named: dict[SeenTip, list[bytes]] = {}
        for hash, segment in segments.items():
            name = SeenTip(segment.device, segment.incarnation, segment.seq, hash[:8])
            self._named.setdefault(name, []).append(hash)

    def seen(self, hash: bytes) -> Callable[[tuple[SeenTip, ...]], bool]:
        """Tells of tips whether the segment is one of them or before one."""
        return lambda tips: any(self._before(hash, tip) for tip in tips)

    def _before(self, hash: bytes, tip: SeenTip) -> bool:
        """Walks the chain: a seq alone would let a fork below the tip pass for what was seen."""
        segment = self._segments[hash]
        if (segment.device, segment.incarnation) != tip[:2] or segment.seq > tip.seq:
            return False
        return any(self._walk(end, segment.seq) == hash for end in self._named.get(tip, ()))

    def _walk(self, hash: bytes, seq: int) -> bytes | None:
        while (segment := self._segments.get(hash)) is not None and segment.seq > seq:
            hash = segment.prev
        return hash


def _adopted(direct: Iterable[ChangeRef], changes: Mapping[ChangeRef, ChangeFacts]) -> set[ChangeRef]:
    """With every accepted change goes what it builds on in the same document: an entitled writer merged it."""
    accepted = set(direct)
    queue = list(accepted)
    while queue:
        ref = queue.pop()
        for dep in changes[ref].deps:
            other = ChangeRef(ref.document, dep)
            if other in changes and other not in accepted:
                accepted.add(other)
                queue.append(other)
    return accepted


def _undisplaced(accepted: Iterable[ChangeRef], changes: Mapping[ChangeRef, ChangeFacts]) -> set[ChangeRef]:
    """Of a document's changes with equal actor and seq the one with the smallest hash (a device that runs twice)."""
    smallest: dict[tuple[bytes, bytes, int], ChangeRef] = {}
    for ref in accepted:
        place = (ref.document, changes[ref].actor, changes[ref].seq)
        smallest[place] = min(ref, smallest.get(place, ref))
    return set(smallest.values())


def _applied(taken: Iterable[ChangeRef], changes: Mapping[ChangeRef, ChangeFacts]) -> set[ChangeRef]:
    """The least fixpoint of docs/format.md, "When a change is applied"; numbers rise along it, so one pass will do."""
    applied: set[ChangeRef] = set()
    latest: dict[tuple[bytes, bytes], ChangeFacts] = {}  # by document and actor
    for ref in sorted(taken, key=lambda ref: (changes[ref].start, ref)):
        change = changes[ref]
        before = latest.get((change.document, change.actor))
        seq, number = (before.seq, before.last) if before else (0, 0)
        if change.seq == seq + 1 and change.start > number and _deps_applied(change, applied, changes):
            applied.add(ref)
            latest[change.document, change.actor] = change
    return applied


def _deps_applied(change: ChangeFacts, applied: set[ChangeRef], changes: Mapping[ChangeRef, ChangeFacts]) -> bool:
    genesis, operations = _GENESIS.get(change.document[0], (b"", 0))
    for dep in change.deps:
        ref = ChangeRef(change.document, dep)
        last = operations if dep == genesis else changes[ref].last if ref in applied else change.start
        if last >= change.start:
            return False
    return True
