"""What waits to go out on one connection: news before blobs, and blobs no faster than is allowed."""

from __future__ import annotations

import asyncio
from collections import deque

from sync.allowance.limit import Limit
from sync.messages import Message, encode
from sync.peers.base import Connection

LEAST_PIECE, USUAL_PIECE, PIECE = 16 * 1024, 64 * 1024, 256 * 1024  # bytes of blobs in one message
PIECE_SECONDS = 0.1  # that one takes on its way


class Outbox:
    """`urgent` and `bulk` return when their message has gone. `run` must be running."""

    def __init__(self, connection: Connection, limit: Limit) -> None:
        self._connection = connection
        self._limit = limit
        self._urgent: deque[tuple[bytes, asyncio.Future[None]]] = deque()
        self._bulk: deque[tuple[bytes, asyncio.Future[None]]] = deque()
        self._bell = asyncio.Event()
        self.sent = 0  # bytes

    @property
    def piece(self) -> int:
        """Bytes of blobs in one message, now: what is urgent waits for one that is under way, and a limit that lets a
        large one go once in a minute would be none in between.
        """
        line = self._connection.rate
        usual = USUAL_PIECE if line is None else min(PIECE, max(LEAST_PIECE, line * PIECE_SECONDS))
        limited = max(LEAST_PIECE, self._limit.rate * PIECE_SECONDS) if self._limit.rate else PIECE
        return int(min(usual, limited))

    async def urgent(self, message: Message) -> None:
        await self._put(self._urgent, encode(message))

    async def bulk(self, message: Message) -> None:
        """For blobs: everything urgent goes before."""
        frame = encode(message)
        await self._limit.allow(len(frame))
        await self._put(self._bulk, frame)

    async def _put(self, queue: deque[tuple[bytes, asyncio.Future[None]]], frame: bytes) -> None:
        gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append((frame, gone))
        self._bell.set()
        await gone

    async def run(self) -> None:
        """Until the connection is lost, which is raised."""
        while True:
            queue = self._urgent or self._bulk
            if not queue:
                self._bell.clear()
                await self._bell.wait()
                continue
            frame, gone = queue.popleft()
            if gone.cancelled():
                continue
            await self._connection.send(frame)
            self.sent += len(frame) + 4
            if not gone.done():
                gone.set_result(None)
