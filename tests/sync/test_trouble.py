"""What goes wrong with one connection costs the others nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import sync.exchange
from library.copies.copies import Copies
from library.errors import DiskFull
from library.workspace import Workspace
from tests.sync.house import equal, learn, studio, until

RED, GREEN = (255, 0, 0), (0, 255, 0)


async def test_full_disk_ends_the_connection_whose_log_it_could_not_keep_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with studio(tmp_path) as house:
        alice, bob, carol = await house.trio()
        await learn(alice.library.workspace, bob.library.workspace)
        house.ether.cut.add(frozenset((alice.key, bob.key)))
        for each in (alice, bob, carol):
            each.start()
        carol.sync.add("alice:1")
        carol.sync.add("bob:1")
        await until(lambda: carol.sync.session(alice.key) and carol.sync.session(bob.key))
        kept, taken = carol.sync.session(bob.key), sync.exchange.take_in

        async def full(workspace: Workspace, prepared: Sequence[Any], *arguments: Any, **named: Any) -> Any:
            if workspace is carol.library.workspace and prepared:
                monkeypatch.setattr(sync.exchange, "take_in", taken)
                raise DiskFull("The disk is full.")
            return await taken(workspace, prepared, *arguments, **named)

        monkeypatch.setattr(sync.exchange, "take_in", full)
        await alice.bring_in(RED)
        await until(lambda: carol.sync.session(alice.key) is None)
        await asyncio.sleep(0.1)
        assert carol.sync.session(bob.key) is kept
        (asset,) = await bob.bring_in(GREEN)
        await until(lambda: _has(carol, asset))
        carol.sync.ring()
        await equal(alice, bob, carol)


async def test_what_one_device_was_asked_for_and_did_not_send_is_asked_of_another_that_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with studio(tmp_path) as house:
        alice, bob, carol = await house.trio()
        await alice.bring_in(RED)
        house.connect(alice, bob)
        await equal(alice, bob)
        read_all = Copies.read_all

        async def stuck(self: Copies, wishes: Sequence[tuple[bytes, int]], length: int) -> list[bytes | None]:
            if self is alice.library.copies:
                await asyncio.Event().wait()
            return await read_all(self, wishes, length)

        monkeypatch.setattr(Copies, "read_all", stuck)
        carol.start()
        carol.sync.add("alice:1")
        await until(lambda: any(each.fetching.coming for each in _shared(carol, alice)))
        carol.sync.add("bob:1")
        await until(lambda: carol.sync.session(bob.key))
        begun, wanted = asyncio.get_running_loop().time(), list[object]()
        while not wanted:
            wanted = list(await carol.library.copies.wanted(10, bob.key))
            assert asyncio.get_running_loop().time() - begun < 5
        await asyncio.sleep(0.2)
        assert carol.lacks()
        house.ether.cut.add(frozenset((alice.key, carol.key)))
        await carol.sync.close(alice.key)
        await until(lambda: not carol.lacks())


def _has(device: Any, asset: str) -> bool:
    query = "SELECT 1 FROM asset WHERE id=?"
    found: bool = device.library.workspace.database.read_now(
        lambda connection: connection.execute(query, (bytes.fromhex(asset),)).fetchone() is not None
    )
    return found


def _shared(device: Any, other: Any) -> list[Any]:
    session = device.sync.session(other.key)
    return list(session.shared.values()) if session is not None else []
