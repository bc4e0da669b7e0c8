"""What strangers' programs may send: changes without their causes, twice, void, broken, of kinds yet to be invented."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import pytest

from documents.draft import Draft
from documents.kinds import Kind, derived_id
from documents.segment import ChangeEntry, UnknownEntry
from identity.keys import verify
from library.catalog import Library
from library.log import APPLIED, QUARANTINED, WAITS
from library.models import AssetChange
from library.receiving import receive
from tests.library.house import picture
from tests.library.patched import Patched
from tests.library.test_receiving import Studio, digests, send
from tests.library.test_settling import rebuild, states


class Scene:
    """alice, who made the workspace and has one picture; bob, an editor, and carol, a viewer."""

    def __init__(self, studio: Studio, asset: bytes, alice: Library, bob: Library, carol: Library) -> None:
        self.studio, self.asset, self.alice, self.bob, self.carol = studio, asset, alice, bob, carol

    async def rating(self) -> int:
        return (await self.alice.assets.show(self.asset.hex())).asset.rating

    async def states(self) -> list[int]:
        """Of the picture's changes, in the order of their hashes."""
        found = await self.alice.workspace.database.read(states)
        return [state for ref, state in sorted(found.items()) if ref.document == self.asset]

    async def take(self, *raws: bytes) -> None:
        for raw in raws:
            assert not (await receive(self.alice.workspace, [raw], verify)).refused
        before = await self.alice.care.digest()
        told = await self.states()
        await rebuild(self.alice.workspace)
        assert await self.alice.care.digest() == before and await self.states() == told
        assert not (await self.alice.care.verify()).problems


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        studio = Studio(tmp_path, stack)
        alice, bob, carol = [await studio.device(name, index) for index, name in enumerate(("alice", "bob", "carol"))]
        await studio.admit("bob", "editor")
        await studio.admit("carol", "viewer")
        (tmp_path / "a.png").write_bytes(picture((1, 2, 3)))
        asset = (await alice.ingest.import_paths([tmp_path / "a.png"])).assets[0]
        await send(alice, bob)
        await send(alice, carol)
        yield Scene(studio, bytes.fromhex(asset), alice, bob, carol)


async def test_change_that_comes_before_its_cause_is_applied_when_the_cause_comes(scene: Scene) -> None:
    first = Patched(scene.bob)
    cause = first.change(scene.asset, lambda draft: draft.agree("rating", 3))
    effect = first.change(scene.asset, lambda draft: draft.agree("rating", 4))
    await scene.take(first.sign([effect]).raw)
    assert (await scene.rating(), sorted(await scene.states())) == (0, [APPLIED, WAITS])
    await scene.take(first.sign([cause]).raw)
    assert (await scene.rating(), sorted(await scene.states())) == (4, [APPLIED] * 3)


async def test_viewers_change_counts_once_an_editor_built_on_it(scene: Scene) -> None:
    forged = Patched(scene.carol).write((scene.asset, lambda draft: draft.agree("rating", 2)))
    await scene.take(forged.raw)
    assert (await scene.rating(), sorted(await scene.states())) == (0, [QUARANTINED, APPLIED])
    adopter = Patched(scene.bob)
    entry = forged.entries[0]
    assert isinstance(entry, ChangeEntry)
    adopter.document(scene.asset).apply([entry.change])
    await scene.take(adopter.write((scene.asset, lambda draft: draft.agree("title", "kept"))).raw)
    assert (await scene.rating(), await scene.states()) == (2, [APPLIED] * 3)


async def test_change_in_two_segments_counts_when_one_of_them_counts(scene: Scene) -> None:
    carol = Patched(scene.carol)
    change = carol.change(scene.asset, lambda draft: draft.agree("rating", 5))
    one, two = carol.sign([change]), carol.sign([change, change])
    await scene.take(one.raw, two.raw)
    assert await scene.rating() == 0
    await scene.studio.operate("alice", "accept", scene.carol.workspace.device, [two.hash])
    await scene.take()
    assert await scene.rating() == 5


async def test_void_change_is_held_and_named_and_the_rest_of_its_segment_applied(scene: Scene) -> None:
    bob = Patched(scene.bob)
    good = bob.change(scene.asset, lambda draft: draft.agree("rating", 4))
    more = Patched(scene.bob).change(scene.asset, lambda draft: draft.put_entry("more", "k", 1))
    elsewhere = ChangeEntry(derived_id(Kind.THREAD, scene.asset), more.change)  # writes into a map no thread has
    stolen = Patched(scene.carol).change(scene.asset, lambda draft: draft.agree("title", "mine"))
    await scene.take(bob.sign([ChangeEntry(scene.asset, b"rubbish"), good, elsewhere, stolen]).raw)
    assert await scene.rating() == 4
    rows = await scene.alice.workspace.database.read(
        lambda connection: connection.execute("SELECT position, reason FROM void ORDER BY position").fetchall()
    )
    assert rows == [(0, "damaged"), (2, "object"), (3, "actor")]


async def test_document_of_a_kind_yet_to_be_invented_is_kept_and_passed_on(scene: Scene) -> None:
    bob = Patched(scene.bob)
    change = bob.change(scene.asset, lambda draft: draft.agree("rating", 4))
    segment = bob.sign(
        [ChangeEntry(bytes([77]) + bytes(15), change.change), UnknownEntry(99, msgspec.msgpack.encode("x"))]
    )
    await scene.take(segment.raw)
    assert (await send(scene.alice, scene.bob)).held == 1
    assert len(await digests(scene.alice, scene.bob)) == 1


async def test_segment_of_a_later_version_is_held_and_goes_on_with_its_chain(scene: Scene) -> None:
    bob = Patched(scene.bob)
    first = bob.write((scene.asset, lambda draft: draft.agree("rating", 1)))
    fields = msgspec.msgpack.decode(first.raw[:-64])
    body = msgspec.msgpack.encode([2, *fields[1:9], {"something": "new"}])
    later = body + scene.bob.workspace.key.sign(b"gesso segment 1\0" + body)
    await scene.take(later)
    assert await scene.rating() == 0
    assert (await send(scene.alice, scene.bob)).held == 1


async def test_editor_who_is_removed_and_had_not_heard_of_it_is_left_out_and_goes_on_as_another_actor(
    scene: Scene,
) -> None:
    await scene.bob.assets.edit_one(scene.asset.hex(), AssetChange(rating=3))
    await scene.studio.operate("alice", "remove", b"bob".ljust(16, b"\0"))
    run = scene.bob.workspace.log.position.run
    await send(scene.bob, scene.alice)
    await send(scene.alice, scene.bob)
    assert await scene.rating() == 0
    assert (await scene.bob.assets.show(scene.asset.hex())).asset.rating == 0
    assert scene.bob.workspace.log.position.run != run
    assert len(await digests(scene.alice, scene.bob)) == 1


async def test_many_strange_chains_in_any_order(scene: Scene) -> None:
    chance = random.Random(5)
    chains = [Patched(chance.choice([scene.bob, scene.carol]), bytes([number]) * 16) for number in range(5)]
    raws = []
    for step in range(40):
        segment = chance.choice(chains).write((scene.asset, lambda draft, step=step: _write(draft, step)))  # type: ignore[misc]
        raws.append(segment.raw)
    chance.shuffle(raws)
    await scene.take(*raws)
    for raw in sorted(raws):
        await receive(scene.bob.workspace, [raw], verify)
    assert len(await digests(scene.alice, scene.bob)) == 1


def _write(draft: Draft, step: int) -> None:
    draft.put_entry("more", f"step{step}", step)
    draft.agree("rating", step % 6)
