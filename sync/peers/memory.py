"""Two ends of a connection within one process: for tests and simulations, with the contract of the real one."""

from __future__ import annotations

import asyncio
import math

from sync.errors import ConnectionLost, Malformed
from sync.peers.base import MAX_FRAME

WINDOW = 1 << 20  # bytes on the way before the sender waits


class _Way:
    """One direction."""

    def __init__(self) -> None:
        self._frames: asyncio.Queue[bytes] = asyncio.Queue()
        self._bytes = 0
        self._moved = asyncio.Condition()
        self.closed = False
        self.carried = 0  # bytes so far

    async def put(self, frame: bytes) -> None:
        async with self._moved:
            await self._moved.wait_for(lambda: self.closed or self._bytes < WINDOW)
            if self.closed:
                raise ConnectionLost("the connection was closed")
            self._bytes += len(frame)
            self.carried += len(frame) + 4
            self._frames.put_nowait(frame)
            self._moved.notify_all()

    async def take(self) -> bytes:
        async with self._moved:
            await self._moved.wait_for(lambda: self.closed or not self._frames.empty())
            if self.closed:
                raise ConnectionLost("the connection was closed")
            frame = self._frames.get_nowait()
            self._bytes -= len(frame)
            self._moved.notify_all()
            return frame

    async def close(self) -> None:
        async with self._moved:
            self.closed = True
            self._moved.notify_all()


class MemoryConnection:
    """One end."""

    def __init__(self, device: bytes, out: _Way, back: _Way, dialed: bool) -> None:
        self.device = device
        self.address = self.own = ""
        self.rate = math.inf
        self.dialed = dialed
        self._out = out
        self._back = back

    @property
    def arrived(self) -> int:
        return self._back.carried

    @property
    def sent(self) -> int:
        """Bytes that went out, as they would over a wire."""
        return self._out.carried

    async def send(self, frame: bytes) -> None:
        if len(frame) > MAX_FRAME:
            raise ValueError(f"a frame of {len(frame)} bytes is too long")
        await self._out.put(frame)

    async def receive(self) -> bytes:
        frame = await self._back.take()
        if len(frame) > MAX_FRAME:
            raise Malformed("a frame is too long")
        return frame

    async def close(self) -> None:
        await self._out.close()
        await self._back.close()


def pair(dialing: bytes, answering: bytes) -> tuple[MemoryConnection, MemoryConnection]:
    """The ends of the device that dials and of the one that answers, given their public keys."""
    there, back = _Way(), _Way()
    return MemoryConnection(answering, there, back, True), MemoryConnection(dialing, back, there, False)
