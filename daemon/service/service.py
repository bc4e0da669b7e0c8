"""The service of one home: install, remove, and what is known of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from daemon import lock
from daemon.paths import Paths
from daemon.service import here
from daemon.service.errors import ByRoot, Foreign, NoManager, NotWritten, StepFailed
from daemon.service.launchd import Launchd
from daemon.service.systemd import Systemd
from daemon.service.tasks import Tasks
from daemon.service.unit import (
    Concern,
    Machine,
    Manager,
    State,
    Step,
    Whose,
    program_of,
    sealed,
    suffix,
    whose,
    writable,
)

TRIES, PAUSE = 30, 1.0  # a daemon that was asked to end has half a minute


class Plan(msgspec.Struct, frozen=True):
    """What an installation writes and calls."""

    name: str
    place: str
    text: str
    steps: list[Step]
    changes: bool
    warnings: list[Concern]


class Standing(msgspec.Struct, frozen=True):
    """What is known of a service, and of the daemon of its home; `since` in ms since 1970."""

    name: str
    place: str
    installed: bool
    edited: bool
    foreign: bool  # what lies in its place was not written by Gesso
    enabled: bool
    running: bool
    failed: bool
    program: str | None
    program_there: bool
    started_by: str | None  # "service", "hand", or None when no daemon runs
    pid: int | None
    since: int | None
    url: str | None
    manager: str | None  # why the manager cannot be spoken to; None when it can


def manager_of(machine: Machine) -> Manager:
    """Who starts programs at log-in on such a machine."""
    if machine.system == "win32":
        return Tasks(machine)
    return Launchd(machine) if machine.system == "darwin" else Systemd(machine)


class Service:
    """The service of one home on one machine."""

    def __init__(self, paths: Paths, machine: Machine) -> None:
        self._paths = paths
        self._machine = machine
        self.manager = manager_of(machine)
        self.name = self.manager.name(suffix(str(paths.home) if paths.home else None))

    @property
    def place(self) -> Path:
        return self.manager.place(self.name, self._paths.state)

    def whose(self) -> Whose:
        """Whose text lies there now, if any."""
        text = self._written()
        found = whose(text)
        return "edited" if found == "ours" and text and self.manager.edited(self.name, text) else found

    def starts(self) -> str | None:
        """The program that the text starts, where one of ours lies there; raises OSError when it cannot be read."""
        return program_of(self._read() or "")

    def preview(self) -> Plan:
        """What an installation would do, also where the manager cannot be spoken to."""
        try:
            version, state = self.manager.version(), self.manager.state(self.name)
        except NoManager:
            version, state = 0, State()
        return self._plan(version, state)

    def install(self) -> Plan:
        """Write the text and have it started at log-in, and now unless a daemon runs already.

        A text that is there is replaced: ask `whose` before. Raises NoManager, NotWritten, StepFailed.
        """
        self._refuse_sudo()
        version = self.manager.version()
        plan = self._plan(version, self.manager.state(self.name))
        if plan.changes:
            self._write(plan.text)
            self._call(plan.steps)
        return plan

    def removal(self) -> list[Step]:
        """What `remove` calls, before and after the text goes; nothing where there is none. Raises Foreign."""
        found = self.whose()
        if found == "foreign":
            raise Foreign(str(self.place))
        if found == "absent":
            return []
        return [*self.manager.removing(self.name), *self.manager.forgetting()]

    def remove(self) -> bool:
        """Stop it and take it away; False when there is none. Raises Foreign for a text that is not ours."""
        self._refuse_sudo()
        if not self.removal():
            return False
        self.manager.version()
        self._call(self.manager.removing(self.name))
        with self._told():
            self.place.unlink(missing_ok=True)
        self._call(self.manager.forgetting())
        return True

    def standing(self) -> Standing:
        """What is known; changes nothing."""
        text = self._written()
        found = whose(text)
        edited, why, state = found == "edited", None, State()
        try:
            self.manager.version()
            state = self.manager.state(self.name)
            edited = edited or (found == "ours" and self.manager.edited(self.name, text or ""))
        except NoManager as error:
            why = str(error.params["why"])
        program = program_of(text or "")
        running = lock.find(self._paths)
        by = None if running is None else "service" if self._is_its(running.pid, state) else "hand"
        return Standing(
            name=self.name,
            place=str(self.place),
            installed=found in ("ours", "edited"),
            edited=edited,
            foreign=found == "foreign",
            enabled=found in ("ours", "edited") and state.enabled,
            running=state.active,
            failed=state.failed,
            program=program,
            program_there=program is not None and Path(program).is_file(),
            started_by=by,
            pid=running.pid if running else None,
            since=running.started if running else None,
            url=running.url if running else None,
            manager=why,
        )

    def _plan(self, version: int, state: State) -> Plan:
        wanted = here.wanted(self._paths, self._machine.environ)
        writable(wanted)
        text = sealed(self.manager.text(self.name, wanted, version))
        by_hand = self._runs_by_hand(state)
        same = self._written() == text and not self.manager.edited(self.name, text)
        return Plan(
            name=self.name,
            place=str(self.place),
            text=text,
            steps=self.manager.installing(self.name, self.place, state, start=not by_hand),
            changes=not (same and state.enabled and (state.active or by_hand)),
            warnings=self._warnings(Path(wanted.words[0]), by_hand),
        )

    def _warnings(self, program: Path, by_hand: bool) -> list[Concern]:
        found: list[Concern] = []
        if vanishing := here.vanishing(program, self._machine.environ):
            found.append(vanishing)
        if by_hand:
            found.append("by_hand")
        if self._machine.system != "win32" and self._machine.uid == 0:
            found.append("root")
        if not self.manager.lingers():
            found.append("linger")
        return found

    def _runs_by_hand(self, state: State) -> bool:
        running = lock.find(self._paths)
        return lock.is_held(self._paths) and not (state.active if running is None else self._is_its(running.pid, state))

    def _is_its(self, pid: int, state: State) -> bool:
        """Whether the daemon with this pid is the service's; where its manager tells none, the lock leaves no other."""
        return state.active and state.pid in (None, pid)

    def _call(self, steps: Sequence[Step]) -> None:
        for step in steps:
            ran = self._machine.run(step.words)
            for _ in range(TRIES if step.patient and ran.code else 0):
                time.sleep(PAUSE)
                ran = self._machine.run(step.words)
                if not ran.code:
                    break
            if ran.code and not step.lenient:
                said = (ran.err.strip() or ran.out.strip() or f"exit code {ran.code}")[:500]
                raise StepFailed(" ".join(step.words), said)

    def _written(self) -> str | None:
        with self._told():
            return self._read()

    def _read(self) -> str | None:
        try:
            content = self.place.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")

    def _write(self, text: str) -> None:
        with self._told():
            self.place.parent.mkdir(parents=True, exist_ok=True)
            self._paths.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = self.place.with_name(self.place.name + ".new")
            fresh.write_bytes(self.manager.encoded(text))
            fresh.replace(self.place)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the disk refuses, as an error of the family."""
        try:
            yield
        except OSError as error:
            raise NotWritten(str(self.place), error.strerror or str(error)) from error

    def _refuse_sudo(self) -> None:
        user = self._machine.environ.get("SUDO_USER") or self._machine.environ.get("DOAS_USER")
        if user and user != "root" and self._machine.system != "win32" and self._machine.uid == 0:
            raise ByRoot(user)
