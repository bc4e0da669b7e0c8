"""config.toml and GESSO_ variables → typed settings; every problem found is named at once."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from daemon.errors import ConfigProblems
from daemon.paths import HOME, Paths
from daemon.settings.mistakes import ConfigProblem, cut, problem, shown
from daemon.settings.money import limits_of
from daemon.settings.profiles import SECTION as PROVIDERS
from daemon.settings.profiles import profiles
from daemon.settings.sections import FIELDS, SECTIONS, Described, ProviderSettings, Settings, described
from daemon.settings.toml import NotToml, line_of, parsed
from library.errors import of_system
from sync.allowance.timetable import mistake_of

# Variables that are ours and no settings.
RESERVED = {HOME, "GESSO_WORKSPACE", "GESSO_LANGUAGE"}
KNOWN = {(each.section, each.key): each for each in described()}
VARIABLES = {each.variable: each for each in KNOWN.values()}
# What people from other programs write, and why it is not there.
ADDRESSES = {"bind", "host", "listen", "address"}
YES = {"1", "true", "yes", "on"}
NO = {"0", "false", "no", "off"}


class Reading(NamedTuple):
    """The settings, with defaults where something was wrong, what was wrong, and what came from where."""

    settings: Settings
    problems: list[ConfigProblem]
    from_file: frozenset[Described] = frozenset()
    from_variables: frozenset[Described] = frozenset()


class File(NamedTuple):
    """What config.toml says, and how it says it."""

    path: str
    text: str
    table: Mapping[str, Any]

    def line(self, section: str, key: str | None = None) -> int:
        return line_of(self.text, section, key)


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
    file = _file(paths, problems)
    written = dict(_from_file(file, problems))
    over = dict(_from_variables(environ, problems))
    settings = dataclasses.replace(_settings({**written, **over}), providers=_profiles(file, problems))
    return Reading(settings, problems, frozenset(written), frozenset(over))


def _profiles(file: File, problems: list[ConfigProblem]) -> tuple[ProviderSettings, ...]:
    table = file.table.get(PROVIDERS, {})
    if not isinstance(table, dict):
        problems.append(problem("config.not_section", file.path, {"section": PROVIDERS}, file.line(PROVIDERS)))
        table = {}
    return profiles(file.path, table, problems, {name: file.line(PROVIDERS, name) for name in table})


def _file(paths: Paths, problems: list[ConfigProblem]) -> File:
    path, content = str(paths.config_file), b""
    try:
        content = paths.config_file.read_bytes()
        text = content.decode("utf-8-sig")
        return File(path, text, parsed(text))
    except FileNotFoundError:
        pass
    except IsADirectoryError:
        problems.append(problem("config.folder", path))
    except PermissionError:
        problems.append(problem("config.locked", path))
    except OSError as error:
        problems.append(problem("config.unreadable", path, of_system(error)))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        problems.append(problem("config.encoding", path, {"byte": str(error.start)}, line))
    except NotToml as error:
        problems.append(problem(error.code, path, {"text": error.text}, error.line))
    return File(path, "", {})


def _from_file(file: File, problems: list[ConfigProblem]) -> Iterable[tuple[Described, Any]]:
    for section, content in file.table.items():
        if section == PROVIDERS:
            continue
        if section in SECTIONS and isinstance(content, dict):
            yield from _from_section(file, section, content, problems)
        else:
            problems.append(_no_section(file, section, content))


def _from_section(
    file: File, section: str, content: Mapping[str, Any], problems: list[ConfigProblem]
) -> Iterable[tuple[Described, Any]]:
    for key, value in content.items():
        which = KNOWN.get((section, key))
        if which is None:
            problems.append(_no_key(file, section, key))
            continue
        wrong = _wrong(which, value)
        if wrong:
            problems.append(
                problem(wrong, file.path, _found(which, f"[{section}] {key}", value), file.line(section, key))
            )
        else:
            yield which, float(value) if isinstance(which.default, float) else value


def _from_variables(environ: Mapping[str, str], problems: list[ConfigProblem]) -> Iterable[tuple[Described, Any]]:
    for name, text in sorted(environ.items()):
        if not name.startswith("GESSO_") or name in RESERVED:
            continue
        which = VARIABLES.get(name)
        if which is None:
            problems.extend(_no_variable(name))
            continue
        value = _parse(which, text.strip())
        wrong = _wrong(which, value)
        if wrong:
            problems.append(problem(wrong, name, _found(which, name, text)))
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
    """The kind of mistake that the value is; empty when it fits."""
    default = which.default
    if which.timetable and isinstance(value, str):
        found = mistake_of(value)
        return "" if found is None else f"config.timetable.{found.kind}"
    if which.money:
        return "" if isinstance(value, str) and limits_of(value) is not None else "config.not_amounts"
    if isinstance(default, bool):
        return "" if isinstance(value, bool) else "config.not_boolean"
    if isinstance(default, str):
        if not isinstance(value, str):
            return "config.not_text"
        return "" if not which.choices or value in which.choices else "config.not_choice"
    if isinstance(value, bool) or not _is_number(value, whole=isinstance(default, int)):
        return "config.not_whole" if isinstance(default, int) else "config.not_number"
    if which.least is not None and value < which.least:
        return "config.too_small"
    if which.most is not None and value > which.most:
        return "config.too_large"
    return ""


def _is_number(value: Any, whole: bool) -> bool:
    return isinstance(value, int) or (not whole and isinstance(value, float) and math.isfinite(value))


def _found(which: Described, name: str, value: Any) -> dict[str, str]:
    """What was found under a name, and what is allowed there."""
    found = {"name": name, "value": shown(value), "default": shown(which.default)}
    found["written"] = found["value"] if name == which.variable else f"{name} = {found['value']}"
    if which.timetable and isinstance(value, str) and (mistake := mistake_of(value)) is not None:
        found["part"] = cut(mistake.words)
    if isinstance(which.default, str):
        return {**found, "choices": ", ".join(map(shown, which.choices or ("…",)))}
    return {**found, "least": str(which.least), "most": str(which.most)}


def _no_section(file: File, section: str, content: Any) -> ConfigProblem:
    """What stands at the first level and is no section of ours."""
    line = file.line(section)
    if section in SECTIONS:
        return problem("config.not_section", file.path, {"section": section}, line)
    if not isinstance(content, dict):
        homes = [known.section for known in KNOWN.values() if known.key == section]
        if homes:
            return problem("config.outside", file.path, {"key": section, "section": homes[0]}, line)
        known = ", ".join(f"[{each}]" for each in (*SECTIONS, PROVIDERS))
        return problem("config.outside.no_key", file.path, {"key": section, "known": known}, line)
    code, near = _near("config.no_section", section, (*SECTIONS, PROVIDERS))
    return problem(code, file.path, {"section": section, **near}, line)


def _no_key(file: File, section: str, key: str) -> ConfigProblem:
    code, near = _near("config.no_key", key, [known for of, known in KNOWN if of == section])
    homes = [known.section for known in KNOWN.values() if known.key == key]
    if section in ("daemon", "api") and key in ADDRESSES:
        code, near = "config.no_key.network", {}
    elif homes:
        code, near = "config.no_key.elsewhere", {"right": homes[0]}
    return problem(code, file.path, {"section": section, "key": key, **near}, file.line(section, key))


def _no_variable(name: str) -> Iterable[ConfigProblem]:
    """Only what looks meant for us: other programs may have variables that begin like ours."""
    code, near = _near("config.no_variable", name, [*VARIABLES, *RESERVED])
    section = name.removeprefix("GESSO_").partition("_")[0].lower()
    if section in SECTIONS or difflib.get_close_matches(name, [*VARIABLES, *RESERVED], 1, 0.85):
        yield problem(code, name, near)


def _near(code: str, word: str, known: Iterable[str]) -> tuple[str, dict[str, str]]:
    """The kind of mistake with the name that was probably meant, else with all there are."""
    names = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), names, 1, 0.6)
    return (
        (f"{code}.close", {"close": names[close[0]]}) if close else (code, {"known": ", ".join(sorted(names.values()))})
    )


def _settings(values: Mapping[Described, Any]) -> Settings:
    sections: dict[str, Any] = {}
    for section, shape in SECTIONS.items():
        given = {which.key: value for which, value in values.items() if which.section == section}
        sections[FIELDS.get(section, section)] = shape(**given)
    return Settings(**sections)
