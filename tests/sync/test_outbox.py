"""What goes out on one connection: news before blobs, and these in pieces as small as the line is slow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sync.messages import Blobs, Part, Ping, decode
from sync.outbox import LEAST_PIECE, PIECE, PIECE_SECONDS, Limit, Outbox

ID, HASH = bytes(32), bytes(32)


class Line:
    """A connection, and the clock by which it takes its time."""

    device, address, own, dialed, arrived = b"", "", "", True, 0

    def __init__(self, rate: float, room: int) -> None:
        """`rate`: bytes a second; `room`: bytes that buffers take at once."""
        self.rate = rate
        self.sent: list[bytes] = []
        self._room = room
        self._now = self._free_at = 0.0

    def now(self) -> int:
        return int(self._now * 1000)

    def elapsed(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self._now += seconds

    async def send(self, frame: bytes) -> None:
        self.sent.append(frame)
        self._free_at = max(self._free_at, self._now) + len(frame) / self.rate
        self._now = max(self._now, self._free_at - self._room / self.rate)
        await asyncio.sleep(0)

    async def receive(self) -> bytes:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError


@asynccontextmanager
async def running(line: Line) -> AsyncIterator[Outbox]:
    outbox = Outbox(line, Limit(line), line)
    work = asyncio.create_task(outbox.run())
    try:
        yield outbox
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


@pytest.mark.parametrize(("rate", "piece"), [
    (50_000, LEAST_PIECE),
    (500_000, 50_000),
    (10_000_000, PIECE),
    (1_000_000_000, PIECE),
])  # fmt: skip
async def test_pieces_are_as_large_as_goes_over_soon(rate: int, piece: int) -> None:
    line = Line(rate, 100_000)
    async with running(line) as outbox:
        largest = 0
        for number in range(100):
            largest = max(largest, outbox.piece)
            await outbox.bulk(Part(ID, HASH, number, bytes(outbox.piece), False))
        assert outbox.piece == pytest.approx(piece, rel=0.15)
        assert largest <= max(2 * rate * PIECE_SECONDS, 150_000)  # buffers that take the first ones mislead little
        line.rate = 300_000  # somebody else uses the line, too
        for number in range(60):
            await outbox.bulk(Part(ID, HASH, number, bytes(outbox.piece), False))
        assert outbox.piece == pytest.approx(300_000 * PIECE_SECONDS, rel=0.2)


async def test_news_goes_before_blobs_that_wait() -> None:
    line = Line(1_000_000, 0)
    async with running(line) as outbox:
        bulk = [asyncio.create_task(outbox.bulk(Blobs(ID, [bytes(1000)]))) for _ in range(5)]
        await asyncio.sleep(0)
        await outbox.urgent(Ping(1, False))
        await asyncio.gather(*bulk)
    kinds = [type(decode(each)) for each in line.sent]
    assert kinds.index(Ping) <= 1
