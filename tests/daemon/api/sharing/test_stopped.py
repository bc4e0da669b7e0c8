"""Stopped devices over HTTP: what makes no sense is refused by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.daemon.process import Process

pytestmark = pytest.mark.process

W = "/api/v1/w/-"
NOBODY = "0" * 32


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with Process(tmp_path_factory.mktemp("stopped") / "home") as found:
        yield found


def test_nobody_is_stopped_in_a_new_library(daemon: Process) -> None:
    assert daemon.ask("GET", f"{W}/stopped") == (200, {"stopped": []})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"id": NOBODY},
        {"id": NOBODY, "decision": "delete"},
        {"id": "zz", "decision": "approve"},
        {"id": NOBODY[1:], "decision": "approve"},
        {"id": NOBODY, "decision": "approve", "extra": 1},
        {"id": None, "decision": None},
        [],
    ],
)
def test_a_decision_without_sense_is_refused(daemon: Process, body: Any) -> None:
    status, answer = daemon.ask("POST", f"{W}/stopped", body)
    assert status in (400, 422) and answer["code"].startswith("invalid")


@pytest.mark.parametrize("decision", ["approve", "reject", "revert"])
def test_a_stop_that_is_not_is_not_found(daemon: Process, decision: str) -> None:
    status, answer = daemon.ask("POST", f"{W}/stopped", {"id": NOBODY, "decision": decision})
    assert (status, answer["code"]) == (404, "no_stop")
