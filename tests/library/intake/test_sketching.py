"""Sketches that are missing, workers that die, small pictures that are gone: an import goes on, and joins nothing."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from imaging.inspection import CompareJob, Likenesses, Rejection, SketchJob
from imaging.likeness import sketch
from imaging.pool import Pool
from library.editing.assets import _values_of
from library.intake.sketches import distance, key_of, keys_near
from tests.library.house import HandClock, open_library
from tests.library.intake.saving import drawn, save_again
from tests.library.intake.test_rejoining import filled, shuffled


class Dying:
    """Workers that are lost at every comparison."""

    def __init__(self) -> None:
        self.asked = 0  # for sketches

    async def compare(self, jobs: Sequence[CompareJob]) -> list[Likenesses | Rejection]:
        return [Rejection("memory", "The system ended the worker.") for _ in jobs]

    async def sketch(self, jobs: Sequence[SketchJob]) -> list[bytes | Rejection]:
        self.asked += len(jobs)
        return [Rejection("memory", "The system ended the worker.") for _ in jobs]


async def test_missing_sketches_are_made_from_small_pictures(tmp_path: Path, pool: Pool) -> None:
    async with open_library(tmp_path / "home", inspect=pool.inspect, comparer=pool) as library:
        kept = await filled(library, tmp_path / "pictures", 4)
        rows = library.workspace.database.read_now(
            lambda c: c.execute("SELECT key, hash, cells FROM sketch").fetchall()
        )
        await library.workspace.database.write(lambda connection: connection.execute("DELETE FROM sketch"))
        assert await library.sketching.fill() == 4
        again = library.workspace.database.read_now(lambda c: c.execute("SELECT hash, cells FROM sketch").fetchall())
        cells = {hash: cells for _, hash, cells in rows}
        assert {hash for hash, _ in again} == cells.keys()
        assert all((distance(cells[hash], made) or 0) < 64 for hash, made in again)
        assert await library.sketching.fill() == 0
        shuffled(kept, tmp_path / "pictures", 1)
        assert (await library.ingest.import_paths([tmp_path / "pictures"])).rejoined == 4


class Long(HandClock):
    """Whatever is done takes half a second."""

    def __init__(self) -> None:
        super().__init__()
        self.slept = 0.0

    def elapsed(self) -> float:
        self.time += 500
        return super().elapsed()

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds
        await super().sleep(seconds)


async def test_missing_sketches_hold_nobody_up(tmp_path: Path, pool: Pool) -> None:
    clock = Long()
    async with open_library(tmp_path / "home", inspect=pool.inspect, comparer=pool, clock=clock) as library:
        await filled(library, tmp_path / "pictures", 4)
        await library.workspace.database.write(lambda connection: connection.execute("DELETE FROM sketch"))
        documents, clock.slept = _values_of.cache_info(), 0.0
        assert await library.sketching.fill() == 4
        assert _values_of.cache_info() == documents, "no document is read for what the rows know"
        assert clock.slept >= 0.5, "it rests as long as it worked"


async def test_rebuild_keeps_sketches_and_what_waits(tmp_path: Path, pool: Pool) -> None:
    async with open_library(tmp_path / "home", inspect=pool.inspect, comparer=pool) as library:
        (kept,) = await filled(library, tmp_path / "pictures", 1)
        save_again(kept.path, tmp_path / "pictures" / "again", 0)
        await library.ingest.import_paths([tmp_path / "pictures"])
        before = await library.care.digest()
        assert await library.care.rebuild() == before
        assert library.alike.count() == 1
        assert await library.sketching.fill() == 0
        assert (await library.care.verify()).problems == []


async def test_workers_that_die_while_comparing_cost_the_joining_and_not_the_picture(
    tmp_path: Path, pool: Pool
) -> None:
    async with open_library(tmp_path / "home", inspect=pool.inspect, comparer=Dying()) as library:
        kept = await filled(library, tmp_path / "pictures", 3)
        shuffled(kept, tmp_path / "pictures", 1)
        report = await library.ingest.import_paths([tmp_path / "pictures"])
        assert (report.imported, report.rejoined, report.alike, report.failed) == (3, 0, 0, [])
        assert await library.sketching.fill() == 0


async def test_picture_of_which_no_sketch_can_be_made_is_tried_once(tmp_path: Path, pool: Pool) -> None:
    dying = Dying()
    async with open_library(tmp_path / "home", inspect=pool.inspect, comparer=dying) as library:
        await filled(library, tmp_path / "pictures", 3)
        await library.workspace.database.write(lambda connection: connection.execute("DELETE FROM sketch"))
        for _ in range(3):
            assert await library.sketching.fill() == 0
        assert dying.asked == 3


async def test_picture_whose_small_picture_is_gone_takes_nothing_in(tmp_path: Path, pool: Pool) -> None:
    async with open_library(tmp_path / "home", inspect=pool.inspect, comparer=pool) as library:
        kept = await filled(library, tmp_path / "pictures", 2)
        gone, whole = [(await library.assets.show(each.asset)).asset.thumbnail for each in kept]
        library.workspace.blobs.place(bytes.fromhex(str(gone))).unlink()
        shuffled(kept, tmp_path / "pictures", 1)
        report = await library.ingest.import_paths([tmp_path / "pictures"])
        assert (report.imported, report.rejoined, report.failed) == (1, 1, [])
        assert whole and (await library.assets.show(kept[1].asset)).asset.versions == 2


async def test_pictures_that_move_are_not_known_by_one_frame(tmp_path: Path, pool: Pool) -> None:
    async with open_library(tmp_path / "home", inspect=pool.inspect, comparer=pool) as library:
        folder = tmp_path / "pictures"
        folder.mkdir()
        drawn(1).save(
            folder / "moves.webp", save_all=True, append_images=[drawn(2).resize(drawn(1).size)], lossless=True
        )
        await library.ingest.import_paths([folder])
        drawn(1).save(folder / "still.png")
        (folder / "moves.webp").unlink()
        report = await library.ingest.import_paths([folder])
        assert (report.imported, report.rejoined, report.alike) == (1, 0, 0)
        await library.workspace.database.write(lambda connection: connection.execute("DELETE FROM sketch"))
        assert await library.sketching.fill() == 2
        assert library.workspace.database.read_now(
            lambda connection: connection.execute("SELECT count(*) FROM sketch WHERE cells = x''").fetchone()
        ) == (1,)


async def test_damaged_sketch_finds_nothing_and_costs_nothing(tmp_path: Path, pool: Pool) -> None:
    async with open_library(tmp_path / "home", inspect=pool.inspect, comparer=pool) as library:
        kept = await filled(library, tmp_path / "pictures", 2)
        await library.workspace.database.write(lambda connection: connection.execute("UPDATE sketch SET cells = x'00'"))
        shuffled(kept, tmp_path / "pictures", 1)
        report = await library.ingest.import_paths([tmp_path / "pictures"])
        assert (report.imported, report.rejoined, report.failed) == (2, 0, [])


def test_sketch_that_hardly_differs_is_found() -> None:
    chance = random.Random(4)
    for number in range(60):
        cells = sketch(drawn(number))
        other = bytes(min(255, max(0, cell + chance.randrange(-1, 2))) for cell in cells)
        assert key_of(other) in keys_near(cells) and distance(cells, other) is not None
        assert distance(cells, sketch(drawn(number + 1000))) is None


def test_plain_sketch_has_few_keys_to_look_up() -> None:
    even = bytes(128 + place % 3 for place in range(64))
    assert len(keys_near(even)) == 64 and key_of(even) == keys_near(even)[0]
