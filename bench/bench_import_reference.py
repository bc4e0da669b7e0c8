"""The bare loop that the import is measured against: decode small, thumbnail, hash, copy. No fsync, no database.

Alone it prints what looking at pictures within limits costs over that loop, in one process.
"""

from __future__ import annotations

import hashlib
import io
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from PIL import Image, ImageFilter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from imaging.examine import inspect
from imaging.inspection import Inspection, InspectJob, Limits

ROUNDS = 7
SMALL, LARGE = 400, 6


def reference(paths: Sequence[Path], processes: int) -> float:
    """Seconds that the bare loop takes for these pictures in so many processes, which have started before."""
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(processes) as pool:
        # Every process is started and has loaded Pillow's plugins before the clock runs.
        list(pool.map(_ready, range(processes * 2)))
        jobs = [(os.fsdecode(path), f"{folder}/{index}") for index, path in enumerate(paths)]
        begun = time.perf_counter()
        for _ in pool.map(bare, jobs, chunksize=8):
            pass
        return time.perf_counter() - begun


def bare(job: tuple[str, str]) -> tuple[bytes, bytes]:
    """One picture: SHA-256 and a 512 px WebP thumbnail; its bytes are copied."""
    source, target = job
    data = Path(source).read_bytes()
    digest = hashlib.sha256(data).digest()
    Path(target).write_bytes(data)
    with Image.open(io.BytesIO(data)) as image:
        image.draft("RGB", (512, 512))
        image.thumbnail((512, 512))
        file = io.BytesIO()
        (image if image.mode in ("RGB", "RGBA") else image.convert("RGB")).save(file, "WEBP", method=0)
    return digest, file.getvalue()


def ours(job: tuple[str, str]) -> Inspection:
    """The same picture by the code that runs in a worker."""
    seen = inspect(InspectJob(Path(job[0]), copy_to=Path(job[1])), Limits())
    assert isinstance(seen, Inspection), seen
    return seen


def _ready(_: int) -> None:
    Image.init()


def photographs(folder: Path, count: int, size: tuple[int, int], quality: int) -> list[Path]:
    """JPEGs with soft shapes and grain, every one different."""
    chance, paths = random.Random(5), []
    for index in range(count):
        soft = Image.frombytes("RGB", (16, 12), chance.randbytes(576)).resize(size, Image.Resampling.BICUBIC)
        grain = Image.frombytes("L", (256, 256), chance.randbytes(65_536)).filter(ImageFilter.SMOOTH).resize(size)
        path = folder / f"{size[0]}-{index}.jpg"
        Image.blend(soft, Image.merge("RGB", (grain,) * 3), 0.15).save(path, quality=quality)
        paths.append(path)
    return paths


def seconds(look: Callable[[tuple[str, str]], object], paths: Sequence[Path], folder: Path) -> float:
    """CPU seconds of one loop."""
    jobs = [(str(path), str(folder / f"copy{index}")) for index, path in enumerate(paths)]
    begun = time.process_time()
    for job in jobs:
        look(job)
    spent = time.process_time() - begun
    for _, copy in jobs:
        Path(copy).unlink()
    return spent


def main() -> None:
    print(f"{'JPEGs':24}{'bare loop':>14}{'looked at':>14}{'ratio':>8}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for count, size, quality in ((SMALL, (400, 300), 60), (LARGE, (4000, 3000), 90)):
            paths = photographs(folder, count, size, quality)
            rounds = [(seconds(bare, paths, folder), seconds(ours, paths, folder)) for _ in range(ROUNDS)]
            loop, looked = (statistics.median(column) / count * 1000 for column in zip(*rounds, strict=True))
            kind = f"{size[0]}×{size[1]}, {statistics.mean(path.stat().st_size for path in paths) / 1000:.0f} kB"
            print(f"{kind:24}{loop:>11.2f} ms{looked:>11.2f} ms{looked / loop:>8.2f}")


if __name__ == "__main__":
    main()
