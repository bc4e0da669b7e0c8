"""A daemon that is asked to end in the middle of long work: soon, cleanly, and what was said to be there is there."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.daemon.process import Process
from tests.library.intake.test_many_alike import batch

pytestmark = pytest.mark.process

SECONDS = 5  # that a clean stop may take
PICTURES = 400


def started(daemon: Process, path: str, body: Any) -> str:
    status, task = daemon.ask("POST", f"/api/v1/w/-{path}", body)
    assert status == 202, task
    return f"/api/v1/tasks/{task['id']}"


def ended(daemon: Process, task: str) -> Any:
    while (told := daemon.ask("GET", task)[1])["state"] == "running":
        time.sleep(0.05)
    assert told["state"] == "done", told
    return told["result"]


def total(daemon: Process) -> int:
    return int(daemon.ask("GET", "/api/v1/w/-/assets")[1]["total"])


def stop_within_seconds(daemon: Process) -> None:
    begun = time.monotonic()
    daemon.process.send_signal(signal.SIGTERM)
    code, errors = daemon.end(60)
    assert (code, time.monotonic() - begun < SECONDS) == (0, True), (time.monotonic() - begun, errors)


def wish(folder: Path) -> dict[str, Any]:
    return {"paths": [str(folder)], "reference": False, "project": None, "dry_run": False}


@pytest.mark.timeout(240)
def test_daemon_stops_soon_in_the_middle_of_an_import_of_one_batch(tmp_path: Path) -> None:
    folder, home = batch(tmp_path / "in", PICTURES), tmp_path / "home"
    with Process(home) as daemon:
        task = started(daemon, "/imports", wish(folder))
        while total(daemon) == 0:
            assert daemon.ask("GET", task)[1]["state"] == "running"
            time.sleep(0.05)
        before = total(daemon)
        stop_within_seconds(daemon)
    with Process(home) as daemon:
        assert before <= total(daemon) < PICTURES
        assert ended(daemon, started(daemon, "/verify", {"read_data": True}))["problems"] == []
        there, report = total(daemon), ended(daemon, started(daemon, "/imports", wish(folder)))
        assert (report["duplicates"], report["imported"], report["failed"]) == (there, PICTURES - there, [])
        # While it is all computed again, and while it is copied.
        for path, body in (("/rebuild", {}), ("/backup", {"path": str(tmp_path / "backup")})):
            started(daemon, path, body)
            time.sleep(0.1)
            stop_within_seconds(daemon)
            daemon.__enter__()
            assert total(daemon) == PICTURES
            assert ended(daemon, started(daemon, "/verify", {"read_data": True}))["problems"] == []
        ended(daemon, started(daemon, "/backup", {"path": str(tmp_path / "backup")}))
