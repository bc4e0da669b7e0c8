"""What is written down of one job while it is carried out, whatever the disk does meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from library.errors import Clash, Damaged, Invalid, LibraryError, NotFound, ReadOnly
from library.jobs.carrying import Carrying, Claimed
from library.jobs.models import Attempt, AttemptState, Cost, Estimate, Failure
from library.jobs.states import moved
from library.jobs.storing import NoPicture
from library.surroundings import Clock
from store.errors import StoreDamaged, StoreDenied, StoreError, StoreTooNew

T = TypeVar("T")
STORE_AGAIN = 30.0  # seconds until pictures that the library could not take are tried again
# What trying again makes no better; anything else, as a full disk, may pass.
LASTING = (NoPicture, Clash, Damaged, Invalid, NotFound, ReadOnly, StoreDamaged, StoreDenied, StoreTooNew)
log = logging.getLogger("gesso.carrier")


class Record:
    """The rows of one job. `claimed`: as they are, or as they would be if any row took it."""

    def __init__(self, carrying: Carrying, claimed: Claimed, clock: Clock) -> None:
        self.claimed = claimed
        self.answered = False  # its pictures came, and nothing says so yet but this process
        self._carrying = carrying
        self._clock = clock

    @property
    def state(self) -> AttemptState:
        return self.claimed.attempt.state

    @property
    def likely(self) -> Estimate | None:
        """What it costs by the prices at which it was sent."""
        return self.claimed.attempt.estimate or self.claimed.job.estimate

    @property
    def name(self) -> str:
        return self.claimed.job.id.hex()[:8]

    async def begin(self, sent_to: str, keyed: bool, estimate: Estimate) -> None:
        """Before anything is sent. Raises what keeps it from being written, be it a full disk: then nothing is sent,
        and what was looked at before may be otherwise by the time there is room. `estimate`: by the prices of now.
        """
        other = None if estimate == self.claimed.job.estimate else estimate
        sending = moved(self.claimed.attempt, "sending", sent_to=sent_to, keyed=keyed, estimate=other)
        await self._carrying.stepped(sending)
        self.claimed = self.claimed._replace(attempt=sending)

    async def step(self, state: AttemptState, **values: object) -> None:
        """Something has happened. Where no row takes it, it goes on all the same: it may be paid for."""
        await self._stepped(moved(self.claimed.attempt, state, **values), state)

    async def linked(self) -> None:
        """Its pictures were made, and links to them came, which live for a while: they are followed whether or not the
        disk takes this now.
        """
        self.answered = True
        await self._note_answered()

    async def came(self) -> None:
        """Something of it came back. Also after a restart it must neither be sent again nor look as if it were free."""
        if not self.claimed.attempt.came:
            await self._stepped(msgspec.structs.replace(self.claimed.attempt, came=True), "shown")

    async def _stepped(self, attempt: Attempt, what: str) -> None:
        try:
            await self.insist(lambda: self._carrying.stepped(attempt))
        except LASTING as error:
            log.error("that job %s is %s cannot be written down: %s", self.name, what, error)
        self.claimed = self.claimed._replace(attempt=attempt)

    async def end(
        self,
        state: AttemptState,
        failure: Failure,
        *,
        cost: Cost | None = None,
        cancelled: bool = False,
        again_at: int | None = None,
        reason: str = "",
    ) -> None:
        """It came to nothing: see Carrying.ended."""
        await self.insist(
            lambda: self._carrying.ended(
                self.claimed, state, failure, cost=cost, cancelled=cancelled, again_at=again_at, reason=reason
            )
        )

    async def hold_up(self, failure: Failure) -> None:
        """What lies ready cannot be stored."""
        await self.insist(lambda: self._carrying.held_up(self.claimed, failure))

    async def insist(self, work: Callable[[], Awaitable[T]]) -> T:
        """What has happened must be written down. While the disk is full or fails, it is kept in memory; what will not
        pass by itself is raised.
        """
        while True:
            try:
                return await work()
            except LASTING:
                raise
            except (LibraryError, StoreError) as error:
                log.warning("job %s cannot be written down yet: %s", self.name, error)
                await self._note_answered()
                await self._clock.sleep(STORE_AGAIN)

    async def _note_answered(self) -> None:
        """Pictures, or links to them, wait, perhaps until a restart. That they came is little, and may find room."""
        if self.answered and self.state == "sending" and not self.claimed.attempt.came:
            came = msgspec.structs.replace(self.claimed.attempt, came=True)
            try:
                await self._carrying.stepped(came)
            except (LibraryError, StoreError) as error:
                log.warning("nor that pictures of job %s came: %s", self.name, error)
            else:
                self.claimed = self.claimed._replace(attempt=came)
