"""What strangers' programs may send: changes without their causes, twice, void, broken, of kinds yet to be invented."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from documents.draft import Draft
from documents.kinds import Kind, derived_id
from documents.segment import ChangeEntry, UnknownEntry
from identity.keys import verify
from library.models import AssetChange
from library.replica.log import APPLIED, QUARANTINED, WAITS
from library.replica.receiving import receive
from tests.library.members import member, operate
from tests.library.patched import Patched, force, force_scalar
from tests.library.replica.test_settling import rebuild, states
from tests.library.studio import Studio, digests, send


class Scene:
    """alice, who made the workspace and has one picture; bob, an editor, and carol, a viewer."""

    def __init__(self, studio: Studio, asset: bytes) -> None:
        self.studio, self.asset = studio, asset
        self.alice, self.bob, self.carol = (studio.members[name] for name in ("alice", "bob", "carol"))

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
async def scene(studio: Studio) -> Scene:
    await studio.trio()
    return Scene(studio, bytes.fromhex(await studio.share(bob="editor", carol="viewer")))


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
    await operate(scene.alice.workspace, "accept", scene.carol.workspace.device, [two.hash])
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
    await operate(scene.alice.workspace, "remove", member("bob"))
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


ODD = [None, True, -1, 2**40, 1.5, float("inf"), "", "zz", "貓", b"\xff", "00" * 31, "0" * 63 + "g"]


@pytest.mark.parametrize("field", ["blob", "type", "size", "width", "height", "parent", "thumb", "facts", "made", "at"])
async def test_version_whose_fields_have_values_of_other_kinds_shows_what_it_can(scene: Scene, field: str) -> None:
    patched = Patched(scene.bob)
    raws = [
        patched.write((scene.asset, lambda draft, odd=odd, n=n: _odd_version(draft, n, field, odd))).raw  # type: ignore[misc]
        for n, odd in enumerate(ODD)
    ]
    fresh = [
        patched.write((bytes([Kind.IMAGE, n]) * 8, lambda draft, odd=odd: _odd_version(draft, 0, field, odd))).raw  # type: ignore[misc]
        for n, odd in enumerate(ODD)
    ]
    await scene.take(*raws, *fresh)
    await _shown(scene)


def _odd_version(draft: Draft, number: int, field: str, odd: Any) -> None:
    whole = {"blob": "ab" * 32, "type": "image/png", "size": 9, "width": 3, "height": 3, "made": "edited", "at": 5}
    for name, value in (whole | {field: odd}).items():
        force(draft, "versions", f"v{number}/{name}", value)
    draft.agree("current", f"v{number}")


@pytest.mark.parametrize("odd", ODD, ids=repr)
async def test_picture_whose_fields_have_values_of_other_kinds_is_shown(scene: Scene, odd: Any) -> None:
    def write(draft: Draft) -> None:
        for field in ("title", "rating", "flag", "label", "current", "deleted"):
            force(draft, field, draft.writer, odd)
        for field in ("prompt", "negative", "seed", "model", "tool", "parameters"):
            force_scalar(draft, field, odd)
        for field in ("projects", "collections", "links", "versions", "more", "tags", "sources"):
            for key in ("odd", "a/b", "貓" * 300):
                force(draft, field, key, odd)

    new = bytes([Kind.IMAGE, 7]) * 8
    patched = Patched(scene.bob)
    both = [patched.write((id, write)).raw for id in (scene.asset, new)]
    both.append(patched.write((new, lambda draft: _odd_version(draft, 0, "type", "image/png"))).raw)
    await scene.take(*both)
    await _shown(scene)


async def _shown(scene: Scene) -> None:
    """Every view of every picture answers, and what they say can be written as JSON."""
    for q in ("", "貓", "is:conflict", "rating:>=1", "is:binned"):
        page = await scene.alice.search.page(q)
        msgspec.json.encode(page)
        msgspec.json.encode(await scene.alice.search.facets(q))
        for each in page.items:
            msgspec.json.encode(await scene.alice.assets.show(each.id))
    assert (await scene.alice.search.page("")).items or (await scene.alice.search.page("is:binned")).items


@pytest.mark.parametrize("odd", ODD, ids=repr)
async def test_project_and_settings_with_values_of_other_kinds_are_listed(scene: Scene, odd: Any) -> None:
    def project(draft: Draft) -> None:
        for field in ("color", "archived", "cover", "deleted"):
            force(draft, field, draft.writer, odd)
        force(draft, "name", draft.writer, "貓" if odd is None else odd)
        force_scalar(draft, "at", odd)

    def settings(draft: Draft) -> None:
        force(draft, "name", draft.writer, odd)
        for field in ("name", "vector", "at", "who"):
            force(draft, "checkpoints", f"c/{field}", odd)
            whole = {"name": "then", "vector": "[]", "at": 5, "who": "x"} | {field: odd}
            for key, value in whole.items():
                force(draft, "checkpoints", f"{field}/{key}", value)

    patched = Patched(scene.bob)
    id = derived_id(Kind.SETTINGS, scene.alice.workspace.id)
    await scene.take(patched.write((bytes([Kind.PROJECT, 7]) * 8, project)).raw, patched.write((id, settings)).raw)
    msgspec.json.encode([await scene.alice.projects.list(), await scene.alice.checkpoints.list(), scene.alice.info()])
