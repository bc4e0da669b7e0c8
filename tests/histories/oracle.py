"""The promises of the log, checked once all have met; computed apart from the rule's own steps as far as can be.

What is asked of the role rule here (who was what at which heads) is asked of the rule in force, also of a mutant.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping

from documents.change import read_header
from documents.delivery import missing
from documents.kinds import GENESIS_HEAD, Kind
from documents.segment import Segment, Tip
from identity.lineage import ancestors
from identity.membership import Decision, Lowering, Role, Rule, Standing, allows, decide, lower
from identity.operations import Operation
from library.replica.verdicts import ChangeRef
from tests.histories.replica import Failure, Replica, changes_of, refs_of
from tests.histories.simulation import Simulation, key_of, member_of


def check(simulation: Simulation) -> None:
    """Raises Failure for the first promise that does not hold."""
    replicas = simulation.replicas
    _check_delivery(replicas)
    _check_equality(replicas)
    _check_documents(replicas)
    _check_writers(simulation)
    _check_rights(simulation)
    simulation.world.note(replicas[0].digest())


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Failure(otherwise)


def _check_delivery(replicas: list[Replica]) -> None:
    """Everybody holds all that can be held of what anybody has."""
    segments: dict[bytes, Segment] = {}
    operations: dict[bytes, Operation] = {}
    for each in replicas:
        segments |= each.held | each.waiting
        operations |= each.operations
    holdable = _holdable(segments, operations)
    for each in replicas:
        _require(each.operations.keys() == operations.keys(), "operations differ")
        _require(each.held.keys() <= holdable, "held before its time")
        _require(each.held.keys() == holdable, "waits for ever")


def _holdable(segments: Mapping[bytes, Segment], operations: Mapping[bytes, Operation]) -> set[bytes]:
    held: dict[bytes, Segment] = {}
    clocks: dict[Tip, int] = {}
    waiting = sorted(segments.values(), key=lambda each: (each.seq, each.hash))
    while True:
        left = [each for each in waiting if missing(each, held.get, clocks.get, operations.__contains__)]
        for each in waiting:
            if each not in left:
                held[each.hash] = each
                clocks[each.tip] = max(each.clock, clocks.get(each.tip, 0))
        if len(left) == len(waiting):
            return set(held)
        waiting = left


def _check_equality(replicas: list[Replica]) -> None:
    for each in replicas:
        each.dirty = True
        each.settle()
    first = replicas[0]
    for other in replicas[1:]:
        _require(other.verdicts[1:] == first.verdicts[1:], "verdicts differ")
        _require(other.verdicts.decision.entitled == first.verdicts.decision.entitled, "decisions differ")
        _require(other.digest() == first.digest(), "digests differ")
    _require(first.copy("rebuilt").digest() == first.digest(), "rebuilt copy differs")
    _require(_newcomer(first).digest() == first.digest(), "who is handed everything at once differs")


def _newcomer(source: Replica) -> Replica:
    """Somebody who gets all segments in any order, some of them twice, and operations from these alone."""
    reader = type(source)("newcomer", key_of(98), member_of(98), source.workspace, source.world)
    raws = sorted(each.raw for each in source.held.values())
    chance = random.Random(len(raws))
    raws += chance.sample(raws, len(raws) // 3)
    chance.shuffle(raws)
    for raw in raws:
        reader.receive(raw)
    for operation in source.operations.values():  # some are carried by segments that nobody holds
        reader.take_operation(operation.raw)
    reader.drain()
    return reader


def _check_documents(replicas: list[Replica]) -> None:
    """What is accepted is really in the documents, unless one actor wrote two changes with one number."""
    verdicts = replicas[0].verdicts
    for each in replicas:
        really = {
            ChangeRef(id, read_header(change).hash)
            for id, document in each.documents.items()
            for change in document.changes()
        }
        _require(really == verdicts.applied, "documents do not hold what is applied")
    if not verdicts.displaced:
        _require(verdicts.accepted == verdicts.applied, "accepted but pending for ever")
    _require(verdicts.displaced <= verdicts.accepted, "displaced without being accepted")
    _check_numbers(replicas[0])


def _check_numbers(replica: Replica) -> None:
    """No two applied changes of a document have one actor and seq; an applied one's causes are applied."""
    applied = replica.verdicts.applied
    headers = {ref: read_header(replica.world.chunks[ref]) for ref in applied}
    places = {(ref.document, headers[ref].actor, headers[ref].seq) for ref in applied}
    _require(len(places) == len(applied), "one actor and seq twice in a document")
    for ref, header in headers.items():
        causes = {ChangeRef(ref.document, dep) for dep in header.deps if dep != GENESIS_HEAD[Kind(ref.document[0])]}
        _require(causes <= applied, "applied without its cause")


def _check_writers(simulation: Simulation) -> None:
    """Nobody writes two changes with one number, or goes on in a log that has forked."""
    first = simulation.replicas[0]
    numbers: dict[tuple[bytes, bytes, int], bytes] = {}
    for hash in first.held:
        for change in simulation.world.facts_of(first.held[hash]).changes:
            same = numbers.setdefault((change.document, change.actor, change.seq), change.hash) == change.hash
            _require(same or change.actor in simulation.witness.copied, "an actor wrote one number twice")
    for each in simulation.replicas:
        own = {hash for tip, hash in each.tips().items() if tip.incarnation == each.incarnation}
        _require(own <= {each.tip}, "a device goes on in a log that has forked")


class _Truth:
    """Who had which right, told from what the witness saw."""

    def __init__(self, simulation: Simulation) -> None:
        self.replica = simulation.replicas[0]
        self.witness = simulation.witness
        self.operations = self.replica.operations
        self.decision: Decision = decide(self.replica.workspace, self.operations.values())
        self._rule = Rule(self.decision)
        self._decisions: dict[frozenset[bytes], Decision] = {}

    def known_at(self, heads: Iterable[bytes]) -> frozenset[bytes]:
        return ancestors(self.operations, heads)

    def standing_at(self, known: frozenset[bytes]) -> Standing:
        """What whoever knew just these operations took to be so."""
        if known not in self._decisions:
            self._decisions[known] = decide(self.replica.workspace, [self.operations[each] for each in known])
        return self._decisions[known].standing

    def unheard(self, segment: Segment, known: frozenset[bytes], owner: bytes | None) -> list[Lowering]:
        """Lowerings of the author that he did not know of."""
        return [
            each for hash, each in self.decision.lowerings.items()
            if hash not in known and each.concerns(segment.device, owner)
        ]  # fmt: skip

    def saw(self, lowering: Lowering, segment: Segment) -> bool:
        return segment.hash in self.witness.held_at.get(lowering.hash, ())

    def right(self, segment: Segment) -> Role | None:
        """The right of a segment by what counts in the end, whoever wrote it."""
        role: Role | None = self._rule.right(segment.device, segment.auth, lambda tips: True)
        owner = self.decision.standing.owner_of(segment.device)
        for lowering in self.unheard(segment, self.known_at(segment.auth), owner):
            if not self.saw(lowering, segment):
                role = lower(role, lowering.limit)
        return role


def _check_rights(simulation: Simulation) -> None:
    truth = _Truth(simulation)
    _check_back_dated(truth)
    lasting = _check_honest(truth) | _accepted_by_admins(truth)
    held = truth.replica.held
    evil = [held[hash] for hash in sorted(simulation.witness.evil & held.keys())]
    for segment in evil:
        role = truth.right(segment)
        lasting |= {ref for ref in refs_of(segment) if allows(role, ref.document[0])}
    adopted = _with_causes(lasting, held.values())
    for segment in evil:
        refs = set(refs_of(segment)) & truth.replica.verdicts.accepted
        _require(refs <= adopted, "accepted without right and without an entitled writer who built on it")


def _check_back_dated(truth: _Truth) -> None:
    """An operation made after one's lowering, as if before it, takes no effect."""
    entitled = truth.replica.verdicts.decision.entitled
    for hash in sorted(truth.witness.back_dated & truth.operations.keys() & entitled):
        author = truth.operations[hash].author
        for lowering in truth.decision.lowerings.values():
            related = hash in truth.known_at([lowering.hash]) or lowering.hash in truth.known_at([hash])
            aimed = lowering.concerns(author, truth.decision.standing.owner_of(author))
            _require(related or not aimed, "a back-dated operation took effect")


def _check_honest(truth: _Truth) -> set[ChangeRef]:
    """Honest work is never lost that whoever lowered its author had seen; gives what of it must count."""
    lasting: set[ChangeRef] = set()
    accepted = truth.replica.verdicts.accepted
    for hash, segment in truth.witness.honest.items():
        if hash not in truth.replica.held:
            continue
        known = truth.known_at(segment.auth)
        owner = truth.standing_at(known).owner_of(segment.device)
        unheard = truth.unheard(segment, known, owner)
        refs = set(refs_of(segment))
        if all(truth.saw(each, segment) for each in unheard):
            _require(not known <= truth.decision.entitled or refs <= accepted, "honest seen work lost")
            lasting |= refs
        else:
            role = truth.right(segment)
            lasting |= {ref for ref in refs if allows(role, ref.document[0])}
    return lasting


def _accepted_by_admins(truth: _Truth) -> set[ChangeRef]:
    named = truth.decision.named_by("accept")
    held = truth.replica.held
    return {ref for hash in named if hash in held for ref in refs_of(held[hash])}


def _with_causes(refs: Iterable[ChangeRef], segments: Iterable[Segment]) -> set[ChangeRef]:
    """These changes and all that they build on in their documents."""
    found = set(refs)
    deps: dict[ChangeRef, tuple[bytes, ...]] = {}
    for entry in (entry for each in segments for entry in changes_of(each)):
        header = read_header(entry.change)
        deps[ChangeRef(entry.document, header.hash)] = header.deps
    queue = sorted(found)
    while queue:
        ref = queue.pop()
        for dep in deps.get(ref, ()):
            cause = ChangeRef(ref.document, dep)
            if cause in deps and cause not in found:
                found.add(cause)
                queue.append(cause)
    return found
