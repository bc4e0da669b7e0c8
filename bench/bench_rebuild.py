"""Rebuilding every view from the log. Target: 100,000 assets in 60 s, and the time per asset flat from 1,000 on.

COUNTS sets the sizes (1000,10000,100000).
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.parts.filling import fill, opened

COUNTS = [int(count) for count in os.environ.get("COUNTS", "1000,10000,100000").split(",")]


async def main() -> None:
    for count in COUNTS:
        with tempfile.TemporaryDirectory() as name:
            async with opened(Path(name)) as library:
                await fill(library, count)
                before = await library.care.digest()
                begun = time.perf_counter()
                after = await library.care.rebuild()
                seconds = time.perf_counter() - begun
                assert after == before
        print(f"{count:8,} assets: {seconds:6.1f} s, {seconds / count * 1e6:4.0f} µs each (target 600 at 100,000)")


if __name__ == "__main__":
    asyncio.run(main())
