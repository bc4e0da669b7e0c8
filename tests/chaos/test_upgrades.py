"""Upgrades that are killed at every statement, and programs that are older than their library."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from library.schema import STEPS
from store.database import connect
from store.errors import StoreTooNew
from store.files import DiskFiles
from store.migrations import migrate, version_of
from tests.daemonhouse import gesso, running_daemon
from tests.tree import ROOT

pytestmark = pytest.mark.process

OLD = (
    "CREATE TABLE picture(id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    "INSERT INTO picture(name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<500)"
    " SELECT 'picture ' || i FROM n",
)
NEW = (
    "ALTER TABLE picture ADD COLUMN rating INTEGER NOT NULL DEFAULT 0",
    "UPDATE picture SET rating = id % 6",
    "CREATE TABLE word(word TEXT PRIMARY KEY) WITHOUT ROWID",
    "INSERT INTO word SELECT DISTINCT name FROM picture",
    "CREATE INDEX picture_rating ON picture(rating)",
)
NEWER = ("CREATE TABLE label(name TEXT)", "DROP INDEX picture_rating")
# Ends by SIGKILL before the n-th statement that SQLite runs, or after the n-th thousand of its own steps.
UPGRADE = """
import os, signal, sys
from pathlib import Path
from store.database import WRITER_SETTINGS, connect
from store.files import DiskFiles
from store.migrations import migrate
from tests.chaos.test_upgrades import NEW, NEWER, OLD
folder, how, left = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
connection = connect(folder / "library.sqlite")
for statement in WRITER_SETTINGS:
    connection.execute(statement)
def count(*_):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return 0
if how == "statement":
    connection.set_trace_callback(count)
else:
    connection.set_progress_handler(count, 200)
migrate(connection, (OLD, NEW, NEWER), folder / "before.sqlite", DiskFiles())
print("done")
"""


@pytest.fixture
def old(tmp_path: Path) -> bytes:
    """The file that the first version left."""
    path = tmp_path / "old.sqlite"
    with closing(connect(path)) as connection:
        migrate(connection, (OLD,), tmp_path / "none", DiskFiles())
    return path.read_bytes()


def killed_upgrades(tmp_path: Path, old: bytes, how: str) -> Iterator[Path]:
    """The folder after each kill, until an upgrade comes through."""
    for count in range(1000):
        folder = tmp_path / f"{how}{count}"
        folder.mkdir()
        (folder / "library.sqlite").write_bytes(old)
        command = [sys.executable, "-c", UPGRADE, str(folder), how, str(count)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            assert done.stdout == "done\n" and count > 5
            return
        assert done.returncode == -signal.SIGKILL, done.stderr
        yield folder
    raise AssertionError("the upgrade never came to its end")


def contents(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    return connection.execute("SELECT id, name FROM picture ORDER BY id").fetchall()


@pytest.mark.parametrize("how", ["statement", "step"])
def test_upgrade_killed_anywhere_leaves_the_version_before_or_after(tmp_path: Path, old: bytes, how: str) -> None:
    before = [(number, f"picture {number}") for number in range(1, 501)]
    seen = set()
    for folder in killed_upgrades(tmp_path, old, how):
        with closing(connect(folder / "library.sqlite")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            version = version_of(connection)
            seen.add(version)
            assert contents(connection) == before
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")}
            assert ("word" in tables, "label" in tables) == (version >= 2, version >= 3)
            if version > 1:
                with closing(connect(folder / "before.sqlite", read_only=True)) as copy:
                    assert (version_of(copy), contents(copy)) == (1, before)
                with pytest.raises(StoreTooNew):
                    migrate(connection, (OLD,), folder / "none", DiskFiles())
            migrate(connection, (OLD, NEW, NEWER), folder / "before.sqlite", DiskFiles())
            assert version_of(connection) == 3 and contents(connection) == before
            assert connection.execute("SELECT sum(rating) FROM picture").fetchone() == (sum(n % 6 for n in range(501)),)
    assert {1, 2} <= seen or how == "step"


def test_older_program_says_politely_that_it_is_too_old(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running_daemon(home):
        pass
    (database,) = home.glob("data/**/library.sqlite")
    with closing(connect(database)) as connection:
        connection.execute(f"PRAGMA user_version={len(STEPS) + 1}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = database.read_bytes()
    with running_daemon(home):  # another workspace might be fit for it
        english = gesso(home, "search")
        assert english.code == 4 and "a newer Gesso" in english.err and "Traceback" not in english.err
        chinese = gesso(home, "search", LANG="zh_TW.UTF-8")
        assert (chinese.code, "較新的 Gesso" in chinese.err, "請升級" in chinese.err) == (4, True, True), chinese
        assert "newer Gesso" in gesso(home, "status").out
    for verb in ("verify", "doctor"):
        assert gesso(home, verb).code == 4
    assert database.read_bytes() == before
    with closing(connect(database)) as connection:
        connection.execute(f"PRAGMA user_version={len(STEPS)}")
    assert gesso(home, "verify").code == 0
