"""What may go between this device and the others now: by the settings, the clock on the wall, and a metered network.

Edits go whatever a limit or a timetable says, and so do small pictures, unless a metered network lets nothing through.
What goes to devices in the same network costs nothing there, so a metered one holds back only what leaves it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from library.events import Bell
from library.surroundings import Clock
from sync.allowance import timetable
from sync.allowance.limit import Limit
from sync.allowance.rules import Metered, Rules, WhenMetered, Why
from sync.allowance.timetable import Allowed
from sync.waiting import either

MINUTE = 60_000  # milliseconds
LOOK_SECONDS = 15.0  # the clock may be set, or the machine have slept
ASK_SECONDS = 60.0  # between two questions whether the network is metered
SETTLE_SECONDS = 10.0  # after the network changed, until the system may know more of it


class Now(NamedTuple):
    """How it stands. `originals` says why they wait, `until` when the timetable says something else (milliseconds)."""

    rate: int
    originals: Why
    until: int | None
    metered: Metered
    when_metered: WhenMetered

    @property
    def bites(self) -> bool:
        """Whether the metered network holds anything back."""
        return self.metered == "yes" and self.when_metered != "everything"


async def unknown() -> Metered:
    """Where nobody can say."""
    return "unknown"


class Allowance:
    """One for the device. `run` keeps it up to date; `changed` rings when something else may go."""

    def __init__(
        self,
        clock: Clock,
        wall: Callable[[int], datetime],
        ask: Callable[[], Awaitable[Metered]] = unknown,
        is_near: Callable[[str], bool] = lambda address: True,
    ) -> None:
        """`wall`: a moment by the clock on the wall. `ask`: whether the network is metered; it does not raise.
        `is_near`: whether what goes to an address stays in the same network.
        """
        self.limit = Limit(clock)
        self.changed = Bell()
        self.is_near = is_near
        self.wanted: Callable[[], bool] = lambda: True  # whether there is anybody to whom something could go
        self._clock = clock
        self._wall = wall
        self._ask = ask
        self._rules = Rules()
        self._told: Metered = "unknown"  # by the system
        self._soon = 0.0  # when it is asked again after the network changed
        self._bell = asyncio.Event()
        self._question = asyncio.Event()
        self.now = self._look()

    def apply(self, rules: Rules) -> None:
        """Settings; they hold at once."""
        self._rules = rules
        self.look()
        self._bell.set()
        self._question.set()

    def network_changed(self) -> None:
        """It may be metered now, or no more."""
        self._soon = self._clock.elapsed() + SETTLE_SECONDS
        self._question.set()

    # What may go

    def exchanges(self, near: bool) -> bool:
        """Whether there may be a connection with a device that is near, or that is not."""
        return near or not (self.now.bites and self.now.when_metered == "nothing")

    def takes(self, near: bool) -> bool:
        """Whether originals are asked for."""
        return near or not self.now.bites

    def holds(self, near: bool) -> Why:
        """Why no originals are given; empty where they are."""
        return self.now.originals or ("" if self.takes(near) else "metered")

    # Running

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_time())
            group.create_task(self._keep_asking())

    async def _keep_time(self) -> None:
        """Entries begin and end with a minute."""
        while True:
            self._bell.clear()
            self.look()
            if not self._rules.timetable:
                await self._bell.wait()
                continue
            left = (MINUTE - self._clock.now() % MINUTE) / 1000
            await either(self._bell, self._clock.sleep(min(left, LOOK_SECONDS)))

    async def _keep_asking(self) -> None:
        while True:
            self._question.clear()
            if self._is_asked():
                self._told = await self._ask()
                self.look()
            soon = self._soon - self._clock.elapsed()
            await either(self._question, self._clock.sleep(soon if 0 < soon < ASK_SECONDS else ASK_SECONDS))

    def _is_asked(self) -> bool:
        """Only where the answer would change something."""
        rules = self._rules
        return rules.metered == "auto" and rules.when_metered != "everything" and self.wanted()

    def look(self) -> None:
        """Take up what is so now; whoever waits is told where that is something else."""
        before, self.now = self.now, self._look()
        self.limit.rate = self.now.rate
        if self.now != before:
            self.changed.ring()

    def _look(self) -> Now:
        rules, moment = self._rules, self._clock.now()
        wall = self._wall(moment)
        otherwise = Allowed(rules.upload_limit)
        allowed = timetable.at(rules.timetable, wall) or otherwise
        change = timetable.changes(rules.timetable, wall, otherwise)
        return Now(
            allowed.rate,
            "" if allowed.originals else "timetable",
            None if change is None else self._moment_of(change, moment, wall),
            self._told if rules.metered == "auto" else rules.metered,
            rules.when_metered,
        )

    def _moment_of(self, change: datetime, moment: int, wall: datetime) -> int:
        """When the clock on the wall shows this; where it is put forward or back until then, that is seen."""
        guess = moment + _milliseconds(change - wall)
        return guess + _milliseconds(change - self._wall(guess))


def _milliseconds(length: timedelta) -> int:
    return round(length / timedelta(milliseconds=1))
