"""Saved searches over HTTP, with a real daemon."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.daemon.process import Process

pytestmark = pytest.mark.process

W = "/api/v1/w/-"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with Process(tmp_path_factory.mktemp("searches") / "home") as found:
        yield found


def test_made_listed_edited_and_deleted(daemon: Process) -> None:
    status, made = daemon.ask("POST", f"{W}/searches", {"name": "精選", "query": "rating:>=4", "sort": "rating"})
    assert (status, made["query"], made["total"], made["problem"]) == (201, "rating:>=4", 0, None)
    one = f"{W}/searches/{made['id']}"
    assert daemon.ask("GET", f"{W}/searches")[1]["searches"][0]["total"] is None
    assert daemon.ask("GET", f"{W}/searches?counted=true")[1]["searches"][0]["total"] == 0
    assert daemon.ask("GET", one)[1]["name"] == "精選"
    assert daemon.ask("GET", f"{one}/assets?limit=1&sort=name")[1] == {"total": 0, "next": None, "items": []}
    status, edited = daemon.ask("PATCH", one, {"query": "is:rated", "color": "red"})
    assert (status, edited["query"], edited["color"], len(edited["action"])) == (200, "is:rated", "red", 32)
    status, deleted = daemon.ask("DELETE", one)
    assert (status, deleted["changed"]) == (200, 1)
    assert daemon.ask("GET", one)[0] == daemon.ask("DELETE", one)[0] == daemon.ask("GET", f"{one}/assets")[0] == 404
    assert daemon.ask("POST", f"{W}/undo", {"action": deleted["action"]})[0] == 200
    assert daemon.ask("GET", one)[1]["query"] == "is:rated"
    intents = [entry["intent"] for entry in daemon.ask("GET", f"{one}/history")[1]["entries"]]
    assert intents == ["undo", "search.delete", "search.edit", "search.create"]
    daemon.ask("DELETE", one)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "a"}, 422, "invalid"),
        ({"name": "", "query": "x"}, 422, "no_name"),
        ({"name": "a", "query": ""}, 422, "no_query"),
        ({"name": "a", "query": "ratng:5"}, 422, "bad_query.close"),
        ({"name": "a", "query": "x", "sort": "colour"}, 422, "invalid"),
        ({"name": "a", "query": "x", "sorted": "name"}, 422, "invalid"),
        ({"name": "a", "query": "x" * 2001}, 422, "bad_query.long"),
    ],
)
def test_input_that_makes_no_sense(daemon: Process, body: dict[str, str], status: int, code: str) -> None:
    answer = daemon.ask("POST", f"{W}/searches", body)
    assert (answer[0], answer[1]["code"]) == (status, code)
    assert daemon.ask("GET", f"{W}/searches")[1]["searches"] == []


def test_wrong_query_says_what_is_wrong_in_a_code(daemon: Process) -> None:
    status, problem = daemon.ask("GET", f"{W}/assets?q={quote('rating:9 flag:up')}")
    assert (status, problem["code"], problem["params"]) == (422, "bad_query.rating", {"value": "9"})
    assert [each["pointer"] for each in problem["errors"]] == ["/q", "/q"]
