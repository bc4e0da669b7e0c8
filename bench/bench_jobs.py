"""What a job costs the processors, durable and stored, beside the same calls by bare aiohttp. Target: 15 ms more a job.

COUNT jobs (1,000) of the stand-in for OpenAI's images API, which runs in a process of its own, 16 in flight. Counted is
the processors' time of this process and of those that look at the pictures.
"""

from __future__ import annotations

import asyncio
import base64
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import aiohttp

from bench.parts.filling import opened
from imaging.pool import Pool
from library.jobs.models import Estimate, Request
from library.jobs.queue import Wanted
from library.surroundings import Surroundings
from providers.registry import Profile, Providers, Secret, Tools
from providers.runner import Runner, Work

COUNT = int(os.environ.get("COUNT", "1000"))
IN_FLIGHT = 16
MODEL = "gpt-image-2.6-flare"
SERVER = """
import asyncio
from providers.fakes.openai import FakeOpenAI
async def main():
    async with FakeOpenAI(seconds=0.05).serving() as url:
        print(url, flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


def spent() -> float:
    """Seconds of the processors, of this process and of the children that have ended."""
    each = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in each)


async def bare(url: str) -> float:
    """Processors' seconds of the calls alone: sent, read, decoded."""
    before = spent()
    slots = asyncio.Semaphore(IN_FLIGHT)

    async def call(session: aiohttp.ClientSession, number: int) -> None:
        body = {"model": MODEL, "prompt": f"a fox, {number}", "size": "1024x1024", "n": 1}
        async with slots, session.post(f"{url}/images/generations", json=body) as answer:
            base64.b64decode((await answer.json())["data"][0]["b64_json"])

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(call(session, number) for number in range(COUNT)))
    return spent() - before


async def jobs(url: str, folder: Path) -> tuple[float, float]:
    """Processors' seconds of the jobs until all pictures are in the library, and seconds of the clock."""
    before, begun = spent(), time.perf_counter()
    around = Surroundings()
    profile = Profile("studio", "openai", base_url=url, at_once=IN_FLIGHT)
    async with (
        Pool(2, idle_seconds=60) as pool,
        Providers([(profile, Tools(around, lambda: Secret("sk-bench")))]) as providers,
        opened(folder, inspect=pool.inspect) as library,
    ):
        price = Estimate("price_table", 40_000, 40_000, "USD", "2026-11-01")
        wanted = [
            Wanted("studio", Request(MODEL, f"a fox, {number}", options={"quality": "low"}), price)
            for number in range(COUNT)
        ]
        await library.queue.enqueue(wanted)
        runner = Runner(providers, lambda: [Work(library.queue, library.carrying, library.storing)], around)
        running = asyncio.create_task(runner.run())
        with library.workspace.bus.bell() as bell:
            while library.queue.counts().get("done", 0) < COUNT:
                counts = library.queue.counts()
                assert not counts.get("failed") and not counts.get("unknown"), counts
                bell.clear()
                await bell.wait()
                await asyncio.sleep(0.1)
        running.cancel()
        await asyncio.wait([running])
        elapsed = time.perf_counter() - begun
    return spent() - before, elapsed


async def main() -> None:
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVER, stdout=asyncio.subprocess.PIPE)
    try:
        assert server.stdout is not None
        url = (await server.stdout.readline()).decode().strip()
        with tempfile.TemporaryDirectory() as name:
            await bare(url)  # once for everything that is loaded the first time
            reference = await bare(url)
            ours, elapsed = await jobs(url, Path(name))
    finally:
        server.kill()
        await server.wait()
    print(f"bare calls: {reference / COUNT * 1000:.2f} ms of the processors each")
    print(f"jobs:       {ours / COUNT * 1000:.2f} ms each, {COUNT / elapsed:.0f} a second")
    print(f"a job costs {(ours - reference) / COUNT * 1000:.2f} ms more (target: at most 15)")


if __name__ == "__main__":
    asyncio.run(main())
