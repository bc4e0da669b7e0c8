"""Saved searches of every kind: the list alone, with all counts, with those remembered, and one after a write.

COUNT sets how many pictures the library has (100,000). No target of its own: counts must leave the page room.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.parts.filling import WORDS, fill, opened
from library.models import AssetChange, NewSavedSearch

COUNT = int(os.environ.get("COUNT", "100000"))
QUERIES = (
    "rating:>=4", "tool:comfyui", "model:model3 rating:>=3", "is:untagged", "tag:海報", "-tag:draft", "date:2024",
    "date:>=2024-01-01", "flag:pick", "label:none", "size:>1000", "in:77", "made:imported", "is:binned", "seed:4711",
    WORDS[0], WORDS[20], WORDS[51], WORDS[300], f"{WORDS[20]} {WORDS[51]} rating:>=3", f"-{WORDS[20]}", "貓",
    f"{WORDS[21]} tool:comfyui date:2024", "nothing-at-all",
)  # fmt: skip


async def taken(doing: Callable[[], Awaitable[object]]) -> float:
    begun = time.perf_counter()
    await doing()
    return (time.perf_counter() - begun) * 1000


async def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        async with opened(Path(name)) as library:
            await fill(library, COUNT)
            made = [await library.searches.create(NewSavedSearch(name=query, query=query)) for query in QUERIES]
            asset = (await library.search.page(limit=1)).items[0].id
            print(f"{COUNT:,} pictures, {len(made)} saved searches")
            for query, each in zip(QUERIES, made, strict=True):
                await library.assets.edit_one(asset, AssetChange(note=query))
                one = await taken(lambda id=each.id: library.searches.show(id))  # type: ignore[misc]
                print(f"  {query:36}{one:10.1f} ms")
            await library.assets.edit_one(asset, AssetChange(note=""))
            print(f"the list{await taken(library.searches.list):36.1f} ms")
            print(f"all counted{await taken(lambda: library.searches.list(True)):33.1f} ms")
            print(f"all counted, again{await taken(lambda: library.searches.list(True)):26.1f} ms")


if __name__ == "__main__":
    asyncio.run(main())
