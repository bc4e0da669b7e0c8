"""The role rule, one situation each; the outcomes are fixed by docs/format.md and the design of roles."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.membership import Role, Rule, allows, decide, operation_heads
from identity.operations import Argument, Operation, SeenTip, encode_operation
from tests.identity.house import KEYS, NAMES, STEPS, Members, Step, history_of, member, public, tip

HASH = b"h" * 32
LOST_PHONE = "erin"  # keys that here are no person's first device
RECOVERY = "frank"


@pytest.mark.parametrize(
    ("role", "image", "thread"),
    [
        ("admin", True, True),
        ("editor", True, True),
        ("reviewer", False, True),
        ("viewer", False, False),
        (None, False, False),
    ],
)
def test_what_each_role_may_write(role: Role | None, image: bool, thread: bool) -> None:
    assert (allows(role, 1), allows(role, 2)) == (image, thread)


def test_founder_is_admin_and_those_let_in_have_their_roles() -> None:
    all = Members(bob="editor", carol="viewer")
    assert [all.role(name) for name in ("alice", "bob", "carol", "dave")] == ["admin", "editor", "viewer", None]
    assert all.decide().entitled == set(all.operations)


def test_second_create_operation_founds_nothing() -> None:
    all = Members()
    forged = [_founded_by("bob", seed) for seed in range(20)]
    decision = decide(all.workspace, [*all.operations.values(), *forged])
    assert decision.standing.roles == {member("alice"): "admin"}


def _founded_by(name: str, seed: int) -> Operation:
    return encode_operation(
        workspace=b"",
        kind="create",
        subject=member(name),
        author=public(name),
        nonce=random.Random(seed).randbytes(16),
        sign=KEYS[name].sign,
    )


def test_operation_of_another_workspace_has_no_effect_here() -> None:
    all = Members(bob="editor")
    foreign = all.make("alice", "remove", member("bob"))
    moved = foreign._replace(workspace=b"x" * 32)
    del all.operations[foreign.hash]
    assert decide(all.workspace, [*all.operations.values(), moved]).standing.role_of(public("bob")) == "editor"


def test_operation_whose_past_is_not_known_waits() -> None:
    all = Members(bob="editor")
    missing = all.make("alice", "grant", member("carol"), "viewer")
    all.make("alice", "remove", member("bob"))
    assert all.role("bob") is None
    del all.operations[missing.hash]
    assert all.role("bob") == "editor"


@pytest.mark.parametrize("name", ["bob", "carol", "dave", "erin"])
def test_operation_by_someone_who_is_no_admin_is_refused(name: str) -> None:
    all = Members(bob="editor", carol="reviewer", dave="viewer")
    tries = [
        all.make(name, "grant", member(name), "admin"),
        all.make(name, "role", member("dave"), "admin"),
        all.make(name, "remove", member("alice")),
        all.make(name, "revoke-device", public("alice")),
        all.add(name, "add-device", "heidi", "alice"),
        all.add(name, "add-recovery", "heidi", "alice"),
        all.make(name, "rotate", HASH, bytes(8)),
        all.make(name, "accept", public(name), [HASH]),
        all.make(name, "discard", public(name), [HASH]),
    ]
    assert [all.entitled(each) for each in tries] == [False] * len(tries)
    assert all.role("alice") == "admin"


@pytest.mark.parametrize("argument", ["owner", None, b"admin", [HASH]])
def test_role_that_there_is_not_is_refused(argument: Argument) -> None:
    all = Members(bob="editor")
    tries = [all.make("alice", kind, member("bob"), argument) for kind in ("grant", "role")]
    assert [all.entitled(each) for each in tries] == [False, False]
    assert all.role("bob") == "editor"


@pytest.mark.parametrize(
    ("kind", "subject", "argument"),
    [
        ("add-device", b"short", member("bob")),
        ("add-device", public("erin"), "bob"),
        ("add-device", public("erin"), b""),
        ("add-recovery", public("erin"), b"x" * 32),
        ("retire-device", public("erin"), None),
    ],
)
def test_operation_on_a_key_that_names_no_key_or_no_member_is_refused(
    kind: str, subject: bytes, argument: Argument
) -> None:
    all = Members(bob="editor")
    assert not all.entitled(all.make("alice", kind, subject, argument))


def test_grant_only_raises_and_role_needs_a_member() -> None:
    all = Members(bob="editor")
    all.make("alice", "grant", member("bob"), "viewer")
    all.make("alice", "role", member("carol"), "viewer")
    all.add("alice", "add-device", "carol", "carol")
    assert (all.role("bob"), all.role("carol")) == ("editor", None)


def test_senior_admin_removes_the_junior_and_not_the_other_way_round() -> None:
    all = Members(bob="admin", carol="admin")
    refused = [
        all.make("carol", "remove", member("bob")),
        all.make("carol", "role", member("bob"), "viewer"),
        all.make("carol", "revoke-device", public("bob")),
    ]
    assert [all.entitled(each) for each in refused] == [False] * 3
    all.make("bob", "remove", member("carol"))
    assert (all.role("bob"), all.role("carol")) == ("admin", None)


def test_junior_admin_cannot_revoke_a_seniors_recovery_key() -> None:
    all = Members(bob="admin")
    all.add("alice", "add-recovery", RECOVERY, "alice")
    assert not all.entitled(all.make("bob", "revoke-device", public(RECOVERY)))


def test_admin_may_step_down() -> None:
    all = Members(bob="admin")
    all.make("bob", "role", member("bob"), "viewer")
    assert all.role("bob") == "viewer"


def test_two_admins_remove_each_other_at_once_and_the_senior_stays() -> None:
    all = Members(bob="admin", carol="admin")
    heads = all.heads()
    by_carol = all.make("carol", "remove", member("bob"), prev=heads)
    by_bob = all.make("bob", "remove", member("carol"), prev=heads)
    assert (all.role("bob"), all.role("carol")) == ("admin", None)
    assert (all.entitled(by_bob), all.entitled(by_carol)) == (True, False)
    assert by_carol.hash in all.decide().void


def test_two_founding_admins_with_a_third_at_once_everyone_against_everyone() -> None:
    all = Members(bob="admin", carol="admin")
    heads = all.heads()
    for author, subject in (("alice", "bob"), ("bob", "carol"), ("carol", "alice"), ("carol", "bob"), ("bob", "alice")):
        all.make(author, "remove", member(subject), prev=heads)
    assert [all.role(name) for name in ("alice", "bob", "carol")] == ["admin", None, "admin"]


def test_removed_admin_back_dates_a_removal() -> None:
    all = Members(bob="admin", carol="editor")
    before = all.heads()
    all.make("alice", "grant", member("dave"), "viewer")
    all.make("alice", "remove", member("bob"))
    forged = all.make("bob", "remove", member("carol"), prev=before)
    assert (all.role("bob"), all.role("carol")) == (None, "editor")
    assert forged.hash in all.decide().void


def test_what_an_admin_did_before_the_removal_stays() -> None:
    all = Members(bob="admin")
    all.make("bob", "grant", member("carol"), "editor")
    all.add("bob", "add-device", "carol", "carol")
    all.make("alice", "remove", member("bob"))
    assert all.role("carol") == "editor"


def test_removed_admin_back_dates_a_grant_to_a_sock_puppet() -> None:
    all = Members(bob="admin", carol="viewer")
    before = all.heads()
    all.make("alice", "grant", member("dave"), "viewer")
    all.make("alice", "remove", member("bob"))
    forged = all.make("bob", "role", member("carol"), "editor", prev=before)
    assert all.role("carol") == "viewer"
    assert all.right("carol", [forged.hash]) == "viewer"


def test_admin_made_by_a_removed_admin_at_once_does_not_undo_the_removal() -> None:
    all = Members(bob="admin", carol="viewer")
    before = all.heads()
    puppet = all.make("bob", "role", member("carol"), "admin", prev=before)
    all.make("carol", "remove", member("alice"), prev=[puppet.hash])
    all.make("alice", "remove", member("bob"), prev=before)
    assert [all.role(name) for name in ("alice", "bob", "carol")] == ["admin", None, "viewer"]


def test_two_admins_grant_the_same_role_at_once() -> None:
    all = Members(bob="admin", carol="viewer")
    heads = all.heads()
    both = [all.make(name, "role", member("carol"), "editor", prev=heads) for name in ("alice", "bob")]
    assert [all.entitled(each) for each in both] == [True, True]
    assert [all.right("carol", [each.hash]) for each in both] == ["editor", "editor"]


@pytest.mark.parametrize("nonce", range(6))  # whatever the hashes are
def test_removal_and_grant_at_once_of_the_same_person(nonce: int) -> None:
    all = Members(bob="admin", carol="viewer")
    heads = all.heads()
    all.make("alice", "grant", member("carol"), "editor", prev=heads, nonce=b"%d" % nonce)
    all.make("bob", "remove", member("carol"), prev=heads)
    assert all.role("carol") == "editor"  # lowerings come first: a grant that had not heard of the removal restores


@pytest.mark.parametrize("nonce", range(6))
def test_two_admins_give_different_roles_at_once_and_the_juniors_comes_last(nonce: int) -> None:
    all = Members(bob="admin", carol="viewer")
    heads = all.heads()
    all.make("alice", "role", member("carol"), "editor", prev=heads, nonce=b"%d" % nonce)
    all.make("bob", "role", member("carol"), "reviewer", prev=heads)
    assert all.role("carol") == "reviewer"


def test_removal_by_an_admin_who_was_himself_removed_voids_nothing() -> None:
    all = Members(bob="admin", carol="admin", dave="editor")
    before = all.heads()
    all.make("bob", "remove", member("carol"), prev=before)
    all.make("carol", "remove", member("dave"), prev=before)
    filler = all.make("alice", "grant", member("erin"), "viewer", prev=before)
    all.make("alice", "remove", member("bob"), prev=[filler.hash])
    assert [all.role(name) for name in ("bob", "carol", "dave")] == [None, "admin", None]


def test_admin_who_is_made_admin_again_stays_as_senior_as_before() -> None:
    all = Members(bob="admin", carol="admin")
    all.make("alice", "role", member("bob"), "admin")
    assert not all.entitled(all.make("carol", "remove", member("bob")))


def test_operation_with_one_known_and_one_unknown_past_waits() -> None:
    all = Members(bob="editor")
    heads = all.heads()
    two = [all.make("alice", "grant", member(name), "viewer", prev=heads) for name in ("carol", "dave")]
    all.make("alice", "remove", member("bob"), prev=[each.hash for each in two])
    del all.operations[two[0].hash]
    assert all.role("bob") == "editor"


def test_removed_member_who_had_not_heard_of_it_writes() -> None:
    all = Members(bob="editor")
    before = all.heads()
    all.make("alice", "remove", member("bob"))
    assert all.right("bob", before, seen=False) is None
    assert all.right("bob", before, seen=True) == "editor"
    assert all.right("bob", all.heads(), seen=True) is None


def test_removed_member_who_is_let_in_again_writes_anew_and_the_unseen_stays_out() -> None:
    all = Members(bob="editor")
    before = all.heads()
    all.make("alice", "remove", member("bob"))
    all.make("alice", "grant", member("bob"), "reviewer")
    assert all.right("bob", all.heads()) == "reviewer"
    assert all.right("bob", before, seen=False) is None
    assert all.right("bob", before, seen=True) == "editor"


@pytest.mark.parametrize("left", ["editor", "reviewer", "viewer"])
def test_demoted_admin_keeps_what_the_lower_role_may_do(left: Role) -> None:
    all = Members(bob="admin")
    before = all.heads()
    all.make("alice", "role", member("bob"), left)
    assert all.right("bob", before, seen=False) == left
    assert all.right("bob", before, seen=True) == "admin"


def test_lowering_is_asked_with_what_it_had_seen_and_only_if_it_is_aimed_at_the_device() -> None:
    all = Members(bob="editor", carol="editor")
    before = all.heads()
    seen = tip("bob", 3, HASH)
    all.make("alice", "remove", member("bob"), seen=[seen])
    asked: list[tuple[SeenTip, ...]] = []

    def within(tips: tuple[SeenTip, ...]) -> bool:
        asked.append(tips)
        return True

    rule = Rule(all.decide())
    assert rule.right(public("carol"), before, within) == "editor"
    assert rule.right(public("bob"), before, within) == "editor"
    assert asked == [(seen,)]


def test_of_two_lowerings_the_lower_counts() -> None:
    all = Members(bob="admin")
    before = all.heads()
    all.make("alice", "role", member("bob"), "editor")
    all.make("alice", "role", member("bob"), "viewer")
    assert all.right("bob", before) == "viewer"


def test_revoked_device_is_out_and_its_owner_goes_on_with_another() -> None:
    all = Members(bob="editor")
    all.add("bob", "add-device", LOST_PHONE, "bob")
    before = all.heads()
    all.make("alice", "revoke-device", public(LOST_PHONE))
    assert (all.role("bob"), all.role(LOST_PHONE)) == ("editor", None)
    assert all.right("bob", before) == "editor"
    assert all.right(LOST_PHONE, before) is None


def test_revoked_device_stays_so_for_ever() -> None:
    all = Members(bob="editor")
    all.make("alice", "revoke-device", public("bob"))
    all.add("alice", "add-device", "bob", "bob")
    assert all.role("bob") is None


def test_thief_of_a_device_adds_his_own_before_the_revocation_is_heard() -> None:
    all = Members(bob="editor")
    before = all.heads()
    all.make("alice", "revoke-device", public("bob"))
    first = all.add("bob", "add-device", "erin", "bob", prev=before)
    all.add("erin", "add-device", "grace", "bob", prev=[first.hash])
    assert [all.role(name) for name in ("bob", "erin", "grace")] == [None, None, None]


def test_device_adds_another_of_its_own_member_only() -> None:
    all = Members(bob="editor", carol="editor")
    all.add("bob", "add-device", "erin", "bob")
    refused = all.add("bob", "add-device", "grace", "carol")
    assert (all.role("erin"), all.entitled(refused)) == ("editor", False)


def test_key_that_is_one_members_device_is_nobody_elses() -> None:
    all = Members(bob="editor", carol="viewer")
    assert not all.entitled(all.add("alice", "add-device", "bob", "carol"))
    assert all.decide().standing.member_of(public("bob")) == member("bob")


@pytest.mark.parametrize("nonce", range(6))
def test_member_back_dates_a_claim_to_somebody_elses_device(nonce: int) -> None:
    all = Members(carol="viewer")
    before = all.heads()
    all.make("carol", "retire-device", public("carol"), nonce=b"%d" % nonce)  # what alice does comes after it
    all.let_in("bob", "editor")
    all.add("carol", "add-device", "bob", "carol", prev=before)
    assert all.decide().standing.member_of(public("bob")) == member("bob")
    assert all.right("bob", all.heads()) == "editor"


def test_recovery_key_adds_a_device_to_its_member_and_does_nothing_else() -> None:
    all = Members(bob="admin", carol="editor")
    all.add("bob", "add-recovery", RECOVERY, "bob")
    all.add(RECOVERY, "add-device", "erin", "bob")
    refused = [
        all.add(RECOVERY, "add-device", "grace", "carol"),
        all.add(RECOVERY, "add-recovery", "heidi", "bob"),
        all.make(RECOVERY, "remove", member("carol")),
    ]
    assert (all.role("erin"), all.role(RECOVERY)) == ("admin", None)
    assert [all.entitled(each) for each in refused] == [False] * 3


def test_revoked_recovery_key_adds_nothing() -> None:
    all = Members(bob="editor")
    all.add("bob", "add-recovery", RECOVERY, "bob")
    all.make("alice", "revoke-device", public(RECOVERY))
    all.add(RECOVERY, "add-device", "erin", "bob")
    assert all.role("erin") is None


def test_recovery_key_outlives_the_device_that_was_revoked_at_once() -> None:
    all = Members(bob="editor")
    all.add("bob", "add-recovery", RECOVERY, "bob")
    heads = all.heads()
    all.make("alice", "revoke-device", public("bob"), prev=heads)
    all.add(RECOVERY, "add-device", "erin", "bob", prev=heads)
    assert (all.role("bob"), all.role("erin")) == (None, "editor")


def test_retired_device_keeps_its_right() -> None:
    all = Members(bob="editor", carol="editor")
    done = all.make("bob", "retire-device", public("bob"))
    refused = all.make("bob", "retire-device", public("carol"))
    assert (all.entitled(done), all.entitled(refused)) == (True, False)
    assert (all.role("bob"), all.role("carol")) == ("editor", "editor")


def test_accepted_and_discarded_segments_are_those_an_admin_named() -> None:
    all = Members(bob="admin", carol="editor")
    all.make("bob", "accept", public("carol"), [b"1" * 32, b"2" * 32])
    all.make("alice", "discard", public("carol"), [b"3" * 32])
    all.make("carol", "accept", public("carol"), [b"4" * 32])
    assert all.decide().named_by("accept") == {b"1" * 32, b"2" * 32}
    assert all.decide().named_by("discard") == {b"3" * 32}


def test_acceptance_by_an_admin_who_was_removed_at_once_is_void() -> None:
    all = Members(bob="admin")
    heads = all.heads()
    all.make("alice", "remove", member("bob"), prev=heads)
    all.make("bob", "accept", public("bob"), [HASH], prev=heads)
    assert all.decide().named_by("accept") == frozenset()


def test_segment_without_heads_has_no_right() -> None:
    assert Members().right("alice", []) is None


def test_seniority_is_lost_with_the_role() -> None:
    all = Members(bob="admin", carol="admin")
    all.make("alice", "role", member("bob"), "editor")
    all.make("alice", "role", member("bob"), "admin")
    all.make("carol", "remove", member("bob"))
    assert all.role("bob") is None


@settings(deadline=None)  # the machine may be busy
@given(STEPS, st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_one_decision(steps: list[Step], chance: random.Random) -> None:
    all = history_of(steps)
    one = all.decide()
    arrived = [*all.operations.values(), *all.operations.values()]
    chance.shuffle(arrived)
    other = decide(all.workspace, arrived)
    assert (other.entitled, other.lowerings, other.void) == (one.entitled, one.lowerings, one.void)
    assert vars(other.standing) == vars(one.standing)
    auth = [chance.choice(list(all.operations))]
    for name in NAMES[:5]:
        rights = [Rule(each).right(public(name), auth, lambda tips: False) for each in (one, other)]
        assert rights[0] == rights[1]


@settings(deadline=None)  # the machine may be busy
@given(STEPS)
def test_founder_is_only_ever_lowered_by_himself(steps: list[Step]) -> None:
    all = history_of([step for step in steps if step[1] != "alice"])
    assert all.role("alice") == "admin"


@settings(deadline=None)  # the machine may be busy
@given(STEPS)
def test_void_operations_are_not_entitled_and_effective_lowerings_are(steps: list[Step]) -> None:
    decision = history_of(steps).decide()
    assert not decision.void & decision.entitled
    assert decision.lowerings.keys() <= decision.entitled


def test_heads_are_what_nobody_names() -> None:
    all = Members()
    heads = all.heads()
    two = [all.make("alice", "grant", member(name), "viewer", prev=heads).hash for name in ("bob", "carol")]
    assert operation_heads(all.operations) == sorted(two)
