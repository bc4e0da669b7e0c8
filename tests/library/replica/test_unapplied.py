"""What came in and has no effect is listed: whose it is, how much, since when, and what it waits for."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from documents.kinds import Kind, derived_id
from documents.segment import ChangeEntry, Entry, Segment, Tip, UnknownEntry, encode
from identity.keys import verify
from identity.operations import encode_operation
from library.catalog import Library
from library.models import AssetChange
from library.replica.receiving import receive
from library.replica.unapplied import Unapplied, unapplied
from tests.library.members import member, operate
from tests.library.patched import Patched
from tests.library.replica.stopping import pass_on, shoot
from tests.library.studio import Studio, segments, send


class Scene:
    """alice, who made the workspace and has one picture; bob, an editor, and carol, a viewer."""

    def __init__(self, studio: Studio, asset: bytes) -> None:
        self.studio, self.asset = studio, asset
        self.alice, self.bob, self.carol = (studio.members[name] for name in ("alice", "bob", "carol"))

    async def take(self, *raws: bytes, operations: Sequence[bytes] = ()) -> None:
        assert not (await receive(self.alice.workspace, raws, verify, operations)).refused

    async def listed(self) -> list[Unapplied]:
        """The list, which a rebuild does not change."""
        found = await self.alice.workspace.database.read(unapplied)
        await self.alice.care.rebuild()
        assert await self.alice.workspace.database.read(unapplied) == found
        return found

    async def only(self) -> Unapplied:
        (one,) = await self.listed()
        return one

    def sign(self, library: Library, **fields: object) -> Segment:
        """A segment of a device as it likes."""
        whole: dict[str, object] = {
            "workspace": library.workspace.id, "device": library.workspace.device, "incarnation": b"q" * 16,
            "run": b"r" * 16, "seq": 1, "prev": b"", "deps": (), "auth": (), "clock": 1, "time": 5,
            "action": b"a" * 16, "intent": "asset.edit", "params": {}, "entries": (),
            "sign": library.workspace.key.sign,
        }  # fmt: skip
        return encode(**{**whole, **fields})  # type: ignore[arg-type]


@pytest.fixture
async def scene(studio: Studio) -> Scene:
    await studio.trio()
    return Scene(studio, bytes.fromhex(await studio.share(bob="editor", carol="viewer")))


async def test_nothing_is_listed_where_everything_counts(scene: Scene) -> None:
    await scene.bob.assets.edit_one(scene.asset.hex(), AssetChange(rating=3))
    await send(scene.bob, scene.alice)
    assert await scene.listed() == []


async def test_segments_wait_for_the_first_of_their_chain_that_is_missing(scene: Scene) -> None:
    bob = scene.bob.workspace.device
    for rating in (1, 2, 3):
        scene.bob.workspace.surroundings.clock.time += 60_000  # type: ignore[attr-defined]
        await scene.bob.assets.edit_one(scene.asset.hex(), AssetChange(rating=rating))
    first, second, third = (await segments(scene.bob))[-3:]
    await scene.take(third)
    one = await scene.only()
    assert (one.state, one.device, one.number, one.whom) == ("waiting.segment", bob, 1, (bob,))
    newest = one.since
    await scene.take(second)
    one = await scene.only()
    assert (one.number, one.whom, one.since) == (2, (bob,), (newest or 0) - 60_000)
    await scene.take(first)
    assert await scene.listed() == []
    assert (await scene.alice.assets.show(scene.asset.hex())).asset.rating == 3


async def test_segment_that_builds_on_anothers_waits_for_that_device(scene: Scene) -> None:
    bob, carol = scene.bob.workspace, scene.carol.workspace
    await operate(scene.alice.workspace, "role", member("carol"), "editor")
    await scene.bob.assets.edit_one(scene.asset.hex(), AssetChange(rating=1))
    await scene.take(*(await segments(scene.bob)))
    await scene.bob.assets.edit_one(scene.asset.hex(), AssetChange(rating=2))
    await send(scene.alice, scene.carol)
    await send(scene.bob, scene.carol)
    await scene.carol.assets.edit_one(scene.asset.hex(), AssetChange(rating=3))
    await scene.take((await segments(scene.carol))[-1])
    one = await scene.only()
    assert (one.state, one.device, one.whom) == ("waiting.segment", carol.device, (bob.device,))
    await scene.take(scene.sign(scene.carol, deps=(Tip(b"n" * 16, 3, b"8" * 8),)).raw)
    one = await scene.only()
    assert (one.number, one.whom) == (2, (None, bob.device))


async def test_segment_waits_for_an_operation_and_an_operation_for_earlier_ones(scene: Scene) -> None:
    bob, workspace = scene.bob.workspace, scene.alice.workspace
    operation = encode_operation(
        workspace=workspace.id, kind="grant", subject=b"m" * 16, argument="editor", prev=[b"y" * 32],
        author=bob.device, sign=bob.key.sign,
    )  # fmt: skip
    await scene.take(Patched(scene.carol).sign([], auth=[operation.hash]).raw, operations=[operation.raw])
    members, segment = await scene.listed()
    assert members == Unapplied("waiting.members", bob.device, 1, None, (), "editor")
    assert (segment.state, segment.device, segment.number) == ("waiting.operation", scene.carol.workspace.device, 1)


async def test_segment_that_goes_on_from_anothers_never_counts(scene: Scene) -> None:
    await scene.take(scene.sign(scene.bob, seq=2, prev=scene.alice.workspace.log.position.tip).raw)
    one = await scene.only()
    assert (one.state, one.device, one.number, one.since) == ("waiting.broken", scene.bob.workspace.device, 1, 5)


async def test_what_a_newer_program_made_waits_for_an_upgrade(scene: Scene) -> None:
    bob = Patched(scene.bob)
    change = bob.change(scene.asset, lambda draft: draft.agree("rating", 4))
    entries: list[Entry] = [ChangeEntry(bytes([77]) + bytes(15), change.change)]
    await scene.take(bob.sign([*entries, UnknownEntry(99, msgspec.msgpack.encode("x"))]).raw)
    one = await scene.only()
    assert (one.state, one.number) == ("waiting.upgrade", 2)  # an entry of a new type, a document of a new kind
    fields = msgspec.msgpack.decode(Patched(scene.carol).sign([]).raw[:-64])
    body = msgspec.msgpack.encode([2, *fields[1:9], {"something": "new"}])
    await scene.take(body + scene.carol.workspace.key.sign(b"gesso segment 1\0" + body))
    told = {each.device: each for each in await scene.listed()}
    assert told[scene.carol.workspace.device][:4] == ("waiting.upgrade", scene.carol.workspace.device, 1, None)


async def test_viewers_changes_are_in_quarantine_until_an_admin_says_what_to_do(scene: Scene) -> None:
    carol = Patched(scene.carol)
    first = carol.write((scene.asset, lambda draft: draft.agree("rating", 2)))
    second = carol.write((scene.asset, lambda draft: draft.agree("title", "mine")))
    await scene.take(first.raw, second.raw)
    one = await scene.only()
    assert one == Unapplied("quarantine", scene.carol.workspace.device, 2, 0, (), "viewer")
    await operate(scene.alice.workspace, "discard", scene.carol.workspace.device, [second.hash])
    assert (await scene.only()).number == 1
    await operate(scene.alice.workspace, "accept", scene.carol.workspace.device, [first.hash])
    assert await scene.listed() == []


async def test_change_waits_for_a_change_of_its_document(scene: Scene) -> None:
    bob = Patched(scene.bob)
    cause = bob.change(scene.asset, lambda draft: draft.agree("rating", 3))
    effect = bob.change(scene.asset, lambda draft: draft.agree("rating", 4))
    await scene.take(bob.sign([effect]).raw)
    assert (await scene.only()).state == "waiting.change"
    await scene.take(bob.sign([cause]).raw)
    assert await scene.listed() == []


async def test_of_a_machine_that_runs_twice_the_changes_left_out_are_listed(scene: Scene) -> None:
    one, two = Patched(scene.bob), Patched(scene.bob)
    await scene.take(
        one.write((scene.asset, lambda draft: draft.agree("rating", 3))).raw,
        two.write((scene.asset, lambda draft: draft.agree("rating", 4))).raw,
    )
    told = await scene.only()
    assert (told.state, told.device, told.number) == ("displaced", scene.bob.workspace.device, 1)


async def test_void_changes_are_listed_by_their_reasons(scene: Scene) -> None:
    bob = Patched(scene.bob)
    more = Patched(scene.bob).change(scene.asset, lambda draft: draft.put_entry("more", "k", 1))
    elsewhere = ChangeEntry(derived_id(Kind.THREAD, scene.asset), more.change)
    rubbish = ChangeEntry(scene.asset, b"rubbish")
    await scene.take(bob.sign([rubbish, elsewhere, rubbish]).raw)
    told = [(each.state, each.reason, each.number) for each in await scene.listed()]
    assert told == [("void", "damaged", 2), ("void", "object", 1)]


async def test_what_is_put_aside_of_a_stopped_device_is_listed(studio: Studio) -> None:
    alice, bob = await studio.pair()
    await pass_on(alice, bob)
    assets = await shoot(alice, 40)
    await pass_on(alice, bob)
    await alice.assets.bin(assets)
    await alice.assets.unbin(assets[:1])
    await pass_on(alice, bob)
    (one,) = await bob.workspace.database.read(unapplied)
    assert (one.state, one.device, one.number) == ("stopped", alice.workspace.device, 2)
