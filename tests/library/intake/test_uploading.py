"""Texts that come with pictures which are uploaded: read as those that lie beside pictures in a folder."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from imaging.pool import Pool
from library.catalog import Library
from tests.library.house import open_library, pictures


@pytest.fixture
async def library(tmp_path: Path, pool: Pool) -> AsyncIterator[Library]:
    async with open_library(tmp_path / "home", inspect=pool.inspect) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    return tmp_path / "pictures"


async def test_text_is_read_when_an_uploaded_picture_is_imported_with_it(library: Library, folder: Path) -> None:
    (path,) = pictures(folder, 1)
    with library.ingest.upload_place(100) as place:
        shutil.copy(path, place)
        asset = (await library.ingest.upload(place, path.name))["asset"]
    path.with_suffix(".txt").write_text("a cat")
    report = await library.ingest.import_paths([folder])
    assert (report.duplicates, report.assets, report.others) == (1, [asset], {})
    assert (await library.assets.show(asset)).asset.prompt == "a cat"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp950"])
async def test_text_that_comes_with_an_upload_is_read_as_one_in_a_folder(
    library: Library, folder: Path, encoding: str
) -> None:
    words = "霓虹貓咪，雨夜，電影感"
    one, other = pictures(folder, 2)
    one.with_suffix(".txt").write_bytes(words.encode(encoding))
    with library.ingest.upload_place(100) as place:
        shutil.copy(other, place)
        asset = (await library.ingest.upload(place, other.name, beside=words.encode(encoding)))["asset"]
    assert (await library.assets.show(asset)).asset.prompt == words
    await library.ingest.import_paths([one])
    found = {each.name: each for each in (await library.search.page("霓虹")).items}
    assert found[one.name].prompt == found[other.name].prompt == words
    assert list(library.workspace.folder.glob("**/incoming/*")) == []


async def test_text_of_an_upload_comes_to_a_picture_without_a_prompt_and_overwrites_none(
    library: Library, folder: Path
) -> None:
    (path,) = pictures(folder, 1)

    async def told(beside: bytes | None) -> str | None:
        with library.ingest.upload_place(100) as place:
            shutil.copy(path, place)
            asset = (await library.ingest.upload(place, path.name, beside=beside))["asset"]
        return (await library.assets.show(asset)).asset.prompt

    assert await told(None) is await told(b"") is await told(b"\0\1\2") is None  # no text, an empty one, none that is
    assert await told(b"a cat") == await told(b"a dog") == await told(None) == "a cat"
    assert list(library.workspace.folder.glob("**/incoming/*")) == []
