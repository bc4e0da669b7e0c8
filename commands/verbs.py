"""What every verb has in common: help from the catalogue, and the options that may stand before or after it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import Any

import click

from commands.errors import WrongUsage
from commands.session import Session, Wishes
from commands.terminal import helping
from commands.terminal.texts import say

Work = Callable[..., int | None]

# What other tools call it: the first of these that stands here is meant.
ELSEWHERE = {
    "add": ("import", "create"), "check": ("doctor",), "cost": ("spend",), "costs": ("spend",), "create": ("gen",),
    "delete": ("rm",), "find": ("search",), "generate": ("gen",), "history": ("log",), "info": ("show",),
    "init": ("start",), "jobs": ("queue",), "list": ("ls", "search"), "ls": ("search",), "make": ("gen",),
    "new": ("create", "gen"), "open": ("ui",), "remove": ("rm",), "run": ("up",), "serve": ("up",),
    "settings": ("config",), "trash": ("bin",), "usage": ("spend",),
}  # fmt: skip


class Verb(click.Command):
    """One command. Its texts stand under `help.<key>`; its function takes a Session and may return an exit code."""

    allow_extra_args = True  # so that words too many are refused here, in the person's language

    def __init__(self, key: str, work: Work, params: Sequence[click.Parameter]) -> None:
        names = {"help_option_names": ["-h", "--help"]}
        super().__init__(key.split(".")[-1], context_settings=names, params=[*params, *everywhere()])
        self.key = key
        self.work = work

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if any(isinstance(param, Words) for param in self.params):
            args = words_last(self.params, args)
        try:
            rest = super().parse_args(ctx, args)
        except click.BadOptionUsage as error:
            error.ctx = error.ctx or ctx  # so that the way to help is this verb's
            raise
        if ctx.args and not ctx.resilient_parsing:
            raise click.UsageError(say("usage.extra", words=" ".join(ctx.args)), ctx)
        return rest

    def invoke(self, ctx: click.Context) -> int | None:
        return self.work(Session(ctx.ensure_object(Wishes)), **ctx.params)

    def get_help(self, ctx: click.Context) -> str:
        return helping.page(self.key, ctx.command_path, self.params, [])

    def get_usage(self, ctx: click.Context) -> str:
        return helping.usage(ctx.command_path, self.params, False)

    def get_short_help_str(self, limit: int = 45) -> str:
        return helping.summary(self.key)


class Noun(click.Group):
    """A word with verbs of its own, like `project`."""

    def __init__(self, key: str) -> None:
        names = {"help_option_names": ["-h", "--help"]}
        super().__init__(key, context_settings=names, params=everywhere(), no_args_is_help=True)
        self.key = key

    def verb(self, name: str, *params: click.Parameter) -> Callable[[Work], Verb]:
        """Add one of its verbs."""

        def add(work: Work) -> Verb:
            made = Verb(f"{self.key}.{name}", work, params)
            self.add_command(made)
            return made

        return add

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            raise click.UsageError(unknown_verb(args[0], self.list_commands(ctx)), ctx)
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: click.Context) -> str:
        verbs = [(name, helping.summary(f"{self.key}.{name}")) for name in self.list_commands(ctx)]
        return helping.page(self.key, ctx.command_path, self.params, [("", verbs)])

    def get_usage(self, ctx: click.Context) -> str:
        return helping.usage(ctx.command_path, self.params, True)

    def get_short_help_str(self, limit: int = 45) -> str:
        return helping.summary(self.key)


def verb(name: str, *params: click.Parameter) -> Callable[[Work], Verb]:
    """Make a function a verb of the first level."""
    return lambda work: Verb(name, work, params)


def argument(name: str, **how: Any) -> click.Argument:
    """A word in its place. `nargs=-1` takes all that are left."""
    return click.Argument([name], **how)


class Words(click.Argument):
    """What is left of the line as words of a query, where a dash means “without” and begins no short option."""

    def __init__(self, name: str) -> None:
        super().__init__([name], nargs=-1)


def words_last(params: Sequence[click.Parameter], args: Sequence[str]) -> list[str]:
    """Options with their values, then `--` and the words: `-tag:dog` is a word, `-n 5` and `-q` are options."""
    known = [param for param in params if isinstance(param, click.Option)]
    valued = {name for param in known if not (param.is_flag or param.count) for name in param.opts}
    flags = {name for param in known if param.is_flag or param.count for name in param.opts} | {"-h"}
    options: list[str] = []
    words: list[str] = []
    rest = iter(args)
    for word in rest:
        if word == "--":
            words += rest
        elif word in valued:
            value = next(rest, None)
            if value is None:
                return list(args)  # nothing may stand where its value is missing
            options += [word, value]
        elif word.startswith("--") or _is_short(word, valued, flags):
            options.append(word)
        else:
            words.append(word)
    return [*options, "--", *words]


def _is_short(word: str, valued: set[str], flags: set[str]) -> bool:
    """Short flags together, or a short option with a number right behind it."""
    if word[:2] in valued:
        return word[2:].isdigit()
    return len(word) > 1 and word[0] == "-" and all(f"-{letter}" in flags for letter in word[1:])


def option(*names: str, **how: Any) -> click.Option:
    """A word that begins with dashes; a flag when told `is_flag=True`."""
    return click.Option(list(names), **how)


def assets(name: str = "asset") -> click.Argument:
    """One picture or several, by id or the beginning of one."""
    return argument(name, nargs=-1, required=True)


class OneOf(click.Choice[str]):
    """One of a few words."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        return say("usage.not_one_of", value=value, choices=", ".join(self.choices))


class Number(click.IntRange):
    """A whole number within bounds."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            most = "∞" if self.max is None else self.max
            self.fail(say("usage.not_a_number", value=value, least=self.min, most=most), param, ctx)


def everywhere() -> list[click.Parameter]:
    """The options that every verb takes, before it and after it."""
    how: dict[str, Any] = {"expose_value": False, "is_eager": True, "callback": _remember}
    return [
        option("--home", metavar="DIR", **how),
        option("--workspace", metavar="NAME", **how),
        option("--json", "as_json", is_flag=True, **how),
        option("-v", "--verbose", "louder", count=True, **how),
        option("-q", "--quiet", "quieter", count=True, **how),
    ]


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    wishes = ctx.ensure_object(Wishes)
    if value and param.name is not None:
        wishes.note(param.name, value)


def unknown_verb(word: str, known: Sequence[str]) -> str:
    meant = [each for each in ELSEWHERE.get(word, ()) if each in known]
    close = meant or difflib.get_close_matches(word, known, 1, 0.6)
    return say("usage.unknown_verb_close", word=word, close=close[0]) if close else say("usage.unknown_verb", word=word)


def explained(error: click.UsageError) -> WrongUsage:
    """What click found wrong, as a sentence in the person's language with the way to help."""
    path = error.ctx.command_path if error.ctx else "gesso"
    return WrongUsage(_sentence(error), hint=say("usage.see_help", command=f"{path} --help"))


def _sentence(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption) and error.option_name[1:2].isdigit():
        return say("usage.negative", value=error.option_name)
    if isinstance(error, click.NoSuchOption):
        close = error.possibilities[0] if error.possibilities else ""
        key = "usage.no_such_option_close" if close else "usage.no_such_option"
        return say(key, option=error.option_name, close=close)
    if isinstance(error, click.MissingParameter):
        return say("usage.missing", name=helping.name_of(error.param) if error.param else error.param_hint)
    if isinstance(error, click.BadParameter):
        name = helping.name_of(error.param) if error.param else error.param_hint
        return say("usage.bad_value", name=name, message=error.message)
    if isinstance(error, click.BadOptionUsage):
        key = "usage.option_without" if "does not take" in error.message else "usage.option_with"
        return say(key, option=error.option_name)
    return error.message
