"""Named situations on real segments, each with what must come of it; a weaker rule fails at least one of them.

Each takes a house, plays its situation among devices of its own, asserts the outcome and gives the device that the
golden vectors are taken from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

from documents.engine import Document
from documents.kinds import Kind
from documents.segment import Segment
from identity.membership import Role, operation_heads
from identity.operations import Argument, Operation
from tests.histories.pieces import Pieces
from tests.histories.replica import Edit, Failure, Replica, World, refs_of
from tests.histories.simulation import IMAGES, THREADS, comment, found, imported, key_of, member_of, note, rate, tag

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


# Clones, restores, copied running machines


@situation
def each_half_of_a_clone_reached_one_peer_and_the_peers_meet(house: House) -> Replica:
    alice, bob, carol = house.people("admin", "editor", "editor")
    twin = bob.copy("twin")
    one, two = write(bob, value=1), write(twin, value=2)
    meet(alice, bob)
    meet(carol, twin)
    first = agree(alice, carol)
    assert accepted(first, one, two) == [True, True]
    assert rating(first) == [1, 2]
    return first


@situation
def author_holds_both_branches_of_a_clone_and_a_reader_holds_one(house: House) -> Replica:
    for chance in range(40):
        alice, bob, carol = house.people("admin", "editor", "editor", chance=chance)
        twin = bob.copy("twin")
        one, two = write(bob, value=1), write(twin, value=2)
        meet(alice, bob)
        meet(carol, bob)
        alice.receive(two.raw)
        built = write(alice, value=3)
        meet(alice, carol)
        assert {one.hash, two.hash, built.hash} <= carol.held.keys()
    return agree(alice, carol)


@situation
def restored_device_writes_before_it_meets_what_it_had_written(house: House) -> Replica:
    alice, bob, carol = house.people("admin", "editor", "editor")
    backup = bob.copy("backup")
    lost = [write(bob, value=1), write(bob, OTHER_IMAGE, 2)]
    meet(alice, bob)
    fresh = write(backup, value=3)
    assert (fresh.incarnation, fresh.seq) == (lost[0].incarnation, lost[0].seq), "two segments with one number"
    meet(carol, backup)
    meet(alice, backup)
    assert backup.incarnation != fresh.incarnation, "it goes on as another incarnation"
    later = write(backup, value=4)
    assert (later.seq, later.prev) == (1, b"")
    first = agree(alice, carol, backup)
    assert all(accepted(first, *lost, fresh, later))
    return first


@situation
def running_machine_is_copied_and_writes_one_actor_and_number_twice(house: House) -> Replica:
    alice, bob, carol = house.people("admin", "editor", "editor")
    twin = bob.copy("twin")
    twin.run = bob.run
    one, two = write(bob, value=1), write(twin, value=5)
    more = twin.edit([Edit(IMAGE, note("貓"))])
    meet(alice, bob)
    meet(carol, twin)
    first = agree(alice, carol, bob, twin)
    smaller, larger = sorted([*refs_of(one), *refs_of(two)])
    assert first.verdicts.displaced == {larger}
    on_it = set(refs_of(more)) if larger == refs_of(two)[0] else set()
    assert first.verdicts.accepted - first.verdicts.applied == {larger, *on_it}
    assert smaller in first.verdicts.applied
    return first


@situation
def copied_machine_whose_other_half_wrote_with_higher_numbers(house: House) -> Replica:
    """The smaller hash counts, not the change that comes first by its numbers."""
    for chance in range(40):
        alice, bob, carol = house.people("admin", "editor", "editor", chance=chance)
        twin = bob.copy("twin")
        twin.run = bob.run
        early = write(bob, value=1)
        write(carol, value=2)
        hand_over(carol, twin)
        late = write(twin, value=3)
        if refs_of(late) < refs_of(early):
            break
    first = agree(alice, bob, carol, twin)
    assert first.verdicts.displaced == set(refs_of(early))
    assert set(refs_of(late)) <= first.verdicts.applied
    return first


@situation
def device_whose_own_changes_fell_out_goes_on(house: House) -> Replica:
    """Its next change must not carry a number that one of those has."""
    alice, bob, carol = house.people("admin", "editor", "editor")
    write(bob, value=1)
    remove(alice, bob)
    act(alice, "grant", bob.member, "editor")
    hand_over(alice, bob, carol)
    later = write(bob, value=2)
    first = agree(alice, bob, carol)
    assert accepted(first, later) == [True]
    assert rating(first) == [2]
    act(alice, "accept", bob.public, [hash for hash, each in first.held.items() if each.device == bob.public])
    first = agree(alice, bob, carol)
    assert not first.verdicts.displaced
    assert first.verdicts.accepted == first.verdicts.applied
    return first


# Patched clients


@situation
def removed_editor_forks_his_chain_below_what_the_removal_had_seen(house: House) -> Replica:
    alice, bob, carol = house.people("admin", "editor", "editor")
    honest = [write(bob, value=value) for value in range(4)]
    meet(carol, bob)
    meet(alice, carol)
    old = _heads(bob)
    remove(alice, bob)
    meet(alice, bob)
    first, second = honest[0], honest[1]
    forged = [
        bob.edit([Edit(OTHER_IMAGE, rate(value))], auth=old, fork=(place.prev, place.seq))
        for value, place in enumerate((first, second, second, honest[3]))
    ]
    found = agree(alice, carol, bob)
    assert accepted(found, *honest) == [True] * 4
    assert accepted(found, *forged) == [False] * 4
    return found


def _heads(replica: Replica) -> list[bytes]:
    return operation_heads(replica.operations)


@situation
def removed_editor_goes_on_after_what_the_removal_had_seen(house: House) -> Replica:
    alice, bob, carol = house.people("admin", "editor", "editor")
    seen = write(bob, value=1)
    meet(alice, bob)
    old = _heads(bob)
    remove(alice, bob)
    hand_over(alice, bob)
    late = write(bob, OTHER_IMAGE, 2, auth=old)
    found = agree(alice, carol, bob)
    assert accepted(found, seen, late) == [True, False]
    return found


@situation
def remover_had_seen_one_branch_of_an_honest_clone(house: House) -> Replica:
    for chance in range(12):  # whichever of the two has the smaller hash
        alice, bob, carol = house.people("admin", "editor", "editor", chance=chance)
        twin = bob.copy("twin")
        seen, never_seen = write(bob), write(twin, OTHER_IMAGE)
        meet(alice, bob)
        remove(alice, bob)
        hand_over(alice, carol)
        meet(carol, twin)
        found = agree(alice, carol)
        assert accepted(found, seen, never_seen) == [True, False]
    return found


@situation
def reviewer_smuggles_a_rating_in_with_a_comment(house: House) -> Replica:
    alice, bob = house.people("admin", "reviewer")
    both = bob.edit([Edit(IMAGE, rate(1)), Edit(THREAD, comment("x"))])
    reply = bob.edit([Edit(THREAD, comment("y"))], settle=False)
    found = agree(alice, bob)
    good = {*refs_of(reply), *(ref for ref in refs_of(both) if ref.document == THREAD)}
    assert found.verdicts.accepted == good
    return found


@situation
def viewer_and_stranger_write(house: House) -> Replica:
    alice, bob = house.people("admin", "viewer")
    stranger = house.replica("stranger", key_of(9), member_of(9), alice.workspace, alice.world)
    hand_over(alice, stranger)
    tries = [write(each, document) for each in (bob, stranger) for document in (IMAGE, THREAD)]
    without_heads = write(alice, OTHER_IMAGE, auth=[])
    found = agree(alice, bob, stranger)
    assert accepted(found, *tries, without_heads) == [False] * 5
    return found


@situation
def hostile_editor_copies_the_incarnation_and_run_of_another(house: House) -> Replica:
    alice, bob, eve, carol = house.people("admin", "editor", "editor", "editor")
    honest = write(bob)
    eve.incarnation, eve.run = bob.incarnation, bob.run
    forged = write(eve, value=5)
    meet(alice, bob)
    meet(carol, eve)
    found = agree(alice, carol, eve, bob)
    assert not found.verdicts.displaced
    assert {*refs_of(honest), *refs_of(forged)} <= found.verdicts.applied
    assert rating(found) == [1, 5]
    return found


@situation
def hostile_editor_writes_in_the_name_of_anothers_actor(house: House) -> Replica:
    for chance in range(12):  # some forged change has the smaller hash
        alice, bob, eve = house.people("admin", "editor", "editor", chance=chance)
        honest = write(bob)
        named = Document.new(Kind.IMAGE).edit(bob.actor(), rate(5))
        assert named is not None
        eve.append_change(IMAGE, named)
        found = agree(alice, bob, eve)
        assert found.verdicts.applied == set(refs_of(honest))
        assert not found.verdicts.displaced
        assert rating(found) == [1]
    return found


# Two admins at once


@situation
def two_admins_remove_each_other(house: House) -> Replica:
    for chance in range(6):  # whatever the hashes are
        alice, bob, carol = house.people("admin", "admin", "admin", chance=chance)
        by_carol, by_bob = remove(carol, bob), remove(bob, carol)
        late = [write(bob), write(carol, OTHER_IMAGE)]
        found = agree(alice, bob, carol)
        assert (role(found, bob), role(found, carol)) == ("admin", None)
        assert found.rule().decision.void == {by_carol.hash}
        assert by_bob.hash in found.rule().decision.entitled
        assert accepted(found, *late) == [True, False]
    return found


@situation
def removed_admin_back_dates_a_removal(house: House) -> Replica:
    for chance in range(6):
        alice, bob, carol = house.people("admin", "admin", "editor", chance=chance)
        old = _heads(alice)
        act(alice, "grant", member_of(9), "viewer")
        remove(alice, bob)
        meet(alice, bob, carol)
        remove(bob, carol, prev=old)
        late = write(carol)
        found = agree(alice, bob, carol)
        assert (role(found, bob), role(found, carol)) == (None, "editor")
        assert accepted(found, late) == [True]
    return found


@situation
def removed_admin_back_dates_a_grant_to_a_sock_puppet(house: House) -> Replica:
    for chance in range(6):
        alice, bob, carol = house.people("admin", "admin", "viewer", chance=chance)
        old = _heads(alice)
        act(alice, "grant", member_of(9), "viewer")
        remove(alice, bob)
        meet(alice, bob)
        puppet = act(bob, "role", carol.member, "editor", prev=old)
        meet(bob, carol)
        tried = write(carol, auth=[puppet.hash])
        found = agree(alice, carol)
        assert accepted(found, tried) == [False]
    return found


@situation
def two_admins_grant_the_same_role_at_once(house: House) -> Replica:
    alice, bob, carol = house.people("admin", "admin", "viewer")
    act(alice, "role", carol.member, "editor")
    act(bob, "role", carol.member, "editor")
    meet(bob, carol)
    late = write(carol)
    found = agree(bob, carol, alice)
    assert accepted(found, late) == [True]
    return found


@situation
def removal_and_grant_of_one_person_at_once(house: House) -> Replica:
    for chance in range(6):
        alice, bob, carol = house.people("admin", "admin", "viewer", chance=chance)
        act(alice, "grant", carol.member, "editor")
        remove(bob, carol)
        hand_over(alice, carol)
        late = write(carol)
        found = agree(alice, bob, carol)
        assert role(found, carol) == "editor", "lowerings come first: who had not heard of the removal restores"
        assert accepted(found, late) == [False], "but what the remover had not seen stays in quarantine"
    return found


@situation
def admin_is_demoted_while_he_rotates_the_key(house: House) -> Replica:
    alice, bob, carol = house.people("admin", "admin", "admin")
    rotated = act(bob, "rotate", b"k" * 32, (7).to_bytes(8, "big"))
    act(alice, "role", bob.member, "editor", about=[bob])
    found = agree(alice, bob, carol)
    assert rotated.hash in found.rule().decision.void
    assert rotated.hash not in found.rule().decision.entitled
    later = act(bob, "rotate", b"l" * 32, (8).to_bytes(8, "big"))
    before = act(carol, "rotate", b"m" * 32, (8).to_bytes(8, "big"))
    found = agree(alice, bob, carol)
    assert [each.hash in found.rule().decision.entitled for each in (later, before)] == [False, True]
    return found


# One admin against one writer


@situation
def editor_writes_while_he_is_removed(house: House) -> Replica:
    alice, bob, carol = house.people("admin", "editor", "editor")
    before = write(bob, value=1)
    meet(alice, bob)
    remove(alice, bob)
    at_once = write(bob, value=2)
    found = agree(alice, bob, carol)
    assert accepted(found, before, at_once) == [True, False]
    assert rating(found) == [1]
    assert rating(bob) == [1]
    after = write(bob, value=3)
    found = agree(alice, bob, carol)
    assert accepted(found, after) == [False]
    return found


@situation
def demoted_admin_keeps_an_unseen_edit_that_an_editor_may_make(house: House) -> Replica:
    alice, bob = house.people("admin", "admin")
    act(alice, "role", bob.member, "editor", about=[bob])
    at_once = write(bob)
    found = agree(alice, bob)
    assert accepted(found, at_once) == [True]
    act(alice, "role", bob.member, "reviewer")
    both = bob.edit([Edit(OTHER_IMAGE, tag("t")), Edit(THREAD, comment("x"))])
    found = agree(alice, bob)
    assert accepted(found, at_once) == [False], "the second demotion lists nothing as seen"
    assert {ref for ref in refs_of(both) if ref.document == THREAD} <= found.verdicts.accepted
    assert accepted(found, both) == [False]
    return found


@situation
def promoted_editor_and_let_in_again_after_a_removal(house: House) -> Replica:
    """A new grant gives a right to what is written knowing it, and none to what was written before."""
    alice, bob, carol = house.people("admin", "editor", "viewer")
    remove(alice, bob)
    unseen = write(bob, value=1)
    act(alice, "grant", bob.member, "reviewer")
    act(alice, "role", carol.member, "editor")
    hand_over(alice, bob, carol)
    later, promoted = write(bob, THREAD), write(carol, OTHER_IMAGE)
    too_much = write(bob, OTHER_IMAGE)
    found = agree(alice, bob, carol)
    assert accepted(found, unseen, later, promoted, too_much) == [False, True, True, False]
    return found


@situation
def lost_phone_is_revoked_and_its_owner_goes_on(house: House) -> Replica:
    alice, bob = house.people("admin", "editor")
    phone = house.replica("phone", key_of(7), bob.member, alice.workspace, alice.world)
    hand_over(alice, bob, phone)
    act(bob, "add-device", phone.public, bob.member)
    hand_over(bob, phone)
    honest = write(phone, value=1)
    hand_over(bob, alice)
    meet(alice, phone)
    act(alice, "revoke-device", phone.public, about=[phone])
    by_thief, by_owner = write(phone, OTHER_IMAGE), write(bob, value=2)
    own = act(phone, "add-device", key_of(8).public, bob.member)
    found = agree(alice, bob, phone)
    assert accepted(found, honest, by_thief, by_owner) == [True, False, True]
    assert own.hash in found.rule().decision.void
    return found


# Adoption and acceptance


@situation
def unaware_editor_builds_on_a_removed_members_edits(house: House) -> Replica:
    alice, bob, carol = house.people("admin", "editor", "editor")
    remove(alice, bob)
    first, second = write(bob, value=1), bob.edit([Edit(IMAGE, note("貓咪")), Edit(OTHER_IMAGE, rate(3))])
    beside = write(bob, THREAD)
    meet(bob, carol)
    merged = write(carol, value=4)
    found = agree(alice, carol, bob)
    assert accepted(found, first, merged, beside) == [True, True, False]
    of_second = {ref.document: ref in found.verdicts.accepted for ref in refs_of(second)}
    assert of_second == {IMAGE: True, OTHER_IMAGE: False}
    assert found.verdicts.direct >= set(refs_of(merged))
    assert not set(refs_of(first)) & found.verdicts.direct
    return found


@situation
def relaying_a_removed_members_edits_adopts_nothing(house: House) -> Replica:
    alice, bob, carol = house.people("admin", "editor", "editor")
    remove(alice, bob)
    unseen = write(bob, value=1)
    meet(bob, carol)
    elsewhere = write(carol, OTHER_IMAGE)
    assert unseen.tip in elsewhere.deps, "the segment names it, the change does not"
    found = agree(alice, carol, bob)
    assert accepted(found, unseen, elsewhere) == [False, True]
    return found


@situation
def viewer_builds_on_a_viewers_edit(house: House) -> Replica:
    alice, bob, carol = house.people("admin", "viewer", "viewer")
    first = write(bob)
    carol.receive(first.raw)
    chunk = first.entries[0][1]  # type: ignore[index]
    carol.document_of(IMAGE).apply([chunk])
    second = carol.edit([Edit(IMAGE, rate(2))], settle=False)
    found = agree(alice, bob, carol)
    assert accepted(found, first, second) == [False, False]
    return found


@situation
def admin_accepts_a_quarantined_segment_and_discards_another(house: House) -> Replica:
    alice, bob, carol = house.people("admin", "editor", "viewer")
    remove(alice, bob)
    first = write(bob, value=1)
    second = bob.edit([Edit(IMAGE, note("海報 😀"))])
    other, hidden = write(bob, OTHER_IMAGE), write(bob, THREAD)
    hand_over(bob, alice)
    act(alice, "accept", bob.public, [second.hash])
    act(alice, "discard", bob.public, [hidden.hash])
    act(carol, "accept", bob.public, [other.hash])
    found = agree(alice, bob, carol)
    assert accepted(found, first, second, other, hidden) == [True, True, False, False]
    assert found.verdicts.hidden == {hidden.hash}
    assert found.documents[IMAGE].read()["note"] == "海報 😀"
    return found


@situation
def acceptance_by_an_admin_who_is_removed_at_once(house: House) -> Replica:
    alice, bob, carol = house.people("admin", "admin", "viewer")
    tried = write(carol)
    hand_over(carol, bob)
    act(bob, "accept", carol.public, [tried.hash])
    remove(alice, bob)
    found = agree(alice, bob, carol)
    assert accepted(found, tried) == [False]
    return found


# Documents and delivery


@situation
def same_edit_of_two_documents_gives_the_same_bytes(house: House) -> Replica:
    """One change hash, two documents: adopting it in one says nothing of the other."""
    alice, bob, carol = house.people("admin", "editor", "editor")
    remove(alice, bob)
    both = bob.edit([Edit(IMAGE, imported()), Edit(OTHER_IMAGE, imported())])
    one, two = refs_of(both)
    assert one.hash == two.hash
    meet(bob, carol)
    carol.edit([Edit(one.document, rate(1))])
    found = agree(alice, carol, bob)
    assert {one, two} & found.verdicts.accepted == {one}
    return found


@situation
def operation_is_known_from_a_segment_that_still_waits(house: House) -> Replica:
    alice, bob, carol, dave = house.people("admin", "editor", "editor", "editor")
    alice.receive(write(dave).raw)
    from_alice = act(alice, "grant", member_of(9), "viewer")
    waiting = alice.held[alice.tip]
    bob.receive(waiting.raw)
    assert waiting.hash in bob.waiting and from_alice.hash in bob.operations
    by_bob = write(bob, value=2)
    meet(bob, carol)
    assert by_bob.hash in carol.held, "operations are exchanged before segments"
    return agree(alice, bob, carol, dave)


@situation
def segment_waits_for_an_operation_its_author_knew(house: House) -> Replica:
    """Held too early, its right would be that of somebody nobody had let in."""
    alice, bob, carol = house.people("admin", "viewer", "editor")
    grant = alice.operation("role", bob.member, "editor")
    bob.take_operation(grant.raw)
    promoted = write(bob)
    carol.receive(promoted.raw)
    assert promoted.hash not in carol.held
    carol.take_operation(grant.raw)
    carol.drain()
    assert promoted.hash in carol.held
    alice.edit(operations=[grant])
    found = agree(alice, bob, carol)
    assert accepted(found, promoted) == [True]
    return found


@situation
def segments_wait_for_their_predecessors_and_what_their_authors_had_read(house: House) -> Replica:
    alice, bob, carol = house.people("admin", "editor", "editor")
    one, two = write(alice, value=1), write(alice, OTHER_IMAGE)
    hand_over(alice, bob)
    three = write(bob, value=3)
    for early in (three, two):
        carol.receive(early.raw)
        assert early.hash not in carol.held
    carol.receive(one.raw)
    assert {one.hash, two.hash, three.hash} <= carol.held.keys()
    return agree(alice, bob, carol)


@situation
def segment_on_anothers_chain_is_never_held(house: House) -> Replica:
    alice, bob, eve = house.people("admin", "editor", "editor")
    honest = write(bob)
    hand_over(bob, eve)
    eve.incarnation = bob.incarnation
    forged = eve.edit([Edit(IMAGE, rate(5))], fork=(honest.hash, 2))
    meet(alice, bob, eve)
    for each in (alice, bob, eve):
        each.receive(forged.raw)
        assert forged.hash not in each.held
        assert [want.kind for want in each.missing(forged)] == ["broken"]
    return alice


def fails(name: str, house: House) -> bool:
    """Whether the situation comes out otherwise than it must."""
    try:
        SITUATIONS[name](house)
    except (AssertionError, Failure, KeyError):
        return True
    return False
