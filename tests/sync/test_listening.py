"""Ports at which others come in: the one they are told leads here, whichever of this machine's addresses they take."""

from __future__ import annotations

import asyncio
import random

import pytest

from identity.keys import DeviceKey
from library.surroundings import Surroundings
from sync.peers.door import Door
from sync.peers.interfaces import places
from sync.peers.lan import Lan
from sync.peers.listening import listen
from sync.peers.pairing import Admission, Offer, Showing

KEY = DeviceKey.generate(random.Random(1))


async def nobody(*_: object) -> Admission:
    raise AssertionError("nobody comes")


async def code() -> Showing:
    showing = Showing(KEY.public, Offer(b"w" * 32, "studio", "laptop"), nobody, Surroundings())
    await showing.open(None)
    return showing


async def door() -> Door:
    made = Door(KEY.public, lambda invitation: asyncio.sleep(0), Surroundings())
    await made.open(None, 0)
    return made


async def data() -> Lan:
    lan = Lan(KEY, set)
    await lan.listen(None, 0, nobody)
    return lan


@pytest.mark.parametrize("opened", [code, door, data])
async def test_any_port_is_the_same_at_every_address(opened: object) -> None:
    one = await opened()  # type: ignore[operator]
    try:
        for each in (place.address for place in places() if place.loopback):
            _, writer = await asyncio.open_connection(each, one.port)
            writer.close()
    finally:
        one._server.close()


async def test_port_that_somebody_has_is_refused() -> None:
    other = await asyncio.start_server(nobody, "127.0.0.1", 0)
    taken = other.sockets[0].getsockname()[1]
    try:
        with pytest.raises(OSError, match="in use"):
            await listen(nobody, None, taken, 1024)
    finally:
        other.close()
