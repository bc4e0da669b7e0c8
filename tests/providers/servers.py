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
def served(*fakes: FakeOpenAI, port: int = 0) -> Iterator[list[str]]:
    """Fakes beside the test, which waits for commands, in a thread of their own; gives their base URLs."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def here(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(20)

    serving = [each.serving(port) for each in fakes]
    try:
        yield [here(each.__aenter__()) for each in serving]
    finally:
        for each in serving:
            here(each.__aexit__(None, None, None))
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


def table(name: str, url: str, adapter: str = "openai", **values: Any) -> str:
    """A provider as config.toml sets it up; `values` as TOML has them."""
    said = {"adapter": f'"{adapter}"', "base_url": f'"{url}"', **values}
    return f"[providers.{name}]\n" + "".join(f"{key} = {value}\n" for key, value in said.items())


def own_and_paid(at_own: str, at_paid: str) -> str:
    """The settings of a server of this computer, `own`, and of one that wants money, `paid`."""
    return table("own", at_own, "openai-compatible", free="true") + table("paid", at_paid)
