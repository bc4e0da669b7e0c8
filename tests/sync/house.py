"""Devices with real libraries in one process, connected by wires that a test can cut."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from identity.keys import DeviceKey, verify
from library.catalog import Library
from library.events import Bus
from library.home.offline import Offline
from library.replica.receiving import receive
from library.surroundings import Surroundings
from library.workspace import Workspace
from sync.engine import Sync
from sync.errors import Stranger, Unreachable
from sync.peers.addresses import Addresses
from sync.peers.memory import MemoryConnection, pair
from tests.library.house import first_operation, look, picture
from tests.library.members import let_in

PATIENCE = 10.0


class Device:
    """One device: its library, what keeps it in step with others, and the address that it answers at."""

    def __init__(self, name: str, library: Library, ether: Ether, surroundings: Surroundings, folder: Path) -> None:
        self.name = name
        self.library = library
        self.key = library.workspace.device
        self.libraries = [library]
        self.offline = Offline()
        self.sync = Sync(
            self.key,
            lambda: name,
            lambda: self.libraries,
            Antenna(ether, self.key),
            Addresses(folder / "peers.json", surroundings.files),
            surroundings,
            library.workspace.bus,
            self.offline,
        )
        self.folder = folder
        ether.devices[name] = self
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._running = asyncio.create_task(self.sync.run())

    async def stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self._running = None

    async def bring_in(self, *colors: tuple[int, int, int], size: tuple[int, int] = (64, 48)) -> list[str]:
        """Import pictures of one colour each; their ids."""
        paths = []
        for color in colors:
            path = self.folder / ("-".join(map(str, color)) + ".png")
            path.write_bytes(picture(color, size))
            paths.append(path)
        return (await self.library.ingest.import_paths(paths)).assets

    async def digest(self) -> str:
        return (await self.library.care.digest()).digest

    def lacks(self) -> int:
        """How many blobs that the log names are not here."""
        return int(
            self.library.workspace.database.read_now(
                lambda connection: connection.execute("SELECT count(*) FROM blob WHERE here=0").fetchone()[0]
            )
        )


class Ether:
    """Carries connections between devices by their names; `cut` says which pairs cannot reach each other."""

    def __init__(self) -> None:
        self.devices: dict[str, Device] = {}
        self.connections: list[MemoryConnection] = []
        self.cut: set[frozenset[bytes]] = set()
        self._answering: set[asyncio.Task[object]] = set()

    def connect(self, dialing: bytes, name: str) -> MemoryConnection:
        device = self.devices.get(name)
        if device is None or frozenset((dialing, device.key)) in self.cut or device._running is None:
            raise Unreachable(f"{name} does not answer")
        if dialing not in device.sync.known() or device.key == dialing:
            raise Stranger(f"{name} does not know who dials")
        near, far = pair(dialing, device.key)
        self.connections += [near, far]
        task = asyncio.ensure_future(device.sync.met(far))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
        return near

    @property
    def carried(self) -> int:
        """Bytes over all wires so far."""
        return sum(each.sent for each in self.connections)

    async def sever(self) -> None:
        """All connections end at once."""
        for each in self.connections:
            await each.close()


class Antenna:
    """The transport of one device."""

    def __init__(self, ether: Ether, key: bytes) -> None:
        self._ether = ether
        self._key = key

    async def dial(self, address: str) -> MemoryConnection:
        return self._ether.connect(self._key, address.partition(":")[0])


class Studio:
    """alice, who began the workspace, and whoever she lets in."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self.folder = folder
        self.ether = Ether()
        self.stack = stack

    async def device(self, name: str, role: str | None = "editor") -> Device:
        """A device of this name; the first one begins the workspace, who has a role is let in by it."""
        chance = random.Random(name)
        folder = self.folder / name
        folder.mkdir()
        around = Surroundings(random=chance)
        workspace = Workspace(folder / "workspace", DeviceKey.generate(chance), around, Bus())
        await self.stack.enter_async_context(workspace)
        first = next(iter(self.ether.devices.values()), None)
        if first is None:
            await workspace.found(lambda nonce: first_operation(workspace.key), "Studio")
        else:
            await workspace.join(first.library.workspace.id)
            if role is not None:
                await let_in(first.library.workspace, name, workspace.device, role)
                await learn(first.library.workspace, workspace)
        library = Library(workspace, look, verify, lambda device: device.hex()[:8])
        return Device(name, library, self.ether, around, folder)

    async def second(self, first: Device, *others: Device) -> list[Library]:
        """Another workspace that devices share, which the first of them begins; in their order."""
        found, begun = list[Library](), first_operation(first.library.workspace.key, b"second workspace")
        for device in (first, *others):
            old = device.library.workspace
            workspace = Workspace(device.folder / "second", old.key, old.surroundings, old.bus)
            await self.stack.enter_async_context(workspace)
            if device is first:
                await workspace.found(lambda nonce: begun, "Second")
            else:
                await workspace.join(found[0].workspace.id)
                await let_in(found[0].workspace, device.name, workspace.device, "editor")
                await learn(found[0].workspace, workspace)
            found.append(Library(workspace, look, verify, lambda device: device.hex()[:8]))
            device.libraries.append(found[-1])
        return found

    def connect(self, one: Device, other: Device) -> None:
        """Both are switched on, and the second knows where the first is."""
        one.start()
        other.start()
        other.sync.add(f"{one.name}:1")

    async def trio(self) -> tuple[Device, Device, Device]:
        return await self.device("alice"), await self.device("bob"), await self.device("carol")


async def learn(source: Workspace, target: Workspace) -> None:
    """The membership log, as pairing brings it."""
    await receive(target, [], verify, [each.raw for each in source.members.operations.values()])


@asynccontextmanager
async def studio(folder: Path) -> AsyncIterator[Studio]:
    async with AsyncExitStack() as stack:
        made = Studio(folder, stack)
        try:
            yield made
        finally:
            for each in made.ether.devices.values():
                await each.stop()


async def until(look: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Until it is so."""
    async with asyncio.timeout(seconds):
        while not look():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def equal(*devices: Device, seconds: float = PATIENCE) -> None:
    """Until all hold the same and have all blobs that they know of."""
    async with asyncio.timeout(seconds):
        while True:
            digests = {await each.digest() for each in devices}
            if len(digests) == 1 and not any(each.lacks() for each in devices):
                return
            await asyncio.sleep(0.02)
