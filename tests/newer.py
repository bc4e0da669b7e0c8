"""What a newer program leaves in a home: `save_as_newer` writes a saved search with a filter that is not known here."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.parts.filling import opened
from documents.draft import Draft
from documents.kinds import Kind
from library.workspace import Plan

QUERY = "sharpness:>3 neon"


def save_as_newer(home: Path, name: str) -> str:
    """Into the default workspace of a home whose daemon is not running; gives the search's id."""
    with ThreadPoolExecutor(1) as beside:  # a test may have a loop of its own
        return beside.submit(lambda: asyncio.run(_save(home / "data", name))).result()


async def _save(data: Path, name: str) -> str:
    id = bytes([Kind.COLLECTION]) + b"newer".ljust(15, b"\0")

    def write(draft: Draft) -> None:
        draft.agree("name", name)
        draft.agree("query", QUERY)

    async with opened(data) as library:
        await library.workspace.append(Plan("search.create", {"name": name}, [(id, write)]))
    return id.hex()
