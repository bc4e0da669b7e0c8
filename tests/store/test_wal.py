"""SQLite's log as kills, power cuts and bad disks leave it: what was committed and cannot be read is counted."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from store.database import Database
from store.errors import StoreDamaged
from store.wal import FRAME, HEADER, Lost, lost

PAGE = 4096
NAMES = ("a.sqlite", "a.sqlite-wal", "a.sqlite-shm")


class Log:
    """A database that was killed: twenty transactions of a page or more each, none of them folded in."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / "a.sqlite"
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA wal_autocheckpoint=0")
            connection.execute("CREATE TABLE t(x)")
            for number in range(20):
                connection.execute("INSERT INTO t VALUES(?)", (random.Random(number).randbytes(3000),))
            self.shapes = {name: (folder / name).read_bytes() for name in NAMES}
            connection.execute("BEGIN")
            connection.execute("PRAGMA cache_size=2")
            connection.execute("PRAGMA cache_spill=1")
            for number in range(60):
                connection.execute("INSERT INTO t VALUES(?)", (random.Random(number).randbytes(3000),))
            self.spilt = {name: (folder / name).read_bytes() for name in NAMES}
            connection.execute("ROLLBACK")
        self.lay(self.shapes)

    def lay(self, files: dict[str, bytes]) -> None:
        for name in NAMES:
            (self.folder / name).unlink(missing_ok=True)
        for name, data in files.items():
            (self.folder / name).write_bytes(data)

    @property
    def log(self) -> Path:
        return self.folder / "a.sqlite-wal"

    def flip(self, place: int) -> None:
        data = bytearray(self.log.read_bytes())
        data[place] ^= 1
        self.log.write_bytes(data)

    @property
    def frames(self) -> int:
        return (self.log.stat().st_size - HEADER) // (FRAME + PAGE)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    yield Log(tmp_path)


def rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM t").fetchone()[0])


def test_whole_log_has_lost_nothing(log: Log) -> None:
    assert lost(log.path) is None
    (log.folder / "a.sqlite-shm").unlink()
    assert lost(log.path) is None
    assert rows(log.path) == 20
    assert lost(log.path) is None


def test_transaction_under_way_is_no_loss(log: Log) -> None:
    log.lay(log.spilt)
    assert log.frames > 60
    assert lost(log.path) is None
    log.flip(HEADER + (log.frames - 3) * (FRAME + PAGE) + 100)
    assert lost(log.path) is None


@pytest.mark.parametrize("index", [True, False])
def test_damage_in_the_middle_is_a_loss_also_when_somebody_read_since(log: Log, index: bool) -> None:
    if not index:
        (log.folder / "a.sqlite-shm").unlink()
    log.flip(HEADER + (log.frames // 2) * (FRAME + PAGE) + 100)
    found = lost(log.path)
    assert found is not None and found.certain and found.frames > 5
    copy = log.folder / "copy"
    copy.mkdir()
    for name in NAMES:
        if (log.folder / name).exists():
            shutil.copy(log.folder / name, copy)
    with closing(sqlite3.connect(f"{(copy / 'a.sqlite').as_uri()}?mode=ro", uri=True)) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone()[0] < 20  # SQLite says nothing
        again = lost(copy / "a.sqlite")
        assert again is not None and again.certain


def test_torn_end_is_only_perhaps_a_loss(log: Log) -> None:
    (log.folder / "a.sqlite-shm").unlink()
    log.flip(log.log.stat().st_size - 1)
    found = lost(log.path)
    assert found is not None and not found.certain


def test_index_from_before_a_power_cut_does_not_alarm(log: Log, tmp_path: Path) -> None:
    (tmp_path / "early").mkdir()
    early = Log(tmp_path / "early")
    with closing(sqlite3.connect(early.path, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint=0")
        stale = (early.folder / "a.sqlite-shm").read_bytes()
        for _ in range(5):
            connection.execute("INSERT INTO t VALUES(zeroblob(3000))")
        files = {name: (early.folder / name).read_bytes() for name in NAMES}
    early.lay({**files, "a.sqlite-shm": stale})
    assert lost(early.path) is None


def test_log_that_is_gone_cut_or_without_its_beginning(log: Log) -> None:
    log.log.unlink()
    assert lost(log.path) == Lost(len(log.shapes["a.sqlite-wal"]) // (FRAME + PAGE), True)
    log.lay(log.shapes)
    log.log.write_bytes(log.shapes["a.sqlite-wal"][: HEADER + 5 * (FRAME + PAGE)])
    assert lost(log.path) is not None
    log.lay(log.shapes)
    log.flip(3)
    assert lost(log.path) is not None


async def test_damaged_log_is_not_opened_in_silence(log: Log) -> None:
    log.flip(HEADER + FRAME + 100)
    with pytest.raises(StoreDamaged, match="cannot be read"):
        async with Database(log.path):
            raise AssertionError("it was opened")
    assert log.frames > 0
