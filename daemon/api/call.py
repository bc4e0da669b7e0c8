"""One request as a handler sees it, and what handlers may use."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from daemon.api.access import Access
from daemon.api.guard import NOBODY, Credential
from daemon.doctor import Examination
from daemon.errors import Refused
from daemon.exchanging import Exchanging
from daemon.metrics import Metrics
from daemon.settings.sections import Settings
from library.catalog import Library
from library.events import Bus
from library.home.offline import Offline
from library.tasks import Tasks
from library.workspaces import Workspaces
from providers.registry import Providers
from providers.runner import Runner

BODY_SECONDS = 30.0  # silence after which a body is given up
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(slots=True)
class House:
    """Everything that handlers may use; app.py puts it together."""

    version: str
    run: str  # names this start: event numbers count from it
    home: str
    url: str
    port: int
    proof_secret: bytes
    page: Any
    description: bytes  # the OpenAPI document
    settings: Callable[[], Settings]
    reread: Callable[[], Awaitable[None]]  # takes up what config.toml says now
    access: Access
    metrics: Metrics
    bus: Bus
    tasks: Tasks
    workspaces: Workspaces
    providers: Providers
    runner: Runner
    others: Exchanging
    random: random.Random
    lists: Path  # folder of the lists that prompts draw from
    offline: Offline  # while it is on, nothing is sent to another machine
    attention: Callable[[], list[Any]]  # of system.Attention
    examine: Callable[[], Awaitable[Examination]]
    stop: Callable[[], None]
    stopping: asyncio.Event


class Call:
    """One request, already judged by the guard."""

    __slots__ = ("credential", "house", "path", "query_text", "request")

    def __init__(self, request: web.BaseRequest, house: House, path: dict[str, str], query_text: str) -> None:
        self.request = request
        self.house = house
        self.path = path
        self.query_text = query_text
        self.credential: Credential = NOBODY

    @property
    def library(self) -> Library:
        """The workspace that the path names; `-` is the default one."""
        return self.house.workspaces.get(self.path["workspace"])

    async def pieces(self, limit: int) -> AsyncIterator[bytes]:
        """The request's body as it comes; refuses to go past `limit` bytes."""
        length = self.request.content_length
        if length is not None and length > limit:
            raise too_large(limit)
        if self.request.headers.get("Expect", "").lower() == "100-continue":
            await self.request.writer.write(CONTINUE)
            self.request.writer.output_size = 0
        total = 0
        while piece := await self._piece():
            total += len(piece)
            if total > limit:
                raise too_large(limit)
            yield piece

    async def _piece(self) -> bytes:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                return await self.request.content.readany()
        except TimeoutError as error:
            raise Refused(408, "timeout", f"Nothing came for {BODY_SECONDS:.0f} seconds.") from error
        except (web.RequestPayloadError, ConnectionError) as error:
            raise Refused(400, "interrupted", "The request's body broke off.") from error

    async def body(self, limit: int) -> bytes:
        """The whole body of a small request."""
        return b"".join([piece async for piece in self.pieces(limit)])


def too_large(limit: int) -> Refused:
    return Refused(413, "too_large", f"The request is larger than {limit:,} bytes.", params={"limit": limit})


def encoded(answer: Any) -> bytes:
    """JSON; names with lone surrogates, as disks have them, become readable instead of failing."""
    try:
        return msgspec.json.encode(answer)
    except UnicodeEncodeError:
        return msgspec.json.encode(_readable(msgspec.to_builtins(answer)))


def _readable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_readable(key): _readable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_readable(item) for item in value]
    return value
