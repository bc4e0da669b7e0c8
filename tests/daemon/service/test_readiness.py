"""What systemd hears from a daemon that it started."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from daemon.service.readiness import READY, tell
from tests.daemon.process import Process


@contextmanager
def listening(name: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind("\0" + name[1:] if name.startswith("@") else name)
        channel.settimeout(10)
        yield channel


def test_state_comes_to_a_socket_in_a_folder_of_any_name(tmp_path: Path) -> None:
    name = str(tmp_path / "通知 it")
    with listening(name) as channel:
        tell({"NOTIFY_SOCKET": name}, READY)
        assert channel.recv(100) == b"READY=1"


def test_state_comes_to_an_abstract_socket() -> None:
    name = f"@gesso-test-{os.getpid()}"
    with listening(name) as channel:
        tell({"NOTIFY_SOCKET": name}, READY)
        assert channel.recv(100) == b"READY=1"


def test_nobody_who_asks_is_told_nothing(caplog: pytest.LogCaptureFixture) -> None:
    tell({}, READY)
    assert caplog.records == []


def test_manager_that_is_gone_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        tell({"NOTIFY_SOCKET": str(tmp_path / "gone")}, READY)
    assert "READY=1 could not be told" in caplog.text


@pytest.mark.process
def test_daemon_says_when_it_answers_and_when_it_stops(tmp_path: Path) -> None:
    name = str(tmp_path / "notify")
    with listening(name) as channel:
        with Process(tmp_path / "home", NOTIFY_SOCKET=name) as daemon:
            assert channel.recv(100) == b"READY=1"
            assert daemon.ask("GET", "/health")[0] == 200
        assert channel.recv(100) == b"STOPPING=1"
