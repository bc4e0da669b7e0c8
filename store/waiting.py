"""Waiting for what a thread does, which cannot be stopped from outside: nobody acts on half of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def to_the_end(work: Awaitable[T]) -> T:
    """As `await work`, but who is cancelled meanwhile goes on being so only when the work is over."""
    pending = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(pending)
    except asyncio.CancelledError:
        while not pending.done():
            try:
                await asyncio.wait([pending])
            except asyncio.CancelledError:
                continue
        if not pending.cancelled():
            pending.exception()
        raise
