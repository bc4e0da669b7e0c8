"""A provider in this process, with a bill of its own, that misbehaves as a test says."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from library.jobs.models import Cost, Price, Request
from providers.base import Accepted, Answer, Cancelled, Done, Health, Kind, ModelInfo, PriceRow, Running, Sizes, Traits
from providers.errors import OutcomeUnknown, ResultExpired
from tests.library.house import picture

CENT = 10_000


class QuickClock:
    """A clock that runs a hundred times as fast as the machine's."""

    def __init__(self, speed: float = 100.0) -> None:
        self.speed = speed
        self._start = time.monotonic()
        self.set_by = 0.0  # seconds that somebody moved its hands by

    def now(self) -> int:
        return 1_790_000_000_000 + round((self.elapsed() + self.set_by) * 1000)

    def elapsed(self) -> float:
        return (time.monotonic() - self._start) * self.speed

    def skip(self, seconds: float) -> None:
        """So much time goes by at once."""
        self._start -= seconds / self.speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.speed)


class Service(Traits, frozen=True):
    """Traits, and how the painter gives its pictures, and when it tells what one cost."""

    delivery: Literal["sync", "job"] = "sync"
    tells_cost: Literal["never", "submit", "done"] = "never"


class After(NamedTuple):
    """A fault that comes after so many seconds."""

    seconds: float
    fault: Any


@dataclass
class Painter:
    """Paints a picture of one colour for each prompt; 4 cents each. `faults` are taken from the front, one for each
    submit: what one raises is raised before anything is billed, `After(seconds, …)` so much later; "drop" bills and
    then breaks the connection, "hang" bills and never answers.
    """

    name: str = "painter"
    title: str = "Painter"
    kind: Kind = "cloud"
    at_once: int = 4
    per_minute: int = 0
    leaves_machine: bool = True
    traits: Traits = field(default_factory=Service)
    free: bool = False
    seconds: float = 0.0
    clock: QuickClock | None = None
    faults: list[Any] = field(default_factory=list)
    poll_faults: list[Any] = field(default_factory=list)
    fetch_faults: list[Exception] = field(default_factory=list)
    list_faults: list[Exception] = field(default_factory=list)
    list_hangs: bool = False
    cancel_faults: list[Exception] = field(default_factory=list)
    find_faults: list[Exception] = field(default_factory=list)
    found_late: int = 0  # looks that find nothing yet
    expires: set[int] = field(default_factory=set)  # numbers of pictures whose link is dead when it is followed
    followed: int = 0
    polled: int = 0
    told: Running | None = None  # said at every poll, in place of what is true
    cost: Cost | None = None  # told in place of the true one
    bill: Counter[str] = field(default_factory=Counter)  # charges by token
    submits: list[tuple[float, Request, str]] = field(default_factory=list)
    most_in_flight: int = 0
    _in_flight: int = 0
    _jobs: dict[str, Request] = field(default_factory=dict)  # by token
    _polls: Counter[str] = field(default_factory=Counter)
    cancelled: set[str] = field(default_factory=set)
    expired: bool = False
    links: bool = False

    @property
    def _service(self) -> Service:
        return self.traits if isinstance(self.traits, Service) else Service()

    async def check(self) -> Health:
        return Health(True)

    async def models(self) -> Sequence[ModelInfo]:
        if self.list_faults:
            raise self.list_faults.pop(0)
        if self.list_hangs:
            await asyncio.Event().wait()
        price = PriceRow(Price(4 * CENT, "USD", "2026-11-01"))
        sizes = Sizes(least=8, most=4096)
        return [
            ModelInfo(
                "oil", "Oil", sizes, seed=True, negative=True, formats=("png",), prices=() if self.free else (price,),
                free=self.free, traits=self.traits,
            )
        ]  # fmt: skip

    async def submit(self, request: Request, token: str) -> Done | Accepted:
        now = self.clock.elapsed() if self.clock else 0.0
        self.submits.append((now, request, token))
        self._in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            fault = self.faults.pop(0) if self.faults else None
            if isinstance(fault, After) and self.clock:
                await self.clock.sleep(fault.seconds)
                fault = fault.fault
            if isinstance(fault, BaseException):
                raise fault
            if self.seconds and self.clock:
                await self.clock.sleep(self.seconds)
            if token not in self._jobs or not self.traits.idempotent:
                self.bill[token] += 1
                self._jobs[token] = request
            if fault == "drop":
                raise OutcomeUnknown("The connection broke.")
            if fault == "hang":
                await asyncio.Event().wait()
            if self._service.delivery == "job":
                cost = Cost(3 * CENT, "USD", "reported") if self._service.tells_cost == "submit" else None
                return Accepted(json.dumps({"token": token}).encode(), cost)
            return self._done(token)
        finally:
            self._in_flight -= 1

    def _done(self, token: str) -> Done:
        request = self._jobs[token]
        data = picture(color_of(request), (request.width // 8, request.height // 8))
        cost = self.cost or (Cost(4 * CENT, "USD", "reported") if self._service.tells_cost == "done" else None)
        if self.links:
            return Done((Answer(place=token, seed=request.seed),), cost)
        return Done((Answer(data, seed=request.seed),), cost)

    async def poll(self, handle: bytes) -> Running | Done:
        token = json.loads(handle)["token"]
        self.polled += 1
        fault = self.poll_faults.pop(0) if self.poll_faults else None
        if isinstance(fault, Exception):
            raise fault
        self._polls[token] += 1
        if self._polls[token] > 2:
            return self._done(token)
        return self.told or Running(self._polls[token] / 4, 0.5)

    async def fetch(self, answer: Answer) -> AsyncIterator[bytes]:
        if self.fetch_faults:
            raise self.fetch_faults.pop(0)
        self.followed += 1
        if self.expired or self.followed - 1 in self.expires:
            raise ResultExpired("The link is dead.")
        request = self._jobs[answer.place]
        yield picture(color_of(request), (request.width // 8, request.height // 8))

    async def cancel(self, handle: bytes) -> Cancelled:
        token = json.loads(handle)["token"]
        if self.cancel_faults:
            raise self.cancel_faults.pop(0)
        self.cancelled.add(token)
        self.bill[token] -= 1
        return "cancelled"

    async def find(self, token: str) -> Done | Accepted | None:
        if self.find_faults:
            raise self.find_faults.pop(0)
        if self.found_late:
            self.found_late -= 1
            return None
        if token not in self._jobs:
            return None
        return Accepted(json.dumps({"token": token}).encode()) if self._service.delivery == "job" else self._done(token)

    async def aclose(self) -> None:
        return None


def color_of(request: Request) -> tuple[int, int, int]:
    chance = random.Random(f"{request.prompt}/{request.seed}")
    return (chance.randrange(256), chance.randrange(256), chance.randrange(256))
