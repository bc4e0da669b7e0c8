"""The golden vectors of the membership log: what is an operation, who is what by a set of them, which changes count."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from identity.errors import OperationRefused
from identity.operations import decode_operation
from tests.documents.test_vectors import Case, cases, parametrize, spoilt
from tests.histories.pieces import in_force
from tests.vectors import make_decisions, make_verdicts
from tests.vectors.coding import unhex
from tests.vectors.make_operations import judge, told


@parametrize("operations", each=False)
def test_operation(case: Case) -> None:
    raw = unhex(case["operation"])
    if case["verdict"] == "refused":
        with pytest.raises(OperationRefused) as refused:
            judge(raw)
        assert refused.value.reason == case["reason"]
    else:
        given = ("name", "operation", "verdict")
        assert told(judge(raw)) == {key: value for key, value in case.items() if key not in given}


@parametrize("operations", each=True)
def test_operation_cut_or_flipped_is_refused(case: Case) -> None:
    for raw in spoilt(case, "operation"):
        with pytest.raises(OperationRefused):
            judge(raw)


@parametrize("decisions", each=False)
def test_decision_of_any_order(case: Case) -> None:
    operations = [decode_operation(bytes.fromhex(raw)) for raw in case["operations"]]
    for seed in range(3):
        random.Random(seed).shuffle(operations)
        found = make_decisions.outcome(in_force(), bytes.fromhex(case["workspace"]), operations, case["rights"])
        assert found == {key: case[key] for key in found}


@parametrize("verdicts", each=False)
def test_verdicts_of_any_order(case: Case) -> None:
    given: dict[str, Any] = json.loads(json.dumps(case))
    for seed in range(3):
        random.Random(seed).shuffle(given["segments"])
        found = make_verdicts.outcome(given)
        assert found == {key: case[key] for key in found}


@pytest.mark.parametrize("file", ["operations", "decisions", "verdicts"])
def test_cases_have_names_of_their_own(file: str) -> None:
    names = [case["name"] for case in cases(file)]
    assert len(set(names)) == len(names) > 20
