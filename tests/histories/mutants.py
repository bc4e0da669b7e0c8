"""Weaker rules, each a small step from the one in force. That every one is caught shows what the tests are worth.

A mutant is other words in one place of a pure piece, or a replica that leaves out one of its duties.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from documents.delivery import Want
from documents.segment import Segment, Tip
from identity.membership import operation_heads
from identity.operations import Operation
from library.replica.verdicts import ChangeRef, Verdicts
from tests.histories.pieces import Alteration, Pieces, altered, in_force
from tests.histories.replica import Replica


class Mutant(NamedTuple):
    """A weaker rule and the situation that must come out wrong under it."""

    caught_by: str
    alterations: tuple[Alteration, ...] = ()
    replica: type[Replica] = Replica

    def pieces(self) -> Pieces:
        return altered(*self.alterations) if self.alterations else in_force()


class KeepsItsRun(Replica):
    """Its own changes fell out, and it goes on as the same actor."""

    def lose_own(self) -> None:
        pass


class KeepsItsIncarnation(Replica):
    """It meets segments of its own that it does not know, and goes on with the same log."""

    def meet_own(self, segment: Segment) -> None:
        pass


class HoldsWithoutOperations(Replica):
    """It holds segments whose membership heads it does not know."""

    def missing(self, segment: Segment) -> list[Want]:
        return [want for want in super().missing(segment) if want.kind != "operation"]


class SendsNoOperations(Replica):
    """It leaves operations to the segments that carry them."""

    def send_operations(self, target: Replica) -> None:
        pass


class TakesForeignOperations(Replica):
    """It takes operations of other workspaces for ours."""

    def is_ours(self, operation: Operation) -> bool:
        return True


class NamesEveryHead(Replica):
    """It names all membership heads it knows, whoever made them."""

    def known_heads(self) -> list[bytes]:
        return operation_heads(self.operations)


class ForgetsDocuments(Replica):
    """It keeps changes by their hash alone, whatever document they are in."""

    def weigh(self) -> Verdicts:
        verdicts = super().weigh()
        hashes = {ref.hash for ref in verdicts.accepted}
        every = {ChangeRef(c.document, c.hash) for facts in self.facts().values() for c in facts.changes}
        more = frozenset(ref for ref in every if ref.hash in hashes)
        return verdicts._replace(accepted=more, applied=verdicts.applied | (more - verdicts.accepted))


class AdoptsSegments(Replica):
    """It judges and adopts segments as a whole."""

    def weigh(self) -> Verdicts:
        verdicts = super().weigh()
        groups = [[ChangeRef(c.document, c.hash) for c in facts.changes] for facts in self.facts().values()]
        accepted = set(verdicts.accepted)
        for group in groups:
            if accepted & set(group):
                accepted.update(group)
        return verdicts._replace(accepted=frozenset(accepted), applied=frozenset(accepted - verdicts.displaced))


class RefusesSegments(Replica):
    """One change without right makes a whole segment invalid."""

    def weigh(self) -> Verdicts:
        verdicts = super().weigh()
        bad = {
            ChangeRef(c.document, c.hash)
            for facts in self.facts().values()
            if any(ChangeRef(c.document, c.hash) in verdicts.quarantine for c in facts.changes)
            for c in facts.changes
        }
        return verdicts._replace(accepted=verdicts.accepted - bad, applied=verdicts.applied - bad)


class ActsWithoutItsDevice(Replica):
    """Its actor is made of incarnation and run alone, and it believes the actor of others."""

    def actor(self) -> bytes:
        return hashlib.sha256(self.incarnation + self.run).digest()[:16]


class NamesBranches(Replica):
    """It gives each branch of a fork a name of its own, by what it holds, and counts by these names."""

    def names(self) -> dict[bytes, bytes]:
        """Of every held segment. The branch with the smallest hash keeps the name of the incarnation."""
        names: dict[bytes, bytes] = {}
        after: dict[bytes, list[bytes]] = {}
        for hash in sorted(self.held):
            after.setdefault(self.held[hash].prev or self.held[hash].incarnation, []).append(hash)
        for hash in sorted(self.held, key=lambda each: (self.held[each].seq, each)):
            segment = self.held[hash]
            siblings = after[segment.prev or segment.incarnation]
            kept = names[segment.prev] if segment.prev else segment.incarnation
            fresh = hashlib.sha256(segment.incarnation + hash).digest()[:16]
            names[hash] = kept if hash == siblings[0] else fresh
        return names

    def vector(self) -> list[Tip]:
        last: dict[bytes, int] = {}
        for hash, name in self.names().items():
            last[name] = max(last.get(name, 0), self.held[hash].seq)
        return [Tip(name, seq, b"") for name, seq in sorted(last.items())]

    def lacking(self, theirs: Any) -> list[Segment]:
        last = {tip.incarnation: tip.seq for tip in theirs}
        return [self.held[hash] for hash, name in self.names().items() if self.held[hash].seq > last.get(name, 0)]

    def others(self) -> frozenset[Tip]:
        last: dict[bytes, Segment] = {}
        for hash, name in self.names().items():
            segment = self.held[hash]
            if hash != self.tip and (name not in last or last[name].seq < segment.seq):
                last[name] = segment
        return frozenset(Tip(name, segment.seq, segment.hash[:8]) for name, segment in last.items())

    def missing(self, segment: Segment) -> list[Want]:
        names = self.names()
        known = {Tip(name, self.held[hash].seq, hash[:8]) for hash, name in names.items()}
        wants = [want for want in super().missing(segment) if want.kind != "dep"]
        return wants + [Want("dep", tip.hash8, tip) for tip in segment.deps if tip not in known]


def _alter(module: str, old: str, new: str) -> tuple[Alteration, ...]:
    return (Alteration(module, old, new),)


MEMBERSHIP, STANDING, LINEAGE = "identity.membership", "identity.standing", "identity.lineage"
VERDICTS, DELIVERY, CHANGE = "library.replica.verdicts", "documents.delivery", "documents.change"

_NO_ACTOR_CHECK = Alteration(CHANGE, "if header.actor != actor:", "if False:")
_NO_DISPLACING = Alteration(VERDICTS, "return set(smallest.values())", "return set(accepted)")

DUTIES: dict[str, Mutant] = {
    "goes on with the same run": Mutant("device_whose_own_changes_fell_out_goes_on", (), KeepsItsRun),
    "goes on with the same incarnation": Mutant(
        "restored_device_writes_before_it_meets_what_it_had_written", (), KeepsItsIncarnation
    ),
    "does not wait for operations": Mutant(
        "segment_waits_for_an_operation_its_author_knew", (), HoldsWithoutOperations
    ),
    "sends no operations": Mutant("operation_is_known_from_a_segment_that_still_waits", (), SendsNoOperations),
    "names every head": Mutant("viewer_makes_hundreds_of_operations", (), NamesEveryHead),
    "takes operations of other workspaces": Mutant(
        "operation_of_another_workspace_names_our_heads", (), TakesForeignOperations
    ),
    "keys changes by hash alone": Mutant("same_edit_of_two_documents_gives_the_same_bytes", (), ForgetsDocuments),
    "adopts whole segments": Mutant("reviewer_smuggles_a_rating_in_with_a_comment", (), AdoptsSegments),
    "refuses whole segments": Mutant("reviewer_smuggles_a_rating_in_with_a_comment", (), RefusesSegments),
    "names branches by what it holds": Mutant(
        "each_half_of_a_clone_reached_one_peer_and_the_peers_meet", (), NamesBranches
    ),
    "waits by the names of branches": Mutant(
        "author_holds_both_branches_of_a_clone_and_a_reader_holds_one", (), NamesBranches
    ),
    "actors without their device": Mutant(
        "hostile_editor_copies_the_incarnation_and_run_of_another", (_NO_ACTOR_CHECK,), ActsWithoutItsDevice
    ),
    "believes actors": Mutant("hostile_editor_writes_in_the_name_of_anothers_actor", (_NO_ACTOR_CHECK,)),
    "does not wait for predecessors": Mutant(
        "segments_wait_for_their_predecessors_and_what_their_authors_had_read",
        _alter(DELIVERY, 'wants.append(Want("prev", segment.prev))', "pass"),
    ),
    "does not wait for what authors had read": Mutant(
        "segments_wait_for_their_predecessors_and_what_their_authors_had_read",
        _alter(DELIVERY, "in zip(segment.deps, clocks, strict=False) if clock is None]", "in ()]"),
    ),
    "takes a predecessor of another": Mutant(
        "segment_on_anothers_chain_is_never_held",
        _alter(DELIVERY, "(before.device, before.incarnation, before.seq + 1) !=", "segment.seq > 9 and () !="),
    ),
    "takes any clock": Mutant(
        "clock_from_nowhere_is_never_held_and_keeps_nobody_from_writing",
        _alter(DELIVERY, "if None not in clocks and ", "if False and "),
    ),
    "lets one number through twice": Mutant(
        "running_machine_is_copied_and_writes_one_actor_and_number_twice",
        (_NO_DISPLACING, Alteration(VERDICTS, "change.seq == seq + 1 and change.start > number and ", "")),
    ),
}
