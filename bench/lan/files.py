"""Pictures to another device: as they come in, and when it joins; beside a bare loop, Syncthing and rsync.

COUNT small JPEGs (10 kB), then LARGE of 12 megapixels. Ours is over when the other device shows every picture and has
every original and every small picture, durably; Syncthing's when its files are there. Prints seconds and CPU seconds.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench.bench_import_reference import photographs, reference
from bench.parts import syncthing
from bench.parts.devices import device, pair, wait

COUNT = int(os.environ.get("COUNT", "10000"))
LARGE = int(os.environ.get("LARGE", "150"))


def main() -> None:
    for name, count, size, quality in (("small", COUNT, (340, 255), 58), ("large", LARGE, (4000, 3000), 90)):
        if not count:
            continue
        with tempfile.TemporaryDirectory() as folder:
            pictures = Path(folder) / "pictures"
            pictures.mkdir()
            paths = photographs(pictures, count, size, quality)
            megabytes = sum(path.stat().st_size for path in paths) / 1e6
            print(f"{name}: {count} JPEGs, {megabytes:.0f} MB")
            bare = reference(paths, 2)
            print(f"  bare loop, 2 processes                      {bare:7.1f} s")
            appear(Path(folder), pictures, count, bare)
            join(Path(folder), pictures, count)


def told(what: str, beside: str, seconds: float, cpu: float | None, ratio: str) -> None:
    used = "" if cpu is None else f"{cpu:.1f} s CPU"
    print(f"  {what:26}{beside:24}{seconds:8.1f} s  {used:>12}  {ratio}")


def appear(folder: Path, pictures: Path, count: int, bare: float) -> None:
    """Both are connected, then the pictures come in on the first."""
    with device(folder / "a") as one, device(folder / "b") as other:
        pair(one, other)
        wait(lambda: other.ask("GET", "/peers")["connected"])
        one.ask("POST", "/w/-/imports", {"paths": [str(pictures)]})
        begun = time.perf_counter()
        wait(lambda: other.total() == count)
        shown = time.perf_counter() - begun
        wait(lambda: other.total("state:here") == count and other.blobs() == one.blobs())
        seconds = time.perf_counter() - begun
        cpu = one.cpu() + other.cpu()
    told("appear: ours", f"indexed {shown:.1f} s", seconds, cpu, f"{seconds / bare:.2f} x the bare loop")
    if syncthing.installed():
        with syncthing.two(folder / "appear") as (first, second):
            begun = time.perf_counter()
            shutil.copytree(pictures, first.folder, dirs_exist_ok=True)
            first.ask("/db/scan?folder=bench", "POST")
            theirs = timed(lambda: second.files() == count, begun)
            used = first.cpu() + second.cpu()
            told("appear: Syncthing", "", theirs, used, f"ours is {theirs / seconds:.1f} x as fast")
    shutil.rmtree(folder / "b")


def join(folder: Path, pictures: Path, count: int) -> None:
    """Everything is on the first device, then the second joins."""
    with device(folder / "a") as one, device(folder / "b") as other:
        wait(lambda: one.total() == count)
        before = one.cpu() + other.cpu()
        begun = time.perf_counter()
        pair(one, other)
        wait(lambda: other.total() > 0)
        first = time.perf_counter() - begun
        wait(lambda: other.total("state:here") == count and other.blobs() == one.blobs())
        seconds = time.perf_counter() - begun
        cpu = one.cpu() + other.cpu() - before
    told("join: ours", f"first pictures {first:.1f} s", seconds, cpu, "")
    if syncthing.installed():
        with syncthing.two(folder / "join", pictures) as (first_one, second):
            before = first_one.cpu() + second.cpu()
            begun = time.perf_counter()
            for each in (first_one, second):
                each.meet()
            theirs = timed(lambda: second.files() == count, begun)
            used = first_one.cpu() + second.cpu() - before
            share = cpu / max(used, 0.01)
            told(
                "join: Syncthing",
                "",
                theirs,
                used,
                f"ours is {theirs / seconds:.1f} x as fast with {share:.2f} of its CPU",
            )
    if shutil.which("rsync"):
        begun = time.perf_counter()
        copy_by_rsync(pictures, folder / "rsync")
        theirs = time.perf_counter() - begun
        told("join: rsync over loopback", "", theirs, None, f"ours takes {seconds / theirs:.1f} x as long")


def copy_by_rsync(source: Path, target: Path) -> None:
    """Through an rsync daemon on a port of loopback."""
    port = syncthing.free_port()
    settings = source.parent / "rsyncd.conf"
    settings.write_text(f"use chroot = no\n[pictures]\npath = {source}\n")
    served = subprocess.Popen(
        ["rsync", "--daemon", "--no-detach", f"--config={settings}", f"--port={port}", "--address=127.0.0.1"]
    )
    try:
        for _ in range(50):
            if (
                subprocess.run(["rsync", f"rsync://127.0.0.1:{port}/"], capture_output=True, check=False).returncode
                == 0
            ):
                break
            time.sleep(0.05)
        subprocess.run(["rsync", "-a", f"rsync://127.0.0.1:{port}/pictures/", f"{target}/"], check=True)
    finally:
        served.terminate()
        served.wait()


def timed(look: Callable[[], bool], begun: float) -> float:
    wait(look, 1200)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
