"""Start to ready, and what an idle daemon costs, with COUNT assets (100,000).

Targets: ready within 1.5 s; idle at most 200 MB (daemon and pool together) and 0.5 % of a core. IDLE sets for how many
seconds the idle daemon is watched (60).
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.parts.filling import fill, opened

COUNT = int(os.environ.get("COUNT", "100000"))
IDLE = float(os.environ.get("IDLE", "60"))
STARTS = 5
TICK = os.sysconf("SC_CLK_TCK")


def start(home: Path) -> tuple[subprocess.Popen[str], float]:
    """A daemon that is ready, and the seconds it took."""
    begun = time.perf_counter()
    daemon = subprocess.Popen(
        [sys.executable, "-P", "-m", "cli", "--home", str(home), "up", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    assert daemon.stdout is not None
    line = daemon.stdout.readline()
    assert line.startswith("gesso is ready"), line
    return daemon, time.perf_counter() - begun


def family(pid: int) -> list[int]:
    """A process and those it started."""
    tasks = Path(f"/proc/{pid}/task/{pid}/children")
    return [pid, *(each for child in tasks.read_text().split() for each in family(int(child)))]


def memory(pid: int) -> float:
    """MB that a process has to itself, and its share of what it shares."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1000


def spent(pid: int) -> float:
    """Seconds of a core."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)

        async def prepare() -> None:
            async with opened(home / "data") as library:
                await fill(library, COUNT)
                await library.care.digest()

        asyncio.run(prepare())
        times = []
        for number in range(STARTS):
            daemon, seconds = start(home)
            times.append(seconds)
            if number < STARTS - 1:
                daemon.terminate()
                daemon.wait()
        print(f"start to ready with {COUNT:,} assets: median {statistics.median(times):.2f} s (target 1.5)")
        time.sleep(2)
        pids = family(daemon.pid)
        before = sum(spent(pid) for pid in pids)
        time.sleep(IDLE)
        busy = sum(spent(pid) for pid in pids) - before
        print(
            f"idle: {sum(memory(pid) for pid in pids):.0f} MB in {len(pids)} processes (target 200),"
            f" {busy / IDLE * 100:.2f} % of a core (target 0.5)"
        )
        daemon.terminate()
        daemon.wait()


if __name__ == "__main__":
    main()
