"""The wires between the devices: connections with the contract of the real ones, on the world's chance and time.

What is sent comes late but in order, or the connection breaks: at both ends, or at one while the other believes that it
stands. Ways can be cut in one direction; what is sent there waits until it comes through or the connection breaks.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable

from sync.errors import ConnectionLost, Malformed, Stranger, Unreachable
from sync.peers.base import MAX_FRAME
from tests.simulation.world import World

WINDOW = 1 << 20  # bytes that were sent and not taken before the sender waits
PATIENCE = 120.0  # seconds that a system sends again before it gives a connection up
RETRY = 0.2  # until it sends again for the first time; each further time it waits twice as long
Answer = Callable[["End"], None]


class End:
    """One end of a connection."""

    def __init__(self, wires: Wires, own: str, other: str, key: bytes, dialed: bool) -> None:
        self.device = key
        self.address = f"{other}:1" if dialed else ""
        self.dialed = dialed
        self.arrived = 0
        self.rate = math.inf
        self.own = own
        self.other = other
        self.far: End
        self.lost = False
        self._wires = wires
        self._coming: deque[bytes | None] = deque()  # what arrived; None ends it
        self._untaken = 0  # bytes on the way to this end or arrived there
        self._under_way: deque[tuple[float, bytes | None]] = deque()  # from here, in order; when it arrives at best
        self._timer: asyncio.TimerHandle | None = None
        self._stuck_since: float | None = None
        self._retry = RETRY
        self._complaining = False
        self._bell = asyncio.Event()  # something happened at this end
        self._room = asyncio.Event()  # the other end took something

    async def send(self, frame: bytes) -> None:
        if len(frame) > MAX_FRAME:
            raise ValueError(f"a frame of {len(frame)} bytes is too long")
        while not self.lost and self.far._untaken >= WINDOW:
            self._room.clear()
            await self._room.wait()
        if self.lost:
            raise ConnectionLost("the connection was closed")
        self._wires.carry(self, frame)

    async def receive(self) -> bytes:
        while True:
            if self._coming and not self.lost:
                frame = self._coming.popleft()
                if frame is None:
                    self.lose()
                    continue
                self._untaken -= len(frame)
                self.far._room.set()
                if len(frame) > MAX_FRAME:
                    raise Malformed("a frame is too long")
                return frame
            if self.lost:
                raise ConnectionLost("the connection was closed")
            self._bell.clear()
            await self._bell.wait()

    async def close(self) -> None:
        """The other end hears of it after all that was sent, where it hears of it."""
        if not self.lost:
            self.put(None, 0.0)
            self.lose()

    # What the wires do

    def lose(self) -> None:
        """This end knows that it is over."""
        self.lost = True
        self._coming.clear()
        self._bell.set()
        self._room.set()
        self._wires.forget(self)

    def drop(self) -> None:
        """What is on the way from here never arrives."""
        self.far._untaken -= sum(len(frame or b"") for _, frame in self._under_way)
        self._under_way.clear()

    def put(self, frame: bytes | None, delay: float) -> None:
        loop = asyncio.get_running_loop()
        last = self._under_way[-1][0] if self._under_way else 0.0
        self._under_way.append((max(last, loop.time() + delay), frame))
        self.far._untaken += len(frame or b"")
        if self._timer is None:
            self._timer = loop.call_at(self._under_way[0][0], self._arrive)

    def _arrive(self) -> None:
        loop, self._timer = asyncio.get_running_loop(), None
        now = loop.time()
        if not self._wires.passes(self.own, self.other):
            self._stuck_since = now if self._stuck_since is None else self._stuck_since
            if now - self._stuck_since > PATIENCE:
                self.drop()
                self.lose()
                return
            self._timer = loop.call_later(self._retry, self._arrive)
            self._retry = min(2 * self._retry, PATIENCE)
            return
        self._stuck_since, self._retry = None, RETRY
        while self._under_way and self._under_way[0][0] <= now:
            _, frame = self._under_way.popleft()
            self.far.arrive(frame)
        if self._under_way:
            self._timer = loop.call_at(self._under_way[0][0], self._arrive)

    def arrive(self, frame: bytes | None) -> None:
        if not self.lost:
            self.arrived += len(frame or b"") + 4
            self._coming.append(frame)
            self._bell.set()
        elif not self._complaining:
            self._complaining = True
            self._complain(asyncio.get_running_loop().time())

    def _complain(self, begun: float) -> None:
        """Whoever is spoken to says that it knows of no such connection; if it does not, the speaker tries for long."""
        loop = asyncio.get_running_loop()
        heard = self._wires.passes(self.own, self.other) and self._wires.tells(self.own)
        if heard or loop.time() - begun > PATIENCE:
            self.far.lose()
        elif not self.far.lost:
            loop.call_later(max(RETRY, loop.time() - begun), self._complain, begun)


class Wires:
    """Carries connections between named devices. Calm, everything is carried soon and nothing breaks."""

    def __init__(self, names: list[str], world: World) -> None:
        self.calm = False
        self.breaks = 0
        self._world = world
        self._names = names
        self._cut: set[tuple[str, str]] = set()  # from, to
        self._ends: dict[End, None] = {}  # in the order in which they were made
        self._answers: dict[str, tuple[bytes, Answer]] = {}  # who is on

    # Devices

    def turn_on(self, name: str, key: bytes, answer: Answer) -> None:
        self._answers[name] = key, answer

    def turn_off(self, name: str) -> None:
        """Its connections are over for itself; the others hear of it, or do not."""
        self._answers.pop(name, None)
        for end in [each for each in self._ends if each.own == name]:
            if self.calm or (self.passes(name, end.other) and self._world.chance.random() < 0.5):
                end.far.lose()
            end.drop()
            end.lose()

    def passes(self, sender: str, receiver: str) -> bool:
        return self.calm or (sender, receiver) not in self._cut

    def tells(self, name: str) -> bool:
        return name in self._answers

    async def dial(self, caller: str, key: bytes, address: str) -> End:
        """Takes a while; a way that is cut lets both wait, or lets the other believe that a connection stands."""
        chance, name = self._world.chance, address.partition(":")[0]
        await asyncio.sleep(0.01 + (0 if self.calm else chance.random() * chance.choice((0.05, 0.5, 5))))
        if name not in self._answers or not self.passes(caller, name):
            await asyncio.sleep(0 if self.calm else chance.random() * 10)
            raise Unreachable(f"{name} does not answer")
        other, answer = self._answers[name]
        if other == key:
            raise Stranger("that is this device itself")
        near, far = End(self, caller, name, other, True), End(self, name, caller, key, False)
        near.far, far.far = far, near
        self._ends |= {near: None, far: None}
        answer(far)
        if not self.passes(name, caller) or (not self.calm and chance.random() < 0.02):
            near.lose()
            raise Unreachable(f"{name} did not answer to its end")
        return near

    def forget(self, end: End) -> None:
        self._ends.pop(end, None)

    def carry(self, sender: End, frame: bytes) -> None:
        chance = self._world.chance
        if self.calm:
            sender.put(frame, 0.005)
        elif chance.random() < self.breaking:
            self._break(sender)
        else:
            sender.put(frame, chance.random() * self.delay)

    breaking = 0.004  # how likely a connection breaks at a frame
    delay = 0.2

    def _break(self, end: End) -> None:
        """Over, with what was on the way; one end may not hear of it until it has waited long enough."""
        self.breaks += 1
        which = self._world.chance.random()
        self._world.note("break", end.own, end.other, which < 0.6)
        end.drop()
        end.far.drop()
        if which < 0.8:
            end.lose()
        if which < 0.6 or which >= 0.8:
            end.far.lose()

    # Weather

    async def weather(self) -> None:
        """Cuts ways and mends them, and breaks connections, for ever."""
        while True:
            await self._world.pause(60)
            chance = self._world.chance
            kind = chance.choice(("clear", "ways", "partition", "breaks"))
            self.breaking = chance.choice((0.0, 0.004, 0.02, 0.08))
            self.delay = chance.choice((0.02, 0.2, 2.0))
            self._cut = set()
            if kind == "ways":
                pairs = [(a, b) for a in self._names for b in self._names if a != b]
                self._cut = {each for each in pairs if chance.random() < 0.3}
            elif kind == "partition":
                side = {name for name in self._names if chance.random() < 0.5}
                self._cut = {(a, b) for a in self._names for b in self._names if (a in side) != (b in side)}
            elif kind == "breaks":
                for end in [each for each in self._ends if each.dialed and chance.random() < 0.5]:
                    self._break(end)
            self._world.note("weather", kind, sorted(self._cut))

    def clear(self) -> None:
        """The weather is good; who believes in what is over finds out by itself."""
        self.calm, self._cut = True, set()


class Antenna:
    """The transport of one device."""

    def __init__(self, wires: Wires, name: str, key: bytes) -> None:
        self._wires = wires
        self._name = name
        self._key = key

    async def dial(self, address: str) -> End:
        return await self._wires.dial(self._name, self._key, address)
