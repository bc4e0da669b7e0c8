"""Waiting for whatever comes first."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


async def either(event: asyncio.Event, sleeping: Coroutine[Any, Any, object]) -> None:
    """Until the event is set or the sleep is over."""
    waiting = [asyncio.ensure_future(event.wait()), asyncio.ensure_future(sleeping)]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()
