"""Pictures that were saved again outside: renamed, in another format, quality or size, their facts gone."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

from imaging.inspection import Inspection, InspectJob, Rejection
from imaging.pool import Pool
from library.catalog import Library
from library.models import AssetChange
from tests.library.house import open_library
from tests.library.intake.saving import drawn, nearly, save_again, save_first


@pytest.fixture
async def library(tmp_path: Path, pool: Pool) -> AsyncIterator[Library]:
    async with open_library(tmp_path / "home", inspect=pool.inspect, comparer=pool) as opened:
        yield opened


class Kept(NamedTuple):
    """A picture of the library, and where it lay."""

    asset: str
    path: Path


async def filled(library: Library, folder: Path, count: int, reference: bool = False) -> list[Kept]:
    """Pictures of which each is tagged with its own number."""
    for number in range(count):
        save_first(drawn(number), folder / f"{number:04}.{'png' if number % 2 else 'jpg'}", number)
    paths = sorted(folder.iterdir())
    report = await library.ingest.import_paths([folder], reference=reference)
    assert (report.imported, report.alike, report.failed) == (count, 0, [])
    for number, id in enumerate(report.assets):
        await library.assets.edit_one(id, AssetChange(add_tags=[f"number {number}"], rating=number % 6))
    return [Kept(id, path) for id, path in zip(report.assets, paths, strict=True)]


def shuffled(kept: list[Kept], target: Path, seed: int) -> dict[Path, int]:
    """Every file saved again under another name in another folder, and the old ones gone: new path → number."""
    numbers = list(range(len(kept)))
    random.Random(seed).shuffle(numbers)
    found = {}
    for place, number in enumerate(numbers):
        new = target / f"folder {place % 7}" / f"picture {place:04}"
        found[save_again(kept[number].path, new, number)] = number
    for each in kept:
        each.path.unlink()
    return found


async def all_came_back(library: Library, folder: Path, count: int, reference: bool) -> None:
    kept = await filled(library, folder, count, reference)
    saved = shuffled(kept, folder, seed=count)
    report = await library.ingest.import_paths([folder], reference=reference)
    wrong = 0
    for path, number in saved.items():
        (at,) = library.workspace.database.read_now(
            lambda connection, path=path: connection.execute(
                "SELECT document FROM source WHERE path=?", (bytes(path),)
            ).fetchone()
        )
        wrong += at.hex() != kept[number].asset and at.hex() in {each.asset for each in kept}
    asked = (await library.alike.list(200)).total
    print(f"{count} saved again: {report.rejoined} came back, {report.imported} new, {asked} asked, {wrong} wrong")
    assert wrong == 0
    assert report.rejoined >= count * 0.999 - 0.5 and report.rejoined + report.imported == count
    assert report.alike == report.imported
    for number, each in enumerate(kept):
        detail = await library.assets.show(each.asset)
        assert f"number {number}" in detail.asset.tags and detail.asset.rating == number % 6


@pytest.mark.parametrize("reference", [False, True], ids=["copied", "kept in place"])
async def test_pictures_saved_again_under_other_names_keep_their_tags(
    library: Library, tmp_path: Path, reference: bool
) -> None:
    await all_came_back(library, tmp_path / "pictures", 40, reference)


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_a_thousand_pictures_saved_again_keep_their_tags(library: Library, tmp_path: Path) -> None:
    await all_came_back(library, tmp_path / "pictures", 1000, False)


async def test_pictures_that_only_nearly_are_the_same_join_none(library: Library, tmp_path: Path) -> None:
    folder, chance = tmp_path / "pictures", random.Random(5)
    kept = await filled(library, folder, 6)
    before = [(await library.assets.show(each.asset)).versions for each in kept]
    others = 0
    for number, each in enumerate(kept):
        for name, image in nearly(drawn(number), chance):
            image.save(folder / f"{number} {name}.{'webp' if others % 2 else 'png'}", quality=85)
            others += 1
        each.path.unlink()
    report = await library.ingest.import_paths([folder])
    assert (report.rejoined, report.imported, report.failed) == (0, others, [])
    assert [(await library.assets.show(each.asset)).versions for each in kept] == before


async def test_each_of_a_batch_that_nearly_is_the_same_comes_back_to_itself(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    batch = dict(nearly(drawn(3), random.Random(6)))
    for name, image in batch.items():
        image.save(folder / f"{name}.png")
    report = await library.ingest.import_paths([folder])
    assert (report.imported, report.alike) == (len(batch), 0)
    home = dict(zip(sorted(batch, key=lambda name: f"{name}.png"), report.assets, strict=True))
    for name in batch:
        save_again(folder / f"{name}.png", tmp_path / "pictures" / "again" / name[::-1], 1)
        (folder / f"{name}.png").unlink()
    again = await library.ingest.import_paths([folder])
    assert (again.rejoined, again.imported) == (len(batch), 0)
    for name, id in home.items():
        shown = await library.assets.show(id)
        assert (shown.asset.name, shown.sources) == (f"{name}.png", [f"{name}.png"])
        assert [each.name for each in shown.versions] == [f"{name}.png", f"{name[::-1]}.jpg"]
        found = (await library.search.page(name[::-1])).items  # by the name that it has now
        assert id in [each.id for each in found]


@pytest.mark.parametrize("name", ["white", "grey", "gradient", "two colours"])
async def test_pictures_that_show_too_little_never_join(library: Library, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    plain = {
        "white": Image.new("RGB", (600, 400), "white"),
        "grey": Image.new("RGB", (600, 400), (90, 90, 90)),
        "gradient": Image.linear_gradient("L").resize((600, 400)).convert("RGB"),
        "two colours": Image.merge(
            "RGB", [Image.linear_gradient("L").rotate(turn).resize((600, 400)) for turn in (0, 90, 180)]
        ),
    }[name]
    plain.save(folder / "old.png")
    (asset,) = (await library.ingest.import_paths([folder])).assets
    plain.save(folder / "new.jpg", quality=90)
    (folder / "old.png").unlink()
    report = await library.ingest.import_paths([folder])
    assert (report.rejoined, report.imported) == (0, 1)
    assert (await library.assets.show(asset)).asset.versions == 1


async def test_picture_whose_own_file_is_there_is_asked_about(library: Library, tmp_path: Path) -> None:
    (kept,) = await filled(library, tmp_path / "pictures", 1)
    save_again(kept.path, tmp_path / "pictures" / "again", 0)
    report = await library.ingest.import_paths([tmp_path / "pictures"])
    assert (report.rejoined, report.imported, report.alike) == (0, 1, 1)
    asked = await library.alike.list()
    (new,) = {*report.assets} - {kept.asset}
    assert [(pair.newer.id, pair.older.id) for pair in asked.pairs] == [(new, kept.asset)]


async def test_picture_whose_drive_is_away_is_asked_about(library: Library, tmp_path: Path) -> None:
    (kept,) = await filled(library, tmp_path / "drive", 1, reference=True)
    saved = save_again(kept.path, tmp_path / "pictures" / "again", 0)
    shutil.rmtree(tmp_path / "drive")
    report = await library.ingest.import_paths([saved.parent])
    assert (report.rejoined, report.alike) == (0, 1)
    (tmp_path / "drive").mkdir()  # its mount point
    save_again(saved, tmp_path / "pictures" / "more", 1)
    assert (await library.ingest.import_paths([saved.parent])).rejoined == 0


async def test_picture_that_was_moved_and_saved_again_comes_back_from_another_folder(
    library: Library, tmp_path: Path
) -> None:
    kept, other = await filled(library, tmp_path / "downloads", 2)
    saved = save_again(kept.path, tmp_path / "pictures" / "again", 0)
    kept.path.unlink()
    report = await library.ingest.import_paths([saved])  # named by itself
    assert (report.rejoined, report.assets) == (1, [kept.asset])
    assert other.path.exists()


async def test_upload_that_looks_like_a_picture_is_asked_about(library: Library, tmp_path: Path) -> None:
    kept, _ = await filled(library, tmp_path / "pictures", 2)
    saved = save_again(kept.path, tmp_path / "elsewhere" / "again", 0)
    kept.path.unlink()
    with library.ingest.upload_place(saved.stat().st_size) as place:
        place.write_bytes(saved.read_bytes())
        told = await library.ingest.upload(place, "again.webp")
    assert told["outcome"] == "imported"
    assert [pair.older.id for pair in (await library.alike.list()).pairs] == [kept.asset]


async def test_two_pictures_that_fit_are_both_asked_about(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    kept, _ = await filled(library, folder, 2)
    twin = folder / "twin.png"
    Image.open(kept.path).save(twin)
    (second,) = [id for id in (await library.ingest.import_paths([folder])).assets if id != kept.asset][-1:]
    save_again(kept.path, folder / "again", 0)
    kept.path.unlink()
    twin.unlink()
    report = await library.ingest.import_paths([folder])
    assert (report.rejoined, report.alike) == (0, 1)
    assert second


async def test_second_copy_of_a_picture_that_came_back_is_asked_about(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    kept, _ = await filled(library, folder, 2)
    save_again(kept.path, folder / "one", 0)
    save_again(kept.path, folder / "two", 1)
    kept.path.unlink()
    report = await library.ingest.import_paths([folder])
    assert (report.rejoined, report.imported, report.alike) == (1, 1, 1)
    assert [pair.older.id for pair in (await library.alike.list()).pairs] == [kept.asset]


async def test_pictures_that_changed_names_among_each_other_come_back_each_to_itself(
    library: Library, tmp_path: Path
) -> None:
    """The file at a known path is another picture's: not an edit of the one that lay there."""
    folder = tmp_path / "pictures"
    kept = [each for each in await filled(library, folder, 10) if each.path.suffix == ".jpg"]
    data = [save_again(each.path, tmp_path / "work" / str(number), 1).read_bytes() for number, each in enumerate(kept)]
    for number, each in enumerate(kept):
        kept[(number + 1) % len(kept)].path.write_bytes(data[number])
        assert each.path.exists()
    report = await library.ingest.import_paths([folder])
    assert (report.rejoined, report.imported, report.versions) == (len(kept), 0, 0)
    for each in kept:
        detail = await library.assets.show(each.asset)
        assert detail.sources == [each.path.name] and len(detail.versions) == 2


async def test_picture_edited_where_it_lies_stays_a_version_of_it(library: Library, tmp_path: Path) -> None:
    (kept,) = await filled(library, tmp_path / "pictures", 1)
    drawn(77).resize((640, 480)).save(kept.path, "JPEG")
    report = await library.ingest.import_paths([tmp_path / "pictures"])
    assert (report.versions, report.rejoined, report.assets) == (1, 0, [kept.asset])


async def test_coming_back_is_undone_with_its_import(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    kept = await filled(library, folder, 3)
    shuffled(kept, folder, 1)
    drawn(50).save(folder / "new.png")
    report = await library.ingest.import_paths([folder])
    assert (report.rejoined, report.imported) == (3, 1)
    (entry, *_), _ = await library.history.timeline()
    assert (entry.intent, entry.changes, entry.params["rejoined"], entry.params["imported"]) == (
        "asset.import",
        4,
        3,
        1,
    )
    shown = [(await library.assets.show(each.asset)).versions for each in kept]
    assert all(versions[-1].name for versions in shown)
    await library.history.undo()
    for each in kept:
        detail = await library.assets.show(each.asset)
        assert detail.versions[0].current and detail.asset.tags
    again = await library.ingest.import_paths([folder])
    assert (again.imported, again.rejoined, again.duplicates) == (0, 0, 4)


async def test_better_bytes_stay_shown_and_lost_ones_are_replaced(library: Library, tmp_path: Path) -> None:
    """A copy in the library has all that a saved again file has; an original kept in place is gone."""
    copied = (await filled(library, tmp_path / "copied", 1))[0]
    shuffled([copied], tmp_path / "copied", 1)
    await library.ingest.import_paths([tmp_path / "copied"])
    first, second = (await library.assets.show(copied.asset)).versions
    assert (first.current, second.current) == (True, False)


async def test_pictures_in_the_bin_take_nothing_in(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    kept, _ = await filled(library, folder, 2)
    await library.assets.bin([kept.asset])
    save_again(kept.path, folder / "again", 0)
    kept.path.unlink()
    report = await library.ingest.import_paths([folder])
    assert (report.rejoined, report.imported, report.alike) == (0, 1, 0)


async def test_dry_run_says_what_would_come_back(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    kept = await filled(library, folder, 3)
    shuffled(kept, folder, 1)
    report = await library.ingest.import_paths([folder], dry_run=True)
    assert (report.rejoined, report.imported) == (3, 0)
    assert (await library.assets.show(kept[0].asset)).asset.versions == 1


async def test_upload_joins_nothing_by_itself_and_says_what_it_looks_like(library: Library, tmp_path: Path) -> None:
    """Nobody knows where it lies: what it joined would still have no file, and the next one would join as well."""
    kept, _ = await filled(library, tmp_path / "pictures", 2)
    again = save_again(kept.path, tmp_path / "again", 0)
    kept.path.unlink()
    drawn(9).save(tmp_path / "new.png")
    told = []
    for path in (again, again, tmp_path / "new.png"):
        with library.ingest.upload_place(100) as place:
            shutil.copy(path, place)
            told.append(await library.ingest.upload(place, path.name))
    assert [(each["outcome"], each["alike"]) for each in told] == [
        ("imported", True),
        ("duplicate", False),
        ("imported", False),
    ]
    (pair,) = (await library.alike.list()).pairs
    assert (pair.newer.id, pair.older.id) == (told[0]["asset"], kept.asset)


async def test_pictures_uploaded_at_once_that_look_the_same_are_asked_about(tmp_path: Path, pool: Pool) -> None:
    paths = []
    for number in range(3):
        save_first(drawn(number), tmp_path / f"{number}.png", 1)
        paths += [tmp_path / f"{number}.png", save_again(tmp_path / f"{number}.png", tmp_path / f"again {number}", 0)]
    looked = asyncio.Barrier(len(paths))

    async def together(jobs: Sequence[InspectJob]) -> list[Inspection | Rejection]:
        found = await pool.inspect(jobs)
        await looked.wait()
        return found

    async with open_library(tmp_path / "home", inspect=together, comparer=pool) as library:

        async def upload(path: Path) -> bool:
            with library.ingest.upload_place(100) as place:
                shutil.copy(path, place)
                return bool((await library.ingest.upload(place, path.name))["alike"])

        told = await asyncio.gather(*map(upload, paths))
        assert (sum(told), (await library.alike.list()).total) == (3, 3)
