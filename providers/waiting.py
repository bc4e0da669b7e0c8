"""Waiting for whichever of several things happens first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from providers.base import Answer, Done

T = TypeVar("T")
LAST_SECONDS = 10.0  # that a task which was told to end may still take to store what it has in hand


async def first_of(*waits: Awaitable[Any]) -> None:
    """Until one of them is over; the others are called off."""
    tasks = [asyncio.ensure_future(each) for each in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def together(works: Iterable[Awaitable[T]]) -> list[T]:
    """What all of them give, in their order. Where one fails the others are called off."""
    tasks = [asyncio.ensure_future(each) for each in works]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class WentOffline(Exception):
    """Gesso went offline, or was, while another machine was asked."""


class CalledOff(Exception):
    """The job was called off while it ran, and the provider will not carry it out. `billed`: it may be on the bill."""

    def __init__(self, billed: bool = False) -> None:
        super().__init__("called off")
        self.billed = billed


@contextmanager
def counted(among: set[T], one: T) -> Iterator[None]:
    """One of them from here on, unless the block fails."""
    among.add(one)
    try:
        yield
    except BaseException:
        among.discard(one)
        raise


async def unless(told: asyncio.Event, work: Awaitable[T], error: type[Exception]) -> T:
    """What the work gives. It is stopped, and `error` raised, where `told` comes first; what it gives when it is
    stopped counts all the same. Where this is cancelled itself, it gives pictures that are in hand by then.
    """
    task, waits = asyncio.ensure_future(work), asyncio.ensure_future(told.wait())
    try:
        await asyncio.wait((task, waits), return_when=asyncio.FIRST_COMPLETED)
        if not task.done() and not await _gives(task):
            raise error
    except asyncio.CancelledError:
        if not await _gives(task) or not is_in_hand(task.result()):
            raise
        end_soon()
    finally:
        waits.cancel()
    return task.result()


async def _gives(task: asyncio.Future[Any]) -> bool:
    """Whether it gives something, and be it when it is stopped."""
    if not task.done():
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return not task.cancelled() and task.exception() is None


def all_in_hand(some: Sequence[Answer]) -> bool:
    """Whether there are pictures and nothing of them has to be waited for."""
    return bool(some) and all(each.data is not None for each in some)


def is_in_hand(found: object) -> bool:
    return isinstance(found, Done) and all_in_hand(found.answers)


def end_soon() -> None:
    """The current task was cancelled and goes on with what it has in hand. It is cancelled again where it has not ended
    soon, for the disk may be full for ever: unless whoever cancelled it took that back, as a time-out does.
    """
    task = asyncio.current_task()
    assert task is not None

    def again() -> None:
        if task.cancelling():
            task.cancel()

    later = asyncio.get_running_loop().call_later(LAST_SECONDS, again)
    task.add_done_callback(lambda ended: later.cancel())


@asynccontextmanager
async def left_when(told: asyncio.Event, error: type[Exception]) -> AsyncIterator[None]:
    """The block, which is left with `error` where `told` comes before its end: what awaits in it is cancelled, in the
    task that it is in, as generators want it.
    """
    task = asyncio.current_task()
    assert task is not None
    cut = False

    async def watch() -> None:
        nonlocal cut
        await told.wait()
        cut = True
        task.cancel()

    watching = asyncio.ensure_future(watch())
    try:
        yield
    except asyncio.CancelledError:
        if cut and task.uncancel() == 0:
            raise error from None
        raise
    finally:
        watching.cancel()
