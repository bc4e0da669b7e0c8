"""Who reads waits for nobody that takes long, as long as there is another connection."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from tests.library.house import open_library


async def test_reads_go_past_one_that_takes_long(tmp_path: Path) -> None:
    async with open_library(tmp_path / "home") as library:
        database, end = library.workspace.database, threading.Event()
        slow = asyncio.create_task(database.read(lambda connection: end.wait(60)))
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(30):
                for _ in range(6):
                    assert await database.read(lambda connection: connection.execute("SELECT 1").fetchone()) == (1,)
        finally:
            end.set()
        assert await slow
