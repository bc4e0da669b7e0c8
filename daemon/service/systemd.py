"""The user's own systemd (Linux)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from daemon.service.errors import NoManager
from daemon.service.unit import Machine, Ran, State, Step, Wanted, mark

STEPPED = 254  # the first version that waits longer from try to try
# Nothing here hides folders: a watched folder may lie anywhere. Namespaces stay allowed, for a worker gives up the
# network by one.
TEXT = """\
# {mark}
# Changes of your own belong into: systemctl --user edit {name}
[Unit]
Description=Gesso, the library of pictures made with AI
{limit}

[Service]
Type=notify
NotifyAccess=main
{environment}ExecStart={command}
Restart=on-failure
{backoff}
TimeoutStartSec=15min
TimeoutStopSec=30
KillMode=mixed
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes

[Install]
WantedBy=default.target
"""
# Without growing pauses it gives up after five minutes rather than to try for ever.
PLAIN = ("StartLimitIntervalSec=10min\nStartLimitBurst=20", "RestartSec=15")
GROWING = ("StartLimitIntervalSec=0", "RestartSec=2\nRestartSteps=6\nRestartMaxDelaySec=2min")
UNFIT = set("\"'\\")  # systemd takes no program with one of these in its path, however it is quoted
WHAT = "--property=UnitFileState,ActiveState,SubState,MainPID"


class Systemd:
    """Speaks to it by `systemctl --user`."""

    kills = False

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def name(self, suffix: str) -> str:
        return f"gesso{suffix}.service"

    def place(self, name: str, state: Path) -> Path:
        moved = self._machine.environ.get("XDG_CONFIG_HOME", "")
        # A relative one is to be ignored, by the specification.
        config = Path(moved) if moved.startswith("/") else self._machine.folder / ".config"
        return config / "systemd" / "user" / name

    def version(self) -> int:
        ran = self._ask("show", "--property=Version")
        found = re.search(r"^Version=v?(\d+)", ran.out, re.MULTILINE)
        if ran.code or not found:
            raise NoManager("systemd", ran.err.strip() or "it gives no version")
        return int(found[1])

    def text(self, name: str, wanted: Wanted, version: int) -> str:
        limit, backoff = GROWING if version >= STEPPED else PLAIN
        lines = [f"Environment={quoted(f'{key}={value}')}\n" for key, value in sorted(wanted.environment.items())]
        return TEXT.format(
            mark=mark(wanted.words[0]),
            name=name,
            limit=limit,
            environment="".join(lines),
            command=command_line(wanted.words),
            backoff=backoff,
        )

    def encoded(self, text: str) -> bytes:
        return text.encode()

    def installing(self, name: str, place: Path, state: State, start: bool) -> list[Step]:
        steps: list[tuple[str, ...]] = [("daemon-reload",)]
        if start and state.active:
            steps += [("enable", name), ("restart", name)]
        else:
            steps.append(("enable", "--now", name) if start else ("enable", name))
        return [Step(("systemctl", "--user", *words)) for words in steps]

    def removing(self, name: str) -> list[Step]:
        return [Step(("systemctl", "--user", "disable", "--now", name))]

    def forgetting(self) -> list[Step]:
        return [Step(("systemctl", "--user", "daemon-reload"))]

    def state(self, name: str) -> State:
        ran = self._ask("show", WHAT, name)
        if ran.code:
            raise NoManager("systemd", ran.err.strip())
        facts = dict(line.split("=", 1) for line in ran.out.splitlines() if "=" in line)
        active = facts.get("ActiveState", "")
        return State(
            enabled=facts.get("UnitFileState") in ("enabled", "enabled-runtime"),
            active=active in ("active", "activating", "reloading", "deactivating"),
            pid=int(facts.get("MainPID") or 0) or None,
            failed=active == "failed" or facts.get("SubState") == "auto-restart",
        )

    def edited(self, name: str, text: str) -> bool:
        return False  # it reads the file itself

    def lingers(self) -> bool:
        ran = self._machine.run(("loginctl", "show-user", self._machine.user, "--property=Linger"))
        return ran.code != 0 or "Linger=no" not in ran.out

    def _ask(self, *words: str) -> Ran:
        return self._machine.run(("systemctl", "--user", *words))


def command_line(words: Sequence[str]) -> str:
    """The words of ExecStart. Variables are replaced in every word but the program's own path."""
    if UNFIT & set(words[0]):
        words = ("/bin/sh", "-c", 'exec "$0" "$@"', *words)
    return " ".join([quoted(words[0]), *(quoted(word).replace("$", "$$") for word in words[1:])])


def quoted(word: str) -> str:
    """One word of a unit file, whatever stands in it."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'
