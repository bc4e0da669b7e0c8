"""This machine: settings, folders, completion, version. Nothing here needs a daemon."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import get_completion_class

from commands.errors import Exit
from commands.session import Session
from commands.terminal.findings import print_finding
from commands.terminal.output import safe, show_facts, show_table
from commands.terminal.texts import say
from commands.verbs import Noun, OneOf, argument, verb

if TYPE_CHECKING:
    from daemon.settings.config import Reading
    from daemon.settings.sections import Described

config = Noun("config")
SHELLS = ("bash", "zsh", "fish")
COMPLETE = "_GESSO_COMPLETE"


@verb("version")
def version(session: Session) -> None:
    number = own_version()
    session.answer({"version": number}, lambda: print(f"gesso {number}"))


def own_version() -> str:
    from importlib.metadata import version

    return version("gesso")


@verb("paths")
def paths(session: Session) -> None:
    table = session.paths.as_table()
    session.answer(table, lambda: show_facts([(f"path.{name}", place) for name, place in table.items()]))


@verb("completion", argument("shell", type=OneOf(SHELLS)))
def completion(session: Session, shell: str) -> None:
    made = get_completion_class(shell)
    root = click.get_current_context().find_root().command
    script = made(root, {}, "gesso", COMPLETE).source() if made else ""
    session.answer({"shell": shell, "script": script}, lambda: print(script))


@config.verb("path")
def path(session: Session) -> None:
    file = session.paths.config_file
    session.answer({"path": str(file), "exists": file.exists()}, lambda: print(safe(str(file))))


@config.verb("check")
def check(session: Session) -> int:
    from daemon.settings.config import check as look

    problems = [each._asdict() for each in look(session.paths, os.environ)]

    def show() -> None:
        for problem in problems:
            print_finding(problem)
        if not problems and not session.quiet:
            print(say("config.well", file=safe(str(session.paths.config_file))))

    session.answer({"problems": problems}, show)
    return Exit.FAILED if problems else Exit.DONE


@config.verb("show")
def show(session: Session) -> None:
    from daemon.settings.config import read
    from daemon.settings.sections import described, value_of

    reading = read(session.paths, os.environ)
    rows = [(each, value_of(reading.settings, each), origin(each, reading)) for each in described()]
    document = {f"{each.section}.{each.key}": value for each, value, _ in rows}
    shown = [(f"{each.section}.{each.key}", shown_value(value), say(f"word.{where}")) for each, value, where in rows]
    session.answer(document, lambda: show_table(("column.setting", "column.value", "column.from"), shown))
    if reading.problems:
        session.hint("config.wrong", count=len(reading.problems))


def origin(which: Described, reading: Reading) -> str:
    """Where a value comes from: variable, file or default."""
    if which in reading.from_variables:
        return "variable"
    return "file" if which in reading.from_file else "default"


def shown_value(value: Any) -> str:
    return (
        str(value).lower() if isinstance(value, bool) else f"{value:,}" if isinstance(value, int) else str(value) or "–"
    )
