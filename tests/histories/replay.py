"""Tells histories again: `python -m tests.histories.replay SEED…`."""

from __future__ import annotations

import sys

from tests.histories.oracle import check
from tests.histories.simulation import Simulation


def tell(seed: int) -> None:
    """Prints what happened, and the trace; or raises for the promise that did not hold."""
    simulation = Simulation(seed)
    try:
        simulation.run()
        check(simulation)
    finally:
        print("\n".join(simulation.story))
    print(simulation.world.trace.hexdigest())


if __name__ == "__main__":
    for each in sys.argv[1:]:
        tell(int(each))
