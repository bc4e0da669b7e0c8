"""Help pages: usage, text, arguments, options, verbs and an example, all from the catalogue."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

import click

from commands.terminal.layout import definitions, paragraphs
from commands.terminal.texts import knows, say

WIDEST, NARROWEST = 100, 40
# Options of every verb; they stand last, under a heading of their own.
EVERYWHERE = ("home", "workspace", "as_json", "louder", "quieter", "own_version")
Rows = Sequence[tuple[str, str]]


def columns() -> int:
    """Columns to write in: no wider than reads well."""
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns))


def page(key: str, path: str, params: Sequence[click.Parameter], verbs: Sequence[tuple[str, Rows]]) -> str:
    """The whole help of a command; `verbs` are (heading key or empty, rows of name and meaning)."""
    lines = [usage(path, params, bool(verbs)), "", *paragraphs(say(f"help.{key}"), columns(), 2)]
    arguments = [(piece(each), meaning(key, each)) for each in params if isinstance(each, click.Argument)]
    options = [each for each in params if isinstance(each, click.Option)]
    own = [(spelling(each), meaning(key, each)) for each in options if each.name not in EVERYWHERE]
    shared = [(spelling(each), meaning(key, each)) for each in options if each.name in EVERYWHERE]
    lines += section("help.arguments", arguments) + section("help.options", own)
    for heading, rows in verbs:
        lines += section(heading or "help.verbs", rows)
    lines += section("help.everywhere", [*shared, ("-h, --help", say("help.any.help"))])
    if knows(f"help.{key}.example"):
        lines += ["", say("help.example"), *paragraphs(say(f"help.{key}.example"), columns(), 2)]
    return "\n".join(lines)


def usage(path: str, params: Sequence[click.Parameter], takes_verb: bool) -> str:
    """The line that shows what may stand where."""
    words = [path, say("help.options_place")]
    words += [piece(each) for each in params if isinstance(each, click.Argument)]
    return say("help.usage", line=" ".join(words + [say("help.verb_place")] * takes_verb))


def summary(key: str) -> str:
    """The first sentence of a command's text, for lists."""
    return say(f"help.{key}").split("\n")[0]


def section(heading: str, rows: Rows) -> list[str]:
    return ["", say(heading), *definitions(rows, columns())] if rows else []


def name_of(param: click.Parameter) -> str:
    """What the person would call it: `--limit` or ASSET."""
    return max(param.opts, key=len) if isinstance(param, click.Option) else (param.name or "").upper()


def piece(param: click.Argument) -> str:
    """An argument as usage shows it: ASSET, [QUERY], PATH…"""
    shown = name_of(param) + ("…" if param.nargs == -1 else "")
    return shown if param.required else f"[{shown}]"


def spelling(param: click.Option) -> str:
    """An option with its value: `-n, --limit N`."""
    opts = ", ".join(sorted(param.opts, key=len))
    if param.is_flag or param.count:
        return opts
    choices = param.type.choices if isinstance(param.type, click.Choice) else None
    return f"{opts} {'|'.join(choices) if choices else param.metavar or (param.name or '').upper()}"


def meaning(key: str, param: click.Parameter) -> str:
    """What a parameter is for: the verb's own text, else the one that all verbs share."""
    own = f"help.{key}.{param.name}"
    return say(own if knows(own) else f"help.any.{param.name}")
