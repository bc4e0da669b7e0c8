"""Worker processes for pictures: started when needed, ended when idle, killed when stuck.

A crash, a time-out or too little memory fails only the file it happened at; the rest of a batch goes to a new worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from imaging.inspection import (
    CompareJob,
    Converted,
    ConvertJob,
    EmbedJob,
    Inspection,
    InspectJob,
    Likenesses,
    Limits,
    Made,
    Rejection,
    ShrinkJob,
    SketchJob,
)
from imaging.wire import Job, packed

BATCH = 8
MAX_ANSWER = 64 << 20  # bytes; facts and thumbnail have lower bounds of their own
SIGKILL, SIGXCPU = 9, 24
ROOT = str(Path(__file__).resolve().parent.parent)  # where the packages are, for `-m`
IDLE_SECONDS = 60.0
# Nothing of the daemon's environment but what Python needs to start: secrets may stand in it.
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
_answers = msgspec.msgpack.Decoder(dict[str, msgspec.Raw])
_rejections = msgspec.msgpack.Decoder(Rejection)
# What a job is answered with, unless it is refused: the answer's name and what it is.
_asked: dict[type[Job], tuple[str, msgspec.msgpack.Decoder[Any]]] = {
    InspectJob: ("inspection", msgspec.msgpack.Decoder(Inspection)),
    CompareJob: ("likenesses", msgspec.msgpack.Decoder(Likenesses)),
    SketchJob: ("sketch", msgspec.msgpack.Decoder(bytes)),
    ShrinkJob: ("small", msgspec.msgpack.Decoder(bytes)),
    ConvertJob: ("converted", msgspec.msgpack.Decoder(Converted)),
    EmbedJob: ("made", msgspec.msgpack.Decoder(Made)),
}


class WorkerLost(Exception):
    """The worker ended or was killed before it answered."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.rejection = Rejection(code, reason)  # type: ignore[arg-type]


class Worker:
    """One running process and its pipes."""

    def __init__(self, process: asyncio.subprocess.Process, limits: Limits) -> None:
        self._process = process
        self._limits = limits

    @classmethod
    async def start(cls, limits: Limits) -> Worker:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "imaging.worker",
            str(os.getpid()),
            msgspec.json.encode(limits).decode(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=ROOT,
            env={name: os.environ[name] for name in KEPT if name in os.environ},
        )
        return cls(process, limits)

    def ask(self, jobs: Sequence[Job]) -> None:
        """Send a batch; its answers come in order."""
        data = msgspec.msgpack.encode([packed(job) for job in jobs])
        assert self._process.stdin is not None
        self._process.stdin.write(struct.pack(">I", len(data)) + data)

    async def answer(self, kind: type[Job]) -> Any:
        """The next answer, to a job of that kind; WorkerLost when there will be none."""
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(self._limits.wall_seconds):
                head = await self._process.stdout.readexactly(4)
                length = struct.unpack(">I", head)[0]
                if length > MAX_ANSWER:
                    raise WorkerLost(
                        "truncated", "The picture made its decoder answer nonsense; nothing was taken from it."
                    )
                frame = await self._process.stdout.readexactly(length)
        except TimeoutError as error:
            seconds = self._limits.wall_seconds
            raise WorkerLost("timeout", f"Looking at the picture took longer than {seconds:g} seconds.") from error
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise WorkerLost(*await self._why()) from error
        try:
            found = _answers.decode(frame)
            name, decoder = _asked[kind]
            return decoder.decode(found[name]) if name in found else _rejections.decode(found["rejection"])
        # A worker that a picture has taken over may say anything.
        except (msgspec.DecodeError, KeyError) as error:
            raise WorkerLost(
                "truncated", "The picture made its decoder answer nonsense; nothing was taken from it."
            ) from error

    async def _why(self) -> tuple[str, str]:
        code = await self._process.wait()
        if code == -SIGXCPU:
            return "timeout", f"Looking at the picture took more than {self._limits.cpu_seconds} seconds of work."
        if code == -SIGKILL:  # nobody here did that: the system ends the largest process when its memory is short
            return "memory", "The system ended the worker, probably for lack of memory; try again later."
        return "truncated", f"The picture made its decoder fail (status {code}); nothing was taken from it."

    async def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()


class Pool:
    """At most `size` workers. An async context manager; `run` ends idle ones and must run for that."""

    def __init__(
        self,
        size: int,
        limits: Limits | None = None,
        idle_seconds: float = IDLE_SECONDS,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.limits = limits or Limits()
        self._slots = asyncio.Semaphore(max(1, size))
        self._idle: list[Worker] = []
        self._idle_seconds = idle_seconds
        self._sleep = sleep
        self._uses = 0

    async def __aenter__(self) -> Pool:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._end_idle()

    async def run(self) -> None:
        """End the idle workers whenever none was used for a while."""
        while True:
            before = self._uses
            await self._sleep(self._idle_seconds / 2)
            if self._uses == before:
                await self._end_idle()

    async def _end_idle(self) -> None:
        workers, self._idle = self._idle, []
        for worker in workers:
            await worker.stop()

    async def inspect(self, jobs: Sequence[InspectJob]) -> list[Inspection | Rejection]:
        """Look at files, several at once; answers are in the order of the jobs. Never raises for a picture's sake."""
        return await self._work(jobs)

    async def compare(self, jobs: Sequence[CompareJob]) -> list[Likenesses | Rejection]:
        """Compare small pictures; as `inspect`."""
        return await self._work(jobs)

    async def sketch(self, jobs: Sequence[SketchJob]) -> list[bytes | Rejection]:
        """Make sketches of pictures that were looked at before; as `inspect`."""
        return await self._work(jobs)

    async def shrink(self, jobs: Sequence[ShrinkJob]) -> list[bytes | Rejection]:
        """Make pictures small that are only looked at; as `inspect`."""
        return await self._work(jobs)

    async def convert(self, jobs: Sequence[ConvertJob]) -> list[Converted | Rejection]:
        """Write pictures in other formats and sizes; as `inspect`."""
        return await self._work(jobs)

    async def embed(self, jobs: Sequence[EmbedJob]) -> list[Made | Rejection]:
        """Write pictures with their facts in them; as `inspect`."""
        return await self._work(jobs)

    async def _work(self, jobs: Sequence[Job]) -> list[Any]:
        batches = [jobs[start : start + BATCH] for start in range(0, len(jobs), BATCH)]
        answers = await asyncio.gather(*(self._batch(batch) for batch in batches))
        return [answer for batch in answers for answer in batch]

    async def _batch(self, jobs: Sequence[Job]) -> list[Any]:
        answers: list[Any] = []
        async with self._slots:
            while len(answers) < len(jobs):
                answers += await self._try(jobs[len(answers) :])
        return answers

    async def _try(self, jobs: Sequence[Job]) -> list[Any]:
        """Answers up to and with the one at which the worker was lost."""
        self._uses += 1
        worker = self._idle.pop() if self._idle else await Worker.start(self.limits)
        answers: list[Any] = []
        try:
            worker.ask(jobs)
            for job in jobs:
                answers.append(await worker.answer(type(job)))
        except WorkerLost as lost:
            await worker.stop()
            _drop_copies(jobs[len(answers) :])
            return [*answers, lost.rejection]
        except BaseException:
            await worker.stop()
            _drop_copies(jobs)  # nobody will hear of them
            raise
        self._idle.append(worker)
        return answers


def _drop_copies(jobs: Sequence[Job]) -> None:
    """What a worker that is gone had begun to write."""
    for job in jobs:
        if isinstance(job, ConvertJob | EmbedJob):
            job.to.unlink(missing_ok=True)
        elif isinstance(job, InspectJob) and job.copy_to is not None:
            job.copy_to.unlink(missing_ok=True)
