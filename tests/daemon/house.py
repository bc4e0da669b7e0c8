"""A real server on loopback around small stand-ins for the library, for tests of the HTTP face alone."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

from daemon.api import openapi
from daemon.api.access import Access
from daemon.api.call import House
from daemon.api.routes import ROUTES
from daemon.api.server import Server, serving
from daemon.api.sockets import bind
from daemon.api.static import Page
from daemon.api.table import Table
from daemon.credentials import Credentials, ensure, keep_private
from daemon.doctor import Examination
from daemon.exchanging import Exchanging
from daemon.inviting import Inviting
from daemon.meeting import Meeting
from daemon.metrics import Metrics
from daemon.paths import Paths
from daemon.settings.sections import Settings
from identity.keys import DeviceKey
from library.errors import NotFound
from library.events import Bus
from library.home.offline import Offline
from library.home.preferences import Preferences
from library.surroundings import Surroundings
from library.tasks import Tasks
from providers.registry import Providers
from providers.runner import Runner
from store.files import DiskFiles
from sync.engine import Sync
from sync.network import Network, Wishes
from sync.peers.addresses import Addresses
from sync.peers.lan import Lan

TABLE = Table(ROUTES)


@dataclass
class NoWorkspaces:
    """A device on which nothing was made yet."""

    preferences: Preferences

    def list(self) -> list[Any]:
        return []

    def get(self, name: str) -> Any:
        raise NotFound(f"There is no workspace {name}.")


@dataclass
class SetClock:
    """A clock that stands until it is moved."""

    wall: int = 1_800_000_000_000
    seconds: float = 1000.0

    def now(self) -> int:
        return self.wall

    def elapsed(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.move(seconds)
        await asyncio.sleep(0)

    def move(self, seconds: float) -> None:
        self.wall += int(seconds * 1000)
        self.seconds += seconds


class Answer(NamedTuple):
    """What came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Running:
    """A server that answers."""

    house: House
    paths: Paths
    credentials: Credentials
    clock: SetClock
    server: Server

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.house.port}"

    async def raw(self, request: bytes, address: str = "127.0.0.1") -> Answer:
        """Send bytes as they are; read one answer."""
        reader, writer = await asyncio.open_connection(address, self.house.port)
        try:
            writer.write(request)
            await writer.drain()
            async with asyncio.timeout(5):
                return await read_answer(reader)
        finally:
            writer.close()

    async def ask(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
        """A request with exactly these headers besides Host and the length."""
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in (headers or {}).items())]
        if "Host" not in (headers or {}):
            lines.append(f"Host: {self.host}")
        if body:
            lines.append(f"Content-Length: {len(body)}")
        return await self.raw("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + body)

    async def call(self, method: str, path: str, content: Any = None) -> Answer:
        """As a program with the token."""
        headers = {"Authorization": f"Bearer {self.credentials.token}"}
        body = b""
        if content is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(content).encode()
        return await self.ask(method, path, headers, body)

    async def let_in(self) -> str:
        """The Cookie header of a new browser session."""
        answer = await self.ask(
            "POST",
            "/api/v1/session",
            {"Content-Type": "application/json", "X-Gesso": "1"},
            json.dumps({"code": self.house.access.mint_code()}).encode(),
        )
        assert answer.status == 200, answer
        return answer.headers["set-cookie"].partition(";")[0]


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(head[0].split(" ")[1])
    pairs = [line.partition(": ") for line in head[1:] if line]
    headers = {name.lower(): value for name, _, value in pairs}
    if headers.get("transfer-encoding") == "chunked":
        return Answer(status, headers, b"")
    length = int(headers.get("content-length", "0"))
    return Answer(status, headers, await reader.readexactly(length) if length else b"")


def nobody_else(home: Path, surroundings: Surroundings, bus: Bus) -> Exchanging:
    """A device that has no other."""
    key = DeviceKey.generate(surroundings.random)
    lan = Lan(key, set)
    addresses = Addresses(home / "peers.json", surroundings.files)
    sync = Sync(key.public, str, list, lan, addresses, surroundings, bus, Offline())
    network = Network(sync, lan, lambda: Wishes(0, ("127.0.0.1",), False, False), surroundings)
    workspaces: Any = None
    named: Any = SimpleNamespace(key=key, libraries=list)
    return Exchanging(
        sync,
        network,
        Meeting(workspaces, sync, network, bus, surroundings),
        Inviting(named, sync, network, surroundings),
    )


@asynccontextmanager
async def running(
    home: Path,
    *,
    workspaces: Any = None,
    page: Page | None = None,
    stop: Callable[[], None] | None = None,
) -> AsyncIterator[Running]:
    paths = Paths.of(home, {})
    keep_private(paths)
    chance = random.Random(7)
    credentials = ensure(paths, chance)
    clock = SetClock()
    bus = Bus()
    port, sockets = bind(0)
    stopping = asyncio.Event()
    surroundings = Surroundings(clock=clock, random=chance)
    providers = Providers(())

    async def nothing_new() -> None:
        pass

    async def nothing_wrong() -> Examination:
        return Examination(checked=1, problems=[])

    house = House(
        version="0.0",
        run="run1",
        home=str(home),
        url=f"http://127.0.0.1:{port}",
        port=port,
        proof_secret=credentials.proof_secret,
        page=page or Page(home / "dist"),
        description=openapi.rendered(TABLE, "0.0"),
        settings=Settings,
        reread=nothing_new,
        access=Access(credentials, paths.sessions, clock, chance, 30),
        metrics=Metrics(clock.elapsed),
        bus=bus,
        tasks=Tasks(bus, chance),
        workspaces=workspaces or NoWorkspaces(Preferences(home / "device.json", DiskFiles())),
        providers=providers,
        runner=Runner(providers, list, surroundings),
        others=nobody_else(home, surroundings, bus),
        random=chance,
        lists=paths.lists,
        offline=Offline(True),
        attention=list,
        examine=nothing_wrong,
        stop=stop or stopping.set,
        stopping=stopping,
    )
    server = Server(house, TABLE)
    async with serving(server, sockets):
        yield Running(house, paths, credentials, clock, server)
        stopping.set()
        bus.publish("stopping", "*", "")
