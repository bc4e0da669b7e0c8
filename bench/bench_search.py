"""A page of 100 found by text with its facets, beside the bare FTS5 query. Target: p95 at most 50 ms and 3 times.

The newest first, as the page of the gallery asks, and by relevance, as the command line does. COUNT sets how many
pictures the library has (100,000), YEARS over how long they were made (5): facets count months too.
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

from bench.parts.filling import BEGUN, MINUTE, SIGNS, WORDS, fill, opened, percentile
from library.catalog import Library
from library.views.search import Search
from library.views.words import matched

COUNT = int(os.environ.get("COUNT", "100000"))
YEARS = float(os.environ.get("YEARS", "5"))
ROUNDS = 12
BARE = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT 100"
# Words that a quarter, a tenth, a few and none of the pictures have, alone and together, Latin and Chinese in turns.
QUERIES = [
    *(WORDS[place] for place in (20, 21, 50, 51, 100, 101, 300, 301, 1000)),
    f"{WORDS[20]} {WORDS[51]}",
    f"{WORDS[21]} {WORDS[100]} {WORDS[301]}",
    "nothing-at-all",
]
COMMON = [WORDS[0], "貓"]  # nearly all pictures have these: the bare query alone is beyond any target
SIGNED = [*SIGNS, "※", f"{WORDS[51]} 🎉", f"{WORDS[50]} -♥"]  # signs are in no index of words
EVERYWHERE = ["-♥", ","]  # as COMMON
FILTERED = ["", "tag:海報", "model:model3 rating:>=3", f"{WORDS[51]} tool:comfyui"]


def bare(connection: sqlite3.Connection, query: str) -> float:
    begun = time.perf_counter()
    connection.execute(BARE, (" AND ".join(matched(word) for word in query.split()),)).fetchall()
    return (time.perf_counter() - begun) * 1000


async def ours(library: Library, query: str, sort: str) -> float:
    database = library.workspace.database
    search = Search(database.read, library.checkpoints.read, lambda: database.commits)  # remembers no query
    begun = time.perf_counter()
    await search.page(query, sort, limit=100)
    await search.facets(query)
    return (time.perf_counter() - begun) * 1000


async def newest(library: Library, queries: list[str]) -> dict[str, list[float]]:
    return {query: [await ours(library, query, "newest") for _ in range(ROUNDS)] for query in queries}


Times = dict[str, tuple[list[float], ...]]  # by query: bare, newest, relevance


async def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        async with opened(Path(name)) as library:
            await fill(library, COUNT, BEGUN, int(YEARS * 365 * 24 * 60 * MINUTE / COUNT))
            connection = sqlite3.connect(library.workspace.database.path)
            rows: Times = {query: ([], [], []) for query in [*QUERIES, *COMMON]}
            for _ in range(ROUNDS):
                for query, times in rows.items():
                    times[0].append(bare(connection, query))
                    times[1].append(await ours(library, query, "newest"))
                    times[2].append(await ours(library, query, "relevance"))
            signed = await newest(library, [*SIGNED, *EVERYWHERE])
            filtered = await newest(library, FILTERED)
            connection.close()
    print(f"{'':24}{'bare FTS5':>12}{'newest':>12}{'relevance':>12}   (a page of 100 and facets; medians, ms)")
    for query, times in rows.items():
        print(f"{query:24}" + "".join(f"{statistics.median(each):12.2f}" for each in times))
    for query, spent in [*signed.items(), *filtered.items()]:
        print(f"{query or '(everything)':24}{'':12}{statistics.median(spent):12.2f}")
    reference, *both = (percentile([ms for query in QUERIES for ms in rows[query][place]]) for place in range(3))
    for sort, spent_ms in zip(("newest", "relevance"), both, strict=True):
        print(
            f"p95 {sort}: {spent_ms:.1f} ms, bare {reference:.1f} ms, {spent_ms / reference:.1f} × (targets 50 and 3)"
        )
    print(f"p95 of signs: {percentile([ms for query in SIGNED for ms in signed[query]]):.1f} ms")
    print(f"p95 with filters: {percentile([ms for spent in filtered.values() for ms in spent]):.1f} ms")


if __name__ == "__main__":
    asyncio.run(main())
