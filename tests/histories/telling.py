"""Carries out histories by their seeds and checks them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tests.histories.oracle import check
from tests.histories.simulation import Simulation

Make = Callable[[int], Simulation]


def run(seed: int, make: Make = Simulation) -> str:
    """One history, checked; its trace. Raises Failure."""
    simulation = make(seed)
    simulation.run()
    check(simulation)
    return simulation.world.trace.hexdigest()


def check_all(seeds: Iterable[int], make: Make = Simulation) -> list[str]:
    """What went wrong, each with its seed and how to see it again. Whatever a history raises is a failure of it."""
    told = []
    for seed in seeds:
        try:
            run(seed, make)
        except Exception as error:
            what = str(error) or type(error).__name__
            told.append(f"seed {seed}: {what} (python -m tests.histories.replay {seed})")
    return told
