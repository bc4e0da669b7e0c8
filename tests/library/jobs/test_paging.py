"""Batches in short, page by page, and the jobs of one of them, however many others stand before."""

from __future__ import annotations

from pathlib import Path

from tests.providers.scripted import Painter
from tests.providers.shop import shop


async def test_every_batch_is_found_by_pages_and_its_jobs_alone(tmp_path: Path) -> None:
    async with shop(tmp_path, Painter()) as here:
        queue = here.library.queue
        await queue.pause(True)
        begun = [
            await here.order(*(f"{name} {at}" for at in range(count))) for name, count in (("a", 3), ("b", 1), ("c", 2))
        ]
        found, after = [], None
        while True:
            page, after = await queue.latest(2, after)
            found += page
            if after is None:
                break
        assert [each.time for each in found] == sorted((each.time for each in found), reverse=True)
        told = {each.batch: (each.prompt, each.counts) for each in found}
        assert told == {jobs[0].batch: (jobs[0].request.prompt, {"queued": len(jobs)}) for jobs in begun}
        first = await queue.page(("queued",), 2, None, begun[0][0].batch)
        rest = await queue.page(("queued",), 2, first.next, begun[0][0].batch)
        assert [job.id for job in (*first.jobs, *rest.jobs)] == [job.id for job in begun[0]]
        assert (rest.next, await queue.counts_in(begun[2][0].batch)) == (None, {"queued": 2})
