"""Whatever happens to jobs, in whatever order: none is paid twice, the ledger is the bill, and nothing paid is lost.

Each seed is a history of its own: orders, ends asked for, retries, the offline switch, a full disk, a provider that is
set up anew, taken away, or another account's, limits, clocks that are set, and restarts, against a service with a bill
that loses answers and is away. What is left when all of that is over must add up.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from library.errors import LibraryError
from library.jobs.budget import Budget
from library.jobs.models import OPEN, Attempt, Job, JobId, Request
from library.jobs.rows import attempts_of, entries_of
from providers.base import Accepted, Answer, Cancelled, Done, Running
from providers.errors import ContentRefused, OutcomeUnknown, RateLimited, ServerBusy, Unreachable
from store.errors import StoreError, StoreFull
from tests.providers.scripted import CENT, After, Painter, Service
from tests.providers.shop import Shop, shop

SEEDS, MANY = 16, 400
SPEED = 400.0  # virtual seconds in one


@dataclass
class Moody(Painter):
    """Misbehaves by chance, and never charges for what it refuses."""

    chance: random.Random = field(default_factory=random.Random)
    calm: bool = False

    def _mood(self, *shares: float) -> int | None:
        """Which of these happens, each for its share of all times."""
        drawn = 1.0 if self.calm else self.chance.random()
        for number, share in enumerate(shares):
            if (drawn := drawn - share) < 0:
                return number
        return None

    async def submit(self, request: Request, token: str) -> Done | Accepted:
        mood = self._mood(0.06, 0.04, 0.03, 0.03, 0.02, 0.08)
        if mood is not None and mood < 4:
            wait = self.chance.choice([None, 2.0, 30.0])
            errors = (Unreachable("x"), RateLimited("x", retry_after=wait), ServerBusy("x"), ContentRefused("x"))
            raise errors[mood]
        if mood is not None:
            lost = After(5 * self.chance.random(), OutcomeUnknown("lost before it was billed"))
            self.faults.insert(0, lost if mood == 4 else "drop")
        return await super().submit(request, token)

    async def poll(self, handle: bytes) -> Running | Done:
        if (mood := self._mood(0.04, 0.04, 0.04)) is not None:
            raise (Unreachable("x"), RateLimited("x"), OutcomeUnknown("x"))[mood]
        return await super().poll(handle)

    async def find(self, token: str) -> Done | Accepted | None:
        if (mood := self._mood(0.08, 0.08)) is not None:
            raise (Unreachable("x"), OutcomeUnknown("x"))[mood]
        return await super().find(token)

    async def fetch(self, answer: Answer) -> AsyncIterator[bytes]:
        assert self.clock is not None
        await self.clock.sleep(0.0 if self.calm else 20 * self.chance.random())
        if (mood := self._mood(0.05, 0.05, 0.05)) is not None:
            raise (Unreachable("x"), OutcomeUnknown("x"), ServerBusy("x"))[mood]
        async for piece in super().fetch(answer):
            yield piece

    async def cancel(self, handle: bytes) -> Cancelled:
        if self.traits.cancel == "none":
            return "unsupported"
        return "cancelled" if not self.bill[json.loads(handle)["token"]] else await super().cancel(handle)


class History:
    """One seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = chance = random.Random(seed)
        traits = Service(
            idempotent=chance.random() < 0.4,
            finds=chance.random() < 0.3,
            cancel=chance.choice(["none", "any"]),
            delivery=chance.choice(["sync", "job"]),
            tells_cost=chance.choice(["never", "done"]),
        )
        self.painter = Moody(
            chance=chance, traits=traits, links=chance.random() < 0.5, seconds=chance.choice([0.0, 3.0, 10.0]),
            at_once=chance.choice([1, 4]), per_minute=chance.choice([0, 0, 20]),
        )  # fmt: skip
        self.full = 0.0  # how likely it is that a write finds no room
        self.limits: dict[str, int] = {}
        self.offline = False
        self.retried = set[JobId]()
        self.ordered = 0
        self.log: list[str] = []

    def room(self, share: float = 1.0) -> None:
        if self.chance.random() < self.full * share:
            raise StoreFull("no room")

    def fill(self, here: Shop, patched: pytest.MonkeyPatch) -> None:
        """What is written may find no room, from now on."""
        workspace, storing = here.library.workspace, here.library.storing
        write, make, put = workspace.write, storing.make_folder, workspace.surroundings.files.write_pieces

        async def written(*some: Any, **more: Any) -> Any:
            self.room(0.5)
            return await write(*some, **more)

        def made(attempt: bytes) -> Path:
            self.room()
            return make(attempt)

        def pieces(*some: Any) -> None:
            self.room()
            put(*some)

        patched.setattr(workspace, "write", written)
        patched.setattr(storing, "make_folder", made)
        patched.setattr(workspace.surroundings.files, "write_pieces", pieces)

    async def act(self, here: Shop) -> None:
        """One thing that somebody, or the world, does."""
        deeds: list[Callable[[Shop], Awaitable[None]]] = [
            self.order, self.order, self.cancel, self.retry, self.switch, self.switch, self.flip, self.room_or_none,
            self.set_clock, self.take_away, self.set_up, self.rest, self.rest, self.limit,
        ]  # fmt: skip
        deed = self.chance.choice(deeds)
        self.log.append(deed.__name__)
        with contextlib.suppress(StoreError, LibraryError):
            await deed(here)
        await here.clock.sleep(15 * self.chance.random())

    async def order(self, here: Shop) -> None:
        self.ordered += 1
        await here.order(*(f"p{self.ordered}-{number}" for number in range(self.chance.randint(1, 4))))

    def some(self, here: Shop, *states: str) -> list[Job]:
        found = [job for job in here.jobs() if job.state in states]
        return [self.chance.choice(found)] if found else []

    async def cancel(self, here: Shop) -> None:
        for job in self.some(here, "queued", "waiting", "running"):
            await here.library.queue.cancel([job.id.hex()])

    async def retry(self, here: Shop) -> None:
        for job in self.some(here, "failed", "cancelled"):
            self.retried.add(job.id)
            await here.library.queue.retry({job.id: job.estimate})

    async def switch(self, here: Shop) -> None:
        here.providers.asking.switch.set(not here.providers.asking.switch.on)

    async def flip(self, here: Shop) -> None:
        await self.switch(here)
        await asyncio.sleep(0.01 * self.chance.random())
        await self.switch(here)

    async def room_or_none(self, here: Shop) -> None:
        self.full = self.chance.choice([0.0, 0.0, 0.3, 0.9])

    async def set_clock(self, here: Shop) -> None:
        here.clock.set_by += self.chance.choice([-7200, -60, 60, 3600])

    async def take_away(self, here: Shop) -> None:
        here.providers._open.pop("painter", None)

    async def set_up(self, here: Shop) -> None:
        here.providers._open["painter"] = self.painter
        here.providers.places["painter"] = self.chance.choice(["", "", "another account"])
        here.runner.wake()

    async def rest(self, here: Shop) -> None:
        await here.library.queue.pause(self.chance.random() < 0.2)

    async def limit(self, here: Shop) -> None:
        self.limits.clear()
        self.limits.update(self.chance.choice([{}, {"USD": 8 * CENT}, {"USD": 0}, {"USD": 100 * CENT}]))
        here.runner.wake()

    def budget(self, here: Shop) -> Budget:
        return Budget(lambda: self.limits, lambda: [here.library.workspace], here.clock.now)

    async def live(self, folder: Path, life: int) -> None:
        with pytest.MonkeyPatch.context() as patched:
            opened = shop(
                folder, self.painter, seed=self.seed * 10 + life, speed=SPEED, offline=self.offline, limit=self.budget
            )
            async with opened as here:
                self.fill(here, patched)
                for _ in range(self.chance.randint(3, 12)):
                    await self.act(here)
                self.offline = here.providers.asking.switch.on
                with contextlib.suppress(StoreError, LibraryError):
                    await self.order(here)  # so that something is under way when it ends
                await here.clock.sleep(12 * self.chance.random())

    async def end(self, folder: Path) -> list[str]:
        """Everything works again: what does not add up."""
        self.painter.calm, self.full = True, 0.0
        self.painter.faults.clear()
        async with shop(folder, self.painter, seed=self.seed * 10 + 9, speed=4000.0) as here:
            await here.library.queue.pause(False)
            try:
                jobs = await here.until_quiet(30)
            except TimeoutError:
                return [f"stuck: {job.state} {job.reason}" for job in here.jobs() if job.state in OPEN]
            read = here.library.workspace.database.read_now
            wrong = [
                each
                for job in jobs
                for each in self.faults_of(job, read(lambda connection, id=job.id: lines_of(connection, id)))
            ]
            known = {attempt.id.hex() for job in jobs for attempt in here.library.queue.attempts(job.id)}
            wrong += [f"a charge of which nothing is known: {token}" for token in set(+self.painter.bill) - known]
            problems = (await here.library.care.verify(read_data=True)).problems
            return [*wrong, *map(str, problems)]

    def faults_of(self, job: Job, attempts: list[tuple[Attempt, set[str]]]) -> list[str]:
        bill, wrong = self.painter.bill, list[str]()
        charges = Counter({attempt.id: bill[attempt.id.hex()] for attempt, _ in attempts})
        if max(charges.values(), default=0) > 1:
            wrong.append("billed twice for one token")
        if (+charges).total() > 1 and job.id not in self.retried:
            wrong.append("paid twice")
        for attempt, lines in attempts:
            if attempt.state == "outcome_unknown":
                continue
            if (charges[attempt.id] > 0) != ("charge" in lines):
                wrong.append(f"billed {charges[attempt.id]}, in the ledger {lines}: {attempt.state} {attempt.failure}")
        if job.state == "done" and not job.assets:
            wrong.append("done without a picture")
        if job.state == "failed" and charges.total() and attempts[-1][0].state != "fetched":
            wrong.append(f"paid and lost: {job.failure}")
        return [f"{each} ({job.state}, {self.painter.traits})" for each in wrong]


def lines_of(connection: Any, id: JobId) -> list[tuple[Attempt, set[str]]]:
    return [(attempt, set(entries_of(connection, attempt.id))) for attempt in attempts_of(connection, id)]


async def add_up(folder: Path, seed: int) -> None:
    history = History(seed)
    folder.mkdir()
    for life in range(history.chance.randint(1, 4)):
        await history.live(folder, life)
    assert await history.end(folder) == [], (seed, history.log)


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_everything_adds_up_in_the_end(tmp_path: Path, seed: int) -> None:
    await add_up(tmp_path / "home", seed)


@pytest.mark.long
@pytest.mark.timeout(0)
async def test_everything_adds_up_in_the_end_of_many_histories(tmp_path: Path) -> None:
    for seed in range(SEEDS, SEEDS + MANY):
        await add_up(tmp_path / f"{seed}", seed)
