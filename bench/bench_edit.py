"""An edit, durable and answered, beside one FULL commit of SQLite. Target: a commit and 5 ms at p95.

COUNT sets how many pictures the library has (10,000).
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.parts.filling import fill, opened, percentile
from library.catalog import Library
from library.models import AssetChange

COUNT = int(os.environ.get("COUNT", "10000"))
TIMES = 400


def commits(folder: Path) -> list[float]:
    """ms of one FULL commit of a row as large as a segment."""
    connection = sqlite3.connect(folder / "reference.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE t(x)")
    spent = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        connection.execute("INSERT INTO t VALUES(?)", (os.urandom(900),))
        spent.append((time.perf_counter() - begun) * 1000)
    connection.close()
    return spent


async def edits(library: Library) -> list[float]:
    """ms of an edit of one picture, a different one each time."""
    ids = [item.id for item in (await library.search.page("", limit=200)).items]
    spent = []
    before = library.workspace.database.commits
    for number in range(TIMES):
        begun = time.perf_counter()
        await library.assets.edit_one(ids[number % len(ids)], AssetChange(rating=number // len(ids) % 5 + 1))
        spent.append((time.perf_counter() - begun) * 1000)
    print(f"commits of {TIMES} edits: {library.workspace.database.commits - before}")
    return spent


async def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        async with opened(Path(name)) as library:
            await fill(library, COUNT)
            reference, spent = commits(Path(name)), await edits(library)
    print(f"FULL commit: median {statistics.median(reference):.2f} ms, p95 {percentile(reference):.2f} ms")
    print(f"edit:        median {statistics.median(spent):.2f} ms, p95 {percentile(spent):.2f} ms")
    more = percentile(spent) - percentile(reference)
    print(f"an edit costs {more:.2f} ms more at p95 (target: at most 5)")


if __name__ == "__main__":
    asyncio.run(main())
