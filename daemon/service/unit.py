"""What starts a daemon at log-in, as a text of ours that can be known again, and how its manager is spoken to."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from daemon.service.errors import Unwritable

Whose = Literal["absent", "ours", "edited", "foreign"]
# What a person should know about an installation.
Concern = Literal["by_hand", "linger", "root", "vanishing.temporary", "vanishing.cache", "vanishing.clone"]
MARK = re.compile(r'gesso-service sha256:([0-9a-f]{64}) program:("[^\n]*?")(?= -->|\n)')
UNSEALED = "0" * 64
SUFFIX = 8  # digits of a hash: enough to tell the homes of one person apart


class Ran(NamedTuple):
    """How a program of the system ended."""

    code: int
    out: str
    err: str


Run = Callable[[Sequence[str]], Ran]


class Step(NamedTuple):
    """A program of the system to be called.

    `lenient` where failing means that there was nothing to do, `patient` where it may only be too early.
    """

    words: tuple[str, ...]
    lenient: bool = False
    patient: bool = False


class State(NamedTuple):
    """What the manager says of a service."""

    enabled: bool = False
    active: bool = False
    pid: int | None = None  # None also where the manager does not tell
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine and the person whose service it is. Tests make one; `here.machine` reads the real one."""

    system: str  # as sys.platform
    folder: Path  # the person's home folder
    environ: Mapping[str, str]
    uid: int
    user: str
    run: Run


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be started, and with which folders."""

    command: tuple[str, ...]  # the program by absolute path, then words that stand before the options
    home: str | None
    environment: Mapping[str, str]  # folders that this person's shell has moved
    log: str  # for a manager that keeps no log itself

    @property
    def words(self) -> tuple[str, ...]:
        return (*self.command, *(("--home", self.home) if self.home else ()), "up")


class Manager(Protocol):
    """One of the three that start programs at log-in."""

    kills: bool  # whether it ends a program without asking it to stop

    def name(self, suffix: str) -> str:
        """What the service is called there."""
        ...

    def place(self, name: str, state: Path) -> Path:
        """Where its text lies; `state` is the folder of the home for what it keeps of itself."""
        ...

    def version(self) -> int:
        """The manager's version, 0 where that decides nothing; raises NoManager when it cannot be spoken to."""
        ...

    def text(self, name: str, wanted: Wanted, version: int) -> str:
        """The text, not yet sealed."""
        ...

    def encoded(self, text: str) -> bytes: ...

    def installing(self, name: str, place: Path, state: State, start: bool) -> list[Step]: ...

    def removing(self, name: str) -> list[Step]: ...

    def forgetting(self) -> list[Step]:
        """What is called after the text is gone."""
        ...

    def state(self, name: str) -> State: ...

    def edited(self, name: str, text: str) -> bool:
        """Whether the manager holds something else than the text says, where it keeps a copy of its own."""
        ...

    def lingers(self) -> bool:
        """False where the service ends with the person's last session."""
        ...


def suffix(home: str | None) -> str:
    """What tells the services of several homes apart; nothing for the platform's own folders."""
    return f"-{hashlib.sha256(home.encode('utf-8', 'surrogateescape')).hexdigest()[:SUFFIX]}" if home else ""


def mark(program: str) -> str:
    """The words of a comment by which a text is known as ours; it may stand in XML."""
    named = json.dumps(program).replace("--", "\\u002d\\u002d").replace(">", "\\u003e")
    return f"gesso-service sha256:{UNSEALED} program:{named}"


def sealed(text: str) -> str:
    """The text with its own hash in its mark."""
    return text.replace(UNSEALED, _digest(text), 1)


def whose(text: str | None) -> Whose:
    """Whether a text is as we wrote it, was ours and is another now, or never was."""
    if text is None:
        return "absent"
    found = MARK.search(text)
    if found is None:
        return "foreign"
    plain = text[: found.start(1)] + UNSEALED + text[found.end(1) :]
    return "ours" if _digest(plain) == found[1] else "edited"


def program_of(text: str) -> str | None:
    """The program that a text of ours starts."""
    found = MARK.search(text)
    try:
        return str(json.loads(found[2])) if found else None
    except ValueError:
        return None


def writable(wanted: Wanted) -> None:
    """Raise Unwritable for a path that no unit file can hold as it is."""
    for word in (*wanted.words, *wanted.environment.values(), wanted.log):
        if any(unicodedata.category(character) in ("Cc", "Cs") for character in word):
            raise Unwritable(word)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
