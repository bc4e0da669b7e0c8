"""Import beside a bare loop in as many processes: decode with draft, 512 px WebP, SHA-256, copy; no fsync, no database.

COUNT small JPEGs (10 KB) and a few large ones, ROUNDS times, each side in turn going first; prints pictures a second
of both and the ratio of each round, and beside it the ratio of the processors' time, which other work on the machine
hardly changes. Target: at least 0.6. PROFILE=file keeps a profile of the daemon's side.
"""

from __future__ import annotations

import asyncio
import cProfile
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.bench_import_reference import photographs, reference
from imaging.inspection import InspectJob
from imaging.pool import Pool
from library.events import Bus
from library.surroundings import Surroundings
from library.tasks import Tasks
from library.workspaces import Workspaces

COUNT = int(os.environ.get("COUNT", "10000"))
LARGE = COUNT * 150 // 10_000
ROUNDS = int(os.environ.get("ROUNDS", "3"))
PROCESSES = int(os.environ.get("PROCESSES", "2"))
PROFILE = os.environ.get("PROFILE")


def spent() -> float:
    """Seconds of processors that this process and those it waited for have used."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


async def started(path: Path) -> None:
    """What it costs to have the workers ready, which is not counted."""
    async with Pool(PROCESSES) as pool:
        await pool.inspect([InspectJob(path)] * 8 * PROCESSES)


async def ours(paths: Sequence[Path], home: Path) -> float:
    """Seconds of an import into a new library, whose workers have started before, as the bare loop's have."""
    surroundings, bus = Surroundings(), Bus()
    async with Pool(PROCESSES) as pool:
        tasks = Tasks(bus, surroundings.random)
        async with Workspaces(home, surroundings, pool.inspect, bus, tasks, comparer=pool) as workspaces:
            await pool.inspect([InspectJob(paths[0])] * 8 * PROCESSES)
            profile = cProfile.Profile() if PROFILE else None
            if profile is not None:
                profile.enable()
            begun = time.perf_counter()
            report = await workspaces.get("-").ingest.import_paths([paths[0].parent])
            seconds = time.perf_counter() - begun
            if profile is not None and PROFILE:
                profile.disable()
                profile.dump_stats(PROFILE)
            assert (report.imported, report.failed) == (len(paths), []), report.failed
            return seconds


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pictures").mkdir()
        paths = photographs(folder / "pictures", COUNT, (340, 255), 58)
        paths += photographs(folder / "pictures", LARGE, (4000, 3000), 90)
        small = statistics.mean(path.stat().st_size for path in paths[:COUNT]) / 1000
        print(f"{COUNT} JPEGs of {small:.0f} kB and {LARGE} of 12 megapixels, {PROCESSES} processes")
        before = spent()
        asyncio.run(started(paths[0]))
        ready = spent() - before
        print(f"{'':8}{'bare loop':>14}{'import':>14}{'ratio':>8}{'of processors':>16}")
        ratios = [measured(number, paths, folder / f"home{number}", ready) for number in range(ROUNDS)]
    wall, work = (statistics.median(column) for column in zip(*ratios, strict=True))
    print(f"{'median':36}{wall:>8.2f}{work:>16.2f} (target 0.60)")


def measured(number: int, paths: Sequence[Path], home: Path, ready: float) -> tuple[float, float]:
    """One round: the ratio by the clock and that by the processors' time."""
    seconds, work = {}, {}
    for side in ("bare", "ours") if number % 2 else ("ours", "bare"):
        before = spent()
        seconds[side] = reference(paths, PROCESSES) if side == "bare" else asyncio.run(ours(paths, home))
        work[side] = spent() - before - (ready if side == "ours" else 0)
    ratios = seconds["bare"] / seconds["ours"], work["bare"] / work["ours"]
    rates = len(paths) / seconds["bare"], len(paths) / seconds["ours"]
    print(f"round {number + 1:<2}{rates[0]:>10.0f} /s{rates[1]:>12.0f} /s{ratios[0]:>8.2f}{ratios[1]:>16.2f}")
    return ratios


if __name__ == "__main__":
    main()
