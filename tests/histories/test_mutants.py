"""No weaker rule goes unnoticed: neither by the situations and histories, nor by the golden vectors."""

from __future__ import annotations

from typing import Any

import pytest

from identity.operations import decode_operation
from tests.documents.test_vectors import cases
from tests.histories.mutants import DUTIES
from tests.histories.pieces import Pieces, altered
from tests.histories.replica import Failure
from tests.histories.simulation import Simulation
from tests.histories.situations import House, fails
from tests.histories.telling import check_all
from tests.histories.weaker_rules import WEAKER
from tests.vectors import make_decisions, make_verdicts

SEEDS = 60
# These break a promise also where nobody plays the situation for them.
CAUGHT_BY_CHANCE = [
    "goes on with the same run",
    "goes on with the same incarnation",
    "adopts whole segments",
    "refuses whole segments",
    "names branches by what it holds",
    "takes a predecessor of another",
    "lets one number through twice",
]
DECISIONS = [
    (case, bytes.fromhex(case["workspace"]), [decode_operation(bytes.fromhex(raw)) for raw in case["operations"]])
    for case in cases("decisions")
]
VERDICTS = cases("verdicts")


@pytest.mark.parametrize("name", DUTIES)
def test_device_that_leaves_out_a_duty_fails_its_situation(name: str) -> None:
    mutant = DUTIES[name]
    assert fails(mutant.caught_by, House(mutant.pieces(), mutant.replica))


@pytest.mark.parametrize("name", CAUGHT_BY_CHANCE)
def test_random_histories_find_the_device_that_leaves_out_a_duty(name: str) -> None:
    mutant = DUTIES[name]
    pieces = mutant.pieces()
    found = (told for seed in range(SEEDS) for told in check_all([seed], make(pieces, mutant.replica)))
    assert next(found, None) is not None


def make(pieces: Pieces, replica: Any) -> Any:
    return lambda seed: Simulation(seed, pieces, replica)


@pytest.mark.parametrize("name", WEAKER)
def test_no_weaker_rule_passes_the_golden_vectors(name: str) -> None:
    pieces = altered(WEAKER[name])
    assert any(differs(case, pieces) for case in [*DECISIONS, *VERDICTS])


def differs(case: Any, pieces: Pieces) -> bool:
    """Whether other pieces come to something else in a case; a rule that cannot go on comes to something else."""
    try:
        if isinstance(case, tuple):
            case, workspace, operations = case
            found = make_decisions.outcome(pieces, workspace, operations, case["rights"])
        else:
            found = make_verdicts.outcome(case, pieces)
    except (KeyError, IndexError, TypeError, Failure):
        return True
    return found != {key: case[key] for key in found}


def test_copies_of_the_rule_in_force_pass_them() -> None:
    assert not any(differs(case, altered()) for case in [*DECISIONS, *VERDICTS])


def test_alteration_of_a_place_that_is_not_there_is_noticed() -> None:
    alteration = next(iter(WEAKER.values()))._replace(old="no such words")
    with pytest.raises(LookupError):
        altered(alteration)
