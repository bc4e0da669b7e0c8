"""A daemon that is killed and started again, and what it acknowledged."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.daemonhouse import environ


class Daemon:
    """One home, many lives. `slowest` is the longest start so far, in seconds."""

    def __init__(self, home: Path, **variables: str) -> None:
        """`variables`: of its environment, beside the usual ones."""
        self.home = home
        self._variables = variables
        self.slowest = 0.0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        begun = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "cli", "up", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environ(self.home, **self._variables),
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline().decode().strip()
        assert line.startswith("gesso is ready at "), line
        self.slowest = max(self.slowest, time.monotonic() - begun)
        self.url = line.removeprefix("gesso is ready at ")
        self.token = (self.home / "state" / "token").read_text().strip()

    def ask(self, method: str, path: str, body: Any = None, raw: bytes | None = None) -> Any:
        """The answer's JSON; None when the daemon died before it answered."""
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        kind = "application/octet-stream" if raw is not None else "application/json"
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error
        except (OSError, http.client.HTTPException):
            return None

    def finish(self, task: Any) -> Any:
        """Wait for a task's end; its result, None when the daemon died or the task failed."""
        while task is not None and task["state"] == "running":
            time.sleep(0.02)
            task = self.ask("GET", f"/tasks/{task['id']}")
        return task["result"] if task is not None and task["state"] == "done" else None

    def kill(self) -> None:
        assert self.process is not None and self.process.stdout is not None
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process = None
