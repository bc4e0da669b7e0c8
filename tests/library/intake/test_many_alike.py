"""Many pictures of one batch, each hardly different from the others: what an import does with them, and no more."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from imaging.inspection import CompareJob, Inspection, InspectJob, Likenesses, Rejection, SketchJob
from imaging.pool import Pool
from library.gathering import Found
from library.intake.arrivals import Arrival
from library.intake.matching import MOST_COMPARED, asked
from store.database import Connection
from tests.library.house import open_library

SIZE = (350, 250)


def batch(folder: Path, count: int, first: int = 0) -> Path:
    """Pictures that differ in the colour of one small part."""
    folder.mkdir(parents=True, exist_ok=True)
    noise = Image.frombytes("RGB", (35, 25), random.Random(1).randbytes(35 * 25 * 3)).resize(SIZE)
    for number in range(first, first + count):
        image = noise.copy()
        ImageDraw.Draw(image).rectangle((150, 100, 160, 110), fill=(100 + number % 100, 90 + number // 100, 120))
        image.save(folder / f"{number:04}.png", compress_level=1)
    return folder


class Counting:
    """Compares as the workers do, and keeps what was asked."""

    def __init__(self, pool: Pool) -> None:
        self.jobs: list[CompareJob] = []
        self._pool = pool

    async def compare(self, jobs: Sequence[CompareJob]) -> list[Likenesses | Rejection]:
        self.jobs += jobs
        return await self._pool.compare(jobs)

    async def sketch(self, jobs: Sequence[SketchJob]) -> list[bytes | Rejection]:
        return await self._pool.sketch(jobs)


async def test_each_file_is_compared_at_once_with_the_nearest_few(tmp_path: Path, pool: Pool) -> None:
    counting = Counting(pool)
    async with open_library(tmp_path / "home", inspect=pool.inspect, comparer=counting) as library:
        report = await library.ingest.import_paths([batch(tmp_path / "in", 20)])
        assert (report.imported, report.alike, report.failed) == (20, 19, [])
        assert sorted(len(job.others) for job in counting.jobs) == [1, 2, 3, 4, 5, *[MOST_COMPARED] * 14]


async def test_documents_are_read_of_the_nearest_few_only(tmp_path: Path, pool: Pool) -> None:
    async with open_library(tmp_path / "home", inspect=pool.inspect, comparer=pool) as library:
        await library.ingest.import_paths([batch(tmp_path / "in", 20)])
        path = batch(tmp_path / "more", 1, first=30) / "0030.png"
        (seen,) = await pool.inspect([InspectJob(path)])
        assert isinstance(seen, Inspection)
        read: list[str] = []

        def look(connection: Connection) -> int:
            connection.set_trace_callback(read.append)
            try:
                arrival = Arrival(Found(path, 1, 1, None), seen, None, [])
                return len(next(asked(connection, [arrival], library.workspace.id, True)).known)
            finally:
                connection.set_trace_callback(None)

        assert await library.workspace.database.read(look) == MOST_COMPARED
        assert sum("FROM document" in statement for statement in read) == MOST_COMPARED


async def test_one_that_cannot_be_read_spoils_no_other_comparison(tmp_path: Path, pool: Pool) -> None:
    paths = sorted(batch(tmp_path / "in", 3).iterdir())
    smalls = [seen.thumbnail for seen in await pool.inspect([InspectJob(path) for path in paths]) if seen]  # type: ignore[union-attr]
    places = [tmp_path / f"{number}.webp" for number in range(3)]
    for place, small in zip(places, smalls, strict=True):
        place.write_bytes(small)
    places[1].write_bytes(smalls[1][:100])
    job = CompareJob(smalls[0], (places[0], places[1], tmp_path / "absent", places[2]))
    broken = CompareJob(b"no picture", (places[0],))
    answers, refused = await pool.compare([job, broken])
    assert answers == ("same", None, None, "same")
    assert isinstance(refused, Rejection)
