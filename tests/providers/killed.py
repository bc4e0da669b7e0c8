"""A process that carries out three jobs and is killed at a step of its event loop, as told by its arguments.

The provider's side of the world is a file beside the library: what stands in it was billed, whoever was killed since.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from identity.keys import DeviceKey, verify
from imaging.inspection import Rejection, ShrinkJob
from library.catalog import Library
from library.events import Bus
from library.jobs.models import OPEN, Estimate, Request
from library.jobs.queue import Wanted
from library.surroundings import Surroundings
from library.workspace import MARK, Workspace
from providers.base import Accepted, Answer, Done, Preview, Provider, Show, Traits
from providers.registry import Providers
from providers.runner import Runner, Work
from tests.library.house import first_operation, look
from tests.providers.scripted import CENT, Painter, QuickClock, Service

KINDS = {
    "sync": Traits(),
    "sync-key": Traits(idempotent=True),
    "sync-find": Traits(finds=True),
    "job": Service(delivery="job"),
    "job-key": Service(delivery="job", idempotent=True),
    "job-find": Service(delivery="job", finds=True, tells_cost="done"),
    "sync-links": Traits(),
    "job-links": Service(delivery="job"),
    "shown": Traits(),
    "shown-key": Traits(idempotent=True),
}
PREVIEW = b"only looked at: canary"
PROMPTS = ("a red fox", "紅色的狐狸", "a 🦊 at dawn")


class Counting(asyncio.SelectorEventLoop):
    """Kills its process when it has taken so many steps."""

    def __init__(self, last: int) -> None:
        super().__init__()
        self.steps = 0
        self.last = last
        self.counts = False

    def _run_once(self) -> None:
        if self.counts:
            self.steps += 1
            if self.steps == self.last:
                os.kill(os.getpid(), signal.SIGKILL)
        super()._run_once()  # type: ignore[misc]


class Billed(Painter):
    """A painter whose bill is a file."""

    def __init__(self, bill: Path, traits: Traits, links: bool) -> None:
        super().__init__(traits=traits, at_once=2, links=links)
        self._file = bill
        for line in bill.read_text().splitlines() if bill.exists() else []:
            token, request = json.loads(line)
            self.bill[token] += 1
            self._jobs[token] = Request(**request)

    async def submit(self, request: Request, token: str) -> Done | Accepted:
        await asyncio.sleep(0)  # on its way
        before = self.bill[token]
        answer = await super().submit(request, token)
        if self.bill[token] > before:
            kept = {"model": request.model, "prompt": request.prompt, "width": 64, "height": 64, "seed": request.seed}
            with self._file.open("a") as file:
                file.write(json.dumps([token, kept]) + "\n")
        await asyncio.sleep(0)  # and the answer on its way back
        return answer

    async def fetch(self, answer: Answer) -> AsyncIterator[bytes]:
        async for piece in super().fetch(answer):
            for at in range(0, len(piece), 60):
                await asyncio.sleep(0)  # in pieces, each on its way
                yield piece[at : at + 60]


class Showing(Billed):
    """The same, which shows its pictures on their way. What it shows must be in no file when its process is killed."""

    async def submit_shown(self, request: Request, token: str, show: Show) -> Done | Accepted:
        await asyncio.sleep(0)
        show(Preview(PREVIEW))
        await asyncio.sleep(0)
        answer = await self.submit(request, token)  # from here on it is billed
        for _ in range(2):
            show(Preview(PREVIEW))
            await asyncio.sleep(0)
        return answer


async def shrunk(jobs: Sequence[ShrinkJob]) -> list[bytes | Rejection]:
    await asyncio.sleep(0)
    return [each.data for each in jobs]


class Only(Providers):
    def __init__(self, provider: Provider) -> None:
        super().__init__([])
        self._open = {provider.name: provider}

    def place(self, provider: Provider, salt: bytes) -> str:
        return "here"


async def carry_out(folder: Path, kind: str, seed: int, loop: Counting) -> None:
    around = Surroundings(clock=QuickClock(1000), random=random.Random(seed))
    key = DeviceKey.generate(random.Random(99))
    painter = (Showing if kind.startswith("shown") else Billed)(folder / "bill", KINDS[kind], kind.endswith("links"))
    painter.clock = around.clock  # type: ignore[assignment]
    async with Workspace(folder / "library", key, around, Bus()) as workspace:
        if not (folder / "library" / MARK).exists():
            await workspace.found(lambda nonce: first_operation(key), "Studio")
        library = Library(workspace, look, verify, lambda device: device.hex()[:8])
        loop.counts = True
        price = Estimate("price_table", 4 * CENT, 4 * CENT, "USD", "2026-11-01")
        wanted = [
            Wanted(painter.name, Request("oil", prompt, width=64, height=64, seed=number), price)
            for number, prompt in enumerate(PROMPTS)
        ]
        batch = await library.queue.enqueue(wanted, key="the batch")
        print("enqueued", flush=True)
        works = [Work(library.queue, library.carrying, library.storing)]
        running = asyncio.create_task(Runner(Only(painter), lambda: works, around, shrink=shrunk).run())
        with workspace.bus.bell() as bell:
            while any(job.state in OPEN and job.state != "unknown" for job in await library.queue.batch(batch.id)):
                bell.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(bell.wait(), 0.02)
        running.cancel()
        await asyncio.wait([running])
        print(f"quiet {loop.steps}", flush=True)


def live(folder: str, kind: str, seed: int, last: int) -> None:
    """One life of the process."""
    loop = Counting(last)
    asyncio.set_event_loop(loop)
    loop.run_until_complete(carry_out(Path(folder), kind, seed, loop))


def serve(live: Callable[..., None]) -> None:
    """A life for each line of the input, in a child of its own: what they all import is read once."""
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(writing, 1)
            try:
                live(*json.loads(line))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            sys.stdout.flush()
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as told:
            text = told.read()
        _, status = os.waitpid(child, 0)
        print(json.dumps([os.waitstatus_to_exitcode(status), text]), flush=True)


if __name__ == "__main__":
    serve(live)
