"""However long a way was cut, in whatever direction: soon after it is open again both devices hold the same.

On virtual time, with wires that send again ever more seldom, as real ones do.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from identity.keys import verify
from library.models import AssetChange
from library.replica.receiving import receive
from tests.library.house import first_operation
from tests.library.members import let_in
from tests.simulation.disk import MemoryDisk
from tests.simulation.machine import Machine
from tests.simulation.wires import Wires
from tests.simulation.world import World, run_virtual

HEALED_SECONDS = 30.0
CUTS = (5, 20, 35, 45, 55, 65, 80, 100, 130, 300, 3000)  # seconds
WAYS = ({("alice", "bob")}, {("bob", "alice")}, {("alice", "bob"), ("bob", "alice")})


class Pair:
    """alice, who began the workspace, and bob, an editor; both know where the other is."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.world = World(seed)
        self.wires = Wires(["alice", "bob"], self.world)
        self.wires.breaking, self.wires.delay = 0.0, 0.02
        self.alice = Machine("alice", folder / "alice", self.world, self.wires, MemoryDisk)
        self.bob = Machine("bob", folder / "bob", self.world, self.wires, MemoryDisk)

    async def begin(self) -> str:
        """Gives the one picture that both have."""
        workspace = await self.alice.start()
        await workspace.found(lambda nonce: first_operation(self.alice.key), "Studio")
        joining = await self.bob.start()
        await joining.join(workspace.id)
        await let_in(workspace, "bob", self.bob.key.public, "editor")
        await receive(joining, [], verify, [each.raw for each in workspace.members.operations.values()])
        self.alice.known, self.bob.known = ["bob"], ["alice"]
        path = self.alice.pictures / "one.png"
        self.alice.put_picture(path, b"one")
        (asset,) = (await self.alice.library.ingest.import_paths([path])).assets
        for each in (self.alice, self.bob):
            each.exchange()
        await self.equal()
        return asset

    async def digests(self) -> set[str]:
        return {(await each.library.care.digest()).digest for each in (self.alice, self.bob)}

    async def equal(self) -> float:
        """Until both hold the same; how many seconds it took."""
        begun = asyncio.get_running_loop().time()
        while len(await self.digests()) > 1:
            await asyncio.sleep(0.5)
            self.world.check()
            assert asyncio.get_running_loop().time() - begun < 600, "they do not come to hold the same"
        return asyncio.get_running_loop().time() - begun

    async def heal(self) -> str:
        """The longest that anything took."""
        asset = await self.begin()
        slowest, number = 0.0, 0
        for seconds in CUTS:
            for way in WAYS:
                await self.world.pause(60)
                self.wires._cut = set(way)
                await self.world.pause(10)
                for each in (self.alice, self.bob):
                    number += 1
                    await each.library.assets.edit_one(asset, AssetChange(title=f"{number}"))
                await asyncio.sleep(seconds)
                self.wires._cut = set()
                took = await self.equal()
                print(f"cut {len(way)} ways for {seconds} s: equal after {took:.1f} s")
                slowest = max(slowest, took)
        for each in (self.alice, self.bob):
            await each.stop()
        return f"{slowest:.1f}"


@pytest.mark.parametrize("seed", range(2))
def test_devices_are_equal_soon_after_a_cut_of_any_length(tmp_path: Path, seed: int) -> None:
    slowest = run_virtual(Pair(tmp_path, seed).heal)
    print(f"equal after {slowest} s at most")
    assert float(slowest) < HEALED_SECONDS
