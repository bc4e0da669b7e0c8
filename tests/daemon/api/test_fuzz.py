"""Generated requests from the published description, against a real daemon: no 5xx, no undocumented status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.daemon.process import Process

pytestmark = pytest.mark.process

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# Routes that end the daemon, or never end an answer.
LEFT_OUT = ("/api/v1/stop", "/api/v1/events")
# They would write wherever a generated path leads: asked apart, with paths that are given.
WRITING = ("/api/v1/w/{workspace}/backup", "/api/v1/w/{workspace}/export")


def fuzz(
    daemon: Process, folder: Path, examples: int, *more: str, writing: bool = False
) -> subprocess.CompletedProcess[str]:
    description = daemon.ask("GET", "/openapi.json")[1]
    for path in description["paths"].values():
        for operation in path.values():
            for parameter in operation["parameters"]:
                if parameter["name"] == "workspace":
                    parameter["schema"] = {"type": "string", "enum": ["-", "no such workspace"]}
    for body in ("Target", "Export"):
        places = [str(folder / "to"), str(folder / "to" / "deeper"), "relative", str(folder / "openapi.json")]
        description["components"]["schemas"][body]["properties"]["path"] = {"type": "string", "enum": places}
    (folder / "openapi.json").write_text(json.dumps(description))
    command = [str(Path(sys.executable).parent / "schemathesis"), "run", str(folder / "openapi.json")]
    command += ["--url", daemon.url]
    command += ["--header", f"Authorization: Bearer {daemon.token}", "--checks", CHECKS]
    chosen = [("--include-path", path) for path in WRITING]
    left = [("--exclude-path", path) for path in (*LEFT_OUT, *WRITING)]
    command += [part for option in (chosen if writing else left) for part in option]
    command += ["--max-examples", str(examples), "--seed", "7", "--no-color", "--suppress-health-check", "all", *more]
    environ = {**os.environ, "PYTHONWARNINGS": "ignore", "SCHEMATHESIS_REPORT_DIR": str(folder)}
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environ, check=False)


@pytest.mark.timeout(180)
def test_generated_requests_find_no_fault(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    with Process(tmp_path / "home") as daemon:
        done = fuzz(daemon, work, 8, "--phases", "coverage,fuzzing")
        assert daemon.ask("GET", "/api/v1/status")[0] == 200
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


@pytest.mark.timeout(180)
def test_generated_backups_and_exports_find_no_fault(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    with Process(tmp_path / "home") as daemon:
        done = fuzz(daemon, work, 8, "--phases", "coverage,fuzzing", "--mode", "positive", writing=True)
        written = [each["kind"] for each in daemon.ask("GET", "/api/v1/tasks")[1]["tasks"] if each["state"] == "done"]
        assert daemon.ask("GET", "/api/v1/status")[0] == 200
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert {"backup", "export"} <= set(written) and (work / "to").is_dir(), written


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_very_many_generated_requests_find_no_fault(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    with Process(tmp_path / "home") as daemon:
        done = fuzz(daemon, work, 2000)
        assert daemon.ask("GET", "/api/v1/status")[0] == 200
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-2000:]
