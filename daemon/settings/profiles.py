"""The providers that config.toml sets up: a table of its own for each, with the name that people call it by."""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from daemon.settings.mistakes import ConfigProblem, problem, shown
from daemon.settings.sections import BUILT_IN, OPTIONS, ProviderSettings

SECTION = "providers"
# Adapters of our own; another one is named by a dotted path (providers/registry.py, which may not be imported here: it
# would cost the command line its start).
ADAPTERS = ("openai", "openai-compatible", "sketch")
# Those of them that take only some of the OPTIONS; a plugin is given all that are set.
TAKES: Mapping[str, tuple[str, ...]] = {
    "openai": ("timeout", "idempotent"),
    "openai-compatible": OPTIONS,
    "sketch": (),
}
NAME = re.compile(r"[^\W_][\w.-]{0,99}")  # what can be typed behind --provider
FIELDS = {each.name: each for each in dataclasses.fields(ProviderSettings) if each.metadata}


def profiles(
    path: str, table: Mapping[str, Any], problems: list[ConfigProblem], line: Mapping[str, int]
) -> tuple[ProviderSettings, ...]:
    """What stands below [providers], in its order; the built-in one first where it is not set up otherwise. `line`: of
    each provider's name.
    """
    found = []
    for name, content in table.items():
        at = line.get(name, 0)
        if not NAME.fullmatch(name):
            problems.append(problem("config.provider.name", path, {"name": shown(name)}, at))
            continue
        if not isinstance(content, dict):
            problems.append(problem("config.provider.not_table", path, {"name": name}, at))
            continue
        values = _values(path, name, content, problems, at)
        adapter = values.setdefault("adapter", name if name in ADAPTERS else "")
        if not adapter or (adapter not in ADAPTERS and "." not in adapter):
            params = {"name": name, "value": shown(adapter), "known": ", ".join(ADAPTERS)}
            problems.append(problem("config.provider.adapter", path, params, at))
            continue
        made = ProviderSettings(**values, name=name)
        problems += [problem(code, path, params, at) for code, params in _unfit(made)]
        found.append(made)
    if not any(each.name == BUILT_IN.name for each in found):
        found.insert(0, BUILT_IN)
    return tuple(each for each in found if each.enabled)


def _values(path: str, name: str, content: Mapping[str, Any], problems: list[ConfigProblem], at: int) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in content.items():
        if key not in FIELDS:
            close = difflib.get_close_matches(key, FIELDS, 1, 0.6)
            params = {"section": f"{SECTION}.{name}", "key": key}
            code = "config.no_key.close" if close else "config.no_key"
            more = {"close": close[0]} if close else {"known": ", ".join(sorted(FIELDS))}
            problems.append(problem(code, path, {**params, **more}, at))
            continue
        wrong = _wrong(key, value)
        if wrong:
            written = f"[{SECTION}.{name}] {key} = {shown(value)}"
            params = {"written": written, "name": key, "value": shown(value), "default": shown(FIELDS[key].default)}
            facts = FIELDS[key].metadata
            choices = ", ".join(map(shown, facts["choices"])) or "“…”"
            bounds = {"least": f"{facts['least']}", "most": f"{facts['most']}", "choices": choices}
            problems.append(problem(wrong, path, {**params, **bounds}, at))
            continue
        values[key] = tuple(value) if key == "models" else tuple(value.items()) if key == "headers" else value
    return values


def _unfit(made: ProviderSettings) -> Iterator[tuple[str, dict[str, str]]]:
    """What is set and would do nothing, or harm, with the adapter that is named."""
    for key in made.options:
        if key not in TAKES.get(made.adapter, OPTIONS):
            yield "config.provider.not_taken", {"name": made.name, "key": key, "adapter": made.adapter}
    if made.idempotent and made.adapter == "openai" and not made.base_url:
        yield "config.provider.not_idempotent", {"name": made.name}


def _wrong(key: str, value: Any) -> str:
    """The kind of mistake that the value is; empty when it fits."""
    default = FIELDS[key].default
    if key == "models":
        fits = isinstance(value, list) and all(isinstance(each, str) for each in value)
        return "" if fits else "config.not_texts"
    if key == "headers":
        texts = [*value, *value.values()] if isinstance(value, dict) else [None]
        fits = all(isinstance(each, str) and each.isascii() and each.isprintable() for each in texts)
        return "" if fits else "config.not_headers"
    if isinstance(default, bool):
        return "" if isinstance(value, bool) else "config.not_boolean"
    if isinstance(default, int | float):
        return _wrong_number(value, FIELDS[key].metadata, whole=isinstance(default, int))
    if not isinstance(value, str):
        return "config.not_text"
    if (choices := FIELDS[key].metadata["choices"]) and value not in choices:
        return "config.not_choice"
    return "" if key not in ("base_url", "proxy") or not value or _is_address(value) else "config.not_url"


def _wrong_number(value: Any, bounds: Mapping[str, Any], whole: bool) -> str:
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        return "config.not_whole" if whole else "config.not_number"
    if isinstance(value, float) and not math.isfinite(value):
        return "config.not_number"
    return "config.too_small" if value < bounds["least"] else "config.too_large" if value > bounds["most"] else ""


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        return False
