"""Plans of an exchange over HTTP: in a workspace of one device, paused, offline, and what makes no sense."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.daemon.process import Process

pytestmark = pytest.mark.process

W = "/api/v1/w/-"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with Process(tmp_path_factory.mktemp("planning") / "home") as found:
        yield found


def test_one_device_has_nobody_to_ask(daemon: Process) -> None:
    status, made = daemon.ask("POST", f"{W}/sync/plan", {})
    assert status == 200 and made["devices"] == [] and made["added"] == made["originals"]["count"] == 0
    status, told = daemon.ask("GET", f"{W}/sync/plans/{made['id']}")
    assert (status, told["done"], told["planned"], told["different"]) == (200, True, 0, 0)
    assert daemon.ask("POST", f"{W}/sync/now", {}) == (200, {"connected": [], "away": [], "removed": None})


@pytest.mark.parametrize("id", ["0" * 15, "z" * 16, "0" * 17])
def test_what_is_no_id_of_a_plan_is_refused(daemon: Process, id: str) -> None:
    status, answer = daemon.ask("GET", f"{W}/sync/plans/{id}")
    assert status in (400, 404, 422), answer


def test_plan_that_is_not_is_not_found(daemon: Process) -> None:
    status, answer = daemon.ask("GET", f"{W}/sync/plans/{'0' * 16}")
    assert (status, answer["code"]) == (404, "no_plan")


def test_eight_plans_are_kept(daemon: Process) -> None:
    made = [daemon.ask("POST", f"{W}/sync/plan", {})[1]["id"] for _ in range(9)]
    assert len(set(made)) == 9
    found = [daemon.ask("GET", f"{W}/sync/plans/{each}")[0] for each in made]
    assert found == [404] + [200] * 8


def test_paused_or_offline_there_is_a_plan_and_no_exchange(daemon: Process) -> None:
    daemon.ask("PATCH", "/api/v1/peers", {"paused": True})
    try:
        assert daemon.ask("POST", f"{W}/sync/plan", {})[1]["paused"]
        status, answer = daemon.ask("POST", f"{W}/sync/now", {})
        assert (status, answer["code"]) == (409, "peers_paused")
    finally:
        daemon.ask("PATCH", "/api/v1/peers", {"paused": False})
    daemon.ask("POST", "/api/v1/offline", {"on": True})
    try:
        assert daemon.ask("POST", f"{W}/sync/plan", {})[1]["offline"]
        status, answer = daemon.ask("POST", f"{W}/sync/now", {})
        assert (status, answer["code"]) == (409, "peers_offline")
    finally:
        daemon.ask("POST", "/api/v1/offline", {"on": False})
