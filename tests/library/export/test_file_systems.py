"""Names that some system does not take, or takes for another: they come through every file system as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from library.catalog import Library
from library.gathering import file_name
from library.models import AssetChange
from library.workspaces import Workspaces
from tests.library.export.test_everything import assert_same
from tests.library.filesystems import EXT4, SYSTEMS, FileSystem, Mounted
from tests.library.house import device, picture

NAMES = [
    "A.png",
    "a.png",
    "caf\u00e9.png",  # composed
    "cafe\u0301.png",  # the same taken apart
    "Stra\u00dfe.png",
    "STRASSE.png",
    "\u212bngstr\u00f6m.png",  # the sign for the unit, which composes to a letter
    "CON.png",
    "con.png",
    "nul.tar.png",
    "COM1.png",
    "lpt\u00b9.png",
    " leading.png",
    "trailing .png",
    "dots...png",
    "a:b*c?d|e.png",
    "back\\slash.png",
    "line\nbreak.png",
    "👩\u200d🚀.png",
    "👩🚀.png",
    "貓咪海報" * 20 + ".png",  # 244 bytes
    "x" * 251 + ".png",  # 255
    "e\u0301" * 80 + ".png",  # 244 bytes, 164 units taken apart
]
PROJECTS = ["aux", "AUX", "é", "e\u0301", "客戶. ", "a/b"]
DEEP = Path(*["很深的資料夾 deep folder"] * 20)
on_each = pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)


def data_of(number: int) -> bytes:
    return picture((number, 9, 9))


def fill(disk: Mounted, folder: Path) -> dict[str, str]:
    """Every name that the file system takes, in a folder of its own; written → as it is listed."""
    listed = {}
    for number, name in enumerate(NAMES):
        place = folder / str(number)
        disk.make_folder(place)
        try:
            disk.write(place / name, data_of(number))
        except OSError:
            assert disk.system.name != EXT4.name
            continue
        (listed[name],) = disk.names(place)
    return listed


def pictures_in(folder: Path) -> dict[Path, int]:
    """Each with its inode."""
    return {path: path.stat().st_ino for path in folder.rglob("*.png")}


async def names_of(library: Library) -> list[str]:
    return sorted(each.name or "" for each in (await library.search.page("", limit=200)).items)


async def library_with_all(here: Workspaces, disk: Mounted) -> Library:
    """The names in projects whose names are no better, one picture with two versions, one in the bin."""
    library = here.get("-")
    fill(disk, disk.root / "from")
    report = await library.ingest.import_paths([disk.root / "from"])
    assert (report.imported, report.failed) == (len(NAMES), [])
    disk.write(disk.root / "from" / "2" / NAMES[2], picture((2, 200, 9)))
    await library.ingest.import_paths([disk.root / "from" / "2"])
    for number, name in enumerate(PROJECTS):
        project = await library.projects.create(name)
        change = AssetChange(add_projects=[project.id])
        await library.assets.edit(report.assets[number : number + 2], change)
    await library.assets.bin(report.assets[-2:])
    return library


@on_each
async def test_export_to_any_file_system_gives_back_the_same(tmp_path: Path, system: FileSystem) -> None:
    stick = Mounted(tmp_path / "stick", system)
    where = stick.root / DEEP / "out"
    from_here = Mounted(tmp_path / "here", EXT4)
    async with device(tmp_path / "alice", 1, from_here) as here:
        digest = (await (await library_with_all(here, from_here)).care.digest()).digest
    async with device(tmp_path / "alice", 1, stick) as here, device(tmp_path / "bob", 2) as bob:
        library = here.get("-")
        assert (await library.everything.export(where)).problems == []
        files = pictures_in(stick.at(where))
        assert (await library.everything.export(where)).problems == []
        assert pictures_in(stick.at(where)) == files, "the second finds the first one's, however they are listed"
        check = await bob.look_into(stick.at(where))
        assert check.problems == []
        restored = bob.get((await bob.bring_in(stick.at(where))).id)
        await assert_same(library, restored)
        assert (await restored.care.digest()).digest == digest
        assert await names_of(restored) == await names_of(library)
    assert max(len(str(path)) for path in files) > 400
    wanted = [*map(data_of, range(len(NAMES))), picture((2, 200, 9))]
    assert sorted(path.read_bytes() for path in files) == sorted(wanted), "no two took one name"


@on_each
async def test_sources_from_any_file_system_have_the_names_that_were_given(tmp_path: Path, system: FileSystem) -> None:
    stick = Mounted(tmp_path / "stick", system)
    listed = fill(stick, stick.root / DEEP)
    assert len(listed) >= len(NAMES) / 2
    async with device(tmp_path / "alice", 1, stick) as here:
        library = here.get("-")
        report = await library.ingest.import_paths([stick.root])
        assert (report.imported, report.failed) == (len(listed), [])
        assert await names_of(library) == sorted(file_name(name) for name in listed)
        again = await library.ingest.import_paths([stick.root])
        assert (again.imported, again.failed) == (0, [])


@on_each
async def test_a_copy_on_another_file_system_brings_nothing_new(tmp_path: Path, system: FileSystem) -> None:
    """However that one spells the names: pictures, names and state stay what they were."""
    first = Mounted(tmp_path / "first", EXT4)
    fill(first, first.root)
    copy = Mounted(tmp_path / "copy", system)
    fill(copy, copy.root)
    async with device(tmp_path / "alice", 1) as here:
        library = here.get("-")
        await library.ingest.import_paths([first.root])
        names, digest = await names_of(library), (await library.care.digest()).digest
        report = await library.ingest.import_paths([copy.root])
        assert (report.imported, report.failed) == (0, [])
        assert await names_of(library) == names
        assert (await library.care.digest()).digest == digest


async def test_file_systems_are_as_strict_as_the_real_ones(tmp_path: Path) -> None:
    """Else nothing was shown: what each lists of the names, all in one folder."""
    kept = {}
    for number, system in enumerate(SYSTEMS):
        disk = Mounted(tmp_path / str(number), system)
        taken = 0
        for name in NAMES:
            try:
                disk.write(disk.root / name, b"")
            except OSError:
                continue
            taken += 1
        kept[system.name] = (taken, len(disk.names(disk.root)))
    # Of those that they take, the Macs make one of 8 in 4 pairs, Windows of A and a.
    every = len(NAMES)
    assert kept == {
        "ext4": (every, every),
        "NTFS": (every - 8, every - 9),
        "APFS": (every, every - 4),
        "HFS+": (every, every - 4),
        "share of a Mac": (every - 8, every - 11),
    }
