"""A real daemon on a real small disk that fills up, and under a limit that makes its writes fail.

Nothing that was acknowledged is lost, reading goes on, what is said is clear, and work goes on without a restart.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import resource
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon import lock
from daemon.paths import Paths
from tests.daemonhouse import gesso, running_daemon, until
from tests.library.house import picture

pytestmark = pytest.mark.process

MIB = 1 << 20
SIZE = 24 * MIB
BALLAST = 2 * MIB
PATIENCE = 30.0
ALLOWANCES = [0, *(1 << power for power in range(12, 21))]  # bytes that are left on the disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a file system of its own cannot be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


class Caller:
    """Speaks to a daemon; `ask` gives status and JSON."""

    def __init__(self, home: Path, url: str) -> None:
        self._url = url
        (token,) = [path for path in home.rglob("token") if path.is_file()]
        self._token = token.read_text().strip()

    def ask(self, method: str, path: str, body: Any = None, raw: bytes | None = None) -> tuple[int, Any]:
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        kind = "application/octet-stream" if raw is not None else "application/json"
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": kind}
        request = urllib.request.Request(f"{self._url}/api/v1{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"null")

    def upload(self, number: int) -> tuple[int, Any]:
        raw = picture((number % 256, number // 256, 7), (200, 150))
        return self.ask("POST", f"/w/-/uploads?name=p{number}.png", raw=raw)

    def rate(self, asset: str, rating: int) -> tuple[int, Any]:
        return self.ask("PATCH", f"/w/-/assets/{asset}", {"rating": rating})

    def rating(self, asset: str) -> int:
        status, shown = self.ask("GET", f"/w/-/assets/{asset}")
        assert status == 200
        return int(shown["asset"]["rating"])

    def attention(self) -> list[str]:
        status, told = self.ask("GET", "/status")
        assert status == 200
        return [each["code"] for each in told["attention"]]

    def task(self, path: str, body: Any) -> Any:
        status, task = self.ask("POST", path, body)
        assert status == 200 or status == 202, task
        until(lambda: self.ask("GET", f"/tasks/{task['id']}")[1]["state"] != "running", PATIENCE)
        return self.ask("GET", f"/tasks/{task['id']}")[1]

    def reads(self, asset: str) -> None:
        """Everything that people look at."""
        pages = ("assets", "facets", f"assets/{asset}", "projects", "timeline", "watched", "checkpoints")
        for path in ("/status", "/doctor", *(f"/w/-/{page}" for page in pages)):
            status, answer = self.ask("GET", path)
            assert status == 200, (path, answer)
        shown = self.ask("GET", f"/w/-/assets/{asset}")[1]["asset"]
        request = urllib.request.Request(
            f"{self._url}/api/v1/w/-/blobs/{shown['sha256']}", headers={"Authorization": f"Bearer {self._token}"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            assert len(answer.read()) == shown["bytes"]


def fill(disk: Path, leave: int = 0) -> None:
    """Take the disk's place but for so many bytes."""
    with contextlib.suppress(OSError), (disk / "filler").open("ab") as file:
        while True:
            room = os.statvfs(disk)
            left = room.f_bavail * room.f_frsize - leave
            if left <= 0:
                return
            file.write(b"x" * min(left, MIB))
            file.flush()


def make_room(disk: Path) -> None:
    (disk / "filler").unlink(missing_ok=True)


def test_a_disk_that_fills_up_and_is_freed_again(disk: Path) -> None:
    home = disk / "home"
    with running_daemon(home, GESSO_DAEMON_BALLAST_BYTES=str(BALLAST)) as url:
        caller = Caller(home, url)
        status, first = caller.upload(1)
        assert status == 200 and caller.rate(first["asset"], 1)[0] == 200
        (ballast,) = home.rglob("ballast")

        fill(disk)
        assert (
            caller.rate(first["asset"], 2)[0] == 200 and caller.rating(first["asset"]) == 2
        )  # out of the ballast's place
        assert not ballast.exists() and caller.attention() == ["disk.full"]
        status, problem = caller.upload(2)
        assert (status, problem["code"]) == (507, "disk_full")
        said = gesso(home, "status")
        assert "disk is nearly full" in said.out and "Free some space" in said.out
        assert "磁碟快滿了" in gesso(home, "status", GESSO_LANGUAGE="zh-TW").out

        fill(disk)  # and now that is used up too
        refused, rating = 0, 2
        for number in range(20):
            status, problem = caller.rate(first["asset"], number % 5 + 1)
            refused += status != 200
            rating = number % 5 + 1 if status == 200 else rating
            assert status == 200 or (status, problem["code"]) == (507, "disk_full"), problem
            fill(disk)
        assert refused
        assert caller.rating(first["asset"]) == rating
        caller.reads(first["asset"])
        for language, sentence in (("en", "The disk is full. Nothing"), ("zh-TW", "磁碟已滿。沒有任何變更")):
            done = gesso(home, "rate", first["asset"], str(rating % 5 + 1), GESSO_LANGUAGE=language)
            assert done.code == 4 and sentence in done.err, done

        make_room(disk)
        assert caller.rate(first["asset"], 4)[0] == 200 and caller.rating(first["asset"]) == 4
        until(lambda: caller.attention() == [] and ballast.exists(), PATIENCE)
        assert caller.upload(2)[0] == 200
        assert caller.task("/w/-/verify", {"read_data": True})["result"]["problems"] == []


@pytest.mark.parametrize("seed", [1])
def test_a_disk_with_a_little_room_left_of_every_size(disk: Path, seed: int) -> None:
    home, chance = disk / "home", random.Random(seed)
    ratings: dict[str, int] = {}
    with running_daemon(home, GESSO_DAEMON_BALLAST_BYTES="0") as url:
        caller = Caller(home, url)
        number = 0
        for leave in ALLOWANCES:
            fill(disk, leave)
            full = False
            while not full:
                number += 1
                status, told = caller.upload(number)
                assert status == 200 or (status, told["code"]) == (507, "disk_full"), told
                full = status != 200
                if status == 200:
                    ratings[told["asset"]] = 0
                for asset in chance.sample(sorted(ratings), min(len(ratings), 2)):
                    status, told = caller.rate(asset, number % 5 + 1)
                    assert status == 200 or (status, told["code"]) == (507, "disk_full"), told
                    full |= status != 200
                    if status == 200:
                        ratings[asset] = number % 5 + 1
                fill(disk, max(0, leave - number * 4096))
            rebuilt = caller.task("/w/-/rebuild", {})
            assert rebuilt["state"] == "done" or rebuilt["code"] == "disk_full", rebuilt
            assert {asset: caller.rating(asset) for asset in ratings} == ratings
            if ratings:
                caller.reads(next(iter(ratings)))
            make_room(disk)
            number += 1
            until(lambda number=number: caller.upload(number)[0] == 200, PATIENCE)  # type: ignore[misc]
        assert caller.task("/w/-/verify", {"read_data": True})["result"]["problems"] == []
        assert caller.task("/w/-/rebuild", {})["state"] == "done"
        assert {asset: caller.rating(asset) for asset in ratings} == ratings


def test_a_disk_that_fails_writes_is_not_written_until_it_was_checked(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running_daemon(home) as url:
        caller = Caller(home, url)
        asset = caller.upload(1)[1]["asset"]
        assert caller.rate(asset, 3)[0] == 200
        with failing_writes(home):
            status, problem = caller.rate(asset, 4)
            assert (status, problem["code"]) == (503, "store_suspect"), problem
            assert caller.attention()[0] == "store.suspect"
            caller.reads(asset)
            assert caller.rating(asset) == 3
            for language, sentence in (("en", "The disk failed a write"), ("zh-TW", "磁碟寫入失敗")):
                done = gesso(home, "rate", asset, "5", GESSO_LANGUAGE=language)
                assert done.code == 4 and sentence in done.err, done
                assert sentence.split(" a ")[0] in gesso(home, "status", GESSO_LANGUAGE=language).out
            status, problem = caller.upload(2)
            assert status in (503, 507), problem
        until(lambda: caller.attention() == [], PATIENCE)  # the daemon reopens and verifies by itself
        assert caller.rate(asset, 5)[0] == 200 and caller.rating(asset) == 5
        assert caller.upload(2)[0] == 200
        assert caller.task("/w/-/verify", {"read_data": True})["result"]["problems"] == []


def test_a_folder_comes_in_as_far_as_it_fits_and_what_is_said_of_the_rest_is_true(disk: Path, tmp_path: Path) -> None:
    home, new = disk / "home", tmp_path / "new"
    new.mkdir()
    for number in range(7):  # together they would need 27 MiB, the large one 18
        raw = picture((number, 7, 7), (200, 150))
        (new / f"p{number}.png").write_bytes(
            raw + random.Random(number).randbytes((6 if number == 3 else 1) * MIB // 2)
        )
    with running_daemon(home, GESSO_DAEMON_BALLAST_BYTES=str(BALLAST)) as url:
        caller = Caller(home, url)
        fill(disk, 8 * MIB)
        done = gesso(home, "import", str(new), GESSO_LANGUAGE="en")
        assert done.code == 5 and "6 new" in done.out, done
        (line,) = [line for line in done.err.splitlines() if "p3.png" in line]
        assert re.search(r"too little room on the disk: [3-7] MiB are left, 10 MiB are needed", line), done
        said = gesso(home, "status", GESSO_LANGUAGE="en")
        assert re.search(r"[3-7] MiB are left: what was refused last needs 10 MiB", said.out), said
        said = gesso(home, "status", GESSO_LANGUAGE="zh-TW")
        assert re.search(r"只剩 [3-7] MiB：上次被拒絕的內容需要 10 MiB", said.out), said
        status, problem = caller.ask("POST", "/w/-/uploads?name=large.png", raw=(new / "p3.png").read_bytes())
        assert (status, problem["code"], problem["params"]["needed"]) == (507, "disk_full", "10")
        make_room(disk)
        assert caller.attention() == []
        assert gesso(home, "import", str(new)).code == 0
        assert caller.attention() == []


@contextlib.contextmanager
def failing_writes(home: Path) -> Iterator[None]:
    """SQLite takes a refusal to let a file grow for a failure of the disk."""
    running = lock.find(Paths.of(home, {}))
    assert running is not None
    before = resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(running.pid, resource.RLIMIT_FSIZE, before)


def test_a_daemon_starts_on_a_full_disk(disk: Path) -> None:
    home = disk / "home"
    with running_daemon(home, GESSO_DAEMON_BALLAST_BYTES=str(BALLAST)) as url:
        caller = Caller(home, url)
        asset = caller.upload(1)[1]["asset"]
        assert caller.rate(asset, 3)[0] == 200
    fill(disk)
    with running_daemon(home, GESSO_DAEMON_BALLAST_BYTES=str(BALLAST)) as url:
        caller = Caller(home, url)
        assert caller.rating(asset) == 3 and "disk.full" in caller.attention()
        caller.reads(asset)
        assert caller.rate(asset, 5)[0] == 200 and caller.rating(asset) == 5
    fill(disk)  # now without the reserve
    done = gesso(home, "up", "--port", "0", GESSO_DAEMON_BALLAST_BYTES=str(BALLAST))
    assert done.code == 4 and "The disk is full" in done.err and "Traceback" not in done.err, done
    found = {each["code"] for each in gesso(home, "doctor", "--json").json["problems"]}
    assert "disk.full" in found and not any("database" in code for code in found), found
    make_room(disk)
    with running_daemon(home, GESSO_DAEMON_BALLAST_BYTES=str(BALLAST)) as url:
        caller = Caller(home, url)
        assert caller.rating(asset) == 5 and caller.attention() == []
        assert caller.task("/w/-/verify", {"read_data": True})["result"]["problems"] == []
