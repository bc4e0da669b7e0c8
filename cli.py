"""The console script: assembles the commands. A verb's file is imported when the verb is used."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import traceback
from typing import Any, NoReturn

import click

from commands.errors import CommandError, Exit, defect, told
from commands.session import Wishes, print_json
from commands.terminal import helping
from commands.terminal.texts import say
from commands.verbs import everywhere, explained, unknown_verb

# Section of the help → verb → where it stands.
VERBS = {
    "daemon": {
        "up": "commands.life:up",
        "start": "commands.life:start",
        "stop": "commands.life:stop",
        "restart": "commands.life:restart",
        "status": "commands.life:status",
        "ui": "commands.life:ui",
        "events": "commands.events:events",
        "logs": "commands.events:logs",
        "offline": "commands.sharing.offline:offline",
    },
    "making": {
        "gen": "commands.making.gen:gen",
        "estimate": "commands.making.gen:estimate",
        "queue": "commands.making.queue:queue",
        "ask": "commands.making.asking:ask",
        "spend": "commands.making.spend:spend",
        "budget": "commands.making.spend:budget",
        "provider": "commands.making.providers:provider",
        "models": "commands.making.providers:models",
    },
    "pictures": {
        "import": "commands.imports:bring_in",
        "watch": "commands.imports:watch",
        "search": "commands.search:search",
        "saved": "commands.collected.searches:saved",
        "show": "commands.assets:show",
        "tag": "commands.assets:tag",
        "rate": "commands.assets:rate",
        "title": "commands.assets:title",
        "flag": "commands.assets:flag",
        "label": "commands.assets:label",
        "note": "commands.assets:note",
        "alike": "commands.alike:alike",
        "stopped": "commands.sharing.stopped:stopped",
        "conflicts": "commands.sharing.conflicts:conflicts",
        "rm": "commands.bin:rm",
        "bin": "commands.bin:bin",
        "whereis": "commands.sharing.copies:whereis",
        "pin": "commands.sharing.copies:pin",
        "unpin": "commands.sharing.copies:unpin",
        "evict": "commands.sharing.copies:evict",
        "keep": "commands.sharing.copies:keep",
        "export": "commands.care:export",
        "preset": "commands.collected.presets:preset",
    },
    "projects": {
        "project": "commands.projects:project",
        "album": "commands.collected.albums:album",
        "prompt": "commands.collected.prompts:prompt",
        "workspace": "commands.workspaces:workspace",
    },
    "devices": {
        "pair": "commands.sharing.devices:pair",
        "peer": "commands.sharing.devices:peer",
        "sync": "commands.sharing.exchange:sync",
    },
    "people": {
        "member": "commands.people.members:member",
        "recovery": "commands.people.recovery:recovery",
        "quarantine": "commands.people.quarantine:quarantine",
    },
    "history": {
        "log": "commands.history:log",
        "restore": "commands.history:restore",
        "undo": "commands.history:undo",
        "redo": "commands.history:redo",
        "checkpoint": "commands.history:checkpoint",
        "at": "commands.history:at",
    },
    "care": {
        "digest": "commands.care:digest",
        "verify": "commands.care:verify",
        "rebuild": "commands.care:rebuild",
        "doctor": "commands.care:doctor",
        "backup": "commands.care:backup",
    },
    "machine": {
        "service": "commands.machine.service:service",
        "config": "commands.machine.settings:config",
        "paths": "commands.machine.settings:paths",
        "completion": "commands.machine.settings:completion",
        "version": "commands.machine.settings:version",
    },
}
PLACES = {verb: place for section in VERBS.values() for verb, place in section.items()}


class Gesso(click.Group):
    """The program itself."""

    def __init__(self) -> None:
        names = {"help_option_names": ["-h", "--help"]}
        version = click.Option(
            ["--version", "own_version"], is_flag=True, expose_value=False, is_eager=True, callback=_show_version
        )
        super().__init__("gesso", context_settings=names, params=[*everywhere(), version], no_args_is_help=True)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in PLACES:
            return None
        module, _, name = PLACES[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in PLACES and not ctx.resilient_parsing:
            raise click.UsageError(unknown_verb(args[0], list(PLACES)), ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Whoever read the output has enough, as `head` does, which is no failure; click would say that it is one,
            # and python would complain once more while it closes stdout.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return Exit.DONE

    def get_help(self, ctx: click.Context) -> str:
        sections = [
            (f"section.{section}", [(verb, helping.summary(verb)) for verb in verbs])
            for section, verbs in VERBS.items()
        ]
        return helping.page("gesso", "gesso", self.params, sections)

    def get_usage(self, ctx: click.Context) -> str:
        return helping.usage("gesso", self.params, True)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[click.shell_completion.CompletionItem]:
        from click.shell_completion import CompletionItem

        verbs = [CompletionItem(verb, help=helping.summary(verb)) for verb in PLACES if verb.startswith(incomplete)]
        return verbs + click.Command.shell_complete(self, ctx, incomplete)


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        ctx.invoke(lambda: ctx.exit(_version()))


def _version() -> int:
    from commands.machine.settings import own_version

    print(f"gesso {own_version()}")
    return 0


gesso = Gesso()


def run(args: list[str]) -> int:
    """Do what the words say; returns the exit code. Every ending that is no answer is one sentence on stderr."""
    wishes = Wishes(json="--json" in args)
    try:
        return int(gesso.main(args, prog_name="gesso", standalone_mode=False, obj=wishes) or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.ctx.get_help() if error.ctx else "", file=sys.stderr)
        return Exit.USAGE
    except click.UsageError as error:
        return _end(explained(error), wishes)
    except CommandError as error:
        return _end(error, wishes)
    except (click.Abort, KeyboardInterrupt, EOFError):
        return _end(CommandError(say("ended.interrupted"), code="interrupted", exit=Exit.INTERRUPTED), wishes)
    except Exception as error:
        known = told(error)
        if known is None:
            traceback.print_exc()
        return _end(known or defect(error), wishes)


def _end(error: CommandError, wishes: Wishes) -> int:
    if wishes.json:
        print_json(error.as_json())
    print(f"gesso: {error}", file=sys.stderr)
    if error.hint:
        print(error.hint, file=sys.stderr)
    if error.problems:
        from commands.terminal.findings import print_finding

        for problem in error.problems:
            print_finding(problem, sys.stderr)
    return error.exit


def main() -> NoReturn:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # pressed again while the first one was told
        code = Exit.INTERRUPTED
    with contextlib.suppress(BrokenPipeError):
        if sys.stdout is not None:  # as under pythonw, where there is no terminal
            sys.stdout.flush()
    sys.exit(code)


if __name__ == "__main__":
    main()
