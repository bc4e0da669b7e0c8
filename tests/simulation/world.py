"""Virtual time: an event loop whose waiting takes none, and clocks that are wrong in their own ways."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import random
import selectors
from collections.abc import Awaitable, Callable
from typing import Any

BEGIN = 1_790_000_000_000
TEN_YEARS = 10 * 365 * 86_400_000


class Nothing(selectors.SelectSelector):
    """Never waits: when nothing can run, it is later."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        assert timeout is not None, "everything waits for something that nothing does"
        self.passed += max(0.0, timeout)
        return []


class Numbered(asyncio.Task[Any]):
    """A task that lies in a set by its number: whoever walks through the set (a group that ends its tasks) does so in
    the same order in every process.
    """

    numbers = itertools.count()

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._number = next(self.numbers)
        super().__init__(*arguments, **named)

    def __hash__(self) -> int:
        return self._number


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on virtual time. Timers come in their order, and at once."""

    def __init__(self) -> None:
        self._nothing = Nothing()
        super().__init__(self._nothing)
        Numbered.numbers = itertools.count()
        self.set_task_factory(lambda loop, work, **named: Numbered(work, loop=loop, **named))

    def time(self) -> float:
        return self._nothing.passed


class World:
    """What everybody in a simulation shares: time, chance, and the trace of what happened."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = random.Random(seed)
        self.trace = hashlib.sha256()
        self.events = 0
        self.failed: BaseException | None = None  # what nobody waits for has come to

    def note(self, *words: object) -> None:
        """Add to the trace: two runs of one seed must come to the same."""
        self.events += 1
        line = f"{asyncio.get_running_loop().time():.6f} {words!r}\n"
        self.trace.update(line.encode())

    def fail(self, error: BaseException) -> None:
        self.failed = self.failed or error

    def check(self) -> None:
        if self.failed is not None:
            raise self.failed

    async def pause(self, most: float) -> None:
        await asyncio.sleep(self.chance.random() * most)


class WrongClock:
    """A device's clock: off by up to ten years, and jumping; what it waits by is right."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.jump()

    def jump(self) -> None:
        self._off = self._chance.randint(-TEN_YEARS, TEN_YEARS)

    def now(self) -> int:
        return BEGIN + self._off + int(asyncio.get_running_loop().time() * 1000)

    def elapsed(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def run_virtual(main: Callable[[], Awaitable[str]]) -> str:
    """Run to the end on virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_awaited(main))


async def _awaited(main: Callable[[], Awaitable[str]]) -> str:
    return await main()
