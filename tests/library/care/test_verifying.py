"""A check of a folder: what it may not look at is said to be that, and not damage."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from documents.segment import BlobEntry
from identity.keys import verify
from library.care.care import verify_folder
from library.replica.receiving import receive
from library.schema import STEPS
from library.surroundings import Surroundings
from library.workspace import DATABASE
from tests.library.house import open_library
from tests.library.patched import Patched
from tests.library.studio import Studio
from tests.make_home import HOMES, unpack


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


def test_an_older_library_is_said_to_be_that_and_its_log_is_checked_all_the_same(tmp_path: Path) -> None:
    unpack(HOMES / "0.1.0.tar.xz", tmp_path / "data")
    (folder,) = (tmp_path / "data" / "workspaces").iterdir()
    check = verify_folder(folder, Surroundings(), verify, False, True)
    assert [each.code for each in check.problems] == ["store.older"]
    with closing(sqlite3.connect(folder / DATABASE)) as connection, connection:
        connection.execute("UPDATE segment SET raw = CAST(raw || x'00' AS BLOB) WHERE id = 2")
    check = verify_folder(folder, Surroundings(), verify, False, False)
    assert {each.code for each in check.problems} >= {"store.older", "segment.unreadable"}


async def test_a_newer_library_is_left_to_a_newer_program(tmp_path: Path) -> None:
    async with open_library(tmp_path / "home"):
        pass
    with closing(sqlite3.connect(tmp_path / "home" / DATABASE)) as connection:
        connection.execute(f"PRAGMA user_version={len(STEPS) + 1}")
    check = verify_folder(tmp_path / "home", Surroundings(), verify, False, False)
    assert [each.code for each in check.problems] == ["store.version"]


async def test_other_size_of_a_picture_that_somebody_else_tells_is_no_damage(studio: Studio) -> None:
    alice, viewer, _ = await studio.trio()
    asset = await studio.share("viewer", "editor")
    blob = bytes.fromhex((await alice.assets.show(asset)).asset.sha256)
    told = Patched(viewer).sign([BlobEntry(blob, 1 << 20, "image/gif", "original")])
    assert (await receive(alice.workspace, [told.raw], verify)).held == 1
    assert (await alice.care.verify()).problems == []


async def test_segments_that_can_never_be_held_are_no_damage(studio: Studio) -> None:
    alice, viewer, _ = await studio.trio()
    await studio.share("viewer", "editor")
    liar = Patched(viewer)
    ahead, liar._incarnation = liar.sign([], clock=1 << 40), b"q" * 16
    begun = liar.sign([], clock=1)
    liar._seq += 5
    gap = liar.sign([], clock=2)
    received = await receive(alice.workspace, [each.raw for each in (ahead, begun, gap)], verify)
    assert received.waiting >= 2
    assert (await alice.care.verify()).problems == []
