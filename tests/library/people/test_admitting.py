"""Devices and people that are let in, and what they are called from then on."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from identity.keys import DeviceKey
from library.errors import Clash, Invalid, LibraryError, NotFound, ReadOnly
from library.models import AssetChange
from library.people.models import NewPerson
from tests.library.house import picture
from tests.library.studio import Studio, digests, send


async def test_device_of_a_new_person_is_a_member_with_names_after_one_action(studio: Studio) -> None:
    alice, bob = await studio.device("alice", 1), await studio.device("bob", 2)
    changed = await alice.people.admit(bob.workspace.device, " 貓的筆電 ", NewPerson("王小明", "editor"))
    assert changed.action is not None
    await send(alice, bob)
    for library in (alice, bob):
        first, second = sorted(library.people.devices(), key=lambda each: each.since or 0)
        assert (first.role, second.role) == ("admin", "editor")
        assert (second.name, second.person, second.revoked) == ("貓的筆電", "王小明", False)
        assert (first.added_by, second.added_by) == (None, alice.workspace.device.hex())
        assert second.since == alice.workspace.surroundings.clock.now()
        assert library.people.device_name(alice.workspace.device) == alice.workspace.device.hex()[:8]
    (own,) = [each for each in bob.people.devices() if each.own]
    assert own.mine and own.name == "貓的筆電"
    assert [entry.intent for entry in (await alice.history.timeline())[0]][:1] == ["member.admit"]
    assert len(await digests(alice, bob)) == 1


async def test_further_device_is_of_the_same_member_whoever_lets_it_in(studio: Studio, tmp_path: Path) -> None:
    alice, bob, carol = await studio.trio()
    await alice.people.admit(bob.workspace.device, "Bob's Mac", NewPerson("Bob", "editor"))
    await send(alice, bob)
    await bob.people.admit(carol.workspace.device, "Bob's tablet")
    await send(bob, carol)
    await send(bob, alice)
    (tmp_path / "a.png").write_bytes(picture((1, 2, 3)))
    (asset,) = (await carol.ingest.import_paths([tmp_path / "a.png"])).assets
    await send(carol, alice)
    assert (await alice.assets.show(asset)).history[-1].who == "Bob's tablet"
    shown = {each.name: each for each in alice.people.devices()}
    assert shown["Bob's tablet"].member == shown["Bob's Mac"].member != shown[alice.workspace.device.hex()[:8]].member
    assert shown["Bob's tablet"].added_by_name == "Bob's Mac"
    assert (await bob.people.admit(carol.workspace.device, "again")).action is None


async def test_viewer_lets_own_further_device_in_without_a_name(studio: Studio) -> None:
    alice, bob, carol = await studio.trio()
    await alice.people.admit(bob.workspace.device, "Bob's", NewPerson("Bob", "viewer"))
    await send(alice, bob)
    await bob.people.admit(carol.workspace.device, "tablet")
    await send(bob, alice)
    shown = {each.id: each for each in alice.people.devices()}[carol.workspace.device.hex()]
    assert (shown.role, shown.name, shown.person) == ("viewer", carol.workspace.device.hex()[:8], "Bob")
    await alice.people.rename_device(carol.workspace.device, "tablet")
    assert alice.people.device_name(carol.workspace.device) == "tablet"


@pytest.mark.parametrize("role", ["editor", "reviewer", "viewer"])
async def test_only_an_admin_lets_a_new_person_in(studio: Studio, role: str) -> None:
    alice, bob, carol = await studio.trio()
    await studio.admit("bob", role)
    await send(alice, bob)
    with pytest.raises(ReadOnly, match=role) as refused:
        await bob.people.admit(carol.workspace.device, "x", NewPerson("Carol", "viewer"))
    assert refused.value.code == "no_right" and refused.value.hint
    assert carol.workspace.device.hex() not in {each.id for each in bob.people.devices()}
    for attempt in (
        bob.people.revoke_device(alice.workspace.device),
        carol.people.admit(DeviceKey(b"z" * 32).public, "x"),
    ):
        with pytest.raises(ReadOnly) as refused:
            await attempt
        assert refused.value.code == "no_right"


@pytest.mark.parametrize(
    ("device", "name", "person", "code"),
    [
        (b"", "x", None, "no_device_key"),
        (b"\0" * 32, "x", None, "no_device_key"),
        (b"\1" * 33, "x", None, "no_device_key"),
        (None, " ", None, "no_name"),
        (None, "x\u202e", None, "invalid.unseen_name"),
        (None, "x" * 201, None, "too_long"),
        (None, "x", NewPerson("", "viewer"), "no_name"),
    ],
)
async def test_what_makes_no_sense_lets_nobody_in(
    studio: Studio, device: bytes | None, name: str, person: NewPerson | None, code: str
) -> None:
    alice = await studio.device("alice", 1)
    with pytest.raises(Invalid) as refused:
        await alice.people.admit(
            DeviceKey.generate(random.Random(5)).public if device is None else device, name, person
        )
    assert refused.value.code == code and len(alice.people.devices()) == 1


async def test_device_of_somebody_else_is_not_taken(studio: Studio) -> None:
    alice, bob, carol = await studio.trio()
    await alice.people.admit(bob.workspace.device, "b", NewPerson("Bob", "admin"))
    await alice.people.admit(carol.workspace.device, "c", NewPerson("Carol", "editor"))
    await send(alice, bob)
    for attempt in (
        bob.people.admit(carol.workspace.device, "mine now"),
        bob.people.admit(carol.workspace.device, "x", NewPerson("Mallory", "viewer")),
    ):
        with pytest.raises(Clash, match="Carol") as refused:
            await attempt
        assert refused.value.code == "device_taken"


async def test_revoked_device_writes_nothing_any_more_and_never_comes_back(studio: Studio, tmp_path: Path) -> None:
    alice, bob, carol = await studio.trio()
    asset = await studio.share(bob="editor", carol="editor")
    await bob.assets.edit_one(asset, AssetChange(title="before"))
    await send(bob, alice)
    changed = await alice.people.revoke_device(bob.workspace.device)
    assert changed.action is not None
    assert (await alice.people.revoke_device(bob.workspace.device)).action is None
    await bob.assets.edit_one(asset, AssetChange(title="after"))
    for source in (bob, alice):
        await send(source, carol)
    await send(bob, alice)
    for library in (alice, carol):
        assert (await library.assets.show(asset)).asset.title == "before"
        (shown,) = [each for each in library.people.devices() if each.id == bob.workspace.device.hex()]
        assert (shown.revoked, shown.role) == (True, "none")
    await send(alice, bob)
    with pytest.raises(ReadOnly):
        await bob.assets.edit_one(asset, AssetChange(title="again"))
    with pytest.raises(Clash) as refused:
        await alice.people.admit(bob.workspace.device, "back")
    assert refused.value.code == "device_revoked"


async def test_admins_revoke_neither_this_very_device_nor_that_of_a_more_senior_admin(studio: Studio) -> None:
    alice, bob = await studio.device("alice", 1), await studio.device("bob", 2)
    await alice.people.admit(bob.workspace.device, "b", NewPerson("Bob", "admin"))
    await send(alice, bob)
    codes = []
    for device in (alice.workspace.device, bob.workspace.device, b"?" * 32):
        with pytest.raises(LibraryError) as refused:
            await bob.people.revoke_device(device)
        codes.append(refused.value.code)
        assert isinstance(refused.value, ReadOnly | Clash | NotFound)
    assert codes == ["senior", "own_device", "no_device"]


async def test_names_are_known_after_a_start_and_letting_in_is_not_undone(studio: Studio) -> None:
    alice, bob = await studio.device("alice", 1), await studio.device("bob", 2)
    await alice.people.admit(bob.workspace.device, "b", NewPerson("Bob", "editor"))
    with pytest.raises(Clash) as refused:
        await alice.history.undo()
    assert refused.value.code == "nothing_to_undo"
    await alice.people.rename_device(bob.workspace.device, "c")
    await alice.workspace.reopen()
    assert alice.people.device_name(bob.workspace.device) == "c"
    await alice.history.undo()
    assert alice.people.device_name(bob.workspace.device) == "b"
    with pytest.raises(NotFound):
        await bob.people.rename_device(alice.workspace.device, "x")
