"""What several people write or set at once, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from library.models import ProjectChange
from tests.daemon.process import Process
from tests.elsewhere import Elsewhere

pytestmark = pytest.mark.process

W = "/api/v1/w/-"
ID = "ab" * 16


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with Process(tmp_path_factory.mktemp("shared") / "home") as found:
        yield found


def project(daemon: Process, name: str) -> str:
    status, made = daemon.ask("POST", f"{W}/projects", {"name": name})
    assert status == 201
    return str(made["id"])


def test_steps_of_two_who_write_at_once_come_to_one_text(daemon: Process) -> None:
    step = {"document": project(daemon, "brief"), "field": "brief"}
    one = {**step, "sitting": "01" * 16, "step": 1, "was": "", "text": "貓"}
    assert daemon.ask("POST", f"{W}/texts", one) == (200, {"text": "貓", "action": "01" * 16})
    two = {**step, "sitting": "02" * 16, "step": 1, "was": "", "text": "貓"}
    for _ in range(2):  # sent again
        assert daemon.ask("POST", f"{W}/texts", two) == (200, {"text": "貓貓", "action": "02" * 16})
    assert daemon.ask("POST", f"{W}/texts", {**step, "was": "", "text": ""}) == (200, {"text": "貓貓", "action": None})
    undo = daemon.ask("POST", f"{W}/undo", {"action": "01" * 16})
    assert undo[0] == 200 and daemon.ask("GET", f"{W}/projects/{step['document']}")[1]["brief"] == "貓"


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"step": 1}, 422, "invalid"),
        ({"step": 0, "sitting": ID}, 422, "invalid"),
        ({"sitting": "x"}, 422, "invalid"),
        ({"field": "name"}, 422, "invalid"),
        ({"field": ""}, 422, "invalid.empty"),
        ({"document": ID}, 404, "no_document"),
        ({"text": "貓" * 30_000}, 422, "too_long"),
        ({"text": None}, 422, "invalid"),
        ({"text": "a\0b"}, 422, "invalid"),
        ({"other": 1}, 422, "invalid"),
    ],
)
def test_step_that_makes_no_sense_is_refused(daemon: Process, wrong: dict[str, Any], status: int, code: str) -> None:
    known = daemon.ask("GET", f"{W}/projects")[1]["projects"]
    id = known[0]["id"] if known else project(daemon, "refusing")
    wish = {"document": id, "field": "brief", "text": "x", "was": "", **wrong}
    answer = daemon.ask("POST", f"{W}/texts", wish)
    assert (answer[0], answer[1]["code"]) == (status, code)


def test_conflicts_are_paged_settled_and_refused(daemon: Process, tmp_path: Path) -> None:
    def ask(method: str, path: str, body: Any) -> Any:
        status, answer = daemon.ask(method, "/api/v1" + path, body)
        assert status < 300, answer
        return answer

    ids = [project(daemon, f"p{number}") for number in range(3)]
    bob = Elsewhere(tmp_path, ask)
    bob.catch_up()
    for id in ids:
        ask("PATCH", f"/w/-/projects/{id}", {"color": "red"})
        bob.edit(lambda library, id=id: library.projects.edit(id, ProjectChange(color="teal")))
    bob.meet()
    (told,) = [each for each in ask("GET", "/status", None)["attention"] if each["code"] == "conflicts.open"]
    assert told["params"]["count"] == "3"
    first = ask("GET", "/w/-/conflicts?limit=2", None)
    assert first["total"] == 3 and len(first["items"]) == 2
    rest = ask("GET", f"/w/-/conflicts?limit=2&after={first['next']}", None)
    assert rest["next"] is None and len(rest["items"]) == 1
    one = first["items"][0]
    assert ask("GET", f"/w/-/conflicts?document={one['document']}", None)["items"] == [one]
    wish = {"document": one["document"], "field": "color", "value": "teal", "seen": ["red", "teal"]}
    for wrong, status, code in (
        ({"seen": ["red"]}, 409, "conflict_changed"),
        ({"value": "mauve"}, 422, "invalid.color"),
        ({"value": True}, 422, "invalid"),
        ({"value": 1.5}, 422, "invalid"),
        ({"field": "deleted"}, 422, "invalid"),
        ({"field": "name"}, 409, "conflict_settled"),
        ({"document": ID}, 404, "no_document"),
        ({"value": ["red"]}, 422, "invalid"),
    ):
        answer = daemon.ask("POST", f"{W}/conflicts/resolve", {**wish, **wrong})
        assert (answer[0], answer[1]["code"]) == (status, code), wrong
    assert daemon.ask("GET", f"{W}/conflicts?after=x")[1]["code"] == "invalid.cursor"
    assert daemon.ask("GET", f"{W}/conflicts?document=x")[0] == 422
    assert ask("POST", "/w/-/conflicts/resolve", wish)["changed"] == 1
    again = daemon.ask("POST", f"{W}/conflicts/resolve", wish)
    assert (again[0], again[1]["code"]) == (409, "conflict_settled") and again[1]["params"]["value"] == "teal"
