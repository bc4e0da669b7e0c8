"""How many bytes a second go out, together, over everything that shares the limit; it may change at any moment."""

from __future__ import annotations

import asyncio

from library.surroundings import Clock
from sync.waiting import either

BURST_SECONDS = 0.25  # how much of a second's allowance may go at once
ENOUGH = 0.5  # of a byte: what is less than that short is not waited for


class Limit:
    """Counts what was allowed so far and what was asked for; who asks waits until the one has reached the other."""

    def __init__(self, clock: Clock, rate: int = 0) -> None:
        """`rate`: bytes a second; 0 is no limit."""
        self._rate = rate
        self._clock = clock
        self._at = clock.elapsed()
        self._allowed = 0.0
        self._asked = 0
        self._changed = asyncio.Event()

    @property
    def rate(self) -> int:
        return self._rate

    @rate.setter
    def rate(self, rate: int) -> None:
        """From now on; who waits, waits by it."""
        if rate == self._rate:
            return
        self._settle()
        self._rate = rate
        self._settle()
        self._changed.set()
        self._changed = asyncio.Event()

    def _settle(self) -> None:
        """Count what the time since the last look allows; of what nobody asks for, no more than a moment's worth."""
        now = self._clock.elapsed()
        if self._rate:
            more = self._allowed + self._rate * (now - self._at)
            self._allowed = min(more, self._asked + self._rate * BURST_SECONDS)
        else:
            self._allowed = float(self._asked)
        self._at = now

    async def allow(self, size: int) -> None:
        """Wait until so many bytes may go."""
        if not self._rate:
            return
        self._settle()
        self._asked += size
        place = self._asked
        try:
            while self._rate and (short := place - self._allowed) > ENOUGH:
                await either(self._changed, self._clock.sleep(short / self._rate))
                self._settle()
        except asyncio.CancelledError:
            self._allowed += size  # what does not go keeps nobody waiting
            raise
