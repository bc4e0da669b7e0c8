"""Installing, removing and asking, with programs of the system that note how they are called."""

from __future__ import annotations

import os
import plistlib
from pathlib import Path

import pytest

from daemon import lock
from daemon.paths import Paths
from daemon.service import here
from daemon.service.errors import ByRoot, Foreign, NoManager, NotWritten, StepFailed
from daemon.service.service import Service
from daemon.service.unit import Machine, Ran, whose
from tests.daemon.service.stage import NO_BUS, Stage

pytestmark = pytest.mark.process


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.of(tmp_path / "home", {})


def service(paths: Paths, stage: Stage, system: str = "linux", **environ: str) -> Service:
    return Service(paths, stage.machine(system, **environ))


def running(paths: Paths, pid: int = 42) -> lock.Running:
    return lock.Running(pid, 8463, "http://127.0.0.1:8463", "ab", 1000, "0.1")


def test_install_writes_the_unit_and_has_it_started(paths: Paths, stage: Stage) -> None:
    stage.systemd()
    mine = service(paths, stage)
    plan = mine.install()
    assert mine.place == stage.root / "person/.config/systemd/user" / mine.name
    assert mine.place.read_text("utf-8") == plan.text and plan.changes
    assert stage.calls == ["systemctl --user daemon-reload", f"systemctl --user enable --now {mine.name}"]


def test_moved_configuration_folder_is_respected(paths: Paths, stage: Stage, tmp_path: Path) -> None:
    assert service(paths, stage, XDG_CONFIG_HOME=str(tmp_path / "c")).place.is_relative_to(tmp_path / "c/systemd/user")
    assert service(paths, stage, XDG_CONFIG_HOME="c").place.is_relative_to(stage.root / "person/.config")


def test_second_install_changes_nothing(paths: Paths, stage: Stage) -> None:
    stage.systemd()
    service(paths, stage).install()
    before = stage.calls
    stage.systemd(enabled=True, active="active", pid=42)
    assert not service(paths, stage).install().changes
    assert stage.calls == before


def test_unit_of_an_older_gesso_is_updated_and_the_service_restarted(paths: Paths, stage: Stage) -> None:
    stage.systemd(version=252)
    mine = service(paths, stage)
    mine.install()
    stage.systemd(version=254, enabled=True, active="active", pid=42)
    assert mine.install().changes
    assert "RestartSteps=6" in mine.place.read_text("utf-8")
    assert stage.calls[2:] == [
        "systemctl --user daemon-reload",
        f"systemctl --user enable {mine.name}",
        f"systemctl --user restart {mine.name}",
    ]


def test_disabled_service_is_enabled_again(paths: Paths, stage: Stage) -> None:
    stage.systemd()
    service(paths, stage).install()
    stage.systemd(enabled=False, active="active", pid=42)
    assert service(paths, stage).install().changes


def test_daemon_started_by_hand_goes_on(paths: Paths, stage: Stage) -> None:
    stage.systemd()
    with lock.held(paths):
        lock.write_runtime(paths, running(paths))
        plan = service(paths, stage).install()
    assert stage.calls[-1].endswith(f" enable {plan.name}")
    assert "by_hand" in plan.warnings


@pytest.mark.parametrize(("pid", "by"), [(42, "service"), (43, "hand")])
def test_who_started_the_daemon_is_told_by_its_pid(paths: Paths, stage: Stage, pid: int, by: str) -> None:
    stage.systemd()
    mine = service(paths, stage)
    mine.install()
    stage.systemd(enabled=True, active="active", pid=pid)
    with lock.held(paths):
        lock.write_runtime(paths, running(paths))
        found = mine.standing()
    assert (found.started_by, found.pid, found.since) == (by, 42, 1000)
    assert found.installed and found.enabled and found.running and found.program_there
    assert mine.standing().started_by is None


def test_machine_without_systemd_is_told(paths: Paths, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(stage.bin))
    mine = service(paths, stage)
    with pytest.raises(NoManager, match="systemctl is not there"):
        mine.install()
    assert not mine.place.exists()
    assert mine.preview().text.startswith("# gesso-service")
    assert mine.standing().manager == "systemctl is not there"


def test_session_without_a_bus_is_told(paths: Paths, stage: Stage) -> None:
    stage.says("systemctl", err=NO_BUS, code=1)
    mine = service(paths, stage)
    with pytest.raises(NoManager, match="No medium found"):
        mine.install()
    assert not mine.place.exists() and stage.calls == []
    assert mine.standing().manager == NO_BUS


def test_step_that_fails_says_which_and_why(paths: Paths, stage: Stage) -> None:
    stage.systemd()
    stage.says("systemctl", "--user enable", err="Job for gesso.service failed.", code=1)
    with pytest.raises(StepFailed, match=r"enable --now .* failed: Job for gesso.service failed"):
        service(paths, stage).install()


def test_unit_that_was_edited_and_one_of_others_are_known(paths: Paths, stage: Stage) -> None:
    stage.systemd()
    mine = service(paths, stage)
    assert mine.whose() == "absent"
    mine.install()
    assert mine.whose() == "ours"
    mine.place.write_text(mine.place.read_text("utf-8").replace("UMask=0077", "UMask=0022"))
    assert mine.whose() == "edited" and mine.standing().edited
    mine.place.write_text("[Service]\nExecStart=/bin/true\n")
    assert mine.whose() == "foreign" and not mine.standing().installed
    with pytest.raises(Foreign):
        mine.remove()
    assert mine.place.exists()


def test_remove_stops_it_and_takes_it_away(paths: Paths, stage: Stage) -> None:
    stage.systemd()
    mine = service(paths, stage)
    assert not mine.remove()
    mine.install()
    assert mine.remove() and not mine.place.exists()
    assert stage.calls[2:] == [f"systemctl --user disable --now {mine.name}", "systemctl --user daemon-reload"]


def test_unit_stays_when_it_could_not_be_stopped(paths: Paths, stage: Stage) -> None:
    stage.systemd()
    mine = service(paths, stage)
    mine.install()
    stage.says("systemctl", "--user disable", err="Access denied", code=4)
    with pytest.raises(StepFailed, match="Access denied"):
        mine.remove()
    assert mine.place.exists()


def test_two_homes_have_two_units(tmp_path: Path, stage: Stage) -> None:
    stage.systemd()
    mine, other = (service(Paths.of(tmp_path / name, {}), stage) for name in "ab")
    mine.install()
    other.install()
    assert mine.remove() and other.whose() == "ours"


def test_lingering_is_only_spoken_of_when_it_is_off(paths: Paths, stage: Stage) -> None:
    stage.systemd()
    assert "linger" not in service(paths, stage).install().warnings
    stage.says("loginctl", out="Linger=no\n")
    assert "linger" in service(paths, stage).install().warnings


def test_sudo_is_refused(paths: Paths, stage: Stage) -> None:
    stage.systemd()
    by_root = Machine("linux", stage.root, {"SUDO_USER": "mei"}, 0, "root", here.run)
    with pytest.raises(ByRoot, match="mei"):
        Service(paths, by_root).install()
    assert stage.calls == []


def test_folders_that_a_shell_moved_go_along_without_a_home(stage: Stage, tmp_path: Path) -> None:
    environ = {"XDG_DATA_HOME": str(tmp_path / "big disk"), "XDG_CACHE_HOME": "relative", "GESSO_TOKEN": "secret"}
    wanted = here.wanted(Paths.of(None, {}), environ)
    assert wanted.environment == {"XDG_DATA_HOME": str(tmp_path / "big disk")}
    assert here.wanted(Paths.of(tmp_path, {}), environ).environment == {}


def test_program_is_the_console_script_of_this_environment(paths: Paths) -> None:
    (program,) = here.command()
    assert Path(program).name == "gesso" and Path(program).is_absolute() and os.access(program, os.X_OK)


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("/tmp/x/bin/gesso", "vanishing.temporary"),
        ("/home/mei/.cache/uv/x/bin/gesso", "vanishing.cache"),
        ("/Users/mei/Library/Caches/x/gesso", "vanishing.cache"),
        ("/opt/gesso/bin/gesso", None),
    ],
)
def test_program_in_a_place_that_may_vanish(program: str, why: str | None) -> None:
    assert here.vanishing(Path(program), {"HOME": "/home/mei"}) == why


def test_program_in_a_source_folder_may_vanish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(here, "TEMPORARY", ())
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    program = tmp_path / ".venv/bin/gesso"
    assert here.vanishing(program, {"HOME": "/home/mei"}, tmp_path) is None
    (tmp_path / ".git").mkdir()
    assert here.vanishing(program, {"HOME": "/home/mei"}, tmp_path) == "vanishing.clone"


def test_call_that_never_ends_is_given_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    place = stage.bin / "sleeper"
    place.write_text("#!/bin/sh\nexec sleep 60\n")
    place.chmod(0o755)
    monkeypatch.setattr(here, "PATIENCE", 0.2)
    assert here.run(["sleeper"]) == Ran(here.LATE, "", "no answer within 0 seconds")


def test_folder_that_cannot_be_written_is_told(paths: Paths, stage: Stage, tmp_path: Path) -> None:
    stage.systemd()
    (tmp_path / "config").write_text("a file where the folder should be")
    mine = service(paths, stage, XDG_CONFIG_HOME=str(tmp_path / "config"))
    with pytest.raises(NotWritten, match=f"{mine.name}.* cannot be written"):
        mine.install()
    assert stage.calls == []


GUI = "gui/501"


def launchd(stage: Stage, pid: int | None = None, disabled: bool = False) -> None:
    label = "local.gesso.daemon"
    stage.says("launchctl")
    stage.says("launchctl", f"print {GUI}/{label}", err="Could not find service", code=113)
    if pid:
        stage.says("launchctl", f"print {GUI}/{label}", f"{{\n\tstate = running\n\tpid = {pid}\n}}\n")
    stage.says("launchctl", "print-disabled", f'"{label}" => disabled\n' if disabled else "")


def test_launchd_is_told_to_start_it_and_to_forget_it(stage: Stage) -> None:
    launchd(stage)
    mine = service(Paths.of(stage.root / "home", {}), stage, "darwin")
    plan = mine.install()
    assert mine.place.parent == stage.root / "person/Library/LaunchAgents"
    assert plistlib.loads(mine.place.read_bytes())["Label"] == mine.name
    assert stage.calls == [
        f"launchctl bootout {GUI}/{mine.name}",
        f"launchctl enable {GUI}/{mine.name}",
        f"launchctl bootstrap {GUI} {mine.place}",
    ]
    launchd(stage, pid=42)
    assert mine.standing().running and mine.standing().enabled
    assert not mine.install().changes and plan.changes
    assert mine.remove() and not mine.place.exists()
    assert stage.calls[-1] == f"launchctl bootout {GUI}/{mine.name}"


def test_agent_that_was_not_loaded_can_be_installed_and_one_that_cannot_be_loaded_is_told(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    launchd(stage)
    stage.says("launchctl", "bootout", err="Boot-out failed: 3: No such process", code=3)
    mine = service(Paths.of(stage.root / "home", {}), stage, "darwin")
    assert mine.install().changes
    monkeypatch.setattr("daemon.service.service.PAUSE", 0.0)
    stage.says("launchctl", "bootstrap", err="Bootstrap failed: 5: Input/output error", code=5)
    with pytest.raises(StepFailed, match="Bootstrap failed: 5"):
        mine.install()


def test_agent_that_is_still_being_taken_away_is_waited_for(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """`bootout` returns before the old one is gone, and `bootstrap` refuses meanwhile."""
    monkeypatch.setattr("daemon.service.service.PAUSE", 0.0)
    launchd(stage)
    stage.stumbles("launchctl", "bootstrap", times=2, err="Bootstrap failed: 37: Operation already in progress")
    mine = service(Paths.of(stage.root / "home", {}), stage, "darwin")
    mine.install()
    assert [call.split()[1] for call in stage.calls] == ["bootout", "enable", "bootstrap", "bootstrap", "bootstrap"]


def scheduler(stage: Stage) -> None:
    stage.says("schtasks")
    stage.says("schtasks", "/Query /TN", err="ERROR: The system cannot find the file specified.", code=1)


def test_scheduler_is_given_the_task_and_told_to_run_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(here, "command", lambda: ("C:\\gesso\\pythonw.exe", "-P", "-m", "cli"))
    scheduler(stage)
    mine = service(Paths.of(stage.root / "home", {}), stage, "win32")
    mine.install()
    assert stage.calls == [
        f"schtasks /Create /TN {mine.name} /XML {mine.place} /F",
        f"schtasks /Run /TN {mine.name}",
    ]
    assert whose(mine.place.read_bytes().decode("utf-16")) == "ours"
    assert mine.remove() and not mine.place.exists()
    assert stage.calls[2:] == [f"schtasks /End /TN {mine.name}", f"schtasks /Delete /TN {mine.name} /F"]


def test_task_that_was_changed_in_the_scheduler_is_known(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(here, "command", lambda: ("C:\\gesso\\pythonw.exe", "-P", "-m", "cli"))
    scheduler(stage)
    mine = service(Paths.of(stage.root / "home", {}), stage, "win32")
    text = mine.install().text
    registered = text.replace("<Triggers>", "<Author>X</Author><Triggers>").replace("STUDIO", "S-1-5-21")
    row = '"PC","Gesso","N/A","執行中","Interactive","1","267009","mei"\r\n'
    stage.says("schtasks", f"/Query /TN {mine.name} /FO", row)
    stage.says("schtasks", f"/Query /TN {mine.name} /XML", registered)
    assert mine.whose() == "ours" and mine.standing().running and mine.standing().enabled
    off = registered.replace("<Enabled>true</Enabled>\n    <Hidden>", "<Enabled>false</Enabled>\n    <Hidden>")
    stage.says("schtasks", f"/Query /TN {mine.name} /XML", off)
    assert mine.whose() == "ours" and not mine.standing().enabled
    stage.says("schtasks", f"/Query /TN {mine.name} /XML", registered.replace("LeastPrivilege", "HighestAvailable"))
    assert mine.whose() == "edited" and mine.standing().edited
