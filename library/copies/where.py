"""Where the original of a picture lies, and waiting for one that is on its way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from documents.kinds import Kind
from library.copies.copies import Copies
from library.copies.keeping import copies_needed, keeps, pinned
from library.copies.models import Incoming, OnlyThere, Whereabouts
from library.copies.named import ORIGINAL
from library.copies.wanting import incoming
from library.editing.actions import read_id
from library.editing.assets import list_copies, look
from library.errors import NotFound
from library.views.search import asset_by_id
from library.workspace import Workspace
from store.database import Connection

FEW = 8  # pictures that are named


class Where:
    """Finds the originals of one workspace. `reachable` says whether another device can be asked at this moment."""

    def __init__(self, workspace: Workspace, copies: Copies, device_name: Callable[[bytes], str]) -> None:
        self._workspace = workspace
        self._copies = copies
        self._device_name = device_name
        self.reachable: Callable[[], bool] = lambda: False

    async def show(self, asset: str) -> Whereabouts:
        """Where a picture's original is, and whether this device keeps it."""
        id = read_id(asset, Kind.IMAGE)
        return await self._workspace.database.read(lambda connection: self._show(connection, id))

    def _show(self, connection: Connection, id: bytes) -> Whereabouts:
        found = asset_by_id(connection, id)
        if found is None:
            raise NotFound(f"There is no picture {id.hex()} here.", code="no_image", id=id.hex())
        (found,) = look(self._workspace, connection, [found])
        sha256, now = bytes.fromhex(found.sha256), self._workspace.surroundings.clock.now()
        return Whereabouts(
            asset=found.id,
            sha256=found.sha256,
            bytes=found.bytes,
            sync=found.sync or found.state,
            copies=list_copies(connection, sha256, self._workspace.blobs.has, self._device_name),
            pinned=pinned(connection, id),
            wanted=bool(keeps(connection, [id], now)),
            needed=copies_needed(connection, self._workspace.id),
        )

    async def incoming(self) -> Incoming:
        """How far what this device wants has come."""
        now = self._workspace.surroundings.clock.now()
        return await self._workspace.database.read(lambda connection: Incoming(**incoming(connection, now)._asdict()))

    async def only_there(self, *devices: bytes) -> OnlyThere:
        """What would be lost with these devices, of one person say: no other said that it has it."""
        return await self._workspace.database.read(lambda connection: only_of(connection, devices))

    async def comes(self, hash: bytes, seconds: float) -> bool:
        """Ask for a blob before all else, and wait for it where somebody can send it; whether it is here."""
        with self._workspace.bus.bell() as news:
            await self._copies.want_now(hash)
            if not self.reachable():
                return self._copies.is_here(hash)
            over = asyncio.ensure_future(self._workspace.surroundings.clock.sleep(seconds))
            try:
                while not self._copies.is_here(hash) and not over.done():
                    news.clear()
                    told = asyncio.ensure_future(news.wait())
                    await asyncio.wait({told, over}, return_when=asyncio.FIRST_COMPLETED)
                    told.cancel()
            finally:
                over.cancel()
        return self._copies.is_here(hash)


def only_of(connection: Connection, devices: Collection[bytes]) -> OnlyThere:
    """Originals that are not here, and of which none but these devices said that it has them."""
    marks = ", ".join("?" * len(devices))
    numbers = [
        str(number)
        for (number,) in connection.execute(f"SELECT number FROM holder WHERE device IN ({marks})", tuple(devices))
    ]
    if not numbers:
        return OnlyThere(originals=0, bytes=0, pictures=[])
    these = ", ".join(numbers)
    found = connection.execute(
        f"SELECT hash, size FROM lacking AS l WHERE rank >= {ORIGINAL}"
        " AND EXISTS(SELECT 1 FROM version WHERE hash = l.hash)"
        f" AND EXISTS(SELECT 1 FROM copy WHERE hash = substr(l.hash, 1, 8) AND holder IN ({these}))"
        f" AND NOT EXISTS(SELECT 1 FROM copy WHERE hash = substr(l.hash, 1, 8) AND holder NOT IN ({these}))"
        " ORDER BY number"
    ).fetchall()
    names: dict[str, None] = {}
    for hash, _ in found:
        if len(names) >= FEW:
            break
        for (name,) in connection.execute(
            "SELECT a.name FROM version AS v JOIN asset AS a ON a.row = v.row WHERE v.hash=?", (hash,)
        ):
            names[name] = None
    return OnlyThere(originals=len(found), bytes=sum(size for _, size in found), pictures=list(names)[:FEW])
