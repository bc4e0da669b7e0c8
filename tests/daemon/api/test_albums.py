"""Albums over HTTP, with a real daemon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.daemon.process import Process

pytestmark = pytest.mark.process

W = "/api/v1/w/-"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with Process(tmp_path_factory.mktemp("albums") / "home") as found:
        yield found


def test_tree_is_made_shown_edited_and_deleted(daemon: Process) -> None:
    status, outer = daemon.ask("POST", f"{W}/albums", {"name": "2026"})
    assert (status, outer["parent"], outer["assets"], outer["cover"]) == (201, None, 0, None)
    status, inner = daemon.ask("POST", f"{W}/albums", {"name": "精選", "parent": outer["id"], "color": "red"})
    assert (status, inner["parent"], inner["depth"]) == (201, outer["id"], 1)
    assert [each["name"] for each in daemon.ask("GET", f"{W}/albums")[1]["albums"]] == ["2026", "精選"]
    one = f"{W}/albums/{inner['id']}"
    status, edited = daemon.ask("PATCH", one, {"parent": None, "notes": "大聲"})
    assert (status, edited["parent"], edited["notes"], len(edited["action"])) == (200, None, "大聲", 32)
    status, told = daemon.ask("PATCH", f"{W}/albums/{outer['id']}", {"name": "精選"})
    assert (status, told["code"]) == (409, "album_exists")
    status, told = daemon.ask("PATCH", f"{W}/albums/{outer['id']}", {"parent": outer["id"]})
    assert (status, told["code"]) == (409, "album_in_itself")
    assert daemon.ask("PATCH", one, {"colour": "red"})[0] == 422
    status, deleted = daemon.ask("DELETE", one)
    assert (status, deleted["changed"], daemon.ask("GET", one)[0]) == (200, 1, 404)
    assert daemon.ask("POST", f"{W}/undo", {"action": deleted["action"]})[0] == 200
    assert daemon.ask("GET", one)[1]["notes"] == "大聲"
    assert daemon.ask("POST", f"{one}/add", {"assets": []})[0] == 422
    assert daemon.ask("POST", f"{one}/add", {"assets": ["01" * 16]})[0] == 404


def test_large_selection_is_added_at_once(daemon: Process, tmp_path: Path) -> None:
    for number in range(3):
        Image.new("RGB", (20 + number, 20), (number, 90, 90)).save(tmp_path / f"{number}.png")
    status, task = daemon.ask("POST", f"{W}/imports", {"paths": [str(tmp_path)]})
    assert status == 202
    while daemon.ask("GET", f"/api/v1/tasks/{task['id']}")[1]["state"] == "running":
        pass
    ids = daemon.ask("GET", f"{W}/assets/ids")[1]["ids"]
    made = daemon.ask("POST", f"{W}/albums", {"name": "all"})[1]["id"]
    # As long as a selection may be; each picture once.
    status, added = daemon.ask("POST", f"{W}/albums/{made}/add", {"assets": ids * 20_000})
    assert (status, added["changed"]) == (200, 3)
    page = daemon.ask("GET", f"{W}/albums/{made}/assets?limit=2")[1]
    rest = daemon.ask("GET", f"{W}/albums/{made}/assets?limit=2&after={page['next']}")[1]
    assert [each["id"] for each in (*page["items"], *rest["items"])] == ids and rest["next"] is None
    assert daemon.ask("GET", f"{W}/albums/{made}/assets?after=x")[0] == 422
    status, told = daemon.ask("POST", f"{W}/albums/{made}/move", {"assets": ids, "before": ids[0]})
    assert (status, told["code"]) == (422, "not_in_album")
