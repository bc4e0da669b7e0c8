"""A picture whose file is gone is told as missing wherever it is shown, and by `verify` as before."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from library.albums import NewAlbum
from library.catalog import Library
from library.schema import TRUTH
from library.views.presence import lost_of
from tests.library.house import HandClock, open_library, picture


async def brought(library: Library, folder: Path, *, in_place: bool = False) -> dict[str, str]:
    """Three pictures: name → id."""
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.png").write_bytes(picture((number, 7, 7), (16 + number, 16)))
    await library.ingest.import_paths([folder], reference=in_place)
    return {item.name: item.id for item in (await library.search.page()).items}


async def states(library: Library) -> dict[str, str]:
    return {item.name: item.state for item in (await library.search.page()).items}


async def test_lost_file_is_told_in_lists_and_of_the_picture(tmp_path: Path) -> None:
    async with open_library(tmp_path / "library", clock=HandClock()) as library:
        names = await brought(library, tmp_path / "pictures")
        album = await library.albums.create(NewAlbum(name="Best"))
        await library.albums.add(album.id, list(names.values()))
        detail = await library.assets.show(names["1.png"])
        assert (detail.asset.state, [copy.state for copy in detail.copies]) == ("here", ["here"])
        place = library.workspace.blobs.place(bytes.fromhex(detail.asset.sha256))
        kept = place.read_bytes()
        place.unlink()
        assert await states(library) == {"0.png": "here", "1.png": "missing", "2.png": "here"}
        page = await library.albums.page(album.id, None, 10, None, 0, None)
        assert [item.state for item in page.items if item.name == "1.png"] == ["missing"]
        asked = [names["2.png"], "01" + "ff" * 15, names["1.png"], names["2.png"]]
        some = await library.assets.some(asked)
        assert [(item.name, item.state) for item in some] == [("2.png", "here"), ("1.png", "missing")]
        detail = await library.assets.show(names["1.png"])
        assert detail.asset.state == "missing"
        assert [version.state for version in detail.versions] == ["missing"]
        assert [(copy.where, copy.state) for copy in detail.copies] == [("library", "missing")]
        found = await library.care.verify()
        assert [each.code for each in found.problems] == ["blob.copy"], "what is lost is not forgotten by it"
        place.write_bytes(kept)
        assert set((await states(library)).values()) == {"here"}


async def test_pictures_kept_in_place_have_no_file_in_the_library_and_are_here(tmp_path: Path) -> None:
    async with open_library(tmp_path / "library", clock=HandClock()) as library:
        names = await brought(library, tmp_path / "pictures", in_place=True)
        assert set((await states(library)).values()) == {"here"}
        assert (await library.assets.show(names["0.png"])).asset.state == "here"


def steps_of(kept: int) -> int:
    """Of SQLite's machine, for a page of pictures of which `kept` are kept in place."""
    connection, steps = sqlite3.connect(":memory:"), []
    for statement in TRUTH:
        connection.execute(statement)
    hashes = [number.to_bytes(32, "big") for number in range(kept)]
    connection.executemany("INSERT INTO blob VALUES(?, 1, 'image/png', 1, x'')", [(each,) for each in hashes])
    paths = [(str(number).encode(), each) for number, each in enumerate(hashes)]
    connection.executemany("INSERT INTO reference VALUES(?, ?, 1, 1, 'here', x'')", paths)
    connection.set_progress_handler(lambda: steps.append(1), 1)
    assert lost_of(connection, hashes[:100], lambda hash: False) == set()
    return len(steps)


def test_page_costs_the_same_however_many_pictures_are_kept_in_place() -> None:
    assert steps_of(3000) <= steps_of(100) * 1.25
