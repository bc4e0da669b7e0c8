"""Streams of bytes with others: from a port of this machine, the same one at all of its addresses, and begun here."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Awaitable, Callable
from typing import Any

NEXT_PORTS = 20  # tried, beginning with the one that was asked for
TRIES = 20  # of any port, until one is free at every address
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Reader(asyncio.StreamReader):
    """Counts what comes, and gives all of it before it says that the connection was lost."""

    arrived = 0  # bytes

    def feed_data(self, data: Any) -> None:
        self.arrived += len(data)
        super().feed_data(data)

    def set_exception(self, exc: BaseException) -> None:
        """An end is an end: the writer says which."""
        self.feed_eof()


def protocol(limit: int, answer: Answer | None = None) -> tuple[Reader, asyncio.StreamReaderProtocol]:
    """What asyncio makes for a connection, with this reader. `limit`: half the bytes kept while nobody reads, about."""
    loop = asyncio.get_running_loop()
    reader = Reader(limit=limit, loop=loop)
    return reader, asyncio.StreamReaderProtocol(reader, answer, loop=loop)


async def connect(host: str, port: int, limit: int) -> tuple[Reader, asyncio.StreamWriter]:
    """As asyncio.open_connection, with that reader. Raises OSError."""
    loop = asyncio.get_running_loop()
    reader, made = protocol(limit)
    transport, _ = await loop.create_connection(lambda: made, host, port)
    return reader, asyncio.StreamWriter(transport, made, reader, loop)


def near(port: int) -> list[int]:
    """The ports to try for this one, in their order: the next free one, and last any; 0 is any."""
    return [*range(port, min(65536, port + NEXT_PORTS)), 0] if port else [0]


async def listen(answer: Answer, hosts: list[str] | None, port: int, limit: int) -> tuple[asyncio.Server, int]:
    """The server and its port; 0 is any. `hosts`: None is everything. OSError where the port cannot be had.

    Asked for any port, asyncio takes another one for each address, and others are told of one alone.
    """
    wanted, loop = port, asyncio.get_running_loop()
    for _ in range(TRIES):
        try:
            server = await loop.create_server(lambda: protocol(limit, answer)[1], hosts, wanted)
        except OSError as error:
            if port or error.errno != errno.EADDRINUSE:
                raise
            wanted = 0
            continue
        ports = {each.getsockname()[1] for each in server.sockets}
        wanted = ports.pop()
        if not ports:
            return server, wanted
        server.close()
    raise OSError(errno.EADDRINUSE, "no port is free at all addresses")
