"""Carries out the queue: starts what may start, and takes up again what a stop or a crash cut off."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple
from weakref import WeakSet

from library.errors import LibraryError
from library.jobs.budget import Budget, unlimited
from library.jobs.carrying import Carrying, Claimed
from library.jobs.models import JobId
from library.jobs.queue import Queue
from library.jobs.storing import Storing
from library.surroundings import Surroundings
from providers.base import Provider
from providers.carrying.carrier import Carrier
from providers.limits import LONGEST_PAUSE, MINUTE, Limits
from providers.network import Network, has_route
from providers.registry import Providers
from providers.showing import Showing, Shown, Shrink
from providers.waiting import first_of
from store.errors import StoreError

SETTLE_SECONDS, SETTLE_LOOK = 20.0, 0.05  # how long an end waits for answers at most; how often it looks
LONGEST_SLEEP = 60.0  # seconds; a clock that was set is noticed after so long
log = logging.getLogger("gesso.runner")


class Work(NamedTuple):
    """The jobs of one workspace, from every side."""

    queue: Queue
    carrying: Carrying
    storing: Storing


class Runner:
    """Runs the jobs of all workspaces. While Gesso is offline nothing is sent to another machine. `route`: whether this
    one is on a network · `budget`: what may be begun of what costs money · `shrink`: makes previews small.
    """

    def __init__(
        self,
        providers: Providers,
        works: Callable[[], Sequence[Work]],
        surroundings: Surroundings,
        *,
        route: Callable[[], bool] = has_route,
        budget: Budget | None = None,
        shrink: Shrink | None = None,
    ) -> None:
        self._providers = providers
        self._works = works
        self._surroundings = surroundings
        self.budget = budget or unlimited(surroundings.clock)
        self.limits = Limits(surroundings.clock.elapsed)
        self._bell = asyncio.Event()
        self._returned: set[str] = set()  # providers that can be reached again
        self.network = Network(providers, surroundings.clock, route, self._go_on)
        self.showing = Showing(surroundings.clock, shrink)
        self.carrier = Carrier(providers, self.limits, self.network, self.showing, surroundings)
        providers.asking.switch.follow(self._switched)
        self._closing = False
        self._looked = 0  # when jobs that may start were last looked for
        self._taken_up = WeakSet[Queue]()  # those of works whose jobs under way were looked at since the start
        self._cut_off: list[tuple[Work, Claimed]] = []  # that will be sent again once their providers have room
        self._ready: list[tuple[Work, JobId]] = []  # whose pictures only have to be stored

    def wake(self) -> None:
        """There may be something to start."""
        self._bell.set()

    def _switched(self, offline: bool) -> None:
        """What was left because Gesso was offline is taken up again as after a start."""
        if not offline:
            self._look_again()
        self.wake()

    def _look_again(self) -> None:
        """At what is under way and nobody carries."""
        self._taken_up.clear()
        self._cut_off.clear()

    def _go_on(self, provider: str) -> None:
        self._returned.add(provider)
        self.wake()

    async def run(self) -> None:
        """Until cancelled; then what is in flight stays as its rows say, and the next run takes it up."""
        self._look_again()
        self._ready.clear()  # they are under way
        self._count_earlier()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.network.run())
            group.create_task(self.showing.run())
            while True:
                self._bell.clear()
                while self._returned:
                    await self._reopen(self._returned.pop())
                for work in self._works():
                    if work.queue not in self._taken_up:
                        self._join(work)
                        self._take_up(group, work)
                while await self._start_some(group):
                    pass
                await self._rest()

    def _count_earlier(self) -> None:
        """What was begun just before a restart counts in what a service takes in a minute."""
        now = self._surroundings.clock.now()
        moments = list[tuple[int, str]]()
        for work in self._works():
            try:
                moments += work.carrying.begun_since(now - round(MINUTE * 1000))
            except (LibraryError, StoreError) as error:
                log.warning("what was begun lately cannot be read: %s", error)
        for moment, provider in sorted(moments):
            self.limits.began_before(provider, max(0.0, (now - moment) / 1000))

    async def settle(self, seconds: float = SETTLE_SECONDS) -> None:
        """Before an end: begin nothing more, and give answers that may be paid for so long to come and be stored."""
        self._closing = True
        until = self._surroundings.clock.elapsed() + seconds
        while self.carrier.awaited and self._surroundings.clock.elapsed() < until:
            await self._surroundings.clock.sleep(SETTLE_LOOK)

    async def _reopen(self, provider: str) -> None:
        """What waited only for the way there waits no longer."""
        self.limits.reopen(provider)
        for work in self._works():
            try:
                await work.carrying.go_on(provider)
            except (LibraryError, StoreError) as error:
                log.warning("jobs of %s wait for their time: %s", provider, error)

    def _join(self, work: Work) -> None:
        work.queue.wake = self.wake
        work.queue.call_off = self.carrier.call_off
        work.queue.take_up = lambda job: self._ready.append((work, job))

    async def _start_some(self, group: asyncio.TaskGroup) -> bool:
        """One job of each workspace in turn, so that a long batch in one does not keep the others waiting."""
        if self._closing:
            return False
        self._resume(group)
        started = False
        self._looked = self._surroundings.clock.now()
        for work in self._works():
            names = self.limits.open(self._usable())
            if not names:
                return False
            claimed = await self._claim(work, names)
            if claimed is not None:
                self._start(group, work, claimed)
                started = True
        return started

    async def _claim(self, work: Work, names: Sequence[str]) -> Claimed | None:
        """Nothing is begun, and paid for, that could not be stored."""
        try:
            async with self.budget.deciding() as affords:
                return await work.carrying.claim(names, affords)
        except (LibraryError, StoreError) as error:
            log.warning("no job is begun: %s", error)
            return None

    def _usable(self) -> list[Provider]:
        return [each for each in self._providers.all() if not (self._providers.asking.offline and each.leaves_machine)]

    async def _rest(self) -> None:
        """Until something happens, or the first of what waits for a time may go on."""
        now = self._surroundings.clock.now()
        names = [each.name for each in self._usable()]
        moments = [self._earliest(work, names) for work in self._works()]
        if any(moment is not None and moment - now > 1000 * LONGEST_PAUSE for moment in moments):
            await self._mend_waits()
        waits = [max(0.0, (moment - now) / 1000) for moment in moments if moment is not None]
        opens = self.limits.opens_in()
        pause = min([*waits, *([opens] if opens is not None else []), LONGEST_SLEEP])
        await first_of(self._surroundings.clock.sleep(max(pause, 0.01)), self._bell.wait())

    def _earliest(self, work: Work, names: Sequence[str]) -> int | None:
        try:
            return work.carrying.earliest(names, self._looked)
        except (LibraryError, StoreError) as error:
            log.warning("when jobs may go on cannot be read: %s", error)
            return None

    async def _mend_waits(self) -> None:
        """Few providers ask for so long a pause: rather the clock was set back."""
        for work in self._works():
            try:
                await work.carrying.mend_waits()
            except (LibraryError, StoreError) as error:
                log.warning("jobs wait by a clock that was set: %s", error)

    def _take_up(self, group: asyncio.TaskGroup, work: Work) -> None:
        """What was under way when the daemon last ended, each by itself: a provider that does not answer holds up its
        own jobs alone. What may be sent again waits until it may.
        """
        try:
            some = work.carrying.under_way()
        except (LibraryError, StoreError) as error:
            log.warning("jobs under way cannot be read, and are taken up later: %s", error)
            return
        self._taken_up.add(work.queue)
        group.create_task(self._tidy(work))
        for claimed in some:
            if self.carrier.carries(claimed.job.id):
                continue
            if claimed.attempt.state == "sending" and claimed.attempt.keyed:
                self._cut_off.append((work, claimed))
            else:
                self._start(group, work, claimed, cut_off=True)

    async def _tidy(self, work: Work) -> None:
        try:
            await work.storing.tidy()
        except (LibraryError, StoreError, OSError) as error:  # it is in nobody's way
            log.warning("what is left of finished jobs is looked for later: %s", error)

    def _resume(self, group: asyncio.TaskGroup) -> None:
        """Before anything new is begun. Of a provider that is not set up any more nothing is sent."""
        ready, self._ready = self._ready, []
        for work, job in ready:
            if (latest := self._latest(work, job)) is not None:
                self._start(group, work, latest, cut_off=True)
        waiting, self._cut_off = self._cut_off, []
        for work, claimed in waiting:
            provider = self._providers.get(claimed.job.provider)
            if provider is None or self.limits.open([provider]):
                self._start(group, work, claimed, cut_off=True)
            else:
                self._cut_off.append((work, claimed))

    def _latest(self, work: Work, job: JobId) -> Claimed | None:
        """One that lies ready, unless somebody stores it by now."""
        try:
            return None if self.carrier.carries(job) else work.carrying.latest(job)
        except (LibraryError, StoreError) as error:
            log.warning("job %s is taken up at the next start: %s", job.hex()[:8], error)
            return None

    def _start(self, group: asyncio.TaskGroup, work: Work, claimed: Claimed, *, cut_off: bool = False) -> None:
        provider = claimed.job.provider
        self.limits.take(provider)  # at once: until the task runs others are begun

        def ended(task: asyncio.Task[bool]) -> None:
            self.limits.give_back(provider)
            left = not task.cancelled() and task.exception() is None and task.result()
            if left and not self._providers.asking.offline:  # which it is again since before this ended
                self._look_again()
            self.wake()

        task = group.create_task(
            self.carrier.carry(work.carrying, work.storing, claimed, cut_off=cut_off),
            name=f"job {claimed.job.id.hex()[:8]}",
        )
        task.add_done_callback(ended)

    def opens_at(self, provider: str) -> int:
        """When a provider that said “later” is asked again, ms since 1970; 0 while it may be asked."""
        seconds = self.limits.closed_for(provider)
        return self._surroundings.clock.now() + round(seconds * 1000) if seconds else 0

    def progress(self, job: JobId) -> float | None:
        """How far a running job is, 0 … 1, where its provider says so."""
        return self.showing.progress.get(job)

    def preview(self, job: JobId) -> Shown | None:
        """How the picture of a running job looks by now, where that is shown."""
        return self.showing.of(job)
