"""Roles that change, people who are removed, and what every device makes of it."""

from __future__ import annotations

import pytest

from identity.keys import verify
from identity.membership import Role
from identity.operations import encode_operation
from library.errors import Clash, LibraryError, NotFound, ReadOnly
from library.models import AssetChange
from library.people.models import NewPerson
from library.replica.receiving import receive
from tests.library.members import member
from tests.library.patched import Patched
from tests.library.studio import Studio, digests, send

BOB = member("bob").hex()


async def test_list_says_who_is_here_and_who_let_them_in(studio: Studio) -> None:
    alice, bob, carol = await studio.trio()
    await alice.people.admit(bob.workspace.device, "Bob's Mac", NewPerson("Bob", "admin"))
    await send(alice, bob)
    await bob.people.admit(carol.workspace.device, "Carol's PC", NewPerson("Carol", "viewer"))
    await send(bob, alice)
    shown = {each.name: each for each in alice.people.members()}
    assert [each.role for each in shown.values()] == ["admin", "admin", "viewer"]
    assert shown["Carol"].added_by_name == "Bob's Mac" and not shown["Carol"].mine
    assert [each.name for each in shown["Carol"].devices] == ["Carol's PC"]
    assert shown["Carol"].since == bob.workspace.surroundings.clock.now()
    own = next(each for each in shown.values() if each.mine)
    assert (own.added_by, own.since) == (None, None)
    for word in (shown["Bob"].id, "Bob", shown["Bob"].id[:8]):
        assert alice.people.member(word) == shown["Bob"]
    with pytest.raises(NotFound):
        alice.people.member("nobody")


async def test_namesakes_are_told_apart_by_their_ids(studio: Studio) -> None:
    alice, bob, carol = await studio.trio()
    for library in (bob, carol):
        await alice.people.admit(library.workspace.device, "x", NewPerson("Ann", "viewer"))
    with pytest.raises(Clash) as refused:
        await alice.people.remove("Ann")
    first, second = [each.id for each in alice.people.members() if each.name == "Ann"]
    assert (
        refused.value.code == "members_alike" and first[:12] in str(refused.value) and second[:12] in str(refused.value)
    )
    await alice.people.rename(first, "Ann Chen")
    await alice.people.remove("Ann")
    assert alice.people.member(second).role == "none"


@pytest.mark.parametrize(("role", "allowed"), [("admin", True), ("reviewer", False), ("viewer", False)])
async def test_role_that_changed_holds_on_every_device_from_then_on(studio: Studio, role: Role, allowed: bool) -> None:
    alice, bob, carol = await studio.trio()
    asset = await studio.share(bob="editor", carol="editor")
    await bob.assets.edit_one(asset, AssetChange(title="before"))
    await send(bob, alice)
    assert (await alice.people.set_role(BOB, role)).action
    assert (await alice.people.set_role(BOB, role)).action is None
    await bob.assets.edit_one(asset, AssetChange(title="unaware"))
    for source, target in ((bob, carol), (alice, carol), (alice, bob), (bob, alice)):
        await send(source, target)
    for library in (alice, bob, carol):
        assert (await library.assets.show(asset)).asset.title == ("unaware" if allowed else "before")
    assert len(await digests(alice, bob, carol)) == 1
    if not allowed:
        with pytest.raises(ReadOnly):
            await bob.assets.edit_one(asset, AssetChange(title="x"))


async def test_removed_member_writes_nothing_and_comes_back_as_who_they_were(studio: Studio) -> None:
    alice, bob, carol = await studio.trio()
    asset = await studio.share(bob="editor", carol="editor")
    await bob.assets.edit_one(asset, AssetChange(title="before"))
    await send(bob, alice)
    id = BOB
    await alice.people.remove(BOB)
    late = Patched(bob).write((bytes.fromhex(asset), lambda draft: draft.agree("title", "late")))
    await send(alice, carol)
    await send(bob, carol)
    assert late.raw and (await carol.assets.show(asset)).asset.title == "before"
    assert carol.people.member(id).role == "none"
    assert [each.role for each in carol.people.member(id).devices] == ["none"]
    await alice.people.set_role(id, "reviewer")
    await send(alice, bob)
    assert bob.workspace.role == "reviewer" and bob.people.member(id).mine
    assert (await alice.people.remove(id)).action
    assert (await alice.people.remove(id)).action is None
    await alice.people.admit(bob.workspace.device, "again", NewPerson("Bob", "editor"))
    await send(alice, bob)
    assert bob.workspace.role == "editor" and bob.people.member("Bob").id == id


async def test_who_hears_of_a_change_of_roles_tells_its_page(studio: Studio) -> None:
    alice, bob = await studio.device("alice", 1), await studio.device("bob", 2)
    await studio.admit("bob", "editor")
    await send(alice, bob)
    await alice.people.set_role(BOB, "viewer")
    last = bob.workspace.bus.last
    await send(alice, bob)
    await send(alice, bob)
    told = [each for each in bob.workspace.bus.since(last) or () if each.kind == "workspace.changed"]
    assert [each.subject for each in told] == [bob.workspace.id.hex()]


async def test_who_may_not_is_told_why(studio: Studio) -> None:
    alice, bob, carol = await studio.trio()
    await studio.admit("bob", "admin")
    await studio.admit("carol", "editor")
    for library in (bob, carol):
        await send(alice, library)
    ids = {each.name: each.id for each in alice.people.members()}
    own = next(each for each in alice.people.members() if each.mine).id
    first = bob.people.member(own)
    wrong = [
        (bob.people.remove(first.id), "senior"),
        (bob.people.set_role(first.id, "viewer"), "senior"),
        (alice.people.remove(own), "own_member"),
        (carol.people.remove(bob.people.members()[0].id), "no_right"),
        (carol.people.set_role(own, "viewer"), "no_right"),
        (carol.people.rename(own, "x"), "no_right"),
        (alice.people.remove("nobody"), "no_member"),
    ]
    assert len(ids) == 3
    for attempt, code in wrong:
        with pytest.raises(LibraryError) as refused:
            await attempt
        assert refused.value.code == code
    assert {each.role for each in alice.people.members()} == {"admin", "editor"}


async def test_the_only_admin_stays_one(studio: Studio) -> None:
    alice, bob = await studio.device("alice", 1), await studio.device("bob", 2)
    own = alice.people.members()[0].id
    with pytest.raises(Clash) as refused:
        await alice.people.set_role(own, "editor")
    assert refused.value.code == "last_admin"
    await alice.people.admit(bob.workspace.device, "b", NewPerson("Bob", "admin"))
    await alice.people.set_role(own, "editor")
    assert alice.workspace.role == "editor"


async def test_nobody_hinders_his_removal_by_thousands_of_devices(studio: Studio) -> None:
    alice, bob = await studio.device("alice", 1), await studio.device("bob", 2)
    await studio.admit("bob", "viewer")
    await send(alice, bob)
    claims = [
        encode_operation(
            workspace=alice.workspace.id,
            kind="add-device",
            subject=index.to_bytes(32),
            argument=member("bob"),
            prev=alice.workspace.members.heads,
            author=bob.workspace.device,
            sign=bob.workspace.key.sign,
        ).raw
        for index in range(1, 2500)
    ]
    await receive(alice.workspace, [], verify, claims)
    assert (await alice.people.remove(BOB)).action
    await send(alice, bob)
    assert bob.workspace.role is None
