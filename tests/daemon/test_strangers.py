"""Another user of the same machine: reads nothing, asks nothing, and cannot stand in for the daemon."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon.api.routes import ROUTES
from tests.commands.house import paint
from tests.daemon.process import Process
from tests.daemonhouse import gesso

NOBODY = 65534
PUBLIC = {"public", "page"}
pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="only root can become another user"),
]


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that everybody may enter: what is private in it must be so by itself."""
    made = Path(tempfile.mkdtemp(prefix="gesso-strangers-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def as_stranger(work: Callable[[], Any]) -> Any:
    """Run `work` as a user with no rights of ours, in a process of its own; what it returns must be JSON."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.write(writer, json.dumps(work()).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        told = file.read()
    assert os.waitpid(child, 0)[1] == 0
    return json.loads(told)


def readable(paths: list[str]) -> list[str]:
    """What of these a process can open, list or write beside."""
    got = []
    for path in paths:
        for flags in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR | os.O_APPEND):
            try:
                os.close(os.open(path, flags))
                got.append(f"{path} opened with {flags}")
            except OSError:
                pass
        try:
            got += [f"{path}/{name} listed" for name in os.listdir(path)]  # noqa: PTH208
            os.close(os.open(f"{path}/planted", os.O_WRONLY | os.O_CREAT))
            got.append(f"{path}/planted made")
        except OSError:
            pass
    return got


def useful(port: int) -> list[str]:
    """Routes that told or did something for somebody without a token."""
    got = []
    for route in ROUTES:
        path = route.path.replace("{workspace}", "-").replace("{rest...}", "index.html")
        for headers in ({}, {"Authorization": "Bearer gesso_token_" + "0" * 64}, {"X-Gesso": "1"}):
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            body = None if route.method == "GET" else b"{}"
            line.request(route.method, path, body, {"Content-Type": "application/json", **headers})
            status = line.getresponse().status
            line.close()
            if status < 400 and route.kind not in PUBLIC:
                got.append(f"{route.method} {path}: {status}")
    return got


def test_another_user_reads_nothing_and_asks_nothing(place: Path) -> None:
    home = place / "home"
    paint(place / "one.png", 3)
    with Process(home) as daemon:
        assert daemon.ask("POST", "/api/v1/w/-/imports", {"paths": [str(place / "one.png")]})[0] == 202
        daemon.ask("POST", "/api/v1/launch")
        gesso(home, "ui", BROWSER="/bin/true %s")
        everything = [str(path) for path in (home, *home.rglob("*"))]
        assert len(everything) > 15
        private = [path for path in everything if path != str(home)]
        assert as_stranger(lambda: readable(private)) == []
        port = int(daemon.url.rpartition(":")[2])
        assert as_stranger(lambda: useful(port)) == []
        seen = as_stranger(lambda: Path(f"/proc/{daemon.process.pid}/cmdline").read_bytes().decode())
        assert "gesso_" not in seen
        assert as_stranger(lambda: readable([f"/proc/{daemon.process.pid}/environ"])) == []
    assert as_stranger(lambda: readable(private)) == []


def test_the_same_stranger_does_read_what_is_open(place: Path) -> None:
    """The counter-proof: the look itself works."""
    (place / "open").mkdir()
    (place / "open" / "file").write_text("x")
    (place / "open").chmod(0o777)
    assert len(as_stranger(lambda: readable([str(place / "open"), str(place / "open" / "file")]))) >= 3


def test_home_itself_is_closed_when_gesso_makes_it(place: Path) -> None:
    with Process(place / "home"):
        pass
    assert (place / "home").stat().st_mode & 0o077 == 0, oct((place / "home").stat().st_mode)
