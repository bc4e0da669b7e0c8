"""Devices on the same network, found by what they announce: that a Gesso is there, and at which port. A hint only.

What is announced is a random id, the port and the version of the protocol: no name, no workspace, no key.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from zeroconf import Error as ZeroconfError
from zeroconf import NonUniqueNameException, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from sync.messages import VERSION
from sync.peers.addresses import joined

DATA, PAIRING = "_gesso._tcp.local.", "_gesso-pair._tcp.local."
ASK_MS = 3000
MOST, MOST_ADDRESSES = 64, 8  # announcements of a kind that are listened to, and addresses of each
log = logging.getLogger("gesso.discovery")


class Discovery:
    """One network presence. An async context manager: within it others are looked for."""

    def __init__(self, id: str, addresses: Sequence[str], changed: Callable[[], None]) -> None:
        """`id`: random digits of this run. `addresses`: this machine's, on which it looks and is found."""
        self._id = id
        self._own = list(addresses)
        self._changed = changed
        self._found: dict[str, dict[str, list[str]]] = {DATA: {}, PAIRING: {}}
        self._asking: set[asyncio.Task[None]] = set()
        self._zeroconf: AsyncZeroconf
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Discovery:
        """OSError where this machine has no network to look at."""
        self._zeroconf = AsyncZeroconf(interfaces=self._own)
        self._stack.push_async_callback(self._zeroconf.async_close)
        browser = AsyncServiceBrowser(self._zeroconf.zeroconf, [DATA, PAIRING], handlers=[self._heard])
        self._stack.push_async_callback(browser.async_cancel)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._asking:
            task.cancel()
        await self._stack.aclose()

    def nearby(self, kind: str = DATA) -> list[str]:
        """Addresses at which a Gesso said that it is."""
        return [address for addresses in self._found[kind].values() for address in addresses]

    @asynccontextmanager
    async def announced(self, port: int, kind: str = DATA) -> AsyncIterator[None]:
        """Say within the block that this device is there."""
        info = AsyncServiceInfo(
            kind,
            f"{self._id}.{kind}",
            addresses=[socket.inet_pton(_family(each), each) for each in self._own],
            port=port,
            properties={"v": str(VERSION)},
            server=f"gesso-{self._id}.local.",
        )
        try:
            await self._zeroconf.async_register_service(info)
        except (ZeroconfError, NonUniqueNameException, OSError) as error:
            log.warning("this device could not be announced: %s", error or type(error).__name__)
            yield
            return
        try:
            yield
        finally:
            try:
                await self._zeroconf.async_unregister_service(info)
            except (
                ZeroconfError,
                OSError,
                RuntimeError,
            ) as error:  # the network went first: others see that by themselves
                log.info("the announcement could not be taken back: %s", error or type(error).__name__)

    def _heard(self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if name.startswith(f"{self._id}.") or service_type not in self._found:
            return
        if state_change is ServiceStateChange.Removed:
            self._found[service_type].pop(name, None)
            self._changed()
            return
        found = self._found[service_type]
        if len(self._asking) >= MOST or (len(found) >= MOST and name not in found):
            return
        task = asyncio.get_running_loop().create_task(self._ask(zeroconf, service_type, name))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _ask(self, zeroconf: Zeroconf, kind: str, name: str) -> None:
        info = AsyncServiceInfo(kind, name)
        if await info.async_request(zeroconf, ASK_MS) and info.port:
            self._found[kind][name] = [joined(each, info.port) for each in info.parsed_addresses()[:MOST_ADDRESSES]]
            self._changed()


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
