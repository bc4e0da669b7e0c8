"""Settings: all mistakes at once, each with what to write instead."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.errors import ConfigProblems
from daemon.paths import Paths
from daemon.settings import config
from daemon.settings.mistakes import KINDS, ConfigProblem
from daemon.settings.profiles import FIELDS
from daemon.settings.sections import ProviderSettings, Settings, described, value_of
from tests.daemon.settings.mistaken import MISTAKES, problem

EXAMPLE = Path(__file__).parents[3] / "config.example.toml"
DOCS = Path(__file__).parents[3] / "docs" / "config.md"


def home(tmp_path: Path, text: str | bytes = "") -> Paths:
    paths = Paths.of(tmp_path, {})
    paths.config_file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return paths


def problems(tmp_path: Path, text: str | bytes = "", **environ: str) -> list[ConfigProblem]:
    return config.check(home(tmp_path, text), environ)


def test_no_file_means_defaults(tmp_path: Path) -> None:
    built_in = ProviderSettings(adapter="sketch", name="sketch")
    assert config.load(Paths.of(tmp_path, {}), {}) == Settings(providers=(built_in,))


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
        "Did you mean “port”?",
        "Write a whole number from 0 to 65535, without quotes or commas; the default is 8463.",
        "Did you mean [log]?",
        'Write one of these: "debug", "info", "warning", "error".',
        "Write a number from 1 to 86400, without quotes or commas; the default is 60.0.",
        "Did you mean GESSO_DAEMON_PORT?",
        "Write a whole number from 0 to 64, without quotes or commas; the default is 0.",
    ]
    with pytest.raises(ConfigProblems) as caught:
        config.load(home(tmp_path, text), {})
    assert len(caught.value.problems) == 5


@pytest.mark.parametrize("code", KINDS)
def test_every_kind_of_mistake_is_told_with_its_place_and_values(tmp_path: Path, code: str) -> None:
    mistake = MISTAKES[code]
    found = problem(tmp_path, code)
    place = mistake.variable or str(tmp_path / "config.toml")
    assert (found.code, found.where) == (code, f"{place}:{mistake.line}" if mistake.line else place)
    assert found.params.get("line", "0") == str(mistake.line)
    assert [word for word in mistake.words if word not in f"{found.what} {found.remedy}"] == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[daemon\n", "unclosed"), ("[[log]\n", "unclosed"), ("[log]\nlevel = 'a\n", "unclosed"),
        ("[log]\nlevel = \"\"\"a\n", "unclosed"), ("a = [1 2]", "unclosed"), ("a = {b = 1", "unclosed"),
        ("[log]\n[log]", "twice"), ("a = {b = 1, b = 2}", "twice"), ("a.b = 1\na = 2", "twice"),
        ("a = {b = 1}\na.c = 2", "twice"), ("[daemon]\nport =", "no_value"), ("a = “b”", "no_value"),
        ("[daemon]\nport = 127.0.0.1", "more"), ("[daemon] port = 1", "more"), ("a = 1 b = 2", "more"),
        ("hello there", "statement"), ("＃ 附註", "statement"), ("= 5", "statement"), ("a = 1 # \r b", "character"),
        (r'a = "\ud800"', "backslash"), (r'a = "\q"', "backslash"), ("a = " + "[" * 3000, "syntax"),
        ("[daemon]\nport = true", "not_whole"), ("[daemon]\nport = 1.5", "not_whole"),
        ("[daemon]\nport = [1]", "not_whole"),
        ("[daemon]\nport = 2000-01-01", "not_whole"), ("[import]\nseconds = inf", "not_number"),
        ("[import]\nseconds = 1" + "0" * 400, "too_large"), ("[daemon]\nport = 0x" + "f" * 9000, "too_large"),
        ("[daemon]\nport = 99999999999999999999999", "too_large"), ("[[daemon]]", "not_section"),
        ("[DAEMON]", "no_section.close"), ("[daemon]\nbind = 1", "no_key.network"),
        ("[api]\nlisten = 1", "no_key.network"),
    ],
)  # fmt: skip
def test_one_mistake_is_one_problem_of_its_kind(tmp_path: Path, text: str, code: str) -> None:
    (found,) = problems(tmp_path, text)
    assert found.code == f"config.{code}"
    assert found.remedy and str(tmp_path) in found.where and len(found.what) < 200


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[daemon]\r\n\r\nport = "x"\r\n', 3),
        ('[log]\n# port = "x"\nlevel = "info"\n[daemon]\n"port" = "x" # = 3', 5),
        ('daemon.port = "x"', 1),
        ("daemon = {port = true}", 0),
        ("[daemon]\nlanguage = \"\"\n[log]\nlevel = 'info'\n[daemon.port]\n", 5),
    ],
)
def test_line_is_that_of_the_key_and_of_no_other(tmp_path: Path, text: str, line: int) -> None:
    (found,) = problems(tmp_path, text)
    assert found.params.get("line", "0") == str(line)


def test_text_that_looks_like_a_key_is_none(tmp_path: Path) -> None:
    text = '[log]\nlevel = """\n[daemon]\nport = 1\n"""\n[daemon]\nport = true\n'
    level, port = problems(tmp_path, text)
    assert (level.params["line"], port.params["line"]) == ("2", "7")


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


def test_examples_of_providers_are_right_as_they_stand(tmp_path: Path) -> None:
    lines = re.findall(r"^#   (\S.*)$", EXAMPLE.read_text("utf-8"), re.MULTILINE)
    assert problems(tmp_path, "\n".join(lines)) == []
    found = config.load(Paths.of(tmp_path, {}), {}).providers
    assert [each.name for each in found] == ["sketch", "openai", "local", "studio", "gateway", "painter"]
    assert found[3].headers == (("OpenAI-Organization", "org-studio"),)
    assert [each.options for each in found[3:]] == [
        {"timeout": 120}, {"idempotent": True, "response_format": "url"}, {},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "code", "words"),
    [
        ("timeout = 901", "too_large", ("timeout = 901", "0", "900")),
        ("timeout = -1", "too_small", ("timeout = -1",)),
        ('timeout = "60"', "not_number", ('timeout = "60"',)),
        ("timeout = nan", "not_number", ()),
        ("timeout = true", "not_number", ()),
        ("at_once = 65", "too_large", ("0", "64")),
        ("at_once = 1.5", "not_whole", ()),
        ("per_minute = 10001", "too_large", ("0", "10000")),
        ('idempotent = "yes"', "not_boolean", ("idempotent",)),
        ('response_format = "png"', "not_choice", ('"png"', '"b64_json", "url", "none"')),
        ("seconds = -1", "too_small", ("seconds = -1",)),
        ("previews = 11", "too_large", ("previews = 11", "10")),
        ("previews = true", "not_whole", ()),
        ("timout = 3", "no_key.close", ("timeout",)),
    ],
)
def test_option_of_a_provider_that_makes_no_sense_is_one_mistake(
    tmp_path: Path, written: str, code: str, words: tuple[str, ...]
) -> None:
    (found,) = problems(tmp_path, f'[providers.x]\nadapter = "openai-compatible"\n{written}\n')
    assert found.code == f"config.{code}"
    assert [word for word in words if word not in f"{found.what} {found.remedy}"] == []


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ('[providers.openai]\nresponse_format = "url"', "not_taken"),
        ("[providers.sketch]\nidempotent = true", "not_taken"),
        ("[providers.openai]\npreviews = 2", "not_taken"),
        ("[providers.openai]\nidempotent = true", "not_idempotent"),
        ('[providers.openai]\nidempotent = true\nbase_url = "https://gateway.example.org/v1"', ""),
        ('[providers.mine]\nadapter = "mine.Painter"\ntimeout = 5\nresponse_format = "url"', ""),
    ],
)
def test_option_that_the_adapter_has_no_use_for_is_a_mistake(tmp_path: Path, table: str, code: str) -> None:
    assert [each.code for each in problems(tmp_path, table)] == ([f"config.provider.{code}"] if code else [])


def test_docs_name_every_setting_of_a_provider() -> None:
    table = DOCS.read_text("utf-8").partition("## Providers")[2]
    assert [key for key in FIELDS if f"| `{key}` |" not in table] == []


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
