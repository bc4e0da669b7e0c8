"""Letting people in who were invited: the door is open while any invitation of this device is."""

from __future__ import annotations

import asyncio
import logging

from daemon.meeting import admission
from library.catalog import Library
from library.errors import LibraryError
from library.surroundings import Surroundings
from library.workspaces import Workspaces
from sync.engine import Sync
from sync.network import Network
from sync.peers.door import Door, Guest
from sync.peers.pairing import Admission, Offer
from sync.waiting import either

LOOK_SECONDS = 5.0
AHEAD_SECONDS = 60.0  # that the door is open before the invitation is there that names it
log = logging.getLogger("gesso.inviting")


class Inviting:
    """`run` opens and closes the door until it is cancelled."""

    def __init__(self, workspaces: Workspaces, sync: Sync, network: Network, surroundings: Surroundings) -> None:
        self._workspaces = workspaces
        self._sync = sync
        self._network = network
        self._clock = surroundings.clock
        self._door = Door(workspaces.key.public, self._guest, surroundings)
        self._bell = asyncio.Event()
        self._open = asyncio.Lock()
        self._ahead = 0.0  # until when it is open in any case

    async def run(self) -> None:
        try:
            while True:
                self._bell.clear()
                if await self._is_needed():
                    await self._be_open()
                else:
                    self._door.close()
                await self._rest()
        finally:
            self._door.close()

    async def _rest(self) -> None:
        await either(self._bell, self._clock.sleep(LOOK_SECONDS))

    def look(self) -> None:
        """An invitation was made or withdrawn, or the switch turned."""
        self._bell.set()

    async def addresses(self) -> list[str]:
        """Where the invited come in, to stand in an invitation; the door is open from now on. None while offline."""
        if self._sync.offline.on:
            return []
        self._ahead = self._clock.elapsed() + AHEAD_SECONDS
        await self._be_open()
        return self._network.addresses(self._door.port) if self._door.port else []

    async def _is_needed(self) -> bool:
        if self._sync.offline.on:
            return False
        if self._clock.elapsed() < self._ahead:
            return True
        for library in self._workspaces.libraries():
            if any(each.state == "open" for each in await library.invitations.list()):
                return True
        return False

    async def _be_open(self) -> None:
        async with self._open:
            if self._door.port:
                return
            try:
                await self._door.open(self._network.hosts, self._network.door_port)
            except OSError as error:
                log.warning("no port could be opened for the invited: %s", error)

    async def _guest(self, id: bytes) -> Guest | None:
        """Who comes with an invitation; None for one that is not open here, whatever the reason."""
        for library in self._workspaces.libraries():
            try:
                secret = await library.invitations.password(id)
            except LibraryError as error:
                log.debug("%s: %s", id.hex()[:8], error.code)
                continue
            offer = Offer(library.workspace.id, library.name(), self._workspaces.device_name)
            return Guest(secret, offer, lambda device, name: self._admit(library, id, device, name))  # noqa: B023
        return None

    async def _admit(self, library: Library, id: bytes, device: bytes, name: str) -> Admission:
        await library.invitations.accept(id, device, name)
        return await admission(library, self._sync, self._network)
