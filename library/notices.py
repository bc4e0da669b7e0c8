"""The system's notices of what changes in a folder, through watchfiles. Passed in: a simulation gives its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple

from watchfiles import Change, DefaultFilter, awatch

from library.gathering import passed_over

TIMEOUT_SECONDS = 2.0


class Notice(NamedTuple):
    """Paths that came or changed, and whether any went."""

    changed: list[Path]
    gone: bool


# Watches a folder until the event is set; an empty notice now and then says that nothing happened. OSError or
# RuntimeError where there are no notices to be had.
Notices = Callable[[Path, asyncio.Event], AsyncIterator[Notice]]


class Hidden(DefaultFilter):
    """Passes over what is hidden, also within hidden folders, what is unfinished and what editors leave behind."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._depth = len(folder.parts)

    def __call__(self, change: Change, path: str) -> bool:
        parts = Path(path).parts[self._depth :]
        hidden = any(part.startswith(".") for part in parts) or (parts and passed_over(parts[-1]))
        return not hidden and super().__call__(change, path)


async def system_notices(folder: Path, stop: asyncio.Event, quiet: float = TIMEOUT_SECONDS) -> AsyncIterator[Notice]:
    """What the system tells; after so long without any, that nothing happened."""
    async for changes in awatch(
        folder,
        watch_filter=Hidden(folder),
        stop_event=stop,
        rust_timeout=int(quiet * 1000),
        yield_on_timeout=True,
        debounce=400,
    ):
        changed = sorted({Path(path) for change, path in changes if change is not Change.deleted})
        yield Notice(changed, any(change is Change.deleted for change, _ in changes))
