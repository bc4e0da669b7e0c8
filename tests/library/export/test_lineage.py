"""An export that comes back: which picture it was made of, here and in another library, and in its own exports."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from imaging.embed import embed
from imaging.inspection import Lineage
from imaging.pool import Pool
from library.albums import NewAlbum
from library.catalog import Library
from library.editing.alike import Pair
from library.models import Origin
from library.presets import NewPreset
from tests.imaging.files import seen
from tests.imaging.pictures import saved
from tests.imaging.test_embed import FACTS
from tests.library.house import open_library

FORMATS = ["png", "jpeg", "webp", "avif"]


@pytest.fixture
async def library(tmp_path: Path, pool: Pool) -> AsyncIterator[Library]:
    async with open_library(tmp_path / "home", inspect=pool.inspect, comparer=pool, converter=pool) as opened:
        yield opened


async def brought(library: Library, *files: Path) -> str:
    (id,) = (await library.ingest.import_paths(list(files))).assets
    return id


async def exported(library: Library, id: str, to: Path, **fields: Any) -> Path:
    """The one file that a preset makes of a picture."""
    preset = await library.presets.create(NewPreset(name=to.name, **fields))
    told = await library.care.deliver(to, preset, assets=[id])
    assert told["written"] == 1 and told["failed"] == [], told
    (file,) = (each for each in to.iterdir() if each.is_file())
    return file


async def origins(library: Library, id: str) -> list[Origin]:
    return (await library.assets.show(id)).made_of


@pytest.fixture
async def first(tmp_path: Path, library: Library) -> str:
    (tmp_path / "fox.png").write_bytes(embed(saved("PNG", (80, 60)), FACTS).data)
    return await brought(library, tmp_path / "fox.png")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("metadata", ["all", "generation"])
async def test_an_export_that_comes_back_says_what_it_was_made_of(
    tmp_path: Path, library: Library, pool: Pool, first: str, format: str, metadata: str
) -> None:
    assert await origins(library, first) == []
    file = await exported(library, first, tmp_path / "out", format=format, metadata=metadata, size="50%")
    back = await brought(library, file)
    shown = (await library.assets.show(first)).asset
    assert back != first
    assert await origins(library, back) == [Origin(id=first, name="fox.png", thumbnail=shown.thumbnail, binned=False)]
    await library.assets.bin([first])
    assert [each.binned for each in await origins(library, back)] == [True]
    assert (seen(file).facts, seen(file).lineage) == (FACTS, Lineage(bytes.fromhex(first), bytes.fromhex(first)))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("metadata", ["all", "generation"])
async def test_where_it_began_is_known_after_it_went_through_another_library(
    tmp_path: Path, library: Library, pool: Pool, first: str, format: str, metadata: str
) -> None:
    file = await exported(library, first, tmp_path / "out", format=format, metadata=metadata, size="50%")
    async with open_library(tmp_path / "other", seed=2, inspect=pool.inspect, comparer=pool, converter=pool) as other:
        there = await brought(other, file)
        assert await origins(other, there) == [Origin(id=first, name=None, thumbnail=None, binned=False)]
        again = await exported(other, there, tmp_path / "again", format=format, metadata=metadata, size="50%")
    told = seen(again)
    assert told.lineage == Lineage(bytes.fromhex(there), bytes.fromhex(first)), "the nearest, and where it began"
    assert told.facts == FACTS
    # Here the nearest one is not known, and where it began is.
    last = await brought(library, again)
    assert [(each.id, each.name) for each in await origins(library, last)] == [(there, None), (first, "fox.png")]


async def test_the_same_bytes_are_the_same_picture(tmp_path: Path, library: Library, first: str) -> None:
    file = await exported(library, first, tmp_path / "out", format="original", metadata="all")
    assert await brought(library, file) == first and await origins(library, first) == []


async def test_without_metadata_nothing_is_said(tmp_path: Path, library: Library, first: str) -> None:
    file = await exported(library, first, tmp_path / "out", format="jpeg", metadata="none")
    assert first.encode() not in file.read_bytes()
    assert await origins(library, await brought(library, file)) == []


async def test_files_that_lie_lead_nowhere_and_their_exports_end(tmp_path: Path, library: Library, first: str) -> None:
    """Two files that say each was made of the other; one that names an album; one that names what it becomes itself."""
    album = await library.albums.create(NewAlbum(name="shelf"))
    lies = [bytes.fromhex(album.id), bytes(16), b"\xff" * 16, bytes.fromhex(first)]
    for number, id in enumerate(lies):
        data = embed(saved("PNG", (64 + number, 48)), FACTS, lineage=Lineage(id, id)).data
        (tmp_path / f"{number}.png").write_bytes(data)
        asset = await brought(library, tmp_path / f"{number}.png")
        assert [each.id for each in await origins(library, asset)] == [id.hex()]
        assert [each.name for each in await origins(library, asset)] == (["fox.png"] if id.hex() == first else [None])
        file = await exported(library, asset, tmp_path / f"out {number}", format="png")
        assert seen(file).lineage == Lineage(bytes.fromhex(asset), id)


async def test_what_becomes_a_version_takes_its_line_along(tmp_path: Path, library: Library, first: str) -> None:
    (tmp_path / "old.png").write_bytes(embed(saved("PNG", (90, 60)), FACTS, lineage=Lineage(bytes(16), bytes(16))).data)
    old = await brought(library, tmp_path / "old.png")
    file = await exported(library, old, tmp_path / "out", format="jpeg", size="50%")
    back = await brought(library, file)
    await library.alike.same([Pair(newer=back, older=old)])
    assert [each.id for each in await origins(library, old)] == [bytes(16).hex()], "not of itself"
    copy = await exported(library, old, tmp_path / "copy", format="png")
    assert seen(copy).lineage == Lineage(bytes.fromhex(old), bytes(16))
