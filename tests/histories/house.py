"""A house of people for named situations on real segments, each with what must come of it.

A situation takes a house, plays among devices of its own, asserts the outcome and gives the device that the golden
vectors are taken from. A weaker rule fails at least one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

from documents.segment import Segment
from identity.membership import Role, operation_heads
from identity.operations import Argument, Operation
from tests.histories.pieces import Pieces
from tests.histories.replica import Edit, Failure, Replica, World, refs_of
from tests.histories.simulation import IMAGES, THREADS, comment, found, rate

IMAGE, OTHER_IMAGE, THREAD = IMAGES[0], IMAGES[1], THREADS[0]


class House:
    """Makes people who have heard of each other; the first founded the workspace."""

    def __init__(self, pieces: Pieces | None = None, replica: type[Replica] = Replica) -> None:
        self.pieces, self.replica = pieces, replica

    def people(self, *roles: Role, chance: int = 1) -> list[Replica]:
        return found(World(chance, self.pieces), roles, self.replica)


Situation = Callable[[House], Replica]
SITUATIONS: dict[str, Situation] = {}


def situation(play: Situation) -> Situation:
    SITUATIONS[play.__name__] = play
    return play


def hand_over(source: Replica, *targets: Replica) -> None:
    """All that source can pass on."""
    for target in targets:
        source.send_operations(target)
        for segment in source.lacking(target.vector()):
            target.receive(segment.raw)
        target.drain()


def meet(*replicas: Replica) -> None:
    """Hand everything to everybody, along a line, until nothing moves any more."""
    for _ in range(len(replicas) + 4):
        for one, other in pairwise(replicas):
            hand_over(one, other)
            hand_over(other, one)


def agree(*replicas: Replica) -> Replica:
    """They have met: the same is held, judged and shown. Gives the first."""
    meet(*replicas)
    first = replicas[0]
    for each in replicas:
        each.dirty = True
        each.settle()
        assert each.held.keys() == first.held.keys(), "held segments differ"
        assert each.verdicts[1:] == first.verdicts[1:], "verdicts differ"
        assert each.digest() == first.digest(), "digests differ"
    assert first.copy("rebuilt").digest() == first.digest(), "a rebuilt copy differs"
    return first


def write(replica: Replica, document: bytes = IMAGE, value: int = 1, auth: Iterable[bytes] | None = None) -> Segment:
    edit = comment(f"c{value}") if document in THREADS else rate(value)
    return replica.edit([Edit(document, edit)], auth=auth)


def act(
    replica: Replica,
    kind: str,
    subject: bytes,
    argument: Argument = None,
    *,
    about: Iterable[Replica] = (),
    prev: Iterable[bytes] | None = None,
) -> Operation:
    """Make an operation known; a lowering lists what its author holds `about` the subject's devices."""
    seen = replica.seen_of({each.public for each in about})
    operation = replica.operation(kind, subject, argument, prev=prev, seen=seen)
    replica.edit(operations=[operation], auth=prev)
    return operation


def remove(replica: Replica, whom: Replica, prev: Iterable[bytes] | None = None) -> Operation:
    return act(replica, "remove", whom.member, about=[whom], prev=prev)


def accepted(replica: Replica, *segments: Segment) -> list[bool]:
    """Whether all changes of each segment are accepted."""
    replica.settle()
    return [set(refs_of(each)) <= replica.verdicts.accepted for each in segments]


def role(replica: Replica, whom: Replica) -> Role | None:
    found: Role | None = replica.rule().decision.standing.role_of(whom.public)
    return found


def rating(replica: Replica, document: bytes = IMAGE) -> list[int]:
    replica.settle()
    return sorted(replica.documents[document].read()["rating"].values()) if document in replica.documents else []


def heads(replica: Replica) -> list[bytes]:
    return operation_heads(replica.operations)


def fails(name: str, house: House) -> bool:
    """Whether the situation comes out otherwise than it must."""
    try:
        SITUATIONS[name](house)
    except (AssertionError, Failure, KeyError):
        return True
    return False
