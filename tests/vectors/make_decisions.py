"""The cases of decisions.json: a set of membership operations, who is what by it, and what a device was entitled to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from identity.operations import Operation, encode_operation
from tests.histories.pieces import Pieces, in_force
from tests.identity.house import KEYS, NAMES, Members, member, public

HASH, OTHER_HASH = b"h" * 32, b"o" * 32


class Asked(NamedTuple):
    """The right of a segment of a person's device with these auth heads, that every lowering had seen, or none."""

    name: str
    auth: list[bytes]
    seen: bool


Case = Callable[[], tuple[Members, list[Asked]]]
CASES: dict[str, Case] = {}


def case(make: Case) -> Case:
    CASES[make.__name__.replace("_", " ")] = make
    return make


def both(name: str, *heads: Iterable[bytes]) -> list[Asked]:
    return [Asked(name, list(each), seen) for each in heads for seen in (False, True)]


def hashes(*operations: Operation) -> list[bytes]:
    return [each.hash for each in operations]


def decision_cases() -> list[dict[str, Any]]:
    return [told(name, *make()) for name, make in CASES.items()]


def told(name: str, all: Members, asked: list[Asked]) -> dict[str, Any]:
    operations = sorted(all.operations.values(), key=lambda each: each.hash)
    given = {"workspace": all.workspace.hex(), "operations": [each.raw.hex() for each in operations]}
    questions = [
        {"device": public(each.name).hex(), "auth": [hash.hex() for hash in sorted(each.auth)], "seen": each.seen}
        for each in asked
    ]
    return {"name": name} | given | outcome(in_force(), all.workspace, operations, questions)


def outcome(
    pieces: Pieces, workspace: bytes, operations: list[Operation], questions: list[dict[str, Any]]
) -> dict[str, Any]:
    """What a set of operations comes to, as the vectors write it."""
    decision = pieces.decide(workspace, operations)
    rule, standing = pieces.Rule(decision), decision.standing

    def right(question: dict[str, Any]) -> str | None:
        auth = [bytes.fromhex(head) for head in question["auth"]]
        role: str | None = rule.right(bytes.fromhex(question["device"]), auth, lambda tips: question["seen"])
        return role

    return {
        "roles": {member.hex(): role for member, role in sorted(standing.roles.items())},
        "devices": {
            device.hex(): member.hex() for device in sorted(standing.devices) if (member := standing.member_of(device))
        },
        "entitled": sorted(hash.hex() for hash in decision.entitled),
        "void": sorted(hash.hex() for hash in decision.void),
        "lowerings": sorted(hash.hex() for hash in decision.lowerings),
        "accepted": sorted(hash.hex() for hash in decision.named_by("accept")),
        "hidden": sorted(hash.hex() for hash in decision.named_by("discard")),
        "rights": [question | {"role": right(question)} for question in questions],
    }


@case
def everybody_let_in() -> tuple[Members, list[Asked]]:
    all = Members(bob="admin", carol="editor", dave="reviewer", erin="viewer")
    return all, [Asked(name, all.heads(), False) for name in NAMES[:6]] + [Asked("alice", [], False)]


@case
def operations_that_belong_elsewhere_or_whose_past_is_not_known() -> tuple[Members, list[Asked]]:
    all = Members(bob="editor")
    beside = all.make("alice", "grant", member("dave"), "viewer")
    gone = all.make("alice", "grant", member("carol"), "viewer", prev=hashes(all.create))
    waits = all.make("alice", "remove", member("bob"), prev=hashes(beside, gone))
    foreign = elsewhere("alice", "remove", member("bob"), prev=hashes(beside))
    founded = elsewhere("carol", "create", member("carol"))
    after = all.make("carol", "remove", member("bob"), prev=hashes(founded))
    all.operations |= {each.hash: each for each in (foreign, founded)}
    del all.operations[gone.hash]
    heads = hashes(beside)
    return all, [Asked("bob", hashes(each), False) for each in (waits, foreign, founded, after)] + both("bob", heads)


def elsewhere(name: str, kind: str, subject: bytes, prev: Iterable[bytes] = ()) -> Operation:
    """An operation of another workspace, or the beginning of one."""
    return encode_operation(
        workspace=b"" if kind == "create" else b"w" * 32,
        kind=kind,
        subject=subject,
        prev=prev,
        author=public(name),
        nonce=b"e" * 16,
        sign=KEYS[name].sign,
    )


@case
def nobody_but_an_admin_is_entitled() -> tuple[Members, list[Asked]]:
    all = Members(bob="editor", carol="reviewer", dave="viewer")
    for name in ("bob", "carol", "dave", "erin"):
        all.make(name, "grant", member(name), "admin")
        all.make(name, "role", member("dave"), "admin")
        all.make(name, "remove", member("alice"))
        all.make(name, "revoke-device", public("alice"))
        all.add(name, "add-device", "heidi", "alice")
        all.add(name, "add-recovery", "heidi", "alice")
        all.make(name, "rotate", HASH, bytes(8))
        all.make(name, "accept", public(name), [HASH])
        all.make(name, "discard", public(name), [HASH])
    return all, [Asked(name, all.heads(), False) for name in NAMES[:5]]


@case
def operations_that_say_nothing() -> tuple[Members, list[Asked]]:
    all = Members(bob="editor")
    for argument in ("owner", None, b"admin", [HASH]):
        all.make("alice", "grant", member("bob"), argument)
        all.make("alice", "role", member("bob"), argument)
    for kind, subject, argument in (
        ("add-device", b"short", member("bob")),
        ("add-device", public("erin"), "bob"),
        ("add-device", public("erin"), b""),
        ("add-recovery", public("erin"), b"x" * 32),
        ("retire-device", public("erin"), None),
        ("revoke-device", public("heidi"), None),
    ):
        all.make("alice", kind, subject, argument)
    return all, [Asked("bob", all.heads(), False)]


@case
def grant_only_raises_and_role_needs_a_member() -> tuple[Members, list[Asked]]:
    all = Members(bob="editor")
    lower = all.make("alice", "grant", member("bob"), "viewer")
    all.make("alice", "grant", member("bob"), "editor")
    all.make("alice", "role", member("carol"), "viewer")
    all.add("alice", "add-device", "carol", "carol")
    all.make("alice", "role", member("bob"), "editor")
    return all, [Asked("carol", all.heads(), False), *both("bob", hashes(lower), all.heads())]


@case
def senior_lowers_junior_and_not_the_other_way_round() -> tuple[Members, list[Asked]]:
    all = Members(bob="admin", carol="admin", dave="admin")
    all.add("bob", "add-recovery", "frank", "bob")
    all.make("carol", "remove", member("bob"))
    all.make("carol", "role", member("bob"), "viewer")
    all.make("carol", "revoke-device", public("bob"))
    all.make("carol", "revoke-device", public("frank"))
    all.make("carol", "role", member("bob"), "admin")
    all.make("bob", "role", member("carol"), "editor")
    all.make("bob", "remove", member("dave"))
    all.make("bob", "role", member("bob"), "viewer")
    return all, [Asked(name, all.heads(), False) for name in NAMES[:4]]


@case
def seniority_is_kept_while_admin_and_lost_with_the_role() -> tuple[Members, list[Asked]]:
    all = Members(bob="admin", carol="admin", dave="admin")
    all.make("alice", "role", member("bob"), "admin")
    all.make("carol", "remove", member("bob"))
    all.make("alice", "role", member("carol"), "editor")
    all.make("alice", "role", member("carol"), "admin")
    all.make("dave", "remove", member("carol"))
    all.make("alice", "remove", member("bob"))
    all.make("alice", "grant", member("bob"), "admin")
    all.make("dave", "role", member("bob"), "viewer")
    return all, [Asked(name, all.heads(), False) for name in NAMES[:4]]


@case
def two_admins_remove_each_other() -> tuple[Members, list[Asked]]:
    all = Members(bob="admin", carol="admin")
    heads = all.heads()
    one = all.make("carol", "remove", member("bob"), prev=heads)
    two = all.make("bob", "remove", member("carol"), prev=heads)
    return all, both("bob", heads, hashes(one), hashes(two)) + both("carol", heads, hashes(one), hashes(two))


@case
def everyone_against_everyone() -> tuple[Members, list[Asked]]:
    all = Members(bob="admin", carol="admin", dave="admin")
    heads = all.heads()
    names = ("alice", "bob", "carol", "dave")
    for author in names:
        for subject in names:
            if author != subject:
                all.make(author, "remove", member(subject), prev=heads)
    return all, [question for name in names for question in both(name, heads)]


@case
def removal_by_one_who_was_removed_himself_voids_nothing() -> tuple[Members, list[Asked]]:
    all = Members(bob="admin", carol="admin", dave="editor", frank="admin", grace="admin", heidi="admin")
    before = all.heads()
    for name in ("carol", "frank", "grace", "heidi"):  # whatever the hashes are
        all.make("bob", "remove", member(name), prev=before)
        all.make(name, "accept", public(name), [public(name)], prev=before)
    all.make("carol", "remove", member("dave"), prev=before)
    filler = all.make("alice", "grant", member("erin"), "viewer", prev=before)
    all.make("alice", "remove", member("bob"), prev=hashes(filler))
    return all, [question for name in ("bob", "carol", "dave") for question in both(name, before)]


@case
def removal_of_one_whose_device_was_revoked_later() -> tuple[Members, list[Asked]]:
    all = Members(bob="admin", carol="editor")
    before = all.heads()
    by_bob = all.make("bob", "remove", member("carol"), prev=before)
    filler = all.make("alice", "grant", member("erin"), "viewer", prev=before)
    removed = all.make("alice", "remove", member("bob"), prev=hashes(filler))
    all.make("alice", "revoke-device", public("bob"), prev=hashes(by_bob, removed))
    return all, both("bob", before) + both("carol", before)


@case
def removed_admin_back_dates_a_removal_and_a_grant() -> tuple[Members, list[Asked]]:
    all = Members(bob="admin", carol="editor", dave="viewer")
    before = all.heads()
    all.make("alice", "grant", member("erin"), "viewer")
    all.make("alice", "remove", member("bob"))
    all.make("bob", "remove", member("carol"), prev=before)
    grant = all.make("bob", "role", member("dave"), "editor", prev=before)
    puppet = all.make("bob", "grant", member("frank"), "admin", prev=before)
    sock = all.add("bob", "add-device", "frank", "frank", prev=hashes(puppet))
    all.make("frank", "remove", member("alice"), prev=hashes(sock))
    return all, [
        question
        for name in ("bob", "carol", "dave", "frank")
        for question in both(name, before, hashes(grant), hashes(sock), all.heads())
    ]


@case
def what_an_admin_did_before_and_after_his_removal() -> tuple[Members, list[Asked]]:
    all = Members(bob="admin")
    all.make("bob", "grant", member("carol"), "editor")
    all.add("bob", "add-device", "carol", "carol")
    all.make("alice", "remove", member("bob"))
    all.make("bob", "grant", member("dave"), "editor")
    all.make("alice", "remove", member("bob"))
    return all, both("carol", all.heads())


@case
def demoted_admin_goes_on_operating() -> tuple[Members, list[Asked]]:
    all = Members(bob="admin", carol="viewer")
    before = all.heads()
    demoted = all.make("alice", "role", member("bob"), "editor")
    late = all.make("bob", "role", member("carol"), "editor", prev=before)
    rotated = all.make("bob", "rotate", HASH, bytes(8), prev=before)
    return all, both("bob", before, hashes(demoted)) + both("carol", hashes(late), hashes(rotated))


@case
def two_admins_grant_the_same_role_at_once() -> tuple[Members, list[Asked]]:
    all = Members(bob="admin", carol="viewer")
    heads = all.heads()
    two = [all.make(name, "role", member("carol"), "editor", prev=heads) for name in ("alice", "bob")]
    return all, both("carol", hashes(two[0]), hashes(two[1]), heads)


@case
def two_admins_give_different_roles_at_once() -> tuple[Members, list[Asked]]:
    all = Members(bob="admin", carol="viewer", dave="viewer", erin="viewer", frank="viewer")
    heads = all.heads()
    for name in ("carol", "dave", "erin", "frank"):  # whatever the hashes are
        all.make("alice", "role", member(name), "editor", prev=heads)
        all.make("bob", "role", member(name), "reviewer", prev=heads)
    return all, [Asked(name, all.heads(), False) for name in ("carol", "dave", "erin", "frank")]


@case
def operations_move_forward_while_they_wait_for_their_turn() -> tuple[Members, list[Asked]]:
    """An author becomes admin, a device is added, a role becomes a lowering, after the operation could have come."""
    all = Members(bob="admin", carol="admin", dave="viewer", erin="viewer", frank="viewer")
    heads = all.heads()
    all.make("bob", "role", member("dave"), "editor", prev=hashes(all.create))
    all.make("carol", "role", member("dave"), "reviewer", prev=heads)
    all.make("heidi", "role", member("frank"), "editor", prev=hashes(all.create))
    all.make("carol", "role", member("frank"), "reviewer", prev=heads)
    all.add("alice", "add-device", "heidi", "bob", prev=heads)
    all.make("carol", "role", member("erin"), "viewer", prev=heads)
    all.make("bob", "role", member("erin"), "admin", prev=heads)
    all.make("alice", "role", member("erin"), "editor", prev=heads)
    return all, [Asked(name, all.heads(), False) for name in ("dave", "erin", "frank")]


@case
def one_admin_gives_two_roles_at_once_from_two_devices() -> tuple[Members, list[Asked]]:
    all = Members(bob="viewer", carol="viewer", dave="viewer")
    all.add("alice", "add-device", "heidi", "alice")
    heads = all.heads()
    for name in ("bob", "carol", "dave"):  # the hash decides
        all.make("alice", "role", member(name), "editor", prev=heads)
        all.make("heidi", "role", member(name), "reviewer", prev=heads)
    return all, [Asked(name, all.heads(), False) for name in ("bob", "carol", "dave")]


@case
def removal_and_grant_at_once() -> tuple[Members, list[Asked]]:
    all = Members(bob="admin", carol="viewer", dave="viewer", erin="editor")
    heads = all.heads()
    for name in ("carol", "dave"):
        all.make("alice", "grant", member(name), "editor", prev=heads)
        all.make("bob", "remove", member(name), prev=heads)
    all.make("alice", "role", member("erin"), "admin", prev=heads)
    all.make("bob", "role", member("erin"), "viewer", prev=heads)
    return all, [question for name in ("carol", "dave", "erin") for question in both(name, heads, all.heads())]


@case
def of_two_lowerings_the_lower_counts() -> tuple[Members, list[Asked]]:
    all = Members(bob="viewer")
    still_viewer = all.heads()
    all.make("alice", "role", member("bob"), "admin")
    before = all.heads()
    first = all.make("alice", "role", member("bob"), "editor")
    all.make("alice", "role", member("bob"), "viewer")
    raised = all.make("alice", "role", member("bob"), "admin")
    return all, both("bob", still_viewer, before, hashes(first), hashes(raised))


@case
def demotion_gives_nothing_to_what_was_written_with_less() -> tuple[Members, list[Asked]]:
    all = Members(bob="viewer")
    still_viewer = all.heads()
    all.make("alice", "role", member("bob"), "admin")
    all.make("alice", "role", member("bob"), "editor")
    return all, both("bob", still_viewer, all.heads())


@case
def removed_and_let_in_again() -> tuple[Members, list[Asked]]:
    all = Members(bob="editor")
    before = all.heads()
    gone = all.make("alice", "remove", member("bob"))
    again = all.make("alice", "grant", member("bob"), "reviewer")
    return all, both("bob", before, hashes(gone), hashes(again))


@case
def removed_twice_and_revoked_twice_counts_once() -> tuple[Members, list[Asked]]:
    all = Members(bob="editor", carol="editor")
    before = all.heads()
    all.make("alice", "remove", member("bob"))
    all.make("alice", "revoke-device", public("carol"))
    once = all.heads()
    all.make("alice", "remove", member("bob"))
    all.make("alice", "revoke-device", public("carol"))
    return all, both("bob", before, once) + both("carol", before, once)


@case
def revoked_device_and_its_owner() -> tuple[Members, list[Asked]]:
    all = Members(bob="editor")
    all.add("bob", "add-device", "erin", "bob")
    before = all.heads()
    all.make("alice", "revoke-device", public("erin"))
    all.add("alice", "add-device", "erin", "bob")
    return all, both("bob", before, all.heads()) + both("erin", before, all.heads())


@case
def thief_of_a_device_adds_his_own() -> tuple[Members, list[Asked]]:
    all = Members(bob="editor")
    before = all.heads()
    all.make("alice", "revoke-device", public("bob"))
    first = all.add("bob", "add-device", "erin", "bob", prev=before)
    second = all.add("erin", "add-device", "grace", "bob", prev=hashes(first))
    late = all.add("bob", "add-device", "heidi", "bob")
    return all, [
        question
        for name in ("bob", "erin", "grace", "heidi")
        for question in both(name, hashes(first), hashes(second), hashes(late))
    ]


@case
def whose_device_it_is() -> tuple[Members, list[Asked]]:
    all = Members(bob="editor", carol="viewer")
    all.add("bob", "add-device", "erin", "bob")
    all.add("bob", "add-device", "grace", "carol")
    all.add("carol", "add-device", "erin", "carol")
    all.add("alice", "add-device", "bob", "carol")
    all.add("carol", "add-device", "heidi", "carol")
    all.add("alice", "add-device", "heidi", "bob")
    return all, [Asked(name, all.heads(), False) for name in ("bob", "carol", "erin", "grace", "heidi")]


@case
def back_dated_claim_to_somebodys_device() -> tuple[Members, list[Asked]]:
    all = Members(carol="viewer")
    before = all.heads()
    all.make("carol", "retire-device", public("carol"))
    for name in ("bob", "dave", "erin"):  # whatever the hashes are
        all.let_in(name, "editor")
        all.add("carol", "add-device", name, "carol", prev=before)
    return all, [Asked(name, all.heads(), False) for name in ("bob", "dave", "erin")]


@case
def recovery_key_adds_devices_to_its_member() -> tuple[Members, list[Asked]]:
    all = Members(bob="admin", carol="editor")
    all.add("bob", "add-recovery", "frank", "bob")
    all.add("frank", "add-device", "erin", "bob")
    all.add("frank", "add-device", "grace", "carol")
    all.add("frank", "add-recovery", "heidi", "bob")
    all.make("frank", "remove", member("carol"))
    all.make("frank", "retire-device", public("bob"))
    heads = all.heads()
    all.make("alice", "revoke-device", public("bob"), prev=heads)
    late = all.add("frank", "add-device", "dave", "bob", prev=heads)
    all.make("alice", "revoke-device", public("frank"))
    all.add("frank", "add-device", "heidi", "bob")
    return all, [
        question
        for name in ("bob", "dave", "erin", "frank", "grace", "heidi")
        for question in both(name, heads, hashes(late), all.heads())
    ]


@case
def retired_device() -> tuple[Members, list[Asked]]:
    all = Members(bob="editor", carol="editor")
    all.make("bob", "retire-device", public("bob"))
    all.make("bob", "retire-device", public("carol"))
    all.make("alice", "retire-device", public("carol"))
    return all, both("bob", all.heads()) + both("carol", all.heads())


@case
def accepted_and_discarded_segments() -> tuple[Members, list[Asked]]:
    all = Members(bob="admin", carol="editor")
    all.make("bob", "accept", public("carol"), [HASH, OTHER_HASH])
    all.make("alice", "discard", public("carol"), [b"3" * 32])
    all.make("carol", "accept", public("carol"), [b"4" * 32])
    all.make("alice", "accept", public("carol"), "all")
    heads = all.heads()
    all.make("alice", "remove", member("bob"), prev=heads)
    all.make("bob", "accept", public("carol"), [b"5" * 32], prev=heads)
    return all, []
