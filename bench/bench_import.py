"""Import beside a bare loop in as many processes: decode with draft, 512 px WebP, SHA-256, copy; no fsync, no database.

COUNT small JPEGs (10 KB) and a few large ones; prints pictures a second of both and the ratio. Target: at least 0.6.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import random
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PIL import Image

from imaging.pool import Pool
from library.events import Bus
from library.surroundings import Surroundings
from library.tasks import Tasks
from library.workspaces import Workspaces

COUNT = int(os.environ.get("COUNT", "2000"))
LARGE = COUNT * 150 // 10_000
PROCESSES = 2


def make(folder: Path) -> None:
    chance = random.Random(1)
    noise = Image.frombytes("RGB", (160, 160), chance.randbytes(160 * 160 * 3))
    for number in range(COUNT):
        image = noise.resize((256, 192)).rotate(number % 360)
        image.putpixel((0, 0), (number % 256, number // 256, 7))
        image.save(folder / f"small{number}.jpg", quality=40)
    for number in range(LARGE):
        Image.linear_gradient("L").resize((4000, 3000)).rotate(number).convert("RGB").save(
            folder / f"large{number}.jpg"
        )


def bare(job: tuple[str, str]) -> None:
    data = Path(job[0]).read_bytes()
    image = Image.open(io.BytesIO(data))
    image.draft("RGB", (512, 512))
    image.thumbnail((512, 512))
    image.save(io.BytesIO(), "WEBP", method=0)
    Path(job[1]).write_bytes(data)
    hashlib.sha256(data).digest()


async def ours(pictures: Path, home: Path) -> float:
    surroundings, bus = Surroundings(), Bus()
    async with Pool(PROCESSES) as pool:
        async with Workspaces(home, surroundings, pool.inspect, bus, Tasks(bus, surroundings.random)) as workspaces:
            begun = time.perf_counter()
            report = await workspaces.get("-").ingest.import_paths([pictures])
            seconds = time.perf_counter() - begun
            assert not report.failed and report.imported == COUNT + LARGE, report
            return seconds


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pictures").mkdir()
        (folder / "copies").mkdir()
        make(folder / "pictures")
        jobs = [(str(path), str(folder / "copies" / path.name)) for path in (folder / "pictures").iterdir()]
        with ProcessPoolExecutor(PROCESSES) as processes:
            begun = time.perf_counter()
            list(processes.map(bare, jobs, chunksize=8))
            reference = time.perf_counter() - begun
        seconds = asyncio.run(ours(folder / "pictures", folder / "home"))
    total = COUNT + LARGE
    print(
        f"import {COUNT} small, {LARGE} large: {total / seconds:.0f} a second; bare {total / reference:.0f};", end=" "
    )
    print(f"ratio {reference / seconds:.2f} (target 0.6)")


if __name__ == "__main__":
    main()
