"""A dry run foresees what receiving does, exactly, and leaves no trace."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from identity.keys import verify
from library.catalog import Library
from library.errors import DiskFull, LibraryError
from library.models import AssetChange, ProjectChange
from library.planning import rehearsal
from library.planning.rehearsal import Gift
from library.replica.breaker import FEW
from store.database import ThreadExecutor
from tests.library.house import picture
from tests.library.members import member, operate
from tests.library.planning.foreseeing import all_heads, ask, came, foreseen, rehearsed, take
from tests.library.replica.stopping import pass_on, shoot
from tests.library.studio import Studio

ROUNDS = 18


@pytest.fixture(autouse=True, params=["within", "on a copy"])
def where(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where a dry run is done, whatever comes: it comes to the same."""
    monkeypatch.setattr(rehearsal, "FEW", -1 if request.param == "on a copy" else 1 << 30)
    return str(request.param)


NAMES = ("bob", "carol")


async def import_one(studio: Studio, library: Library, color: tuple[int, int, int]) -> list[str]:
    path = studio.folder / f"{color}.png"
    path.write_bytes(picture(color, (8, 6)))
    return (await library.ingest.import_paths([path])).assets


async def ids(library: Library, query: str = "") -> list[str]:
    return sorted(each.id for each in (await library.search.page(query, limit=200)).items)


async def act(studio: Studio, library: Library, chance: random.Random) -> None:
    """One thing that somebody does at a device, or is refused."""
    assets, deed = await ids(library), chance.randrange(9)
    some = chance.sample(assets, min(len(assets), chance.randint(1, 4)))
    if deed == 0 or not some:
        await import_one(studio, library, (chance.randrange(12), 0, 0))
    elif deed == 1:
        await shoot(library, chance.randint(1, 12), f"{chance.random()}")
    elif deed == 2:
        await library.assets.bin(some)
    elif deed == 3:
        await library.assets.bin(assets)
    elif deed == 4:
        binned = await ids(library, "is:binned")
        await library.assets.unbin(binned[:3] or some)
    elif deed == 5:
        await library.projects.create(f"海報 {chance.random()}")
    elif deed == 6 and (projects := await library.projects.list()):
        await library.projects.edit(projects[0].id, ProjectChange(brief=f"fox {chance.randrange(9)}"))
    else:
        change = AssetChange(rating=chance.randint(0, 5), title=chance.choice(("a", "貓")), add_tags=["x"])
        await library.assets.edit(some, change)


async def govern(studio: Studio, chance: random.Random) -> None:
    """alice lowers or raises somebody."""
    name = chance.choice(NAMES)
    subject = member(name)
    await operate(studio.members["alice"].workspace, "role", subject, chance.choice(("viewer", "editor", "reviewer")))


async def check(library: Library, sources: Sequence[Library]) -> int:
    """Plan, then do it: what came equals the plan. How many documents changed."""
    gifts = await ask(library, *sources)
    plan = await rehearsed(library, gifts)
    before = await all_heads(library)
    await take(library, gifts)
    assert await came(library, plan, before) == foreseen(plan)
    wanted = {each.hash for device, _ in gifts for each in await library.copies.wanted(of=device)}
    assert wanted == {each.hash for each in plan.blobs}
    told = {stop.device: stop.segments for stop in await library.stops.list() if stop.state == "asking"}
    assert {device.hex() for device in plan.stopped} <= told.keys()
    return len(plan.documents)


@pytest.mark.parametrize("seed", range(12))
async def test_what_is_foreseen_of_any_history_comes(studio: Studio, seed: int) -> None:
    chance = random.Random(seed)
    everybody = await studio.trio()
    for name in NAMES:
        await studio.admit(name, "editor")
    for name in NAMES:
        await pass_on(studio.members["alice"], studio.members[name])
    changed = 0
    for _ in range(ROUNDS):
        for library in everybody:
            for _ in range(chance.randrange(3)):
                try:
                    await act(studio, library, chance)
                except LibraryError as error:
                    assert error.code in ("no_right", "read_only"), error.code
        if chance.random() < 0.3:
            await govern(studio, chance)
        target = chance.choice(everybody)
        sources = [each for each in everybody if each is not target]
        changed += await check(target, chance.sample(sources, chance.choice((1, 2, 2))))
        if chance.random() < 0.2:
            for stop in await target.stops.list():
                if stop.state == "asking":
                    may = target.workspace.role in ("admin", "editor")
                    await (target.stops.reject if may and chance.random() < 0.5 else target.stops.approve)(stop.id)
    assert changed > FEW


async def test_segment_whose_cause_does_not_come_would_wait(studio: Studio) -> None:
    alice, bob = await studio.pair()
    await pass_on(alice, bob)
    assets = await shoot(alice, 1)
    await alice.assets.edit(assets, AssetChange(rating=3))
    ((device, offered),) = await ask(bob, alice)
    assert len(offered.segments) == 2
    gift = Gift(device, offered._replace(segments=[*offered.segments[1:], b"no segment"]))
    plan = await rehearsed(bob, [gift])
    assert (plan.documents, list(plan.fates.values()), plan.refused) == ([], ["waiting"], 1)
    before = await all_heads(bob)
    await take(bob, [gift])
    assert await came(bob, plan, before) == foreseen(plan)
    filled = await rehearsed(bob, await ask(bob, alice))
    assert [each.what for each in filled.documents] == ["added"]


async def test_what_was_deleted_before_a_device_came_in_stops_nobody(studio: Studio) -> None:
    alice, bob = await studio.pair()
    await alice.assets.bin(await shoot(alice, 40))
    gifts = await ask(bob, alice)
    plan = await rehearsed(bob, gifts)
    assert not plan.stopped and len(plan.documents) >= 40
    before = await all_heads(bob)
    await take(bob, gifts)
    assert await came(bob, plan, before) == foreseen(plan)


async def test_device_that_is_stopped_in_a_rehearsal_is_not_afterwards(studio: Studio) -> None:
    alice, bob = await studio.pair()
    assets = await shoot(alice, 40)
    await take(bob, await ask(bob, alice))
    await alice.projects.create("before")
    await alice.assets.bin(assets)
    await alice.projects.create("after")
    gifts = await ask(bob, alice)
    plan = await rehearsed(bob, gifts)
    assert plan.stopped == {alice.workspace.device: 2}, "what came before the deletion passes"
    assert [each.what for each in plan.documents] == ["other"] and await bob.stops.list() == []
    before = await all_heads(bob)
    await take(bob, gifts)
    assert await came(bob, plan, before) == foreseen(plan)
    again = await rehearsed(bob, await ask(bob, alice))
    assert again.stopped == {alice.workspace.device: 2} and again.documents == []


async def test_full_disk_keeps_its_reserve_through_a_rehearsal(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "FEW", 1 << 30)  # a copy takes no room where the library lies
    alice, bob = await studio.pair()
    await pass_on(alice, bob)
    await shoot(alice, 300)
    asked: list[bool] = []
    bob.workspace.database._make_room = lambda: asked.append(True) or True
    pages = await bob.workspace.database.outside(lambda connection: connection.execute("PRAGMA page_count").fetchone())
    await bob.workspace.database.outside(lambda connection: connection.execute(f"PRAGMA max_page_count={pages[0]}"))
    with pytest.raises(DiskFull):
        await rehearsed(bob, await ask(bob, alice))
    assert asked == []
    await bob.workspace.database.outside(lambda connection: connection.execute("PRAGMA max_page_count=1000000"))
    assert len((await rehearsed(bob, await ask(bob, alice))).documents) == 300


async def test_edit_goes_through_in_the_midst_of_a_large_plan(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is held open until the edit is durable: where it held the writer, the edit would wait for ever."""
    monkeypatch.setattr("tests.library.studio.InlineExecutor", ThreadExecutor)  # the real one, on threads of its own
    alice, bob = await studio.pair()
    (mine,) = await shoot(alice, 1, "mine")
    await pass_on(alice, bob)
    monkeypatch.setattr(rehearsal, "FEW", 100)
    await shoot(alice, 120)
    gifts = await ask(bob, alice)
    assert sum(map(len, (gift.offered.segments for gift in gifts))) < 100, "the changes count, not the segments alone"
    begun, over = threading.Event(), threading.Event()
    take_within = rehearsal.take_within

    def held_open(*arguments: Any) -> Any:
        begun.set()
        assert over.wait(20), "the edit did not come through"
        return take_within(*arguments)

    monkeypatch.setattr(rehearsal, "take_within", held_open)
    planning = asyncio.ensure_future(rehearsal.rehearse(bob.workspace, gifts, verify))
    try:
        assert await asyncio.to_thread(begun.wait, 20)
        async with asyncio.timeout(10):
            await bob.assets.edit_one(mine, AssetChange(title="meanwhile"))
        assert (await bob.assets.show(mine)).asset.title == "meanwhile" and not planning.done()
    finally:
        over.set()
        plan = await planning
    assert len(plan.documents) == 120 and mine not in {each.id.hex() for each in plan.documents}
    monkeypatch.undo()
    await take(bob, gifts)
    assert len((await bob.search.page()).items) == len((await alice.search.page()).items)
