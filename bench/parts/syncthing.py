"""Two Syncthings on loopback with one shared folder, as Debian packages it and without relays: what ours is beside."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.parts.devices import cpu_of

KEY = "bench"


def installed() -> bool:
    return shutil.which("syncthing") is not None


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Instance:
    """One Syncthing."""

    def __init__(self, home: Path, folder: Path) -> None:
        self.home, self.folder = home, folder
        self.gui, self.listen = free_port(), free_port()
        folder.mkdir(parents=True, exist_ok=True)
        said = subprocess.run(
            ["syncthing", "generate", "--no-default-folder", f"--home={home}"],
            capture_output=True,
            text=True,
            check=True,
        )
        found = re.search(
            r"Device ID:? ?([A-Z0-9-]{63})|Calculated our device ID \(([A-Z0-9-]{63})\)", said.stdout + said.stderr
        )
        self.id = next(filter(None, found.groups())) if found else self._own_id()

    def _own_id(self) -> str:
        done = subprocess.run(
            ["syncthing", f"--home={self.home}", "--device-id"], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def configure(self, other: Instance, apart: bool) -> None:
        """`apart`: it speaks to the other one from `meet` on."""
        self.other = other.id
        (self.home / "config.xml").write_text(
            f"""<configuration version="36">
  <folder id="bench" label="bench" path="{self.folder}" type="sendreceive" rescanIntervalS="3600"
    fsWatcherEnabled="true" fsWatcherDelayS="1">
    <device id="{self.id}"/><device id="{other.id}"/>
  </folder>
  <device id="{self.id}" name="a"><address>dynamic</address></device>
  <device id="{other.id}" name="b"><address>tcp://127.0.0.1:{other.listen}</address>
    <paused>{str(apart).lower()}</paused></device>
  <gui enabled="true"><address>127.0.0.1:{self.gui}</address><apikey>{KEY}</apikey></gui>
  <options><listenAddress>tcp://127.0.0.1:{self.listen}</listenAddress><globalAnnounceEnabled>false</globalAnnounceEnabled>
    <localAnnounceEnabled>false</localAnnounceEnabled><relaysEnabled>false</relaysEnabled><natEnabled>false</natEnabled>
    <urAccepted>-1</urAccepted><autoUpgradeIntervalH>0</autoUpgradeIntervalH>
    <crashReportingEnabled>false</crashReportingEnabled>
    <reconnectionIntervalS>1</reconnectionIntervalS></options>
</configuration>"""
        )

    def start(self) -> None:
        command = ["syncthing", f"--home={self.home}", "--no-browser", "--no-restart", "--no-upgrade"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ask(self, path: str, method: str = "GET") -> Any:
        request = urllib.request.Request(f"http://127.0.0.1:{self.gui}/rest{path}", method=method)
        request.add_header("X-API-Key", KEY)
        with urllib.request.urlopen(request, timeout=60) as answer:
            data = answer.read()
        return json.loads(data) if data else None

    def ready(self) -> bool:
        try:
            return bool(self.ask("/system/ping"))
        except (urllib.error.URLError, ConnectionError):
            return False

    def connected(self) -> bool:
        return any(each["connected"] for each in self.ask("/system/connections")["connections"].values())

    def meet(self) -> None:
        self.ask(f"/system/resume?device={self.other}", "POST")

    def scanned(self) -> bool:
        return bool(self.ask("/db/status?folder=bench")["state"] == "idle")

    def cpu(self) -> float:
        return cpu_of(self.process.pid)

    def files(self) -> int:
        """Files that are whole in its folder."""
        return sum(1 for path in self.folder.rglob("*") if path.is_file() and not path.name.startswith((".", "~")))


@contextmanager
def two(folder: Path, filled: Path | None = None) -> Iterator[tuple[Instance, Instance]]:
    """Connected, with an empty folder; or apart, the first one with what `filled` holds, looked through."""
    one = Instance(folder / "st-a", filled or folder / "st-a-files")
    other = Instance(folder / "st-b", folder / "st-b-files")
    one.configure(other, filled is not None)
    other.configure(one, filled is not None)
    for each in (one, other):
        each.start()
    try:
        for each in (one, other):
            until(each.ready)
        until(one.connected if filled is None else one.scanned)
        yield one, other
    finally:
        for each in (one, other):
            each.process.terminate()
            each.process.wait(30)


def until(look: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not look():
        if time.monotonic() > end:
            raise TimeoutError("Syncthing is not ready")
        time.sleep(0.05)
