"""A folder of pictures becomes a library that forgets nothing: the spine end to end on one device."""

from __future__ import annotations

from pathlib import Path

import pytest

from library.catalog import Library
from library.errors import Clash, Invalid, NotFound
from library.models import AssetChange, AssetPage, ProjectChange
from tests.library.house import open_library, picture


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(5):
        (folder / f"p{index}.png").write_bytes(picture((index * 40, 100, 200)))
    (folder / "p0.txt").write_text("一隻貓咪的海報, neon cat")
    return folder


async def all_of(library: Library, q: str = "") -> AssetPage:
    return await library.search.page(q)


async def test_a_folder_is_imported_found_and_shown(library: Library, pictures: Path) -> None:
    report = await library.ingest.import_paths([pictures])
    assert (report.imported, report.duplicates, report.failed) == (5, 0, [])
    for q in ("貓", "貓咪", "海報", "neon cat", "貓咪 海報", "tool:a1111"):
        page = await all_of(library, q)
        assert [item.name for item in page.items] == ["p0.png"], q
    detail = await library.assets.show(page.items[0].id)
    assert detail.asset.prompt == "一隻貓咪的海報, neon cat"
    assert detail.sources == ["p0.png"]
    assert library.blob(detail.asset.sha256).path.read_bytes() == (pictures / "p0.png").read_bytes()


async def test_the_same_bytes_twice_are_one_asset_with_both_sources(library: Library, pictures: Path) -> None:
    (pictures / "again.png").write_bytes((pictures / "p1.png").read_bytes())
    report = await library.ingest.import_paths([pictures])
    assert (report.imported, report.duplicates) == (5, 1)
    (asset,) = (await all_of(library, "in:again")).items or [None]
    assert asset is not None
    assert (await library.assets.show(asset.id)).sources == ["again.png", "p1.png"]


async def test_importing_again_changes_nothing(library: Library, pictures: Path) -> None:
    await library.ingest.import_paths([pictures])
    before = await library.care.digest()
    report = await library.ingest.import_paths([pictures])
    assert (report.imported, report.duplicates) == (0, 5)
    assert await library.care.digest() == before


async def test_a_file_edited_in_place_becomes_a_new_version_and_the_old_one_can_be_restored(
    library: Library, pictures: Path
) -> None:
    report = await library.ingest.import_paths([pictures / "p2.png"])
    asset = report.assets[0]
    first = (await library.assets.show(asset)).asset.sha256
    (pictures / "p2.png").write_bytes(picture((1, 2, 3), (100, 50)))
    report = await library.ingest.import_paths([pictures / "p2.png"])
    assert (report.versions, report.assets) == (1, [asset])
    detail = await library.assets.show(asset)
    assert [version.current for version in detail.versions] == [False, True]
    await library.assets.restore(asset, first)
    detail = await library.assets.show(asset)
    assert detail.asset.sha256 == first
    assert [version.current for version in detail.versions] == [False, False, True]


async def test_an_edit_is_one_commit_and_survives_reopening(tmp_path: Path, pictures: Path) -> None:
    async with open_library(tmp_path / "home") as library:
        asset = (await library.ingest.import_paths([pictures / "p0.png"])).assets[0]
        before = library.workspace.database.commits
        await library.assets.edit_one(asset, AssetChange(rating=4, add_tags=["貓", "cat"], note="好 😀", title="海報"))
        assert library.workspace.database.commits == before + 1
        digest = await library.care.digest()
    async with open_library(tmp_path / "home", seed=2) as library:
        assert await library.care.digest() == digest
        detail = await library.assets.show(asset)
        assert (detail.asset.rating, detail.asset.tags, detail.asset.name) == (4, ["cat", "貓"], "海報")
        assert detail.note == "好 😀"
        assert [item.id for item in (await all_of(library, "rating:>=4 tag:貓 好")).items] == [asset]


async def test_rebuild_gives_the_same_digest_and_the_same_rows(library: Library, pictures: Path) -> None:
    assets = (await library.ingest.import_paths([pictures])).assets
    await library.assets.edit(assets[:3], AssetChange(rating=5, flag="pick", add_tags=["x"]))
    await library.assets.bin(assets[3:4])
    counts = await library.counts()
    assert (counts.assets, counts.binned, counts.offline) == (4, 1, 0)
    before, rows = await library.care.digest(), await all_of(library)
    facets = await library.search.facets("")
    assert await library.care.rebuild() == before
    assert sorted(item.id for item in (await all_of(library)).items) == sorted(item.id for item in rows.items)
    assert {item.id: item for item in (await all_of(library)).items} == {item.id: item for item in rows.items}
    assert await library.search.facets("") == facets
    assert (await library.care.verify(read_data=True)).problems == []


async def test_undo_takes_back_a_bulk_edit_and_redo_brings_it_again(library: Library, pictures: Path) -> None:
    assets = (await library.ingest.import_paths([pictures])).assets
    await library.assets.edit(assets, AssetChange(rating=2, title="one", add_tags=["a"]))
    bulk = await library.assets.edit(assets, AssetChange(rating=5, title="two", remove_tags=["a"], note="n"))
    await library.history.undo(bulk.action)
    for item in (await all_of(library)).items:
        assert (item.rating, item.title, item.tags) == (2, "one", ["a"])
    with pytest.raises(Clash):
        await library.history.undo(bulk.action)
    await library.history.redo()
    for item in (await all_of(library)).items:
        assert (item.rating, item.title, item.tags) == (5, "two", [])


async def test_undo_leaves_what_was_changed_later(library: Library, pictures: Path) -> None:
    asset = (await library.ingest.import_paths([pictures / "p0.png"])).assets[0]
    first = await library.assets.edit([asset], AssetChange(rating=3, add_tags=["a"]))
    await library.assets.edit([asset], AssetChange(rating=1))
    await library.history.undo(first.action)
    shown = (await library.assets.show(asset)).asset
    assert (shown.rating, shown.tags) == (1, [])


async def test_undoing_an_import_bins_what_it_brought(library: Library, pictures: Path) -> None:
    await library.ingest.import_paths([pictures])
    await library.history.undo()
    assert (await all_of(library)).total == 0
    assert (await all_of(library, "is:binned")).total == 5
    await library.history.redo()
    assert (await all_of(library)).total == 5


async def test_importing_a_binned_picture_restores_it(library: Library, pictures: Path) -> None:
    asset = (await library.ingest.import_paths([pictures / "p0.png"])).assets[0]
    await library.assets.bin([asset])
    assert (await all_of(library)).total == 0
    await library.ingest.import_paths([pictures / "p0.png"])
    assert [item.id for item in (await all_of(library)).items] == [asset]


async def test_the_timeline_says_what_happened_newest_first(library: Library, pictures: Path) -> None:
    asset = (await library.ingest.import_paths([pictures / "p0.png"])).assets[0]
    await library.assets.edit_one(asset, AssetChange(rating=3))
    await library.assets.edit_one(asset, AssetChange(rating=3))  # no change, no entry
    entries = await library.history.of(asset)
    assert [entry.intent for entry in entries] == ["asset.rate", "asset.import"]
    assert entries[0].params == {"count": 1, "rating": 3}
    whole, following = await library.history.timeline(limit=2)
    assert [entry.intent for entry in whole] == ["asset.rate", "asset.import"]
    rest, end = await library.history.timeline(limit=2, after=following)
    assert [entry.intent for entry in rest] == ["workspace.create"] and end is None


async def test_projects_hold_pictures_and_are_archived_and_duplicated(library: Library, pictures: Path) -> None:
    assets = (await library.ingest.import_paths([pictures])).assets
    project = await library.projects.create("春季 campaign")
    await library.assets.edit(assets[:2], AssetChange(add_projects=[project.id]))
    assert (await all_of(library, f"project:{project.id}")).total == 2
    edited = await library.projects.edit(project.id, ProjectChange(brief="貓", color="teal", archived=True))
    assert (edited.brief, edited.color, edited.archived, edited.assets) == ("貓", "teal", True, 2)
    copy = await library.projects.duplicate(project.id, "copy")
    assert (copy.brief, copy.assets, copy.archived) == ("貓", 2, False)
    assert {each.name for each in await library.projects.list()} == {"春季 campaign", "copy"}


async def test_bad_files_get_one_line_each_and_the_rest_goes_on(library: Library, pictures: Path) -> None:
    (pictures / "empty.png").write_bytes(b"")
    (pictures / "text.png").write_bytes(b"<html>")
    (pictures / "notes.md").write_bytes(b"not a picture, and does not say it is")
    report = await library.ingest.import_paths([pictures, pictures / "absent.png"])
    assert report.imported == 5
    reasons = sorted((Path(bad.path).name, bad.code) for bad in report.failed)
    assert reasons == [("absent.png", "gone"), ("empty.png", "empty"), ("text.png", "not_a_picture")]
    assert list((library.workspace.folder / "blobs" / "incoming").iterdir()) == []


async def test_nonsense_is_refused_with_its_reason(library: Library) -> None:
    with pytest.raises(NotFound):
        await library.assets.show("zz")
    with pytest.raises(Invalid):
        await library.search.page("rating:many")
    with pytest.raises(Invalid):
        await library.search.page("", after="???")
    with pytest.raises(Invalid):
        await library.assets.edit(["01" + "0" * 30], AssetChange(rating=9))
    with pytest.raises(Clash):
        await library.history.undo()


async def test_paging_by_cursor_meets_every_asset_once_in_every_order(library: Library, pictures: Path) -> None:
    await library.ingest.import_paths([pictures])
    for sort in ("newest", "oldest", "name", "rating", "size", "relevance"):
        seen: list[str] = []
        after = None
        while True:
            page = await library.search.page("p", sort, limit=2, after=after)
            seen += [item.id for item in page.items]
            after = page.next
            if after is None:
                break
        assert len(seen) == len(set(seen)) == page.total, sort


async def test_a_damaged_blob_and_a_flipped_row_are_named(library: Library, pictures: Path) -> None:
    await library.ingest.import_paths([pictures])
    asset = (await all_of(library)).items[0]
    place = library.blob(asset.sha256).path
    data = bytearray(place.read_bytes())
    data[20] ^= 1
    place.write_bytes(data)
    await library.workspace.database.write(
        lambda connection: connection.execute(
            "UPDATE source SET size = size + 1 WHERE path = (SELECT min(path) FROM source)"
        )
    )
    problems = (await library.care.verify(read_data=True)).problems
    assert len(problems) == 2
    assert any(asset.sha256 in problem.where for problem in problems)
    assert any(problem.where.startswith("source") for problem in problems)


async def test_log_of_a_project_tells_which_pictures_came_and_went(tmp_path: Path) -> None:
    async with open_library(tmp_path / "home") as library:
        (tmp_path / "a.png").write_bytes(picture((1, 2, 3)))
        (asset,) = (await library.ingest.import_paths([tmp_path / "a.png"])).assets
        project, other = await library.projects.create("Poster"), await library.projects.create("Other")
        await library.assets.edit_one(asset, AssetChange(add_projects=[project.id]))
        await library.assets.edit_one(asset, AssetChange(remove_projects=[project.id]))
        log = [entry.intent for entry in await library.projects.history(project.id)]
        assert log == ["asset.project", "asset.project", "project.create"]
        assert [entry.intent for entry in await library.projects.history(other.id)] == ["project.create"]
