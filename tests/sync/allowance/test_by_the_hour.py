"""Two devices of the simulation, on virtual time: what the timetable holds back comes when its hour is over."""

from __future__ import annotations

import asyncio
import random
import tempfile
from datetime import timedelta
from pathlib import Path

from identity.keys import verify
from library.models import AssetChange
from library.replica.receiving import receive
from sync.allowance.rules import Rules
from sync.allowance.timetable import read
from tests.library.house import first_operation
from tests.library.members import let_in
from tests.simulation.disk import MemoryDisk
from tests.simulation.machine import Machine
from tests.simulation.test_simulation import folder
from tests.simulation.wires import Wires
from tests.simulation.world import World, run_virtual

__all__ = ["folder"]
SIZE = 2_000_000
SECOND = 1.0


async def two(place: Path) -> tuple[Machine, Machine]:
    """alice, and bob whom she let in."""
    world = World(7)
    wires = Wires(["alice", "bob"], world)
    wires.clear()
    alice, bob = (Machine(name, place / name, world, wires, MemoryDisk) for name in ("alice", "bob"))
    studio = await alice.start()
    await studio.found(lambda nonce: first_operation(alice.key), "Studio")
    await (await bob.start()).join(studio.id)
    await let_in(studio, "bob", bob.key.public, "editor")
    await receive(bob.library.workspace, [], verify, [each.raw for each in studio.members.operations.values()])
    bob.known = ["alice"]
    for each in (alice, bob):
        each.exchange()
    return alice, bob


async def picture(machine: Machine, number: int) -> tuple[str, bytes]:
    """A new one; its id and its original."""
    path = machine.pictures / f"{number}.png"
    machine.put_picture(path, random.Random(number).randbytes(SIZE))
    (asset,) = (await machine.library.ingest.import_paths([path])).assets
    return asset, bytes.fromhex((await machine.library.assets.show(asset)).asset.sha256)


async def seconds_until_edit(alice: Machine, bob: Machine, asset: str, rating: int) -> float:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await alice.library.assets.edit_one(asset, AssetChange(rating=rating))
    while (await bob.library.assets.show(asset)).asset.rating != rating:
        await asyncio.sleep(0.05)
        assert loop.time() - begun < 60
    return loop.time() - begun


def on(machine: Machine, minutes: int) -> str:
    """What its clock shows then."""
    moment = machine.library.workspace.surroundings.wall(machine.clock.now()) + timedelta(minutes=minutes)
    return moment.strftime("%H:%M")


def test_originals_come_when_the_hour_is_over_and_edits_before(folder: Path) -> None:
    async def day() -> str:
        with tempfile.TemporaryDirectory(dir=folder) as place:
            alice, bob = await two(Path(place))
            rules = Rules(timetable=read(f"{on(alice, 0)}-{on(alice, 120)} thumbnails"))
            alice.sync.allowance.apply(rules)
            until = alice.sync.allowance.now.until
            assert until is not None
            asset, original = await picture(alice, 1)
            await asyncio.sleep(120)
            assert (await bob.library.assets.show(asset)).asset.state == "elsewhere"
            for rating in (1, 2, 3):
                assert await seconds_until_edit(alice, bob, asset, rating) < 5 * SECOND
                await asyncio.sleep(600)
            session = bob.sync.session(alice.key.public)
            assert session is not None and session.gate.theirs.why == "timetable"
            told = session.gate.theirs.until
            assert told is not None and abs((told - bob.clock.now()) - (until - alice.clock.now())) < 2000  # both wrong
            while alice.clock.now() < until:
                assert not bob.keeps(original)
                await asyncio.sleep(0.5)
            begun = asyncio.get_running_loop().time()
            while not bob.keeps(original):
                await asyncio.sleep(0.05)
                assert asyncio.get_running_loop().time() - begun < 10 * SECOND
            for each in (alice, bob):
                await each.stop()
        return ""

    run_virtual(day)


def test_limit_that_changes_by_the_hour_is_kept_on_the_way(folder: Path) -> None:
    async def day() -> str:
        with tempfile.TemporaryDirectory(dir=folder) as place:
            alice, bob = await two(Path(place))
            slow, fast = 2_000, 10_000
            alice.sync.allowance.apply(Rules(slow, read(f"{on(alice, 10)}-{on(alice, 200)} {fast}")))
            for number in range(20):
                await picture(alice, number)
            came = []
            for minutes in (9, 30):
                session = bob.sync.session(alice.key.public)
                while session is None:
                    await asyncio.sleep(0.5)
                    session = bob.sync.session(alice.key.public)
                before, begun = session.received, asyncio.get_running_loop().time()
                await asyncio.sleep(minutes * 60 - 60)
                came.append((session.received - before) / (asyncio.get_running_loop().time() - begun))
                await asyncio.sleep(150)
            assert abs(came[0] / slow - 1) < 0.1 and abs(came[1] / fast - 1) < 0.1, came
            for each in (alice, bob):
                await each.stop()
        return ""

    run_virtual(day)
