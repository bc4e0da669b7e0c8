"""Which providers cannot be reached, and since when they can again, so that what waits for them goes on at once.

Nothing is paid for that: the system says whether this machine is on a network, a provider's own check the rest.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Callable
from typing import NoReturn

from library.surroundings import Clock
from providers.asking import careful
from providers.base import Provider
from providers.errors import AdapterFailed, OutcomeUnknown, ProviderError, Unreachable
from providers.limits import pause_after
from providers.registry import Providers
from providers.waiting import WentOffline

LOOK = 1.0  # seconds between two looks; a provider on this machine is asked each time
LONGEST = 15.0  # seconds between two questions to one elsewhere while there is a network
CHECK_SECONDS = 5.0
# Of documentation: nobody is there, and connecting a socket for datagrams sends nothing.
NOBODY = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
log = logging.getLogger("gesso.network")


def has_route() -> bool:
    """Whether the system would know where to send anything that goes to another network."""
    for family, address in NOBODY:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as one:
                one.connect((address, 9))
                return True
        except OSError:
            continue
    return False


class Away:
    """A provider that a job could not reach. `sure`: its own check did not either, or there is no network."""

    def __init__(self) -> None:
        self.sure = False
        self.over = asyncio.Event()


class Network:
    """The way to the providers. `back` is called for one that was surely away and can be reached again, `told` whenever
    `away` is another than before.
    """

    def __init__(
        self,
        providers: Providers,
        clock: Clock,
        route: Callable[[], bool],
        back: Callable[[str], object],
    ) -> None:
        self._providers = providers
        self._clock = clock
        self._route = route
        self._back = back
        self._away: dict[str, Away] = {}
        self._lost: Counter[str] = Counter()  # how often it was away since a job got there
        self._bell = asyncio.Event()
        self.told: Callable[[], object] = lambda: None

    @property
    def away(self) -> list[str]:
        """Names of those that surely cannot be reached now, though Gesso would."""
        offline = self._providers.asking.offline
        found = [name for name, each in self._away.items() if each.sure]
        return [name for name in found if not (offline and self._leaves(name))]

    def _leaves(self, name: str) -> bool:
        provider = self._providers.get(name)
        return provider is not None and provider.leaves_machine

    def failed(self, provider: str) -> None:
        """A job did not get there."""
        if provider not in self._away:
            self._lost[provider] += 1
            self._away[provider] = Away()
            self._bell.set()

    def reached(self, provider: str) -> None:
        """A job got there."""
        del self._lost[provider]
        self._over(provider)

    def _over(self, name: str) -> None:
        found = self._away.pop(name, None)
        if found is not None and found.sure:  # who only seemed to be away, as its pictures' place was, did not return
            log.info("%s can be reached again", name)
            found.over.set()
            self.told()
            self._back(name)

    async def returned(self, provider: str) -> None:
        """Until one that is away is there again."""
        found = self._away.get(provider)
        await (asyncio.Event() if found is None else found.over).wait()

    async def run(self) -> NoReturn:
        """Look after those that are away, until cancelled."""
        watched: set[Away] = set()
        async with asyncio.TaskGroup() as group:
            while True:
                self._bell.clear()
                for name, each in self._away.items():
                    if each not in watched:
                        watched.add(each)
                        group.create_task(self._watch(name, each)).add_done_callback(
                            lambda _, each=each: watched.discard(each)  # type: ignore[misc]
                        )
                await self._bell.wait()

    async def _watch(self, name: str, away: Away) -> None:
        # One whose check goes well while jobs do not get there is believed less and less soon.
        lost = self._lost[name] - 1
        due, pause, routed = self._clock.elapsed() + (pause_after(lost) if lost > 0 else 0.0), LOOK, True
        while self._away.get(name) is away:
            provider = self._providers.get(name)
            if provider is None:
                self._over(name)
                return
            now = self._clock.elapsed()
            route = not provider.leaves_machine or (not self._providers.asking.offline and self._route())
            if route and (now >= due or not routed):
                if await self._answers(provider):
                    # One that answers its check and takes no job is tried again like any that failed.
                    if self._away.get(name) is away:
                        self._over(name)
                    return
                due = now + pause
                pause = min(pause * 2, LONGEST) if provider.leaves_machine else LOOK
                self._make_sure(name, away)
            elif not route:
                self._make_sure(name, away)
            routed = route
            await self._clock.sleep(LOOK)

    def _make_sure(self, name: str, away: Away) -> None:
        if not away.sure and self._away.get(name) is away:
            log.info("%s cannot be reached; its jobs wait", name)
            away.sure = True
            self.told()

    async def _answers(self, provider: Provider) -> bool:
        try:
            health = await self._providers.asking.reach(provider, lambda: careful(provider.check(), CHECK_SECONDS))
        except WentOffline:
            return False
        except (AdapterFailed, Unreachable) as error:
            return isinstance(error, AdapterFailed)  # of a plugin: no matter of the network
        except OutcomeUnknown:
            return False
        except ProviderError:
            return True
        return health.code != Unreachable.code
