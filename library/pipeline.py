"""Groups of work in two stages that overlap: the first runs ahead, the second follows in order. Knows no pictures."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from store.waiting import to_the_end

A = TypeVar("A")
B = TypeVar("B")
AHEAD = 2  # groups in the first stage: the next begins while the last of one is still worked on
BEHIND = 2  # groups in the second stage: one is made durable while the one before settles
Before = Callable[[], Awaitable[None]]


async def pipelined(
    groups: Iterable[A],
    first: Callable[[A], Coroutine[Any, Any, B]],
    second: Callable[[B, Before], Coroutine[Any, Any, None]],
    discard: Callable[[B], None],
) -> AsyncGenerator[A, None]:
    """Carry out all groups; gives each when its first stage is done.

    `second` gets what `first` gave and `before`, which returns when the group before has ended. When anything fails or
    the caller is cancelled, both stages are cancelled and waited for: what must not be left halfway, a second stage
    takes to its end (`store/waiting.py`). What no second stage has seen is given to `discard`.
    """
    rest = iter(groups)
    ahead: deque[tuple[A, asyncio.Task[B]]] = deque()
    behind: deque[asyncio.Task[None]] = deque()
    try:
        while True:
            while len(ahead) < AHEAD and (group := next(rest, None)) is not None:
                ahead.append((group, asyncio.create_task(first(group))))
            if not ahead:
                break
            await asyncio.wait([ahead[0][1]])
            while len(behind) >= BEHIND:
                await _ended(behind[0])
                behind.popleft()
            group, done = ahead.popleft()
            last = behind[-1] if behind else None
            behind.append(asyncio.create_task(second(done.result(), lambda last=last: _ended(last))))  # type: ignore[misc]
            yield group
        while behind:
            await _ended(behind[0])
            behind.popleft()
    finally:
        # In a task of its own: by then a second stage that was only just made has begun, and answers for what it got.
        await to_the_end(_given_up([task for _, task in ahead], behind, discard))


def grouped(sizes: Sequence[int], most: int, most_bytes: int) -> Iterator[range]:
    """Where a long row is cut: many small things share the cost of a commit, large ones hold nobody up for long.

    A group has at most `most` of them, and not more than `most_bytes` together, or a single one.
    """
    start, whole = 0, 0
    for index, size in enumerate(sizes):
        if index - start == most or (whole + size > most_bytes and index > start):
            yield range(start, index)
            start, whole = index, 0
        whole += size
    if start < len(sizes):
        yield range(start, len(sizes))


async def _ended(task: asyncio.Task[None] | None) -> None:
    """Wait without taking one's own cancelling on to the task; raises what it raised."""
    if task is not None:
        await asyncio.wait([task])
        task.result()


async def _given_up(
    ahead: Iterable[asyncio.Task[B]], behind: Iterable[asyncio.Task[None]], discard: Callable[[B], None]
) -> None:
    for task in (left := [*ahead, *behind]):
        task.cancel()
    if left:
        await asyncio.wait(left)
    for task in ahead:
        if not task.cancelled() and task.exception() is None:
            discard(task.result())
