"""Edits beside one SQLite FULL commit, and search beside the bare FTS5 query, at COUNT assets made by appending.

Prints medians and p95; targets: an edit is a commit + 5 ms at p95; search p95 at most 50 ms and 3 times the query.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from documents.draft import Draft
from documents.kinds import Kind, derived_id
from imaging.inspection import Facts, Inspection
from library.catalog import Library
from library.events import Bus
from library.ingest import write_version
from library.models import AssetChange
from library.surroundings import Surroundings
from library.tasks import Tasks
from library.words import matched
from library.workspace import Plan
from library.workspaces import Workspaces

COUNT = int(os.environ.get("COUNT", "10000"))
GROUP = 200
WORDS = [
    *("neon", "cat", "poster", "rain", "tower", "glass", "forest", "portrait", "ink", "river"),
    *("貓咪", "海報", "山水", "城市", "夜晚", "人像", "水墨", "霓虹"),
]
QUERIES = ["cat", "neon poster", "貓", "貓咪", "海報 夜晚", "ink river tower", "glass"]


def seen(number: int, chance: random.Random) -> Inspection:
    prompt = " ".join(chance.choice(WORDS) for _ in range(40))[:350]
    facts = Facts(prompt=prompt, seed=str(number), model=f"model{number % 9}", tool=["a1111", "comfyui"][number % 2])
    sha256 = hashlib.sha256(str(number).encode()).digest()
    return Inspection(sha256, 1000, "image/png", 1024, 768, 1, b"", bytes(8), facts, None, False)


async def fill(library: Library) -> None:
    chance = random.Random(1)
    for start in range(0, COUNT, GROUP):
        edits = []
        for number in range(start, min(start + GROUP, COUNT)):
            inspection = seen(number, chance)

            def write(draft: Draft, inspection: Inspection = inspection, at: int = number) -> None:
                write_version(draft, inspection, 1_700_000_000_000 + at * 60_000)

            edits.append((derived_id(Kind.IMAGE, library.workspace.id, inspection.sha256), write))
        await library.workspace.append(Plan("asset.import", {"count": len(edits), "name": "bench"}, edits))


def percentile(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def commits(folder: Path, times: int) -> list[float]:
    connection = sqlite3.connect(folder / "reference.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE t(x)")
    spent = []
    for _ in range(times):
        begun = time.perf_counter()
        connection.execute("INSERT INTO t VALUES(?)", (os.urandom(900),))
        spent.append((time.perf_counter() - begun) * 1000)
    connection.close()
    return spent


async def edits(library: Library, times: int) -> list[float]:
    ids = [item.id for item in (await library.search.page("", limit=200)).items]
    spent = []
    for number in range(times):
        begun = time.perf_counter()
        await library.assets.edit_one(ids[number % len(ids)], AssetChange(rating=number // len(ids) % 5 + 1))
        spent.append((time.perf_counter() - begun) * 1000)
    return spent


async def searches(library: Library) -> tuple[list[float], list[float]]:
    bare, ours = [], []
    path = library.workspace.database.path
    connection = sqlite3.connect(path)
    for _ in range(8):
        for query in QUERIES:
            begun = time.perf_counter()
            sql = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT 100"
            connection.execute(sql, (" AND ".join(matched(word) for word in query.split()),)).fetchall()
            bare.append((time.perf_counter() - begun) * 1000)
            begun = time.perf_counter()
            await library.search.page(query, limit=100)
            await library.search.facets(query)
            ours.append((time.perf_counter() - begun) * 1000)
    connection.close()
    return bare, ours


async def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        surroundings, bus = Surroundings(), Bus()

        async def nothing(jobs: object) -> list[Inspection]:
            return []

        tasks = Tasks(bus, surroundings.random)
        async with Workspaces(Path(name), surroundings, nothing, bus, tasks) as workspaces:  # type: ignore[arg-type]
            library = workspaces.get("-")
            begun = time.perf_counter()
            await fill(library)
            print(f"append {COUNT} documents: {COUNT / (time.perf_counter() - begun):.0f} a second")
            reference, spent = commits(Path(name), 300), await edits(library, 300)
            print(f"FULL commit: median {statistics.median(reference):.2f} ms, p95 {percentile(reference):.2f} ms")
            print(f"edit: median {statistics.median(spent):.2f} ms, p95 {percentile(spent):.2f} ms (target commit + 5)")
            bare, ours = await searches(library)
            print(f"bare FTS5 query: median {statistics.median(bare):.1f} ms, p95 {percentile(bare):.1f} ms")
            print(
                f"page and facets: median {statistics.median(ours):.1f} ms, p95 {percentile(ours):.1f} ms,"
                f" {percentile(ours) / percentile(bare):.1f} × (target 50 ms and 3 ×)"
            )
            begun = time.perf_counter()
            await library.care.rebuild()
            seconds = time.perf_counter() - begun
            print(f"rebuild {COUNT}: {seconds:.1f} s, {seconds / COUNT * 1e6:.0f} µs each (target 60 s at 100,000)")


if __name__ == "__main__":
    asyncio.run(main())
