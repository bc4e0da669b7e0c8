"""Carries out jobs, each by a course of its own: whatever happens to one costs that one and nothing else."""

from __future__ import annotations

import asyncio
import logging

from library.errors import Damaged
from library.jobs.carrying import Carrying, Claimed
from library.jobs.models import JobId
from library.jobs.storing import Storing
from library.surroundings import Surroundings
from providers.carrying.course import Course, Means
from providers.limits import Limits
from providers.network import Network
from providers.registry import Providers
from providers.showing import Showing
from store.errors import StoreDamaged

log = logging.getLogger("gesso.carrier")


class Carrier:
    """Carries jobs out. `awaited`: whose answer may be paid for and is on its way, or being stored."""

    def __init__(
        self, providers: Providers, limits: Limits, network: Network, showing: Showing, surroundings: Surroundings
    ) -> None:
        self._means = Means(providers, limits, network, surroundings, set())
        self._showing = showing
        self._asked: dict[JobId, asyncio.Event] = {}
        self.awaited = self._means.awaited

    def carries(self, job: JobId) -> bool:
        return job in self._asked

    def call_off(self, job: JobId) -> None:
        """Ask for a running job's end."""
        if job in self._asked:
            self._asked[job].set()

    async def carry(self, carrying: Carrying, storing: Storing, claimed: Claimed, *, cut_off: bool = False) -> bool:
        """Carry a job out, or take one up again that a stop or a crash cut off. Whether it is to be taken up again, for
        it was left as its rows say when Gesso went offline.
        """
        self._asked[claimed.job.id] = asked = asyncio.Event()
        shown = self._showing.begin(carrying, claimed.job.id)
        try:
            if carrying.is_called_off(claimed.job.id):  # before anybody could be told
                asked.set()
            with self._means.providers.held(claimed.job.provider) as provider:
                return await Course(self._means, carrying, storing, claimed, provider, asked, shown).run(cut_off)
        except Exception as error:  # the others go on; this one is taken up again at the next start
            log.exception("job %s is left as its rows say", claimed.job.id.hex()[:8])
            if isinstance(error, Damaged | StoreDamaged):
                carrying.leave(claimed.job.id)
            return False
        finally:
            del self._asked[claimed.job.id]
            shown.end()
            self.awaited.discard(claimed.job.id)
