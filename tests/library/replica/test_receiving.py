"""Three devices of one workspace and the segments between them: any order, repeats, delays, roles."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from documents.segment import Segment, Tip, decode
from identity.keys import verify
from identity.operations import encode_operation
from library.errors import ReadOnly
from library.models import AssetChange
from library.replica.receiving import receive
from library.replica.unapplied import unapplied
from store.database import Connection
from tests.library.house import picture
from tests.library.members import member, operate
from tests.library.patched import Patched
from tests.library.studio import Studio, digests, segments, send


async def test_what_alice_imports_is_at_bobs_and_edits_cross_both_ways(studio: Studio, tmp_path: Path) -> None:
    alice, bob = await studio.pair()
    (tmp_path / "a.png").write_bytes(picture((1, 2, 3)))
    asset = (await alice.ingest.import_paths([tmp_path / "a.png"])).assets[0]
    assert (await send(alice, bob)).waiting == 0
    shown = (await bob.assets.show(asset)).asset
    assert (shown.name, shown.state) == ("a.png", "elsewhere")
    await bob.assets.edit_one(asset, AssetChange(title="貓", add_tags=["b"]))
    await alice.assets.edit_one(asset, AssetChange(title="cat", add_tags=["a"], note="hi"))
    await send(bob, alice)
    await send(alice, bob)
    assert len(await digests(alice, bob)) == 1
    for library in (alice, bob):
        detail = await library.assets.show(asset)
        assert detail.asset.tags == ["a", "b"] and detail.asset.conflicts == ["title"]
        assert {each.value for each in detail.conflicts["title"]} == {"貓", "cat"}
        assert all(each.when > 0 for each in detail.conflicts["title"])
        assert len({each.device for each in detail.conflicts["title"]}) == 2


@pytest.mark.parametrize("first", ["alice", "bob"])
@pytest.mark.parametrize("names", [("fox.png", "zebra.png"), ("zebra.png", "fox.png")])
async def test_picture_that_came_under_two_names_at_once_has_one_of_them_everywhere(
    studio: Studio, tmp_path: Path, first: str, names: tuple[str, str]
) -> None:
    alice, bob, carol = [await studio.device(name, index) for index, name in enumerate(("alice", "bob", "carol"))]
    await studio.admit("bob", "editor")
    await send(alice, bob)
    for library, name in zip((alice, bob), names, strict=True):
        (tmp_path / name).write_bytes(picture((1, 2, 3)))
        (asset,) = (await library.ingest.import_paths([tmp_path / name])).assets
    for source in (alice, bob) if first == "alice" else (bob, alice):
        await send(source, carol)
    await send(alice, bob)
    await send(bob, alice)
    shown = [await library.assets.show(asset) for library in (alice, bob, carol)]
    assert len({each.asset.name for each in shown}) == 1 and shown[0].asset.name in names
    for library, detail in zip((alice, bob, carol), shown, strict=True):
        assert (detail.sources, detail.versions[0].name) == (["fox.png", "zebra.png"], detail.asset.name)
        for q in ("in:fox", "in:zebra"):
            assert [each.id for each in (await library.search.page(q)).items] == [asset]
        await library.care.rebuild()
        assert (await library.assets.show(asset)).asset.name == detail.asset.name


async def test_received_picture_goes_by_the_name_that_it_first_came_under(studio: Studio, tmp_path: Path) -> None:
    alice, bob = await studio.device("alice", 1), await studio.device("bob", 2)
    await studio.admit("bob", "editor")
    for name in ("fox.png", "a.png"):
        (tmp_path / name).write_bytes(picture((1, 2, 3)))
        (asset,) = (await alice.ingest.import_paths([tmp_path / name])).assets
    await send(alice, bob)
    assert (await bob.assets.show(asset)).asset.name == "fox.png"
    await bob.ingest.import_paths([tmp_path / "a.png"])
    await send(bob, alice)
    for library in (alice, bob):
        assert (await library.assets.show(asset)).asset.name == "fox.png"


@pytest.mark.parametrize("seed", range(6))
async def test_any_order_with_repeats_and_delays_gives_one_state(studio: Studio, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    alice, bob, carol = await studio.trio()
    await studio.admit("bob", "editor")
    (tmp_path / "a.png").write_bytes(picture((seed, 2, 3)))
    (tmp_path / "b.png").write_bytes(picture((seed, 3, 3)))
    await alice.ingest.import_paths([tmp_path / "a.png"])
    await send(alice, bob)
    asset = (await bob.ingest.import_paths([tmp_path / "a.png", tmp_path / "b.png"])).assets[0]
    for step in range(12):
        who = chance.choice([alice, bob])
        await who.assets.edit_one(asset, AssetChange(rating=chance.randint(0, 5), add_tags=[f"t{step}"]))
        if chance.random() < 0.3:
            await send(alice, bob)
        if chance.random() < 0.3:
            await send(bob, alice)
    await send(alice, bob)
    await send(bob, alice)
    every = await segments(bob) * 2
    chance.shuffle(every)
    while every:
        count = chance.randint(1, 7)
        await receive(carol.workspace, every[:count], verify)
        del every[:count]
    assert (await receive(carol.workspace, [], verify)).waiting == 0
    assert len(await digests(alice, bob, carol)) == 1
    assert await carol.care.rebuild() == await carol.care.digest()
    assert len(await digests(alice, carol)) == 1


async def test_a_viewers_edits_are_held_and_not_applied_until_an_admin_accepts(studio: Studio, tmp_path: Path) -> None:
    alice, bob, carol = await studio.trio()
    asset = await studio.share(bob="viewer", carol="editor")
    before = await digests(alice)
    with pytest.raises(ReadOnly, match="viewer"):
        await bob.assets.edit_one(asset, AssetChange(rating=1))
    forged = Patched(bob).write((bytes.fromhex(asset), lambda draft: draft.agree("rating", 1)))
    for library in (alice, bob, carol):
        assert (await receive(library.workspace, [forged.raw], verify)).held == 1
        assert (await library.assets.show(asset)).asset.rating == 0
    assert await digests(alice, bob, carol) == before
    await operate(alice.workspace, "accept", bob.workspace.device, [forged.hash])
    await send(alice, carol)
    await send(alice, bob)
    for library in (alice, bob, carol):
        assert (await library.assets.show(asset)).asset.rating == 1
    assert len(await digests(alice, bob, carol)) == 1


async def test_clock_from_nowhere_keeps_nobody_from_writing(studio: Studio, tmp_path: Path) -> None:
    alice, bob, carol = await studio.trio()
    asset = await studio.share(bob="viewer", carol="editor")
    before = await digests(alice, carol)
    patched = Patched(bob)
    ahead = [patched.sign([], clock=2**53 - 1), patched.sign([], clock=2**53 - 1)]
    for library in (alice, carol):
        received = await receive(library.workspace, [each.raw for each in ahead], verify)
        assert (received.held, received.waiting, received.refused) == (0, 2, [])
        (told,) = await library.workspace.database.read(unapplied)
        assert (told.state, told.device, told.number) == ("waiting.broken", bob.workspace.device, 2)
    assert await digests(alice, carol) == before
    for rating, library in enumerate((alice, carol), 1):
        await library.assets.edit_one(asset, AssetChange(rating=rating))
    await send(alice, carol)
    await send(carol, alice)
    assert len(await digests(alice, carol)) == 1


async def test_segment_ahead_of_one_of_two_that_share_a_name_is_held_once_the_other_came(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beginnings of hashes can be made equal with work; whoever does must not make devices differ."""
    alice, bob, carol = await studio.trio()
    await studio.share(bob="viewer", carol="editor")
    first, second = (Patched(bob).sign([], clock=clock) for clock in (0, 1))
    monkeypatch.setattr(Segment, "tip", property(lambda each: Tip(each.incarnation, each.seq, bytes(8))))

    def highest(connection: Connection, tip: Tip) -> int | None:
        rows = connection.execute(
            "SELECT max(clock) FROM segment WHERE incarnation=? AND seq=? AND state=1", (tip.incarnation, tip.seq)
        )
        return rows.fetchone()[0]  # type: ignore[no-any-return]

    monkeypatch.setattr("library.replica.holding.clock_of", highest)
    ahead = Patched(bob, incarnation=b"q" * 16).sign([], clock=2, deps=[first.tip])
    for library, order in ((alice, (first, ahead, second)), (carol, (ahead, second, first))):
        for each in order:
            await receive(library.workspace, [each.raw], verify)
        assert (await receive(library.workspace, [], verify)).waiting == 0


async def test_foreign_and_damaged_segments_are_refused_by_name(studio: Studio, tmp_path: Path) -> None:
    alice = await studio.device("alice", 1)
    other = Studio(tmp_path / "other", studio.stack)
    stranger = await other.device("alice", 7)
    raws = await segments(stranger)
    mine = (await segments(alice))[0]
    flipped = mine[:40] + bytes([mine[40] ^ 1]) + mine[41:]
    received = await receive(alice.workspace, [*raws, flipped, mine[:-1], b"", mine], verify)
    assert [index for index, _ in received.refused] == [0, 1, 2, 3]
    assert (received.held, received.waiting) == (0, 0)


async def test_a_device_that_meets_its_own_unknown_segments_goes_on_as_a_new_chain(
    studio: Studio, tmp_path: Path
) -> None:
    alice, bob = await studio.device("alice", 1), await studio.device("bob", 2)
    old = await segments(alice)
    await alice.projects.create("one")
    clone = await studio.device("clone", 3)
    clone.workspace.log.author = alice.workspace.log.author  # the same device from a backup
    clone.workspace.key = alice.workspace.key
    await receive(clone.workspace, old, verify)
    clone.workspace.log.position.incarnation = alice.workspace.log.position.incarnation
    before = clone.workspace.log.position.incarnation
    await send(alice, clone)
    assert clone.workspace.log.position.incarnation != before
    await clone.projects.create("two")
    await send(clone, alice)
    await send(alice, bob)
    await send(clone, bob)
    assert len(await digests(alice, bob, clone)) == 1
    assert {each.name for each in await bob.projects.list()} == {"one", "two"}


async def test_a_checkpoint_from_before_the_workspaces_settings_came_can_be_undone(studio: Studio) -> None:
    alice, bob = await studio.pair()
    operations = [operation.raw for operation in alice.workspace.members.operations.values()]
    await receive(bob.workspace, [], verify, operations)
    await bob.checkpoints.create("early")
    await bob.history.undo()
    assert await bob.checkpoints.list() == []
    await send(alice, bob)
    await send(bob, alice)
    assert len(await digests(alice, bob)) == 1
    assert bob.name() == "Studio"


async def test_an_operation_of_another_workspace_that_names_our_heads_takes_nobodys_right(
    studio: Studio, tmp_path: Path
) -> None:
    alice, bob = await studio.pair()
    (tmp_path / "a.png").write_bytes(picture((1, 2, 3)))
    asset = (await alice.ingest.import_paths([tmp_path / "a.png"])).assets[0]
    await send(alice, bob)
    workspace = bob.workspace
    foreign = encode_operation(
        workspace=b"w" * 32,
        kind="grant",
        subject=b"m" * 16,
        argument="admin",
        prev=workspace.members.heads,
        author=workspace.device,
        sign=workspace.key.sign,
    )
    for library in (alice, bob):
        await receive(library.workspace, [], verify, [foreign.raw])
    await bob.assets.edit_one(asset, AssetChange(rating=4))
    await send(bob, alice)
    assert (await alice.assets.show(asset)).asset.rating == 4
    assert len(await digests(alice, bob)) == 1


async def test_operations_that_do_not_count_are_not_named_by_what_is_written_next(
    studio: Studio, tmp_path: Path
) -> None:
    alice, bob = await studio.pair("viewer")
    await send(alice, bob)
    workspace = bob.workspace
    flood = [
        encode_operation(
            workspace=workspace.id,
            kind="grant",
            subject=member("bob"),
            argument="admin",
            prev=workspace.members.heads,
            author=workspace.device,
            nonce=bytes([number]),
            sign=workspace.key.sign,
        ).raw
        for number in range(20)
    ]
    await receive(alice.workspace, [], verify, flood)
    await alice.projects.create("one")
    written = decode((await segments(alice))[-1])
    assert len(alice.workspace.members.heads) == 20
    assert len(written.auth) == 1
    await receive(bob.workspace, await segments(alice), verify, flood)
    assert [each.name for each in await bob.projects.list()] == ["one"]
    assert len(await digests(alice, bob)) == 1


async def test_library_as_of_a_moment_knows_what_came_in_since_it_was_asked_for(studio: Studio, tmp_path: Path) -> None:
    alice, bob = await studio.pair()
    (tmp_path / "a.png").write_bytes(picture((1, 2, 3)))
    (asset,) = (await alice.ingest.import_paths([tmp_path / "a.png"])).assets
    await send(alice, bob)
    await bob.assets.edit([asset], AssetChange(rating=4))
    for title in ("one", "two", "three"):
        await alice.assets.edit([asset], AssetChange(title=title))
    later = "2027-01-01T00:00"
    assert (await alice.search.page(at=later)).items[0].rating == 0
    before = alice.workspace.log.position.clock
    assert (await send(bob, alice)).held == 1
    assert alice.workspace.log.position.clock == before
    shown = (await alice.search.page(at=later)).items[0]
    assert (shown.rating, shown.title) == (4, "three")
