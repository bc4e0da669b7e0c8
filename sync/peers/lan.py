"""Connections over a network: TLS 1.3 between devices that know each other's keys, and length-checked frames.

Who is no device of a workspace of this one gets as far as the handshake and no byte further.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress

from identity.certificate import client_context, device_of, server_context
from identity.errors import Impostor
from identity.keys import DeviceKey
from library.errors import Invalid
from sync.errors import ConnectionLost, Malformed, Stranger, Unreachable
from sync.peers.addresses import split
from sync.peers.base import MAX_FRAME
from sync.peers.listening import Reader, connect, listen
from sync.peers.sockets import hold_little, rate

HANDSHAKE_SECONDS = 10.0
DIAL_SECONDS = 10.0
CLOSE_SECONDS = 1.0  # for the other side to agree that it is over
HANDSHAKES = 32  # under way at once, from everywhere
HANDSHAKES_OF_ONE = 8  # under way at once from one address
# What waits in buffers goes before whatever is urgent, and on a slow line takes long. Three are in a row: that of TLS,
# that of the socket here, and what the system holds and has not sent. Of a message that is longer they hold the rest.
BUFFER = 16 * 1024
log = logging.getLogger("gesso.lan")


class LanConnection:
    """A connection whose other side has proven its key."""

    def __init__(self, reader: Reader, writer: asyncio.StreamWriter, device: bytes, address: str, dialed: bool) -> None:
        self._reader = reader
        self._writer = writer
        self.device = device
        self.address = address
        self.dialed = dialed
        self.own = _own(writer)
        writer.transport.set_write_buffer_limits(BUFFER)  # that of TLS

    @property
    def arrived(self) -> int:
        return self._reader.arrived

    @property
    def rate(self) -> float | None:
        return rate(self._writer)

    async def send(self, frame: bytes) -> None:
        if len(frame) > MAX_FRAME:
            raise ValueError(f"a frame of {len(frame)} bytes is too long")
        if self._writer.is_closing():  # twice closed, a transport for TLS has no way left to say so
            raise ConnectionLost("the connection was closed here")
        try:
            self._writer.write(len(frame).to_bytes(4, "big") + frame)
            await self._writer.drain()
        except (OSError, ssl.SSLError) as error:
            raise ConnectionLost(str(error) or type(error).__name__) from error

    async def receive(self) -> bytes:
        try:
            length = int.from_bytes(await self._reader.readexactly(4), "big")
            if length > MAX_FRAME:
                raise Malformed(f"a frame of {length} bytes")
            return await self._reader.readexactly(length)
        except (OSError, ssl.SSLError, asyncio.IncompleteReadError) as error:
            raise ConnectionLost(str(error) or type(error).__name__) from error

    async def close(self) -> None:
        self._writer.close()
        # In a task of its own: whoever stops waiting takes the end of the connection from nobody else.
        closing = asyncio.ensure_future(self._closed())
        await asyncio.wait({closing}, timeout=CLOSE_SECONDS)
        if not closing.done():
            self._writer.transport.abort()

    async def _closed(self) -> None:
        with suppress(OSError, ssl.SSLError):
            await self._writer.wait_closed()


def _keep_short(writer: asyncio.StreamWriter) -> None:
    """Before TLS begins, which has no way to what is below it."""
    writer.transport.set_write_buffer_limits(BUFFER)
    hold_little(writer)


def _own(writer: asyncio.StreamWriter) -> str:
    """This machine's address that a connection uses, where it is one of those that `interfaces.places` tells of."""
    own, *_ = writer.get_extra_info("sockname") or ("",)
    return "" if "%" in own or own.lower().startswith("fe80:") else str(own)


Met = Callable[[LanConnection], Awaitable[object]]


class Lan:
    """This device on the network. `devices` gives the public keys of those that may connect, at any moment."""

    def __init__(
        self,
        key: DeviceKey,
        devices: Callable[[], Collection[bytes]],
        refused: Callable[[str], bool] = lambda own: False,
    ) -> None:
        """`refused`: whether nobody may come in at one of this machine's own addresses."""
        self._is_refused = refused
        self._key = key
        self._devices = devices
        self._server: asyncio.Server | None = None
        self._contexts: dict[bool, tuple[frozenset[bytes], ssl.SSLContext]] = {}
        self._shaking: dict[asyncio.Timeout, str] = {}  # handshakes under way and from where, the oldest first
        self.port = 0
        self.refused = 0  # connections that did not come further than the handshake

    async def listen(self, hosts: list[str] | None, port: int, met: Met) -> None:
        """Take connections until `stop`; `met` has each as long as it runs. OSError where the port cannot be had."""

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                connection = await self._answer(reader, writer)
                if connection is not None:
                    await met(connection)
            finally:
                writer.close()

        self._server, self.port = await listen(answer, hosts, port, MAX_FRAME)

    async def stop(self) -> None:
        """Take no more connections; those that stand are their holders' to close."""
        if self._server is not None:
            self._server.close()
            self._server = None
            self.port = 0

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> LanConnection | None:
        host, *_ = writer.get_extra_info("peername") or ("",)
        own, *_ = writer.get_extra_info("sockname") or ("",)
        if self._is_refused(own):
            self.refused += 1
            return None
        self._make_room(host)
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS) as turn:
                self._shaking[turn] = host
                try:
                    _keep_short(writer)
                    await writer.start_tls(self._context(server=True), ssl_handshake_timeout=HANDSHAKE_SECONDS)
                finally:
                    self._shaking.pop(turn, None)
            assert isinstance(reader, Reader)
            return LanConnection(reader, writer, self._proven(writer), host, False)
        except (OSError, ssl.SSLError, Stranger, ConnectionLost, EOFError) as error:
            self.refused += 1
            log.debug("a connection from %s was refused: %s", host, error or type(error).__name__)
            return None

    def _make_room(self, host: str) -> None:
        """Whoever takes long with the handshake makes way for whoever comes: nobody can take all places for long."""
        of_one = [turn for turn, place in self._shaking.items() if place == host]
        for turn in of_one[: max(0, len(of_one) - HANDSHAKES_OF_ONE + 1)] or self._oldest():
            del self._shaking[turn]
            turn.reschedule(0)

    def _oldest(self) -> list[asyncio.Timeout]:
        return list(self._shaking)[: max(0, len(self._shaking) - HANDSHAKES + 1)]

    async def dial(self, address: str) -> LanConnection:
        """Connect to a device. Unreachable: nobody answers. Stranger: it is no device that we know, or knows not us.
        ConnectionLost: it ended at once.
        """
        try:
            host, port = split(address)
            async with asyncio.timeout(DIAL_SECONDS):
                context = self._context(server=False)
                reader, writer = await connect(host, port, MAX_FRAME)
                try:
                    _keep_short(writer)
                    await writer.start_tls(context, server_hostname="")
                except BaseException:
                    writer.transport.abort()
                    raise
        except ssl.SSLError as error:
            raise Stranger(f"{address} is no device of a workspace here") from error
        except (OSError, TimeoutError, ValueError, Invalid) as error:  # the last two: what can be no address
            raise Unreachable(f"{address} does not answer: {str(error) or type(error).__name__}") from error
        try:
            return LanConnection(reader, writer, self._proven(writer), address, True)
        except (Stranger, ConnectionLost):
            writer.close()
            raise

    def _proven(self, writer: asyncio.StreamWriter) -> bytes:
        """The key of the device at the other end. Stranger: of none; ConnectionLost: it ended before it was proven."""
        found = writer.get_extra_info("ssl_object")
        try:
            certificate = found.getpeercert(binary_form=True) if found is not None else None
        except ValueError as error:  # asyncio gives out what was aborted in its handshake as a connection
            raise ConnectionLost("it ended within the handshake") from error
        if certificate is None:
            raise Stranger("the other side showed no certificate")
        try:
            device = device_of(certificate)
        except Impostor as error:
            raise Stranger(str(error)) from error
        if device not in self._devices() or device == self._key.public:
            raise Stranger("the other side is no device of a workspace here any more")
        return device

    def _context(self, *, server: bool) -> ssl.SSLContext:
        """Made anew whenever there are other devices than before."""
        devices = frozenset(self._devices()) - {self._key.public}
        known = self._contexts.get(server)
        if known is None or known[0] != devices:
            made = server_context(self._key, devices) if server else client_context(self._key, devices)
            known = self._contexts[server] = devices, made
        return known[1]
