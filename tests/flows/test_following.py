"""Jobs followed to their end: the command line and any reader of the stream hear the same, in order, without a gap."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from commands.client import Daemon
from commands.errors import NoDaemon
from commands.making.following import changes, of_queue
from commands.session import Session, Wishes
from tests.commands.house import speak
from tests.daemon.process import Process
from tests.daemonhouse import environ, until
from tests.flows.house import W, home_with, quiet, told

pytestmark = pytest.mark.process
STAGES = ["queued", "running", "running 25", "running 50", "running 75", "done"]
PLUGIN = """
import asyncio, io
from PIL import Image
from providers.base import Accepted, Answer, Done, ModelInfo, Running, Sizes

class Painter:
    kind, at_once, leaves_machine = "local", 2, False

    def __init__(self, profile, tools):
        self.name = self.title = profile.name
        self.asked = {}

    async def models(self):
        sizes = Sizes(listed=((64, 64),), usual=(64, 64))
        return [ModelInfo("oil", "Oil", sizes, seed=True, free=True)]

    async def submit(self, request, token):
        self.asked[token] = [request, 0]
        return Accepted(b'"' + token.encode() + b'"')

    async def poll(self, handle):
        told = self.asked[handle.decode().strip('"')]
        told[1] += 1
        if told[1] < 4:
            return Running(told[1] / 4, 0.1)
        out = io.BytesIO()
        Image.new("RGB", (64, 64), (told[0].seed % 256, told[0].seed // 256 % 256, 90)).save(out, "PNG")
        return Done((Answer(out.getvalue()),))

    async def aclose(self):
        pass
"""


class Cutting:
    """A line to the daemon that breaks again and again, in the middle of whatever is said."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._chance = random.Random(5)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.cuts = 0
        self.resumed: list[str] = []

    @contextmanager
    def open(self) -> Iterator[Cutting]:
        thread = threading.Thread(target=self._serve)
        thread.start()
        try:
            yield self
        finally:
            self._server.close()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.2):
                pass
            thread.join(20)

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._server.accept()
            except OSError:
                return
            with line, socket.create_connection(("127.0.0.1", self._to)) as onward, contextlib.suppress(OSError):
                head = line.recv(65_536)
                self.resumed += [
                    each[15:].decode() for each in head.split(b"\r\n") if each.startswith(b"Last-Event-ID: ")
                ]
                # The daemon answers only to its own name.
                onward.sendall(head.replace(b":%d\r\n" % self.port, b":%d\r\n" % self._to))
                left = self._chance.randrange(300, 2500)
                while left > 0 and (data := onward.recv(min(left, 200))):
                    line.sendall(data)
                    left -= len(data)
                self.cuts += 1


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Process]:
    home = home_with(tmp_path, '[providers.slow]\nadapter = "followed_painter.Painter"\n')
    (home / "plugins").mkdir()
    (home / "plugins" / "followed_painter.py").write_text(PLUGIN)
    with Process(home) as found:
        yield found


def stage(job: Any) -> str:
    return str(job["state"]) if job["progress"] is None else f"{job['state']} {job['progress'] * 100:.0f}"


def in_order(stages: list[str]) -> bool:
    places = [STAGES.index(each) for each in stages]
    return places == sorted(set(places))


def order(daemon: Process, count: int) -> Any:
    wish = {"prompts": ["a fox"], "count": count, "targets": [{"provider": "slow"}]}
    status, begun = daemon.ask("POST", f"{W}/jobs", wish)
    assert status == 202, begun
    return begun


def test_watching_sees_each_job_queued_running_how_far_and_done_in_order(daemon: Process) -> None:
    told(daemon, "queue", "pause")
    begun = order(daemon, 4)
    reader = Daemon(int(daemon.url.rpartition(":")[2]), daemon.token, pid=0, url=daemon.url, loud=False)
    heard: list[Any] = []
    ended: list[str] = []

    def listen() -> None:
        try:
            heard.extend(event for _, event in reader.follow())
        except NoDaemon as error:
            ended.append(error.code)

    def kinds_of(job: Any) -> list[str]:
        return [each["kind"] for each in list(heard) if each and each["subject"] == job["id"]]

    ear = threading.Thread(target=listen)
    ear.start()
    watching = subprocess.Popen(
        [sys.executable, "-P", "-m", "cli", "--json", "queue", "watch"],
        env=environ(daemon.home), stdout=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip
    assert watching.stdout is not None
    seen = [json.loads(watching.stdout.readline()) for _ in range(4)]
    assert [each["id"] for each in seen] == [each["id"] for each in begun["jobs"]]
    told(daemon, "queue", "resume")
    out, _ = watching.communicate(timeout=60)
    assert watching.returncode == 0
    seen += [json.loads(line) for line in out.splitlines()]
    # Two listen, and the one whose end was awaited may be the earlier.
    until(lambda: all(kinds_of(job)[-1:] == ["job.changed"] for job in begun["jobs"]))
    for job in begun["jobs"]:
        stages = [stage(each) for each in seen if each["id"] == job["id"]]
        assert in_order(stages) and stages[0] == "queued" and stages[-1] == "done", stages
        assert "running" in " ".join(stages) and any(each.startswith("running ") for each in stages), stages
        kinds = kinds_of(job)
        first = kinds.index("job.progress")
        assert "job.changed" in kinds[:first] and kinds[-1] == "job.changed" and kinds.count("job.progress") == 3
    numbers = [each["seq"] for each in heard if each]
    assert numbers == sorted(set(numbers))
    assert "The queue is empty" in speak(daemon.home, "queue", "watch").err
    assert speak(daemon.home, "stop").code == 0
    ear.join(20)
    assert ended == ["gone"], "it ends with the daemon"


def test_line_that_breaks_again_and_again_misses_no_event_and_no_end(daemon: Process) -> None:
    port = int(daemon.url.rpartition(":")[2])
    straight = Daemon(port, daemon.token, pid=0, url=daemon.url, loud=False)
    before, _ = next(iter(straight.news()))
    straight.hang_up()
    with Cutting(port).open() as cutting:
        broken = Daemon(cutting.port, daemon.token, pid=0, url=daemon.url, loud=False)
        heard: list[tuple[str, Any]] = []

        def listened() -> Iterator[tuple[str, Any]]:
            for each in broken.follow():
                heard.append(each)
                yield each

        session = Session(Wishes(home=str(daemon.home)))
        begun = order(daemon, 40)
        ends = {job["id"]: job for job in changes(session, listened(), of_queue(session), whole=False)}
        assert {each["id"] for each in begun["jobs"]} == {id for id, job in ends.items() if job["state"] == "done"}
        assert cutting.cuts >= 3 and len(cutting.resumed) >= 3
    numbers = [event["seq"] for _, event in heard if event is not None]
    assert numbers == list(range(numbers[0], numbers[-1] + 1)), "each once, and none left out"
    assert numbers[0] > int(before.rpartition("-")[2])
    quiet(daemon, begun["batch"])


def test_waiting_ends_with_the_daemon_and_says_so(daemon: Process) -> None:
    told(daemon, "queue", "pause")
    waiting = subprocess.Popen(
        [sys.executable, "-P", "-m", "cli", "gen", "a fox", "--provider", "slow", "--wait"],
        env=environ(daemon.home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip
    until(lambda: told(daemon, "queue", "ls")["jobs"])
    time.sleep(0.5)
    assert speak(daemon.home, "stop").code == 0
    _, errors = waiting.communicate(timeout=30)
    assert waiting.returncode == 3 and "gesso start" in errors, errors
