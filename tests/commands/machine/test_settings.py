"""Settings, folders, completion and version: without a daemon."""

from __future__ import annotations

import importlib.metadata
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from commands.terminal.findings import print_finding
from commands.terminal.output import safe
from daemon.settings.mistakes import KINDS, ConfigProblem
from tests.commands.house import speak, variables_set
from tests.daemon.settings.mistaken import MISTAKES, problem
from tests.daemonhouse import environ, gesso


def test_version(tmp_path: Path) -> None:
    number = importlib.metadata.version("gesso")
    assert speak(tmp_path, "version").out == f"gesso {number}\n"
    assert speak(tmp_path, "--version").out == f"gesso {number}\n"
    assert speak(tmp_path, "version", "--json").json == {"version": number}


@pytest.mark.process
def test_short_answers_load_nothing_heavy(tmp_path: Path) -> None:
    heavy = {"aiohttp", "asyncio", "rich", "PIL", "numpy", "automerge", "cryptography", "library", "daemon", "msgspec"}
    script = f"import sys, cli; code = cli.run(['version']); sys.exit(str({heavy} & set(sys.modules) or '') or code)"
    done = subprocess.run([sys.executable, "-P", "-c", script], env=environ(tmp_path), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.process
def test_program_without_a_terminal_ends_well(tmp_path: Path) -> None:
    """As on Windows under pythonw, where there is no stdout at all."""
    script = "import sys, cli; sys.stdout = sys.stderr = None; sys.argv = ['gesso', 'version']; cli.main()"
    done = subprocess.run([sys.executable, "-P", "-c", script], env=environ(tmp_path), check=False)
    assert done.returncode == 0


def test_paths(tmp_path: Path) -> None:
    told = speak(tmp_path, "paths", "--json").json
    assert set(told) >= {"config", "data", "state", "cache", "logs", "token"}
    assert all(place.startswith(str(tmp_path)) for place in told.values())
    assert str(tmp_path / "data") in speak(tmp_path, "paths").out


def test_home_option_goes_before_the_variable(tmp_path: Path) -> None:
    for words in (["--home", str(tmp_path / "b"), "paths"], ["paths", "--home", str(tmp_path / "b")]):
        assert speak(tmp_path / "a", *words, "--json").json["data"] == str(tmp_path / "b" / "data")


def test_config_path(tmp_path: Path) -> None:
    assert speak(tmp_path, "config", "path").out == f"{tmp_path / 'config.toml'}\n"
    assert speak(tmp_path, "config", "path", "--json").json == {"path": str(tmp_path / "config.toml"), "exists": False}


def test_config_check_names_everything_at_once(tmp_path: Path) -> None:
    assert speak(tmp_path, "config", "check").code == 0
    (tmp_path / "config.toml").write_text('[daemon]\nprot = 1\nport = "x"\n[cloud]\na = 1\n')
    done = speak(tmp_path, "config", "check")
    assert done.code == 1
    assert all(word in done.out for word in ("prot", "port", "cloud"))
    problems = speak(tmp_path, "config", "check", "--json").json["problems"]
    assert [each["code"] for each in problems] == ["config.no_key.close", "config.not_whole", "config.no_section"]
    assert set(problems[0]) >= {"what", "where", "remedy"}
    assert problems[0]["params"] == {"section": "daemon", "key": "prot", "close": "port", "line": "2"}


@pytest.mark.parametrize("code", KINDS)
def test_every_mistake_in_the_settings_is_told_in_both_languages(tmp_path: Path, code: str) -> None:
    found = problem(tmp_path, code)
    english, chinese = told(found, "en"), told(found, "zh-TW")
    assert english == f"{found.where}: {safe(found.what)}\n  → {safe(found.remedy)}\n", (
        "the daemon and the catalogue differ"
    )
    assert english_words(chinese, {found.where, *found.params.values()}) == []
    assert [word for word in MISTAKES[code].words if word not in chinese] == []
    assert chinese.startswith(found.where)


def told(found: ConfigProblem, language: str) -> str:
    shown = io.StringIO()
    with variables_set(environ(GESSO_LANGUAGE=language)):
        print_finding(found._asdict(), shown)
    return shown.getvalue()


# What has no other name in Chinese.
NAMES = {"true", "false", "TOML", "UTF-8", "Gesso", "config.example.toml", "[providers]", "[providers.", "adapter",
         "module.Class", "X-Name", "https://example.org/v1", "OpenAI", "idempotent", "base_url",
         "Idempotency-Key", "USD", "TWD",
         "mon", "tue", "wed", "thu", "fri", "sat", "sun", "thumbnails", "KB", "MB", "GB"}  # fmt: skip


def english_words(text: str, given: set[str]) -> list[str]:
    """Words in Latin letters that are neither names nor what the person wrote."""
    for name in sorted({safe(each) for each in given} | NAMES, key=len, reverse=True):
        text = text.replace(name, "")
    return re.findall(r"[A-Za-z]{2,}", text)


def test_planted_english_is_found() -> None:
    assert english_words("[daemon] port = 1：這不是 a whole number。", {"[daemon] port = 1"}) == ["whole", "number"]


@pytest.mark.parametrize("words", [("up",), ("start",), ("verify",), ("config", "check")])
def test_wrong_settings_are_refused_in_chinese_with_file_and_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "config.toml").write_text('[daemon]\nprot = 1\nport = "x"\n')
    done = speak(tmp_path, *words, LANG="zh_TW.UTF-8")
    assert done.code == 1
    said = done.out + done.err
    assert f"{tmp_path / 'config.toml'}:2: [daemon] 裡沒有「prot」這個設定。\n  → 您是指「port」嗎？" in said
    assert f'{tmp_path / "config.toml"}:3: [daemon] port = "x"：這不是整數。' in said
    if words != ("config", "check"):
        error = speak(tmp_path, *words, "--json").json["error"] if words != ("up",) else {"code": "config"}
        assert error["code"] == "config"


def test_config_show_says_that_something_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[daemon]\nport = "x"\n')
    done = speak(tmp_path, "config", "show")
    (line,) = [line for line in done.out.splitlines() if line.startswith("daemon.port")]
    assert line.split()[1:] == ["8,463", "default"]
    assert "gesso config check" in done.err


def test_config_show_says_where_each_value_comes_from(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[daemon]\nport = 9000\n")
    shown = speak(tmp_path, "config", "show", GESSO_LOG_LEVEL="debug").out
    lines = {line.split()[0]: line.split()[1:] for line in shown.splitlines()}
    assert lines["daemon.port"] == ["9,000", "file"]
    assert lines["log.level"] == ["debug", "environment"]
    assert lines["api.session_days"][-1] == "default"
    assert speak(tmp_path, "config", "show", "--json").json["daemon.port"] == 9000


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.process
def test_completion_script_is_read_by_its_shell(tmp_path: Path, shell: str) -> None:
    script = speak(tmp_path, "completion", shell).out
    assert "_GESSO_COMPLETE" in script and "gesso" in script
    if shutil.which(shell):
        done = subprocess.run([shell, "-n"], input=script, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr


def completed(home: Path, line: str) -> list[str]:
    """What bash would offer after a line."""
    count = str(len(line.split()) - (not line.endswith(" ")))
    done = gesso(home, _GESSO_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=count)
    return [word.split(",", 1)[1] for word in done.out.splitlines()]


@pytest.mark.process
def test_completion_offers_verbs_options_and_choices(tmp_path: Path) -> None:
    assert completed(tmp_path, "gesso re") == ["restart", "recovery", "restore", "redo", "rebuild"]
    assert completed(tmp_path, "gesso project a") == ["add", "archive", "at"]
    assert completed(tmp_path, "gesso service ") == ["install", "status", "uninstall"]
    assert "--read-data" in completed(tmp_path, "gesso verify --")
    assert completed(tmp_path, "gesso search --sort r") == ["rating", "relevance"]


def test_completion_for_an_unknown_shell(tmp_path: Path) -> None:
    assert speak(tmp_path, "completion", "tcsh").code == 2
