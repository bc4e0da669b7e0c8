"""Backup and restore, export, and the library as of a moment."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from identity.keys import verify
from library.care.verifying import Place
from library.care.verifying import verify as check_all
from library.errors import Clash, Damaged, DiskFull, NotFound, ReadOnly
from library.models import AssetChange, ProjectChange
from library.replica.receiving import receive
from tests.chaos.stored import stray_segment
from tests.library.house import HandClock, device, open_library, picture
from tests.library.studio import segments


async def test_a_backup_becomes_the_same_workspace_on_another_machine(tmp_path: Path) -> None:
    for name in ("a.png", "0.png"):
        (tmp_path / name).write_bytes(picture((9, 9, 9)))
    async with device(tmp_path / "alice", 1) as alice:
        library = alice.get("-")
        asset = (await library.ingest.import_paths([tmp_path / "a.png"])).assets[0]
        await library.ingest.import_paths([tmp_path / "0.png"])
        await library.assets.edit_one(asset, AssetChange(title="貓", rating=3))
        told = await library.care.backup(tmp_path / "backup")
        await library.assets.edit_one(asset, AssetChange(note="later"))
        again = await library.care.backup(tmp_path / "backup")
        assert again["digest"] != told["digest"]
    async with device(tmp_path / "bob", 2) as bob:
        info = await bob.bring_in(tmp_path / "backup")
        restored = bob.get(info.id)
        assert (await restored.care.digest()).digest == again["digest"]
        detail = await restored.assets.show(asset)
        assert (detail.asset.name, detail.asset.rating, detail.note) == ("貓", 3, "later")
        assert (detail.versions[0].name, detail.sources) == ("a.png", ["0.png", "a.png"])
        assert restored.blob(detail.asset.sha256).path.read_bytes() == (tmp_path / "a.png").read_bytes()
        assert (await restored.care.verify(read_data=True)).problems == []
        with pytest.raises(Clash):
            await bob.bring_in(tmp_path / "backup")


async def test_a_damaged_backup_is_refused_and_leaves_no_workspace(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture((9, 9, 9)))
    async with device(tmp_path / "alice", 1) as alice:
        await alice.get("-").ingest.import_paths([tmp_path / "a.png"])
        await alice.get("-").care.backup(tmp_path / "backup")
    blob = next(path for path in (tmp_path / "backup" / "blobs").rglob("*") if path.is_file())
    blob.write_bytes(b"x" + blob.read_bytes()[1:])
    async with device(tmp_path / "bob", 2) as bob:
        with pytest.raises(Damaged):
            await bob.bring_in(tmp_path / "backup")
        with pytest.raises(NotFound):
            await bob.bring_in(tmp_path / "nothing")
    async with device(tmp_path / "bob", 3) as bob:
        assert len(bob.list()) == 1


async def test_what_is_damaged_or_gone_is_put_back_from_a_backup(tmp_path: Path) -> None:
    for index in range(3):
        (tmp_path / f"{index}.png").write_bytes(picture((index, 9, 9)))
    async with device(tmp_path / "alice", 1) as alice:
        library = alice.get("-")
        assets = (await library.ingest.import_paths([tmp_path / f"{index}.png" for index in range(3)])).assets
        await library.care.backup(tmp_path / "backup")
        await library.assets.edit_one(assets[0], AssetChange(rating=5))
        for index in range(3):
            (tmp_path / f"{index}.png").unlink()
        one, other, _ = [library.blob(item.sha256).path for item in (await library.search.page("")).items]
        one.write_bytes(b"x" + one.read_bytes()[1:])
        other.unlink()
        codes = sorted(each.code for each in (await library.care.verify(read_data=True)).problems)
        assert codes == ["blob.damaged", "blob.missing"]
        await alice.bring_in(tmp_path / "backup")
        assert (await library.care.verify(read_data=True)).problems == []
        assert (await library.assets.show(assets[0])).asset.rating == 5
        with pytest.raises(Clash):
            await alice.bring_in(tmp_path / "backup")


async def test_originals_kept_in_place_are_not_put_back_while_they_are_there(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(4):
        (folder / f"{index}.png").write_bytes(picture((index, 9, 9)))
    hashes = [hashlib.sha256((folder / f"{index}.png").read_bytes()).digest() for index in range(4)]
    async with device(tmp_path / "alice", 1) as alice:
        library = alice.get("-")
        await library.ingest.import_paths([folder], reference=True)
        await library.everything.export(tmp_path / "export")
        before = set(library.workspace.blobs.all())
        with pytest.raises(Clash):  # there is nothing to put back
            await alice.bring_in(tmp_path / "export")
        assert set(library.workspace.blobs.all()) == before
        (folder / "1.png").unlink()
        (folder / "2.png").write_bytes(picture((9, 9, 9)))
        assert (await alice.bring_in(tmp_path / "export")).put_back == 2
        assert set(library.workspace.blobs.all()) == before | {hashes[1], hashes[2]}


@pytest.mark.process
async def test_verify_says_where_the_same_bytes_still_lie(tmp_path: Path) -> None:
    (tmp_path / "my cat's.png").write_bytes(picture((9, 9, 9)))
    async with open_library(tmp_path / "home") as library:
        await library.ingest.import_paths([tmp_path / "my cat's.png"])
        place = library.blob((await library.search.page("")).items[0].sha256).path
        place.write_bytes(b"damaged")
        (problem,) = (await library.care.verify(read_data=True)).problems
        assert problem.code == "blob.copy"
        await asyncio.to_thread(subprocess.run, ["/bin/sh", "-c", problem.remedy.partition(": ")[2]], check=True)
        assert (await library.care.verify(read_data=True)).problems == []


async def test_segments_that_wait_are_kept_by_a_backup_and_wait_on(tmp_path: Path) -> None:
    async with device(tmp_path / "alice", 1) as alice:
        workspace = alice.get("-").workspace
        await receive(workspace, [stray_segment(workspace.id)], verify)
        await alice.get("-").care.backup(tmp_path / "backup")
    async with device(tmp_path / "bob", 2) as bob:
        restored = bob.get((await bob.bring_in(tmp_path / "backup")).id)
        assert (await restored.care.verify()).problems == []
        states = await restored.workspace.database.read(
            lambda connection: connection.execute("SELECT state, count(*) FROM segment GROUP BY state").fetchall()
        )
        assert states == [(0, 1), (1, 1)]


async def test_restored_device_goes_on_under_a_new_incarnation(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture((9, 9, 9)))
    async with device(tmp_path / "alice", 1) as alice:
        asset = (await alice.get("-").ingest.import_paths([tmp_path / "a.png"])).assets[0]
        await alice.get("-").care.backup(tmp_path / "backup")
        before = alice.get("-").workspace.log.position.incarnation
    shutil.copytree(tmp_path / "alice", tmp_path / "lost")
    (tmp_path / "lost" / "device.key").unlink()
    async with device(tmp_path / "lost", 7) as lost, device(tmp_path / "bob", 2) as bob:
        restored = bob.get((await bob.bring_in(tmp_path / "backup")).id)
        for library in (restored, lost.get("-")):
            await library.assets.edit_one(asset, AssetChange(title="later"))
            position = library.workspace.log.position
            assert (position.seq, position.incarnation == before) == (1, False)
            assert (await library.care.verify(read_data=True)).problems == []
            assert [entry.intent for entry in (await library.assets.show(asset)).history] == [
                "asset.title",
                "asset.import",
            ]


async def test_what_a_restored_device_writes_counts_on_the_device_that_made_the_backup(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture((9, 9, 9)))
    async with device(tmp_path / "alice", 1) as alice, device(tmp_path / "bob", 2) as bob:
        library = alice.get("-")
        asset = (await library.ingest.import_paths([tmp_path / "a.png"])).assets[0]
        await library.care.backup(tmp_path / "backup")
        restored = bob.get((await bob.bring_in(tmp_path / "backup")).id)
        assert restored.info().role == "admin"
        assert (await restored.care.digest()).digest == (await library.care.digest()).digest
        await restored.assets.edit_one(asset, AssetChange(rating=4))
        await receive(library.workspace, await segments(restored), verify)
        assert (await library.assets.show(asset)).asset.rating == 4
        assert (await restored.care.digest()).digest == (await library.care.digest()).digest


async def test_backup_without_its_recovery_key_can_be_read_and_not_edited(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture((9, 9, 9)))
    async with device(tmp_path / "alice", 1) as alice, device(tmp_path / "bob", 2) as bob:
        asset = (await alice.get("-").ingest.import_paths([tmp_path / "a.png"])).assets[0]
        await alice.get("-").care.backup(tmp_path / "backup")
        (tmp_path / "backup" / "recovery.key").unlink()
        restored = bob.get((await bob.bring_in(tmp_path / "backup")).id)
        assert restored.info().role == "none"
        with pytest.raises(ReadOnly):
            await restored.assets.edit_one(asset, AssetChange(rating=4))
        assert (await restored.assets.show(asset)).asset.rating == 0


async def test_exported_files_are_the_originals_under_names_that_every_system_takes(tmp_path: Path) -> None:
    for index, name in enumerate(("a.png", "A.PNG")):
        (tmp_path / str(index)).mkdir()
        (tmp_path / str(index) / name).write_bytes(picture((index, 9, 9)))
    (tmp_path / "b.png").write_bytes(picture((7, 7, 7)))
    async with open_library(tmp_path / "home") as library:
        report = await library.ingest.import_paths([tmp_path / "0", tmp_path / "1", tmp_path / "b.png"])
        await library.assets.edit_one(report.assets[2], AssetChange(title="CON/貓?"))
        told = await library.care.export(tmp_path / "out")
    assert told["written"] == 3 and told["failed"] == []
    names = sorted(path.name for path in (tmp_path / "out").iterdir() if path.suffix != ".json")
    assert names == ["A (2).png", "CON_貓_.png", "a.png"] or names == ["A.png", "CON_貓_.png", "a (2).png"]
    assert (tmp_path / "out" / "CON_貓_.png").read_bytes() == (tmp_path / "b.png").read_bytes()


async def test_originals_kept_in_place_are_exported_too_and_what_is_not_there_is_told(tmp_path: Path) -> None:
    for index in range(2):
        (tmp_path / f"{index}.png").write_bytes(picture((index, 9, 9)))
    async with open_library(tmp_path / "home") as library:
        report = await library.ingest.import_paths([tmp_path / "0.png", tmp_path / "1.png"], reference=True)
        await library.assets.edit_one(report.assets[0], AssetChange(title="貓" * 200))
        (tmp_path / "1.png").write_bytes(b"something else")
        told = await library.care.export(tmp_path / "out")
        assert (told["written"], [each["asset"] for each in told["failed"]]) == (1, [report.assets[1]])
    (written,) = (path for path in (tmp_path / "out").iterdir() if path.suffix == ".png")
    assert written.read_bytes() == (tmp_path / "0.png").read_bytes()
    assert written.name.startswith("貓貓") and len(f"{written.name}.json".encode()) <= 255


async def test_a_project_and_the_library_are_seen_and_restored_as_of_a_checkpoint(tmp_path: Path) -> None:
    for index in range(3):
        (tmp_path / f"p{index}.png").write_bytes(picture((index, 9, 9)))
    clock = HandClock()
    async with open_library(tmp_path / "home", clock=clock) as library:
        assets = (await library.ingest.import_paths([tmp_path / "p0.png", tmp_path / "p1.png"])).assets
        project = await library.projects.create("one")
        await library.assets.edit(assets, AssetChange(add_projects=[project.id], rating=2))
        checkpoint = await library.checkpoints.create("before")
        clock.time += 60_000
        await library.ingest.import_paths([tmp_path / "p2.png"])
        await library.projects.edit(project.id, ProjectChange(name="two", brief="new"))
        await library.assets.edit(assets[:1], AssetChange(remove_projects=[project.id], rating=5))
        for when in ("before", checkpoint.id, "2026-09-21T14:14:00+00:00"):
            then = await library.search.page("", at=when)
            assert (then.total, {item.rating for item in then.items}) == (2, {2}), when
            assert (await library.projects.at(project.id, when)).name == "one"
            assert (await library.search.page(f"project:{project.id}", at=when)).total == 2
            assert (await library.assets.show(assets[0], at=when)).asset.rating == 2
        assert (await library.search.page("")).total == 3
        restored = await library.projects.restore(project.id, "before")
        shown = await library.projects.show(project.id)
        assert (shown.name, shown.brief, shown.assets) == ("one", "", 2)
        await library.history.undo(restored.action)
        shown = await library.projects.show(project.id)
        assert (shown.name, shown.brief, shown.assets) == ("two", "new", 1)
        with pytest.raises(NotFound):
            await library.search.page("", at="nonsense")
        library.checkpoints.close()


async def test_a_picture_is_written_as_an_action_left_it(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture((9, 9, 9)))
    async with open_library(tmp_path / "home") as library:
        asset = (await library.ingest.import_paths([tmp_path / "a.png"])).assets[0]
        first = await library.assets.edit_one(asset, AssetChange(title="one", add_tags=["x"]))
        await library.assets.edit_one(asset, AssetChange(title="two", remove_tags=["x"], add_tags=["y"], note="n"))
        await library.assets.restore(asset, action=first.action)
        detail = await library.assets.show(asset)
        assert (detail.asset.title, detail.asset.tags, detail.note) == ("one", ["x"], "")
        assert detail.history[0].intent == "asset.restore"


async def test_library_is_found_sound_while_it_is_written(tmp_path: Path) -> None:
    for index in range(40):
        (tmp_path / f"{index}.png").write_bytes(picture((index, 9, 9)))
    async with open_library(tmp_path / "home") as library:
        assets = (await library.ingest.import_paths([tmp_path / "0.png"])).assets

        async def work() -> None:
            for index in range(1, 40):
                await library.ingest.import_paths([tmp_path / f"{index}.png"])
                await library.assets.edit_one(assets[0], AssetChange(title=f"title {index}", add_tags=[f"t{index}"]))

        working = asyncio.create_task(work())
        checks = 0
        while not working.done():
            assert (await library.care.verify(read_data=True)).problems == []
            checks += 1
        await working
    assert checks > 1


async def test_no_room_to_check_is_not_called_damage(tmp_path: Path) -> None:
    async with open_library(tmp_path / "home") as library:
        full = sqlite3.OperationalError("database or disk is full")
        full.sqlite_errorcode = sqlite3.SQLITE_FULL
        place = Place(library.workspace.folder, library.workspace.blobs, verify, Fails(full), 0)
        with pytest.raises(DiskFull):
            check_all(place)
        other = Place(library.workspace.folder, library.workspace.blobs, verify, Fails(ValueError("odd")), 0)
        assert [each.code for each in check_all(other).problems][:1] == ["store.unreadable"]


class Fails:
    """A rebuild that ends with an error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __call__(self, connection: object, progress: object) -> None:
        raise self._error
