"""What each of the three managers is told, as it was agreed on: the same on every machine that runs this.

After a wanted change: `GESSO_GOLDEN=write pytest tests/daemon/service/test_texts.py`, then read the difference.
"""

from __future__ import annotations

import os
import plistlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from daemon.service.errors import Unwritable
from daemon.service.service import manager_of
from daemon.service.unit import Machine, Ran, Wanted, mark, program_of, sealed, suffix, whose, writable

GOLDEN = Path(__file__).parent / "golden"
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
HARD = '/home/美 O\'Neil/50%/$HOME "x" \\ & <b>--c'


class Case(NamedTuple):
    system: str
    wanted: Wanted
    version: int = 0


def wanted(program: str, home: str | None = None, **environment: str) -> Wanted:
    command = (program, "-P", "-m", "cli") if program.endswith("pythonw.exe") else (program,)
    return Wanted(command, home, environment, "/state/logs/service.log")


PYTHONW = r"C:\Users\Mei Li\gesso\Scripts\pythonw.exe"
CASES = {
    "systemd-252.service": Case("linux", wanted("/opt/gesso/bin/gesso"), 252),
    "systemd-254.service": Case("linux", wanted("/opt/gesso/bin/gesso"), 254),
    "systemd-moved.service": Case("linux", wanted("/opt/gesso/bin/gesso", XDG_DATA_HOME="/big disk/50%"), 252),
    "systemd-hard.service": Case("linux", wanted(f"{HARD}/gesso", f"{HARD}/home"), 252),
    "launchd.plist": Case("darwin", wanted("/opt/gesso/bin/gesso")),
    "launchd-hard.plist": Case("darwin", wanted(f"{HARD}/gesso", f"{HARD}/home", XDG_DATA_HOME=HARD)),
    "task.xml": Case("win32", wanted(PYTHONW)),
    "task-hard.xml": Case("win32", wanted(PYTHONW, r"D:\圖庫 & <b> 50%")),
}


def nobody(_: object) -> Ran:
    raise AssertionError("a text must not depend on this machine")


def text_of(case: Case) -> str:
    machine = Machine(case.system, Path("/home/mei"), {}, 501, "STUDIO\\mei", nobody)
    manager = manager_of(machine)
    return sealed(manager.text(manager.name(suffix(case.wanted.home)), case.wanted, case.version))


@pytest.mark.parametrize("name", CASES)
def test_text_is_as_agreed(name: str) -> None:
    text = text_of(CASES[name])
    if os.environ.get("GESSO_GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / name).write_text(text, "utf-8")
    assert text == (GOLDEN / name).read_text("utf-8")


def test_no_agreed_text_is_left_over() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_text_is_known_again_and_every_change_of_it(name: str) -> None:
    text = text_of(CASES[name])
    assert whose(text) == "ours"
    assert program_of(text) == CASES[name].wanted.words[0]
    assert whose(text + "\n") == "edited"
    assert whose(text.replace("Restart", "Xestart").replace("RunAtLoad", "Run")) == "edited"
    assert whose("[Unit]\nDescription=another\n") == "foreign"
    assert whose(None) == "absent"


@pytest.mark.parametrize("name", [name for name in CASES if name.endswith(".plist")])
def test_plist_says_what_is_wanted(name: str) -> None:
    facts = plistlib.loads(text_of(CASES[name]).encode())
    assert facts["ProgramArguments"] == list(CASES[name].wanted.words)
    assert facts["RunAtLoad"] is True and facts["KeepAlive"] == {"SuccessfulExit": False}
    assert facts.get("EnvironmentVariables", {}) == CASES[name].wanted.environment


@pytest.mark.parametrize("name", [name for name in CASES if name.endswith(".xml")])
def test_task_says_what_is_wanted(name: str) -> None:
    task = ElementTree.fromstring(text_of(CASES[name]).encode("utf-16"))
    action = task.find(f"{TASK}Actions/{TASK}Exec")
    assert action is not None
    program, *rest = CASES[name].wanted.words
    assert action.findtext(f"{TASK}Command") == f'"{program}"'
    assert action.findtext(f"{TASK}Arguments") == subprocess.list2cmdline(rest)
    assert task.findtext(f"{TASK}Principals/{TASK}Principal/{TASK}RunLevel") == "LeastPrivilege"
    assert task.findtext(f"{TASK}Settings/{TASK}ExecutionTimeLimit") == "PT0S"


def words_as_systemd_reads(line: str) -> list[str]:
    """The words of ExecStart by the rules of systemd.service(5) and systemd.syntax(7)."""
    plain = [re.sub(r"\\(.)", r"\1", each).replace("%%", "%") for each in re.findall(r'"((?:[^"\\]|\\.)*)"', line)]
    return [plain[0], *(each.replace("$$", "$") for each in plain[1:])]


@pytest.mark.parametrize("name", [name for name in CASES if name.endswith(".service")])
def test_command_line_of_the_unit_is_what_is_wanted(name: str) -> None:
    line = re.search(r"^ExecStart=(.*)$", text_of(CASES[name]), re.MULTILINE)
    assert line is not None
    shell = ["/bin/sh", "-c", 'exec "$0" "$@"'] if "hard" in name else []
    assert words_as_systemd_reads(line[1]) == [*shell, *CASES[name].wanted.words]


@pytest.mark.process
@pytest.mark.parametrize("folder", ["plain", "美 50% $HOME", "美 50% $HOME 'x' \"y\" \\ z"])
def test_unit_is_read_by_systemd_without_a_complaint(tmp_path: Path, folder: str) -> None:
    """Where systemd is installed its own reader judges; the words are compared everywhere."""
    program = tmp_path / folder / "gesso"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    place = tmp_path / "gesso-test.service"
    unit = Case("linux", wanted(str(program), str(tmp_path / folder), XDG_DATA_HOME=f"/{folder}"), 252)
    place.write_text(text_of(unit))
    line = re.search(r"^ExecStart=(.*)$", place.read_text(), re.MULTILINE)
    assert line is not None and str(program) in words_as_systemd_reads(line[1])
    reader = shutil.which("systemd-analyze")
    if reader:
        environ = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)}
        done = subprocess.run(
            [reader, "--user", "verify", str(place)], env=environ, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_path_that_no_unit_can_hold_is_refused() -> None:
    for home in ("/a\nb", "/a\udcffb", "/a\x1bb"):
        with pytest.raises(Unwritable):
            writable(wanted("/opt/gesso", home))


def test_homes_have_services_of_their_own() -> None:
    names = [suffix(home) for home in (None, "/a", "/b", "/a")]
    assert names[0] == "" and len(set(names)) == 3 and names[1] == names[3]
    assert re.fullmatch(r"-[0-9a-f]{8}", names[1])


def test_mark_may_stand_in_a_comment_of_xml() -> None:
    assert "--" not in mark("/a--b-->") and ">" not in mark("/a-->")
