"""One run of one verb: what the person asked for, where the home is, and the daemon to talk to."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from commands.errors import CommandError, WrongUsage
from commands.terminal.texts import say

if TYPE_CHECKING:
    from commands.client import Daemon
    from daemon.paths import Paths


@dataclass(slots=True)
class Wishes:
    """The options that may stand anywhere, as they were found."""

    home: str | None = None
    workspace: str | None = None
    json: bool = False
    verbosity: int = 0

    def note(self, name: str, value: Any) -> None:
        """Take one option in; -v and -q add up over all places."""
        if name in ("louder", "quieter"):
            self.verbosity += value if name == "louder" else -value
        elif name == "as_json":
            self.json = True
        else:
            setattr(self, name, value)


class Session:
    """What a verb works with."""

    def __init__(self, wishes: Wishes) -> None:
        self.wishes = wishes

    @cached_property
    def paths(self) -> Paths:
        """Where the home keeps its things."""
        from daemon.paths import Paths

        return Paths.of(Path(self.wishes.home) if self.wishes.home else None, os.environ)

    @cached_property
    def daemon(self) -> Daemon:
        """The running daemon, proven; raises NoDaemon."""
        from commands.client import connect

        return connect(self.paths, loud=self.wishes.verbosity > 0)

    def news(self) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """What goes on, over a line of its own: others may be asked meanwhile."""
        from commands.client import connect

        return connect(self.paths).follow()

    @property
    def json(self) -> bool:
        return self.wishes.json

    @property
    def quiet(self) -> bool:
        return self.wishes.verbosity < 0

    @property
    def watched(self) -> bool:
        """Whether a person sees what happens meanwhile."""
        return sys.stderr.isatty() and not self.quiet and not self.json

    @property
    def workspace(self) -> str:
        """The workspace that is meant, by name or id; `-` is the default one."""
        return self.wishes.workspace or os.environ.get("GESSO_WORKSPACE") or "-"

    def within(self, path: str) -> str:
        """A path of the API below the workspace that is meant."""
        return f"/api/v1/w/{quote(self.workspace, safe='')}/{path}"

    def answer(self, document: Any, show: Callable[[], None]) -> None:
        """The result: one JSON document for programs, or what `show` prints for people."""
        if self.json:
            print_json(document)
        else:
            show()

    def confirm_line(self, document: Any, key: str, **params: Any) -> None:
        """A result that is one sentence; -q leaves it out."""
        self.answer(document, lambda: None if self.quiet else print(say(key, **params)))

    def hint(self, key: str, **params: Any) -> None:
        """A remark beside the result: on stderr, never in the way of programs."""
        if not self.quiet:
            print(say(key, **params), file=sys.stderr)

    def ask(self, question: str, *, yes: bool) -> None:
        """Go on only when the person agrees: by --yes, or here and now. Raises WrongUsage where nobody can answer."""
        if yes:
            return
        if self.json or not sys.stdin.isatty():
            raise WrongUsage(say("ask.nobody", question=question), hint=say("ask.nobody.hint"))
        print(question, end=" ", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in say("ask.yes_words").split():
            raise CommandError(say("ask.declined"), code="declined")


def print_json(document: Any) -> None:
    """Exactly one JSON document on stdout, which every locale can write."""
    unicode = (sys.stdout.encoding or "utf-8").lower().replace("-", "") == "utf8"
    print(json.dumps(document, ensure_ascii=not unicode, indent=2 if sys.stdout.isatty() else None))
