"""Devices that answer at a real port of this machine, and strangers who speak to it as they like."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from identity.keys import DeviceKey
from sync.errors import ConnectionLost
from sync.messages import VERSION, Hello, Message, decode, encode
from sync.peers.lan import Lan, LanConnection
from tests.sync.house import Device

HOST = "127.0.0.1"


@asynccontextmanager
async def on_the_lan(*devices: Device) -> AsyncIterator[list[Lan]]:
    """Each of these speaks TLS at a port of its own, and runs."""
    made = []
    for device in devices:
        lan = Lan(device.library.workspace.key, device.sync.known)
        device.sync._transport = lan
        await lan.listen([HOST], 0, device.sync.met)
        device.start()
        made.append(lan)
    try:
        yield made
    finally:
        for device, lan in zip(devices, made, strict=True):
            await device.stop()
            await lan.stop()


def goes_on(device: Device) -> bool:
    """Whether what keeps it in step with others still runs."""
    return device._running is not None and not device._running.done()


class Rogue:
    """A program with the key of some device that says whatever it likes to one other device."""

    def __init__(self, key: DeviceKey, to: Device, port: int) -> None:
        self._lan = Lan(key, lambda: {to.key})
        self._address = f"{HOST}:{port}"
        self._hello = encode(Hello(VERSION, "rogue", [to.library.workspace.id]))
        self._connection: LanConnection | None = None
        self._listening: asyncio.Task[None] | None = None
        self._wanted: Callable[[Message], bool] | None = None
        self._told = asyncio.Event()
        self.heard: list[bytes] = []  # in this connection, the last hundred
        self.connections = 0

    async def connect(self) -> LanConnection:
        self._connection = await self._lan.dial(self._address)
        self.connections += 1
        self.heard.clear()
        self._listening = asyncio.create_task(self._listen(self._connection))
        await self._connection.send(self._hello)
        return self._connection

    async def _listen(self, connection: LanConnection) -> None:
        with suppress(ConnectionLost):
            while True:
                frame = await connection.receive()
                self.heard.append(frame)
                if self._wanted is not None and self._wanted(decode(frame)):
                    self._told.set()
                del self.heard[:-100]

    async def say(self, *frames: bytes | Message) -> int:
        """Say these in one connection after the other; how many went out."""
        gone = 0
        for frame in frames:
            try:
                if self._connection is None or self._listening is None or self._listening.done():
                    await self.connect()
                assert self._connection is not None
                await self._connection.send(frame if isinstance(frame, bytes) else encode(frame))
                await asyncio.sleep(0)  # over a connection that is lost nothing else lets it be noticed
                gone += 1
            except ConnectionLost:
                await self.hang_up()
        return gone

    async def hears(self, wanted: Callable[[Message], bool]) -> None:
        """Until it was told such a thing in this connection, or the connection is over."""
        assert self._listening is not None
        self._wanted = wanted
        if not any(wanted(decode(frame)) for frame in self.heard):
            self._told.clear()
            telling = asyncio.ensure_future(self._told.wait())
            await asyncio.wait((telling, self._listening), return_when=asyncio.FIRST_COMPLETED)
            telling.cancel()
        self._wanted = None

    async def hang_up(self) -> None:
        if self._connection is not None:
            self._connection._writer.transport.abort()
        if self._listening is not None:
            await self._listening
        self._connection = self._listening = None


async def all_that_is_said(reader: asyncio.StreamReader, seconds: float = 5) -> bytes:
    """Until the other side ends it."""
    said = b""
    with suppress(ConnectionError):
        async with asyncio.timeout(seconds):
            while data := await reader.read(65536):
                said += data
    return said
