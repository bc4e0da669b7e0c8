"""What the engine takes from the world, passed in: time, chance, disk, the way SQL is run.

A simulation passes a virtual clock, a seeded source and a disk in memory; nothing in the engine asks the real ones.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from library.notices import Notices, system_notices
from store.database import OpenExecutor, ThreadExecutor
from store.files import DiskFiles, Files


class Clock(Protocol):
    """Time, to show and to wait by; never to decide an order by."""

    def now(self) -> int:
        """Milliseconds since 1970; may jump."""
        ...

    def elapsed(self) -> float:
        """Seconds from an arbitrary start; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def elapsed(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def wall_clock(moment: int) -> datetime:
    """A moment (milliseconds since 1970) by the clock on this machine's wall, also after somebody set another zone."""
    if sys.platform != "win32":
        time.tzset()
    return datetime.fromtimestamp(moment / 1000)


async def here(work: Callable[..., Any], *arguments: Any) -> Any:
    """Run a function at once, in this process."""
    return work(*arguments)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The engine's whole outside. The defaults are the real world."""

    clock: Clock = field(default_factory=SystemClock)
    random: random.Random = field(default_factory=random.SystemRandom)
    files: Files = field(default_factory=DiskFiles)
    open_executor: OpenExecutor = ThreadExecutor.open
    notices: Notices = system_notices  # of changed files in a folder
    wall: Callable[[int], datetime] = wall_clock
    in_thread: Callable[..., Awaitable[Any]] = asyncio.to_thread  # runs a blocking function
    in_process: Callable[..., Awaitable[Any]] = here  # runs a pure function of a module, in another process if it can
