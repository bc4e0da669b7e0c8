"""Programs of the system as a test wants them: real scripts by their names, which note how they are called."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from daemon.service import here
from daemon.service.unit import Machine

SYSTEMD = "--user show --property=Version"
STATE = "--user show --property=UnitFileState,ActiveState,SubState,MainPID"
NO_BUS = "Failed to connect to bus: No medium found"


class Stage:
    """A folder to stand first in PATH; what was said last of a call counts."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.bin = root / "bin"
        self.bin.mkdir(parents=True)
        self._record = root / "calls"
        self._rules: dict[str, list[str]] = {}

    @property
    def path(self) -> str:
        return f"{self.bin}{os.pathsep}/usr/bin{os.pathsep}/bin"

    @property
    def calls(self) -> list[str]:
        """Every call so far that is no question."""
        lines = self._record.read_text("utf-8").splitlines() if self._record.exists() else []
        asking = (" show ", " show-user ", " print", " /Query ")
        return [line for line in lines if not any(word in line for word in asking)]

    def says(self, program: str, begin: str = "", out: str = "", err: str = "", code: int = 0) -> None:
        """How the program ends when its words begin so."""
        answer = f"printf %s {shlex.quote(out)}; printf %s {shlex.quote(err)} >&2; exit {code}"
        self._rules.setdefault(program, []).insert(0, f"{shlex.quote(begin)}*) {answer} ;;")
        self._write(program)

    def _write(self, program: str) -> None:
        script = [
            "#!/bin/sh",
            f"printf '%s\\n' {program}\" $*\" >> {shlex.quote(str(self._record))}",
            'case "$*" in',
            *self._rules[program],
            "esac",
        ]
        place = self.bin / program
        place.write_text("\n".join(script) + "\n", "utf-8")
        place.chmod(0o755)

    def stumbles(self, program: str, begin: str, times: int, err: str) -> None:
        """The program fails a few times when its words begin so, then goes well."""
        counted = shlex.quote(str(self.root / "stumbled"))
        count = f'printf x >> {counted}; if [ "$(wc -c < {counted})" -le {times} ]'
        rule = f"{shlex.quote(begin)}*) {count}; then printf %s {shlex.quote(err)} >&2; exit 5; fi; exit 0 ;;"
        self._rules[program].insert(0, rule)
        self._write(program)

    def systemd(
        self, version: int = 252, enabled: bool = False, active: str = "inactive", pid: int = 0, sub: str = ""
    ) -> None:
        """A user's systemd that does as it is told."""
        unit = "enabled" if enabled else "disabled"
        self.says("systemctl")
        self.says("systemctl", SYSTEMD, f"Version={version}.3-1\n")
        self.says("systemctl", STATE, f"UnitFileState={unit}\nActiveState={active}\nSubState={sub}\nMainPID={pid}\n")
        self.says("loginctl", out="Linger=yes\n")

    def machine(self, system: str = "linux", uid: int = 501, user: str = "mei", **environ: str) -> Machine:
        return Machine(system, self.root / "person", environ, uid, user, here.run)
