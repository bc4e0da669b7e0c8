"""The daemon's life: up, start, stop, restart, status, the page; and what every verb says when there is none."""

from __future__ import annotations

import http.server
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import pytest

from tests.commands.house import House, Library, speak
from tests.commands.tree import verbs
from tests.daemonhouse import environ, gesso, running_daemon, until

pytestmark = pytest.mark.process

# Verbs that need no daemon, with words that let them begin. All others must exit 3 and say how to start one.
ALONE = {
    "up", "start", "restart", "logs", "verify", "doctor", "config check", "config path", "config show", "paths",
    "completion", "version", "service install", "service uninstall", "service status",
}  # fmt: skip
WORDS = {
    "import": [__file__], "watch add": ["/"], "watch rm": ["x"], "show": ["01ab"], "tag": ["01ab", "+a"],
    "rate": ["01ab", "1"], "title": ["01ab", "t"], "flag": ["01ab", "pick"], "label": ["01ab", "red"],
    "note": ["01ab", "n"], "rm": ["01ab", "--yes"], "bin restore": ["01ab"], "export": ["/nowhere/out"],
    "saved add": ["s", "cat"], "saved show": ["s"], "saved edit": ["s", "--name", "t"], "saved rm": ["s"],
    "saved log": ["s"],
    "project create": ["p"], "project show": ["p"], "project edit": ["p", "--name", "q"], "project archive": ["p"],
    "project add": ["p", "01ab"], "project remove": ["p", "01ab"], "project duplicate": ["p", "q"],
    "project log": ["p"], "project at": ["p", "2026-01-01"], "project restore": ["p", "2026-01-01"],
    "workspace new": ["w"], "workspace use": ["w"], "workspace rename": ["w", "v"],
    "restore": ["01ab", "--version", "1"], "checkpoint create": ["c"], "at": ["2026-01-01"],
    "gen": ["a lamp"], "estimate": ["a lamp"], "queue show": ["01ab"], "queue cancel": ["01ab"],
    "queue retry": ["01ab"], "queue next": ["01ab"], "queue move": ["01ab", "--before", "02ab"],
    "queue priority": ["01ab", "1"], "ask": ["x"], "queue resolve": ["01ab", "--charged"], "provider test": ["sketch"],
    "album create": ["a"], "album show": ["a"], "album add": ["a", "01ab"], "album remove": ["a", "01ab"],
    "album sort": ["a", "01ab"], "album rename": ["a", "b"], "album edit": ["a", "--notes", "n"],
    "album move": ["a", "--top"], "album rm": ["a"], "album log": ["a"],
    "prompt create": ["p", "t"], "prompt show": ["p"], "prompt edit": ["p", "--name", "q"], "prompt log": ["p"],
    "prompt archive": ["p"], "prompt duplicate": ["p", "q"], "prompt rm": ["p"],
    "preset show": ["web"], "preset create": ["p"], "preset edit": ["p", "--name", "q"], "preset rm": ["p"],
    "backup": ["/nowhere/backup"], "alike same": ["01ab"], "alike other": ["01ab"], "alike apart": ["01ab", "2"],
    "conflicts resolve": ["01ab", "--take", "1"],
    "whereis": ["01ab"], "pin": ["01ab"], "unpin": ["01ab"], "evict": ["01ab"], "peer add": ["127.0.0.1:1"],
    "peer rename": ["01ab", "n"], "peer rm": ["127.0.0.1:1"], "member invite": ["n"], "member rename": ["01ab", "n"],
    "member rm": ["01ab", "--yes"], "member role": ["01ab", "viewer"], "member withdraw": ["01ab"],
    "quarantine accept": ["01ab", "--yes"], "quarantine discard": ["01ab", "--yes"],
}  # fmt: skip
STATUS = {"version", "home", "url", "workspace", "digest", "library", "peers", "buckets", "queue", "spend", "attention"}


@pytest.mark.parametrize("verb", [verb for verb in verbs() if verb not in ALONE])
def test_verb_without_a_daemon_says_how_to_start_one(tmp_path: Path, verb: str) -> None:
    done = speak(tmp_path / "home", *verb.split(), *WORDS.get(verb, []))
    assert done.code == 3
    assert (done.out, "gesso start" in done.err) == ("", True)
    assert not (tmp_path / "home").exists(), "asking made something"


def test_without_a_daemon_json_is_one_document_too(tmp_path: Path) -> None:
    done = speak(tmp_path / "home", "status", "--json")
    assert (done.code, done.json["error"]["code"]) == (3, "no_daemon")


def test_without_a_daemon_in_chinese(tmp_path: Path) -> None:
    assert "沒有執行中的背景服務" in speak(tmp_path / "home", "status", LANG="zh_TW.UTF-8").err


@contextmanager
def stopped_after(home: Path) -> Iterator[None]:
    try:
        yield
    finally:
        gesso(home, "stop")


def test_start_second_start_restart_and_stop(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with stopped_after(home):
        started = gesso(home, "start", "--port", "0", "--json")
        assert started.code == 0, started.err
        assert set(started.json) == {"url", "pid"}
        os.kill(started.json["pid"], 0)
        again = gesso(home, "start")
        assert again.code == 0
        assert started.json["url"] in again.out and str(started.json["pid"]) in again.out
        second = gesso(home, "up", "--port", "0")
        assert second.code == 1
        assert started.json["url"] in second.err and str(started.json["pid"]) in second.err
        restarted = gesso(home, "restart", "--port", "0", "--json")
        assert restarted.json["pid"] != started.json["pid"]
        begun = time.monotonic()
        stopped = gesso(home, "stop")
        assert stopped.code == 0 and str(restarted.json["pid"]) in stopped.out
        assert time.monotonic() - begun < 5
    assert gesso(home, "stop").code == 3


def test_start_outlives_its_terminal(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with stopped_after(home):
        shell = subprocess.Popen(
            [sys.executable, "-P", "-m", "cli", "start", "--port", "0", "--json"],
            env=environ(home), stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        out, _ = shell.communicate(timeout=30)
        with_group = json.loads(out)
        with pytest.raises(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGHUP)
        os.kill(with_group["pid"], 0)
        assert gesso(home, "status").code == 0


def test_start_with_wrong_settings_says_what_is_wrong(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text("[daemon]\nprot = 1\n")
    done = gesso(home, "start")
    assert done.code == 1
    assert f"{home / 'config.toml'}:2" in done.err and "prot" in done.err


def test_restart_with_wrong_settings_stops_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running_daemon(home) as url:
        (home / "config.toml").write_text("[daemon]\nprot = 1\n")
        done = speak(home, "restart")
        assert done.code == 1 and "prot" in done.err
        assert speak(home, "status", "--json").json["url"] == url


def test_mistakes_made_while_it_runs_are_told_one_by_one(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running_daemon(home):
        (home / "config.toml").write_text('[daemon]\nprot = 1\nport = "x"\n')
        until(lambda: speak(home, "status", "--json").json["attention"] != [])
        (attention,) = speak(home, "status", "--json").json["attention"]
        assert attention["code"] == "config.wrong"
        assert [each["code"] for each in attention["problems"]] == ["config.no_key.close", "config.not_whole"]
        shown = speak(home, "status", LANG="zh_TW.UTF-8").out
        assert "! config.toml" in shown and f"{home / 'config.toml'}:2: [daemon] 裡沒有「prot」這個設定。" in shown
        found = speak(home, "doctor", "--json").json["problems"]
        assert found[0]["params"] == {"section": "daemon", "key": "prot", "close": "port", "line": "2"}


def test_start_after_a_killed_daemon(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with stopped_after(home):
        killed = gesso(home, "start", "--port", "0", "--json").json
        os.kill(killed["pid"], signal.SIGKILL)
        again = gesso(home, "start", "--port", "0", "--json")
        assert again.code == 0, again.err
        assert again.json["pid"] != killed["pid"]


class Squatter(http.server.BaseHTTPRequestHandler):
    """Answers on the daemon's port and writes down what it was sent."""

    heard: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.heard.append(f"{self.path} {dict(self.headers)}")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"proof": "00", "status": "ok"}')

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.parametrize("verb", ["status", "ui", "stop"])
def test_squatter_on_the_port_gets_no_token_and_no_browser(house: House, tmp_path: Path, verb: str) -> None:
    """Somebody answers where the note says that the daemon is: only a note by the lock's holder is believed."""
    Squatter.heard.clear()
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\ntouch "{opened}"\n')
    browser.chmod(0o755)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Squatter)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    note = house.home / "state" / "runtime.json"
    true = note.read_bytes()
    try:
        false = {**json.loads(true), "port": server.server_port}
        note.write_text(json.dumps(false))
        done = house.speak(verb, BROWSER=f"{browser} %s")
    finally:
        note.write_bytes(true)
        server.shutdown()
        server.server_close()
    assert done.code == 3
    assert "could not prove" in done.err
    assert Squatter.heard and "Bearer" not in " ".join(Squatter.heard)
    assert not opened.exists()


def test_status_is_one_screen_and_one_document(house: House) -> None:
    told = house.speak("status", "--json").json
    assert set(told) >= STATUS
    assert set(told["workspace"]) >= {"id", "name", "device", "role"}
    assert set(told["library"]) >= {"assets", "blobs", "bytes", "offline"}
    assert set(told["queue"]) >= {"queued", "waiting", "running", "unknown", "done", "failed", "cancelled"}
    assert set(told["spend"]) >= {"today", "month", "currency"}
    shown = house.speak("status").out
    assert house.url in shown and len(shown.splitlines()) <= 24


def test_status_is_that_of_the_workspace_that_is_meant(house: House) -> None:
    (first,) = [each for each in house.speak("workspace", "ls", "--json").json["workspaces"] if each["default"]]
    second = house.speak("workspace", "new", "別的客戶", "--json").json
    told = house.speak("status", "--workspace", "別的客戶", "--json").json
    assert (told["workspace"]["id"], told["library"]["assets"]) == (second["id"], 0)
    assert house.speak("status", "--json").json["workspace"]["id"] == first["id"]
    assert house.speak("--workspace", "nobody", "status").code == 1


def test_up_stays_in_front_and_ends_cleanly_on_ctrl_c(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "cli", "up", "--port", "0", "--offline"],
        env=environ(tmp_path / "home"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    first = process.stdout.readline().decode()
    assert re.fullmatch(r"gesso is ready at http://127\.0\.0\.1:\d+\n", first)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, b""), err


def test_up_has_no_json(house: House) -> None:
    assert house.speak("up", "--json").code == 2


def test_ui_prints_an_address_with_a_code_that_is_used_once(house: House) -> None:
    first = house.speak("ui", "--print").out.strip()
    second = house.speak("ui", "--print", "--json").json["url"]
    assert re.fullmatch(re.escape(house.url) + r"/#code=\S+", first)
    assert first != second


def test_ui_gives_the_browser_no_code_among_its_arguments(library: Library, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf "%s" "$*" > "{seen}"\n')
    browser.chmod(0o755)
    done = gesso(library.house.home, "ui", BROWSER=f"{browser} %s")
    assert done.code == 0, done.err
    until = time.monotonic() + 5
    while not seen.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert seen.exists() and "code" not in seen.read_text()


def test_ui_without_a_browser_shows_the_address(house: House) -> None:
    done = gesso(house.home, "ui", BROWSER="/nonexistent/browser %s", PATH="/nonexistent", DISPLAY="")
    assert done.code == 0
    assert "#code=" in done.out
