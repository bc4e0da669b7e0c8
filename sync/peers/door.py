"""The port at which people come in who were invited: open while an invitation of this device is.

They prove the secret of their invitation as a code is proven (sync/peers/pairing.py); it cannot be guessed, so nobody
counts tries. Whoever names no open invitation meets a secret that nobody has, and learns nothing from that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from identity.errors import PairingFailed
from identity.pairing import VERSION, Pairing
from library.errors import LibraryError
from library.surroundings import Surroundings
from sync.errors import SyncError
from sync.peers.listening import listen, near
from sync.peers.pairing import MOST, Admit, CodeWrong, Greeting, Offer, Wire, let_in

AT_ONCE = 8  # meetings
log = logging.getLogger("gesso.door")


class Guest(NamedTuple):
    """Somebody with an open invitation: the secret of it, what they are offered, and what lets their device in."""

    secret: bytes
    offer: Offer
    admit: Admit


Find = Callable[[bytes], Awaitable[Guest | None]]  # an invitation's id → who comes with it


class Door:
    """`find` is asked for every invitation that somebody names."""

    def __init__(self, key: bytes, find: Find, surroundings: Surroundings) -> None:
        self._key = key
        self._find = find
        self._around = surroundings
        self._meeting: list[asyncio.Task[None]] = []
        self._server: asyncio.Server | None = None
        self.port = 0

    async def open(self, hosts: list[str] | None, port: int) -> None:
        """At a port or the next free one: it stands in invitations. OSError where none can be had."""
        for each in near(port):
            try:
                self._server, self.port = await listen(self._answer, hosts, each, MOST)
            except OSError:
                if each == 0:
                    raise
                continue
            return

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server, self.port = None, 0

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Whoever comes when all places are taken takes that of who came first."""
        task = asyncio.ensure_future(self._meet(Wire(reader, writer)))
        self._meeting = [each for each in self._meeting if not each.done()]
        if len(self._meeting) >= AT_ONCE:
            self._meeting.pop(0).cancel()
        self._meeting.append(task)
        try:
            await asyncio.wait([task])
            if not task.cancelled() and (error := task.exception()) is not None:
                log.info("a meeting ended: %s", error or type(error).__name__)
                if not isinstance(error, SyncError | LibraryError | OSError):
                    raise error
        finally:
            task.cancel()
            writer.close()

    async def _meet(self, wire: Wire) -> None:
        greeting = await wire.take(Greeting)
        guest = await self._find(greeting.invitation)
        secret = self._around.random.randbytes(32) if guest is None else guest.secret
        pairing = Pairing("shows", secret, self._key, self._around.random.randbytes)
        try:
            pairing.meet(greeting.device, greeting.message)
            await wire.put(Greeting(VERSION, self._key, pairing.message))
            pairing.check(await wire.take(bytes))
        except PairingFailed as error:
            raise CodeWrong(str(error)) from error
        if guest is None:
            raise CodeWrong("there is no such invitation")
        await wire.put(pairing.confirmation())
        await let_in(wire, pairing, greeting.device, guest.offer, guest.admit)
