"""The role rule: which operations count, and what a device may write. A pure function of the set of operations.

Every device comes to the same decision from the same set, in whatever order it arrived. Signatures are checked before
(`keys.verify`); what segments a device has written is the caller's, who says which of them a lowering had seen.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Mapping, Set
from typing import NamedTuple, cast

from identity.lineage import Operations, ancestors, descendants, operation_heads, rooted, successors
from identity.operations import Operation, SeenTip
from identity.standing import RANK, Outcome, Role, Standing, allows, lower

__all__ = [
    "RANK",
    "Decision",
    "Lowering",
    "Role",
    "Rule",
    "Standing",
    "allows",
    "decide",
    "heads_to_name",
    "operation_heads",
]


class Lowering(NamedTuple):
    """An operation that took something away: a member's role, all of it or down to `limit`, or a device."""

    hash: bytes
    device: bytes | None  # the revoked one
    member: bytes | None  # the removed or demoted one
    limit: Role | None  # what is left
    seniority: int  # of the author when it took effect
    seen: tuple[SeenTip, ...]  # the subject's work that the author had seen

    def concerns(self, device: bytes, owner: bytes | None) -> bool:
        """Whether it is aimed at this device or at its owner."""
        return device == self.device if self.device is not None else owner is not None and owner == self.member


class Decision(NamedTuple):
    """What the whole set of operations comes to."""

    operations: Operations  # those of the workspace whose past is known
    standing: Standing
    entitled: frozenset[bytes]  # hashes; entitled ones count, even if they changed nothing
    lowerings: Mapping[bytes, Lowering]  # the effective ones, by hash
    void: frozenset[bytes]  # hashes of what a lowering that had not seen them undid

    def named_by(self, kind: str) -> frozenset[bytes]:
        """All hashes in the arguments of the entitled operations of a kind: `accept` or `discard`."""
        found: set[bytes] = set()
        for hash in self.entitled:
            operation = self.operations[hash]
            if operation.kind == kind and isinstance(operation.argument, list):
                found.update(operation.argument)
        return frozenset(found)


class _Run(NamedTuple):
    """One pass over some operations in order."""

    standing: Standing
    entitled: frozenset[bytes]
    lowerings: dict[bytes, Lowering]


def decide(workspace: bytes, operations: Iterable[Operation]) -> Decision:
    """Judge the operations of a workspace (its id is the hash of its create operation).

    Lowerings win over what they had not seen, the most senior author's first: else a removed admin could back-date a
    removal of his own, which would sort before the one that hit him.
    """
    known = rooted(workspace, operations)
    after = successors(known)
    void: set[bytes] = set()
    settled: set[bytes] = set()
    run = _evaluate(known, known.keys(), void)
    while open := [(each.seniority, hash) for hash, each in run.lowerings.items() if hash not in settled]:
        _, first = min(open)
        settled.add(first)
        undone = _undone(known, after, run, run.lowerings[first]) - void
        if undone:  # else the next pass would be the same as this one
            void |= undone
            run = _evaluate(known, known.keys(), void)
    return Decision(known, run.standing, run.entitled, run.lowerings, frozenset(void))


def _undone(known: Operations, after: Mapping[bytes, list[bytes]], run: _Run, lowering: Lowering) -> set[bytes]:
    """The subject's operations that are neither before nor after the lowering."""
    related = ancestors(known, [lowering.hash]) | descendants(after, lowering.hash)
    return {
        hash
        for hash, operation in known.items()
        if hash not in related and lowering.concerns(operation.author, run.standing.owner_of(operation.author))
    }


def _evaluate(known: Operations, among: Collection[bytes], void: Set[bytes]) -> _Run:
    """Apply some operations in order: after what they name; lowerings first, then by the author's seniority, then hash.

    `among` must hold whatever its members name as before them. A void operation takes its place, but is not applied.
    """
    standing, entitled, lowerings = Standing(), set(), {}
    waits = {hash: len(known[hash].prev) for hash in among}
    after = successors({hash: known[hash] for hash in among})
    ready = _Ready(standing, [known[hash] for hash, count in waits.items() if not count])
    while (operation := ready.take()) is not None:
        hash = operation.hash
        if hash not in void:
            lowering = _as_lowering(standing, operation)
            outcome = standing.apply(operation)
            if outcome is not Outcome.REFUSED:
                entitled.add(hash)
            if outcome is Outcome.CHANGED:
                ready.rank_anew(operation)
                if lowering is not None:
                    lowerings[hash] = lowering
        for each in after[hash]:
            waits[each] -= 1
            if not waits[each]:
                ready.add(known[each])
    return _Run(standing, frozenset(entitled), lowerings)


class _Ready:
    """Operations that may come next, in their order at this point.

    Ranked anew is only what a change of the standing can move: anybody may make thousands that move nothing.
    """

    def __init__(self, standing: Standing, operations: Iterable[Operation]) -> None:
        self._standing = standing
        self._places: dict[bytes, tuple[bool, int, bytes]] = {}
        self._operations: dict[bytes, Operation] = {}
        self._queue: list[tuple[bool, int, bytes]] = []
        self._by_author: dict[bytes, set[bytes]] = {}
        self._roles_of: dict[bytes, set[bytes]] = {}
        for each in operations:
            self.add(each)

    def add(self, operation: Operation) -> None:
        self._operations[operation.hash] = operation
        self._by_author.setdefault(operation.author, set()).add(operation.hash)
        if operation.kind == "role":
            self._roles_of.setdefault(operation.subject, set()).add(operation.hash)
        self._rank(operation)

    def take(self) -> Operation | None:
        """The next one; None when there is none."""
        while self._queue:
            place = heapq.heappop(self._queue)
            hash = place[2]
            if self._places.get(hash) == place:
                del self._places[hash]
                operation = self._operations.pop(hash)
                self._by_author[operation.author].discard(hash)
                self._roles_of.get(operation.subject, set()).discard(hash)
                return operation
        return None

    def rank_anew(self, applied: Operation) -> None:
        """After an operation that changed something: what its subject's devices wrote, and roles of its subject."""
        moved = set(self._roles_of.get(applied.subject, ()))
        for device in self._standing.devices_about(applied):
            moved |= self._by_author.get(device, set())
        for hash in moved:
            self._rank(self._operations[hash])

    def _rank(self, operation: Operation) -> None:
        lowers = self._standing.lowers(operation)
        place = not lowers, self._standing.seniority_of(operation.author), operation.hash
        if self._places.get(operation.hash) != place:
            self._places[operation.hash] = place
            heapq.heappush(self._queue, place)


def _as_lowering(standing: Standing, operation: Operation) -> Lowering | None:
    if not standing.lowers(operation):
        return None
    seniority, subject = standing.seniority_of(operation.author), operation.subject
    if operation.kind == "revoke-device":
        return Lowering(operation.hash, subject, standing.owner_of(subject), None, seniority, operation.seen)
    limit = cast(Role, operation.argument) if operation.kind == "role" else None
    return Lowering(operation.hash, None, subject, limit, seniority, operation.seen)


def heads_to_name(decision: Decision, device: bytes | None = None) -> list[bytes]:
    """The membership heads that an operation names as before it or, with its `device`, a segment as known.

    Only what counts is named: anybody can make thousands of operations that do not, and there would be no room for
    their hashes. A segment needs no more than what admins did and what concerns its author's own keys.
    """
    owner = None if device is None else decision.standing.owner_of(device)
    named = [
        hash
        for hash in decision.entitled
        if device is None or decision.standing.keeper_named(decision.operations[hash]) in (None, owner)
    ]
    before = ancestors(decision.operations, [prev for hash in named for prev in decision.operations[hash].prev])
    return sorted(set(named) - before)


class Rule:
    """What devices were entitled to write, by a decision. Remembers the standing at the heads it was asked for."""

    def __init__(self, decision: Decision) -> None:
        self.decision = decision
        self._at: dict[tuple[bytes, ...], tuple[frozenset[bytes], Standing]] = {}

    def right(self, device: bytes, auth: Iterable[bytes], within: Callable[[tuple[SeenTip, ...]], bool]) -> Role | None:
        """The role that a segment of `device`, written knowing the membership heads `auth`, has.

        Its role there, by what is entitled in the full set (else a removed admin could back-date a grant); and for
        each lowering its author did not know, no more than that left, unless the lowering had seen the segment:
        `within(tips)` says whether it is one of the tips or before one.
        """
        known, standing = self._standing_at(tuple(sorted(auth)))
        role, owner = standing.role_of(device), standing.owner_of(device)
        for hash, lowering in self.decision.lowerings.items():
            if hash not in known and lowering.concerns(device, owner) and not within(lowering.seen):
                role = lower(role, lowering.limit)
        return role

    def _standing_at(self, heads: tuple[bytes, ...]) -> tuple[frozenset[bytes], Standing]:
        if heads not in self._at:
            known = ancestors(self.decision.operations, heads)
            standing = _evaluate(self.decision.operations, known, known - self.decision.entitled).standing
            self._at[heads] = known, standing
        return self._at[heads]
