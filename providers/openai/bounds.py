"""How much is read of what a server answers, and of a refusal what can be read at all.

A status that turns a request down is certain, whatever stands around it: an answer packed though nobody asked for that,
letters of a kind that nobody knows, or a body that breaks off or never ends makes no refusal an outcome that nobody
knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import httpx2
import openai

from providers.errors import BadAnswer
from providers.openai.answers import MOST_REFUSAL
from providers.openai.coming import MOST_ANSWER

MOST_LIST = 16 << 20  # bytes of a list of models
REFUSAL_SECONDS = 10.0  # that what a refusal says may take to come
AROUND = ("content-encoding", "content-type", "location", "set-cookie")  # what the library makes something of by itself


class TooMuch(Exception):
    """An answer larger than any that has its sense."""


class _Plain(aiohttp.ClientResponse):
    """An answer whose status counts whatever letters the words behind it are written in."""

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        await super().start(connection)
        self.reason = (self.reason or "").encode("ascii", "replace").decode()
        return self


class Client(openai.DefaultAioHttpClient):
    """The library's client, over sessions of ours."""

    def _init_transport(self, *arguments: Any, **values: Any) -> Any:
        return _over_ours(super()._init_transport(*arguments, **values))

    def _init_proxy_transport(self, *arguments: Any, **values: Any) -> Any:
        return _over_ours(super()._init_proxy_transport(*arguments, **values))


def _over_ours(transport: Any) -> Any:
    transport.client = lambda: aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=transport.ssl_context, force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
        response_class=_Plain,
        trust_env=False,
    )
    return transport


async def bound(response: Any) -> None:
    """Read no answer that is endless or packed: what it unpacks to is not bounded. What a refusal says is read here."""
    response.encoding = "utf-8"  # whatever it says: the names of some are none, and of others no letters
    packed = response.headers.get("content-encoding", "identity").lower() != "identity"
    if 200 <= response.status_code < 300:
        if packed:
            raise BadAnswer("The answer is packed, though nobody asked for that.")
        response.stream = _Bounded(response.stream, MOST_LIST if response.request.method == "GET" else MOST_ANSWER)
        return
    said = b"" if packed else await _said(response.stream)
    await _left(response.stream)
    for name in AROUND:
        response.headers.pop(name, None)
    response.stream = httpx2.ByteStream(said)


async def _said(stream: Any) -> bytes:
    """What a refusal says, as far as it comes."""
    said = bytearray()
    try:
        async with asyncio.timeout(REFUSAL_SECONDS):
            async for piece in stream:
                said += piece
                if len(said) >= MOST_REFUSAL:
                    break
    except (TimeoutError, httpx2.HTTPError, httpx2.StreamError, aiohttp.ClientError):
        pass  # its status has come, and says enough
    return bytes(said[:MOST_REFUSAL])


async def _left(stream: Any) -> None:
    try:
        await stream.aclose()
    except (httpx2.HTTPError, httpx2.StreamError, aiohttp.ClientError):
        pass  # the connection is of no use any more


class _Bounded(httpx2.AsyncByteStream):
    """An answer's bytes up to a bound; TooMuch where there are more. Others get a turn behind each piece, however many
    lie there already.
    """

    def __init__(self, inner: Any, most: int) -> None:
        self._inner = inner
        self._most = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self._inner:
            size += len(piece)
            if size > self._most:
                raise TooMuch
            yield piece
            await asyncio.sleep(0)

    async def aclose(self) -> None:
        await self._inner.aclose()
