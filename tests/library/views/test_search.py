"""What queries find, how it is counted, and that both agree."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from library.catalog import Library
from library.errors import Invalid
from library.models import AssetChange
from library.views.dates import month_of
from tests.library.house import open_library, picture


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    """a: neon cat, tagged, 5 stars; b: 貓咪 neon, 3 stars; c: nothing known; d: neon, in the bin."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    prompts = {"a": "neon cat", "b": "霓虹 貓咪 neon", "c": "", "d": "neon bin"}
    for number, (name, prompt) in enumerate(prompts.items()):
        (folder / f"{name}.png").write_bytes(picture((number, 9, 9), (16 + number, 16)))
        if prompt:
            (folder / f"{name}.txt").write_text(prompt, "utf-8")
    async with open_library(tmp_path / "library") as library:
        assets = (await library.ingest.import_paths([folder])).assets
        await library.assets.edit_one(assets[0], AssetChange(rating=5, add_tags=["海報", "x"]))
        await library.assets.edit_one(assets[1], AssetChange(rating=3, label="red"))
        await library.assets.bin([assets[3]])
        yield library


FOUND = {
    "": "abc",
    "neon": "ab",
    "貓": "b",
    "貓咪": "b",
    "-neon": "c",
    "tool:a1111": "ab",
    "-tool:a1111": "c",
    "rating:>=3": "ab",
    "-rating:>=4": "bc",
    "tag:海報": "a",
    "-tag:海報": "bc",
    "is:tagged": "a",
    "-is:tagged": "bc",
    "is:untagged": "bc",
    "is:binned": "d",
    "neon is:binned": "d",
    "-is:binned": "abc",
    "label:red": "b",
    "-label:red": "ac",
    "-seed:1": "abc",
    "-flag:reject": "abc",
    "🐱": "",
    "neon 🐱": "",
    "neon , -": "ab",
    "neon label:red": "b",
    "size:>17 neon": "",
    "neon tool:a1111 rating:5": "a",
    "state:here -rating:5": "bc",
    "date:2026": "abc",
    "date:<2026 neon": "",
    "-date:2026": "",
    "date:>=2026-01-01 -label:red": "ac",
    "flag:none": "abc",
    "label:none": "ac",
    "-label:none": "b",
    "type:PNG": "abc",
    "date:9999": "",
    "type:png neon tag:x": "a",
    "in:b neon": "b",
    "nothing-at-all": "",
}


@pytest.mark.parametrize("sort", [None, "newest", "oldest", "name", "rating", "size", "relevance"])
async def test_queries_find_and_count_the_same(library: Library, sort: str | None) -> None:
    for query, names in FOUND.items():
        page = await library.search.page(query, sort)
        assert "".join(sorted(item.name[0] for item in page.items)) == names, query
        facets = await library.search.facets(query)
        total, ids = await library.search.ids(query, sort)
        assert page.total == facets.total == total == len(names), query
        assert ids == [item.id for item in page.items], query
        assert sum(facet.count for facet in facets.ratings) == len(names), query
        months = await library.search.months(query)
        assert months.total == sum(facet.count for facet in facets.months) == len(names), query


async def test_in_finds_any_part_of_the_name_and_words_of_every_other(library: Library, tmp_path: Path) -> None:
    (asset,) = (await library.search.page("in:a.p")).items
    data = (tmp_path / "pictures" / "a.png").read_bytes()
    for name in ("zebra crossing.png", "斑馬線 2.png"):
        (tmp_path / name).write_bytes(data)
        await library.ingest.import_paths([tmp_path / name])
    await library.assets.edit_one(asset.id, AssetChange(title="Stripes"))
    for query in ("in:trip", "in:zeb", 'in:"crossing.png"', 'in:"zebra cross"', "in:斑馬", "in:馬線", "in:線"):
        assert [each.id for each in (await library.search.page(query)).items] == [asset.id], query
        assert (await library.search.page(f"-{query}")).total == 2, query
    for query in ("in:ebra", 'in:"crossing zebra"', "in:neon", "in:."):
        assert asset.id not in [each.id for each in (await library.search.page(query)).items], query


SIGNS = {
    "😀": "a",
    "😀 🚀": "a",
    '"😀 🚀"': "a",
    "neon 😀": "a",
    "cat😀": "a",
    "neon -😀": "b",
    "-😀": "bc",
    "❤": "c",
    "❤️": "c",
    "%": "b",
    "％": "b",
    "_": "b",
    "\\": "b",
    '"': "b",
    "-": "b",
    "~": "",
    "。": "b",
    "* rating:5": "",
    "% rating:3": "b",
    "-%": "ac",
    "!?": "",
    "- ! neon": "ab",
}


@pytest.mark.parametrize("sort", [None, "oldest", "relevance"])
async def test_signs_find_what_holds_them_and_never_everything(library: Library, sort: str | None) -> None:
    assets = {item.name[0]: item.id for item in (await library.search.page()).items}
    await library.assets.edit_one(assets["a"], AssetChange(note="launch 😀 🚀"))
    await library.assets.edit_one(assets["b"], AssetChange(title='100% "a_b" x-y \\ 貓咪。海報'))
    await library.assets.edit_one(assets["c"], AssetChange(note="with ❤️"))
    names_of = {id: name for name, id in assets.items()}
    await library.checkpoints.create("then")
    for query, names in SIGNS.items():
        page = await library.search.page(query, sort)
        assert "".join(sorted(names_of[item.id] for item in page.items)) == names, query
        assert page.total == (await library.search.facets(query)).total == len(names), query
        assert (await library.search.months(query)).total == len(names), query
    await library.assets.edit_one(assets["a"], AssetChange(note=""))
    assert (await library.search.page("😀")).total == 0
    assert (await library.search.page("😀", at="then")).total == 1


async def test_facets_follow_what_changes(library: Library) -> None:
    before = await library.search.facets("neon")
    assert sorted((each.value, each.count) for each in before.tags) == [("x", 1), ("海報", 1)]
    found = (await library.search.page("neon", "name")).items
    await library.assets.edit([item.id for item in found], AssetChange(add_tags=["y"], rating=1))
    after = await library.search.facets("neon")
    assert sorted((each.value, each.count) for each in after.tags) == [("x", 1), ("y", 2), ("海報", 1)]
    assert [(each.value, each.count) for each in after.ratings] == [("1", 2)]


@pytest.mark.parametrize("sort", ["newest", "oldest"])
async def test_months_lead_to_where_they_begin(tmp_path: Path, sort: str) -> None:
    async with open_library(tmp_path / "home") as library:
        folder = tmp_path / "years"
        folder.mkdir()
        for number, day in enumerate(("2025-11-30", "2025-12-01", "2025-12-31", "2026-01-01", "2026-03-09")):
            path = folder / f"{number}.png"
            path.write_bytes(picture((number, 0, 0)))
            os.utime(path, (at := datetime.fromisoformat(f"{day}T12:00Z").timestamp(), at))
        await library.ingest.import_paths([folder])
        await library.assets.bin([(await library.search.page("in:2.png")).items[0].id])
        for query in ("", "in:png", "date:>=2025-12"):
            found = await library.search.months(query, sort)
            pages = [await library.search.page(query, sort, limit=1, offset=each.at) for each in found.months]
            assert [month_of(page.items[0].created_at) for page in pages] == [each.month for each in found.months]
            assert found.total == sum(each.count for each in found.months) == pages[0].total
        assert [(each.month, each.count) for each in (await library.search.months("", "oldest")).months] == [
            ("2025-11", 1), ("2025-12", 1), ("2026-01", 1), ("2026-03", 1),
        ]  # fmt: skip
        with pytest.raises(Invalid):
            await library.search.months("", "name")


async def test_pages_follow_one_another_in_every_order(library: Library) -> None:
    for sort in ("newest", "oldest", "name", "rating", "size", "relevance"):
        whole = [item.id for item in (await library.search.page("neon", sort)).items]
        first = await library.search.page("neon", sort, limit=1)
        second = await library.search.page("neon", sort, limit=1, after=first.next)
        assert [item.id for item in (*first.items, *second.items)] == whole and second.next is None


async def test_flags_and_labels_are_counted(library: Library) -> None:
    found = {item.name[0]: item.id for item in (await library.search.page()).items}
    await library.assets.edit([found["a"], found["b"]], AssetChange(flag="pick"))
    await library.assets.edit([found["c"]], AssetChange(flag="reject", label="blue"))
    facets = await library.search.facets("")
    assert [(each.value, each.count) for each in facets.flags] == [("pick", 2), ("reject", 1)]
    assert [(each.value, each.count) for each in facets.labels] == [("blue", 1), ("red", 1)]
    assert [(each.value, each.count) for each in (await library.search.facets("flag:pick")).labels] == [("red", 1)]
    assert (await library.search.page("flag:pick -label:red")).total == 1
    await library.assets.edit([found["a"]], AssetChange(flag=None))
    assert [(each.value, each.count) for each in (await library.search.facets("neon")).flags] == [("pick", 1)]
    assert (await library.care.verify()).problems == []
