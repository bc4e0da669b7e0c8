"""Devices in virtual time, from one seed: whatever power, wires, clocks and people do, they come to one state.

A failing seed is the whole report: it goes into KEPT and is run always.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import library.copies.copies
import library.copies.evicting
import sync.exchange
import tests.simulation.person
import tests.simulation.studio
from store.partial import Partials
from tests.simulation.disk import MemoryDisk
from tests.simulation.studio import Plan, Studio
from tests.simulation.wires import End
from tests.simulation.world import run_virtual
from tests.tree import ROOT

SHORT = 200
LONG = int(os.environ.get("SIMULATION_SEEDS", "10000"))
LONG_START = int(os.environ.get("SIMULATION_SEED", "10000"))
GROUP = 10  # seeds in one test
DAYS = range(5_000, 5_004)  # seeds of 24 hours
BRIEF = Plan(rounds=1, deeds=6)  # of which many take little time
DAY = Plan(rounds=2, deeds=60, idle=1_400.0)
KEPT = (*((seed, Plan()) for seed in (0, 2, 57, 100, 217)), (1059, BRIEF))
SHARED_MEMORY = Path("/dev/shm")  # SQLite's files: what is kept there is decided by the simulation, not by a disk
DISORDER = 2  # seeds whose wires change the order
TRIED = 40  # seeds within which a planted fault is found


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=_memory()) as made:
        yield Path(made)


def _memory() -> Path | None:
    return SHARED_MEMORY if SHARED_MEMORY.is_dir() and os.access(SHARED_MEMORY, os.W_OK) else None


def run(folder: Path, seed: int, plan: Plan = Plan(), disk: type[MemoryDisk] = MemoryDisk) -> str:
    """One simulation; the hash of all that happened in it."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        return run_virtual(Studio(Path(place), seed, plan, disk).run)


def failures(folder: Path, seeds: range, plan: Plan = Plan()) -> list[int]:
    failed = []
    for seed in seeds:
        its = plan._replace(copies=1 + seed % 3)
        try:
            run(folder, seed, its)
        except Exception as error:
            print(f"seed {seed} of {its}: {type(error).__name__}: {error}", flush=True)
            failed.append(seed)
    return failed


@pytest.mark.parametrize(("seed", "plan"), KEPT)
def test_seed_that_once_failed(folder: Path, seed: int, plan: Plan) -> None:
    run(folder, seed, plan)


@pytest.mark.parametrize("first", range(1_000, 1_000 + SHORT, GROUP))
def test_everybody_comes_to_the_same_state_and_nothing_acknowledged_is_lost(folder: Path, first: int) -> None:
    assert failures(folder, range(first, first + GROUP), BRIEF) == []


@pytest.mark.long
def test_everybody_comes_to_the_same_state_for_thousands_of_seeds(folder: Path) -> None:
    """SIMULATION_SEED says where to begin, SIMULATION_SEEDS how many there are."""
    assert failures(folder, range(LONG_START, LONG_START + LONG)) == []


@pytest.mark.long
@pytest.mark.parametrize("seed", DAYS)
def test_everybody_comes_to_the_same_state_after_a_whole_day(folder: Path, seed: int) -> None:
    run(folder, seed, DAY)


@pytest.mark.process
def test_the_same_seed_does_the_same_in_another_process(folder: Path) -> None:
    seed = 3
    script = (
        "import sys, pathlib; from tests.simulation.test_simulation import run;"
        " print(run(pathlib.Path(sys.argv[1]), int(sys.argv[2])))"
    )
    told = []
    for hash_seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", script, str(folder), str(seed)],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        )
        told.append(done.stdout.strip())
    assert told[0] == told[1] and len(told[0]) == 64
    assert told[0] != run(folder, seed + 1)


def test_wires_that_change_the_order_do_no_harm(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who gets what does not follow ends the connection, and another one begins."""
    changed = 0

    def put(self: End, frame: bytes | None, delay: float) -> None:
        nonlocal changed
        carried(self, frame, delay)
        if len(self._under_way) >= 2:
            (first, one), (second, other) = self._under_way[-2], self._under_way[-1]
            if one is not None and other is not None:
                self._under_way[-2], self._under_way[-1] = (first, other), (second, one)
                changed += 1

    carried = End.put
    monkeypatch.setattr(End, "put", put)
    assert failures(folder, range(DISORDER), BRIEF) == [] and changed > DISORDER


# The tests of the tests: what breaks a promise is found by some seed.


def is_found_out(folder: Path, disk: type[MemoryDisk] = MemoryDisk, first: int = 0, plan: Plan = Plan()) -> bool:
    """`first`: of the seeds, one that found it once."""
    return any(_fails(folder, seed, disk, plan) for seed in range(first, first + TRIED))


def _fails(folder: Path, seed: int, disk: type[MemoryDisk], plan: Plan) -> bool:
    try:
        run(folder, seed, plan, disk)
    except (TypeError, AttributeError, NameError):
        raise  # what was planted cannot run
    except Exception as error:
        print(f"seed {seed}: {type(error).__name__}: {error}")
        return True
    return False


class Forgetful(MemoryDisk):
    """A disk that says it has synced a folder and has not."""

    def sync_folders(self, folders: object) -> None:
        return None


def test_a_disk_that_forgets_names_is_found_out(folder: Path) -> None:
    assert is_found_out(folder, Forgetful)


def test_exchange_that_forgets_what_came_while_it_sent_is_found_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def later(workspace: object, after: int) -> tuple[list[tuple[int, bytes]], int]:
        rows, upto = await newer(workspace, after)  # type: ignore[arg-type]
        return (rows[:-1] if len(rows) > 1 else rows), upto

    newer = sync.exchange.newer
    monkeypatch.setattr(sync.exchange, "newer", later)
    assert is_found_out(folder, first=38)


def test_blob_taken_without_a_look_at_its_hash_is_found_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Partials, "whole", lambda self, hash: self.begun(hash) > 0)
    monkeypatch.setattr(tests.simulation.person, "SIZES", (300_000,))
    monkeypatch.setattr(tests.simulation.studio, "PERIL", 0.003)
    assert is_found_out(folder, first=3)


def test_promise_that_is_not_kept_is_found_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def may_go(self: object, hash: bytes) -> bool:
        return True

    monkeypatch.setattr(library.copies.copies.Copies, "may_go", may_go)
    assert is_found_out(folder)


def test_original_that_goes_where_too_few_others_have_it_is_found_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library.copies.evicting, "copies_needed", lambda connection, workspace: 1)
    assert is_found_out(folder, plan=Plan(copies=2))
