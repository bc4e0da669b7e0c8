"""The decision step by step as docs/format.md tells it, without any care for speed: the program comes to the same."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given, settings

from identity.lineage import ancestors, rooted
from identity.membership import decide, heads_to_name
from identity.operations import Operation
from identity.standing import Outcome, Standing
from tests.identity.house import STEPS, Members, Step, history_of, member, public


class Told(NamedTuple):
    entitled: set[bytes]
    effective: dict[bytes, tuple[int, Operation]]  # with the author's seniority
    standing: Standing


def in_order(known: dict[bytes, Operation], void: set[bytes]) -> Told:
    """Of those that may come next always the one with the smallest place at that point."""
    standing = Standing()
    told = Told(set(), {}, standing)
    left = dict(known)
    while left:
        may = [each for each in left.values() if not any(before in left for before in each.prev)]
        next = min(may, key=lambda each: (not standing.lowers(each), standing.seniority_of(each.author), each.hash))
        del left[next.hash]
        if next.hash in void:
            continue
        lowers, seniority = standing.lowers(next), standing.seniority_of(next.author)
        outcome = standing.apply(next)
        if outcome is not Outcome.REFUSED:
            told.entitled.add(next.hash)
        if lowers and outcome is Outcome.CHANGED:
            told.effective[next.hash] = seniority, next
    return told


def by_the_page(all: Members) -> tuple[Told, set[bytes]]:
    known = rooted(all.workspace, all.operations.values())
    void: set[bytes] = set()
    done: set[bytes] = set()
    while True:
        told = in_order(known, void)
        open = sorted((seniority, hash) for hash, (seniority, _) in told.effective.items() if hash not in done)
        if not open:
            return told, void
        lowering = known[open[0][1]]
        done.add(lowering.hash)
        for hash, each in known.items():
            related = hash in ancestors(known, [lowering.hash]) or lowering.hash in ancestors(known, [hash])
            device = lowering.kind == "revoke-device"
            hit = each.author if device else told.standing.owner_of(each.author)
            if not related and hit == lowering.subject:
                void.add(hash)


@settings(max_examples=300, deadline=None)  # the machine may be busy
@given(STEPS)
def test_program_decides_as_the_page_says(steps: list[Step]) -> None:
    all = history_of(steps)
    told, void = by_the_page(all)
    decision = decide(all.workspace, all.operations.values())
    assert (decision.entitled, decision.void) == (told.entitled, void)
    assert {hash: each.seniority for hash, each in decision.lowerings.items()} == {
        hash: seniority for hash, (seniority, _) in told.effective.items()
    }
    assert vars(decision.standing) == vars(told.standing)


def test_heads_to_name_leave_out_what_does_not_count() -> None:
    all = Members(bob="editor", carol="viewer")
    counts = [hash for hash, each in all.operations.items() if each.subject == member("carol")]  # then her device
    refused = all.make("carol", "grant", member("carol"), "admin")
    own = all.add("carol", "add-device", "erin", "carol", prev=[refused.hash])
    decision = all.decide()
    assert heads_to_name(decision, public("bob")) == counts
    assert heads_to_name(decision, public("carol")) == heads_to_name(decision) == [own.hash]
    late = all.make("alice", "remove", member("bob"), prev=counts)
    assert heads_to_name(all.decide(), public("bob")) == [late.hash]
    assert heads_to_name(all.decide()) == sorted([late.hash, own.hash])
