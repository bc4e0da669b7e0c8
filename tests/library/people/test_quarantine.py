"""What was written without the right to: listed for admins, accepted or taken off the list, and never lost."""

from __future__ import annotations

import pytest

from identity.keys import verify
from library.errors import NotFound, ReadOnly
from library.models import AssetChange
from library.replica.receiving import receive
from tests.library.members import member
from tests.library.patched import Patched
from tests.library.studio import Studio, digests, send


async def test_edits_after_a_removal_are_listed_and_count_once_accepted_everywhere(studio: Studio) -> None:
    alice, bob, carol = await studio.trio()
    asset = await studio.share(bob="editor", carol="editor")
    await alice.people.rename(member("bob").hex(), "Bob")
    await alice.people.remove("Bob")
    for title in ("one", "two", "three"):
        await bob.assets.edit_one(asset, AssetChange(title=title))
    await send(bob, alice)
    (shown,) = await alice.quarantine.list()
    assert (shown.person, shown.reason, shown.changes, shown.segments) == ("Bob", "removed", 3, 3)
    assert shown.documents == ["a.png"] and shown.device == bob.workspace.device.hex()
    assert alice.quarantine.count() == 3 and carol.quarantine.count() == 0
    last = alice.workspace.bus.last
    assert (await alice.quarantine.accept(shown.device)).changed == 1
    assert "asset.changed" in {each.kind for each in alice.workspace.bus.since(last) or ()}
    await send(alice, carol)
    await send(bob, carol)
    for library in (alice, carol):
        assert (await library.assets.show(asset)).asset.title == "three"
        assert await library.quarantine.list() == []
    assert len(await digests(alice, carol)) == 1


async def test_what_is_discarded_is_off_the_list_and_kept(studio: Studio) -> None:
    alice, bob, carol = await studio.trio()
    asset = await studio.share(bob="viewer", carol="admin")
    forged = Patched(bob).write((bytes.fromhex(asset), lambda draft: draft.agree("rating", 1)))
    for library in (alice, carol):
        await receive(library.workspace, [forged.raw], verify)
    (shown,) = await alice.quarantine.list()
    assert (shown.reason, shown.role) == ("role", "viewer")
    assert (await alice.quarantine.discard(shown.device)).changed == 0
    assert await alice.quarantine.list() == [] and alice.quarantine.count() == 0
    with pytest.raises(NotFound) as refused:
        await alice.quarantine.accept(shown.device)
    assert refused.value.code == "not_in_quarantine"
    (theirs,) = await carol.quarantine.list()
    await carol.quarantine.accept(theirs.device)
    await send(carol, alice)
    assert (await alice.assets.show(asset)).asset.rating == 1


async def test_what_comes_into_quarantine_is_news_though_no_document_changes(studio: Studio) -> None:
    alice, bob, _ = await studio.trio()
    asset = await studio.share(bob="viewer", carol="admin")
    patched, last = Patched(bob), alice.workspace.bus.last
    forged = patched.write((bytes.fromhex(asset), lambda draft: draft.agree("rating", 1)))
    await receive(alice.workspace, [forged.raw], verify)
    assert [each.kind for each in alice.workspace.bus.since(last) or ()] == ["quarantine.changed"]
    await receive(alice.workspace, [forged.raw], verify)
    assert len(alice.workspace.bus.since(last) or ()) == 1, "nothing came that was not there"


async def test_reasons_tell_revoked_and_strange_devices_apart_and_who_may_again(studio: Studio) -> None:
    alice, bob, carol = await studio.trio()
    asset = bytes.fromhex(await studio.share(bob="editor", carol="editor"))
    stranger = await studio.device("stranger", 9)
    await send(alice, stranger)
    await alice.people.revoke_device(bob.workspace.device)
    await alice.people.set_role(member("carol").hex(), "viewer")
    for library in (bob, carol, stranger):
        segment = Patched(library).write((asset, lambda draft: draft.agree("rating", 1)))
        await receive(alice.workspace, [segment.raw], verify)
    await alice.people.set_role(member("carol").hex(), "editor")
    reasons = {each.device: each.reason for each in await alice.quarantine.list()}
    devices = [each.workspace.device.hex() for each in (bob, carol, stranger)]
    assert [reasons[each] for each in devices] == ["revoked", "then", "stranger"]


async def test_only_an_admin_decides(studio: Studio) -> None:
    alice, bob, carol = await studio.trio()
    asset = await studio.share(bob="viewer", carol="editor")
    forged = Patched(bob).write((bytes.fromhex(asset), lambda draft: draft.agree("rating", 1)))
    await receive(carol.workspace, [forged.raw], verify)
    (shown,) = await carol.quarantine.list()
    for decide in (carol.quarantine.accept, carol.quarantine.discard):
        with pytest.raises(ReadOnly):
            await decide(shown.device)
    with pytest.raises(NotFound):
        await alice.quarantine.accept("nothing")
    assert len(await carol.quarantine.list()) == 1
