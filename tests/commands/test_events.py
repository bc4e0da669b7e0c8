"""News and logs."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.commands.house import Library, speak
from tests.daemonhouse import environ


def follow(home: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "cli", *words],
        env=environ(home), stdout=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip


def first_line_with(process: subprocess.Popen[str], word: str) -> str:
    """The first line that holds a word; the process is ended then, and in any case after a while."""
    assert process.stdout is not None
    end = threading.Timer(20, process.kill)
    end.start()
    try:
        return next((line for line in process.stdout if word in line), "")
    finally:
        end.cancel()
        process.kill()
        process.communicate()


def test_events_of_the_past_are_one_document(library: Library) -> None:
    library.told("rate", library.assets[0], "4")
    events = library.told("events")["events"]
    assert any(each["kind"] == "asset.changed" and each["subject"] == library.assets[0] for each in events)
    assert set(events[-1]) == {"seq", "kind", "subject", "origin"}
    assert [each["seq"] for each in events] == sorted(each["seq"] for each in events)
    assert [json.loads(line) for line in library.said("events").splitlines()][: len(events)] == events


def test_events_are_followed_a_line_each(library: Library) -> None:
    process = follow(library.house.home, "events", "-f")
    done = threading.Event()

    def edit() -> None:
        stars = 0
        while not done.wait(0.2):
            stars = stars % 5 + 1
            library.told("rate", library.assets[0], str(stars))

    editor = threading.Thread(target=edit)
    editor.start()
    try:
        line = first_line_with(process, library.assets[0])
    finally:
        done.set()
        editor.join()
    assert json.loads(line)["kind"] == "asset.changed"


def test_logs_show_the_last_lines(library: Library) -> None:
    told = library.told("logs", "--lines", "2")
    assert len(told["lines"]) <= 2 and Path(told["file"]).exists()
    assert library.said("logs", "-n", "1").count("\n") <= 1


@pytest.mark.process
def test_logs_are_followed(tmp_path: Path) -> None:
    log = tmp_path / "state" / "logs" / "gesso.log"
    log.parent.mkdir(parents=True)
    log.write_text("first\n")
    process = follow(tmp_path, "logs", "-f")
    assert process.stdout is not None and process.stdout.readline() == "first\n"
    with log.open("a") as more:
        more.write("second \x1b[2J\n")
    assert first_line_with(process, "second") == "second \\x1b[2J\n"


@pytest.mark.process
def test_logs_go_on_in_the_successor_of_a_full_file(tmp_path: Path) -> None:
    log = tmp_path / "state" / "logs" / "gesso.log"
    log.parent.mkdir(parents=True)
    log.write_text("a long first line\n")
    process = follow(tmp_path, "logs", "-f")
    assert process.stdout is not None and process.stdout.readline() == "a long first line\n"
    log.rename(log.with_suffix(".log.1"))
    log.write_text("fresh\n")
    assert first_line_with(process, "fresh") == "fresh\n"


def test_logs_where_no_daemon_ever_ran(tmp_path: Path) -> None:
    done = speak(tmp_path, "logs")
    assert done.code == 1
    assert "gesso start" in done.err
