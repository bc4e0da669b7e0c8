"""Somebody between two devices who passes their TLS records on, and does something to some of them."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

from tests.sync.hostile.house import HOST

WAYS = ("flip", "drop", "repeat", "swap", "cut", "insert", "earlier")
HEADER = 5  # bytes of a TLS record before its content; the last two are its length


class Between:
    """`rate` of all records are tampered with, each way as often as any other; 0 passes everything on."""

    def __init__(self, target: int, chance: random.Random, rate: float) -> None:
        self.rate = rate
        self.port = 0
        self.done: dict[str, int] = dict.fromkeys(WAYS, 0)
        self.connections = 0
        self.recorded: list[bytes] = []  # what the dialing side said in the first connections, as it went over
        self._target = target
        self._chance = chance
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Between:
        self._server = await asyncio.start_server(self._answer, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        further, back = await asyncio.open_connection(HOST, self._target)
        self.recorded.append(b"")
        try:
            await asyncio.gather(self._carry(reader, back, len(self.recorded) - 1), self._carry(further, writer, None))
        finally:
            for each in (writer, back):
                each.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, record: int | None) -> None:
        before: list[bytes] = []
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readexactly(HEADER)
                content = await reader.readexactly(int.from_bytes(head[3:], "big"))
                if record is not None:
                    self.recorded[record] += head + content
                before = [*before[-20:], head + content]
                writer.write(await self._tampered(head, content, before, reader))
                await writer.drain()
        writer.transport.abort()

    async def _tampered(self, head: bytes, content: bytes, before: list[bytes], reader: asyncio.StreamReader) -> bytes:
        chance, whole = self._chance, head + content
        if chance.random() >= self.rate:
            return whole
        way = chance.choice(WAYS)
        if way == "swap":  # with the next one, if one comes
            try:
                async with asyncio.timeout(0.2):
                    other = await reader.readexactly(HEADER)
                    other += await reader.readexactly(int.from_bytes(other[3:], "big"))
            except TimeoutError:
                return whole
            self.done[way] += 1
            return other + whole
        self.done[way] += 1
        if way == "flip":
            changed = bytearray(whole)
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
            return bytes(changed)
        return {
            "drop": b"",
            "repeat": whole * 2,
            "cut": whole[: chance.randrange(len(whole))],
            "insert": head[:3] + (20).to_bytes(2, "big") + chance.randbytes(20) + whole,
            "earlier": chance.choice(before) + whole,
        }[way]
