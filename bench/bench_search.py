"""A page of 100 found by text with its facets, beside the bare FTS5 query. Target: p95 at most 50 ms and 3 times.

COUNT sets how many pictures the library has (100,000).
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

from bench.filling import WORDS, fill, opened, percentile
from library.catalog import Library
from library.words import matched

COUNT = int(os.environ.get("COUNT", "100000"))
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
FILTERED = ["", "tag:海報", "model:model3 rating:>=3", f"{WORDS[51]} tool:comfyui"]


def bare(connection: sqlite3.Connection, query: str) -> float:
    begun = time.perf_counter()
    connection.execute(BARE, (" AND ".join(matched(word) for word in query.split()),)).fetchall()
    return (time.perf_counter() - begun) * 1000


async def ours(library: Library, query: str) -> float:
    begun = time.perf_counter()
    await library.search.page(query, limit=100)
    await library.search.facets(query)
    return (time.perf_counter() - begun) * 1000


async def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        async with opened(Path(name)) as library:
            await fill(library, COUNT)
            connection = sqlite3.connect(library.workspace.database.path)
            rows: dict[str, tuple[list[float], list[float]]] = {}
            for _ in range(ROUNDS):
                for query in [*QUERIES, *COMMON]:
                    one, other = rows.setdefault(query, ([], []))
                    one.append(bare(connection, query))
                    other.append(await ours(library, query))
            filtered = {query: [await ours(library, query) for _ in range(ROUNDS)] for query in FILTERED}
            connection.close()
    print(f"{'':24}{'bare FTS5':>12}{'page+facets':>14}   (medians, ms)")
    for query, (one, other) in rows.items():
        print(f"{query:24}{statistics.median(one):12.2f}{statistics.median(other):14.2f}")
    for query, spent in filtered.items():
        print(f"{query or '(everything)':24}{'':12}{statistics.median(spent):14.2f}")
    all_bare = [ms for query in QUERIES for ms in rows[query][0]]
    all_ours = [ms for query in QUERIES for ms in rows[query][1]]
    ratio = percentile(all_ours) / percentile(all_bare)
    print(
        f"p95: bare {percentile(all_bare):.1f} ms, ours {percentile(all_ours):.1f} ms, {ratio:.1f} × (targets 50 and 3)"
    )
    print(f"p95 with filters: {percentile([ms for spent in filtered.values() for ms in spent]):.1f} ms")


if __name__ == "__main__":
    asyncio.run(main())
