"""Whole imports over real folders, through real workers: good files among every kind of bad ones."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path

import pytest

from imaging.inspection import Inspection, InspectJob, Rejection
from imaging.pool import Pool
from library.catalog import Library
from library.gathering import endings, gather
from library.intake import ingest
from library.models import AssetChange
from store.errors import StoreFull
from store.files import DiskFiles
from tests.imaging.files import chunk, png, with_chunks, with_exif
from tests.imaging.pictures import png as made_png
from tests.imaging.pictures import saved
from tests.library.house import open_library, picture, pictures


class Looking:
    """Real workers that count what they are asked to look at; `before` runs before each group."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.looked: list[Path] = []
        self.meanwhile = lambda jobs: None

    async def __call__(self, jobs: Sequence[InspectJob]) -> list[Inspection | Rejection]:
        self.looked += [job.path for job in jobs]
        self.meanwhile(jobs)
        return await self.pool.inspect(jobs)


@pytest.fixture
def looking(pool: Pool) -> Looking:
    return Looking(pool)


@pytest.fixture
async def library(tmp_path: Path, looking: Looking) -> AsyncIterator[Library]:
    async with open_library(tmp_path / "home", inspect=looking) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    return tmp_path / "pictures"


def stored(library: Library) -> tuple[set[bytes], set[bytes]]:
    """Blobs that rows say are here, and blobs that stand in the folder; nothing else may lie there."""
    blobs = library.workspace.blobs
    assert list((blobs.root / "incoming").iterdir()) == []
    rows = library.workspace.database.read_now(
        lambda connection: {hash for (hash,) in connection.execute("SELECT hash FROM blob WHERE here=1")}
    )
    return rows, set(blobs.all())


def names_of(failed: Iterable[object]) -> dict[str, str]:
    return {os.path.basename(each.path): each.code for each in failed}  # type: ignore[attr-defined] # noqa: PTH119


BAD = {
    "empty.png": (b"", "empty"),
    "cut.jpg": (saved("JPEG", (300, 200))[:2000], "truncated"),
    "text.png": (b"this is text", "not_a_picture"),
    "page.webp": (b"<html><script>alert(1)</script>", "not_a_picture"),
    "bomb.png": (made_png(30_000, 30_000, b"", depth=1), "bomb"),
    "new\nline.gif": (b"GIF89a", "truncated"),
    "\u202egnp.exe.png": (b"MZ", "not_a_picture"),
    "n" * 251 + ".png": (b"\x89PNG\r\n\x1a\n", "truncated"),
}
GOOD = {
    "photo.png": saved("JPEG", (64, 48)),  # by its content, whatever its name says
    "no ending": saved("WEBP"),
    "貓.gif": saved("GIF", mode="P"),
    "good\nname.tif": saved("TIFF"),
    "g" * 251 + ".png": saved("PNG", (50, 50)),
    "CON.png": saved("PNG", (51, 50)),
    "aux": saved("PNG", (52, 50)),
    "a:b*?.png": saved("PNG", (53, 50)),
    "trailing. ": saved("PNG", (54, 50)),
    "A.png": saved("PNG", (55, 50)),
    "a.png": saved("PNG", (56, 50)),
    "caf\u00e9.png": saved("PNG", (57, 50)),
    "cafe\u0301.png": saved("PNG", (58, 50)),
}


def bad_and_good(folder: Path) -> dict[str, str]:
    """Everything in one folder; returns name → code of what cannot be imported."""
    for name, data in {**GOOD, **{name: data for name, (data, _) in BAD.items()}}.items():
        (folder / name).write_bytes(data)
    (folder / os.fsdecode(b"raw-\xff\xfe.png")).write_bytes(saved("PNG", (59, 50)))
    os.mkfifo(folder / "pipe.png")
    (folder / "words.md").write_text("no picture, and its name does not say so")
    (folder / ".hidden.png").write_bytes(saved("PNG", (60, 50)))
    (folder / "half.png.part").write_bytes(saved("PNG", (61, 50)))
    (folder / "link.png").symlink_to(folder / "A.png")
    (folder / "away").symlink_to("/")
    (folder / "nowhere.png").symlink_to(folder / "absent.png")
    long = folder
    for _ in range(4):
        long = long / ("d" * 80)
    long.mkdir(parents=True)
    (long / "deep.png").write_bytes(saved("PNG", (62, 50)))
    return {name: code for name, (_, code) in BAD.items()} | {"pipe.png": "unreadable"}


async def test_every_bad_file_gets_its_reason_and_the_others_are_imported(library: Library, folder: Path) -> None:
    wanted = bad_and_good(folder)
    report = await library.ingest.import_paths([folder])
    assert names_of(report.failed) == wanted
    assert all("\n" not in each.reason and each.reason.endswith(".") for each in report.failed)
    assert (report.imported, report.duplicates) == (len(GOOD) + 2, 0)
    rows, blobs = stored(library)
    assert rows == blobs
    again = await library.ingest.import_paths([folder])
    assert (again.imported, again.duplicates, names_of(again.failed)) == (0, len(GOOD) + 2, wanted)
    assert again.assets == report.assets
    # The rows forgotten, as on another device: the bytes are known all the same.
    shutil.copytree(folder, folder.with_name("copy"), symlinks=True, ignore=lambda _, names: {"pipe.png"})
    copied = await library.ingest.import_paths([folder.with_name("copy")])
    assert (copied.imported, copied.duplicates) == (0, len(GOOD) + 2)
    assert stored(library) == (rows, blobs)
    shown = [item.name for item in (await library.search.page("", limit=100)).items]
    assert {"A.png", "a.png", "CON.png", "good\ufffdname.tif", "raw-\ufffd\ufffd.png"} <= set(shown)
    assert shown.count("caf\u00e9.png") == 2  # one of them lies there decomposed


def test_folder_that_may_not_be_read_is_named_and_the_others_go_on(guest: None) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pictures(folder / "open", 2)
        pictures(folder / "shut", 2)
        (folder / "open" / "no ending").touch(0)
        (folder / "shut").chmod(0)
        found, failed, _ = gather([folder], DiskFiles())
        (folder / "shut").chmod(0o700)
    assert [each.path.name for each in found] == ["0000.png", "0001.png"]
    assert names_of(failed) == {"shut": "folder_unreadable", "no ending": "unreadable"}


async def test_devices_and_pipes_that_are_named_are_refused_unopened(library: Library, folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    report = await library.ingest.import_paths(
        [folder / "pipe", Path("/dev/zero"), Path("/dev/stdin"), folder / "none"]
    )
    codes = [each.code for each in report.failed]
    assert codes.count("unreadable") + codes.count("gone") == len(codes) == 4


async def test_secret_behind_a_link_beside_a_picture_stays_where_it_is(library: Library, folder: Path) -> None:
    (folder.parent / "secret").write_text("the key")
    (folder / "a.txt").symlink_to(folder.parent / "secret")
    pictures(folder, 1)[0].rename(folder / "a.png")
    report = await library.ingest.import_paths([folder])
    detail = await library.assets.show(report.assets[0])
    assert detail.asset.prompt is None
    assert detail.versions[0].facts is None


async def test_picture_has_the_time_that_its_camera_tells_else_that_of_its_file(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    clock = library.workspace.surroundings.clock
    hour, now = 3_600_000, clock.now()
    said = 1_700_000_000_000  # 2023-11-14 22:13:20 by a clock of UTC
    fields = {0x9003: "2023:11:14 22:13:20"}
    times = {  # the file's time, what EXIF says, the picture's time
        "zoned": (now, {**fields, 0x9011: "+08:00"}, said - 8 * hour),
        "touched": (now, fields, said),
        "agrees": (said - 8 * hour, fields, said - 8 * hour),
        "ahead": (said, {0x9003: "2100:01:01 00:00:00"}, said),
        "bare": (said + 5, {}, said + 5),
        "future": (now + 99 * hour, {}, now),
    }
    for index, (name, (mtime, exif, _)) in enumerate(times.items()):
        file = with_exif(folder / f"{name}.jpg", {0x010F: f"camera {index}"}, exif)
        os.utime(file, ns=(mtime * 1_000_000,) * 2)
    await library.ingest.import_paths([folder])
    made = {item.name: item.created_at for item in (await library.search.page("", limit=100)).items}
    assert made == {f"{name}.jpg": time for name, (_, _, time) in times.items()}
    # An edit keeps what the camera wrote, and is from when it was made all the same.
    file = with_exif(folder / "zoned.jpg", {0x010F: "edited"}, times["zoned"][1], quality=20)
    os.utime(file, ns=((now - hour) * 1_000_000,) * 2)
    report = await library.ingest.import_paths([file])
    detail = await library.assets.show(report.assets[0])
    assert [each.created_at for each in detail.versions] == [said - 8 * hour, now - hour]
    with library.ingest.upload_place(100) as place:
        with_exif(tmp_path / "up.jpg", {0x010F: "upload"}, fields).rename(place)
        told = await library.ingest.upload(place, "up.jpg", modified=said + hour)
    assert (await library.assets.show(told["asset"])).asset.created_at == said + hour


async def test_files_that_were_passed_over_are_counted_by_their_endings(library: Library, folder: Path) -> None:
    pictures(folder, 2)
    for name in (
        "0000.txt",
        "alone.txt",
        "a.bmp",
        "b.BMP",
        "c.pdf",
        "no ending",
        "odd.well, it is a sentence",
        "z.pdf",
    ):
        (folder / name).write_text("words")
    for name in (".hidden", "Thumbs.db", "half.png.part"):
        (folder / name).write_text("words")
    (folder / "link.pdf").symlink_to(folder / "c.pdf")
    report = await library.ingest.import_paths([folder, folder / "z.pdf"], dry_run=True)
    assert report.others == {".bmp": 2, ".pdf": 1, ".txt": 1, "": 2}
    assert names_of(report.failed) == {"z.pdf": "not_a_picture"}  # named, and so tried
    many = [Path(f"{number}.e{number}") for number in range(30)] + [Path("x.jpx")] * 2
    assert list(endings(many).items())[::10] == [(".jpx", 2), ("", 21)]
    assert endings([]) == {}


async def test_picture_called_like_a_text_is_not_its_own_prompt(library: Library, folder: Path) -> None:
    one, other = pictures(folder, 2)
    one.rename(folder / "self.txt")
    other.rename(folder / "OTHER.TXT")
    (folder / "OTHER.txt").write_text("a cat")
    report = await library.ingest.import_paths([folder])
    details = [await library.assets.show(asset) for asset in report.assets]
    assert [(each.asset.prompt, each.versions[0].facts) for each in details] == [(None, None)] * 2


async def test_file_that_vanishes_or_grows_meanwhile_fails_alone(
    library: Library, looking: Looking, folder: Path
) -> None:
    paths = pictures(folder, 4)

    def meanwhile(jobs: Sequence[InspectJob]) -> None:
        paths[1].unlink(missing_ok=True)

    looking.meanwhile = meanwhile
    report = await library.ingest.import_paths([folder])
    assert (report.imported, names_of(report.failed)) == (3, {"0001.png": "gone"})
    rows, blobs = stored(library)
    assert rows == blobs


async def test_same_bytes_in_one_group_and_in_several_are_one_asset_with_all_names(
    library: Library, folder: Path
) -> None:
    data = picture((1, 2, 3))
    for at in range(200):  # three groups
        (folder / f"{at:03}.png").write_bytes(data if at in (0, 1, 70, 199) else picture((at, 0, 0), (9, 9)))
    report = await library.ingest.import_paths([folder])
    assert (report.imported, report.duplicates) == (197, 3)
    asset = (await library.search.page("000.png")).items[0]
    assert (await library.assets.show(asset.id)).sources == ["000.png", "001.png", "070.png", "199.png"]


async def test_folder_moved_elsewhere_with_renamed_files_keeps_all_and_makes_no_duplicate(
    library: Library, folder: Path
) -> None:
    pictures(folder, 1000)
    report = await library.ingest.import_paths([folder])
    assert report.imported == 1000
    for at in range(0, 1000, 100):
        await library.assets.edit(report.assets[at : at + 100], AssetChange(add_tags=[f"t{at}"], rating=1 + at // 200))
    for at, asset in enumerate(report.assets):
        await library.assets.edit_one(asset, AssetChange(note=f"note {at}"))
    moved = folder.rename(folder.with_name("moved"))
    for at, path in enumerate(sorted(moved.iterdir())):
        path.rename(moved / f"renamed {999 - at}.png")
    again = await library.ingest.import_paths([moved])
    assert (again.imported, again.duplicates, again.versions, again.failed) == (0, 1000, 0, [])
    assert (await library.search.page("")).total == 1000
    assert [(await library.search.page(f"tag:t{at}")).total for at in range(0, 1000, 100)] == [100] * 10
    for at, asset in enumerate(report.assets):
        shown = await library.assets.show(asset)
        assert (shown.asset.tags, shown.asset.rating) == ([f"t{at // 100 * 100}"], 1 + at // 200)
        assert (shown.note, shown.asset.name, shown.asset.versions) == (f"note {at}", f"{at:04}.png", 1)
        assert shown.sources == [f"{at:04}.png", f"renamed {999 - at}.png"]


async def test_folder_moved_elsewhere_is_no_action_and_undo_takes_back_what_was_done(
    library: Library, folder: Path
) -> None:
    pictures(folder, 3)
    (asset, *_) = (await library.ingest.import_paths([folder])).assets
    moved = folder.rename(folder.with_name("moved"))
    await library.assets.edit_one(asset, AssetChange(rating=5))
    before, _ = await library.history.timeline()
    report = await library.ingest.import_paths([moved])
    assert (report.imported, report.duplicates, len(report.assets), report.failed) == (0, 3, 3, [])
    assert (await library.history.timeline())[0] == before
    known = await library.ingest.import_paths([moved])  # its rows say that these paths were looked at
    assert (known.duplicates, library.workspace.log.durable.seq) == (3, len(before))
    assert (await library.history.undo()).changed == 1
    assert (await library.assets.show(asset)).asset.rating == 0


async def test_rows_of_an_import_that_changes_no_document_survive_a_restart(tmp_path: Path, pool: Pool) -> None:
    folder = tmp_path / "pictures"
    pictures(folder, 2)
    async with open_library(tmp_path / "home", inspect=pool.inspect) as library:
        await library.ingest.import_paths([folder], reference=True)
        moved = folder.rename(folder.with_name("moved"))
        await library.ingest.import_paths([moved], reference=True)
        assert len((await library.history.timeline())[0]) == 2
    looking = Looking(pool)
    async with open_library(tmp_path / "home", inspect=looking) as library:
        report = await library.ingest.import_paths([moved], reference=True)
        assert (report.duplicates, looking.looked) == (2, [])
        assert [each.state for each in (await library.search.page("")).items] == ["here"] * 2


async def test_files_edited_where_they_lie_are_a_part_of_their_import_and_undone_with_it(
    library: Library, folder: Path
) -> None:
    for number in range(4):
        (folder / f"{number}.png").write_bytes(picture((number, 0, 0)))
    await library.ingest.import_paths([folder])
    for number in range(2):
        (folder / f"{number}.png").write_bytes(picture((number, 9, 9)))
    (folder / "4.png").write_bytes(picture((4, 0, 0)))
    (folder / "5.png").write_bytes(picture((0, 9, 9)))  # the bytes that 0.png has now
    report = await library.ingest.import_paths([folder])
    assert (report.imported, report.versions, report.duplicates) == (1, 2, 3)
    second, first = (await library.history.timeline())[0][:2]
    parts = {"imported": 1, "versions": 2, "duplicates": 1}
    assert (second.intent, second.params) == ("asset.import", {"name": "0.png", "count": 3} | parts)
    assert (first.intent, first.params) == ("asset.import", {"name": "0.png", "count": 4})
    await library.history.undo()
    shown = {item.sha256 for item in (await library.search.page("")).items}
    assert shown == {hashlib.sha256(picture((number, 0, 0))).hexdigest() for number in range(4)}
    (folder / "1.png").write_bytes(picture((1, 8, 8)))
    await library.ingest.import_paths([folder / "1.png"])
    edited = (await library.history.timeline())[0][0]
    assert (edited.intent, edited.params) == ("asset.version", {"name": "1.png", "count": 1})


class FullDisk(DiskFiles):
    """A disk on which so many renames still go well."""

    def __init__(self) -> None:
        self.left = 1 << 30

    def rename(self, old: Path, new: Path) -> None:
        self.left -= 1
        if self.left < 0:
            raise StoreFull("The disk is full: could not write. Free some space; nothing was changed.")
        super().rename(old, new)


@pytest.fixture
def groups_of_64(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few files make several groups."""
    monkeypatch.setattr(ingest, "GROUP", 64)


@pytest.mark.usefixtures("groups_of_64")
@pytest.mark.parametrize("left", [0, 1, 7, 128, 200])
async def test_disk_that_is_full_in_the_middle_keeps_whole_groups_and_no_piece(
    tmp_path: Path, looking: Looking, folder: Path, left: int
) -> None:
    pictures(folder, 150)
    disk = FullDisk()
    async with open_library(tmp_path / "home", inspect=looking, files=disk) as library:
        disk.left = left
        report = await library.ingest.import_paths([folder])
        assert {each.code for each in report.failed} == {"disk_full"}
        assert report.imported + len(report.failed) == 150
        # Two groups write at a time, so which of them the disk has room for is not said; but never a part of one.
        assert report.imported in ((0, 22, 64, 64 + 22, 128) if left >= 44 else (0,))
        rows, blobs = stored(library)
        assert rows == blobs
        disk.left = 1 << 30
        again = await library.ingest.import_paths([folder])
        assert (again.imported, again.failed) == (150 - report.imported, [])
        rows, blobs = stored(library)
        assert rows == blobs
        assert (await library.care.verify(read_data=True)).problems == []


@pytest.mark.usefixtures("groups_of_64")
async def test_import_that_is_called_off_keeps_whole_groups_and_no_piece(
    library: Library, looking: Looking, folder: Path
) -> None:
    pictures(folder, 400)

    def meanwhile(jobs: Sequence[InspectJob]) -> None:
        news = library.workspace.bus.since(0) or []
        if len(looking.looked) > 200 and any(event.kind == "asset.added" for event in news):
            importing.cancel()

    looking.meanwhile = meanwhile
    importing = asyncio.create_task(library.ingest.import_paths([folder]))
    with pytest.raises(asyncio.CancelledError):
        await importing
    total = (await library.search.page("")).total
    assert 0 < total < 400 and total % 64 == 0
    rows, blobs = stored(library)
    assert rows == blobs
    looking.meanwhile = lambda jobs: None
    report = await library.ingest.import_paths([folder])
    assert (report.imported, report.duplicates) == (400 - total, total)


async def test_picture_with_content_credentials_stays_byte_for_byte(library: Library, folder: Path) -> None:
    manifest = b"\0\0\0\x20jumb" + b"\0\0\0\x18jumdc2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71\x03c2pa\0"
    jpeg = saved("JPEG")
    segment = b"JP\0\x01\0\0\0\x01" + manifest
    originals = {
        "signed.jpg": jpeg[:2] + b"\xff\xeb" + (len(segment) + 2).to_bytes(2, "big") + segment + jpeg[2:],
        "signed.png": with_chunks(folder / "x.png", chunk(b"caBX", manifest)).read_bytes(),
    }
    (folder / "x.png").unlink()
    for name, data in originals.items():
        (folder / name).write_bytes(data)
    seen = await library.ingest._means.inspect([InspectJob(path) for path in sorted(folder.iterdir())])
    assert [isinstance(each, Inspection) and each.credentials for each in seen] == [True, True]
    report = await library.ingest.import_paths([folder])
    assert report.imported == 2
    await library.care.export(folder.with_name("out"))
    await library.care.backup(folder.with_name("backup"))
    exported = {path.name: path.read_bytes() for path in folder.with_name("out").rglob("signed.*g")}
    assert exported == originals
    kept = [path.read_bytes() for path in folder.with_name("backup").rglob("*") if path.is_file()]
    for data in originals.values():
        assert data in kept


async def test_copies_are_private(library: Library, folder: Path) -> None:
    pictures(folder, 1)[0].chmod(0o777)
    report = await library.ingest.import_paths([folder])
    path = library.blob((await library.assets.show(report.assets[0])).asset.sha256).path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert png(folder / "other.png", {}).exists()


async def test_file_put_back_to_what_it_was_shows_so_again_as_a_further_version(library: Library, folder: Path) -> None:
    path = folder / "a.png"
    first, second = picture((1, 9, 9)), picture((2, 9, 9))
    for moment, data in enumerate((first, second, first, first)):
        path.write_bytes(data)
        os.utime(path, ns=(moment, moment))
        await library.ingest.import_paths([folder])
    (asset,) = (await library.search.page("")).items
    detail = await library.assets.show(asset.id)
    assert asset.sha256 == hashlib.sha256(first).hexdigest()
    assert [version.made for version in detail.versions] == ["imported", "imported", "restored"]
    assert detail.versions[2].restored == detail.versions[0].id and detail.versions[2].current
