"""The Task Scheduler (Windows). It keeps the task itself; our text lies in the home, to be known again."""

from __future__ import annotations

import csv
import io
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from daemon.service.errors import NoManager
from daemon.service.unit import Machine, State, Step, Wanted, mark

RUNS = "267009"  # SCHED_S_TASK_RUNNING: the state's own name is in the language of the machine
RESULT = 6  # the column of the last result, which is a number in every language
FINE = ("0", RUNS, "267011")  # the last: it has not run yet
# What the scheduler writes in its own way, and what is no edit.
ITS_OWN = ("UserId", "Enabled")
TEXT = """\
<?xml version="1.0" encoding="UTF-16"?>
<!-- {mark} -->
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Gesso, the library of pictures made with AI</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>{user}</UserId>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>{user}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <AllowStartOnDemand>true</AllowStartOnDemand>
    <Enabled>true</Enabled>
    <Hidden>true</Hidden>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>255</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{program}</Command>
      <Arguments>{arguments}</Arguments>
    </Exec>
  </Actions>
</Task>
"""


class Tasks:
    """Speaks to it by `schtasks`."""

    kills = True

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def name(self, suffix: str) -> str:
        """Tasks are the machine's, so the name says whose this one is."""
        return "Gesso\\" + re.sub(r'[\\/:*?"<>|]', "_", self._machine.user.rpartition("\\")[2]) + suffix

    def place(self, name: str, state: Path) -> Path:
        return state / "service.xml"

    def version(self) -> int:
        ran = self._machine.run(("schtasks", "/Query", "/FO", "CSV", "/NH"))
        if ran.code:
            raise NoManager("Task Scheduler", ran.err.strip())
        return 0

    def text(self, name: str, wanted: Wanted, version: int) -> str:
        program, *rest = wanted.words
        return TEXT.format(
            mark=mark(program),
            user=escape(self._machine.user),
            program=escape(f'"{program}"'),
            arguments=escape(subprocess.list2cmdline(rest)),
        )

    def encoded(self, text: str) -> bytes:
        return text.encode("utf-16")

    def installing(self, name: str, place: Path, state: State, start: bool) -> list[Step]:
        steps = [Step(("schtasks", "/Create", "/TN", name, "/XML", str(place), "/F"))]
        return [*steps, Step(("schtasks", "/Run", "/TN", name))] if start else steps

    def removing(self, name: str) -> list[Step]:
        return [Step(("schtasks", "/End", "/TN", name), lenient=True), Step(("schtasks", "/Delete", "/TN", name, "/F"))]

    def forgetting(self) -> list[Step]:
        return []

    def state(self, name: str) -> State:
        ran = self._machine.run(("schtasks", "/Query", "/TN", name, "/FO", "CSV", "/NH", "/V"))
        rows = [row for row in csv.reader(io.StringIO(ran.out)) if len(row) > RESULT]
        if ran.code or not rows:
            return State()
        result = rows[0][RESULT].strip()
        return State(
            enabled=dict(_leaves(self._registered(name))).get("Task/Settings/Enabled") != "false",
            active=result == RUNS,
            failed=result not in FINE,
        )

    def edited(self, name: str, text: str) -> bool:
        """Every element that we wrote must be registered as we wrote it; what the scheduler adds is its own."""
        registered = self._registered(name)
        ours = {(path, value) for path, value in _leaves(text) if path.rpartition("/")[2] not in ITS_OWN}
        return registered != "" and not ours <= set(_leaves(registered))

    def lingers(self) -> bool:
        return True

    def _registered(self, name: str) -> str:
        ran = self._machine.run(("schtasks", "/Query", "/TN", name, "/XML"))
        return ran.out if ran.code == 0 else ""


def _leaves(text: str) -> Iterator[tuple[str, str]]:
    """Path and content of every element that holds none."""
    plain = re.sub(r"^\s*<\?xml[^>]*\?>", "", text.lstrip("\ufeff"))  # it names an encoding that text has no more
    if plain.strip():
        yield from _below("", ElementTree.fromstring(plain))


def _below(path: str, element: ElementTree.Element) -> Iterator[tuple[str, str]]:
    name = element.tag.rpartition("}")[2]
    path = f"{path}/{name}" if path else name
    if len(element) == 0:
        yield path, (element.text or "").strip()
    for child in element:
        yield from _below(path, child)
