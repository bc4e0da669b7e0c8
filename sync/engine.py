"""All other devices of this one's workspaces: met, connected to, kept in step. `run` goes on until it is cancelled.

Who is a device of a workspace is the membership log's to say; where it is, only hints are: addresses that were good
before, that a person gave, or that were found on the network.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial

from library.care.differing import Heard, describe, worth_asking
from library.catalog import Library
from library.errors import LibraryError
from library.events import Bus
from library.home.offline import Offline
from library.surroundings import Surroundings
from store.errors import StoreError
from sync.allowance.allowance import Allowance
from sync.errors import ConnectionLost, Malformed, Stranger, SyncError, Unreachable
from sync.fetching import Claims
from sync.gate import Gate
from sync.peers.addresses import Addresses, joined, split
from sync.peers.base import Connection, Transport, Way
from sync.session import Session
from sync.standing import Standings
from sync.waiting import either

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 10.0  # seconds between two tries of one address: who can meet again soon does
STRANGER_PAUSE = 300.0  # until an address at which a stranger answered is tried again
TROUBLE_PAUSE = 15.0  # until it is tried again after this device could not keep what came
LOOK_SECONDS = 2.0
LEAVE_SECONDS = 5.0  # for who was removed to be told, before the connection ends
TRYING_SECONDS = 10.0  # after a person wanted the exchange, within which who can be reached is connected
log = logging.getLogger("gesso.sync")


class Sync:
    """The sessions with all devices that can be reached."""

    def __init__(
        self,
        key: bytes,
        name: Callable[[], str],
        libraries: Callable[[], Iterable[Library]],
        transport: Transport,
        addresses: Addresses,
        surroundings: Surroundings,
        bus: Bus,
        offline: Offline,
        nearby: Callable[[], Sequence[str]] = list,
        allowance: Allowance | None = None,
    ) -> None:
        """`key`: this device's public key. `nearby`: addresses found on the network. `allowance`: what may go; all of
        it where none is given.
        """
        self.key = key
        self.addresses = addresses
        self.allowance = allowance or Allowance(surroundings.clock, surroundings.wall)
        self.allowance.wanted = lambda: bool(self.devices())
        self.sessions: dict[bytes, Session] = {}
        self.ways: dict[str, Way] = {}
        self.standings = Standings(libraries, addresses, surroundings.clock)
        self.offline = offline
        offline.follow(lambda on: self.ring())
        self._name = name
        self._all = libraries
        self._transport = transport
        self._clock = surroundings.clock
        self._random = surroundings.random
        self._bus = bus
        self._nearby = nearby
        self._wanted = surroundings.clock.elapsed()  # when a person last said that it shall go on
        self._quiet: set[Session] = set()  # on which this device asks
        self._parting: set[bytes] = set()  # removed devices that are being told
        self._leaving: dict[Session, float] = {}  # until when those are told whose connection ends then
        self._said: dict[tuple[bytes, bytes], Heard] = {}
        self._claims: dict[bytes, Claims] = {}
        self._bell = asyncio.Event()
        self._group: asyncio.TaskGroup | None = None

    # Who may be met

    def devices(self) -> set[bytes]:
        """The public keys of all other devices of this one's workspaces, but those from which it was removed."""
        found: set[bytes] = set()
        for library in self.standings.taking_part():
            standing = library.workspace.members.rule.decision.standing
            found.update(device for device in standing.devices if standing.role_of(device) is not None)
        return found - {self.key}

    def wanted(self) -> set[bytes]:
        """Those and, when a person just wanted it, who may say that this device is a member again."""
        return self.devices() | self.standings.left() - {self.key} if self.trying else self.devices()

    def known(self) -> set[bytes]:
        """All that may connect: also those that were removed, to be told so."""
        return (self.devices() | self.standings.left() | self.standings.gone()) - {self.key}

    @property
    def expects(self) -> bool:
        """Whether anybody may come: a device, or one that was removed and does not know it yet."""
        return bool(self.devices()) or self.standings.untold()

    def shared_with(self, device: bytes) -> Mapping[bytes, Library]:
        """The open workspaces of which a device is a member, by id, as far as this one is a member itself."""
        return {
            library.workspace.id: library
            for library in self.standings.taking_part()
            if library.workspace.members.role_of(device) is not None
        }

    @property
    def active(self) -> bool:
        return not self.offline.on and not self.addresses.paused

    # Running

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as self._group:
                self._group.create_task(self._watch())
                self._group.create_task(self._dial())
                self._group.create_task(self._allow())
                self._group.create_task(self.allowance.run())
        finally:
            self._group = None

    def ring(self) -> None:
        """Something changed: an address, a member, the network. Everything is looked at again now."""
        for way in self.ways.values():
            way.not_before = 0.0 if way.problem != "stranger" else way.not_before
        self._bell.set()

    def _try_all(self) -> None:
        """Also where a stranger was."""
        for way in self.ways.values():
            way.not_before = 0.0
        self._bell.set()

    def hurry(self) -> None:
        """A person wants the exchange now: whoever is not connected is tried at once, wherever it may be."""
        self._wanted = self._clock.elapsed()
        self._try_all()

    @property
    def trying(self) -> bool:
        """Whether who is not connected may be in a moment: that is only just wanted."""
        return self.active and self._clock.elapsed() - self._wanted < TRYING_SECONDS

    def add(self, address: str) -> None:
        """An address that a person gives: it is tried at once."""
        self.addresses.add(address)
        self._try_all()

    def remove(self, address: str) -> bool:
        """Try an address no longer that a person gave; whether it was one."""
        found = self.addresses.remove(address)
        self.ways.pop(joined(*split(address)), None)  # one that is being tried comes to nothing more
        self._bell.set()
        return found

    async def pause(self, paused: bool) -> None:
        """Exchange with nobody, or go on."""
        self.addresses.pause(paused)
        self._wanted = self._clock.elapsed()
        await self._leave()
        self.ring()
        self._bus.publish("peer.changed", "*", self.key.hex())

    async def _leave(self) -> None:
        """End all connections if there must be none."""
        if not self.active:
            for session in list(self.sessions.values()):
                await session.connection.close()
        if self.offline.on:
            for session in list(self._quiet):
                await session.connection.close()

    def now(self) -> int:
        """Milliseconds since 1970, to show."""
        return self._clock.now()

    def session(self, device: bytes) -> Session | None:
        """The connection with a device that has said who it is."""
        found = self.sessions.get(device)
        return found if found is not None and found.greeted else None

    @asynccontextmanager
    async def asking(self, address: str) -> AsyncIterator[Session]:
        """A connection on which questions are asked and nothing is exchanged, also while that is paused; once the other
        side said who it is. Unreachable, Stranger or ConnectionLost where there is nobody to ask.
        """
        if self.offline.on:
            raise Unreachable("this device is offline")
        connection = await self._transport.dial(address)
        session = Session(
            connection,
            self._name(),
            lambda: self.shared_with(connection.device),
            lambda workspace: Claims(),
            self.allowance.limit,
            self._gate(connection),
            self._clock,
            self.standings,
            quiet=True,
        )
        greeted = asyncio.Event()
        session.changed = greeted.set
        running = asyncio.ensure_future(session.run())
        self._quiet.add(session)
        try:
            waiting = asyncio.ensure_future(greeted.wait())
            await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if not session.greeted:
                raise ConnectionLost("it ended the connection before it said anything")
            yield session
        finally:
            self._quiet.discard(session)
            running.cancel()
            await asyncio.wait({running})
            failed = None if running.cancelled() else running.exception()
            if failed is not None and not isinstance(failed, SyncError | TimeoutError):
                raise failed  # what is wrong here goes before what is wrong with the connection

    def places(self, devices: Collection[bytes]) -> list[str]:
        """Addresses at which one of these devices may be."""
        known = {address for device in devices for address in self.addresses.of(device).addresses}
        strange = {*self.addresses.added, *self._nearby()} - known
        return sorted(known) + sorted(
            each for each in strange if each not in self.ways or self.ways[each].device in (None, *devices)
        )

    async def caught_up(self, library: Library, device: bytes, seconds: float) -> None:
        """Until what a device held of a workspace when it was connected is here; ConnectionError when it takes long."""
        until = self._clock.elapsed() + seconds
        while self._clock.elapsed() < until:
            session = self.session(device)
            shared = None if session is None else session.shared.get(library.workspace.id)
            if shared is not None and shared.exchange.caught_up:
                return
            await self._clock.sleep(0.1)
        raise ConnectionError(f"{library.device_name(device)} could not be reached")

    async def heard(self, library: Library) -> list[Heard]:
        """What each other device of a workspace says of itself: now, where it is connected, else as it said last."""
        found = []
        for device in sorted(self.devices()):
            if library.workspace.members.role_of(device) is None:
                continue
            session = self.session(device)
            if session is not None and library.workspace.id in session.shared:
                with suppress(SyncError):
                    ours = await describe(library.workspace)
                    theirs = await session.describe(library.workspace.id)
                    if apart := worth_asking(ours, theirs):
                        theirs = await session.describe(library.workspace.id, apart)
                    self._said[library.workspace.id, device] = Heard(device, self.now(), theirs)
            unheard = Heard(device, self.addresses.of(device).last_seen, None)
            found.append(self._said.get((library.workspace.id, device), unheard))
        return found

    async def may_go(self, library: Library, device: bytes, hashes: list[bytes]) -> list[bool]:
        """Whether a device has these verified now and will keep them; ConnectionError when it cannot be asked."""
        session = self.session(device)
        if session is None:
            raise ConnectionError(f"{library.device_name(device)} is not connected")
        try:
            return await session.may_go(library.workspace.id, hashes)
        except SyncError as error:
            raise ConnectionError(str(error)) from error

    def _is_reachable(self, workspace: bytes) -> bool:
        """Whether anybody is connected from whom a blob may come."""
        return any(workspace in session.shared for session in self.sessions.values())

    async def met(self, connection: Connection) -> bool:
        """Work with a connection until it ends, whoever began it; whether the other side said who it is."""
        device = connection.device
        if not self.active or device not in self.wanted() or not self._gate(connection).may_stand:
            await self._part(connection)
            return False
        before = self.sessions.get(device)
        if before is not None:
            if not self._is_better(connection, before.connection):
                before.doubt()  # nobody dials who is connected: unless the two crossed, that one is over there
                await connection.close()
                return False
            await before.connection.close()
        session = Session(
            connection,
            self._name(),
            lambda: self.shared_with(device),
            lambda workspace: self._claims.setdefault(workspace, Claims()),
            self.allowance.limit,
            self._gate(connection),
            self._clock,
            self.standings,
        )
        self.sessions[device] = session
        session.changed = lambda: self._tell(session)
        try:
            await session.run()
        except (SyncError, TimeoutError) as error:
            log.info("the connection with %s ended: %s", device.hex()[:8], error or type(error).__name__)
            if isinstance(error, Malformed):
                log.warning("%s said what is no message: %s", device.hex()[:8], error)
        except (LibraryError, StoreError) as error:  # a full disk, one in doubt: the other connections go on
            log.warning("the exchange with %s ended here: %s", device.hex()[:8], error)
            self._pause(device)
        except Exception:  # whatever it was: the others go on
            log.exception("the work with %s failed", device.hex()[:8])
            self._pause(device)
        finally:
            if self.sessions.get(device) is session:
                del self.sessions[device]
                if session.greeted:
                    self.addresses.seen(device, self._clock.now())
                    self._bus.publish("peer.changed", device.hex(), self.key.hex())
            self._bell.set()
        return session.greeted

    async def _part(self, connection: Connection) -> None:
        """End a connection; a device that was removed is told so before, one connection of it at a time."""
        device = connection.device
        if not self.active or device in self._parting or device not in self.standings.gone():
            await connection.close()
            return
        self._parting.add(device)
        try:
            await self.standings.part(connection)
        except (SyncError, TimeoutError) as error:
            log.info("%s, which was removed, did not say that it understood: %s", device.hex()[:8], error)
        finally:
            self._parting.discard(device)

    def _tell(self, session: Session) -> None:
        if session.quiet:  # it only asks: it is not connected
            if self.sessions.get(session.device) is session:
                del self.sessions[session.device]
            return
        self._remember(session)
        self._bus.publish("peer.changed", session.device.hex(), self.key.hex())

    def _remember(self, session: Session) -> None:
        address = session.connection.address if session.connection.dialed else ""
        self.addresses.reached(session.device, address, session.name, self._clock.now())

    def _is_better(self, new: Connection, old: Connection) -> bool:
        """Which of two connections stays, so that both devices choose the same: begun by the same side, the newer one,
        for the older is dead; else the one that the device with the smaller key began.
        """
        if new.dialed == old.dialed:
            return True
        return new.dialed == (self.key < new.device)

    async def moved(self, places: Collection[str]) -> None:
        """This machine stands otherwise in its networks: it has these addresses. What hung on others is over."""
        for session in list(self.sessions.values()):
            if session.connection.own and session.connection.own not in places:
                await session.connection.close()
        self.allowance.network_changed()
        self.ring()

    def _gate(self, connection: Connection) -> Gate:
        return Gate(self.allowance, self.allowance.is_near(connection.address))

    async def _allow(self) -> None:
        """Tell every connection when something else may go; what may not be any more ends."""
        with self.allowance.changed.heard() as changed:
            while True:
                await changed.wait()
                changed.clear()
                for session in list(self.sessions.values()):
                    session.gate.changed.ring()
                    if not session.gate.may_stand:
                        await session.connection.close()
                self._bus.publish("peer.changed", "*", self.key.hex())
                self.ring()

    async def close(self, device: bytes) -> None:
        """End the connection with a device, if there is one."""
        session = self.sessions.get(device)
        if session is not None:
            await session.connection.close()

    async def _watch(self) -> None:
        """Whoever is no member any more is left; whoever became one, and whatever is shared anew, is taken up."""
        known: set[bytes] = set()
        with self._bus.bell() as news:
            while True:
                news.clear()
                await self._leave()
                for library in self._all():
                    library.evicting.ask = partial(self.may_go, library)
                    library.where.reachable = partial(self._is_reachable, library.workspace.id)
                devices = self.wanted() if self.active else set()
                if devices - known:  # whoever was a stranger may be none now
                    self._try_all()
                    self.allowance.network_changed()  # nobody asked what it costs while there was nobody
                known = devices
                for device, session in list(self.sessions.items()):
                    if device not in devices:
                        await self._leave_one(session)
                    else:
                        session.look()
                self._leaving = {
                    each: until for each, until in self._leaving.items() if self.sessions.get(each.device) is each
                }
                await either(news, self._clock.sleep(LOOK_SECONDS))

    async def _leave_one(self, session: Session) -> None:
        """Of who was removed while it was connected: told first, as long as it takes no long time to understand."""
        removed = self.standings.gone() | self.standings.left()
        until = self._leaving.setdefault(session, self._clock.elapsed() + LEAVE_SECONDS)
        if self.active and session.device in removed and not session.parted and self._clock.elapsed() < until:
            session.look()
        else:
            await session.connection.close()

    # Dialing

    async def _dial(self) -> None:
        assert self._group is not None
        while True:
            self._bell.clear()
            if self.active:
                self._gather()
                for way in self._due():
                    way.trying = True
                    self._group.create_task(self._try(way))
            await either(self._bell, self._clock.sleep(LOOK_SECONDS / 2))

    def _gather(self) -> None:
        """All addresses that may lead to a device."""
        known = {address: device for device in self.wanted() for address in self.addresses.of(device).addresses}
        wanted = {*known, *self.addresses.added, *self._nearby()}
        for address in wanted - self.ways.keys():
            self.ways[address] = Way(address, known.get(address))
        for address in self.ways.keys() - wanted:
            if not self.ways[address].trying:
                del self.ways[address]

    def _due(self) -> list[Way]:
        now = self._clock.elapsed()
        missing = self.wanted() - self.sessions.keys()
        if not missing:
            return []
        return [
            way
            for _, way in sorted(self.ways.items())
            if not way.trying
            and way.not_before <= now
            and (way.device is None or way.device in missing)
            and (self.allowance.exchanges(near=False) or self.allowance.is_near(way.address))
        ]

    async def _try(self, way: Way) -> None:
        try:
            connection = await self._transport.dial(way.address)
        except (Unreachable, Stranger, ConnectionLost) as error:
            self._failed(way, error)
            return
        except Exception:  # whatever it was: the other addresses are tried
            log.exception("%s could not be tried", way.address)
            self._failed(way, Unreachable("it could not be tried"))
            return
        else:
            way.device = connection.device
        finally:
            way.trying = False
        if await self.met(connection):
            way.failures, way.problem = 0, ""
            way.not_before = max(way.not_before, self._clock.elapsed() + FIRST_PAUSE)
        elif connection.device not in self.sessions:  # it does not take this device for one of a workspace of its own
            self._failed(way, Stranger("it ended the connection before it said anything"))

    def _pause(self, device: bytes) -> None:
        """What failed here would fail again at once."""
        for way in self.ways.values():
            if way.device == device:
                way.not_before = self._clock.elapsed() + TROUBLE_PAUSE

    def _failed(self, way: Way, error: SyncError) -> None:
        """Others than the one who dials try at other moments: chance keeps them apart."""
        way.failures += 1
        way.problem = "stranger" if isinstance(error, Stranger) else "unreachable"
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(way.failures - 1, 10))
        if isinstance(error, Stranger):
            # One that is known may be paused or offline there, which ends at any moment.
            pause = STRANGER_PAUSE if way.device is None else min(TROUBLE_PAUSE, pause)
        way.not_before = self._clock.elapsed() + pause * (0.75 + self._random.random() / 2)
        log.debug("%s: %s", way.address, error)
