"""`kill -9` while pictures come in, are edited, rebuilt, watched, backed up: what was acknowledged is there, whole."""

from __future__ import annotations

import asyncio
import hashlib
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from identity.keys import verify
from library.events import Bus
from library.export.backing import MANIFEST
from library.export.exported import EXPORT, UNFINISHED
from library.export.fetching import check_blobs
from library.export.reimporting import read_any
from library.export.restoring import read_backup
from library.surroundings import Surroundings
from library.tasks import Tasks, no_progress
from library.workspaces import Workspaces
from tests.chaos.acknowledged import Client, has, watch
from tests.chaos.daemons import Daemon
from tests.daemonhouse import gesso
from tests.library.house import look

pytestmark = pytest.mark.process

SHORT, LONG, CHUNK = 30, 1000, 5
WAIT_SECONDS = 60


class Life:
    """A daemon, its client, and what else goes on while it is killed."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.chance = random.Random(seed)
        self.daemon = Daemon(folder / "home")
        self.client = Client(self.daemon, self.chance)
        self.dropped: list[str] = []
        (folder / "late").mkdir(parents=True)
        (folder / "watched").mkdir()

    def imports(self) -> None:
        """A dozen files at once, nobody waits for."""
        paths = [self.folder / "late" / f"late{self.client.pictures + number}.png" for number in range(12)]
        for path in paths:
            path.write_bytes(self.client.fresh())
        self.daemon.ask("POST", "/w/-/imports", {"paths": [str(path) for path in paths]})

    def rebuild(self) -> None:
        self.daemon.ask("POST", "/w/-/rebuild", {})

    def backup(self) -> None:
        self.daemon.ask("POST", "/w/-/backup", {"path": str(self.folder / "backup")})

    def export(self) -> None:
        self.daemon.ask("POST", "/w/-/export", {"path": str(self.folder / "export"), "everything": True})

    def drop(self) -> None:
        """Files into the watched folder."""
        for _ in range(3):
            data = self.client.fresh()
            name = f"dropped{self.client.pictures}.png"
            (self.folder / "watched" / name).write_bytes(data)
            self.dropped.append(name)

    def work_and_kill(self) -> None:
        """The client works in one thread, something long is under way, and the daemon dies at a random moment."""
        long = (self.imports, self.rebuild, self.backup, self.export, self.drop)
        beside: Callable[[], None] = self.chance.choice(long)
        answers, pause = self.chance.randrange(12), self.chance.uniform(0, 0.06)
        enough = threading.Event()
        thread = threading.Thread(target=self._work, args=[answers, enough])
        beside()
        thread.start()
        enough.wait(WAIT_SECONDS)
        time.sleep(pause)
        self.daemon.kill()
        thread.join()

    def _work(self, answers: int, enough: threading.Event) -> None:
        """Go on until the daemon is gone; `enough` tells that so many answers came."""
        if answers == 0:
            enough.set()
        while self.client.step():
            answers -= 1
            if answers <= 0:
                enough.set()

    def check_backup(self) -> None:
        """A folder that says it is a backup is one."""
        if not (self.folder / "backup" / MANIFEST).exists():
            return
        backup = read_backup(self.folder / "backup", verify)
        for line in backup.blobs:
            name = line.hash.hex()
            data = (self.folder / "backup" / "blobs" / name[:2] / name[2:]).read_bytes()
            assert hashlib.sha256(data).digest() == line.hash

    def check_blobs(self) -> None:
        """A start leaves no blob without a row: of an import that was cut off nothing remains, of the others all."""
        rows, files = asyncio.run(blobs_after_a_start(self.daemon.home / "data"))
        assert rows == files

    def check_export(self) -> None:
        """A folder with a manifest can be taken in, whatever became of later runs; one without says why not."""
        folder = self.folder / "export"
        if (folder / EXPORT).exists():
            lacking = check_blobs(read_any(folder, verify), no_progress).problems
            assert [each for each in lacking if each.code in ("export.missing", "export.changed")] == []
        elif folder.exists() and any((folder / "log").glob("*")):
            assert (folder / UNFINISHED).exists()

    def complete_export(self) -> None:
        """What was cut off however often is made whole by one more run, with nothing to complain of."""
        done = gesso(self.daemon.home, "export", str(self.folder / "export"), "--everything", "--json")
        assert done.code == 0, done.out + done.err
        assert check_blobs(read_any(self.folder / "export", verify), no_progress).problems == []

    def check_watched(self) -> None:
        """What lay in the watched folder comes in, also when the daemon died over it."""
        until = time.monotonic() + WAIT_SECONDS
        while missing := [name for name in self.dropped if not has(self.daemon, name)]:
            assert time.monotonic() < until, missing
            time.sleep(0.1)

    def end(self) -> None:
        if self.daemon.process is not None:
            self.daemon.kill()


async def blobs_after_a_start(data: Path) -> tuple[set[bytes], set[bytes]]:
    """Hashes that the rows have here, and those on the disk. Nobody imports: no folder is followed."""
    around, bus = Surroundings(), Bus()
    async with Workspaces(data, around, look, bus, Tasks(bus, around.random)) as workspaces:
        workspace = workspaces.get("-").workspace
        rows = await workspace.database.read(
            lambda connection: {hash for (hash,) in connection.execute("SELECT hash FROM blob WHERE here=1")}
        )
        return rows, set(workspace.blobs.all())


def run(folder: Path, seed: int, kills: int) -> None:
    life = Life(folder, seed)
    try:
        for _ in range(kills):
            life.daemon.start()
            watch(life.daemon, folder / "watched")
            life.client.check()
            life.work_and_kill()
            life.check_backup()
            life.check_blobs()
            life.check_export()
        checked = gesso(life.daemon.home, "verify", "--read-data")
        assert checked.code == 0, checked.out + checked.err
        life.daemon.start()
        life.client.check()
        life.check_watched()
        life.client.verify()
        life.complete_export()
        done = f"{kills} kills, {len(life.client.ratings)} pictures acknowledged, {len(life.dropped)} dropped"
        print(f"{done}; slowest start {life.daemon.slowest:.2f} s")
    finally:
        life.end()


@pytest.mark.parametrize("seed", range(SHORT // CHUNK))
def test_nothing_acknowledged_is_lost_by_a_kill(tmp_path: Path, seed: int) -> None:
    run(tmp_path, seed, CHUNK)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 100 + LONG // CHUNK))
def test_nothing_acknowledged_is_lost_by_a_thousand_kills(tmp_path: Path, seed: int) -> None:
    run(tmp_path, seed, CHUNK)
