"""Zip files of delivered pictures: whole, with names of every script, few at once, gone with the run."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
from PIL import Image

from imaging.pool import Pool
from library.catalog import Library
from library.errors import NotFound
from library.export.parcels import KEPT, zipped
from library.models import AssetChange
from library.presets import BUILT_IN, NewPreset
from library.workspace import PARCELS
from store.errors import StoreFull
from store.files import DiskFiles
from tests.imaging.pictures import saved
from tests.library.house import open_library

WEB, _, ORIGINAL = BUILT_IN
NOW = 1_796_000_523_000


@pytest.fixture
async def library(tmp_path: Path, pool: Pool) -> AsyncIterator[Library]:
    async with open_library(tmp_path / "home", inspect=pool.inspect, comparer=pool, converter=pool) as opened:
        yield opened


async def bring_in(library: Library, folder: Path, *names: str) -> list[str]:
    folder.mkdir(exist_ok=True)
    for number, name in enumerate(names):
        (folder / name).write_bytes(saved("PNG", size=(60 + number, 40)))
    return (await library.ingest.import_paths([folder / name for name in names])).assets


def parcels_in(library: Library) -> list[str]:
    folder = library.workspace.folder / PARCELS
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")) if folder.exists() else []


async def test_pictures_come_whole_and_under_their_names(library: Library, tmp_path: Path) -> None:
    ids = await bring_in(library, tmp_path / "in", "貓 “a”.png", "b.png")
    await library.assets.edit(ids[:1], AssetChange(title="../../etc/passwd"))
    preset = await library.presets.create(NewPreset(name="For: client", source="original", folders="date"))
    told = await library.parcels.pack(preset, assets=ids)
    assert (told["written"], told["failed"], told["preset"]) == (2, [], "For: client")
    parcel = library.parcels.find(told["parcel"]["id"])
    assert parcel.size == parcel.path.stat().st_size == told["parcel"]["bytes"]
    assert parcel.name.startswith("For_ client 20") and parcel.name.endswith(".zip")
    with zipfile.ZipFile(parcel.path) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            month, file = name.split("/")
            assert len(month) == 7 and ".." not in file.removesuffix(".png").split("/")
        data = [archive.read(name) for name in archive.namelist()]
    assert sorted(data) == sorted(path.read_bytes() for path in (tmp_path / "in").iterdir())
    assert parcels_in(library) == [told["parcel"]["id"], f"{told['parcel']['id']}/pictures.zip"]


async def test_what_cannot_be_made_is_told_and_the_rest_comes(library: Library, tmp_path: Path) -> None:
    ids = await bring_in(library, tmp_path / "in", "a.png", "b.png")
    gone = await library.assets.show(ids[1])
    library.workspace.blobs.remove(bytes.fromhex(gone.asset.sha256))
    told = await library.parcels.pack(WEB, assets=ids)
    assert (told["written"], [each["code"] for each in told["failed"]]) == (1, ["missing"])
    with zipfile.ZipFile(library.parcels.find(told["parcel"]["id"]).path) as archive:
        assert archive.namelist() == ["a.jpg"]
        assert Image.open(io.BytesIO(archive.read("a.jpg"))).size == (60, 40)
    nothing = await library.parcels.pack(WEB, assets=ids[1:])
    assert (nothing["written"], nothing["parcel"]) == (0, None)
    assert len(parcels_in(library)) == 2


async def test_few_are_kept_and_none_outlives_the_run(tmp_path: Path, pool: Pool) -> None:
    home = tmp_path / "home"
    async with open_library(home, inspect=pool.inspect, comparer=pool, converter=pool) as library:
        ids = await bring_in(library, tmp_path / "in", "a.png")
        made = [(await library.parcels.pack(ORIGINAL, assets=ids))["parcel"]["id"] for _ in range(KEPT + 1)]
        with pytest.raises(NotFound) as refused:
            library.parcels.find(made[0])
        assert refused.value.code == "no_parcel"
        await library.parcels.discard(made[1])
        assert parcels_in(library) == [made[2], f"{made[2]}/pictures.zip"]
    async with open_library(home, inspect=pool.inspect, comparer=pool, converter=pool) as library:
        assert parcels_in(library) == []


class NoRoom(DiskFiles):
    """A disk that has room for pictures, and for no zip file."""

    def write_pieces(self, path: Path, pieces: Iterable[bytes]) -> None:
        super().write_pieces(path, pieces)
        if path.suffix == ".zip":
            raise StoreFull("The disk is full.")


async def test_full_disk_leaves_nothing(tmp_path: Path, pool: Pool) -> None:
    async with open_library(tmp_path / "home", files=NoRoom(), inspect=pool.inspect, converter=pool) as library:
        ids = await bring_in(library, tmp_path / "in", "a.png")
        with pytest.raises(StoreFull):
            await library.parcels.pack(ORIGINAL, assets=ids)
        assert parcels_in(library) == []


def test_zip_is_written_piece_by_piece_and_each_file_goes_with_it(tmp_path: Path) -> None:
    (tmp_path / "夜市").mkdir()
    (tmp_path / "夜市" / "大.bin").write_bytes(b"x" * (5 << 20))
    (tmp_path / "b.bin").write_bytes(b"y" * 10)
    largest, data = 0, b""
    for piece in zipped(DiskFiles(), tmp_path, NOW):
        largest, data = max(largest, len(piece)), data + piece
    assert largest < 2 << 20
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["b.bin", "夜市/大.bin"] and archive.testzip() is None
        assert archive.getinfo("b.bin").date_time == (2026, 11, 30, 1, 2, 2)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize(("now", "year"), [(0, 1980), (-(10**12), 1980), (10**13, 2107)])
def test_clock_of_a_year_that_no_zip_file_can_hold_is_no_hindrance(tmp_path: Path, now: int, year: int) -> None:
    (tmp_path / "a.bin").write_bytes(b"x")
    data = b"".join(zipped(DiskFiles(), tmp_path, now))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None and archive.getinfo("a.bin").date_time[0] == year


async def test_one_picture_is_tried_and_nothing_kept(library: Library, tmp_path: Path) -> None:
    (id,) = await bring_in(library, tmp_path / "in", "a.png")
    tried = await library.care.tried(WEB, id)
    assert tried.file is not None and (tried.file.file, tried.file.width, tried.failed) == ("a.jpg", 60, None)
    assert parcels_in(library) == []
