"""The user's own launchd (macOS)."""

from __future__ import annotations

import plistlib
import re
from pathlib import Path

from daemon.service.errors import NoManager
from daemon.service.unit import Machine, State, Step, Wanted, mark

LABEL = "local.gesso.daemon"
ABSENT = 113  # what `launchctl print` ends with when there is no such service


class Launchd:
    """Speaks to it by `launchctl`, in the domain of the person's graphical session."""

    kills = False

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def name(self, suffix: str) -> str:
        return LABEL + suffix

    def place(self, name: str, state: Path) -> Path:
        return self._machine.folder / "Library" / "LaunchAgents" / f"{name}.plist"

    def version(self) -> int:
        ran = self._machine.run(("launchctl", "print-disabled", self._domain))
        if ran.code:
            raise NoManager("launchd", ran.err.strip() or ran.out.strip())
        return 0

    def text(self, name: str, wanted: Wanted, version: int) -> str:
        facts = {
            "Label": name,
            "ProgramArguments": list(wanted.words),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": 30,
            "ExitTimeOut": 30,
            "Umask": 0o077,
            "StandardOutPath": wanted.log,
            "StandardErrorPath": wanted.log,
            **({"EnvironmentVariables": dict(wanted.environment)} if wanted.environment else {}),
        }
        head, line, rest = plistlib.dumps(facts, sort_keys=False).decode().partition("<plist")
        return f"{head}<!-- {mark(wanted.words[0])} -->\n{line}{rest}"

    def encoded(self, text: str) -> bytes:
        return text.encode()

    def installing(self, name: str, place: Path, state: State, start: bool) -> list[Step]:
        steps = [Step(("launchctl", "bootout", f"{self._domain}/{name}"), lenient=True)] if start else []
        steps.append(Step(("launchctl", "enable", f"{self._domain}/{name}")))
        # Without a start it is taken up at the next log-in, for to load it is to run it.
        load = Step(("launchctl", "bootstrap", self._domain, str(place)), patient=True)  # the old one may still end
        return [*steps, load] if start else steps

    def removing(self, name: str) -> list[Step]:
        return [Step(("launchctl", "bootout", f"{self._domain}/{name}"), lenient=True)]

    def forgetting(self) -> list[Step]:
        return []

    def state(self, name: str) -> State:
        disabled = self._machine.run(("launchctl", "print-disabled", self._domain))
        off = re.search(rf'"{re.escape(name)}" => (disabled|true)', disabled.out) is not None
        ran = self._machine.run(("launchctl", "print", f"{self._domain}/{name}"))
        if ran.code not in (0, ABSENT):
            raise NoManager("launchd", ran.err.strip() or ran.out.strip())
        pid = re.search(r"^\s*pid = (\d+)", ran.out, re.MULTILINE)
        ended = re.search(r"^\s*last exit code = (\d+)", ran.out, re.MULTILINE)
        failed = pid is None and ended is not None and ended[1] != "0"
        return State(enabled=not off, active=pid is not None, pid=int(pid[1]) if pid else None, failed=failed)

    def edited(self, name: str, text: str) -> bool:
        return False

    def lingers(self) -> bool:
        return True  # a log-out ends it by the platform's custom, which is expected there

    @property
    def _domain(self) -> str:
        return f"gui/{self._machine.uid}"
