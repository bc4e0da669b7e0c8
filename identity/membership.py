"""The role rule: which operations count, and what a device may write. A pure function of the set of operations.

Every device comes to the same decision from the same set, in whatever order it arrived. Signatures are checked before
(`keys.verify`); what segments a device has written is the caller's, who says which of them a lowering had seen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Set
from typing import NamedTuple, cast

from identity.lineage import Operations, ancestors, descendants, operation_heads, rooted, successors
from identity.operations import Operation, SeenTip
from identity.standing import RANK, Outcome, Role, Standing, allows, lower

__all__ = ["RANK", "Decision", "Lowering", "Role", "Rule", "Standing", "allows", "decide", "operation_heads"]


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
    while True:
        run = _evaluate(known, known.keys(), void)
        open = [(each.seniority, hash) for hash, each in run.lowerings.items() if hash not in settled]
        if not open:
            return Decision(known, run.standing, run.entitled, run.lowerings, frozenset(void))
        _, first = min(open)
        settled.add(first)
        void |= _undone(known, after, run, run.lowerings[first])


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
    ready = {hash for hash, count in waits.items() if not count}

    def place(hash: bytes) -> tuple[bool, int, bytes]:
        return not standing.lowers(known[hash]), standing.seniority_of(known[hash].author), hash

    while ready:
        hash = min(ready, key=place)
        ready.remove(hash)
        if hash not in void:
            lowering = _as_lowering(standing, known[hash])
            outcome = standing.apply(known[hash])
            if outcome is not Outcome.REFUSED:
                entitled.add(hash)
            if lowering is not None and outcome is Outcome.CHANGED:
                lowerings[hash] = lowering
        for each in after[hash]:
            waits[each] -= 1
            if not waits[each]:
                ready.add(each)
    return _Run(standing, frozenset(entitled), lowerings)


def _as_lowering(standing: Standing, operation: Operation) -> Lowering | None:
    if not standing.lowers(operation):
        return None
    seniority, subject = standing.seniority_of(operation.author), operation.subject
    if operation.kind == "revoke-device":
        return Lowering(operation.hash, subject, standing.owner_of(subject), None, seniority, operation.seen)
    limit = cast(Role, operation.argument) if operation.kind == "role" else None
    return Lowering(operation.hash, None, subject, limit, seniority, operation.seen)


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
