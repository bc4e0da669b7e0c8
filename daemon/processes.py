"""Worker processes for the engine's own computing: started when first needed, ended when idle and with the daemon."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

IDLE_SECONDS = 60.0
MOST = 4
TRIES = 2  # a process that was killed for want of memory need not have been killed by this work


class Processes:
    """An async context manager; `run` ends idle processes and must run for that."""

    def __init__(
        self,
        size: int | None = None,
        idle_seconds: float = IDLE_SECONDS,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`size`: by default one less than the processors, for this process works as well."""
        self._size = size or max(1, min(MOST, (os.cpu_count() or 1) - 1))
        self._idle_seconds = idle_seconds
        self._sleep = sleep
        self._pool: ProcessPoolExecutor | None = None
        self._running = 0
        self._uses = 0

    async def __aenter__(self) -> Processes:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._end()

    async def call(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """What a pure function of a module gives; computed in this process when no other can."""
        self._uses += 1
        self._running += 1
        try:
            for _ in range(TRIES):
                try:
                    pool = self._pool = self._pool or self._open()
                    return await asyncio.wrap_future(pool.submit(work, *arguments))
                except (BrokenProcessPool, OSError):  # killed, or the system starts none
                    self._pool = None
            return await asyncio.to_thread(work, *arguments)
        finally:
            self._running -= 1

    async def run(self) -> None:
        """End the processes whenever none was used for a while."""
        while True:
            before = self._uses
            await self._sleep(self._idle_seconds / 2)
            if self._uses == before and not self._running:
                await self._end()

    def _open(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")  # nothing of this process's threads and files goes along
        return ProcessPoolExecutor(self._size, mp_context=context, initializer=_end_with_parent)

    async def _end(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.to_thread(pool.shutdown)


def _end_with_parent() -> None:
    """A daemon that is killed leaves no process behind."""

    def watch() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
