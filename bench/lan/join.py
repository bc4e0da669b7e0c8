"""A large library, documents only: how long until a new device shows pictures and has all of them, and what it costs to
reconnect with one change, at 1,000 and at COUNT (100,000) pictures.

Joining: two daemons. Reconnecting: the same two, the second one started again; bytes are those of its first connection.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench.parts.devices import device, pair, wait
from bench.parts.filling import fill, opened

COUNT = int(os.environ.get("COUNT", "100000"))


async def filled(data: Path, count: int) -> None:
    async with opened(data) as library:
        await fill(library, count)


def measure(folder: Path, count: int) -> None:
    asyncio.run(filled(folder / "a" / "data", count))
    with device(folder / "a") as one, device(folder / "b") as other:
        begun = time.perf_counter()
        pair(one, other)
        wait(lambda: other.total() > 0, pause=0.02)
        first = time.perf_counter() - begun
        wait(lambda: other.total() == count)
        whole = time.perf_counter() - begun
        used = one.cpu() + other.cpu()
        print(f"{count} pictures: first after {first:.1f} s, all after {whole:.1f} s, {used:.1f} s CPU")
        wait(lambda: one.ask("GET", "/w/-/devices")["devices"][1]["connected"])
        time.sleep(2)
        other.ask("PATCH", "/peers", {"paused": True})
        asset = one.ask("GET", "/w/-/assets?limit=1")["items"][0]["id"]
        one.ask("PATCH", f"/w/-/assets/{asset}", {"title": "changed meanwhile"})
        begun = time.perf_counter()
        other.ask("PATCH", "/peers", {"paused": False})
        wait(lambda: other.ask("GET", f"/w/-/assets/{asset}")["asset"]["title"] == "changed meanwhile", pause=0.005)
        seconds = time.perf_counter() - begun
        time.sleep(1)
        (line,) = other.ask("GET", "/peers")["connected"]
        moved = line["sent"] + line["received"]
        print(f"{count} pictures: reconnected, with one change, after {seconds:.2f} s; {moved} bytes")


def main() -> None:
    for count in (1000, COUNT):
        with tempfile.TemporaryDirectory() as name:
            measure(Path(name), count)


if __name__ == "__main__":
    main()
