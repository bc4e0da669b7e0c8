"""Two devices that differ, each for a reason of its own: every one is named, on the right side, and no other."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from documents.segment import ChangeEntry, UnknownEntry
from identity.keys import verify
from library.care.differing import Description, Difference, describe, differing, worth_asking
from library.catalog import Library
from library.models import AssetChange
from library.replica.receiving import receive
from tests.library.house import picture
from tests.library.members import member, operate
from tests.library.patched import Patched
from tests.library.replica.stopping import pass_on, shoot
from tests.library.replica.test_unapplied import Scene
from tests.library.studio import Studio, segments


async def compared(one: Library, other: Library) -> list[Difference]:
    """Why they differ, as the first sees it: what is heard goes over a wire, and documents are asked for."""
    shards = worth_asking(await told(one), await told(other))
    return differing(await told(one, shards), await told(other, shards))


async def told(library: Library, shards: Sequence[int] = ()) -> Description:
    raw = msgspec.msgpack.encode(await describe(library.workspace, shards))
    return msgspec.msgpack.decode(raw, type=Description)


def named(found: list[Difference]) -> set[str]:
    return {".".join(filter(None, (each.code, each.side))) for each in found}


def one(found: list[Difference], code: str) -> Difference:
    (each,) = [each for each in found if each.code == code]
    return each


@pytest.fixture
async def trio(studio: Studio) -> tuple[Library, Library, Library, str]:
    """alice, bob and carol, editors, who hold the same."""
    alice, bob, carol = await studio.trio()
    for name in ("bob", "carol"):
        await studio.admit(name, "editor")
    for library in (bob, carol):
        await pass_on(alice, library)
    (asset,) = await shoot(alice, 1)
    for library in (bob, carol):
        await pass_on(alice, library)
    return alice, bob, carol, asset


Trio = tuple[Library, Library, Library, str]
BLOBS = {"blobs.nowhere.here"}  # of the pictures that these tests make nobody has the bytes


async def test_devices_that_hold_the_same_do_not_differ(trio: Trio) -> None:
    alice, bob, _, _ = trio
    assert named(await compared(alice, bob)) == named(await compared(bob, alice)) == BLOBS


async def test_1_segments_that_are_missing_here_and_2_there(trio: Trio) -> None:
    alice, bob, _, asset = trio
    for rating in (1, 2):
        await alice.assets.edit_one(asset, AssetChange(rating=rating))
    found = await compared(bob, alice)
    assert named(found) == {"segments.here", "documents", *BLOBS}
    missing = one(found, "segments")
    last = alice.workspace.log.position.seq
    assert (missing.device, missing.number, missing.detail) == (alice.workspace.device, 2, f"{last - 1}–{last}")
    assert one(found, "documents").detail == asset
    assert named(await compared(alice, bob)) == {"segments.there", "documents", *BLOBS}


async def test_3_news_of_members_that_are_missing(trio: Trio) -> None:
    alice, bob, _, _ = trio
    operation = await operate(alice.workspace, "grant", member("dora"), "viewer")
    await receive(bob.workspace, [], verify, [operation.raw])
    await operate(alice.workspace, "grant", member("erin"), "viewer")
    found = await compared(bob, alice)
    assert named(found) == {"segments.here", "members.here", *BLOBS} and one(found, "members").number == 1


@pytest.mark.parametrize("asked", ["alice", "carol"])
async def test_4_what_waits_for_a_segment_and_whether_the_other_has_it(trio: Trio, asked: str) -> None:
    alice, bob, carol, asset = trio
    for rating in (1, 2, 3):
        await alice.assets.edit_one(asset, AssetChange(rating=rating))
    await receive(bob.workspace, (await segments(alice))[-1:], verify)
    other = alice if asked == "alice" else carol
    waits = one(await compared(bob, other), "waits.segment")
    assert (waits.side, waits.device, waits.whom) == ("here", alice.workspace.device, alice.workspace.device)
    assert (waits.number, waits.detail) == (1, str(alice.workspace.log.position.seq - 1))
    assert waits.has is (asked == "alice")


async def test_5_what_waits_for_news_of_members(trio: Trio) -> None:
    alice, bob, carol, asset = trio
    patched = Patched(bob).write((bytes.fromhex(asset), lambda d: d.agree("rating", 2)), auth=[b"x" * 32])
    await receive(bob.workspace, [patched.raw], verify)
    waits = one(await compared(bob, alice), "waits.operation")
    assert (waits.device, waits.number, waits.has) == (bob.workspace.device, 1, False)
    operation = await operate(alice.workspace, "grant", member("dora"), "viewer")
    known = Patched(carol).write((bytes.fromhex(asset), lambda d: d.agree("rating", 2)), auth=[operation.hash])
    await receive(bob.workspace, [known.raw], verify)
    found = [each for each in await compared(bob, alice) if each.code == "waits.operation"]
    assert {each.device: each.has for each in found} == {bob.workspace.device: False, carol.workspace.device: True}


async def test_6_a_device_that_was_stopped_and_who_waits_for_it(trio: Trio) -> None:
    alice, bob, carol, _ = trio
    more = await shoot(alice, 40, "more")
    for library in (bob, carol):
        await pass_on(alice, library)
    await alice.assets.bin(more)
    await pass_on(alice, carol)
    await carol.stops.approve((await carol.stops.list())[0].id)
    await carol.assets.edit_one(more[0], AssetChange(title="after"))
    await pass_on(carol, bob)
    found = await compared(bob, carol)
    assert named(found) == {"segments.here", "stopped.here", "waits.stopped.here", "documents", *BLOBS}
    assert one(found, "stopped").device == one(found, "waits.stopped").whom == alice.workspace.device
    assert "stopped.there" in named(await compared(carol, bob))


async def test_7_changes_in_quarantine_on_one_side_for_want_of_an_acceptance(studio: Studio) -> None:
    alice, bob, carol = await studio.trio()
    asset = await studio.share(bob="viewer", carol="editor")
    forged = Patched(bob).write((bytes.fromhex(asset), lambda d: d.agree("rating", 1)))
    for library in (alice, carol):
        await receive(library.workspace, [forged.raw], verify)
    assert "quarantine" not in {each.code for each in await compared(alice, carol)}, "it is so on both"
    await operate(alice.workspace, "accept", bob.workspace.device, [forged.hash])
    found = await compared(carol, alice)
    assert {"members.here", "quarantine.here", "segments.here", "documents"} <= named(found)
    assert one(found, "quarantine").device == bob.workspace.device


async def test_8_a_void_change(trio: Trio) -> None:
    alice, bob, carol, asset = trio
    forged = Patched(carol).sign([ChangeEntry(bytes.fromhex(asset), b"rubbish")])
    await receive(bob.workspace, [forged.raw], verify)
    void = one(await compared(bob, alice), "void")
    assert (void.side, void.device, void.number, void.detail) == ("here", carol.workspace.device, 1, "damaged")


async def test_9_changes_displaced_by_those_of_a_copy(trio: Trio) -> None:
    alice, bob, carol, asset = trio
    two = [
        Patched(carol, incarnation=b"c" * 16).write((bytes.fromhex(asset), lambda d, v=value: d.agree("rating", v)))
        for value in (1, 2)
    ]
    await receive(bob.workspace, [each.raw for each in two], verify)
    found = await compared(bob, alice)
    assert {"displaced.here", "segments.there"} <= named(found)
    assert one(found, "displaced").device == carol.workspace.device


async def test_10_what_a_newer_program_made(trio: Trio) -> None:
    alice, bob, carol, _ = trio
    newer = Patched(carol).sign([UnknownEntry(99, b"\xc0")])
    await receive(bob.workspace, [newer.raw], verify)
    assert one(await compared(bob, alice), "waiting.upgrade").device == carol.workspace.device


async def test_11_blobs_that_the_other_has_and_that_nobody_has(studio: Studio, tmp_path: Path) -> None:
    alice, bob = await studio.pair()
    (tmp_path / "a.png").write_bytes(picture((1, 2, 3)))
    await alice.ingest.import_paths([tmp_path / "a.png"])
    await pass_on(alice, bob)
    found = await compared(bob, alice)
    assert named(found) == {"blobs.here"}
    assert (found[0].number, found[0].has) == (2, True) and found[0].since
    assert named(await compared(alice, bob)) == {"blobs.there"}
    await shoot(alice, 3)
    await pass_on(alice, bob)
    found = await compared(bob, alice)
    assert named(found) == {"blobs.here", "blobs.nowhere.here"} and one(found, "blobs.nowhere").number == 3


async def test_12_a_document_that_was_damaged(trio: Trio) -> None:
    alice, bob, _, asset = trio
    await alice.assets.edit_one(asset, AssetChange(rating=2))
    await pass_on(alice, bob)

    def spoil(connection: Any) -> None:
        connection.execute("UPDATE document SET heads=? WHERE id=?", (b"h" * 32, bytes.fromhex(asset)))
        connection.execute("UPDATE shard SET digest=NULL")

    await bob.workspace.write(spoil)
    found = await compared(bob, alice)
    assert named(found) == {"documents.damaged", *BLOBS} and one(found, "documents.damaged").detail == asset


async def test_13_a_log_that_was_forked(trio: Trio) -> None:
    alice, bob, carol, asset = trio
    branches = [Patched(carol, incarnation=b"f" * 16) for _ in range(2)]
    for value, (branch, library) in enumerate(zip(branches, (alice, bob), strict=True), 1):
        written = branch.write((bytes.fromhex(asset), lambda d, v=value: d.agree("rating", v)))
        await receive(library.workspace, [written.raw], verify)
    fork = one(await compared(alice, bob), "fork")
    assert (fork.device, fork.detail) == (carol.workspace.device, "1")


async def test_14_a_chain_that_goes_on_from_another(studio: Studio) -> None:
    await studio.trio()
    scene = Scene(studio, bytes.fromhex(await studio.share(bob="editor", carol="viewer")))
    held = await segments(scene.bob)
    first = scene.sign(scene.bob)
    foreign = scene.sign(scene.bob, seq=2, prev=first.hash, incarnation=b"z" * 16)
    await scene.take(first.raw, foreign.raw)
    assert held and one(await compared(scene.alice, scene.bob), "waiting.broken").device == scene.bob.workspace.device


async def test_another_workspace_is_all_there_is_to_say(trio: Trio, studio: Studio, tmp_path: Path) -> None:
    stranger = await Studio(tmp_path / "other", studio.stack).device("alice", 7)
    assert named(await compared(trio[0], stranger)) == {"workspace"}


async def test_a_description_is_small_however_large_the_library_is(trio: Trio) -> None:
    alice, bob, _, _ = trio
    await shoot(alice, 3000, "many")
    await pass_on(alice, bob)
    few, many = await describe(alice.workspace), await describe(alice.workspace, range(256))
    assert len(msgspec.msgpack.encode(few)) < 60_000
    assert len(many.documents) < 400 and many.told == list(range(8)), "of eight shards at most"


@pytest.mark.parametrize("seed", range(40))
async def test_a_stranger_may_describe_anything(trio: Trio, seed: int) -> None:
    alice = trio[0]
    chance = random.Random(seed)
    ours = await describe(alice.workspace, range(8))
    plain = msgspec.to_builtins(ours, builtin_types=(bytes,))

    def spoiled(value: Any) -> Any:
        if chance.random() < 0.1:
            return chance.choice((b"", b"\xff" * 40, [], 0, -1, 2**62, None, value))
        if isinstance(value, list):
            return [spoiled(each) for each in value] * chance.choice((1, 1, 2))
        if isinstance(value, dict):
            return {chance.choice((key, b"", key[:1])): spoiled(each) for key, each in value.items()}
        return value

    raw = msgspec.msgpack.encode([ours.workspace, *[spoiled(each) for each in plain[1:]]])
    try:
        theirs = msgspec.msgpack.decode(raw, type=Description)
    except msgspec.ValidationError:
        return
    for found in (differing(ours, theirs), differing(theirs, ours)):
        assert all(isinstance(each, Difference) for each in found)
    assert all(0 <= each < 256 for each in worth_asking(ours, theirs))
