"""What histories say was done follows from what counts: who may not write cannot put words into others' mouths."""

from __future__ import annotations

import random
from typing import Any

import pytest

from documents.kinds import Kind, derived_id
from documents.segment import ChangeEntry, Segment
from identity.keys import verify
from library.catalog import Library
from library.errors import Clash
from library.models import AssetChange
from library.replica.receiving import receive
from store.database import Connection
from tests.library.members import member, operate
from tests.library.patched import Patched
from tests.library.studio import Studio, digests, segments, send


async def words(library: Library) -> list[tuple[Any, ...]]:
    """What every action is said to be."""
    columns = "id, rank, clock, hash, time, device, intent, params, changes, undoes"

    def work(connection: Connection) -> list[tuple[Any, ...]]:
        return connection.execute(f"SELECT {columns} FROM action ORDER BY id").fetchall()

    return await library.workspace.database.read(work)


async def edited(library: Library, asset: str) -> bytes:
    """An honest edit; its action."""
    return bytes.fromhex((await library.assets.edit_one(asset, AssetChange(rating=4))).action or "")


def forge(liar: Patched, asset: bytes, action: bytes, intent: str = "asset.bin", **params: Any) -> Segment:
    """An edit under an action's id and clock 1, on a chain of its own."""
    entry = liar.change(asset, lambda draft: draft.agree("title", f"{intent} {action.hex()}"))
    return liar.sign([entry], action=action, intent=intent, params=params)


async def test_viewer_who_takes_the_id_of_an_action_changes_nothing_that_is_said_of_it(studio: Studio) -> None:
    alice, viewer, carol = await studio.trio()
    asset = await studio.share("viewer", "editor")
    action = await edited(alice, asset)
    await send(alice, viewer)
    before, history = await words(alice), await alice.history.of(asset)
    forged = forge(Patched(viewer), bytes.fromhex(asset), action, text="forged")
    assert forged.clock == 1
    for library in (alice, carol):
        await receive(library.workspace, [forged.raw], verify)
    await send(alice, carol)
    for library in (alice, carol):
        assert await words(library) == before
        assert await library.history.of(asset) == history
        await library.care.rebuild()
        assert await words(library) == before
        assert (await library.care.verify()).problems == []


async def test_viewer_marks_nothing_as_undone(studio: Studio) -> None:
    alice, viewer, _ = await studio.trio()
    asset = await studio.share("viewer", "editor")
    action = await edited(alice, asset)
    await send(alice, viewer)
    liar = Patched(viewer)
    turns = [
        forge(liar, bytes.fromhex(asset), b"u" * 16, "undo", undoes=action.hex()),
        liar.sign([], action=b"v" * 16, intent="undo", params={"undoes": action.hex()}),
    ]
    await receive(alice.workspace, [each.raw for each in turns], verify)
    assert not any(each.undone for each in await alice.history.of(asset))
    assert (await alice.history.undo(action.hex())).changed == 1
    with pytest.raises(Clash):
        await alice.history.undo(action.hex())


async def everything(studio: Studio) -> tuple[list[bytes], Library]:
    """Honest actions, forged segments under their ids, a demotion, an acceptance and an adoption: the segments, and the
    device that has them all.
    """
    alice, viewer, carol = await studio.trio()
    asset = await studio.share("viewer", "editor")
    id = bytes.fromhex(asset)
    one, two = await edited(alice, asset), await edited(carol, asset)
    await send(carol, alice)
    before = list(carol.workspace.members.heads)
    await alice.history.undo(one.hex())
    await operate(alice.workspace, "role", member("carol"), "viewer")
    for library in (viewer, carol):
        await send(alice, library)
    liar, other, late = Patched(viewer), Patched(viewer, b"o" * 16), Patched(carol)
    forged = [
        forge(liar, id, one),
        forge(liar, id, two, "undo", undoes=one.hex()),
        liar.sign([], action=one, intent="asset.bin"),
        liar.sign([], action=b"s" * 16, intent="member.admit"),
        forge(liar, id, b"s" * 16),
        forge(other, id, b"t" * 16, "undo", undoes=two.hex()),
        forge(other, id, b"t" * 16, "asset.edit"),
        forge(other, id, two, "undo", undoes="no id"),
        forge(other, id, b"w" * 16, "undo", undoes=two.hex()),
        late.sign([late.change(id, lambda draft: draft.agree("rating", 2))], before, action=two, intent="asset.bin"),
    ]
    await receive(alice.workspace, [each.raw for each in forged], verify)
    await operate(alice.workspace, "accept", viewer.workspace.device, [forged[5].hash])
    await operate(alice.workspace, "accept", carol.workspace.device, [forged[9].hash])
    builder = Patched(alice)
    below = [entry.change for each in forged[:5] for entry in each.entries if type(entry) is ChangeEntry]
    builder.document(id).apply(below)
    adopting = builder.write((id, lambda draft: draft.agree("title", "built on it")))
    await receive(alice.workspace, [adopting.raw], verify)
    return await segments(alice), alice


@pytest.mark.parametrize("seed", range(8))
async def test_words_of_actions_do_not_depend_on_the_order_of_arrival(studio: Studio, seed: int) -> None:
    raws, alice = await everything(studio)
    chance = random.Random(seed)
    other = await studio.device("dave", 9)
    chance.shuffle(raws)
    while raws:
        some = chance.randint(1, 4)
        await receive(other.workspace, raws[:some], verify)
        raws = raws[some:]
    there = await words(alice)
    assert await words(other) == there and {each[1] for each in there} == {0, 2, 3}
    assert [(await each.care.verify()).problems for each in (alice, other)] == [[], []]
    await other.care.rebuild()
    assert await words(other) == there


async def test_reviewer_says_nothing_of_an_edit_and_undoes_none_with_a_comment(studio: Studio) -> None:
    alice, reviewer, carol = await studio.trio()
    asset = await studio.share("reviewer", "editor")
    action = await edited(alice, asset)
    await send(alice, reviewer)
    before, liar = await alice.history.of(asset), Patched(reviewer)
    thread = derived_id(Kind.THREAD, bytes.fromhex(asset))
    for number, intent in enumerate(("undo", "asset.bin")):
        comment = liar.change(thread, lambda draft, number=number: draft.put_entry("comments", f"{number}/text", "hm"))
        id = action if number else b"u" * 16
        said = liar.sign([comment], clock=1, action=id, intent=intent, params={"undoes": action.hex()})
        for library in (alice, carol):
            await receive(library.workspace, [said.raw], verify)
    await send(alice, carol)
    assert len(await digests(alice, carol)) == 1 and await words(alice) == await words(carol)
    (shown,) = [each for each in await alice.history.of(asset) if each.action == action.hex()]
    assert not shown.undone and shown.intent == before[0].intent and shown.params == before[0].params
    await alice.history.undo(action.hex())
    assert (await alice.assets.show(asset)).asset.rating == 0
    assert [each.undone for each in await alice.history.of(asset) if each.action == action.hex()] == [True]
    for library in (alice, carol):
        assert (await library.care.verify()).problems == []


async def test_what_a_viewer_signs_without_changes_is_in_no_timeline(studio: Studio) -> None:
    """Whatever id it takes; as soon as they may write, what they signed then still says nothing."""
    alice, viewer, carol = await studio.trio()
    await studio.share("viewer", "editor")
    role = await alice.people.set_role(member("carol").hex(), "reviewer")  # an action without changes that counts
    for library in (viewer, carol):
        await send(alice, library)
    before = await words(alice)
    liar = Patched(viewer)
    empty = [
        liar.sign([], intent="asset.bin", params={"count": 600}),
        liar.sign(
            [], action=bytes.fromhex(role.action or ""), clock=2, intent="member.remove", params={"name": "Alice"}
        ),
    ]
    for library in (alice, carol, viewer):
        await receive(library.workspace, [each.raw for each in empty], verify)
        shown, _ = await library.history.timeline()
        assert not [each for each in shown if each.intent in ("asset.bin", "member.remove")]
        assert [row for row in await words(library) if row[0] != empty[0].action] == before
    await alice.people.set_role(member("bob").hex(), "editor")
    for library in (viewer, carol):
        await send(alice, library)
    for library in (alice, carol, viewer):
        assert "asset.bin" not in {each.intent for each in (await library.history.timeline())[0]}
        rows = await words(library)
        assert (await library.care.verify()).problems == []
        await library.care.rebuild()
        assert await words(library) == rows


async def test_a_viewer_who_lets_an_own_device_in_is_in_the_timeline(studio: Studio) -> None:
    alice, viewer, phone = await studio.trio()
    await studio.admit("bob", "viewer")
    await send(alice, viewer)
    await viewer.people.admit(phone.workspace.device, "Phone")
    await send(viewer, alice)
    shown, _ = await alice.history.timeline()
    assert [each.intent for each in shown].count("member.admit") == 1


async def test_an_operation_that_comes_to_count_later_brings_its_action_into_the_timeline(studio: Studio) -> None:
    """And one that counts no more takes it out: rows follow the rule, not the order in which things came."""
    alice, bob, carol = await studio.trio()
    await studio.share("admin", "viewer")
    await alice.people.set_role(member("bob").hex(), "viewer")  # carol and bob have not heard of it
    done = await bob.people.set_role(member("carol").hex(), "reviewer")
    await send(bob, carol)
    assert "member.role" in {each.intent for each in (await carol.history.timeline())[0] if each.action == done.action}
    await send(alice, carol)
    await send(bob, alice)
    for library in (alice, carol):  # void: he was no admin any more when he did it
        assert done.action not in {each.action for each in (await library.history.timeline())[0]}
    assert await words(alice) == await words(carol)
