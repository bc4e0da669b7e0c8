"""Every command there is, found by walking the program itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import click

from cli import gesso

Language = Literal["en", "zh-TW"]
LANGUAGES: tuple[Language, ...] = ("en", "zh-TW")
COLUMNS = "80"


def every_command() -> Iterator[tuple[str, click.Command]]:
    """(words, command), the program itself as `gesso`."""
    yield from _below("gesso", gesso, click.Context(gesso, info_name="gesso"))


def verbs() -> list[str]:
    """The words after `gesso` of every command that does something: `rate`, `project ls`."""
    return [words.removeprefix("gesso ") for words, command in every_command() if not isinstance(command, click.Group)]


def _below(words: str, command: click.Command, ctx: click.Context) -> Iterator[tuple[str, click.Command]]:
    yield words, command
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            found = command.get_command(ctx, name)
            assert found is not None, f"`{words} {name}` is listed and not there"
            yield from _below(f"{words} {name}", found, ctx)


def help_of(words: str, command: click.Command, language: Language) -> str:
    """The help page as a person reads it."""
    with spoken(language):
        context = click.Context(gesso, info_name="gesso")
        for word in words.split()[1:]:
            assert isinstance(context.command, click.Group)
            found = context.command.get_command(context, word)
            assert found is not None
            context = click.Context(found, info_name=word, parent=context)
        return command.get_help(context) + "\n"


@contextmanager
def spoken(language: Language) -> Iterator[None]:
    """The language and the width of the terminal, for a while."""
    before = {name: os.environ.get(name) for name in ("GESSO_LANGUAGE", "COLUMNS")}
    os.environ.update(GESSO_LANGUAGE=language, COLUMNS=COLUMNS)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
