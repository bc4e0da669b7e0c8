"""A daemon as its own process, as people run it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.daemonhouse import ALONE, BALLAST

ROOT = Path(__file__).parents[2]
UP = "import sys, pathlib; from daemon.app import up; home, *rest = sys.argv[1:]; "
UP += "sys.exit(up(pathlib.Path(home), port=0, offline='--offline' in rest))"


class Process:
    """Start with `with`; ready when entered, stopped when left."""

    def __init__(self, home: Path, *words: str, **environ: str) -> None:
        self.home = home
        self._words = words
        self._environ = {**os.environ, "GESSO_DAEMON_BALLAST_BYTES": str(BALLAST), **ALONE, **environ}
        self.url = ""

    def __enter__(self) -> Process:
        self.process = subprocess.Popen(
            [sys.executable, "-c", UP, str(self.home), *self._words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=self._environ,
        )
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        assert first.startswith("gesso is ready at http://127.0.0.1:"), (first, self.process.communicate(timeout=5))
        self.url = first.split(" at ")[1].strip()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.end()

    def end(self, seconds: float = 10) -> tuple[int, str]:
        """Wait for the end: exit code and stderr."""
        _, errors = self.process.communicate(timeout=seconds)
        return self.process.returncode, errors

    @property
    def token(self) -> str:
        return (self.home / "state" / "token").read_text().strip()

    def ask(self, method: str, path: str, content: Any = None) -> tuple[int, Any]:
        """As a program with the token: status and JSON."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = json.dumps(content).encode() if content is not None else None
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                status, body = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                status, body = error.code, error.read()
        return status, json.loads(body) if body else None
