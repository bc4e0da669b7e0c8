"""config.toml and GESSO_ variables → typed settings; every problem found is named at once."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from daemon.errors import ConfigProblems
from daemon.paths import HOME, Paths
from daemon.settings import FIELDS, SECTIONS, Described, Settings, described

# Variables that are ours and no settings.
RESERVED = {HOME, "GESSO_WORKSPACE"}
KNOWN = {(each.section, each.key): each for each in described()}
VARIABLES = {each.variable: each for each in KNOWN.values()}
# What people from other programs write, and why it is not there.
ADDRESSES = {"bind", "host", "listen", "address"}
YES = {"1", "true", "yes", "on"}
NO = {"0", "false", "no", "off"}


class ConfigProblem(NamedTuple):
    """What is wrong, where, and what to write instead."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what} {self.remedy}"


class Reading(NamedTuple):
    """The settings, with defaults where something was wrong, and what was wrong."""

    settings: Settings
    problems: list[ConfigProblem]


def load(paths: Paths, environ: Mapping[str, str]) -> Settings:
    """The settings in force; raises ConfigProblems naming everything that is wrong."""
    reading = read(paths, environ)
    if reading.problems:
        raise ConfigProblems(reading.problems)
    return reading.settings


def check(paths: Paths, environ: Mapping[str, str]) -> list[ConfigProblem]:
    """What `gesso config check` prints; empty when all is well."""
    return read(paths, environ).problems


def read(paths: Paths, environ: Mapping[str, str]) -> Reading:
    """File first, then variables over it. An absent file is an empty one."""
    problems: list[ConfigProblem] = []
    table = _file(paths, problems)
    values = dict(_from_table(table, str(paths.config_file), problems))
    values.update(_from_variables(environ, problems))
    return Reading(_settings(values), problems)


def _file(paths: Paths, problems: list[ConfigProblem]) -> dict[str, Any]:
    where = str(paths.config_file)
    try:
        return tomllib.loads(paths.config_file.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError as error:
        problems.append(ConfigProblem(where, f"Byte {error.start} is not UTF-8.", "Save the file as UTF-8."))
    except tomllib.TOMLDecodeError as error:
        problems.append(ConfigProblem(where, f"This is not TOML: {error}.", "Compare it with config.example.toml."))
    except OSError as error:
        problems.append(ConfigProblem(where, f"It cannot be read: {error.strerror}.", "Make it a readable file."))
    return {}


def _from_table(table: Mapping[str, Any], where: str, problems: list[ConfigProblem]) -> Iterable[tuple[Described, Any]]:
    for section, content in table.items():
        if section not in SECTIONS:
            problems.append(_unknown_section(where, section))
        elif not isinstance(content, dict):
            problems.append(
                ConfigProblem(where, f"`{section}` is not a section.", f"Write [{section}] above its keys.")
            )
        else:
            yield from _from_section(section, content, where, problems)


def _from_section(
    section: str, content: Mapping[str, Any], where: str, problems: list[ConfigProblem]
) -> Iterable[tuple[Described, Any]]:
    for key, value in content.items():
        which = KNOWN.get((section, key))
        if which is None:
            problems.append(_unknown_key(where, section, key))
            continue
        wrong = _wrong(which, value)
        if wrong:
            problems.append(ConfigProblem(where, f"[{section}] {key} = {value!r}: {wrong}", _wanted(which)))
        else:
            yield which, float(value) if isinstance(which.default, float) else value


def _from_variables(environ: Mapping[str, str], problems: list[ConfigProblem]) -> Iterable[tuple[Described, Any]]:
    for name, text in sorted(environ.items()):
        if not name.startswith("GESSO_") or name in RESERVED:
            continue
        which = VARIABLES.get(name)
        if which is None:
            problems.extend(_unknown_variable(name))
            continue
        value = _parse(which, text.strip())
        wrong = _wrong(which, value)
        if wrong:
            problems.append(ConfigProblem(name, f"{text!r}: {wrong}", _wanted(which)))
        else:
            yield which, value


def _parse(which: Described, text: str) -> Any:
    """The text of a variable as a value of the setting's type, or the text itself when it is none."""
    if isinstance(which.default, bool):
        return True if text.lower() in YES else False if text.lower() in NO else text
    if isinstance(which.default, str):
        return text
    try:
        return type(which.default)(text)
    except (ValueError, OverflowError):
        return text


def _wrong(which: Described, value: Any) -> str:
    """Why the value does not fit; empty when it does."""
    default = which.default
    if isinstance(default, bool):
        return "" if isinstance(value, bool) else "this is not true or false."
    if isinstance(default, str):
        if not isinstance(value, str):
            return "this is not text."
        return "" if not which.choices or value in which.choices else "there is no such choice."
    numeric = (int, float) if isinstance(default, float) else (int,)
    if isinstance(value, bool) or not isinstance(value, numeric) or not math.isfinite(value):
        return "this is not a number." if isinstance(default, float) else "this is not a whole number."
    if which.least is not None and value < which.least:
        return "this is too small."
    if which.most is not None and value > which.most:
        return "this is too large."
    return ""


def _wanted(which: Described) -> str:
    if which.choices:
        return "Write one of " + ", ".join(f'"{choice}"' for choice in which.choices) + "."
    if isinstance(which.default, bool):
        return "Write true or false."
    if isinstance(which.default, str):
        return 'Write text in quotes, like "…".'
    return f"Write a number from {which.least:,} to {which.most:,} (default {which.default:,}), without commas."


def _unknown_section(where: str, section: str) -> ConfigProblem:
    return ConfigProblem(where, f"There is no section [{section}].", _suggestion(section, SECTIONS))


def _unknown_key(where: str, section: str, key: str) -> ConfigProblem:
    what = f"There is no setting `{key}` in [{section}]."
    if section in ("daemon", "api") and key in ADDRESSES:
        return ConfigProblem(where, what, "Gesso listens on 127.0.0.1 and [::1] only, never on a network: remove it.")
    elsewhere = [known.section for known in KNOWN.values() if known.key == key]
    if elsewhere:
        return ConfigProblem(where, what, f"It belongs in [{elsewhere[0]}].")
    return ConfigProblem(where, what, _suggestion(key, [known for of, known in KNOWN if of == section]))


def _unknown_variable(name: str) -> Iterable[ConfigProblem]:
    """Only what looks meant for us: other programs may have variables that begin like ours."""
    section = name.removeprefix("GESSO_").partition("_")[0].lower()
    close = difflib.get_close_matches(name, [*VARIABLES, *RESERVED], 1, 0.85)
    if section in SECTIONS or close:
        yield ConfigProblem(name, "There is no such setting.", _suggestion(name, [*VARIABLES, *RESERVED]))


def _suggestion(word: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(word, names, 1, 0.6)
    return f"Did you mean `{close[0]}`?" if close else "There are: " + ", ".join(sorted(names)) + "."


def _settings(values: Mapping[Described, Any]) -> Settings:
    sections: dict[str, Any] = {}
    for section, shape in SECTIONS.items():
        given = {which.key: value for which, value in values.items() if which.section == section}
        sections[FIELDS.get(section, section)] = shape(**given)
    return Settings(**sections)
