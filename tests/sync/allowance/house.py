"""A day in virtual time, with a clock on the wall that is where a test puts it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.simulation.world import run_virtual

__all__ = ["Watch", "run_virtual"]


class Watch:
    """A clock of virtual time and the zone that it hangs in; both may be set."""

    def __init__(self, begin: str, zone: str = "UTC") -> None:
        """`begin`: what the wall shows at first, "2026-11-30 08:00"."""
        self.zone = ZoneInfo(zone)
        self._begin = int(datetime.fromisoformat(begin).replace(tzinfo=self.zone).timestamp() * 1000)

    def now(self) -> int:
        return self._begin + int(self.elapsed() * 1000)

    def elapsed(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def wall(self, moment: int) -> datetime:
        return datetime.fromtimestamp(moment / 1000, UTC).astimezone(self.zone).replace(tzinfo=None)

    def put(self, hours: float) -> None:
        """Somebody sets it forward, or back."""
        self._begin += int(timedelta(hours=hours) / timedelta(milliseconds=1))

    def move(self, zone: str) -> None:
        """Somebody travels with it."""
        self.zone = ZoneInfo(zone)

    def shows(self, moment: int | None = None) -> str:
        return self.wall(self.now() if moment is None else moment).strftime("%a %H:%M")
