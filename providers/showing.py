"""What is shown of jobs while they run: how far they are, and how their pictures look so far.

A preview is in memory only, the latest of each job, until the job goes no further. What a provider hands over is not
trusted: it is bounded, and decoded and written anew in a worker process before anybody sees it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, NamedTuple

from imaging.inspection import Rejection, ShrinkJob
from library.jobs.carrying import Carrying
from library.jobs.models import JobId, Request
from library.surroundings import Clock
from providers.asking import progress_of
from providers.base import Accepted, Done, Preview, Provider, Running, Show, Shows
from providers.waiting import first_of

MOST_BYTES = 16 << 20  # of one preview, as it comes
MOST_WAITING = 64 << 20  # of all that wait to be made small
MOST_SHOWN = 32 << 20  # of all that are shown
MOST_PIXELS = 40_000_000
MOST_REFUSED = 3  # previews of one job that are none, after which no more are taken
REST = 0.25  # seconds between two of one job
log = logging.getLogger("gesso.showing")

What = Literal["job.progress", "job.preview"]
Shrink = Callable[[Sequence[ShrinkJob]], Awaitable[Sequence[bytes | Rejection]]]


def submitted(provider: Provider, request: Request, token: str, show: Show) -> Awaitable[Done | Accepted]:
    """A request on its way, of a provider that may show what it makes."""
    if isinstance(provider, Shows):
        return provider.submit_shown(request, token, show)
    return provider.submit(request, token)


class Shown(NamedTuple):
    """The latest preview of a job, as WebP. Numbers grow, and none comes twice: pages keep what an address with one in
    it gave, also from a try that failed or from before a restart.
    """

    number: int
    data: bytes


class Sitting:
    """One job while it runs. Called with a preview it takes it, or leaves it, at once; what comes after its end is
    nobody's.
    """

    def __init__(self, showing: Showing, job: JobId, told: Callable[[What], object]) -> None:
        self.job = job
        self.told = told
        self.over = False
        self.handed = asyncio.Event()  # the provider showed something of it, and be it nonsense
        self.next_at = 0.0  # when the next preview may be made
        self.refused = 0
        self._showing = showing

    def __call__(self, preview: Preview) -> None:
        self.handed.set()
        self._showing.take(self, preview)

    def tell(self, state: Running) -> None:
        """What a provider says when it is asked."""
        progress, told = progress_of(state.progress), self._showing.progress
        if progress is not None and told.get(self.job) != progress:
            told[self.job] = progress
            self.told("job.progress")
        if state.preview is not None:
            self(state.preview)

    def end(self) -> None:
        if not self.over:
            self.over = True
            self._showing.forget(self)


class Showing:
    """All that is shown of running jobs. `shrink`: makes pictures small; without it there are no previews. `run` must
    run for them.
    """

    def __init__(self, clock: Clock, shrink: Shrink | None = None) -> None:
        self._clock = clock
        self._shrink = shrink
        self._waiting: dict[Sitting, bytes] = {}  # the newest of each, in the order in which they came
        self._shown: dict[JobId, Shown] = {}
        self._number = 0  # of the latest of all
        self._bell = asyncio.Event()
        self.progress: dict[JobId, float] = {}

    def begin(self, carrying: Carrying, job: JobId) -> Sitting:
        """A job begins to run, or goes on."""
        bus, subject, origin = carrying.bus, job.hex(), carrying.workspace.device.hex()
        return Sitting(self, job, lambda what: bus.publish(what, subject, origin))

    def of(self, job: JobId) -> Shown | None:
        return self._shown.get(job)

    def take(self, sitting: Sitting, preview: Preview) -> None:
        """Keep a preview until it can be made small, in place of an older one of that job."""
        if self._shrink is None or sitting.over or sitting.refused >= MOST_REFUSED:
            return
        data = preview.data if isinstance(preview, Preview) else None
        if not isinstance(data, bytes) or not 0 < len(data) <= MOST_BYTES:
            self._refuse(sitting, "it is no bytes, or too many")
            return
        if sum(map(len, self._waiting.values())) - len(self._waiting.get(sitting, b"")) + len(data) > MOST_WAITING:
            return
        if sitting not in self._waiting:
            self._bell.set()
        self._waiting[sitting] = data

    def forget(self, sitting: Sitting) -> None:
        self._waiting.pop(sitting, None)
        self._shown.pop(sitting.job, None)
        self.progress.pop(sitting.job, None)

    async def run(self) -> None:
        """Make small what waits for it, one after the other, until cancelled."""
        while True:
            self._bell.clear()
            now = self._clock.elapsed()
            ready = next((each for each in self._waiting if each.next_at <= now), None)
            if ready is not None:
                await self._make(ready, self._waiting.pop(ready))
            elif self._waiting:
                soonest = min(each.next_at for each in self._waiting)
                await first_of(self._clock.sleep(soonest - now), self._bell.wait())
            else:
                await self._bell.wait()

    async def _make(self, sitting: Sitting, data: bytes) -> None:
        assert self._shrink is not None
        try:
            (found,) = await self._shrink([ShrinkJob(data, MOST_PIXELS)])
        except Exception as error:  # no worker, or no room for one: the picture itself still comes
            log.warning("a preview could not be made small: %s", error)
            return
        sitting.next_at = self._clock.elapsed() + REST
        if sitting.over:
            return
        if isinstance(found, Rejection):
            self._refuse(sitting, found.reason)
            return
        others = sum(len(each.data) for job, each in self._shown.items() if job != sitting.job)
        if others + len(found) <= MOST_SHOWN:
            self._number = max(self._clock.now(), self._number + 1)
            self._shown[sitting.job] = Shown(self._number, found)
            sitting.told("job.preview")

    def _refuse(self, sitting: Sitting, why: str) -> None:
        sitting.refused += 1
        log.info("a preview of job %s is not shown: %s", sitting.job.hex()[:8], why)
