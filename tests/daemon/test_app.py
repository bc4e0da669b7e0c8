"""The daemon's own life, as a process."""

from __future__ import annotations

import base64
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

import pytest

from daemon import lock
from daemon.paths import Paths
from tests.daemon.process import ROOT, UP, Process

pytestmark = pytest.mark.process


def test_life_from_start_to_clean_stop(tmp_path: Path) -> None:
    paths = Paths.of(tmp_path, {})
    with Process(tmp_path) as daemon:
        running = lock.find(paths)
        assert running is not None and (running.url, running.pid) == (daemon.url, daemon.process.pid)
        status, answer = daemon.ask("GET", "/api/v1/status")
        assert status == 200 and answer["workspace"]["role"] == "admin" and answer["url"] == daemon.url
        second = subprocess.run(
            [sys.executable, "-c", UP, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert second.returncode == 1 and f"pid {running.pid} at {daemon.url}" in second.stderr
        began = time.monotonic()
        daemon.process.send_signal(signal.SIGTERM)
        code, errors = daemon.end()
        assert code == 0, errors
        assert time.monotonic() - began < 5
    assert lock.find(paths) is None and not paths.runtime.exists()


def test_asked_to_stop_with_readers_on_the_line(tmp_path: Path) -> None:
    with Process(tmp_path) as daemon:
        port = int(daemon.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as reader:
            reader.sendall(
                f"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                f"Authorization: Bearer {daemon.token}\r\n\r\n".encode()
            )
            assert b"200 OK" in reader.recv(1000)
            began = time.monotonic()
            assert daemon.ask("POST", "/api/v1/stop") == (200, {"awaited": 0, "seconds": 20.0})
            code, errors = daemon.end()
        assert (code, time.monotonic() - began < 5) == (0, True), errors


def test_killed_daemon_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    with Process(tmp_path) as daemon:
        workspace = daemon.ask("GET", "/api/v1/status")[1]["workspace"]["id"]
        assert daemon.ask("POST", "/api/v1/w/-/projects", {"name": "貓 poster"})[0] == 201
        token = daemon.token
        daemon.process.kill()
        daemon.end()
    with Process(tmp_path) as again:
        assert again.ask("GET", "/api/v1/status")[1]["workspace"]["id"] == workspace
        assert [each["name"] for each in again.ask("GET", "/api/v1/w/-/projects")[1]["projects"]] == ["貓 poster"]
        assert again.token == token


def test_everything_is_for_its_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Process(home) as daemon:
        daemon.ask("POST", "/api/v1/launch")
        open_to_others = [
            path for path in (home, *home.rglob("*")) if stat.S_IMODE(path.stat().st_mode) & 0o077 and path != home
        ]
        assert open_to_others == []


def test_wrong_settings_are_all_named_and_nothing_is_begun(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[daemon]\nprot = 1\n[lgo]\n")
    done = subprocess.run(
        [sys.executable, "-c", UP, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Did you mean “port”?" in done.stderr and "Did you mean [log]?" in done.stderr
    assert not (tmp_path / "data").exists()


def test_cloud_folder_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    home = tmp_path / "Dropbox" / "gesso"
    done = subprocess.run([sys.executable, "-c", UP, str(home)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "cloud drive" in done.stderr
    assert not home.exists()


def test_lost_library_is_not_replaced_by_an_empty_one(tmp_path: Path) -> None:
    with Process(tmp_path):
        pass
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    done = subprocess.run(
        [sys.executable, "-c", UP, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and "There was a library in this folder" in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc shows arguments and environment")
def test_no_secret_leaks_into_log_database_arguments_or_environment(tmp_path: Path) -> None:
    """At debug, with errors forced: tokens, codes and sessions in four forms are found nowhere but in their files."""
    with Process(tmp_path, GESSO_LOG_LEVEL="debug") as daemon:
        secrets = [daemon.token, (tmp_path / "state" / "proof").read_text().strip()]
        port = int(daemon.url.rpartition(":")[2])
        for _ in range(3):
            secrets.append(daemon.ask("POST", "/api/v1/launch")[1]["url"].partition("#code=")[2])
        for secret in secrets:
            for wrong in (
                f"GET /api/v1/w/{secret}/assets?q={secret} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                f"Authorization: Bearer {daemon.token}\r\nConnection: close\r\n\r\n",
                f"GET /{secret} HTTP/1.1\r\nHost: {secret}\r\nConnection: close\r\n\r\n",
                f"{secret} {secret}\r\n{secret}\r\n\r\n",
                f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: {secret}\r\n{secret}\r\n\r\n",
                f"POST /api/v1/w/-/projects HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {daemon.token}"
                f"\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 9\r\n\r\n{secret}",
            ):
                with socket.create_connection(("127.0.0.1", port)) as line:
                    line.sendall(wrong.encode())
                    line.settimeout(2)
                    line.recv(100_000)
        for code in secrets[2:]:
            daemon.ask("POST", "/api/v1/session", {"code": code})
        seen = [Path(f"/proc/{daemon.process.pid}/{name}").read_bytes() for name in ("cmdline", "environ")]
        daemon.process.send_signal(signal.SIGTERM)
        code_, errors = daemon.end()
    assert code_ == 0, errors
    own = {"token", "proof"}
    seen += [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name not in own]
    everything = b"".join(seen) + errors.encode()
    assert len((tmp_path / "state" / "logs" / "gesso.log").read_bytes()) > 1000
    for secret in secrets:
        raw = secret.encode()
        core = base64.b64encode(raw[12:-12]).strip(b"=")
        for form in (raw, raw.hex().encode(), urllib.parse.quote(secret).encode(), core):
            assert form not in everything


def test_nothing_outside_this_computer_is_asked(tmp_path: Path) -> None:
    """No telemetry: the daemon runs whole with every way out shut."""
    shut = """
import socket, sys
def hook(event, args):
    if event == "socket.connect" and isinstance(args[1], tuple) and args[1][0] not in ("127.0.0.1", "::1"):
        print("OUT", args[1], file=sys.stderr, flush=True)
    if event == "socket.getaddrinfo" and args[0] not in ("127.0.0.1", "::1", "localhost", None):
        print("OUT", args[0], file=sys.stderr, flush=True)
sys.addaudithook(hook)
"""
    (tmp_path / "sitecustomize.py").write_text(shut)
    with Process(tmp_path / "home", PYTHONPATH=os.pathsep.join([str(tmp_path), str(ROOT)])) as daemon:
        daemon.ask("GET", "/api/v1/status")
        daemon.ask("GET", "/api/v1/doctor")
        daemon.process.send_signal(signal.SIGTERM)
        code, errors = daemon.end()
    assert code == 0 and "OUT" not in errors
