"""What a removed device is told convinces it, whatever it knew, and holds nothing that came after its removal."""

from __future__ import annotations

import pytest

from identity.lineage import ancestors
from identity.membership import decide
from identity.removal import gone, proof, said_by
from tests.histories.replica import Replica
from tests.histories.simulation import Simulation

CHUNKS, EACH = 2, 8


def of_history(seed: int) -> int:
    """How many devices were removed, as others know, and are told of it."""
    simulation, told = Simulation(seed), 0
    simulation.run()
    for one in simulation.replicas:
        for other in simulation.replicas:
            told += one is not other and tells(one, other)
    return told


def tells(one: Replica, other: Replica) -> bool:
    decision = decide(one.workspace, one.operations.values())
    removal = gone(decision).get(other.public)
    if removal is None:
        return False
    said = proof(decision, removal)
    place = {each.hash: at for at, each in enumerate(said)}
    assert all(place[before] < at for at, each in enumerate(said) for before in each.prev), "causes first, none lacking"
    assert set(place) == ancestors(decision.operations, removal.by), "what builds on the removal is not told"
    assert said_by(decision, removal).kind in ("remove", "revoke-device")
    for known in ((), one.operations.values()):
        alone = decide(
            one.workspace, {each.hash: each for each in (*other.operations.values(), *known, *said)}.values()
        )
        assert other.public in gone(alone), "it does not come to the same"
    return True


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_random_histories(chunk: int) -> None:
    assert sum(map(of_history, range(chunk * EACH, (chunk + 1) * EACH))) > EACH


def test_who_never_had_a_right_is_a_stranger_and_told_nothing() -> None:
    for seed in range(6):
        simulation = Simulation(seed)
        simulation.run()
        for each in simulation.replicas:
            decision = decide(each.workspace, each.operations.values())
            lowered = {hash for hash, one in decision.lowerings.items() if one.limit is None}
            assert all(set(removal.by) <= lowered for removal in gone(decision).values())
