"""What a picture is called: by the name under which it first came, wherever else the same bytes turn up."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from documents.draft import Draft
from documents.kinds import Kind, derived_id
from imaging.inspection import Inspection, InspectJob
from imaging.pool import Pool
from library.catalog import Library
from library.gathering import MOST_NAME, file_name
from library.intake.arrivals import write_version
from library.models import AssetChange, NewSavedSearch, Pair
from library.workspace import Plan
from tests.library.house import look_at, open_library, picture
from tests.library.intake.saving import drawn, save_again, save_first


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    async with open_library(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    return tmp_path / "pictures"


async def import_as(library: Library, folder: Path, *names: str, reference: bool = False) -> str:
    """The same picture under several names, one import after the other; gives its id."""
    found = set()
    for name in names:
        (folder / name).write_bytes(picture((1, 2, 3)))
        found |= set((await library.ingest.import_paths([folder / name], reference=reference)).assets)
    (asset,) = found
    return asset


async def old_picture(library: Library, folder: Path, *names: str, color: tuple[int, int, int] = (1, 2, 3)) -> str:
    """A picture as it was written before names were."""
    (folder / names[0]).write_bytes(picture(color))
    seen = look_at(InspectJob(path=folder / names[0], copy_to=None, sidecar=None))
    assert isinstance(seen, Inspection)
    id = derived_id(Kind.IMAGE, library.workspace.id, seen.sha256)

    def write(draft: Draft) -> None:
        write_version(draft, seen, [], 1)
        for name in names:
            draft.put_entry("sources", name, True)

    await library.workspace.append(Plan("asset.import", {"name": names[0]}, [(id, write)]))
    return id.hex()


async def name_of(library: Library, asset: str) -> str:
    return (await library.assets.show(asset)).asset.name


@pytest.mark.parametrize("reference", [False, True], ids=["copied", "kept in place"])
async def test_picture_keeps_the_name_that_it_first_came_under(library: Library, folder: Path, reference: bool) -> None:
    asset = await import_as(library, folder, "fox.png", "a copy.png", "zebra.png", reference=reference)
    shown = await library.assets.show(asset)
    assert shown.asset.name == "fox.png"
    assert shown.sources == ["a copy.png", "fox.png", "zebra.png"]
    assert [each.name for each in shown.versions] == ["fox.png"]


async def test_every_name_of_a_picture_finds_it_and_it_is_sorted_by_its_own(library: Library, folder: Path) -> None:
    (folder / "middle.png").write_bytes(picture((9, 9, 9)))
    await library.ingest.import_paths([folder / "middle.png"])
    asset = await import_as(library, folder, "zebra.png", "aardvark.png")
    for q in ("zebra", "aardvark", "in:ebr", "in:aardv", "in:aardvark.p", "-in:middle"):
        assert [each.id for each in (await library.search.page(q)).items] == [asset], q
    assert (await library.search.page("in:.png -in:aardvark")).total == 1
    by_name = (await library.search.page("", "name")).items
    assert [each.name for each in by_name] == ["middle.png", "zebra.png"]


async def test_files_of_one_import_with_the_same_bytes_go_by_the_first(library: Library, folder: Path) -> None:
    for name in ("2.png", "1.png"):
        (folder / name).write_bytes(picture((1, 2, 3)))
    (asset,) = (await library.ingest.import_paths([folder / "2.png", folder / "1.png"])).assets
    assert await name_of(library, asset) == "2.png"


async def test_upload_has_its_name_written_and_keeps_it(library: Library, folder: Path) -> None:
    for name in ("holiday/fox.png", "a.png"):
        with library.ingest.upload_place(100) as place:
            place.write_bytes(picture((1, 2, 3)))
            asset = (await library.ingest.upload(place, name))["asset"]
    shown = await library.assets.show(asset)
    assert (shown.asset.name, shown.versions[0].name) == ("fox.png", "fox.png")
    assert shown.sources == ["a.png", "fox.png"]


async def test_title_comes_before_the_name_and_leaves_it_as_it_is(library: Library, folder: Path) -> None:
    asset = await import_as(library, folder, "fox.png", "a.png")
    await library.assets.edit_one(asset, AssetChange(title="狐狸"))
    assert await name_of(library, asset) == "狐狸"
    await library.assets.edit_one(asset, AssetChange(title=None))
    assert await name_of(library, asset) == "fox.png"


async def test_rebuilt_and_verified_rows_have_the_same_names(library: Library, folder: Path) -> None:
    asset = await import_as(library, folder, "fox.png", "a.png")
    assert (await library.care.verify()).problems == []
    await library.care.rebuild()
    assert await name_of(library, asset) == "fox.png"
    assert [each.id for each in (await library.search.page("in:a")).items] == [asset]


async def test_name_is_that_of_then_in_the_library_as_of_a_moment(library: Library, folder: Path) -> None:
    asset = await import_as(library, folder, "fox.png")
    saved = await library.searches.create(NewSavedSearch(name="a", query="in:a"))
    moment = await library.checkpoints.create("then")
    await import_as(library, folder, "a.png")
    again = await library.checkpoints.create("again")
    then = await library.assets.show(asset, moment.id)
    assert (then.asset.name, then.sources) == ("fox.png", ["fox.png"])
    for when, names in ((moment.id, []), (again.id, ["fox.png"])):
        assert (await library.searches.show(saved.id, when)).total == len(names)
        assert [each.name for each in (await library.search.page("in:a", at=when)).items] == names


async def test_edited_file_that_lies_under_another_name_is_told_at_its_version(library: Library, folder: Path) -> None:
    asset = await import_as(library, folder, "fox.png", "a.png")
    (folder / "a.png").write_bytes(picture((4, 5, 6)))
    assert (await library.ingest.import_paths([folder / "a.png"])).versions == 1
    shown = await library.assets.show(asset)
    assert (shown.asset.name, [each.name for each in shown.versions]) == ("fox.png", ["fox.png", "a.png"])
    await library.assets.restore(asset, shown.versions[0].id)
    shown = await library.assets.show(asset)
    assert (shown.asset.name, shown.versions[-1].name) == ("fox.png", "fox.png")


async def test_import_that_was_undone_and_done_again_has_its_name(library: Library, folder: Path) -> None:
    asset = await import_as(library, folder, "fox.png")
    await library.history.undo()
    assert await import_as(library, folder, "a.png") == asset
    assert await name_of(library, asset) == "fox.png"


async def test_file_that_joined_keeps_its_own_name_also_when_it_is_apart_again(tmp_path: Path, pool: Pool) -> None:
    folder = tmp_path / "pictures"
    async with open_library(tmp_path / "home", inspect=pool.inspect, comparer=pool) as library:
        save_first(drawn(1), folder / "fox.png", 1)
        (asset,) = (await library.ingest.import_paths([folder])).assets
        again = save_again(folder / "fox.png", folder / "elsewhere" / "a picture", 1)
        (folder / "fox.png").unlink()
        assert (await library.ingest.import_paths([folder])).rejoined == 1
        shown = await library.assets.show(asset)
        assert (shown.asset.name, shown.sources) == ("fox.png", ["fox.png"])
        assert [each.name for each in shown.versions] == ["fox.png", again.name]
        await library.history.undo()
        shown = await library.assets.show(asset)
        assert (shown.asset.name, len(shown.versions)) == ("fox.png", 1)
        (apart,) = [each for each in (await library.search.page("")).items if each.id != asset]
        again.with_name("0.png").write_bytes(again.read_bytes())
        await library.ingest.import_paths([folder])
        assert await name_of(library, apart.id) == apart.name == again.name


# Before names were written


async def test_picture_without_a_written_name_goes_by_its_sources(library: Library, folder: Path) -> None:
    asset = await old_picture(library, folder, "fox.png", "zebra.png")
    shown = await library.assets.show(asset)
    assert (shown.asset.name, shown.versions[0].name) == ("fox.png", None)


async def test_further_name_leaves_one_that_was_never_written_as_it_is(library: Library, folder: Path) -> None:
    asset = await old_picture(library, folder, "fox.png", "zebra.png")
    before = (await library.care.digest()).documents
    await import_as(library, folder, "a.png")
    shown = await library.assets.show(asset)
    assert (shown.asset.name, shown.sources) == ("fox.png", ["a.png", "fox.png", "zebra.png"])
    await library.history.undo()
    shown = await library.assets.show(asset)
    assert (shown.asset.name, shown.sources) == ("fox.png", ["fox.png", "zebra.png"])
    assert (await library.care.digest()).documents == before


async def test_pictures_that_are_the_same_keep_each_version_its_name(library: Library, folder: Path) -> None:
    older = await old_picture(library, folder, "fox.png")
    newer = await old_picture(library, folder, "a.png", color=(7, 7, 7))
    await library.alike.same([Pair(newer=newer, older=older)])
    shown = await library.assets.show(older)
    assert (shown.asset.name, shown.sources) == ("fox.png", ["a.png", "fox.png"])
    assert [each.name for each in shown.versions] == ["fox.png", "a.png"]
    await library.alike.apart(older, shown.versions[1].id)
    assert (await name_of(library, older), await name_of(library, newer)) == ("fox.png", "a.png")


# Names that are no plain text


@pytest.mark.parametrize(
    ("lies", "told"),
    [
        (b"two\nlines.png", "two\ufffdlines.png"),
        (b"tab\t\x1b[31m.png", "tab\ufffd\ufffd[31m.png"),
        (b"latin \xe9.png", "latin \ufffd.png"),
        ("cafe\u0301.png".encode(), "caf\u00e9.png"),
        ("狐狸 🦊.png".encode(), "狐狸 🦊.png"),
        (b"\n", "\ufffd"),
        (b"x" * 251 + b".png", "x" * 251 + ".png"),
        (b"\xff" * 251 + b".png", "\ufffd" * 251 + ".png"),
    ],
    ids=["line break", "control", "no text", "decomposed", "any script", "nothing else", "255 bytes", "255 bad bytes"],
)
async def test_written_name_is_clean_and_the_path_is_kept_as_it_lies(
    library: Library, folder: Path, lies: bytes, told: str
) -> None:
    path = folder / os.fsdecode(lies)
    path.write_bytes(picture((1, 2, 3)))
    (asset,) = (await library.ingest.import_paths([path])).assets
    shown = await library.assets.show(asset)
    assert (shown.asset.name, shown.versions[0].name) == (told, told)
    kept = library.workspace.database.read_now(
        lambda connection: connection.execute(
            "SELECT path FROM source WHERE document=?", (bytes.fromhex(asset),)
        ).fetchone()
    )
    assert kept == (os.fsencode(path),)
    assert (await library.ingest.import_paths([path])).duplicates == 1


def test_name_that_is_too_long_keeps_its_beginning_and_its_ending() -> None:
    long = file_name("狐" * 400 + ".png")
    assert (long, len(long)) == ("狐" * (MOST_NAME - 4) + ".png", MOST_NAME)
    assert len(file_name("a." + "b" * 4000)) == MOST_NAME


def test_names_are_one_spelling_and_on_one_line() -> None:
    for name in ("e\u0301\u2028/\u2029\x85\x7f", "\ud800.png", " . ", "", "..", "a/b\\c"):
        clean = file_name(name)
        assert clean == unicodedata.normalize("NFC", clean) == file_name(clean)
        assert len(clean.splitlines()) <= 1 and "/" not in clean
        clean.encode()
