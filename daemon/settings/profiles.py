"""The providers that config.toml sets up: a table of its own for each, with the name that people call it by."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from daemon.settings.mistakes import ConfigProblem, problem, shown
from daemon.settings.sections import BUILT_IN, ProviderSettings

SECTION = "providers"
# Adapters of our own; another one is named by a dotted path (providers/registry.py, which may not be imported here: it
# would cost the command line its start).
ADAPTERS = ("openai", "openai-compatible", "sketch")


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
        if not isinstance(content, dict):
            problems.append(problem("config.provider.not_table", path, {"name": name}, at))
            continue
        values = _values(path, name, content, problems, at)
        adapter = values.setdefault("adapter", name if name in ADAPTERS else "")
        if not adapter or (adapter not in ADAPTERS and "." not in adapter):
            params = {"name": name, "value": shown(adapter), "known": ", ".join(ADAPTERS)}
            problems.append(problem("config.provider.adapter", path, params, at))
            continue
        found.append(ProviderSettings(**values, name=name))
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
            bounds = {"least": "0", "most": "64", "choices": "“…”"}
            problems.append(problem(wrong, path, {**params, **bounds}, at))
            continue
        values[key] = tuple(value) if key == "models" else tuple(value.items()) if key == "headers" else value
    return values


def _wrong(key: str, value: Any) -> str:
    """The kind of mistake that the value is; empty when it fits."""
    default = FIELDS[key].default
    if key == "models":
        fits = isinstance(value, list) and all(isinstance(each, str) for each in value)
        return "" if fits else "config.not_texts"
    if key == "headers":
        fits = isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
        return "" if fits else "config.not_headers"
    if isinstance(default, bool):
        return "" if isinstance(value, bool) else "config.not_boolean"
    if isinstance(default, int):
        if isinstance(value, bool) or not isinstance(value, int):
            return "config.not_whole"
        return "config.too_small" if value < 0 else "config.too_large" if value > 64 else ""
    if not isinstance(value, str):
        return "config.not_text"
    return "" if key not in ("base_url", "proxy") or not value or _is_address(value) else "config.not_url"


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        return False
