"""What goes out on one connection: news before blobs, and these in pieces as small as the line is slow."""

from __future__ import annotations

import asyncio
import math
import random

import pytest

from library.surroundings import SystemClock
from sync.allowance.limit import BURST_SECONDS, Limit
from sync.messages import Blobs, Ping, decode
from sync.outbox import LEAST_PIECE, PIECE, USUAL_PIECE, Outbox

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


@pytest.mark.parametrize(("limit", "piece"), [(2000, LEAST_PIECE), (500_000, 50_000), (10_000_000, PIECE)])
def test_pieces_are_no_larger_than_the_limit_lets_go_soon(limit: int, piece: int) -> None:
    assert Outbox(Line(math.inf), Limit(SystemClock(), limit)).piece == piece


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


class Passing(SystemClock):
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.passed = 0.0

    def elapsed(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds


@pytest.mark.parametrize(
    ("rate", "size"), [(20_000, 300), (20_000, 262_144), (250_000, 16_384), (3_000_000, 262_144), (40_000_000, 262_144)]
)
async def test_limit_is_kept_within_a_tenth_by_all_that_share_it(rate: int, size: int) -> None:
    clock = Passing()
    limit = Limit(clock, rate)
    chance = random.Random(rate + size)
    lines = [Line(None) for _ in range(3)]
    boxes = [Outbox(line, limit) for line in lines]
    running = [asyncio.create_task(box.run()) for box in boxes]
    while clock.passed < 10 or sum(box.sent for box in boxes) < 40 * size:
        await chance.choice(boxes).bulk(Blobs(ID, [bytes(chance.randint(size // 2, size))]))
    for each in running:
        each.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    assert sum(box.sent for box in boxes) / clock.passed == pytest.approx(rate, rel=0.1)


async def test_limit_holds_no_news_back() -> None:
    clock = Passing()
    outbox = Outbox(Line(None), Limit(clock, 100))
    running = asyncio.create_task(outbox.run())
    for _ in range(50):
        await outbox.urgent(Ping(1, False))
    assert clock.passed == 0
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_limit_that_stood_still_lets_no_more_than_a_moments_worth_go_at_once() -> None:
    clock = Passing()
    limit = Limit(clock, 1000)
    clock.passed = 3600.0
    gone = 0
    while True:
        before = clock.passed
        await limit.allow(10)
        if clock.passed > before:
            break
        gone += 10
    assert gone <= 1000 * BURST_SECONDS
