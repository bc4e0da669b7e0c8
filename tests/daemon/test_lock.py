"""One daemon per home, also after a crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from daemon import lock
from daemon.errors import AlreadyRunning
from daemon.lock import Running
from daemon.paths import Paths

ALICE = Running(pid=4711, port=8463, url="http://127.0.0.1:8463", instance="ab", started=1, version="0.1")
HOLD = """
import sys, pathlib, time
from daemon import lock
from daemon.paths import Paths
paths = Paths.of(pathlib.Path(sys.argv[1]), {})
with lock.held(paths):
    lock.write_runtime(paths, lock.Running(7, 1, "http://127.0.0.1:1", "x", 1, "0"))
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.of(tmp_path, {})


def hold(paths: Paths) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(paths.home)], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def test_second_start_says_who_runs(paths: Paths) -> None:
    with lock.held(paths):
        lock.write_runtime(paths, ALICE)
        with pytest.raises(AlreadyRunning, match="pid 4711 at http://127") as caught:
            with lock.held(paths):
                pass
        assert (caught.value.pid, caught.value.url) == (4711, ALICE.url)
        assert lock.find(paths) == ALICE


def test_second_start_while_the_first_is_starting(paths: Paths) -> None:
    with lock.held(paths):
        assert lock.is_held(paths) and lock.find(paths) is None
        with pytest.raises(AlreadyRunning, match="just starting or stopping"):
            with lock.held(paths):
                pass


def test_clean_end_leaves_nothing(paths: Paths) -> None:
    with lock.held(paths):
        lock.write_runtime(paths, ALICE)
    assert lock.find(paths) is None and not paths.runtime.exists() and not lock.is_held(paths)


@pytest.mark.process
def test_killed_daemon_leaves_no_lock_and_its_note_is_not_believed(paths: Paths) -> None:
    process = hold(paths)
    assert lock.find(paths) is not None
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()
    assert lock.read_runtime(paths) is not None
    assert lock.find(paths) is None
    with lock.held(paths):
        assert lock.read_runtime(paths) is None


def test_other_homes_are_not_in_the_way(tmp_path: Path) -> None:
    with lock.held(Paths.of(tmp_path / "a", {})), lock.held(Paths.of(tmp_path / "b", {})):
        pass


def test_damaged_note_is_no_note(paths: Paths) -> None:
    with lock.held(paths):
        paths.runtime.write_bytes(b"{}")
        assert lock.find(paths) is None


def test_note_is_private(paths: Paths) -> None:
    with lock.held(paths):
        lock.write_runtime(paths, ALICE)
        assert paths.runtime.stat().st_mode & 0o777 == 0o600
        assert paths.lock.stat().st_mode & 0o777 == 0o600


def test_asking_whether_it_is_held_does_not_stop_a_start(paths: Paths) -> None:
    """Whoever asks holds the lock for an instant; a start just then tries again."""
    paths.state.mkdir(parents=True)
    asking = os.open(paths.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    assert lock._take(asking)
    threading.Timer(0.08, os.close, [asking]).start()
    with lock.held(paths):
        assert lock.is_held(paths)
