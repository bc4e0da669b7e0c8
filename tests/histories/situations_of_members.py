"""Situations of members: two admins at once, an admin and a writer, adoption and acceptance."""

from __future__ import annotations

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
from tests.histories.simulation import comment, key_of, member_of, note, rate, tag

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
        old = heads(alice)
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
        old = heads(alice)
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


@situation
def viewer_makes_hundreds_of_operations(house: House) -> Replica:
    """What does not count is not named: else no segment would have room for the heads any more."""
    alice, bob, carol = house.people("admin", "editor", "viewer")
    old = heads(carol)
    flood = [carol.operation("grant", carol.member, "admin", prev=old) for _ in range(100)]
    flood += [carol.operation("add-device", key_of(100 + n).public, carol.member, prev=old) for n in range(20)]
    carol.edit(operations=flood)
    hand_over(carol, alice, bob)
    later = [write(alice, value=1), write(bob, value=2)]
    found = agree(alice, bob, carol)
    assert {each.hash for each in flood} <= found.operations.keys()
    assert all(len(each.auth) == 1 for each in later)
    assert accepted(found, *later) == [True, True]
    remove(alice, carol)
    assert role(alice, carol) is None
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
