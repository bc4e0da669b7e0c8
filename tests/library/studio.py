"""Several devices of one workspace, and the segments between them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from identity.keys import DeviceKey, verify
from library.catalog import Library
from library.events import Bus
from library.replica.receiving import Received, receive
from library.surroundings import Surroundings
from library.workspace import Workspace
from store.database import InlineExecutor
from store.files import DiskFiles, Files
from tests.library.house import HandClock, first_operation, look, picture
from tests.library.members import let_in


class Studio:
    """alice, who made the workspace, and the devices she lets in."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self.folder = folder
        self.stack = stack
        self.members: dict[str, Library] = {}
        self.in_thread: Callable[..., Awaitable[Any]] = asyncio.to_thread

    async def device(self, name: str, seed: int) -> Library:
        library = await self.opened(name, seed)
        if not self.members:
            await library.workspace.found(lambda nonce: first_operation(library.workspace.key), "Studio")
        else:
            await library.workspace.join(self.members["alice"].workspace.id)
        self.members[name] = library
        return library

    async def opened(self, name: str, seed: int, files: Files | None = None) -> Library:
        """A device's library as it lies in its folder."""
        key = DeviceKey.generate(random.Random(seed + 1000))
        around = Surroundings(
            clock=HandClock(),
            random=random.Random(seed),
            files=files or DiskFiles(),
            open_executor=InlineExecutor.open,
            in_thread=self.in_thread,
        )
        workspace = await self.stack.enter_async_context(Workspace(self.folder / name, key, around, Bus()))
        return Library(workspace, look, verify, lambda device: device.hex()[:8])

    async def pair(self, role: str = "editor", seed: int = 1) -> tuple[Library, Library]:
        """alice, and bob in this role."""
        alice, bob = await self.device("alice", seed), await self.device("bob", seed + 1)
        await self.admit("bob", role)
        return alice, bob

    async def trio(self) -> tuple[Library, Library, Library]:
        """alice, and bob and carol, whom she has yet to let in."""
        return await self.device("alice", 0), await self.device("bob", 1), await self.device("carol", 2)

    async def share(self, bob: str, carol: str) -> str:
        """Let these two in with their roles, and send them the picture that alice imports now."""
        await self.admit("bob", bob)
        await self.admit("carol", carol)
        path = self.folder / "a.png"
        path.write_bytes(picture((1, 2, 3)))
        (asset,) = (await self.members["alice"].ingest.import_paths([path])).assets
        for name in ("bob", "carol"):
            await send(self.members["alice"], self.members[name])
        return asset

    async def admit(self, name: str, role: str) -> None:
        await let_in(self.members["alice"].workspace, name, self.members[name].workspace.device, role)


async def segments(library: Library) -> list[bytes]:
    return await library.workspace.database.read(
        lambda connection: [raw for (raw,) in connection.execute("SELECT raw FROM segment ORDER BY id")]
    )


async def send(source: Library, target: Library) -> Received:
    return await receive(target.workspace, await segments(source), verify)


async def digests(*libraries: Library) -> set[str]:
    return {(await library.care.digest()).digest for library in libraries}
