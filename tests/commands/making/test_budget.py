"""The limit of a month, set by the person's own word: into the file of the settings, and taken up by the daemon."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.making.words import month_line
from tests.commands.house import Studio, speak
from tests.daemonhouse import running_daemon


def test_limit_is_set_changed_and_taken_away_while_the_daemon_runs(studio: Studio) -> None:
    file = studio.house.home / "config.toml"
    before = file.read_text("utf-8")
    try:
        done = studio.speak("budget", "20", "usd,600.50", "TWD")
        assert (done.code, done.out) == (0, "The limit of a month is 20 USD, 600.50 TWD.\n") and str(file) in done.err
        assert [each["limit"] for each in studio.told("budget")["months"]] == [20.0, 600.5]
        assert "gesso budget --none" in studio.speak("budget").err
        assert studio.told("budget", "0.000001 EUR") == {"limit": "0.000001 EUR", "file": str(file)}
        text = file.read_text("utf-8")
        assert text.count("month_limit") == 1 and text.startswith(before)
        assert studio.speak("budget", "--none", GESSO_LANGUAGE="zh-TW").out == "已不設上限。\n"
        assert studio.told("budget") == {"months": []}
        assert "gesso budget 20 USD" in studio.speak("budget").err
    finally:
        file.write_text(before, "utf-8")


def test_limit_holds_for_what_is_ordered_right_behind_it(studio: Studio) -> None:
    """Also one that a person wrote by hand; and the file of the settings may be wrong meanwhile."""
    file = studio.house.home / "config.toml"
    before = file.read_text("utf-8")
    try:
        for _ in range(3):
            assert studio.speak("budget", "0.000001", "USD").code == 0
            refused = studio.speak("gen", "a hill", "--model", "oil", "--provider", "painter", "--yes")
            assert refused.code == 1 and "0.000001 USD" in refused.err, refused
            assert studio.speak("budget", "--none").code == 0
            file.write_text(f'{before}\n[jobs]\nmonth_limit = "0.000002 USD"\n', "utf-8")
            refused = studio.speak("gen", "a hill", "--model", "oil", "--provider", "painter", "--yes")
            assert refused.code == 1 and "0.000002 USD" in refused.err, refused
            file.write_text(before, "utf-8")
            assert studio.told("budget") == {"months": []}
    finally:
        file.write_text(before, "utf-8")


@pytest.mark.process
def test_limit_that_gesso_does_not_go_by_is_told(tmp_path: Path) -> None:
    """A daemon with a limit of its own in its environment."""
    home = tmp_path / "home"
    with running_daemon(home, GESSO_JOBS_MONTH_LIMIT="5 USD"):
        done = speak(home, "budget", "20", "USD")
        assert done.code == 1 and "does not say that it goes by it" in done.err, done
    done = speak(home, "budget", "30", "USD")
    assert done.code == 0 and "once Gesso runs" in done.err


def test_provider_of_a_moment_ago_is_known(studio: Studio) -> None:
    file = studio.house.home / "config.toml"
    before = file.read_text("utf-8")
    try:
        for name in ("dawn", "dusk"):
            file.write_text(f'{before}\n[providers.{name}]\nadapter = "studio_painter.Painter"\n', "utf-8")
            done = studio.speak("provider", "test", name)
            assert done.code == 0 and name in done.out, done
    finally:
        file.write_text(before, "utf-8")


@pytest.mark.parametrize(
    "words", [["20"], ["USD"], ["20", "USD", "600", "TWD"], ["-1 USD"], [""], ["1e3 USD"], ["1 USD, 2 USD"]]
)
def test_what_is_no_limit_writes_nothing(tmp_path: Path, words: list[str]) -> None:
    done = speak(tmp_path / "home", "budget", *words)
    assert done.code == 2 and not (tmp_path / "home" / "config.toml").exists(), done
    both = speak(tmp_path / "home", "budget", "20", "USD", "--none")
    assert both.code == 2 and "not both" in both.err


def test_limit_that_would_not_hold_is_not_written(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    file = home / "config.toml"
    done = speak(home, "budget", "20", "USD", GESSO_JOBS_MONTH_LIMIT="5 USD")
    assert done.code == 1 and "GESSO_JOBS_MONTH_LIMIT is set" in done.err and not file.exists()
    for text, said in (("[jobs\n", "config check"), ("jobs = {}\n", 'write month_limit = "20 USD" below [jobs]')):
        file.write_text(text)
        done = speak(home, "budget", "20 USD")
        assert done.code == 1 and said in done.err and file.read_text() == text, done
    file.unlink()
    file.mkdir()
    assert speak(home, "budget", "20 USD").code == 1
    assert list(file.iterdir()) == []


def test_share_of_the_limit_is_the_true_one_rounded_down() -> None:
    month = {"currency": "USD", "limit": 0.5, "spent": 0.4, "open": 0.029651, "waiting": 0.0, "level": "near"}
    assert month_line(month).endswith(": 85 % of the limit is reached")
    assert "80 %" in month_line({**month, "spent": 0.37035})
