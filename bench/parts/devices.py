"""Real daemons on loopback, each with a home of its own, spoken to by their API."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ALONE = {"GESSO_SYNC_LISTEN": "127.0.0.1", "GESSO_SYNC_PORT": "0", "GESSO_SYNC_DISCOVER": "false"}


class Device:
    """One daemon. `ask` speaks to it as a program with its token does."""

    def __init__(self, home: Path, process: subprocess.Popen[str], url: str) -> None:
        self.home = home
        self.process = process
        self.url = url
        self.token = (home / "state" / "token").read_text("utf-8").strip()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(self.url + "/api/v1" + path, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        with urllib.request.urlopen(request, timeout=120) as answer:
            data = answer.read()
        return json.loads(data) if data else None

    def total(self, query: str = "") -> int:
        """How many pictures a query finds."""
        return int(self.ask("GET", f"/w/-/assets?limit=1&q={query}")["total"])

    def blobs(self) -> int:
        return int(self.ask("GET", "/status")["library"]["blobs"])

    def cpu(self) -> float:
        """Seconds of processors that the daemon and its workers have used."""
        return cpu_of(self.process.pid)


def cpu_of(pid: int) -> float:
    """Seconds of processors of a process and of all below it, those that have ended included."""
    ticks = os.sysconf("SC_CLK_TCK")
    total, queue = 0.0, [pid]
    while queue:
        each = queue.pop()
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            for thread in Path(f"/proc/{each}/task").iterdir():  # a child is its thread's
                queue += map(int, (thread / "children").read_text().split())
        except FileNotFoundError:
            continue
        total += sum(map(int, fields[11:15])) / ticks
    return total


@contextmanager
def device(home: Path, **variables: str) -> Iterator[Device]:
    """A daemon until the block ends."""
    environ = {**os.environ, **ALONE, **variables}
    command = [sys.executable, "-P", "-m", "cli", "--home", str(home), "up", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ)
    assert process.stdout is not None
    url = process.stdout.readline().strip().rpartition(" ")[2]
    try:
        yield Device(home, process, url)
    finally:
        process.terminate()
        process.wait(30)


def pair(shows: Device, types: Device) -> None:
    """Let the second device into the first one's workspace."""
    shown = shows.ask("POST", "/w/-/pairing", {})
    types.ask("POST", "/pair", {"code": shown["code"], "address": shown["addresses"][0]})


def wait(look: Callable[[], object], seconds: float = 600, pause: float = 0.05) -> float:
    """Seconds until it is so."""
    begun = time.perf_counter()
    while not look():
        if time.perf_counter() - begun > seconds:
            raise TimeoutError(f"it did not happen within {seconds} s")
        time.sleep(pause)
    return time.perf_counter() - begun
