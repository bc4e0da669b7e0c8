"""One daemon per home: a lock that dies with its process, and the note that says who holds it."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from daemon.credentials import write_private
from daemon.errors import AlreadyRunning
from daemon.paths import Paths

# `is_held` takes the lock for an instant; a daemon that starts just then looks again.
ATTEMPTS = 5
PAUSE = 0.05


class Running(msgspec.Struct, frozen=True):
    """A daemon as other processes of the same user find it; `started` in ms since 1970."""

    pid: int
    port: int
    url: str
    instance: str
    started: int
    version: str


@contextmanager
def held(paths: Paths) -> Iterator[None]:
    """Hold the home for this process; raises AlreadyRunning saying who does.

    The system gives the lock back when the process ends in any way, so none is ever stale.
    """
    paths.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(paths.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _take_patiently(handle):
            running = read_runtime(paths)
            home = str(paths.home or paths.data)
            raise AlreadyRunning(home, running.pid if running else None, running.url if running else None)
        # What a killed daemon left says nothing about this one.
        paths.runtime.unlink(missing_ok=True)
        try:
            yield
        finally:
            paths.runtime.unlink(missing_ok=True)
    finally:
        os.close(handle)


@contextmanager
def alone_in(folder: Path, seconds: float = 10.0) -> Iterator[None]:
    """One process at a time is within such a block of a folder; raises TimeoutError where another stays in it."""
    # Windows opens no folder, and takes no part of a file that others read: there a file of its own stands for it.
    if sys.platform == "win32":
        handle = os.open(folder / ".gesso.lock", os.O_RDWR | os.O_CREAT, 0o600)
    else:
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        until = time.monotonic() + seconds
        while not _take(handle):
            if time.monotonic() > until:
                raise TimeoutError(f"another process is at work in {folder}")
            time.sleep(PAUSE)
        yield
    finally:
        os.close(handle)


def is_held(paths: Paths) -> bool:
    """Whether a daemon of this home is alive."""
    try:
        handle = os.open(paths.lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not _take(handle)
    finally:
        os.close(handle)


def find(paths: Paths) -> Running | None:
    """The daemon of this home when one is ready; None also while it starts or stops."""
    return read_runtime(paths) if is_held(paths) else None


def read_runtime(paths: Paths) -> Running | None:
    """The note of who runs; it may be a killed daemon's, so ask `find` unless the lock is known to be held."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode(paths.runtime.read_bytes(), type=Running)
    return None


def write_runtime(paths: Paths, running: Running) -> None:
    """Say who runs; done when the daemon is ready to answer."""
    write_private(paths.runtime, msgspec.json.encode(running))


def _take_patiently(handle: int) -> bool:
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE)
        if _take(handle):
            return True
    return False


if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
