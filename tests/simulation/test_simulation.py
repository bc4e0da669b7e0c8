"""Three devices in virtual time, from one seed: whatever power, network and clocks do, they come to one state.

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

from tests.simulation.disk import MemoryDisk
from tests.simulation.studio import Studio
from tests.simulation.world import run_virtual
from tests.tree import ROOT

SHORT, LONG = 8, 2000
LONG_START = int(os.environ.get("SIMULATION_SEED", "1000"))
KEPT: tuple[int, ...] = ()
SHARED_MEMORY = Path("/dev/shm")  # SQLite's files: what is kept there is decided by the simulation, not by a disk


@pytest.fixture
def folder() -> Iterator[Path]:
    where = SHARED_MEMORY if SHARED_MEMORY.is_dir() and os.access(SHARED_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=where) as made:
        yield Path(made)


def run(folder: Path, seed: int) -> str:
    """One simulation; the hash of all that happened in it."""
    place = folder / str(seed)
    place.mkdir()
    return run_virtual(Studio(place, seed).run)


@pytest.mark.parametrize("seed", [*KEPT, *range(SHORT)])
def test_everybody_comes_to_the_same_state_and_nothing_acknowledged_is_lost(folder: Path, seed: int) -> None:
    run(folder, seed)


@pytest.mark.long
def test_everybody_comes_to_the_same_state_for_thousands_of_seeds() -> None:
    """SIMULATION_SEED says where to begin."""
    failed = []
    for seed in range(LONG_START, LONG_START + LONG):
        with tempfile.TemporaryDirectory(dir=SHARED_MEMORY if SHARED_MEMORY.is_dir() else None) as made:
            try:
                run(Path(made), seed)
            except Exception as error:
                print(f"seed {seed}: {type(error).__name__}: {error}", flush=True)
                failed.append(seed)
    assert failed == []


@pytest.mark.process
def test_the_same_seed_does_the_same_in_another_process(folder: Path) -> None:
    seed = 3
    script = (
        "import sys, pathlib; from tests.simulation.test_simulation import run;"
        " print(run(pathlib.Path(sys.argv[1]), int(sys.argv[2])))"
    )
    told = []
    for hash_seed in ("1", "2"):
        place = folder / hash_seed
        place.mkdir()
        done = subprocess.run(
            [sys.executable, "-c", script, str(place), str(seed)],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        )
        told.append(done.stdout.strip())
    assert told[0] == told[1] and len(told[0]) == 64
    assert told[0] != run(folder, seed + 1)


class Forgetful(MemoryDisk):
    """A disk that says it has synced a folder and has not."""

    def sync_folders(self, folders: object) -> None:
        return None


def test_a_disk_that_forgets_names_is_found_out(folder: Path) -> None:
    """The test of the tests: under a disk that breaks its promise some seed must fail."""

    def lost(seed: int) -> bool:
        (folder / str(seed)).mkdir()
        studio = Studio(folder / str(seed), seed, disk=Forgetful)
        try:
            run_virtual(studio.run)
        except Exception:
            return True
        return False

    assert any(lost(seed) for seed in range(20))
