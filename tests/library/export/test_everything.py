"""Full export: an open folder that holds everything, and from which the same workspace comes back."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from imaging.inspection import Facts, Inspection, InspectJob, Rejection
from library.catalog import Library
from library.errors import Damaged, Invalid
from library.export.exported import UNFINISHED, ExportManifest, Line
from library.export.sidecars import Sidecar, SidecarEntry, SidecarProject, SidecarVersion
from library.models import AssetChange, Restored
from library.workspaces import Workspaces
from tests.library.house import device, look, open_library, picture
from tests.tree import ROOT


def files_of(folder: Path) -> dict[str, int]:
    """Every file below a folder that is the person's to look at, with its inode."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.stat().st_ino
        for path in found
        if path.relative_to(folder).parts[0] in ("pictures", "bin")
    }


async def told_of(library: Library) -> dict[str, Any]:
    """All values of a workspace, but for what is each device's own: where bytes lie, and what devices are called."""
    ids = [item.id for q in ("", "is:binned") for item in (await library.search.page(q, limit=200)).items]
    pictures = {}
    for id in ids:
        detail = await library.assets.show(id)
        history = [(each.action, each.intent, each.params, each.undone) for each in detail.history]
        versions = [(each.id, each.parent, each.current, each.created_at) for each in detail.versions]
        facts = (detail.note, detail.sources, detail.facts, detail.conflicts)
        told = [name for name in detail.asset.__struct_fields__ if name not in ("state", "sync")]
        asset = {name: getattr(detail.asset, name) for name in told}
        pictures[id] = (asset, facts, versions, history)
    moments = [(each.id, each.name, each.when) for each in await library.checkpoints.list()]
    return {"pictures": pictures, "projects": await library.projects.list(), "moments": moments}


async def assert_same(library: Library, restored: Library) -> None:
    assert (await restored.care.digest()).digest == (await library.care.digest()).digest
    assert await told_of(restored) == await told_of(library)
    assert (await restored.care.verify(read_data=True)).problems == []


async def one_picture(here: Workspaces, folder: Path, color: int = 9) -> tuple[Library, str]:
    (folder / "a.png").write_bytes(picture((color, 9, 9)))
    library = here.get("-")
    return library, (await library.ingest.import_paths([folder / "a.png"])).assets[0]


async def restored_of(home: Path, folder: Path, **wish: bool) -> Restored:
    async with device(home, 7) as opened:
        return await opened.bring_in(folder, **wish)


async def test_a_full_export_becomes_the_same_workspace_on_another_machine(tmp_path: Path) -> None:
    (tmp_path / "貓.png").write_bytes(picture((9, 9, 9)))
    async with device(tmp_path / "alice", 1) as here, device(tmp_path / "bob", 2) as bob:
        library = here.get("-")
        asset = (await library.ingest.import_paths([tmp_path / "貓.png"])).assets[0]
        (tmp_path / "貓.png").write_bytes(picture((9, 9, 10)))
        await library.ingest.import_paths([tmp_path / "貓.png"])
        project = await library.projects.create("海報 🐈")
        await library.assets.edit_one(asset, AssetChange(rating=3, note="給客戶 👩‍🚀", add_projects=[project.id]))
        told = await library.everything.export(tmp_path / "out")
        assert (told.pictures, told.problems) == (1, [])
        restored = bob.get((await bob.bring_in(tmp_path / "out")).id)
        await assert_same(library, restored)
        await restored.assets.edit_one(asset, AssetChange(rating=5))
        assert (await restored.care.verify(read_data=True)).problems == []
    folder = tmp_path / "out" / "pictures" / "海報 🐈"
    assert sorted(path.name for path in folder.iterdir()) == ["貓 (v1).png", "貓.json", "貓.png"]
    assert (folder / "貓.png").read_bytes() == picture((9, 9, 10))
    beside: dict[str, Any] = json.loads((folder / "貓.json").read_text())
    assert (beside["id"], beside["rating"], beside["note"]) == (asset, 3, "給客戶 👩‍🚀")
    assert [each["file"] for each in beside["versions"]] == ["貓 (v1).png", "貓.png"]
    assert [each["intent"] for each in beside["history"]] == ["asset.import", "asset.version", "asset.edit"]
    history = [json.loads(line) for line in (tmp_path / "out" / "history.jsonl").read_text().splitlines()]
    assert [each["intent"] for each in history][:2] == ["workspace.create", "asset.import"]
    about = json.loads((tmp_path / "out" / "workspace.json").read_text())
    assert [each["name"] for each in about["projects"]] == ["海報 🐈"]


async def test_picture_with_two_names_lies_under_its_first_and_comes_back_with_it(tmp_path: Path) -> None:
    async with device(tmp_path / "alice", 1) as here, device(tmp_path / "bob", 2) as bob:
        library = here.get("-")
        for name in ("fox.png", "a.png"):
            (tmp_path / name).write_bytes(picture((9, 9, 9)))
            await library.ingest.import_paths([tmp_path / name])
        (tmp_path / "a.png").write_bytes(picture((9, 9, 10)))
        (asset,) = (await library.ingest.import_paths([tmp_path / "a.png"])).assets
        await library.everything.export(tmp_path / "out")
        restored = bob.get((await bob.bring_in(tmp_path / "out")).id)
        await assert_same(library, restored)
        assert (await restored.assets.show(asset)).asset.name == "fox.png"
    files = {name.rpartition("/")[2]: tmp_path / "out" / name for name in files_of(tmp_path / "out")}
    assert sorted(files) == ["fox (v1).png", "fox.json", "fox.png"]
    beside: dict[str, Any] = json.loads(files["fox.json"].read_text())
    assert (beside["name"], beside["sources"]) == ("fox.png", ["a.png", "fox.png"])
    assert [each["name"] for each in beside["versions"]] == ["fox.png", "a.png"]


async def test_second_export_copies_only_what_is_new_and_touches_nothing_else(tmp_path: Path) -> None:
    async with device(tmp_path / "alice", 1) as here:
        library, _ = await one_picture(here, tmp_path)
        await library.everything.export(tmp_path / "out")
        before = files_of(tmp_path / "out")
        await library.everything.export(tmp_path / "out")
        assert files_of(tmp_path / "out") == before
        month = next((tmp_path / "out" / "pictures").iterdir())
        (month / "mine.txt").write_text("mine")
        (tmp_path / "out" / "pictures" / "mine too").mkdir()
        (tmp_path / "b.png").write_bytes(picture((1, 2, 3)))
        await library.ingest.import_paths([tmp_path / "b.png"])
        await library.everything.export(tmp_path / "out")
        after = files_of(tmp_path / "out")
        assert {name: after[name] for name in before} == before
        assert {Path(name).name for name in after.keys() - before.keys()} == {"mine.txt", "b.png", "b.json"}
        assert (tmp_path / "out" / "pictures" / "mine too").is_dir()
        assert not list((tmp_path / "out").rglob("*.new")) and not (tmp_path / "out" / UNFINISHED).exists()


async def test_renamed_and_binned_pictures_move_in_the_folder(tmp_path: Path) -> None:
    async with device(tmp_path / "alice", 1) as here:
        library, asset = await one_picture(here, tmp_path)
        await library.everything.export(tmp_path / "out")
        (before,) = (inode for name, inode in files_of(tmp_path / "out").items() if name.endswith(".png"))
        await library.assets.edit_one(asset, AssetChange(title="Neon"))
        await library.assets.bin([asset])
        await library.everything.export(tmp_path / "out")
        after = files_of(tmp_path / "out")
        assert sorted(re.sub("/.*/", "/", name) for name in after) == ["bin/Neon.json", "bin/Neon.png"]
        assert before in after.values()
        assert list((tmp_path / "out" / "pictures").iterdir()) == []


async def test_pictures_that_swapped_their_names_swap_their_files(tmp_path: Path) -> None:
    async with device(tmp_path / "alice", 1) as here, device(tmp_path / "bob", 2) as bob:
        library, one = await one_picture(here, tmp_path)
        (tmp_path / "b.png").write_bytes(picture((1, 2, 3)))
        (other,) = (await library.ingest.import_paths([tmp_path / "b.png"])).assets
        for first, second in ((one, other), (other, one)):
            await library.assets.edit_one(first, AssetChange(title="first"))
            await library.assets.edit_one(second, AssetChange(title="second"))
            await library.everything.export(tmp_path / "out")
        (place,) = (tmp_path / "out" / "pictures").rglob("first.png")
        assert place.read_bytes() == (tmp_path / "b.png").read_bytes()
        assert len(files_of(tmp_path / "out")) == 4
        await assert_same(library, bob.get((await bob.bring_in(tmp_path / "out")).id))


async def test_what_a_person_changed_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    async with device(tmp_path / "alice", 1) as here:
        library, _ = await one_picture(here, tmp_path)
        await library.everything.export(tmp_path / "out")
        (place,) = (tmp_path / "out").rglob("a.png")
        place.write_bytes(b"painted over")
        place.with_suffix(".json").write_text("my own notes")
        told = await library.everything.export(tmp_path / "out")
        assert place.read_bytes() == b"painted over"
        assert place.with_suffix(".json").read_text() == "my own notes"
        assert {problem.code for problem in told.problems} == {"export.kept"}
        assert place.with_name("a (2).png").read_bytes() == (tmp_path / "a.png").read_bytes()
        info = await restored_of(tmp_path / "bob", tmp_path / "out")
        assert [problem.code for problem in info.problems] == ["export.extra"]


async def test_exports_are_still_known_after_their_folder_was_copied(tmp_path: Path) -> None:
    async with device(tmp_path / "alice", 1) as here:
        library, asset = await one_picture(here, tmp_path)
        await library.everything.export(tmp_path / "out")
        shutil.copytree(tmp_path / "out", tmp_path / "copy", copy_function=shutil.copyfile)
        await library.assets.edit_one(asset, AssetChange(title="Neon"))
        told = await library.everything.export(tmp_path / "copy")
        assert told.problems == []
        assert sorted(Path(name).name for name in files_of(tmp_path / "copy")) == ["Neon.json", "Neon.png"]


async def test_offline_and_changed_originals_are_named(tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    drive.mkdir()
    for name, color in (("here", 1), ("away", 2), ("changed", 3)):
        (drive / name).mkdir()
        (drive / name / f"{name}.png").write_bytes(picture((color, 9, 9)))
    async with device(tmp_path / "alice", 1) as here:
        library = here.get("-")
        await library.ingest.import_paths([drive], reference=True)
        (drive / "changed" / "changed.png").write_bytes(picture((7, 7, 7)))
        (drive / "away").rename(tmp_path / "unplugged")
        told = await library.everything.export(tmp_path / "out")
        assert sorted((each.code, Path(each.where).name) for each in told.problems) == [
            ("export.gone", "changed.png"),
            ("export.offline", "away.png"),
        ]
        (beside,) = (tmp_path / "out").rglob("away.json")
        assert json.loads(beside.read_text())["versions"][0]["file"] is None
        info = await restored_of(tmp_path / "bob", tmp_path / "out")
        assert info.problems == []
        (tmp_path / "unplugged").rename(drive / "away")
        (drive / "changed" / "changed.png").write_bytes(picture((3, 9, 9)))
        assert (await library.everything.export(tmp_path / "out")).problems == []
        assert json.loads(beside.read_text())["versions"][0]["file"] == "away.png"


async def test_damaged_picture_is_named_and_kept_where_an_earlier_export_has_it(tmp_path: Path) -> None:
    async with device(tmp_path / "alice", 1) as here:
        library, asset = await one_picture(here, tmp_path)
        await library.everything.export(tmp_path / "out")
        sha256 = (await library.assets.show(asset)).asset.sha256
        library.blob(sha256).path.write_bytes(b"damaged")
        await library.assets.edit_one(asset, AssetChange(title="Neon"))
        assert (await library.everything.export(tmp_path / "out")).problems == []
        told = await library.everything.export(tmp_path / "fresh")
        assert [problem.code for problem in told.problems] == ["export.damaged"]
        await here.bring_in(tmp_path / "out")
        assert (await library.care.verify(read_data=True)).problems == []


async def test_folder_of_other_things_is_refused(tmp_path: Path) -> None:
    async with device(tmp_path / "alice", 1) as here, device(tmp_path / "bob", 2) as bob:
        library, _ = await one_picture(here, tmp_path)
        with pytest.raises(Invalid, match="not empty"):
            await library.everything.export(tmp_path)
        (tmp_path / "notes").mkdir()
        (tmp_path / "notes" / "UNFINISHED.txt").write_text("my novel")
        with pytest.raises(Invalid, match="not empty"):
            await library.everything.export(tmp_path / "notes")
        assert (tmp_path / "notes" / "UNFINISHED.txt").read_text() == "my novel"
        await library.everything.export(tmp_path / "out")
        with pytest.raises(Invalid, match="another workspace"):
            await bob.get("-").everything.export(tmp_path / "out")
        with pytest.raises(Invalid, match="not empty"):
            await library.care.backup(tmp_path / "out")
        shutil.rmtree(tmp_path / "out" / "pictures")
        (tmp_path / "out" / "pictures").symlink_to(tmp_path)
        with pytest.raises(Invalid, match="is a link"):
            await library.everything.export(tmp_path / "out")


@pytest.mark.parametrize("name", ["blobs/{hash}", "log/incoming", "UNFINISHED.txt.new", "gesso-export.json.new"])
async def test_link_that_was_planted_where_the_export_writes(tmp_path: Path, name: str) -> None:
    """Nothing is written where it leads to, neither through a folder nor over the file that it names."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "1").write_bytes(b"precious")
    async with device(tmp_path / "alice", 1) as here:
        library, asset = await one_picture(here, tmp_path)
        await library.everything.export(tmp_path / "out")
        thumbnail = (await library.assets.show(asset)).asset.thumbnail or ""
        place = tmp_path / "out" / name.format(hash=thumbnail[:2])
        if place.is_dir():
            shutil.rmtree(place)
        place.symlink_to(outside / "1" if place.suffix else outside)
        await library.assets.edit_one(asset, AssetChange(title="other"))
        with pytest.raises(Invalid, match="is a link"):
            await library.everything.export(tmp_path / "out")
        assert [(path.name, path.read_bytes()) for path in outside.iterdir()] == [("1", b"precious")]
        place.unlink()
        assert (await library.everything.export(tmp_path / "out")).problems == []


async def test_link_among_the_pictures_is_left_alone(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    async with device(tmp_path / "alice", 1) as here:
        library, _ = await one_picture(here, tmp_path)
        await library.everything.export(tmp_path / "first")
        (month,) = (tmp_path / "first" / "pictures").iterdir()
        (tmp_path / "linked").mkdir()
        (tmp_path / "out").symlink_to(tmp_path / "linked")  # the folder itself was named, so it may be one
        await library.everything.export(tmp_path / "out")
        shutil.rmtree(tmp_path / "out" / "pictures" / month.name)
        (tmp_path / "out" / "pictures" / month.name).symlink_to(outside)
        assert (await library.everything.export(tmp_path / "out")).problems == []
        assert (tmp_path / "out" / "pictures" / f"{month.name} (2)" / "a.png").exists()
        assert list(outside.iterdir()) == []


# What people do to the folder before it is taken in


async def test_pictures_that_were_moved_and_renamed_are_found(tmp_path: Path) -> None:
    async with device(tmp_path / "alice", 1) as here, device(tmp_path / "bob", 2) as bob:
        library, _ = await one_picture(here, tmp_path)
        (tmp_path / "b.png").write_bytes(picture((10, 9, 9)))
        await library.ingest.import_paths([tmp_path / "b.png"])
        await library.everything.export(tmp_path / "out")
        (one,) = (tmp_path / "out").rglob("a.png")
        (other,) = (tmp_path / "out").rglob("b.png")
        (tmp_path / "out" / "best of").mkdir()
        one.rename(tmp_path / "out" / "best of" / "貓.png")
        other.rename(one)
        info = await bob.bring_in(tmp_path / "out")
        told = sorted((each.code, each.where, each.params["place"]) for each in info.problems)
        month = one.parent.name
        assert told == [
            ("export.moved", f"pictures/{month}/a.png", "best of/貓.png"),
            ("export.moved", f"pictures/{month}/b.png", f"pictures/{month}/a.png"),
        ]
        await assert_same(library, bob.get(info.id))


async def test_missing_and_changed_pictures_are_each_named_and_nothing_is_taken_in(tmp_path: Path) -> None:
    for index in range(4):
        (tmp_path / f"{index}.png").write_bytes(picture((index, 9, 9)))
    async with device(tmp_path / "alice", 1) as here, device(tmp_path / "bob", 2) as bob:
        library = here.get("-")
        await library.ingest.import_paths([tmp_path / f"{index}.png" for index in range(4)])
        digest = (await library.everything.export(tmp_path / "out")).digest
        names = {path.name: path for path in (tmp_path / "out" / "pictures").rglob("*")}
        names["0.png"].unlink()
        names["1.png"].write_bytes(b"painted over")
        data = bytearray(names["2.png"].read_bytes())
        data[-20] ^= 1
        names["2.png"].write_bytes(data)
        names["3.json"].write_text("{}")
        shutil.copy(tmp_path / "0.png", tmp_path / "kept")
        with pytest.raises(Damaged) as caught:
            await bob.bring_in(tmp_path / "out")
        assert "and 2 more" in str(caught.value)
        found = sorted((Path(each.where).name, each.code) for each in caught.value.report.problems)
        assert found == [("0.png", "export.missing"), ("1.png", "export.changed"), ("2.png", "export.changed")]
        assert len(bob.list()) == 1
        check = await bob.look_into(tmp_path / "out")
        assert sorted({each.code for each in check.problems}) == ["export.changed", "export.missing", "export.sidecar"]
        info = await bob.bring_in(tmp_path / "out", incomplete=True)
        assert len(info.problems) == 4
        restored = bob.get(info.id)
        assert (await restored.care.digest()).digest == digest
        states = sorted(item.state for item in (await restored.search.page("")).items)
        assert states == ["here", "missing", "missing", "missing"]
        assert (await restored.care.verify(read_data=True)).problems == []
        shutil.copy(tmp_path / "0.png", names["0.png"])
        again = await bob.bring_in(tmp_path / "out")
        assert again.put_back == 1
        assert sorted(item.state for item in (await restored.search.page("")).items)[:2] == ["here", "here"]


async def test_strangers_pictures_in_the_folder_are_told_and_not_taken(tmp_path: Path) -> None:
    async with device(tmp_path / "alice", 1) as here:
        library, _ = await one_picture(here, tmp_path)
        await library.everything.export(tmp_path / "out")
    (tmp_path / "out" / "pictures" / "new.png").write_bytes(picture((50, 60, 70)))
    (tmp_path / "out" / "pictures" / ".DS_Store").write_bytes(b"x")
    info = await restored_of(tmp_path / "bob", tmp_path / "out")
    assert [(each.code, each.where) for each in info.problems] == [("export.extra", "pictures/new.png")]


async def test_strange_files_in_the_folder_do_no_harm(tmp_path: Path) -> None:
    async with device(tmp_path / "alice", 1) as here:
        library, _ = await one_picture(here, tmp_path)
        await library.everything.export(tmp_path / "out")
        (tmp_path / "out" / "pictures" / Path(*["d"] * 200)).mkdir(parents=True)
        (tmp_path / "out" / "pictures" / os.fsdecode(b"\xff.png")).write_bytes(picture((1, 1, 1)))
        info = await restored_of(tmp_path / "bob", tmp_path / "out")
        assert [each.code for each in info.problems] == ["export.extra"]
        msgspec.json.encode(info)
        msgspec.json.encode(await library.everything.export(tmp_path / "out"))


async def test_names_of_very_many_pictures_are_dealt_out_anew(tmp_path: Path) -> None:
    """More than come in at once, so that what one group needs another has."""
    chance = random.Random(5)
    (tmp_path / "in").mkdir()
    for index in range(150):
        (tmp_path / "in" / f"{index}.png").write_bytes(picture((index, 9, 9), (4, 4)))
    async with device(tmp_path / "alice", 1) as here, device(tmp_path / "bob", 2) as bob:
        library = here.get("-")
        assets = (await library.ingest.import_paths([tmp_path / "in"])).assets
        for _ in range(2):
            titles = [f"title {number}" for number in range(len(assets))]
            chance.shuffle(titles)
            for asset, title in zip(assets, titles, strict=True):
                await library.assets.edit_one(asset, AssetChange(title=title))
            await library.everything.export(tmp_path / "out")
        for asset, title in zip(assets, titles, strict=True):
            (place,) = (tmp_path / "out" / "pictures").rglob(f"{title}.png")
            sha256 = (await library.assets.show(asset)).asset.sha256
            assert hashlib.sha256(place.read_bytes()).hexdigest() == sha256
        assert len(files_of(tmp_path / "out")) == 300
        assert len(list((tmp_path / "out" / "log").iterdir())) == 3
        info = await bob.bring_in(tmp_path / "out")
        assert info.problems == []
        await assert_same(library, bob.get(info.id))


async def test_cancelled_export_goes_on_the_next_time(tmp_path: Path) -> None:
    for index in range(70):
        (tmp_path / f"{index}.png").write_bytes(picture((index, 9, 9), (4, 4)))
    async with device(tmp_path / "alice", 1) as here:
        library = here.get("-")
        await library.ingest.import_paths([tmp_path / f"{index}.png" for index in range(70)])

        def stop(done: int, total: int | None, detail: str | None) -> None:
            if done:
                task.cancel()

        task = asyncio.create_task(library.everything.export(tmp_path / "out", stop))
        with pytest.raises(asyncio.CancelledError):
            await task
        before = files_of(tmp_path / "out")
        assert len(before) == 128 and (tmp_path / "out" / UNFINISHED).exists()
        told = await library.everything.export(tmp_path / "out")
        after = files_of(tmp_path / "out")
        assert (told.pictures, told.problems, len(after)) == (70, [], 140)
        assert {name: after[name] for name in before} == before


async def test_exports_while_edits_go_on_agree_with_themselves(tmp_path: Path) -> None:
    async with device(tmp_path / "alice", 1) as here:
        library, asset = await one_picture(here, tmp_path)

        async def edit() -> None:
            for number in range(60):
                await library.assets.edit_one(asset, AssetChange(title=f"title {number}"))

        editing = asyncio.create_task(edit())
        exports = 0
        while not editing.done():
            await library.everything.export(tmp_path / "out" / str(exports))
            exports += 1
    assert exports > 1
    for number in range(exports):
        async with device(tmp_path / f"bob{number}", 2) as bob:
            folder = tmp_path / "out" / str(number)
            restored = bob.get((await bob.bring_in(folder)).id)
            (beside,) = (folder / "pictures").rglob("*.json")
            assert json.loads(beside.read_text())["name"] == (await restored.assets.show(asset)).asset.name


async def test_whatever_a_tool_wrote_is_exported(tmp_path: Path) -> None:
    parameters = {"noise": 10**30, "deep": [[1e300], None], "貓": "\x00\u2028"}

    async def inspect(jobs: Sequence[InspectJob]) -> list[Inspection | Rejection]:
        seen = [answer for answer in await look(jobs) if isinstance(answer, Inspection)]
        return [msgspec.structs.replace(each, facts=Facts(prompt="p", parameters=parameters)) for each in seen]

    (tmp_path / "a.png").write_bytes(picture((9, 9, 9)))
    async with open_library(tmp_path / "home", inspect=inspect) as library:
        await library.ingest.import_paths([tmp_path / "a.png"])
        assert (await library.everything.export(tmp_path / "out")).problems == []
    (beside,) = (tmp_path / "out").rglob("a.json")
    assert json.loads(beside.read_text())["parameters"] == parameters


def test_page_names_every_field_of_the_folder() -> None:
    page = (ROOT / "docs" / "export.md").read_text("utf-8")
    kinds = (Sidecar, SidecarVersion, SidecarEntry, SidecarProject, ExportManifest, Line)
    fields = {name for kind in kinds for name in kind.__struct_fields__}
    assert [name for name in sorted(fields) if f"`{name}`" not in page] == []
