"""`kill -9` at random points of imports, edits and rebuilds: what was acknowledged is there, nothing is damaged."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.daemonhouse import environ
from tests.library.house import picture

SHORT, LONG = 30, 1000
RESTART_SECONDS = 5.0
CHUNK = 10


class Daemon:
    """A daemon that is killed and started again, and what it acknowledged."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.slowest = 0.0

    def start(self) -> None:
        begun = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "cli", "up", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environ(self.home),
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline().decode().strip()
        assert line.startswith("gesso is ready at "), line
        self.slowest = max(self.slowest, time.monotonic() - begun)
        self.url = line.removeprefix("gesso is ready at ")
        (token,) = [path for path in self.home.rglob("token") if path.is_file()]
        self.token = token.read_text().strip()

    def ask(self, method: str, path: str, body: Any = None, raw: bytes | None = None) -> Any:
        """The answer's JSON; None when the daemon died before it answered."""
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        kind = "application/octet-stream" if raw is not None else "application/json"
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}",
            data,
            {"Authorization": f"Bearer {self.token}", "Content-Type": kind},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            error.close()
            raise
        except OSError:
            return None

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def run(home: Path, seed: int, kills: int) -> None:
    chance = random.Random(seed)
    daemon = Daemon(home)
    ratings: dict[str, int] = {}
    number = 0
    try:
        for _ in range(kills):
            daemon.start()
            for asset, rating in ratings.items():
                shown = daemon.ask("GET", f"/w/-/assets/{asset}")
                assert shown is not None and shown["asset"]["rating"] == rating, asset
            deadline = time.monotonic() + chance.uniform(0.0, 0.25)
            watcher = subprocess.Popen(["sleep", f"{max(0.0, deadline - time.monotonic()):.3f}"])
            while watcher.poll() is None:
                number += 1
                raw = picture((number % 256, number // 256, seed % 256))
                told = daemon.ask("POST", f"/w/-/uploads?name=p{number}.png", raw=raw)
                assert told is not None
                ratings[told["asset"]] = 0
                rating = chance.randint(1, 5)
                assert daemon.ask("PATCH", f"/w/-/assets/{told['asset']}", {"rating": rating}) is not None
                ratings[told["asset"]] = rating
                if chance.random() < 0.3:
                    daemon.ask("POST", "/w/-/rebuild", {})
            flight = chance.random()
            if flight < 0.7:  # one more, unacknowledged, in flight while the kill comes
                number += 1
                (home / "late.png").write_bytes(picture((number % 256, number // 256, seed % 256)))
                daemon.ask("POST", "/w/-/imports", {"paths": [str(home / "late.png")]})
                time.sleep(chance.uniform(0, 0.05))
            daemon.kill()
        daemon.start()
        task = daemon.ask("POST", "/w/-/verify", {"read_data": True})
        while task["state"] == "running":
            time.sleep(0.02)
            task = daemon.ask("GET", f"/tasks/{task['id']}")
        assert task["state"] == "done" and task["result"]["problems"] == []
        for asset, rating in ratings.items():
            assert daemon.ask("GET", f"/w/-/assets/{asset}")["asset"]["rating"] == rating
        assert daemon.slowest <= RESTART_SECONDS
    finally:
        if daemon.process.poll() is None:
            daemon.kill()


@pytest.mark.parametrize("seed", range(SHORT // CHUNK))
def test_nothing_acknowledged_is_lost_by_a_kill(tmp_path: Path, seed: int) -> None:
    run(tmp_path / "home", seed, CHUNK)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 100 + LONG // CHUNK))
def test_nothing_acknowledged_is_lost_by_a_thousand_kills(tmp_path: Path, seed: int) -> None:
    run(tmp_path / "home", seed, CHUNK)
