"""Runs the daemon's services side by side and starts again those that fail."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from daemon.errors import Fatal

log = logging.getLogger("gesso.supervisor")

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
HEALTHY_AFTER = 60.0  # a service that ran so long starts again with the first pause


class Service(NamedTuple):
    """Something that runs until it is cancelled. Returning is fine too: it has no more to do."""

    name: str
    run: Callable[[], Awaitable[None]]


class Supervisor:
    """`run` returns when every service has returned or `stop` was called; Fatal from one ends all and is raised."""

    def __init__(
        self,
        services: Sequence[Service],
        elapsed: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._services = services
        self._elapsed = elapsed
        self._sleep = sleep
        self._stop = asyncio.Event()
        self.restarts: dict[str, int] = {service.name: 0 for service in services}
        self.ailing: dict[str, str] = {}  # services that wait to be started again, and why

    def stop(self) -> None:
        """Ask for a clean end."""
        self._stop.set()

    async def run(self) -> None:
        services = asyncio.create_task(self._run_all(), name="services")
        stopping = asyncio.create_task(self._stop.wait(), name="stopping")
        try:
            await asyncio.wait((services, stopping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (services, stopping):
                task.cancel()
            await asyncio.wait((services, stopping))
        if not services.cancelled() and (error := services.exception()):
            raise _root(error)

    async def _run_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for service in self._services:
                group.create_task(self._keep_running(service), name=service.name)

    async def _keep_running(self, service: Service) -> None:
        pause = FIRST_PAUSE
        while True:
            began = self._elapsed()
            try:
                return await service.run()
            except Fatal:
                raise
            except Exception as error:
                if self._elapsed() - began >= HEALTHY_AFTER:
                    pause = FIRST_PAUSE
                log.exception("%s failed; it starts again in %.0f s", service.name, pause)
                self.ailing[service.name] = f"{type(error).__name__}: {error}"
            await self._sleep(pause)
            self.ailing.pop(service.name, None)
            self.restarts[service.name] += 1
            pause = min(pause * 2, LONGEST_PAUSE)


def _root(error: BaseException) -> BaseException:
    """The first error in a group: services are independent, so there is rarely a second."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
