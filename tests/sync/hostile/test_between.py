"""Somebody sits between two paired devices: what is tampered with is taken by neither, and both go on behind it."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from library.models import AssetChange
from store.database import Connection
from tests.sync.hostile.between import Between
from tests.sync.hostile.house import HOST, all_that_is_said, goes_on, on_the_lan
from tests.sync.house import Device, equal, studio, until

SHORT, LONG = 150, 3_000
RED = (255, 0, 0)


async def log_of(device: Device) -> tuple[list[bytes], list[bytes]]:
    """Everything that it holds, and nothing may be there that nobody of the two wrote."""

    def work(connection: Connection) -> tuple[list[bytes], list[bytes]]:
        segments = [hash for (hash,) in connection.execute("SELECT hash FROM segment WHERE state=1 ORDER BY hash")]
        return segments, [hash for (hash,) in connection.execute("SELECT hash FROM blob WHERE here=1 ORDER BY hash")]

    return await device.library.workspace.database.read(work)


async def written_by(device: Device) -> int:
    """How many of the segments here are its own."""
    query = "SELECT count(*) FROM segment WHERE device=?"
    return await device.library.workspace.database.read(
        lambda connection: connection.execute(query, (device.key,)).fetchone()[0]
    )


async def tamper(folder: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.engine.FIRST_PAUSE", 0.01)
    monkeypatch.setattr("sync.engine.LONGEST_PAUSE", 0.05)
    monkeypatch.setattr("sync.engine.STRANGER_PAUSE", 0.05)
    monkeypatch.setattr("sync.engine.TROUBLE_PAUSE", 0.05)
    monkeypatch.setattr("sync.engine.LOOK_SECONDS", 0.02)
    monkeypatch.setattr("sync.peers.lan.HANDSHAKE_SECONDS", 0.5)
    monkeypatch.setattr("sync.peers.lan.DIAL_SECONDS", 0.5)
    chance = random.Random(31)
    async with studio(folder) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        (asset,) = await alice.bring_in(RED, size=(900, 700))
        async with on_the_lan(alice, bob) as (port, _), Between(port.port, chance, 0.15) as middle:
            bob.sync.add(f"{HOST}:{middle.port}")
            rating = 0
            while sum(middle.done.values()) < number:
                rating = (rating + 1) % 6
                for each in (alice, bob):
                    if (await each.library.search.page()).items:
                        await each.library.assets.edit_one(
                            asset, AssetChange(rating=rating, note=f"{each.name} {rating}")
                        )
                await _anew(bob, alice, middle)
                await asyncio.sleep(0.02)
            assert goes_on(alice) and goes_on(bob) and min(middle.done.values()) > 0
            middle.rate = 0
            await _anew(bob, alice, middle)
            await equal(alice, bob, seconds=60)
            print(
                f"{sum(middle.done.values())} records tampered with in {middle.connections} connections: {middle.done}"
            )
            assert await log_of(alice) == await log_of(bob)
            assert len((await log_of(alice))[0]) == await written_by(alice) + await written_by(bob)
            for each in (alice, bob):
                assert (await each.library.care.verify(read_data=True)).problems == []


async def _anew(device: Device, other: Device, middle: Between) -> None:
    """Until there is another connection: one that was dialed a moment ago may stand only now, and be deaf."""
    before = middle.connections
    async with asyncio.timeout(30):
        while middle.connections == before:
            await device.sync.close(other.key)
            await asyncio.sleep(0.01)


async def test_records_that_are_tampered_with_are_taken_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tamper(tmp_path, SHORT, monkeypatch)


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_thousands_of_tampered_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await tamper(tmp_path, LONG, monkeypatch)


async def test_recorded_connection_is_worth_nothing_later(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        async with on_the_lan(alice, bob) as (port, _), Between(port.port, random.Random(1), 0) as middle:
            bob.sync.add(f"{HOST}:{middle.port}")
            await bob.bring_in(RED)
            await equal(alice, bob)
            await bob.stop()
            await until(lambda: not alice.sync.sessions)
            before, (said, *_) = await log_of(alice), middle.recorded
            assert len(said) > 2000
            reader, writer = await asyncio.open_connection(HOST, port.port)
            writer.write(said)
            await all_that_is_said(reader)
            writer.close()
            assert port.refused == 1 and not alice.sync.sessions and await log_of(alice) == before
