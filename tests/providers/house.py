"""Adapters of tests: profiles with keys; and what the ledger itself says is open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from library.surroundings import Clock, Surroundings, SystemClock
from providers.openai.adapter import OpenAI
from providers.registry import Profile, Secret, Tools

KEY = "sk-canary-0123456789abcdef"


def tools(key: str | None = KEY, clock: Clock | None = None) -> Tools:
    return Tools(Surroundings(clock=clock or SystemClock()), lambda: None if key is None else Secret(key))


@asynccontextmanager
async def opened(
    base_url: str, adapter: str = "openai", key: str | None = KEY, clock: Clock | None = None, **values: Any
) -> AsyncIterator[OpenAI]:
    """An adapter of the images API on a server."""
    name = values.pop("name", "studio")
    provider = OpenAI(Profile(name, adapter, base_url=base_url, **values), tools(key, clock))
    try:
        yield provider
    finally:
        await provider.aclose()
