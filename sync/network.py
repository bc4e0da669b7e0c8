"""This device's presence on its networks: the port for other devices, and what it announces. Only while it has others.

A device that has no other one listens at nothing but this machine's own address, and announces nothing.
"""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Literal, NamedTuple

from library.surroundings import Surroundings
from sync.engine import Sync
from sync.peers.addresses import joined
from sync.peers.discovery import DATA, PAIRING, Discovery
from sync.peers.interfaces import places, usable
from sync.peers.lan import Lan
from sync.peers.listening import NEXT_PORTS, near
from sync.waiting import either

LOOK_SECONDS = 5.0
TAKEN = (errno.EADDRINUSE, errno.EACCES)
log = logging.getLogger("gesso.network")


class Wishes(NamedTuple):
    """What a person may choose: the port (0: any free one), the addresses to listen at (none: all but those of a VPN),
    whether a VPN may be used, whether to look for others and be found.
    """

    port: int
    listen: tuple[str, ...]
    vpn: bool
    discover: bool


Looking = Literal["off", "looking", "no network", "not needed"]


class Network:
    """`run` opens and closes the port and the announcement as they are needed, until it is cancelled."""

    def __init__(self, sync: Sync, lan: Lan, wishes: Callable[[], Wishes], surroundings: Surroundings) -> None:
        self._sync = sync
        self._lan = lan
        self._wishes = wishes
        self._around = surroundings
        self._id = surroundings.random.randbytes(8).hex()
        self._bell = asyncio.Event()
        self._discovery: Discovery | None = None
        self._showing = 0  # codes on the screen, each with a port of its own
        self._last = 0  # the port that others remember where any will do
        self.problem = ""  # why there is no port

    # What is asked of it

    def addresses(self, port: int) -> list[str]:
        """Where others may reach a port of this device."""
        wishes = self._wishes()
        return [joined(each, port) for each in (wishes.listen or usable(wishes.vpn))]

    @property
    def port(self) -> int:
        """The port for other devices; 0 while there is none."""
        return self._lan.port

    @property
    def door_port(self) -> int:
        """Where the invited come in, if it is free: beside the port for devices. 0 is any."""
        port = self._wishes().port
        return 0 if port == 0 else min(65535, port + NEXT_PORTS + 1)

    @property
    def hosts(self) -> list[str] | None:
        """What to listen at; None is everything."""
        return list(self._wishes().listen) or None

    def nearby(self) -> list[str]:
        """Addresses of devices that said that they are there."""
        return [] if self._discovery is None else self._discovery.nearby(DATA)

    def showing_codes(self) -> list[str]:
        """Addresses at which a device shows a code."""
        return [] if self._discovery is None else self._discovery.nearby(PAIRING)

    @property
    def looking(self) -> Looking:
        """How it looks for others."""
        if not self._wishes().discover or self._sync.offline.on:
            return "off"
        if self._discovery is not None:
            return "looking"
        return "no network" if self._is_needed() else "not needed"

    async def look_for_codes(self, seconds: float) -> list[str]:
        """Look for devices that show a code, for so long at most; where none are looked for, not at all."""
        if self.looking == "off":
            return []
        self._showing += 1
        self._bell.set()
        try:
            until = self._around.clock.elapsed() + seconds
            while not (found := self.showing_codes()) and self._around.clock.elapsed() < until:
                await self._around.clock.sleep(0.1)
            return found
        finally:
            self._showing -= 1
            self._bell.set()

    async def announce_code(self, port: int, over: asyncio.Event) -> None:
        """Say that a code is shown at a port, until it is over."""
        self._showing += 1
        self._bell.set()
        try:
            while self._discovery is None and self.looking != "off" and not over.is_set():
                await self._around.clock.sleep(0.1)
            if self._discovery is None:
                return
            async with self._discovery.announced(port, PAIRING):
                await over.wait()
        finally:
            self._showing -= 1
            self._bell.set()

    async def opened(self, seconds: float) -> int:
        """The port for other devices, as soon as it is open; 0 when it is not within so long."""
        self._bell.set()
        until = self._around.clock.elapsed() + seconds
        while not self._lan.port and not self.problem and self._around.clock.elapsed() < until:
            await self._around.clock.sleep(0.05)
        return self._lan.port

    def look(self) -> None:
        """Something changed: settings, members, the switch."""
        self._bell.set()

    # Running

    def _is_needed(self) -> bool:
        return not self._sync.offline.on and (self._showing > 0 or (self._sync.active and self._sync.expects))

    async def run(self) -> None:
        while True:
            if not self._is_needed():
                await self._rest()
                continue
            before = self._scene()  # to announce takes a while, in which it may change
            try:
                async with AsyncExitStack() as stack:
                    await self._open(stack)
                    await self._stay(before)
                    await self._sync.moved({each.address for each in places()})
            finally:
                self._discovery = None

    async def _rest(self) -> None:
        self._bell.clear()
        await either(self._bell, self._around.clock.sleep(LOOK_SECONDS / 5))

    async def _open(self, stack: AsyncExitStack) -> None:
        """The port first; without a network for multicast everything else goes on."""
        wishes = self._wishes()
        stack.push_async_callback(self._lan.stop)
        await self._listen(wishes)
        places = list(wishes.listen) or usable(wishes.vpn)
        if not wishes.discover or not places:
            return
        discovery = Discovery(self._id, places, self._sync.ring)
        try:
            await stack.enter_async_context(discovery)
        except OSError as error:
            log.warning("other devices cannot be looked for: %s", error)
            return
        self._discovery = discovery
        if self._lan.port and self._sync.expects:
            await stack.enter_async_context(discovery.announced(self._lan.port, DATA))

    async def _listen(self, wishes: Wishes) -> None:
        """At the port that was chosen, or the next free one: where others remember it, it should be the same."""
        self.problem = ""
        if not self._sync.expects or not self._sync.active:
            return
        for port in near(wishes.port) if wishes.port else dict.fromkeys((self._last, 0)):
            try:
                await self._lan.listen(self.hosts, port, self._sync.met)
                self._last = self._lan.port
                return
            except OSError as error:
                if error.errno not in TAKEN:
                    self.problem = str(error)
                    log.warning("other devices cannot connect here: %s", error)
                    return

    async def _stay(self, before: object) -> None:
        """Until it is not needed any more, or this machine stands otherwise in its networks."""
        while self._is_needed() and self._scene() == before:
            await self._rest()

    def _scene(self) -> object:
        wishes = self._wishes()
        return wishes, usable(wishes.vpn), self._sync.expects, self._sync.active
