"""A check of a folder: what it may not look at is said to be that, and not damage."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from identity.keys import verify
from library.care.care import verify_folder
from library.surroundings import Surroundings
from library.workspace import DATABASE
from tests.library.house import open_library


async def test_part_that_cannot_be_read_is_named_as_people_call_it(tmp_path: Path) -> None:
    async with open_library(tmp_path / "home"):
        pass
    with closing(sqlite3.connect(tmp_path / "home" / DATABASE)) as connection:
        connection.execute("DROP TABLE blob")
    check = verify_folder(tmp_path / "home", Surroundings(), verify, False, False)
    where = {each.where for each in check.problems if each.code == "store.unreadable"}
    assert where == {f"{DATABASE}, {part}" for part in ("rows", "references", "blobs")}


async def test_database_that_may_not_be_read_is_not_called_damaged(guest: None) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "home"
        async with open_library(folder):
            pass
        (folder / DATABASE).chmod(0)
        check = verify_folder(folder, Surroundings(), verify, False, False)
        assert [(each.code, each.where) for each in check.problems] == [("store.forbidden", str(folder / DATABASE))]
        (folder / DATABASE).chmod(0o600)
        assert verify_folder(folder, Surroundings(), verify, False, False).problems == []
