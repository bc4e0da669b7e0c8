"""Servers of bare bytes, which answer each request with what they are told to."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from providers.fakes.openai import FakeOpenAI


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Listening:
    """A server of bare bytes. `reached` counts connections."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self.reached = 0
        self.port = 0
        self.requests: list[bytes] = []

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reached += 1
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    @asynccontextmanager
    async def here(self, *, host: str = "127.0.0.1", port: int = 0, ssl: Any = None) -> AsyncIterator[Listening]:
        server = await asyncio.start_server(self._one, host, port, ssl=ssl)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


async def request_of(reader: asyncio.StreamReader) -> bytes:
    """A whole request: its head, and its body as long as the head says."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    return head + await reader.readexactly(length)


def answering(status: int, body: bytes, headers: dict[str, str] | None = None) -> Serve:
    """Answers everything with the same."""
    told = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
    head = f"HTTP/1.1 {status} x\r\n" + "".join(f"{name}: {value}\r\n" for name, value in told.items()) + "\r\n"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(head.encode() + body)
        await writer.drain()

    return serve


@contextmanager
def beside(fake: FakeOpenAI) -> Iterator[str]:
    """A fake beside the test, which waits for commands."""
    loop, urls = asyncio.new_event_loop(), list[str]()
    ready, over = threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with fake.serving() as url:
            urls.append(url)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait(20)
    try:
        yield urls[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()
