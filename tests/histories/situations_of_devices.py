"""Situations of devices: copies, patched clients, segments that come early."""

from __future__ import annotations

from collections.abc import Iterable

from documents.change import read_header
from documents.engine import Document
from documents.kinds import GENESIS_HEAD, Kind
from documents.segment import ChangeEntry, UnknownEntry
from tests.documents import chunks
from tests.histories.house import (
    IMAGE,
    OTHER_IMAGE,
    THREAD,
    House,
    accepted,
    act,
    agree,
    hand_over,
    heads,
    meet,
    rating,
    remove,
    role,
    situation,
    write,
)
from tests.histories.replica import Edit, Replica, refs_of
from tests.histories.simulation import IMAGES, comment, imported, key_of, member_of, note, rate

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
def refused_half_of_a_copied_machine_displaces_nothing(house: House) -> Replica:
    for chance in range(40):
        alice, bob = house.people("admin", "editor", chance=chance)
        twin = bob.copy("twin")
        twin.run = bob.run
        seen, unseen = write(bob, value=1), write(twin, value=5)
        if refs_of(unseen) < refs_of(seen):
            break
    meet(alice, bob)
    remove(alice, bob)
    first = agree(alice, twin)
    assert first.verdicts.applied == set(refs_of(seen))
    assert rating(first) == [1]
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
    honest = [write(bob, image) for image in IMAGES]  # none of them builds on another
    meet(carol, bob)
    meet(alice, carol)
    old = heads(bob)
    remove(alice, bob)
    meet(alice, bob)
    first, second = honest[0], honest[1]
    forged = []
    for value, place in enumerate((first, second, second, honest[3])):
        bob.incarnation = place.incarnation
        forged.append(bob.edit([Edit(THREAD, comment(f"c{value}"))], auth=old, fork=(place.prev, place.seq)))
    found = agree(alice, carol, bob)
    assert accepted(found, *honest) == [True] * 4
    assert {each.hash for each in forged} <= found.held.keys()
    assert accepted(found, *forged) == [False] * 4
    return found


@situation
def removed_editor_goes_on_after_what_the_removal_had_seen(house: House) -> Replica:
    alice, bob, carol = house.people("admin", "editor", "editor")
    seen = write(bob, value=1)
    meet(alice, bob)
    old = heads(bob)
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
def operation_of_another_workspace_names_our_heads(house: House) -> Replica:
    """Were it taken for one of ours, it would be the only head, and nobody had a right at it."""
    alice, bob, carol = house.people("admin", "editor", "viewer")
    foreign = carol.operation("grant", carol.member, "admin", workspace=b"w" * 32)
    create = carol.operation("create", carol.member, prev=[], workspace=b"")
    carol.edit(operations=[foreign, create])
    hand_over(carol, alice, bob)
    later = [write(alice, value=1), write(bob, value=2)]
    found = agree(alice, bob, carol)
    assert accepted(found, *later) == [True, True]
    assert role(found, carol) == "viewer"
    assert not {foreign.hash, create.hash} & found.operations.keys()
    return found


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


@situation
def clock_from_nowhere_is_never_held_and_keeps_nobody_from_writing(house: House) -> Replica:
    alice, bob, eve = house.people("admin", "editor", "viewer")
    write(bob)
    meet(alice, bob, eve)
    ahead = eve.edit([Edit(IMAGE, rate(5))], clock=2**53 - 1)
    for each in (alice, bob):
        each.receive(ahead.raw)
        assert ahead.hash not in each.held
        assert {want.kind for want in each.missing(ahead)} == {"broken"}
        write(each)
    meet(alice, bob)
    return agree(alice, bob)


def _chunk(replica: Replica, deps: Iterable[bytes] = (), seq: int = 1, start: int = 19, letters: int = 0) -> bytes:
    """A change that no library would make so; 19 is the first number after the genesis of an image."""
    cells = chunks.letters(letters) if letters else chunks.put()
    return chunks.frame(
        chunks.body(
            replica.actor(), cells, list(deps) or [GENESIS_HEAD[Kind.IMAGE]], seq=seq, start=start, others=[chunks.ZERO]
        )
    )


@situation
def changes_whose_causes_or_numbers_are_not_right_wait(house: House) -> Replica:
    alice, bob = house.people("admin", "editor")
    made: dict[str, bytes] = {}

    def add(name: str, *, on: Iterable[str] = (), same_run: bool = False, **numbers: int) -> None:
        if not same_run:
            bob.begin_run()
        deps = [read_header(made[each]).hash if each in made else b"u" * 32 for each in on]
        made[name] = _chunk(bob, deps, **numbers)
        bob.append_change(IMAGE, made[name])

    add("orphan", on=["nobody"], start=30)
    add("after the orphan", on=["orphan"], start=31)
    add("second without a first", seq=2)
    add("below the genesis", start=18)
    add("another first", letters=3)
    add("own number not above", same_run=True, seq=2, start=20)
    add("first")
    add("second", same_run=True, seq=2, start=25)
    add("number not above", on=["first"])
    add("number just above", on=["first"], start=20)
    found = agree(alice, bob)
    names = {read_header(change).hash: name for name, change in made.items()}
    assert found.verdicts.accepted == {(IMAGE, hash) for hash in names}
    assert not found.verdicts.displaced
    applied = {names[ref.hash] for ref in found.verdicts.applied}
    assert applied == {"first", "another first", "second", "number just above"}
    return found


@situation
def void_changes_are_held_and_passed_on(house: House) -> Replica:
    alice, bob, carol = house.people("admin", "editor", "editor")
    no_actor = chunks.frame(chunks.body(bytes(16), chunks.put()))
    counter = chunks.frame(chunks.body(bob.actor(), chunks.put(meta=1 << 4 | 8)))
    foreign = Document.new(Kind.THREAD).edit(bob.actor(), lambda draft: draft.write_text("summary", "x"))
    assert foreign is not None
    void = [bob.append_change(IMAGE, each) for each in (no_actor, counter, foreign, b"nothing")]
    good = write(bob)
    found = agree(alice, bob, carol)
    assert {each.hash for each in void} <= carol.held.keys()
    assert found.verdicts.accepted == set(refs_of(good))
    return found


@situation
def what_a_later_program_writes_is_held_and_passed_on(house: House) -> Replica:
    alice, bob, carol = house.people("admin", "editor", "editor")
    later_kind = bytes([77]) + bytes(15)
    odd = bob.edit([Edit(IMAGE, rate(1))], entries=[UnknownEntry(99, b"\xa2hi"), ChangeEntry(later_kind, _chunk(bob))])
    later = bob.append_later_version()
    good = write(bob, value=2)
    found = agree(alice, bob, carol)
    assert {odd.hash, later.hash} <= carol.held.keys()
    assert carol.held[later.hash].raw == later.raw and carol.held[odd.hash].raw == odd.raw
    assert set(refs_of(good)) <= found.verdicts.applied
    assert {ref.document for ref in found.verdicts.accepted} == {IMAGE, later_kind}
    assert {ref.document for ref in found.verdicts.applied} == {IMAGE}
    return found
