"""The test run asks no other computer for anything, and would notice: no telemetry, no update check, no font.

And only what is marked `process` starts one.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys

import pytest

from tests.daemonhouse import environ
from tests.tree import ROOT

ASK = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"


def test_this_process_is_shut_in() -> None:
    with pytest.raises(PermissionError, match="another computer"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(PermissionError, match="another computer"):
        socket.getaddrinfo("example.org", 80)


@pytest.mark.parametrize("env", ["inherited", "a daemon's"])
@pytest.mark.process
def test_processes_that_are_started_are_shut_in(env: str, tmp_path: object) -> None:
    given = dict(os.environ) if env == "inherited" else environ(ROOT / "nowhere")
    done = subprocess.run([sys.executable, "-P", "-c", ASK], env=given, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "another computer" in done.stderr


def test_this_computer_may_be_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


async def test_a_test_that_is_not_marked_starts_no_process() -> None:
    for start in (lambda: subprocess.Popen(["true"]), lambda: os.system("true"), os.fork):
        with pytest.raises(PermissionError, match="mark it `process`"):
            start()
    with pytest.raises(PermissionError, match="mark it `process`"):
        await asyncio.create_subprocess_exec("true")


@pytest.mark.process
def test_a_test_that_is_marked_does() -> None:
    assert subprocess.run(["true"], check=False).returncode == 0
