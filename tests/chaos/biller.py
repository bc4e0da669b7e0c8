"""A vendor of pictures as a process of its own: it keeps the bill, and kills who asks it at a moment it was told.

Reads a line of JSON for each thing it is to do and answers each with one; the first line says what it is.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from typing import Any, Literal

from aiohttp import web

from providers.fakes.openai import FakeOpenAI, Quirks
from tests.tree import ROOT

# arrived: the request is here, and is carried out whoever dies · lost: it is here, and nobody ever carries it out ·
# billed: it was carried out, and no answer has left · answered: the answer has left · dropped: carried out, and the
# connection breaks before there is an answer.
Moment = Literal["arrived", "lost", "billed", "answered", "dropped"]
MOMENTS: tuple[Moment, ...] = ("arrived", "lost", "billed", "answered", "dropped")
Came = list[tuple[str, str]]  # requests, as prompt and key
Bill = list[tuple[str, str, int]]  # charges, as prompt, model and micros
SECONDS = 0.03  # that a picture takes


class Deadly(FakeOpenAI):
    """A server that kills a process `after` some seconds from a moment of the n-th request from now; nobody where there
    is no `victim`.
    """

    def __init__(self, idempotent: bool) -> None:
        super().__init__(quirks=Quirks(idempotent=idempotent), seconds=SECONDS)
        self.came: Came = []
        self._victim: int | None = None
        self._left, self._moment, self._after = 0, "", 0.0

    def arm(self, victim: int | None, request: int, moment: Moment, after: float) -> None:
        self._victim, self._left, self._moment, self._after = victim, request, moment, after

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.came.append((body["prompt"], request.headers.get("Idempotency-Key", "")))
        self._left -= 1
        moment = self._moment if self._left == 0 else ""
        if moment in ("arrived", "lost"):
            await self._kill()
        if moment == "lost":
            return web.Response(status=503)
        answer = await super()._generate(request)
        if moment == "dropped":
            assert request.transport is not None
            request.transport.abort()
        if moment == "answered":
            await answer.prepare(request)
            await answer.write_eof()
        if moment in ("billed", "answered", "dropped"):
            await self._kill()
        return answer

    async def _kill(self) -> None:
        await asyncio.sleep(self._after)
        if self._victim is not None:
            os.kill(self._victim, signal.SIGKILL)


async def serve(idempotent: bool) -> None:
    server = Deadly(idempotent)
    async with server.serving() as url:
        print(json.dumps(url), flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            if told := json.loads(line):
                server.arm(*told)
            print(json.dumps([server.came, server.bill]), flush=True)


class Biller:
    """Such a process, as a test speaks to it."""

    def __init__(self, idempotent: bool) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.biller", json.dumps(idempotent)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip
        self.url = str(self._answer())

    def arm(self, victim: int | None, request: int, moment: Moment, after: float) -> None:
        self._ask([victim, request, moment, after])

    def books(self) -> tuple[Came, Bill]:
        """All requests that came, carried out or not, and the bill."""
        came, bill = self._ask(None)
        return [(prompt, key) for prompt, key in came], [(prompt, model, micros) for prompt, model, micros in bill]

    def _ask(self, what: Any) -> Any:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())

    def end(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.argv[1])))
