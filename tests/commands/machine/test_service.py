"""`gesso service`: what people and programs are told, with a systemd that notes how it is called."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.commands.house import House, speak
from tests.daemon.service.stage import NO_BUS, Stage
from tests.daemonhouse import Done

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform != "linux", reason="the words for systemd; the others are in tests/daemon/service"),
]


class Person:
    """Somebody with a home of their own, where nothing of this machine's person is touched."""

    def __init__(self, root: Path) -> None:
        self.stage = Stage(root / "stage")
        self.root = root
        self.home = root / "home"

    def speak(self, *words: str, **variables: str) -> Done:
        own = {"HOME": str(self.root), "PATH": self.stage.path, "XDG_CONFIG_HOME": str(self.root / "config")}
        return speak(self.home, *words, **{**own, **variables})

    @property
    def unit(self) -> Path:
        return next((self.root / "config" / "systemd" / "user").glob("gesso-*.service"))


@pytest.fixture
def person(tmp_path: Path) -> Person:
    made = Person(tmp_path)
    made.stage.systemd()
    return made


def test_install_status_uninstall(person: Person) -> None:
    done = person.speak("service", "install")
    assert done.code == 0, done.err
    assert f"{person.unit.name} is installed" in done.out
    person.stage.systemd(enabled=True, active="active", pid=1)
    assert "installed already" in person.speak("service", "install").out
    shown = person.speak("service", "status")
    assert shown.code == 0 and "It starts at log-in." in shown.out and str(person.unit) in shown.out
    name = person.unit.name
    removed = person.speak("service", "uninstall", "--json")
    assert removed.json == {"name": name, "removed": True}
    assert person.speak("service", "uninstall", "--json").json["removed"] is False
    assert "is not installed" in person.speak("service", "status").out


def test_dry_run_shows_what_would_be_written_and_called_and_does_neither(person: Person) -> None:
    told = person.speak("service", "install", "--dry-run", "--json").json
    assert not (person.root / "config").exists() and person.stage.calls == []
    shown = person.speak("service", "install", "--dry-run").out
    assert told["text"] in shown and told["place"] in shown
    assert f"$ systemctl --user enable --now {told['name']}" in shown
    person.speak("service", "install")
    assert person.unit.read_text("utf-8") == told["text"]
    assert person.stage.calls == [" ".join(words) for words in told["commands"]]
    gone = person.speak("service", "uninstall", "--dry-run")
    assert f"disable --now {told['name']}" in gone.out and person.unit.exists()
    assert person.speak("service", "uninstall", "--dry-run", "--json").json["removed"] is False


def test_text_is_printed_also_where_there_is_no_systemd(person: Person) -> None:
    person.stage.says("systemctl", err=NO_BUS, code=1)
    assert "[Service]" in person.speak("service", "install", "--dry-run").out
    done = person.speak("service", "install")
    assert done.code == 1 and NO_BUS in done.err and "--dry-run" in done.err
    assert "無法連線到 systemd" in person.speak("service", "install", LANG="zh_TW.UTF-8").err
    assert NO_BUS in person.speak("service", "status").out


def test_edited_unit_is_not_replaced_or_removed_without_a_word(person: Person) -> None:
    person.speak("service", "install")
    edited = person.unit.read_text("utf-8") + "# mine\n"
    for words in (["install"], ["uninstall"]):
        person.unit.write_text(edited, "utf-8")
        done = person.speak("service", *words)
        assert done.code == 2 and "--yes" in done.err
        assert person.unit.read_text("utf-8") == edited
    assert "edited" in person.speak("service", "status").out
    assert person.speak("service", "install", "--yes").code == 0
    assert "# mine" not in person.unit.read_text("utf-8")
    person.unit.write_text(edited, "utf-8")
    assert person.speak("service", "uninstall", "--yes").code == 0


def test_unit_of_somebody_else_stays(person: Person) -> None:
    person.speak("service", "install")
    person.unit.write_text("[Service]\nExecStart=/bin/true\n")
    done = person.speak("service", "uninstall", "--yes")
    assert done.code == 1 and "not written by Gesso" in done.err and person.unit.exists()
    dry = person.speak("service", "uninstall", "--dry-run")
    assert (dry.code, dry.out) == (1, "")
    shown = person.speak("service", "status")
    assert f"what lies in {person.unit} was not written by Gesso" in shown.out
    assert person.speak("service", "status", "--json").json["foreign"] is True


def test_hints_say_what_the_person_should_know(person: Person) -> None:
    person.stage.says("loginctl", out="Linger=no\n")
    assert "loginctl enable-linger" in person.speak("service", "install").err
    assert "linger" in person.speak("service", "install", "--json").json["warnings"]


def test_failed_service_and_program_that_is_gone_want_attention(person: Person) -> None:
    person.speak("service", "install")
    for active, sub in (("failed", "failed"), ("activating", "auto-restart")):
        person.stage.systemd(enabled=True, active=active, sub=sub)
        done = person.speak("service", "status")
        assert done.code == 4 and "failed" in done.out
    person.stage.systemd(enabled=True)
    text = person.unit.read_text("utf-8").replace('program:"/', 'program:"/gone/')
    person.unit.write_text(text, "utf-8")
    done = person.speak("service", "status")
    assert done.code == 4 and "not there any more: /gone/" in done.out


def test_daemon_that_was_started_by_hand_is_told_apart(house: House, person: Person) -> None:
    person.home = house.home
    done = person.speak("service", "install")
    assert "next log-in" in done.out and "started by hand" in done.err
    assert not any("--now" in call for call in person.stage.calls)
    found = person.speak("service", "status", "--json").json
    assert found["started_by"] == "hand" and found["url"] == house.url
    person.stage.systemd(enabled=True, active="active", pid=found["pid"])
    assert person.speak("service", "status", "--json").json["started_by"] == "service"
    assert "The service started the daemon" in person.speak("service", "status").out
    os.kill(found["pid"], 0)
