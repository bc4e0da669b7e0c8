"""kill -9 at every step of carrying jobs out: nobody pays twice, and what was paid for is there or is named."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
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
SHORT = 8  # first kills of each kind, one in each eighth of the steps
LEAST = 100  # steps of each kind, in which it is killed once at every one: more than a thousand kills together
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
    bill = [json.loads(line) for line in (folder / "bill").read_text().splitlines()]
    billed = [token for token, _ in bill]
    assert len(billed) == len(set(billed)), "a token was billed twice"
    prompts = [request["prompt"] for _, request in bill]
    assert len(prompts) == len(set(prompts)), "a job was paid twice, under whatever tokens"
    key = DeviceKey.generate(random.Random(99))
    async with Workspace(folder / "library", key, Surroundings(), Bus()) as workspace:
        library = Library(workspace, look, verify, lambda device: device.hex()[:8])
        jobs = workspace.database.read_now(lambda each: jobs_by(each, "1 ORDER BY number"))
        assert [job.request.prompt for job in jobs] == list(PROMPTS)
        unknown, known, made = 0, set[str](), set[str]()
        for job in jobs:
            tokens = {attempt.id.hex() for attempt in library.queue.attempts(job.id)}
            known |= tokens
            made |= {each.id.hex() for each in library.queue.attempts(job.id) if each.state == "stored"}
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
        assert set(billed) <= known, "a charge of which nothing is known"
        await library.storing.tidy()  # as every start does
        left = {each.name for each in workspace.folder.glob("making/*")}
        assert not left & made, "a copy of a picture that is in the library"
        spent = workspace.database.read_now(lambda each: spent_since(each, 0)).amounts.get("USD", 0)
        stored = sum(job.state == "done" for job in jobs)
        assert spent == stored * 4 * CENT
        assert len(workspace.database.read_now(unsettled)) == unknown
        problems = (await library.care.verify(read_data=True)).problems
        assert problems == []
    if KINDS[kind].idempotent or KINDS[kind].finds:
        assert unknown == 0, "a provider that can be asked leaves nothing unknown"


def killed(lives: Lives, folder: Path, kind: str, seed: int, first: int, steps: int) -> int:
    """Kill at the first step, then perhaps again while it is taken up, then let it end. Gives how often it died."""
    chance = random.Random(seed)
    acknowledged, deaths = False, 0
    folder.mkdir()
    (folder / "bill").touch()
    for turn, last in enumerate([first, *(chance.randint(1, steps) for _ in range(seed % 3)), NEVER]):
        code, told = lives.run(folder, kind, seed * 10 + turn, last)
        acknowledged = acknowledged or "enqueued" in told
        if code == 0:
            break
        deaths += 1
    assert acknowledged
    asyncio.run(check(folder, kind))
    return deaths


@pytest.mark.parametrize("kind", KINDS)
def test_kills(lives: Lives, tmp_path: Path, kind: str) -> None:
    steps = steps_of(lives, tmp_path, kind)
    chance = random.Random(kind)
    firsts = [chance.randint(1 + part * steps // SHORT, (part + 1) * steps // SHORT) for part in range(SHORT)]
    assert carry_on(lives, tmp_path, kind, firsts, steps) >= SHORT


@pytest.mark.long
@pytest.mark.timeout(0)
@pytest.mark.parametrize("kind", KINDS)
def test_kills_at_every_step(lives: Lives, tmp_path: Path, kind: str) -> None:
    steps = steps_of(lives, tmp_path, kind)
    assert steps > LEAST
    assert carry_on(lives, tmp_path, kind, range(1, steps + 1), steps) >= steps


def steps_of(lives: Lives, folder: Path, kind: str) -> int:
    """How many steps the jobs take where nobody is killed."""
    whole = folder / "whole"
    whole.mkdir()
    code, told = lives.run(whole, kind, 0, NEVER)
    assert code == 0
    return int(told.split()[-1])


def carry_on(lives: Lives, folder: Path, kind: str, firsts: Sequence[int], steps: int) -> int:
    """A library of its own for each of the steps at which it is killed first. Gives how often one died."""
    return sum(killed(lives, folder / f"{at}", kind, at, first, steps) for at, first in enumerate(firsts))
