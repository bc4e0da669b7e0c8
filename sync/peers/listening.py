"""A port of this machine at which others may connect: the same one at all of its addresses."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Awaitable, Callable

NEXT_PORTS = 20  # tried, beginning with the one that was asked for
TRIES = 20  # of any port, until one is free at every address
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def near(port: int) -> list[int]:
    """The ports to try for this one, in their order: the next free one, and last any; 0 is any."""
    return [*range(port, min(65536, port + NEXT_PORTS)), 0] if port else [0]


async def listen(answer: Answer, hosts: list[str] | None, port: int, limit: int) -> tuple[asyncio.Server, int]:
    """The server and its port; 0 is any. `hosts`: None is everything. OSError where the port cannot be had.

    Asked for any port, asyncio takes another one for each address, and others are told of one alone.
    """
    wanted = port
    for _ in range(TRIES):
        try:
            server = await asyncio.start_server(answer, hosts, wanted, limit=limit)
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
