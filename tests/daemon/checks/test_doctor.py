"""Faults put in the way of a healthy home, one by one: each is named, with a remedy."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from daemon import doctor, lock
from daemon.checks.scene import Room, Scene, version_of
from daemon.credentials import ensure, keep_private
from daemon.doctor import CHECKS, examine, mend
from daemon.errors import NoLibrary
from daemon.paths import Paths
from daemon.service.here import machine
from daemon.service.service import Service
from daemon.service.unit import mark, sealed
from identity.keys import DeviceKey
from library.models import Problem
from library.rows import put
from library.schema import STEPS
from library.workspace import DATABASE
from store.database import connect

NOW = time.time_ns() // 1_000_000
GIB = 1024**3


class House:
    """A healthy home with one empty workspace, and the machine around it."""

    def __init__(self, root: Path) -> None:
        self.paths = Paths.of(root / "home", {})
        self.stack = ExitStack()
        page = root / "dist"
        page.mkdir()
        (page / "index.html").touch()
        proc = root / "proc"
        self.proc("self/limits", "Max open files            1024                 524288               files\n", proc)
        self.proc("sys/fs/inotify/max_user_watches", "65536\n", proc)
        self.proc("sys/fs/inotify/max_user_instances", "128\n", proc)
        self.proc("meminfo", "MemTotal: 8000000 kB\nMemAvailable:    4000000 kB\n", proc)
        keep_private(self.paths)
        ensure(self.paths, random.Random(1))
        self.key = self.paths.data / "device.key"
        self.key.write_bytes(DeviceKey.generate(random.Random(2)).to_bytes().hex().encode() + b"\n")
        self.workspace = self.paths.data / "workspaces" / "one"
        (self.workspace / "blobs" / "incoming").mkdir(parents=True)
        (self.workspace / "workspace").write_text("00\n")
        self.database = self.workspace / "library.sqlite"
        connection = connect(self.database)
        connection.execute("BEGIN")  # one commit is one wait for the disk, not forty
        for statement in (each for step in STEPS for each in step):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version={len(STEPS)}")
        put(connection, "meta", "workspace", bytes(32))
        put(connection, "meta", "incarnation", bytes(16))
        connection.execute("COMMIT")
        connection.close()
        self.config("[daemon]\nport = 0\n")
        for path in (self.paths.config_file, self.key, self.database):
            path.chmod(0o600)
        self.scene = Scene(
            self.paths,
            {},
            now=lambda: NOW,
            room=lambda path: Room(100 * GIB, 200 * GIB, 10**6, 10**7),
            kind_of=lambda path: "ext4",
            python=(3, 11),
            encoding="utf-8",
            proc=proc,
            page=page,
        )

    def proc(self, name: str, text: str, root: Path | None = None) -> None:
        place = (root or self.scene.proc) / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def config(self, text: str) -> None:
        self.paths.config_file.write_text(text)

    def change(self, **values: object) -> None:
        self.scene = dataclasses.replace(self.scene, **values)  # type: ignore[arg-type]

    def room(self, **values: int) -> None:
        found = Room(100 * GIB, 200 * GIB, 10**6, 10**7)._replace(**values)
        self.change(room=lambda path: found)

    def run_daemon(self, port: int = 1) -> None:
        self.stack.enter_context(lock.held(self.paths))
        lock.write_runtime(self.paths, lock.Running(1, port, f"http://127.0.0.1:{port}", "x", 1, "0"))

    def install_service(self) -> None:
        """A service of a program that was removed since."""
        environ = {"HOME": str(self.paths.data), "XDG_CONFIG_HOME": str(self.paths.data)}
        self.change(environ=environ)
        place = Service(self.paths, machine(environ)).place
        place.parent.mkdir(parents=True)
        place.write_text(sealed(f"# {mark('/gone/gesso')}\n"))

    def squat(self) -> None:
        self.run_daemon(self.stack.enter_context(answering(b'{"proof":"00"}')))

    def port_taken(self) -> None:
        taken = self.stack.enter_context(socket.socket())
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        self.config(f"[daemon]\nport = {taken.getsockname()[1]}\n")

    def watch(self, folder: str) -> None:
        connection = connect(self.database)
        put(connection, "watched", bytes(8), folder.encode(), "copy")
        connection.close()

    def lose_blob(self) -> None:
        """A row tells of a picture's file that is not there."""
        with contextlib.closing(connect(self.database)) as connection:
            put(connection, "blob", bytes(32), 10, "image/png", 1)

    def lose_mark(self) -> None:
        """The file that says that the workspace was made is gone; its log is there."""
        with contextlib.closing(connect(self.database)) as connection:
            fields = ("hash", "device", "incarnation", "run", "prev", "auth", "action", "raw")
            connection.execute(
                f"INSERT INTO segment({', '.join(fields)}, seq, clock, time, intent, state)"
                f" VALUES({', '.join(['x' + chr(39) * 2] * len(fields))}, 1, 1, 1, '', 1)"
            )
        (self.workspace / "workspace").unlink()

    def lose_originals(self) -> None:
        """Two pictures whose files are not where they were kept."""
        with contextlib.closing(connect(self.database)) as connection:
            connection.execute(
                "INSERT INTO combo(key, tags, rating, projects, state, media_type, shown)"
                " VALUES('', '[]', 0, '[]', 'missing', 'image/png', 2)"
            )

    def newer(self) -> None:
        connection = connect(self.database)
        connection.execute(f"PRAGMA user_version={len(STEPS) + 1}")
        connection.close()

    def lose_library(self) -> None:
        self.paths.known.write_text(json.dumps({"data": str(self.paths.data), "workspaces": 1}))
        self.paths.known.chmod(0o600)
        (self.workspace / "workspace").unlink()


@contextmanager
def answering(body: bytes) -> Iterator[int]:
    """Another program on a port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    umask = os.umask(0o022)
    os.umask(umask)
    found = House(tmp_path)
    with found.stack:
        yield found
    os.umask(umask)


def without(name: str) -> Callable[[str], str | None]:
    return lambda asked: None if asked == name else version_of(asked)


FAULTS: dict[str, Callable[[House], object]] = {
    "python.version": lambda house: house.change(python=(3, 13)),
    "package.missing": lambda house: house.change(version=without("pillow")),
    "package.wrong": lambda house: house.change(
        version=lambda name: "0.1.2" if name == "automerge" else version_of(name)
    ),
    "page.missing": lambda house: (house.scene.page / "index.html").unlink(),
    "encoding": lambda house: house.change(encoding="ascii"),
    "temporary": lambda house: house.change(environ={"TMPDIR": "/nonexistent"}),
    "limit.files": lambda house: house.proc("self/limits", "Max open files            64       64       files\n"),
    "limit.max_user_watches": lambda house: house.proc("sys/fs/inotify/max_user_watches", "100\n"),
    "limit.max_user_instances": lambda house: house.proc("sys/fs/inotify/max_user_instances", "4\n"),
    "memory": lambda house: house.proc("meminfo", "MemAvailable:    100000 kB\n"),
    "clock.wrong": lambda house: house.change(now=lambda: 0),
    "clock.back": lambda house: house.change(now=lambda: NOW - 3 * 86_400_000),
    "disk.low": lambda house: house.room(free=GIB // 2),
    "disk.full": lambda house: house.room(free=1000),
    "disk.names": lambda house: house.room(names=10),
    "config.no_key.close": lambda house: house.config("[daemon]\nport = 0\nprot = 1\n"),
    "home.network": lambda house: house.change(kind_of=lambda path: "nfs4"),
    "home.cloud": lambda house: (house.paths.data / ".stfolder").mkdir(),
    "home.lost": lambda house: house.lose_library(),
    "folder.file": lambda house: (house.paths.cache.rmdir(), house.paths.cache.write_text("")),
    "rights.open": lambda house: house.paths.token.chmod(0o644),
    "damaged.token": lambda house: house.paths.token.write_text("x"),
    "damaged.proof": lambda house: house.paths.proof_secret.write_text("x"),
    "damaged.instance": lambda house: house.paths.instance.write_text("../x"),
    "damaged.sessions": lambda house: (house.paths.sessions.write_text("{"), house.paths.sessions.chmod(0o600)),
    "damaged.known": lambda house: (house.paths.known.write_text("[]"), house.paths.known.chmod(0o600)),
    "left.runtime": lambda house: (house.paths.runtime.write_text("{}"), house.paths.runtime.chmod(0o600)),
    "left.file": lambda house: (house.paths.state / "token.new").touch(),
    "left.incoming": lambda house: (house.workspace / "blobs" / "incoming" / "ab").touch(),
    "logs.large": lambda house: os.truncate(_touched(house.paths.logs / "gesso.log.1"), 2 * GIB),
    "logs.folder": lambda house: house.paths.log_file.mkdir(),
    "daemon.unready": lambda house: house.stack.enter_context(lock.held(house.paths)),
    "daemon.silent": lambda house: house.run_daemon(),
    "daemon.squatter": lambda house: house.squat(),
    "port.taken": lambda house: house.port_taken(),
    "service.gone": lambda house: house.install_service(),
    "key.missing": lambda house: house.key.unlink(),
    "key.damaged": lambda house: house.key.write_text("zz"),
    "workspace.unfinished": lambda house: (house.paths.data / "workspaces" / "two").mkdir(),
    "library.suspect": lambda house: (house.workspace / "suspect").write_text("Input/output error"),
    "workspace.unmarked": lambda house: house.lose_mark(),
    "database.missing": lambda house: house.database.unlink(),
    "database.folder": lambda house: (house.database.unlink(), house.database.mkdir()),
    "blobs.lost": lambda house: house.lose_blob(),
    "blobs.missing": lambda house: ((house.workspace / "blobs/incoming").rmdir(), (house.workspace / "blobs").rmdir()),
    "database.new": lambda house: house.newer(),
    "database.damaged": lambda house: _scribble(house.database),
    "database.wal": lambda house: os.truncate(_touched(house.workspace / "library.sqlite-wal"), GIB),
    "originals.missing": lambda house: house.lose_originals(),
    "watched.gone": lambda house: house.watch("/nonexistent/pictures"),
}


def _touched(path: Path) -> Path:
    path.touch(0o600)
    return path


def _scribble(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:8192] = bytes(4096)
    path.write_bytes(content)


def test_healthy_home_has_no_findings(house: House) -> None:
    found = examine(house.paths, {}, house.scene)
    assert found.problems == []
    assert found.checked == len(CHECKS)


def test_there_are_faults_enough() -> None:
    assert len(FAULTS) >= 25


@pytest.mark.parametrize("code", FAULTS)
def test_fault_is_named_with_a_remedy(house: House, code: str) -> None:
    FAULTS[code](house)
    found = examine(house.paths, {}, house.scene).problems
    assert code in {each.code for each in found}, found
    assert all(each.what and each.where and each.remedy for each in found)
    beside = {"home.lost": {"workspace.unfinished"}}.get(code, set())
    assert {each.code for each in found} - beside == {code}, found


def cut_off(house: House) -> Path:
    """What a restore leaves that is killed: half-copied pictures, and a database without a log."""
    folder = house.paths.data / "workspaces" / "two"
    (folder / "blobs" / "incoming").mkdir(parents=True)
    (folder / "blobs" / "incoming" / "ab").touch()
    with closing(connect(folder / DATABASE)) as connection:
        for statement in (each for step in STEPS for each in step):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version={len(STEPS)}")
    (folder / DATABASE).chmod(0o600)
    return folder


def test_what_a_killed_restore_left_is_told_once(house: House) -> None:
    folder = cut_off(house)
    found = examine(house.paths, {}, house.scene).problems
    assert [(each.code, each.where) for each in found] == [("workspace.unfinished", str(folder))]


def test_database_without_mark_that_cannot_be_read_is_not_told_to_be_deleted(house: House) -> None:
    _scribble(cut_off(house) / DATABASE)
    assert [each.code for each in examine(house.paths, {}, house.scene).problems] == ["database.damaged"]


def test_service_that_cannot_be_read_is_a_finding(house: House) -> None:
    house.install_service()
    place = Service(house.paths, machine(house.scene.environ)).place
    place.unlink()
    place.mkdir()
    found = examine(house.paths, {}, house.scene).problems
    assert [(each.code, each.where) for each in found] == [("check.failed", str(place))]


MENDABLE = ["rights.open", "damaged.token", "damaged.sessions", "left.runtime", "left.file", "damaged.instance"]


@pytest.mark.parametrize("code", MENDABLE)
def test_harmless_remedies_are_carried_out(house: House, code: str) -> None:
    FAULTS[code](house)
    assert [each.mendable for each in examine(house.paths, {}, house.scene).problems] == [True]
    assert mend(house.paths, {}, house.scene).problems == []


def test_mending_touches_nothing_that_could_hurt(house: House) -> None:
    FAULTS["database.damaged"](house)
    FAULTS["key.damaged"](house)
    before = {path: path.read_bytes() for path in house.paths.data.rglob("*") if path.is_file()}
    left = mend(house.paths, {}, house.scene).problems
    assert {each.code for each in left} == {"database.damaged", "key.damaged"}
    assert {path: path.read_bytes() for path in house.paths.data.rglob("*") if path.is_file()} == before


def test_home_that_was_never_used_is_healthy(tmp_path: Path, house: House) -> None:
    fresh = Paths.of(tmp_path / "fresh", {})
    scene = dataclasses.replace(house.scene, paths=fresh, environ={"GESSO_DAEMON_PORT": "0"})
    assert examine(fresh, {}, scene).problems == []
    assert not (tmp_path / "fresh").exists()


def test_verify_of_a_home_without_a_library_says_so_and_makes_nothing(tmp_path: Path) -> None:
    home = tmp_path / "mistyped"
    with pytest.raises(NoLibrary, match="no library"):
        doctor.verify(Paths.of(home, {}), {})
    assert not home.exists()


def test_verify_says_that_the_library_is_gone(house: House) -> None:
    FAULTS["home.lost"](house)
    assert as_problem(house, "home.lost") in doctor.verify(house.paths, {}).problems


def test_verify_names_a_workspace_whose_mark_is_gone_and_checks_it_all_the_same(house: House) -> None:
    FAULTS["workspace.unmarked"](house)
    before = doctor.verify(house.paths, {})
    assert as_problem(house, "workspace.unmarked") in before.problems
    with closing(connect(house.database)) as connection:
        connection.execute("UPDATE meta SET value = x'01' WHERE key = 'incarnation'")
    assert "row.damaged" in {each.code for each in doctor.verify(house.paths, {}).problems}


def as_problem(house: House, code: str) -> Problem:
    """What doctor says of a fault, as verify says it."""
    told = next(each for each in examine(house.paths, {}, house.scene).problems if each.code == code)
    return Problem(code=code, what=told.what, where=told.where, remedy=told.remedy, params=told.params)
