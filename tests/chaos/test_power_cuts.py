"""The power fails under a working daemon: its disk, a file on a loop device with ext4, is shut down at once.

The file system keeps what was made durable and drops the rest, as on a machine that loses power. Linux and root only.
"""

from __future__ import annotations

import fcntl
import os
import random
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.chaos.acknowledged import Client
from tests.chaos.daemons import Daemon
from tests.daemonhouse import gesso

pytestmark = pytest.mark.process

FS_IOC_SHUTDOWN = 0x8004587D
NO_FLUSH = 2  # of the file system's own journal
CUTS, CHUNK = 100, 10
SIZE = "256M"


class Disk:
    """A disk whose power can be cut."""

    def __init__(self, folder: Path) -> None:
        self.image, self.place = folder / "disk.img", folder / "disk"
        self.place.mkdir()
        _run("truncate", "-s", SIZE, str(self.image))
        _run("mkfs.ext4", "-q", "-F", str(self.image))

    def connect(self) -> None:
        _run("mount", "-o", "loop", str(self.image), str(self.place))

    def cut(self) -> None:
        handle = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, FS_IOC_SHUTDOWN, struct.pack("I", NO_FLUSH))
        finally:
            os.close(handle)

    def disconnect(self) -> None:
        _run("umount", str(self.place))


def _run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"


def reason_not_to(folder: Path) -> str:
    """Why power cannot be cut here, as this machine says it; empty when it can."""
    if sys.platform != "linux" or os.getuid() != 0:
        return "cutting power needs Linux and root, for a loop device"
    try:
        with power(folder) as disk:
            disk.cut()
    except (AssertionError, OSError) as error:
        return f"this machine allows no loop device with ext4 that can be shut down: {error}"
    return ""


@contextmanager
def power(folder: Path) -> Iterator[Disk]:
    folder.mkdir(exist_ok=True)
    disk = Disk(folder)
    disk.connect()
    try:
        yield disk
    finally:
        disk.disconnect()


def run(folder: Path, seed: int, cuts: int) -> None:
    chance = random.Random(seed)
    with power(folder) as disk:
        daemon = Daemon(disk.place / "home")
        client = Client(daemon, chance)
        for _ in range(cuts):
            daemon.start()
            client.check()
            thread = threading.Thread(target=_work, args=[client])
            thread.start()
            time.sleep(chance.uniform(0.05, 1.0))
            disk.cut()
            daemon.kill()
            thread.join()
            disk.disconnect()
            disk.connect()
            checked = gesso(daemon.home, "verify", "--read-data")
            assert checked.code == 0, checked.out + checked.err
        daemon.start()
        client.check()
        client.verify()
        daemon.kill()
    print(f"{cuts} power cuts, {client.answers} answers, {len(client.ratings)} pictures acknowledged, none lost")


def _work(client: Client) -> None:
    try:
        while client.step():
            pass
    except AssertionError:
        pass  # the daemon said that its disk failed: nothing was acknowledged


@pytest.mark.long
@pytest.mark.parametrize("seed", range(CUTS // CHUNK))
def test_what_was_acknowledged_survives_many_power_cuts(tmp_path: Path, seed: int) -> None:
    if why := reason_not_to(tmp_path / "trial"):
        pytest.skip(why)
    run(tmp_path / "cut", seed, CHUNK)
