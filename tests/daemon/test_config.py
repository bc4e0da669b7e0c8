"""Settings: all mistakes at once, each with what to write instead."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon import config
from daemon.config import ConfigProblem
from daemon.errors import ConfigProblems
from daemon.paths import Paths
from daemon.settings import Settings, described, value_of

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
DOCS = Path(__file__).parents[2] / "docs" / "config.md"


def home(tmp_path: Path, text: str | bytes = "") -> Paths:
    paths = Paths.of(tmp_path, {})
    paths.config_file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return paths


def problems(tmp_path: Path, text: str | bytes = "", **environ: str) -> list[ConfigProblem]:
    return config.check(home(tmp_path, text), environ)


def test_no_file_means_defaults(tmp_path: Path) -> None:
    assert config.load(Paths.of(tmp_path, {}), {}) == Settings()


def test_file_then_variables(tmp_path: Path) -> None:
    paths = home(tmp_path, '[daemon]\nport = 9000\n[import]\nseconds = 20\n[log]\nlevel = "debug"\n')
    settings = config.load(
        paths, {"GESSO_DAEMON_PORT": "9001", "GESSO_DAEMON_ACCEPT_UNSAFE_HOME": "yes", "GESSO_HOME": "/elsewhere"}
    )
    assert (settings.daemon.port, settings.imports.seconds, settings.log.level) == (9001, 20.0, "debug")
    assert settings.daemon.accept_unsafe_home is True and isinstance(settings.imports.seconds, float)


def test_all_problems_at_once(tmp_path: Path) -> None:
    text = '[daemon]\nprot = 1\nport = "x"\n[lgo]\nlevel = 1\n[log]\nlevel = "loud"\n[import]\nidle_seconds = 0\n'
    found = problems(tmp_path, text, GESSO_IMPORT_WORKERS="many", GESSO_DEAMON_PORT="1")
    assert [each.remedy for each in found] == [
        "Did you mean `port`?",
        "Write a number from 0 to 65,535 (default 8,463), without commas.",
        "Did you mean `log`?",
        'Write one of "debug", "info", "warning", "error".',
        "Write a number from 1 to 86,400 (default 60.0), without commas.",
        "Did you mean `GESSO_DAEMON_PORT`?",
        "Write a number from 0 to 64 (default 0), without commas.",
    ]
    with pytest.raises(ConfigProblems) as caught:
        config.load(home(tmp_path, text), {})
    assert len(caught.value.problems) == 5


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[daemon\n", "This is not TOML"),
        (b"[daemon]\nport = \xff", "is not UTF-8"),
        ("daemon = 5", "is not a section"),
        ("[daemon]\nport = true", "not a whole number"),
        ("[daemon]\nport = 1.5", "not a whole number"),
        ("[daemon]\naccept_unsafe_home = 1", "not true or false"),
        ("[log]\nlevel = 3", "not text"),
        ("[import]\nseconds = nan", "not a number"),
        ("[import]\nseconds = inf", "not a number"),
        ("[api]\nport = 1", "no setting `port` in [api]"),
        ("[daemon]\nport = 99999999999999999999999", "too large"),
    ],
)
def test_one_problem(tmp_path: Path, text: str | bytes, what: str) -> None:
    (found,) = problems(tmp_path, text)
    assert what in found.what
    assert found.remedy and str(tmp_path) in found.where


def test_setting_in_the_wrong_section_is_sent_home(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "[api]\nport = 1")
    assert found.remedy == "It belongs in [daemon]."


@pytest.mark.parametrize("key", ["bind", "host", "listen"])
def test_listening_on_a_network_is_refused_with_the_reason(tmp_path: Path, key: str) -> None:
    (found,) = problems(tmp_path, f'[daemon]\n{key} = "0.0.0.0"')
    assert "never on a network" in found.remedy


def test_folder_in_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    (found,) = config.check(Paths.of(tmp_path, {}), {})
    assert "cannot be read" in found.what


def test_byte_order_mark_of_windows_editors_is_no_problem(tmp_path: Path) -> None:
    assert problems(tmp_path, b"\xef\xbb\xbf[daemon]\nport = 1\n") == []


def test_variables_of_others_are_left_alone(tmp_path: Path) -> None:
    assert problems(tmp_path, GESSO_PICTURES="x", GESSO_WORKSPACE="y", GESSOISH="z") == []


@given(st.dictionaries(st.sampled_from([each.variable for each in described()]), st.text(max_size=12), max_size=5))
def test_any_text_in_variables_is_a_value_or_a_problem(environ: dict[str, str]) -> None:
    reading = config.read(Paths.of(Path("/nonexistent"), {}), environ)
    assert len(reading.problems) <= len(environ)
    for each in described():
        value = value_of(reading.settings, each)
        assert type(value) is type(each.default)


def test_example_names_every_setting_with_its_default() -> None:
    text = EXAMPLE.read_text("utf-8")
    uncommented = re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE)
    table = tomllib.loads(uncommented)
    documented = {(section, key): value for section, keys in table.items() for key, value in keys.items()}
    assert documented == {(each.section, each.key): each.default for each in described()}
    assert tomllib.loads(text) == {section: {} for section in table}


def test_example_says_what_takes_effect_at_once() -> None:
    live = {each.key: each.live for each in described()}
    for block in EXAMPLE.read_text("utf-8").split("\n\n"):
        keys = re.findall(r"^# (\w+) = ", block, re.MULTILINE)
        assert [key for key in keys if live[key] != ("(At once.)" in block)] == []


def test_docs_name_every_setting() -> None:
    text = DOCS.read_text("utf-8")
    missing = [each for each in described() if f"`{each.key}`" not in text or each.variable not in text]
    assert missing == []


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().daemon.port = 1  # type: ignore[misc]


def test_home_moves_everything(tmp_path: Path) -> None:
    for paths in (Paths.of(tmp_path / "h", {}), Paths.of(None, {"GESSO_HOME": str(tmp_path / "h")})):
        every = (*paths.folders, paths.lock, paths.runtime, paths.token, paths.log_file, paths.config_file)
        assert all(path.is_relative_to(tmp_path / "h") for path in every)
    assert Paths.of(tmp_path / "a", {"GESSO_HOME": str(tmp_path / "b")}).data == tmp_path / "a" / "data"
