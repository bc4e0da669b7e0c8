"""A real daemon for tests: `gesso up` in a process of its own, on a home of its own, on any free port."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

READY_SECONDS = 30
STOP_SECONDS = 20
BALLAST = 256 * 1024  # many daemons share the disk of the tests
# Other devices are those of the same test: reached on this machine, looked for nowhere.
ALONE = {"GESSO_SYNC_LISTEN": "127.0.0.1", "GESSO_SYNC_PORT": "0", "GESSO_SYNC_DISCOVER": "false"}
# What must not leak from the machine that runs the tests into what they see.
OURS = ("GESSO_", "LC_", "LANG", "_GESSO")


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout; fails when there is another thing beside it."""
        return json.loads(self.out)


def environ(home: Path | None = None, **more: str) -> dict[str, str]:
    """An environment in English, eighty columns wide, without settings of the machine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    own = {"LANG": "en_US.UTF-8", "COLUMNS": "80", "PYTHONUTF8": "1", "NO_COLOR": "1"}
    own |= {"GESSO_DAEMON_BALLAST_BYTES": str(BALLAST), **ALONE}
    return {**kept, **own, **({"GESSO_HOME": str(home)} if home else {}), **more}


def gesso(home: Path | None, *words: str, stdin: str = "", cwd: Path | None = None, **variables: str) -> Done:
    """Run one command to its end, as a person does."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "cli", *words],
        input=stdin.encode(),
        capture_output=True,
        env=environ(home, **variables),
        cwd=cwd,
        timeout=60,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


@contextmanager
def running_daemon(home: Path, *words: str, within: Sequence[str] = (), **variables: str) -> Iterator[str]:
    """A daemon of `home` until the block ends; gives its address. Its output lies in home/up.err.

    `within`: a command that becomes the one that stands behind it.
    """
    home.mkdir(parents=True, exist_ok=True)
    said = home / "up.err"
    with said.open("wb") as errors:
        process = subprocess.Popen(
            [*within, sys.executable, "-P", "-m", "cli", "up", "--port", "0", *words],
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environ(home, **variables),
        )
    try:
        yield _address(process, said)
    finally:
        _end(process)


def _address(process: subprocess.Popen[bytes], said: Path) -> str:
    assert process.stdout is not None
    line = process.stdout.readline().decode().strip()
    if not line.startswith("gesso is ready at "):
        process.wait(READY_SECONDS)
        reasons = said.read_text("utf-8", "replace")
        raise AssertionError(f"the daemon ended with {process.returncode}: {line}\n{reasons}")
    return line.removeprefix("gesso is ready at ")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
    finally:
        if process.stdout is not None:
            process.stdout.close()


def until(look: Callable[[], Any], seconds: float = 20) -> Any:
    """What `look` gives as soon as it is true; fails when it stays false."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"it did not happen within {seconds} s"
        time.sleep(0.02)
    return found
