"""Devices that were stopped, from the command line, to a daemon that met one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.commands.house import speak
from tests.daemonhouse import Done, running_daemon
from tests.library.replica.stopping import stopped_home

pytestmark = pytest.mark.process


class Home:
    """Of bob, who met alice's deletion of forty pictures."""

    def __init__(self, path: Path, alice: str) -> None:
        self.path, self.alice = path, alice

    def speak(self, *words: str, **variables: str) -> Done:
        return speak(self.path, *words, **variables)


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    path = tmp_path / "home"
    name = await stopped_home(path, tmp_path)
    with running_daemon(path):
        yield Home(path, name)


def test_a_stopped_device_is_told_of_and_its_pictures_are_given_back(home: Home) -> None:
    assert f"{home.alice} deleted or replaced 40 pictures of Studio" in home.speak("status").out
    assert "已攔下" in home.speak("status", LANG="zh_TW.UTF-8").out
    listed = home.speak("stopped", "ls")
    assert home.alice in listed.out and "waits for you" in listed.out and "40" in listed.out
    assert "gesso stopped reject" in listed.err and "0 of them went before" in listed.err
    (stop,) = home.speak("stopped", "ls", "--json").json["stopped"]
    assert (stop["pictures"], stop["passed"], stop["segments"], stop["state"]) == (40, 0, 1, "asking")
    assert home.speak("stopped", "revert").code == 1, "nothing was let through yet"
    done = home.speak("stopped", "reject")
    assert (done.code, done.out) == (0, f"40 pictures are as they were before {home.alice} changed them.\n")
    assert home.speak("stopped", "reject", stop["id"][:6]).code == 1
    assert "40 pictures given back" in home.speak("log", "--limit", "1").out
    assert "pictures.stopped" not in str(home.speak("status", "--json").json["attention"])
    assert "given back" in home.speak("stopped", "ls").out


def test_what_was_let_through_can_be_given_back_by_the_devices_name(home: Home) -> None:
    done = home.speak("stopped", "approve", home.alice, LANG="zh_TW.UTF-8")
    assert done.out == f"已放行 {home.alice}。\n"
    assert len(home.speak("search", "is:binned", "--json").json["items"]) == 40
    assert home.speak("stopped", "approve").code == 1
    assert home.speak("stopped", "revert", home.alice, "--json").json["restored"] == 40
    assert home.speak("search", "is:binned", "--json").json["items"] == []


def test_what_names_nothing_is_refused(home: Home) -> None:
    for words in (["approve", "nobody"], ["reject", "ffff"], ["revert", home.alice]):
        assert home.speak("stopped", *words).code == 1
    assert home.speak("stopped", "approve", "a", "b").code == 2
