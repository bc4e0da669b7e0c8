"""What the provider of one job is asked about it. Asking costs nothing: it is asked until there is word."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from library.surroundings import Clock
from providers.asking import answer_of, careful
from providers.base import Accepted, Done, Provider
from providers.errors import (
    VERDICTS,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    ResultExpired,
    ServerBusy,
    Unreachable,
    Unsaid,
)
from providers.limits import pause_of
from providers.network import Network
from providers.registry import Providers
from providers.sent import ASKS, LONGEST_AWAY
from providers.waiting import CalledOff, WentOffline, first_of

T = TypeVar("T")
SUBMIT_SECONDS = 900.0  # the longest that one call may take; then nobody knows
CALL_OFF_SECONDS = 60.0
LAST_TRIES = 3  # of a link whose job was called off
LATER = (RateLimited, ServerBusy, OutcomeUnknown, Unreachable)  # what may be otherwise soon
LOOK_AGAIN = (10.0, 60.0)  # seconds after which a lost request is looked for once more
OTHER_KEY = "It is asked with another key by now."
log = logging.getLogger("gesso.carrier")


class Questions:
    """Asks one provider about one job. `asked`: somebody wants its end · `elsewhere`: whether what answers may be
    another one by now, or know the job by another account · `now`: what stands in its place now, None where that is
    another one · `turn`: of the offline switch, when the adapter was taken.
    """

    def __init__(
        self,
        provider: Provider,
        providers: Providers,
        network: Network,
        clock: Clock,
        asked: asyncio.Event,
        elsewhere: Callable[[], bool],
        now: Callable[[], Provider | None],
        turn: int,
    ) -> None:
        self._provider = provider
        self._providers = providers
        self._asking = providers.asking
        self._network = network
        self._clock = clock
        self._asked = asked
        self._elsewhere = elsewhere
        self._now = now
        self._turn = turn

    async def reach(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What it answers. Where Gesso went offline since its adapter was taken, that one is closed: WentOffline."""
        if self._provider.leaves_machine and self._asking.switch.turns != self._turn:
            raise WentOffline
        return await self._asking.reach(self._provider, ask)

    async def find(self, token: str) -> Done | Accepted:
        """What became of a request whose answer was lost. That it never arrived is as good as not sent; one that was on
        its way may have to be looked for more than once.
        """
        for pause in (0.0, *LOOK_AGAIN):
            await self._clock.sleep(pause)
            found = await self.told_of(lambda: self._provider.find(token))
            if found is not None:
                return answer_of(found)
        if self._elsewhere():
            raise unsaid(OTHER_KEY)
        raise Unreachable("The request did not arrive.")

    async def call_off(self, handle: bytes) -> bool:
        """Whether it makes sense to ask for it again. What cannot be asked now changes nothing: the job goes on."""
        try:
            outcome = await self.reach(lambda: careful(self._provider.cancel(handle), CALL_OFF_SECONDS))
        except ProviderError as error:
            log.warning("a job of %s cannot be called off now: %s", self._provider.name, error)
            return error.later or isinstance(error, OutcomeUnknown)
        if outcome in ("cancelled", "billed"):
            raise CalledOff(outcome == "billed")
        return False

    async def told_of(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What a provider says of a job that it took, or may have. That it does not let us ask says nothing of it, and
        what it says of one by another account is not of ours.
        """
        try:
            return await self.patiently(ask)
        except OutcomeUnknown:
            raise
        except ProviderError as error:
            if isinstance(error, VERDICTS) and not self._elsewhere():
                raise
            raise unsaid(str(error)) from error

    async def patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask until there is an answer: what was paid for is at the other end."""
        failures = tries = 0
        since = self._clock.elapsed()
        while True:
            try:
                return await self._once(ask)
            except LATER as error:
                away = isinstance(error, Unreachable)  # where nobody is asked nobody refuses to answer
                tries += 1
                failures += 0 if away else 1
                if failures >= ASKS or (away and self._clock.elapsed() - since > LONGEST_AWAY):
                    raise OutcomeUnknown(f"The job was accepted, and its provider does not answer: {error}") from error
                await self.pause(error, pause_of(error.retry_after, tries))

    async def follow(self, ask: Callable[[Provider], Awaitable[T]], *, again: bool, lives: float) -> T:
        """Follow a link to a picture for as many seconds as it `lives`, where its place alone cannot be reached;
        ResultExpired where nothing comes of it. While there is no way to the provider itself, or Gesso is offline, that
        time stands still, and the adapter that was closed then is not gone on with; `again`: who goes offline is given
        the link once more. One that was called off is not waited for.
        """
        tries, lived = 0, 0.0
        while True:
            begun = self._clock.elapsed()
            try:
                with self._providers.holding(self._provider) as provider:
                    return await self._once(partial(ask, provider))
            except WentOffline:
                if again:
                    raise
                await first_of(self._asking.switch.over.wait(), self._asked.wait())
                if self._asked.is_set() and self._asking.switch.on:  # it may be offline again by now
                    raise _lost("Gesso is offline, and it was called off.") from None
                await self._renew()
            except LATER as error:
                tries += 1
                over = self._asked.is_set() and tries >= LAST_TRIES
                if over or lived > lives or (tries >= ASKS and not isinstance(error, Unreachable)):
                    raise _lost(str(error)) from error
                await self.pause(error, pause_of(error.retry_after, tries), wake=True)
                if self._provider.name not in self._network.away:
                    lived += self._clock.elapsed() - begun

    async def _renew(self) -> None:
        """Go on with the adapter that is open now, or one like that which was closed: nobody else is asked for what
        lies there, and it is paid for.
        """
        self._turn, now = self._asking.switch.turns, self._now()
        try:
            self._provider = now or await self._providers.again(self._provider)
        except (Exception, SystemExit) as error:  # a plugin may raise anything
            log.warning("the provider %s cannot be opened again: %s", self._provider.name, error)
            raise _lost(f"Its provider cannot be opened again: {error}") from error

    async def _once(self, ask: Callable[[], Awaitable[T]]) -> T:
        return await self.reach(lambda: careful(ask(), SUBMIT_SECONDS))

    async def pause(self, error: ProviderError, seconds: float, *, wake: bool = False) -> None:
        """Until it makes sense to go there again; where there was no way, until there is one. `wake`: or until it is
        called off.
        """
        waits: list[Awaitable[object]] = [self._clock.sleep(seconds)]
        if isinstance(error, Unreachable):
            self._network.failed(self._provider.name)
            waits.append(self._network.returned(self._provider.name))
        if wake and not self._asked.is_set():
            waits.append(self._asked.wait())
        await first_of(*waits)


def _lost(why: str) -> ResultExpired:
    """A picture that was made and does not come here."""
    return ResultExpired(f"The picture was made, and could not be fetched: {why}", {"why": why})


def unsaid(why: str) -> Unsaid:
    """It may have been carried out, and nobody says so."""
    return Unsaid(f"The provider took the job, or may have, and does not say how it stands: {why}", {"why": why})
