"""Twenty-five secrets through a whole day with every error forced, at debug: found nowhere but in their own files."""

from __future__ import annotations

import base64
import http.client
import json
import os
import signal
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.commands.house import paint
from tests.daemon.process import ROOT, UP, Process
from tests.daemonhouse import gesso

pytestmark = pytest.mark.process

OWN = {"token", "proof", "device.key"}
COUNT = 25


def forms(secret: str) -> Iterator[bytes]:
    """The secret in the clear, in hex, in base64 at any alignment, and as it stands in an address."""
    raw = secret.encode()
    yield raw
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield urllib.parse.quote(secret, safe="").encode()
    for start in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(raw[start + 12 : start + 42])


def line_to(daemon: Process) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", int(daemon.url.rpartition(":")[2]), timeout=20)


def let_in(daemon: Process, code: str) -> str:
    """The session that a launch code buys."""
    line = line_to(daemon)
    body = json.dumps({"code": code})
    line.request("POST", "/api/v1/session", body, {"Content-Type": "application/json", "X-Gesso": "1"})
    cookie = line.getresponse().headers["Set-Cookie"]
    line.close()
    return str(cookie.partition("=")[2].partition(";")[0])


def misuse(daemon: Process, secret: str) -> None:
    """Put a secret wherever a confused program might."""
    quoted = urllib.parse.quote(secret)
    tries: list[tuple[str, str, dict[str, str], bytes | None]] = [
        ("GET", f"/api/v1/w/{quoted}/assets?q={quoted}", {}, None),
        ("GET", f"/{quoted}", {"Host": secret}, None),
        ("GET", f"/api/v1/w/-/blobs/{quoted}", {"Range": secret}, None),
        ("POST", "/api/v1/session", {"X-Gesso": "1"}, json.dumps({"code": secret}).encode()),
        ("POST", "/api/v1/w/-/projects", {}, secret.encode()),
        ("POST", "/api/v1/w/-/projects", {}, json.dumps({secret: secret}).encode()),
        ("PATCH", f"/api/v1/w/-/assets/{quoted}", {}, json.dumps({"rating": secret}).encode()),
        ("POST", "/api/v1/w/-/backup", {}, json.dumps({"path": secret}).encode()),
        ("GET", "/api/v1/status", {"Authorization": f"Basic {secret}", "Cookie": f"gesso={secret}"}, None),
        ("GET", "/api/v1/status", {"Origin": f"http://{secret}", "X-Anything": secret}, None),
    ]
    for method, path, headers, body in tries:
        line = line_to(daemon)
        given = {"Authorization": f"Bearer {daemon.token}", "Content-Type": "application/json", **headers}
        line.request(method, path, body, given)
        line.getresponse().read()
        line.close()


def whole_day(daemon: Process, folder: Path) -> None:
    """Imports, edits, checks, backups, and things that fail."""

    def ask(method: str, path: str, content: Any = None) -> Any:
        return daemon.ask(method, f"/api/v1/w/-{path}", content)[1]

    for number in range(3):
        paint(folder / f"{number}.png", number, "neon cat")
    (folder / "broken.png").write_bytes(b"no picture")
    wishes = [
        ("/imports", {"paths": [str(folder), "/nonexistent"]}), ("/verify", {"read_data": True}), ("/rebuild", {}),
        ("/backup", {"path": str(folder / "backup")}), ("/export", {"path": str(folder / "out")}),
        ("/backup", {"path": str(folder)}), ("/backup", {"path": "/proc/nothing"}),
    ]  # fmt: skip
    for path, body in wishes:
        task = ask("POST", path, body)
        while task["state"] == "running":
            task = daemon.ask("GET", f"/api/v1/tasks/{task['id']}")[1]
    asset = ask("GET", "/assets")["items"][0]["id"]
    ask("PATCH", f"/assets/{asset}", {"rating": 5, "title": "one"})
    ask("PATCH", f"/assets/{asset}", {"rating": 99})
    blob = max(daemon.home.glob("data/**/blobs/??/*"), key=lambda path: path.stat().st_size)
    blob.write_bytes(b"damaged")
    for verb in ("verify", "doctor", "status", "log"):
        gesso(daemon.home, verb, "--verbose")


@pytest.mark.skipif(sys.platform != "linux", reason="/proc shows arguments and environment")
def test_no_secret_is_found_after_a_whole_day(tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    home = tmp_path / "home"
    with Process(home, GESSO_LOG_LEVEL="debug", TMPDIR=str(temporary)) as daemon:
        secrets = [(home / name).read_text().strip() for name in ("state/token", "state/proof", "data/device.key")]
        codes = [daemon.ask("POST", "/api/v1/launch")[1]["url"].partition("#code=")[2] for _ in range(11)]
        secrets += [*codes, *(let_in(daemon, code) for code in codes)]
        assert len(set(secrets)) == COUNT
        for secret in secrets:
            misuse(daemon, secret)
        whole_day(daemon, tmp_path / "pictures")
        seen = {name: Path(f"/proc/{daemon.process.pid}/{name}").read_bytes() for name in ("cmdline", "environ")}
        daemon.process.send_signal(signal.SIGTERM)
        code, errors = daemon.end(20)
    assert code == 0, errors
    seen["stderr"] = errors.encode()
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.name not in OWN:
            seen[str(path)] = path.read_bytes()
    assert len(seen[str(home / "state" / "logs" / "gesso.log")]) > 10_000
    hits = [
        (number, place)
        for number, secret in enumerate(secrets)
        for form in forms(secret)
        for place, content in seen.items()
        if form in content
    ]
    assert hits == []


def test_headless_machine_without_a_keyring_or_a_terminal(tmp_path: Path) -> None:
    """Nothing asks for anything: there is nobody to answer."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("DBUS", "DISPLAY", "WAYLAND"))}
    none = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    environ = {**bare, **none, "PYTHONUTF8": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", UP, str(tmp_path / "home")],
        cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline().startswith("gesso is ready at ")
    paint(tmp_path / "one.png", 1)
    imported = gesso(
        tmp_path / "home", "import", str(tmp_path / "one.png"), PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring"
    )
    assert imported.code == 0, imported.err
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0 and "keyring" not in errors.lower(), errors
