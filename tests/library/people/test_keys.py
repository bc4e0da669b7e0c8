"""The workspace's keys: who can open which, after people came, went, and went at once on two devices."""

from __future__ import annotations

import random
import time

import pytest

from identity.keys import DeviceKey, verify
from identity.membership import Role
from identity.recovery import RecoveryKey
from identity.wrapping import Copy, Rotation, encode_rotation, wrapping_public
from library.catalog import Library
from library.people.keys import Rotations, opened_with
from library.people.models import NewPerson
from library.people.signing import Signing
from library.replica.receiving import receive
from tests.library.members import member, operate
from tests.library.studio import Studio, send


async def admitted(studio: Studio, bob: Role = "editor", carol: Role = "editor") -> tuple[Library, Library, Library]:
    """alice, and bob and carol, let in by her; each has heard of everything."""
    alice, *others = await studio.trio()
    for library, name, role in zip(others, ("Bob", "Carol"), (bob, carol), strict=True):
        await alice.people.admit(library.workspace.device, f"{name}'s", NewPerson(name, role))
    for library in others:
        await send(alice, library)
    return alice, others[0], others[1]


async def meet(*libraries: Library) -> None:
    for _ in range(2):
        for source in libraries:
            for target in libraries:
                if source is not target:
                    await send(source, target)


def ids(library: Library) -> list[bytes]:
    return [key.id for key in library.people.keys.all()]


def in_hands_of(library: Library, *secrets: DeviceKey) -> list[int]:
    """Epochs of the keys that some secrets open in the log as this device knows it."""
    log = Rotations(library.workspace.members.rule.decision)
    return sorted(epoch for epoch, _ in opened_with(log, library.workspace.id, secrets))


async def test_there_is_no_key_before_anybody_else_comes_in(studio: Studio) -> None:
    alice = await studio.device("alice", 1)
    assert alice.people.keys.current() is None and not alice.people.keys.begun()
    assert (await alice.people.tend()).action is None and not alice.people.to_tend()


@pytest.mark.parametrize("role", ["admin", "editor", "reviewer", "viewer"])
async def test_who_comes_in_can_read_everything_whoever_lets_him_in(studio: Studio, role: Role) -> None:
    alice, bob, carol = await studio.trio()
    await alice.people.admit(bob.workspace.device, "b", NewPerson("Bob", role))
    await alice.people.admit(DeviceKey(b"d" * 32).public, "d", NewPerson("Dave", "viewer"))
    await alice.people.remove("Dave")
    await send(alice, bob)
    await bob.people.admit(carol.workspace.device, "tablet")
    await meet(alice, bob, carol)
    assert [key.epoch for key in alice.people.keys.all()] == [2, 1]
    assert alice.people.keys.all() == bob.people.keys.all() == carol.people.keys.all()
    current = alice.people.keys.current()
    assert current is not None and carol.people.keys.get(current.id) == current == carol.people.keys.current()
    assert not alice.people.keys.lacking()


@pytest.mark.parametrize("way", ["remove", "revoke"])
async def test_who_went_opens_no_later_key_and_everybody_else_and_the_recovery_key_do(studio: Studio, way: str) -> None:
    alice, bob, carol = await admitted(studio)
    before = alice.people.keys.current()
    segments = alice.workspace.log.position.seq
    if way == "remove":
        await alice.people.remove("Bob")
    else:
        await alice.people.revoke_device(bob.workspace.device)
    assert alice.workspace.log.position.seq == segments + 1  # one action in one segment
    await meet(alice, bob, carol)
    for library in (alice, carol):
        assert [key.epoch for key in library.people.keys.all()] == [2, 1]
    assert bob.people.keys.all() == [before] and bob.people.keys.current() is None
    assert bob.workspace.members.operations.keys() == alice.workspace.members.operations.keys()
    assert alice.workspace.recovery is not None
    assert in_hands_of(alice, alice.workspace.recovery) == [1, 2]
    assert in_hands_of(alice, bob.workspace.key) == [1]
    await alice.people.remove("Carol")
    assert in_hands_of(alice, carol.workspace.key) == [1, 2] and in_hands_of(alice, alice.workspace.key) == [1, 2, 3]


async def test_device_that_is_revoked_takes_its_kept_recovery_key_with_it(studio: Studio) -> None:
    alice, bob, _ = await admitted(studio, bob="admin")
    kept = alice.workspace.recovery
    assert kept is not None
    # The second device of alice's, and an admin of longer standing than bob.
    tablet = await studio.device("tablet", 7)
    await alice.people.admit(tablet.workspace.device, "tablet")
    await send(alice, tablet)
    await tablet.people.revoke_device(alice.workspace.device)
    assert kept.public in tablet.workspace.members.rule.decision.standing.revoked
    assert in_hands_of(tablet, kept, alice.workspace.key) == [1]
    fresh = DeviceKey(b"f" * 32)
    await operate(tablet.workspace, "add-device", fresh.public, b"m" * 16)
    assert tablet.workspace.members.role_of(fresh.public) == "admin"
    thief = await studio.device("thief", 9)
    await send(tablet, thief)
    thief.workspace.recovery = kept
    assert thief.workspace.role is None and await send(thief, bob) is not None


async def test_two_who_remove_each_others_friends_at_once_end_with_a_key_for_neither(studio: Studio) -> None:
    alice, bob, carol = await admitted(studio, bob="admin")
    dave, erin = await studio.device("dave", 5), await studio.device("erin", 6)
    for library, name in ((dave, "Dave"), (erin, "Erin")):
        await alice.people.admit(library.workspace.device, name, NewPerson(name, "editor"))
    await meet(alice, bob, carol, dave, erin)
    await alice.people.remove("Dave")
    await bob.people.remove("Erin")
    await meet(alice, bob, carol, dave, erin)
    assert len({key.epoch for key in alice.people.keys.all()}) == 2 and len(alice.people.keys.all()) == 3
    assert alice.people.keys.current() == bob.people.keys.current() == carol.people.keys.current() is not None
    assert alice.people.keys.exposed() and bob.people.keys.exposed()
    assert {need.turn for each in (alice, bob) if (need := each.people.keys.need())} == {0, 1}
    assert carol.people.keys.need() is None
    first = next(each for each in (alice, bob) if each.people.to_tend())
    assert (await first.people.tend()).action
    await meet(alice, bob, carol, dave, erin)
    assert not alice.people.to_tend() and not bob.people.to_tend()
    for library in (alice, bob, carol):
        assert [key.epoch for key in library.people.keys.all()] == [3, 2, 2, 1]
    for library in (dave, erin):
        assert [key.epoch for key in library.people.keys.all()] == [2, 1] and library.people.keys.current() is None


async def test_who_came_in_while_the_key_was_changed_elsewhere_gets_it_afterwards(studio: Studio) -> None:
    alice, bob, carol = await admitted(studio)
    tablet = await studio.device("tablet", 5)
    await bob.people.admit(tablet.workspace.device, "tablet")
    await alice.people.remove("Carol")
    await meet(alice, bob, tablet)
    assert tablet.people.keys.current() is None
    assert set(alice.people.keys.lacking()) == {tablet.workspace.device}
    waiting = [each for each in (alice, bob) if not each.people.to_tend()]
    (later,) = waiting
    later.workspace.surroundings.clock.time += 19_000  # type: ignore[attr-defined]
    assert not later.people.to_tend()
    later.workspace.surroundings.clock.time += 60_000  # type: ignore[attr-defined]
    assert later.people.to_tend()
    assert (await later.people.tend()).action and (await later.people.tend()).action is None
    await meet(alice, bob, tablet)
    assert tablet.people.keys.current() == alice.people.keys.current() is not None
    assert not carol.people.to_tend()


async def test_strangers_keys_and_copies_change_nothing(studio: Studio) -> None:
    alice, _, carol = await admitted(studio, bob="viewer")
    current = alice.people.keys.current()
    assert current is not None
    lies = [
        (b"k" * 32, encode_rotation(Rotation(99))),  # a key of his own
        (current.id, encode_rotation(Rotation(1, (Copy(b"x" * 32, b"y" * 80),)))),
        (current.id, encode_rotation(Rotation(1, (Copy(carol.workspace.device, b"y" * 80),)))),
        (current.id, encode_rotation(Rotation(1, (), {current.id: b"e" * 48}))),
        (current.id, b"no such thing"),
        (current.id, None),
    ]
    stranger = await studio.device("stranger", 8)
    await send(alice, stranger)
    for subject, argument in lies:
        await operate(stranger.workspace, "rotate", subject, argument)
    await receive(alice.workspace, [], verify, [each.raw for each in stranger.workspace.members.operations.values()])
    assert len(alice.workspace.members.operations) > 12
    assert ids(alice) == [current.id] and not alice.people.keys.exposed()
    erin = await studio.device("erin", 6)
    await alice.people.admit(erin.workspace.device, "e", NewPerson("Erin", "viewer"))
    await send(alice, erin)
    assert erin.people.keys.current() == current


async def test_key_that_a_member_hands_to_a_stranger_is_changed(studio: Studio) -> None:
    alice, bob, _ = await admitted(studio, bob="viewer")
    stranger = DeviceKey(b"x" * 32)
    signing = Signing(bob.workspace)
    half = wrapping_public(stranger.public)
    assert half is not None
    bob.people.keys.hand_on(signing, {stranger.public: half})
    await receive(alice.workspace, [], verify, signing.made)
    assert in_hands_of(alice, stranger) == [1] and alice.people.keys.exposed()
    assert alice.people.to_tend() and (await alice.people.tend()).action
    assert in_hands_of(alice, stranger) == [1] and in_hands_of(alice, bob.workspace.key) == [1, 2]
    assert not alice.people.to_tend()


async def test_hundred_devices_get_a_new_key_in_a_second_and_thousands_in_several_operations(studio: Studio) -> None:
    alice = await studio.device("alice", 1)
    chance = random.Random(4)
    devices = [DeviceKey.generate(chance) for _ in range(100)]
    await alice.people.admit(devices[0].public, "0", NewPerson("0", "editor"))
    signing = Signing(alice.workspace)
    for number, device in enumerate(devices[1:], 1):
        signing.add("grant", member(f"m{number}"), "viewer")
        signing.add("add-device", device.public, member(f"m{number}"))
    await receive(alice.workspace, [], verify, signing.made)
    started = time.perf_counter()
    await alice.people.remove("0")
    assert time.perf_counter() - started <= 1.0
    assert all(in_hands_of(alice, device) == [1, 2] for device in devices[1::9])
    assert in_hands_of(alice, devices[0]) == [1]
    more = [DeviceKey.generate(chance) for _ in range(800)]
    signing = Signing(alice.workspace)
    for number in range(8):
        signing.add("grant", member(f"big{number}"), "viewer")
    for number, device in enumerate(more):
        signing.add("add-device", device.public, member(f"big{number % 8}"))
    await receive(alice.workspace, [], verify, signing.made)
    await alice.people.remove(member("m1").hex())
    rotations = [each for each in alice.workspace.members.operations.values() if each.kind == "rotate"]
    assert len([each for each in rotations if int.from_bytes((each.argument or b"")[:8]) == 3]) == 3  # type: ignore[arg-type]
    for device in (more[0], more[401], more[799]):
        assert in_hands_of(alice, device) == [1, 2, 3]


async def test_member_with_more_devices_than_anybody_needs_gets_keys_for_the_first_hundred(studio: Studio) -> None:
    alice, bob, _ = await admitted(studio)
    own = bytes.fromhex(alice.people.member("Bob").id)
    signing = Signing(bob.workspace)
    for number in range(300):
        signing.add("add-device", DeviceKey(number.to_bytes(32)).public, own)
    signing.add("add-recovery", RecoveryKey(b"r" * 32).public, bytes(32) + own)  # a half of small order
    await receive(alice.workspace, [], verify, signing.made)
    await alice.people.remove("Carol")
    holders = {
        copy.recipient
        for _, copy in Rotations(alice.workspace.members.rule.decision).copies(
            max(Rotations(alice.workspace.members.rule.decision).used)
        )
    }
    assert bob.workspace.device in holders and len(holders) == 100 + 2
