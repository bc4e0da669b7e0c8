"""Seconds until the library is shown as it was at a moment, by how many pictures were changed since."""

from __future__ import annotations

import argparse
import asyncio
import datetime
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.parts.filling import fill, opened
from library.catalog import Library
from library.models import AssetChange

CHANGED = (0, 100, 1000, 10_000)
QUERIES = ("", "rating:>=3", "neon")


async def change(library: Library, count: int) -> str:
    """Tag some pictures after a moment; gives the moment."""
    await asyncio.sleep(0.01)
    moment = datetime.datetime.now().astimezone().isoformat()
    await asyncio.sleep(0.01)
    _, ids = await library.search.ids("", limit=count)
    if count:
        await library.assets.edit(ids, AssetChange(add_tags=[f"since {moment}"]))
    return moment


async def measure(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with opened(Path(folder)) as library:
            await fill(library, count)
            print(f"{'changed':>8} {'query':>12} {'first':>7} {'again':>7}")
            for changed in CHANGED:
                if changed > count:
                    break
                for query in QUERIES:
                    moment = await change(library, changed)
                    took = []
                    for _ in range(2):
                        began = time.perf_counter()
                        await library.search.page(query, at=moment)
                        took.append(time.perf_counter() - began)
                    print(f"{changed:8} {query or 'all':>12} {took[0]:7.3f} {took[1]:7.3f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=100_000)
    asyncio.run(measure(parser.parse_args().pictures))
