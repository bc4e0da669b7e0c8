"""News of what has changed, published after the commit: a ring with numbers, so that a reader can resume."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, contextmanager

from library.models import Event

KEPT = 10_000


class Bell:
    """Rung by whoever has news for those who wait; it says nothing but that."""

    def __init__(self) -> None:
        self._heard: dict[asyncio.Event, None] = {}  # in the order in which they came to listen

    def ring(self) -> None:
        for each in self._heard:
            each.set()

    @contextmanager
    def heard(self) -> Iterator[asyncio.Event]:
        """An asyncio event that is set whenever it rings; the listener clears it."""
        each = asyncio.Event()
        self._heard[each] = None
        try:
            yield each
        finally:
            del self._heard[each]


class Bus:
    """Numbers every event from 1 and keeps the last ones. Publishing never waits for a reader."""

    def __init__(self, kept: int = KEPT) -> None:
        self.last = 0
        self._ring: deque[Event] = deque(maxlen=kept)
        self._bell = Bell()

    def publish(self, kind: str, subject: str, origin: str) -> Event:
        self.last += 1
        event = Event(seq=self.last, kind=kind, subject=subject, origin=origin)
        self._ring.append(event)
        self._bell.ring()
        return event

    def since(self, seq: int) -> list[Event] | None:
        """Events after `seq`, oldest first; None when some of them are no longer kept."""
        if seq >= self.last:
            return [] if seq == self.last else None
        missed = self.last - seq
        if missed > len(self._ring):
            return None
        return [self._ring[index] for index in range(len(self._ring) - missed, len(self._ring))]

    def bell(self) -> AbstractContextManager[asyncio.Event]:
        """An asyncio event that is set whenever something is published; the reader clears it."""
        return self._bell.heard()

    async def follow(self, seq: int) -> AsyncIterator[list[Event] | None]:
        """Groups of events after `seq`, as they come; None says that some were missed."""
        with self.bell() as bell:
            while True:
                events = self.since(seq)
                if events is None or events:
                    yield events
                    seq = self.last if events is None else events[-1].seq
                    continue
                bell.clear()
                await bell.wait()
