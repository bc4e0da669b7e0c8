"""Random histories with clones, restores and patched clients: whatever happens, all devices come to the same.

A seed that fails is told again by `python -m tests.histories.replay SEED`; once mended, it joins KEPT. The long form
goes on from HISTORIES_FROM (default 1,000,000), so that a search is continued and not repeated.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from tests.histories.replica import Failure
from tests.histories.simulation import Simulation
from tests.histories.telling import check_all, run
from tests.tree import ROOT

CHUNKS, EACH = 10, 50
MANY = 100_000
# Seeds that once failed, or whose histories hold much of what is rare: adoption, one number twice, void operations,
# acceptance, restores, long quarantines.
KEPT = (1093, 1183, 1234, 1317, 1341, 1343, 1004182)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_random_histories(chunk: int) -> None:
    assert check_all(range(chunk * EACH, (chunk + 1) * EACH)) == []


@pytest.mark.parametrize("seed", KEPT)
def test_kept_history(seed: int) -> None:
    run(seed)


@pytest.mark.long
def test_a_hundred_thousand_random_histories() -> None:
    assert search(int(os.environ.get("HISTORIES_FROM", "1000000")), MANY) == []


def search(start: int, count: int) -> list[str]:
    """What went wrong in so many histories, on two processes."""
    end = start + count
    chunks = [range(first, min(first + EACH, end)) for first in range(start, end, EACH)]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        return [told for chunk in pool.map(check_all, chunks) for told in chunk]


@pytest.mark.process
def test_same_seed_tells_the_same_story_whatever_the_order_of_sets() -> None:
    traces = set()
    for hash_seed in ("1", "2"):
        command = [sys.executable, "-m", "tests.histories.replay", "3", "11"]
        environ = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
        traces.add(done.stdout)
    assert len(traces) == 1
    assert run(3) != run(11)


def test_histories_hold_what_they_are_for() -> None:
    """A generator that stopped forging, cloning or accepting would pass every check."""
    simulations = [Simulation(seed) for seed in range(60)]
    for each in simulations:
        each.run()
    told = [line.split()[1] for each in simulations for line in each.story]
    for what in ("writes", "forges", "smuggles", "does", "back-dates"):
        assert told.count(what) > 1, what
    kinds = {line.split()[2] for each in simulations for line in each.story if " does " in line}
    assert kinds == {"remove", "role", "revoke-device", "grant", "accept", "discard"}
    assert sum(line.endswith(("cloned", "restored")) for each in simulations for line in each.story) > 20
    finals = [each.replicas[0] for each in simulations]
    for each in finals:
        each.settle()
    assert sum(bool(each.verdicts.quarantine) for each in finals) > 20
    assert sum(bool(each.verdicts.accepted - each.verdicts.direct) for each in finals) > 5, "adoptions"
    assert sum(bool(each.verdicts.displaced) for each in finals) > 2
    assert sum(bool(each.verdicts.decision.void) for each in finals) > 5


def test_broken_promise_is_told_with_its_seed() -> None:
    class Forgetful(Simulation):
        def meet(self) -> None:
            """Nobody meets: they cannot come to the same."""

    told = check_all([5], Forgetful)
    assert len(told) == 1 and told[0].startswith("seed 5: ") and told[0].endswith("tests.histories.replay 5)")
    with pytest.raises(Failure):
        run(5, Forgetful)
