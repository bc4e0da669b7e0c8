"""The event stream: nothing is missed, or the reader is told so."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from daemon.api.handlers import push
from library.events import Bus
from tests.daemon.house import Running, running


class Reader:
    """What a browser's EventSource keeps: the events, and the last id to come back with."""

    def __init__(self, stream: asyncio.StreamReader) -> None:
        self._stream = stream
        self.last: str | None = None
        self.remarks = 0

    async def next(self) -> Any:
        """The next event; ids without data and remarks are taken in passing."""
        data = None
        async with asyncio.timeout(5):
            while True:
                line = (await self._stream.readline()).decode().rstrip("\r\n")
                if line.startswith("id: "):
                    self.last = line[4:]
                elif line.startswith("data: "):
                    data = json.loads(line[6:])
                elif line.startswith(":"):
                    self.remarks += 1
                elif not line and data is not None:
                    return data

    async def begun(self) -> None:
        async with asyncio.timeout(5):
            while self.last is None:
                line = (await self._stream.readline()).decode().rstrip("\r\n")
                self.last = line[4:] if line.startswith("id: ") else None


@asynccontextmanager
async def listening(house: Running, last: str | None = None) -> AsyncIterator[Reader]:
    stream, writer = await asyncio.open_connection("127.0.0.1", house.house.port)
    resume = f"Last-Event-ID: {last}\r\n" if last is not None else ""
    # HTTP/1.0: the body comes unchunked until the end.
    writer.write(
        f"GET /api/v1/events HTTP/1.0\r\nHost: {house.host}\r\n{resume}"
        f"Authorization: Bearer {house.credentials.token}\r\n\r\n".encode()
    )
    head = await stream.readuntil(b"\r\n\r\n")
    assert b" 200 " in head and b"text/event-stream" in head, head
    try:
        yield Reader(stream)
    finally:
        writer.close()


async def test_news_arrives_with_its_number(house: Running) -> None:
    async with listening(house) as reader:
        await reader.begun()
        house.house.bus.publish("asset.changed", "ab", "alice")
        event = await reader.next()
        assert event == {"seq": 1, "kind": "asset.changed", "subject": "ab", "origin": "alice"}
        assert reader.last == "run1-1"


async def test_cursor_replay_misses_none(house: Running) -> None:
    """A reader that breaks off at random and comes back with its last id sees every number once, in order."""
    bus = house.house.bus
    seen: list[int] = []
    last: str | None = "run1-0"
    done = asyncio.Event()

    async def publish() -> None:
        for number in range(500):
            bus.publish("asset.changed", str(number), "alice")
            if number % 7 == 0:
                await asyncio.sleep(0.001)
        done.set()

    publishing = asyncio.create_task(publish())
    while not done.is_set() or len(seen) < 500:
        async with listening(house, last) as reader:
            for _ in range(37):
                if done.is_set() and len(seen) == 500:
                    break
                event = await reader.next()
                assert event["kind"] == "asset.changed"
                seen.append(event["seq"])
                last = reader.last
    await publishing
    assert seen == list(range(1, 501))


async def test_reader_that_came_back_before_any_news_misses_none(house: Running) -> None:
    async with listening(house) as reader:
        await reader.begun()
        last = reader.last
    house.house.bus.publish("asset.added", "x", "alice")
    async with listening(house, last) as reader:
        assert (await reader.next())["seq"] == 1


@pytest.mark.parametrize("last", ["otherrun-1", "1", "run1-", "run1-x", "run1--1", "run1-99", "", "run1-" + "9" * 400])
async def test_reader_of_another_run_or_of_nonsense_is_reset(house: Running, last: str) -> None:
    house.house.bus.publish("asset.changed", "a", "alice")
    async with listening(house, last) as reader:
        assert (await reader.next())["kind"] == "reset"
        house.house.bus.publish("asset.changed", "b", "alice")
        assert (await reader.next())["seq"] == 2


async def test_reader_away_longer_than_the_ring_is_reset_and_goes_on(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        house.house.bus = bus = Bus(kept=10)
        for number in range(50):
            bus.publish("asset.changed", str(number), "alice")
        async with listening(house, "run1-5") as reader:
            event = await reader.next()
            assert (event["kind"], event["seq"]) == ("reset", 50)
            bus.publish("asset.changed", "x", "alice")
            assert (await reader.next())["seq"] == 51


async def test_slow_reader_costs_nothing_and_catches_up(house: Running) -> None:
    """Nothing is queued per reader: one that reads late is told from the ring."""
    async with listening(house) as reader:
        await reader.begun()
        for number in range(5000):
            house.house.bus.publish("asset.changed", str(number), "alice")
        await asyncio.sleep(0.05)
        assert [(await reader.next())["seq"] for _ in range(5000)] == list(range(1, 5001))


async def test_silence_is_filled_with_remarks(house: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "KEEP_ALIVE", 0.02)
    async with listening(house) as reader:
        await reader.begun()
        await asyncio.sleep(0.1)
        house.house.bus.publish("asset.changed", "a", "alice")
        await reader.next()
        assert reader.remarks >= 2


async def test_streams_end_at_once_when_the_daemon_stops(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        stream, writer = await asyncio.open_connection("127.0.0.1", house.house.port)
        writer.write(
            f"GET /api/v1/events HTTP/1.0\r\nHost: {house.host}\r\nAuthorization: Bearer {house.credentials.token}"
            "\r\n\r\n".encode()
        )
        await stream.readuntil(b"\r\n\r\n")
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 1.0
    await stream.read()
    writer.close()
