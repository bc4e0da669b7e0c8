"""Jobs that a stop cut off, taken up again: no more at once than allowed, and around what cannot be read."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from providers.base import Traits
from tests.providers.scripted import CENT, Painter
from tests.providers.shop import Shop, shop


async def cut_off(folder: Path, painter: Painter, *prompts: str) -> None:
    """A shop that is closed once all of these were sent."""
    async with shop(folder, painter) as here:
        await here.order(*prompts)
        await here.until(lambda: len(painter.submits) == len(prompts))
    painter.faults.clear()
    painter.most_in_flight = 0


def spoil(folder: Path, table: str, where: str) -> bytes:
    """Put bytes that are none of ours into a row's body; its id."""
    with sqlite3.connect(folder / "library" / "library.sqlite") as connection:
        (id,) = connection.execute(f"SELECT id FROM {table} WHERE {where}").fetchone()
        connection.execute(f"UPDATE {table} SET body=? WHERE id=?", (b"\xc1\xff\x00", id))
    connection.close()
    return bytes(id)


@pytest.mark.parametrize("at_once", [1, 2])
async def test_what_is_sent_again_after_a_stop_waits_until_its_provider_has_room(tmp_path: Path, at_once: int) -> None:
    painter = Painter(faults=["hang"] * 4, at_once=4, traits=Traits(idempotent=True))
    await cut_off(tmp_path, painter, "a", "b", "c", "d")
    painter.at_once, painter.seconds = at_once, 10.0  # as the settings say now
    async with shop(tmp_path, painter, seed=2) as here:
        await here.order("new")
        assert [job.state for job in await here.until_quiet()] == ["done"] * 5
        assert here.spent() == {"USD": 5 * 4 * CENT} == {"USD": painter.bill.total() * 4 * CENT}
    assert painter.most_in_flight <= at_once
    assert painter.submits[-1][1].prompt == "new"


async def test_jobs_of_a_library_that_is_opened_later_wait_for_those_that_run(tmp_path: Path) -> None:
    painter = Painter(faults=["hang"] * 2, at_once=2, traits=Traits(idempotent=True))
    await cut_off(tmp_path, painter, "a", "b")
    painter.seconds = 20.0
    async with shop(tmp_path, painter, seed=2, run=False) as here:
        here.runner.limits.take("painter")  # of another library
        here.runner.limits.take("painter")
        running = asyncio.create_task(here.runner.run())
        await asyncio.sleep(0.1)
        assert painter.most_in_flight == 0
        here.runner.limits.give_back("painter")
        here.runner.wake()
        await here.until_quiet()
        running.cancel()
        await asyncio.wait([running])
    assert painter.most_in_flight == 1


def states(here: Shop) -> dict[str, str]:
    page = here.library.workspace.database.read_now(lambda each: each.execute("SELECT id, state FROM job").fetchall())
    return {id.hex(): state for id, state in page}


@pytest.mark.parametrize("table", ["attempt", "job"])
async def test_a_row_under_way_that_is_damaged_is_left_and_the_others_are_taken_up(tmp_path: Path, table: str) -> None:
    painter = Painter(faults=["hang"] * 3, traits=Traits(idempotent=True))
    await cut_off(tmp_path, painter, "a", "b", "c")
    id = spoil(tmp_path, table, "state IN ('sending', 'running')")
    async with shop(tmp_path, painter, seed=2) as here:
        await here.until(lambda: sorted(states(here).values()) == ["done", "done", "running"])
        (left,) = here.library.carrying.damaged
        assert states(here)[left.hex()] == "running" and (table == "attempt" or left == id)
        assert (
            len(here.library.workspace.database.read_now(lambda each: each.execute("SELECT id FROM ledger").fetchall()))
            == 5
        )
        assert painter.bill.total() == 3  # each was charged once before the stop
        page = await here.library.queue.page(("running", "done"), 100)
        assert len(page.jobs) == (3 if table == "attempt" else 2)


async def test_a_damaged_job_that_waits_holds_up_nobody(tmp_path: Path) -> None:
    painter = Painter()
    async with shop(tmp_path, painter, run=False) as here:
        await here.order("a", "b", "c")
    id = spoil(tmp_path, "job", "number=0")
    async with shop(tmp_path, painter, seed=2) as here:
        await here.until(lambda: sorted(states(here).values()) == ["done", "done", "queued"])
        assert here.library.carrying.damaged == {id}
        first, then = [await here.library.queue.page(("queued", "done"), 1)], None
        while (then := first[-1].next) is not None:
            first.append(await here.library.queue.page(("queued", "done"), 1, then))
        assert [job.request.prompt for page in first for job in page.jobs] == ["b", "c"]
        assert len(await here.library.queue.paces()) == 1
    assert painter.bill.total() == 2
