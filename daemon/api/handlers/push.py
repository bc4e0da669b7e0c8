"""The event stream: numbered news with resume. The library's ring keeps the last ones, so a slow reader costs nothing.

An event's id is `RUN-SEQ`: numbers begin again with every start of the daemon, and a reader that comes back with
another run's number, or after too long, is told `reset`: fetch everything again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec
from aiohttp import web

from daemon.api.answers import headers_of
from daemon.api.call import Call
from library.models import Event

KEEP_ALIVE = 15.0  # seconds; the page takes silence for a dead connection
STUCK = 30.0  # seconds in which a reader takes nothing, after which it is let go; it resumes when it comes back
STREAM = "text/event-stream"


async def stream(call: Call) -> web.StreamResponse:
    """News as server-sent events; `Last-Event-ID` resumes."""
    house = call.house
    seq, missed = _start(call.request.headers.get("Last-Event-ID"), house.run, house.bus.last)
    response = web.StreamResponse(headers=headers_of("events"))
    response.content_type = STREAM
    response.headers["X-Accel-Buffering"] = "no"
    await response.prepare(call.request)
    with house.bus.bell() as bell:
        await _write(response, _greeting(house.run, seq, missed))
        while not house.stopping.is_set():
            bell.clear()
            events = house.bus.since(seq)
            if events is None:
                seq = house.bus.last
                await _write(response, _greeting(house.run, seq, True))
            elif events:
                seq = events[-1].seq
                await _write(response, _frames(house.run, events))
            elif not await _rung(bell):
                await _write(response, b": still here\n\n")
    return response


def place(run: str, seq: int) -> str:
    """An event's id: what a reader comes back with to hear all that came after."""
    return f"{run}-{seq}"


def _start(last_id: str | None, run: str, newest: int) -> tuple[int, bool]:
    """The number to go on after, and whether news may have been missed."""
    if last_id is None:
        return newest, False
    of, _, number = last_id.rpartition("-")
    if of != run or not number.isascii() or not number.isdecimal() or len(number) > 18:
        return newest, True
    return int(number), False


async def _rung(bell: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(KEEP_ALIVE):
            await bell.wait()
    except TimeoutError:
        return False
    return True


async def _write(response: web.StreamResponse, data: bytes) -> None:
    try:
        async with asyncio.timeout(STUCK):
            await response.write(data)
    except TimeoutError as error:
        raise ConnectionResetError("the reader takes nothing") from error


def _greeting(run: str, seq: int, missed: bool) -> bytes:
    """An id without data sets the browser's place in the stream; `reset` says that news was missed."""
    if missed:
        return _frames(run, [Event(seq=seq, kind="reset", subject="*", origin="")])
    return f"id: {place(run, seq)}\n\n".encode()


def _frames(run: str, events: Iterable[Event]) -> bytes:
    return b"".join(
        b"id: %s\ndata: %s\n\n" % (place(run, event.seq).encode(), msgspec.json.encode(event)) for event in events
    )
