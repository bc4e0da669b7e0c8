"""What goes out on one connection: news before blobs, and these in pieces as small as the line is slow."""

from __future__ import annotations

import asyncio
import math

import pytest

from library.surroundings import SystemClock
from sync.messages import Blobs, Ping, decode
from sync.outbox import LEAST_PIECE, PIECE, USUAL_PIECE, Limit, Outbox

ID = bytes(32)


class Line:
    """A connection that takes everything at once."""

    device, address, own, dialed, arrived = b"", "", "", True, 0

    def __init__(self, rate: float | None) -> None:
        self.rate = rate
        self.sent: list[bytes] = []

    async def send(self, frame: bytes) -> None:
        self.sent.append(frame)

    async def receive(self) -> bytes:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError


@pytest.mark.parametrize(("rate", "piece"), [
    (None, USUAL_PIECE),
    (0, LEAST_PIECE),  # nothing went yet
    (50_000, LEAST_PIECE),
    (500_000, 50_000),
    (10_000_000, PIECE),
    (math.inf, PIECE),
])  # fmt: skip
def test_pieces_are_as_large_as_goes_over_soon(rate: float | None, piece: int) -> None:
    outbox = Outbox(Line(rate), Limit(SystemClock()))
    assert outbox.piece == piece


async def test_news_goes_before_blobs_that_wait() -> None:
    line = Line(None)
    outbox = Outbox(line, Limit(SystemClock()))
    waiting = [asyncio.create_task(outbox.bulk(Blobs(ID, [bytes(1000)]))) for _ in range(5)]
    waiting.append(asyncio.create_task(outbox.urgent(Ping(1, False))))
    await asyncio.sleep(0)
    work = asyncio.create_task(outbox.run())
    await asyncio.gather(*waiting)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert [type(decode(each)) for each in line.sent] == [Ping, *[Blobs] * 5]
