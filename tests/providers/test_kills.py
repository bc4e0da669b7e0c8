"""kill -9 at every step of carrying jobs out: nobody pays twice, and what was paid for is there or is named."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from identity.keys import DeviceKey, verify
from library.catalog import Library
from library.events import Bus
from library.jobs.ledger import spent_since, unsettled
from library.jobs.rows import jobs_by
from library.surroundings import Surroundings
from library.workspace import Workspace
from tests.library.house import look
from tests.providers.killed import KINDS, PREVIEW, PROMPTS
from tests.providers.scripted import CENT
from tests.tree import ROOT

pytestmark = pytest.mark.process
SHORT, LONG = 8, 130  # kills of each kind
NEVER = 10**9


class Lives:
    """A process whose children work and are killed."""

    def __init__(self, module: str = "tests.providers.killed") -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip

    def run(self, folder: Path, *told: object) -> tuple[int, str]:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps([str(folder), *told]) + "\n")
        self._process.stdin.flush()
        code, said = json.loads(self._process.stdout.readline())
        assert code in (0, -signal.SIGKILL), said
        return code, said

    def end(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


@pytest.fixture(scope="module")
def lives() -> Iterator[Lives]:
    started = Lives()
    yield started
    started.end()


async def check(folder: Path, kind: str) -> None:
    """Every promise about money and pictures."""
    assert [each for each in folder.rglob("*") if each.is_file() and PREVIEW in each.read_bytes()] == []
    billed = [json.loads(line)[0] for line in (folder / "bill").read_text().splitlines()]
    assert len(billed) == len(set(billed)), "a token was billed twice"
    key = DeviceKey.generate(random.Random(99))
    async with Workspace(folder / "library", key, Surroundings(), Bus()) as workspace:
        library = Library(workspace, look, verify, lambda device: device.hex()[:8])
        jobs = workspace.database.read_now(lambda each: jobs_by(each, "1 ORDER BY number"))
        assert [job.request.prompt for job in jobs] == list(PROMPTS)
        unknown = 0
        for job in jobs:
            tokens = {attempt.id.hex() for attempt in library.queue.attempts(job.id)}
            charges = len(tokens & set(billed))
            assert charges <= 1, "a job was paid twice"
            assert job.state in ("done", "unknown"), job
            unknown += job.state == "unknown"
            if job.state == "done":
                (asset,) = job.assets
                assert charges == 1
                detail = await library.assets.show(asset.hex())
                assert detail.asset.prompt == job.request.prompt
                place = library.blob(detail.asset.sha256).path
                assert place.is_file()
        spent = workspace.database.read_now(lambda each: spent_since(each, 0)).amounts.get("USD", 0)
        stored = sum(job.state == "done" for job in jobs)
        assert spent == stored * 4 * CENT
        assert len(workspace.database.read_now(unsettled)) == unknown
        problems = (await library.care.verify(read_data=True)).problems
        assert problems == []
    if KINDS[kind].idempotent or KINDS[kind].finds:
        assert unknown == 0, "a provider that can be asked leaves nothing unknown"


def killed(lives: Lives, folder: Path, kind: str, seed: int, steps: int) -> None:
    """Kill at a step, then perhaps again while it is taken up, then let it end."""
    chance = random.Random(seed)
    acknowledged = False
    folder.mkdir()
    (folder / "bill").touch()
    for turn, last in enumerate([*(chance.randint(1, steps) for _ in range(1 + seed % 3)), NEVER]):
        code, told = lives.run(folder, kind, seed * 10 + turn, last)
        acknowledged = acknowledged or "enqueued" in told
        if code == 0:
            break
    assert acknowledged
    asyncio.run(check(folder, kind))


@pytest.mark.parametrize("kind", KINDS)
def test_kills(lives: Lives, tmp_path: Path, kind: str) -> None:
    carry_on(lives, tmp_path, kind, range(SHORT))


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_many_kills(lives: Lives, tmp_path: Path, kind: str) -> None:
    carry_on(lives, tmp_path, kind, range(1000, 1000 + LONG))


def carry_on(lives: Lives, folder: Path, kind: str, seeds: range) -> None:
    whole = folder / "whole"
    whole.mkdir()
    code, told = lives.run(whole, kind, 0, NEVER)
    assert code == 0
    steps = int(told.split()[-1])
    for seed in seeds:
        killed(lives, folder / f"{seed}", kind, seed, steps)
