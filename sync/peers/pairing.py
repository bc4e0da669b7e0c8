"""Two devices meet for the first time: one shows a code, on the other it is typed, both see the same fingerprint.

A port of its own, open for two minutes and three tries. Nothing but random-looking bytes goes over it before both sides
have proven that they had the same code; everything after is sealed (identity/pairing.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar

import msgspec

from identity.errors import PairingFailed
from identity.pairing import CODE_DIGITS, VERSION, Pairing
from library.errors import LibraryError
from library.surroundings import Surroundings
from sync.errors import SyncError, Unreachable
from sync.messages import Hash, Name
from sync.peers.addresses import split
from sync.peers.listening import listen

CODE_SECONDS = 120.0
TRIES = 3
STEP_SECONDS = 20.0  # that the other side may take for a message
DIAL_SECONDS = 10.0
MOST = 64 * 1024  # bytes of one message
MOST_ADMISSION = 64 << 20  # bytes of the membership log, from who has proven the code
AT_ONCE = 4  # strangers who are waited for at a time
T = TypeVar("T")
log = logging.getLogger("gesso.pairing")


class CodeWrong(SyncError):
    """The other side does not have the same code, or has ended the meeting."""


class Greeting(msgspec.Struct, frozen=True, array_like=True):
    """The first message of each side. `invitation`: the id of the one that its device comes with, instead of a code."""

    version: int
    device: bytes
    message: bytes
    invitation: bytes = b""


class Offer(msgspec.Struct, frozen=True, array_like=True):
    """What the device that shows the code offers: a place in a workspace."""

    workspace: Hash
    name: Name
    device_name: Name


class Acceptance(msgspec.Struct, frozen=True, array_like=True):
    """What the device that typed the code is called."""

    device_name: Name


class Admission(msgspec.Struct, frozen=True, array_like=True):
    """The membership log of the workspace, the new device's admission in it; the port at which the rest can be had (0:
    none), and where else than here that may be.
    """

    operations: list[bytes]
    port: int
    addresses: list[str]


class Met(msgspec.Struct, frozen=True):
    """How a meeting ended well: the other device, and what both people may compare."""

    device: bytes
    device_name: str
    fingerprint: str


Admit = Callable[[bytes, str], Awaitable[Admission]]  # key and name of a device
State = Literal["open", "done", "locked", "expired", "closed"]


class Showing:
    """A code on this device's screen. `run` ends when somebody came, nobody came in time, or too many guessed."""

    def __init__(self, key: bytes, offer: Offer, admit: Admit, surroundings: Surroundings) -> None:
        self._key = key
        self._offer = offer
        self._admit = admit
        self._around = surroundings
        self.code = f"{surroundings.random.randrange(10**CODE_DIGITS):0{CODE_DIGITS}d}"
        self.expires_at = surroundings.clock.now() + int(CODE_SECONDS * 1000)
        self.tries_left = TRIES
        self.state: State = "open"
        self.met: Met | None = None
        self.port = 0
        self.changed: Callable[[], None] = lambda: None
        self._over = asyncio.Event()
        self._silent: list[asyncio.Timeout] = []  # strangers who have said nothing yet, the first one first
        self._guessing = 0  # meetings that took a try and have not ended
        self._alone = asyncio.Lock()
        self._server: asyncio.Server | None = None

    async def open(self, hosts: list[str] | None, port: int = 0) -> None:
        """Open the port; OSError where it cannot be had."""
        self._server, self.port = await listen(self._answer, hosts, port, MOST)

    async def run(self) -> None:
        assert self._server is not None
        waiting = asyncio.ensure_future(self._over.wait())
        resting = asyncio.ensure_future(self._around.clock.sleep(CODE_SECONDS))
        try:
            await asyncio.wait((waiting, resting), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            resting.cancel()
            self._server.close()
            if self.state == "open":
                self._end("expired" if resting.done() else "closed")

    def close(self) -> None:
        """Show the code no longer."""
        if self.state == "open":
            self._end("closed")

    def _end(self, state: State) -> None:
        self.state = state
        self._over.set()
        self.changed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = Wire(reader, writer)
        try:
            if self.state == "open":
                await self._meet(wire, await self._greeted(wire))
        except (SyncError, OSError) as error:
            log.info("a meeting ended: %s", error or type(error).__name__)
        except LibraryError as error:
            log.warning("a device that had the code was not let in: %s", error)
        finally:
            writer.close()

    async def _greeted(self, wire: Wire) -> Greeting:
        """Whoever says nothing makes way for whoever comes: nobody can take all places."""
        while len(self._silent) >= AT_ONCE:
            self._silent.pop(0).reschedule(0)
        async with asyncio.timeout(None) as turn:
            self._silent.append(turn)
            try:
                return await wire.take(Greeting)
            finally:
                if turn in self._silent:
                    self._silent.remove(turn)

    async def _meet(self, wire: Wire, greeting: Greeting) -> None:
        pairing = Pairing("shows", self.code.encode(), self._key, self._around.random.randbytes)
        try:
            pairing.meet(greeting.device, greeting.message)
        except PairingFailed as error:
            raise CodeWrong(str(error)) from error
        # Counted before it can be known whether the guess was right: whoever breaks off then has guessed, too.
        if self.tries_left == 0 or self.state != "open":
            raise CodeWrong("there were too many tries")
        self.tries_left -= 1
        self._guessing += 1
        try:
            await wire.put(Greeting(VERSION, self._key, pairing.message))
            try:
                pairing.check(await wire.take(bytes))
            except PairingFailed as error:
                raise CodeWrong("the codes are not the same") from error
            async with self._alone:
                if self.state != "open":
                    raise CodeWrong("somebody else came first")
                await wire.put(pairing.confirmation())
                self.met = await let_in(wire, pairing, greeting.device, self._offer, self._admit)
                self._end("done")
        finally:
            self._guessing -= 1
            self._count_out()

    def _count_out(self) -> None:
        """After a meeting that took a try, however it ended."""
        if self.state != "open":
            return
        if self.tries_left == 0 and self._guessing == 0:
            self._end("locked")
        else:
            self.changed()


async def let_in(wire: Wire, pairing: Pairing, device: bytes, offer: Offer, admit: Admit) -> Met:
    """What follows once both sides have proven themselves, on the side that lets the other in."""
    await wire.put(pairing.seal(msgspec.msgpack.encode(offer)))
    acceptance = sealed(pairing, await wire.take(bytes), Acceptance)
    admission = await admit(device, acceptance.device_name)
    await wire.put(pairing.seal(msgspec.msgpack.encode(admission)))
    sealed(pairing, await wire.take(bytes), list)  # it has taken up the workspace
    return Met(device, acceptance.device_name, pairing.fingerprint())


class Wire:
    """Messages of a meeting over a plain connection: each with its length before it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def put(self, message: object) -> None:
        data = msgspec.msgpack.encode(message)
        try:
            async with asyncio.timeout(STEP_SECONDS):
                self._writer.write(len(data).to_bytes(4, "big") + data)
                await self._writer.drain()
        except OSError as error:
            raise CodeWrong("the other device has ended the meeting") from error

    async def take(self, kind: type[T], most: int = MOST) -> T:
        try:
            async with asyncio.timeout(STEP_SECONDS):
                length = int.from_bytes(await self._reader.readexactly(4), "big")
                if length > most:
                    raise CodeWrong("a message is too long")
                data = await self._reader.readexactly(length)
            return msgspec.msgpack.decode(data, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise CodeWrong("a message cannot be read") from error
        except (asyncio.IncompleteReadError, OSError) as error:
            raise CodeWrong("the other device has ended the meeting") from error

    def close(self) -> None:
        self._writer.close()


class Typed:
    """The side on which a code was typed, or an invitation put in. `meet`, then `accept` or `close`."""

    def __init__(
        self, key: bytes, name: str, secret: bytes, surroundings: Surroundings, invitation: bytes = b""
    ) -> None:
        self._key = key
        self._name = name
        self._invitation = invitation
        self._pairing = Pairing("types", secret, key, surroundings.random.randbytes)
        self._wire: Wire
        self.device = b""

    async def meet(self, address: str) -> Offer:
        """Prove the code to whoever shows it, and let it prove it. Unreachable, or CodeWrong."""
        host, port = split(address)
        try:
            async with asyncio.timeout(DIAL_SECONDS):
                reader, writer = await asyncio.open_connection(host, port, limit=MOST)
        except (OSError, TimeoutError, ValueError) as error:  # the last: what can be no host's name
            raise Unreachable(f"{address} does not answer: {str(error) or type(error).__name__}") from error
        self._wire = Wire(reader, writer)
        try:
            await self._wire.put(Greeting(VERSION, self._key, self._pairing.message, self._invitation))
            greeting = await self._wire.take(Greeting)
            self._pairing.meet(greeting.device, greeting.message)
            await self._wire.put(self._pairing.confirmation())
            self._pairing.check(await self._wire.take(bytes))
            self.device = greeting.device
            return sealed(self._pairing, await self._wire.take(bytes), Offer)
        except PairingFailed as error:
            self.close()
            raise CodeWrong(str(error)) from error
        except BaseException:
            self.close()
            raise

    async def accept(self) -> Admission:
        """Take the place that is offered."""
        await self._wire.put(self._pairing.seal(msgspec.msgpack.encode(Acceptance(self._name))))
        return sealed(self._pairing, await self._wire.take(bytes, MOST_ADMISSION), Admission)

    async def taken_up(self) -> None:
        """Say that the workspace is here now."""
        await self._wire.put(self._pairing.seal(msgspec.msgpack.encode([])))

    @property
    def fingerprint(self) -> str:
        return self._pairing.fingerprint()

    def close(self) -> None:
        self._wire.close()


def sealed(pairing: Pairing, message: bytes, kind: type[T]) -> T:
    """What a sealed message says. CodeWrong when it was changed on its way."""
    try:
        return msgspec.msgpack.decode(pairing.open(message), type=kind)
    except (PairingFailed, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CodeWrong("a message was changed on its way") from error
