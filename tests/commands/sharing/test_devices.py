"""Two devices spoken to by the command line: let in by a code, named, paused, revoked."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.house import speak
from tests.daemonhouse import environ, gesso, running_daemon, until


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    with running_daemon(tmp_path / "alice"), running_daemon(tmp_path / "bob"):
        yield tmp_path / "alice", tmp_path / "bob"


@pytest.mark.process
@pytest.mark.timeout(120)
def test_devices_are_let_in_named_paused_and_revoked(homes: tuple[Path, Path]) -> None:
    alice, bob = homes
    shown = speak(alice, "pair", "--json").json
    assert len(shown["code"]) == 6 and shown["address"] in shown["addresses"]
    wrong = f"{(int(shown['code']) + 1) % 1_000_000:06d}"
    refused = speak(bob, "pair", wrong, shown["address"])
    assert refused.code == 1 and "not the code" in refused.err
    joined = speak(bob, "pair", shown["code"], shown["address"])
    assert joined.code == 0 and "Fingerprint:" in joined.out
    listed = speak(alice, "peer", "ls", "--json").json["devices"]
    (other,) = (each for each in listed if not each["own"])
    assert speak(alice, "peer", "rename", other["id"][:12], "小博的筆電").code == 0
    until(lambda: "小博的筆電" in speak(bob, "peer", "ls").out)
    assert speak(alice, "peer", "add", "127.0.0.1:1").code == 0
    assert speak(alice, "peer", "rm", "127.0.0.1:1").code == 0
    assert speak(alice, "peer", "add", "nowhere").code != 0
    until(lambda: speak(alice, "sync", "status", "--json").json["connected"])
    assert speak(alice, "sync", "pause").code == 0
    until(lambda: not speak(bob, "sync", "status", "--json").json["connected"])
    assert speak(alice, "sync", "resume").code == 0
    until(lambda: speak(bob, "sync", "status", "--json").json["connected"])
    assert speak(alice, "peer", "rm", "小博的筆電", "--yes").code == 0
    until(lambda: "let in no more" in speak(alice, "peer", "ls").out)
    until(lambda: "This device was removed from this workspace by" in speak(bob, "peer", "ls").out)
    assert "pair it again" in speak(bob, "peer", "ls").err
    assert re.search(r"! This device was removed from .+ by .+ on \d{4}-\d\d-\d\d", speak(bob, "status").out)
    told = speak(bob, "doctor", "--json").json["problems"]
    assert [each["params"]["date"][:2] for each in told if each["code"] == "workspace.removed"] == ["20"]
    assert "was removed" in speak(bob, "sync", "now").out and speak(bob, "search").code == 0


@pytest.mark.process
def test_whoever_shows_a_code_is_told_who_came_in(homes: tuple[Path, Path]) -> None:
    alice, bob = homes
    waiting = subprocess.Popen(
        [sys.executable, "-P", "-m", "cli", "pair", "--person", "Bob 小博", "--role", "viewer"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ(alice),
    )
    assert waiting.stdout is not None
    code = waiting.stdout.readline().decode().rpartition(":")[2].strip()
    address = _address(waiting)
    assert gesso(bob, "pair", code.replace(" ", ""), address).code == 0
    out, _ = waiting.communicate(timeout=30)
    assert waiting.returncode == 0 and "came in" in out.decode()
    assert speak(bob, "status", "--json").json["workspace"]["role"] == "viewer"


def _address(waiting: subprocess.Popen[bytes]) -> str:
    """Where the code is shown, as it is said beside it."""
    assert waiting.stderr is not None
    waiting.stderr.readline()
    return waiting.stderr.readline().decode().split()[-1]
