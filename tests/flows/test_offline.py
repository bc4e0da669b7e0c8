"""A day offline: providers elsewhere are set up and asked, and nothing reaches for another machine; then online."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.daemon.process import Process
from tests.daemonhouse import until
from tests.library.house import picture

pytestmark = pytest.mark.process

A = "/api/v1"
W = "/api/v1/w/-"
ELSEWHERE = ("far", "near", "vendor")
CONFIG = """
[providers.far]
adapter = "openai-compatible"
base_url = "https://pictures.example.com/v1"

[providers.near]
adapter = "openai-compatible"
base_url = "http://192.0.2.7:9/v1"
models = ["oil"]

[providers.vendor]
adapter = "openai"
"""


class Day:
    """A daemon, and what its machine saw it reach for."""

    def __init__(self, home: Path, seen: Path) -> None:
        self.home, self.seen = home, seen

    def process(self, *words: str) -> Process:
        return Process(self.home, *words, GESSO_SHUT_LOG=str(self.seen), OPENAI_API_KEY="sk-none")

    def reached(self) -> list[str]:
        return self.seen.read_text().splitlines() if self.seen.exists() else []


@pytest.fixture
def day(tmp_path: Path) -> Day:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text(CONFIG)
    return Day(tmp_path / "home", tmp_path / "seen")


def ask(daemon: Process, method: str, path: str, body: Any = None) -> Any:
    status, answer = daemon.ask(method, path, body)
    assert status < 300, (path, answer)
    return answer


def live(daemon: Process, folder: Path) -> None:
    """What a person does in a day, as far as it needs nobody else; and all that would need somebody."""
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.png").write_bytes(picture((number, len(folder.name), 9), (64, 48)))
    task = ask(daemon, "POST", f"{W}/imports", {"paths": [str(folder)]})["id"]
    until(lambda: ask(daemon, "GET", f"{A}/tasks/{task}")["state"] == "done")
    first = ask(daemon, "GET", f"{W}/assets")["items"][0]["id"]
    ask(daemon, "PATCH", f"{W}/assets/{first}", {"rating": 5})
    assert ask(daemon, "GET", f"{W}/assets?q=rating:5")["total"] >= 1
    drawn = ask(daemon, "POST", f"{W}/jobs", {"prompts": ["a lamp"], "width": 64, "height": 64, "key": folder.name})
    until(lambda: ask(daemon, "GET", f"{W}/jobs/{drawn['jobs'][0]['id']}")["state"] == "done")
    told = {each["name"]: each for each in ask(daemon, "GET", f"{A}/providers")["providers"]}
    assert set(ELSEWHERE) <= told.keys()
    for name in ELSEWHERE:
        assert not ask(daemon, "POST", f"{A}/providers/{name}/check")["ok"]
        daemon.ask("POST", f"{W}/ask", {"text": "hello", "provider": name, "model": "oil"})
    for path in (f"{A}/status", f"{A}/doctor", f"{W}/timeline"):
        ask(daemon, "GET", path)


def order(daemon: Process) -> str:
    near = [{"provider": "near", "model": "oil"}]
    wish = {"prompts": ["x"], "targets": near, "width": 64, "height": 64, "key": "once", "unknown": 1}
    return str(ask(daemon, "POST", f"{W}/jobs", wish)["jobs"][0]["id"])


def test_nothing_is_reached_while_it_is_offline_also_over_a_restart(day: Day, tmp_path: Path) -> None:
    with day.process() as daemon:
        assert ask(daemon, "POST", f"{A}/offline", {"on": True}) == {"on": True}
        day.seen.unlink(missing_ok=True)
        live(daemon, tmp_path / "first")
        job = order(daemon)
        shown = ask(daemon, "GET", f"{W}/jobs/{job}")
        assert (shown["state"], shown["reason"]) == ("queued", "offline")
        assert [each["code"] for each in ask(daemon, "GET", f"{A}/status")["attention"]] == ["jobs.offline"]
    with day.process() as daemon:
        assert ask(daemon, "GET", f"{A}/status")["offline"]
        live(daemon, tmp_path / "second")
        assert ask(daemon, "GET", f"{W}/jobs/{job}")["state"] == "queued"
        assert day.reached() == []
        assert ask(daemon, "POST", f"{A}/offline", {"on": False}) == {"on": False}
        until(day.reached)  # the job goes on: that is what the log sees
        assert any("192.0.2." in line for line in day.reached())


def test_for_one_run_it_is_offline_until_somebody_says_otherwise(day: Day, tmp_path: Path) -> None:
    with day.process("--offline") as daemon:
        assert ask(daemon, "GET", f"{A}/status")["offline"]
        live(daemon, tmp_path / "first")
        assert day.reached() == []
    with day.process() as daemon:
        assert not ask(daemon, "GET", f"{A}/status")["offline"]
    with day.process("--offline") as daemon:
        ask(daemon, "POST", f"{A}/offline", {"on": False})
        assert not ask(daemon, "GET", f"{A}/status")["offline"]


@pytest.mark.parametrize("body", [{}, {"on": "yes"}, {"on": 1}, {"on": None}, {"on": True, "for": 5}, []])
def test_what_makes_no_sense_is_refused(day: Day, body: Any) -> None:
    with day.process() as daemon:
        status, answer = daemon.ask("POST", f"{A}/offline", body)
        assert status in (400, 422) and answer["code"].startswith("invalid")
        assert not ask(daemon, "GET", f"{A}/status")["offline"]
