"""A running daemon whose system lets it watch too little: it looks by itself, says so, and misses nothing."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.commands.house import paint, speak
from tests.daemonhouse import running_daemon, until

pytestmark = pytest.mark.process

FOLDERS = 12
WAIT_SECONDS = 90
LIMITS = {"max_inotify_watches": 5, "max_inotify_instances": 0}


def limited(name: str, value: int) -> tuple[str, ...]:
    """A command that runs another in a namespace of users, where the kernel allows so many watches or instances."""
    lowered = f'echo {value} > /proc/sys/user/{name} && exec "$@"'
    return ("unshare", "--user", "--map-root-user", "sh", "-c", lowered, "sh")


@cache
def can_be_limited() -> bool:
    if sys.platform != "linux":
        return False
    tried = subprocess.run([*limited("max_inotify_watches", 5), "true"], capture_output=True, check=False)
    return tried.returncode == 0


def told(home: Path, *words: str) -> Any:
    return speak(home, "--json", *words).json


def polled(home: Path) -> list[str]:
    """The folders that status says are looked through now and then."""
    return [each["params"]["path"] for each in told(home, "status")["attention"] if each["code"] == "watched.polling"]


def states(home: Path) -> list[str]:
    return [each["state"] for each in told(home, "watch", "ls")["watched"]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of folders: each takes a watch."""
    for number in range(FOLDERS):
        paint(tmp_path / "pictures" / f"{number}" / "a.png", number)
    return tmp_path / "pictures"


@pytest.mark.skipif(not can_be_limited(), reason="only where there are namespaces of users")
def test_where_the_limit_is_reached_the_folder_is_polled_and_status_says_so(tmp_path: Path, folder: Path) -> None:
    homes = [tmp_path / limit for limit in LIMITS]
    # Beside each other: each waits several times until its daemon looks again.
    with ExitStack() as stack:
        for home, within in zip(homes, LIMITS.items(), strict=True):
            stack.enter_context(running_daemon(home, within=limited(*within)))
            assert speak(home, "watch", "add", str(folder)).code == 0
        for home in homes:
            until(lambda home=home: told(home, "search")["total"] == FOLDERS, WAIT_SECONDS)
            until(lambda home=home: polled(home) == [str(folder)], WAIT_SECONDS)
            (watched,) = told(home, "watch", "ls")["watched"]
            assert (watched["state"], watched["detail"]) == ("polling", "no_notices")
            assert "is looked through now and then" in speak(home, "status").out
            assert "改為定時查看" in speak(home, "status", LANG="zh_TW.UTF-8").out
        paint(folder / "3" / "late.png", 99)
        for home in homes:
            until(lambda home=home: told(home, "search")["total"] == FOLDERS + 1, WAIT_SECONDS)
            assert polled(home) == [str(folder)]
    for home in homes:
        with running_daemon(home):
            until(lambda home=home: states(home) == ["watching"], WAIT_SECONDS)
            assert polled(home) == []
