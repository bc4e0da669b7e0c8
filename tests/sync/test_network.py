"""The port for other devices: open while it is needed, and where the others remember it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sync.network import Network, Wishes
from sync.peers.lan import Lan
from tests.sync.house import studio, until

ANY = Wishes(port=0, listen=("127.0.0.1",), vpn=False, discover=False)


@pytest.mark.parametrize("occupied", [False, True])
async def test_exchange_that_goes_on_after_a_pause_is_at_the_port_of_before(tmp_path: Path, occupied: bool) -> None:
    async with studio(tmp_path) as house:
        alice, _ = await house.device("alice"), await house.device("bob")
        lan = Lan(alice.library.workspace.key, alice.sync.devices)
        network = Network(alice.sync, lan, lambda: ANY, alice.library.workspace.surroundings)
        running = asyncio.create_task(network.run())
        try:
            await until(lambda: network.port)
            before = network.port
            await alice.sync.pause(True)
            await until(lambda: not network.port)
            if occupied:
                other = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", before)
            await alice.sync.pause(False)
            await until(lambda: network.port)
            assert (network.port == before) is not occupied
            if occupied:
                other.close()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
