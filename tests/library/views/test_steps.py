"""How much a page costs, in steps of SQLite's machine: what the library's size does to it, whatever the machine."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bench.parts.filling import fill
from identity.keys import DeviceKey, verify
from library.catalog import Library
from library.events import Bus
from library.surroundings import Surroundings
from library.views.dates import month_of
from library.views.search import SORTS
from library.workspace import Workspace
from store.database import InlineExecutor
from tests.library.house import HandClock, first_operation, look

SMALL, LARGE = 1000, 3000
YEARS = 10 * 365 * 86_400_000  # ms that both spread over: as many months
PER_STEP = 8  # of the machine, for one row that is passed over


class Counter:
    """Counts the steps of every connection, and keeps what is asked."""

    def __init__(self) -> None:
        self.steps = 0
        self.asked: list[str] = []

    async def open(self, connect: Callable[[], sqlite3.Connection]) -> InlineExecutor:
        connection = connect()
        connection.set_trace_callback(self.asked.append)
        connection.set_progress_handler(self._step, 1)
        return InlineExecutor(connection)

    def _step(self) -> int:
        self.steps += 1
        return 0


@asynccontextmanager
async def filled(folder: Path, count: int) -> AsyncIterator[tuple[Library, Counter]]:
    counter = Counter()
    key = DeviceKey.generate(random.Random(99))

    def opened(open_executor: Callable[..., object]) -> Workspace:
        around = Surroundings(clock=HandClock(), random=random.Random(1), open_executor=open_executor)  # type: ignore[arg-type]
        return Workspace(folder, key, around, Bus())

    async with opened(InlineExecutor.open) as workspace:
        await workspace.found(lambda nonce: first_operation(key), "Studio")
        await fill(Library(workspace, look, verify, lambda device: ""), count, apart=YEARS // count)
    async with opened(counter.open) as workspace:
        yield Library(workspace, look, verify, lambda device: ""), counter


async def steps_of(counter: Counter, asking: Awaitable[object]) -> int:
    counter.steps = 0
    await asking
    return counter.steps


async def page_costs(folder: Path, count: int) -> dict[str, int]:
    """What is done first: the newest pictures, counted anew; then the beginning of every other order."""
    async with filled(folder, count) as (library, counter):
        costs = {"first": await steps_of(counter, library.search.page())}
        for sort in SORTS:
            costs[sort] = await steps_of(counter, library.search.page(sort=sort))
            page = await library.search.page(sort=sort)
            assert (page.total, len(page.items)) == (count, 100)
            costs[f"after {sort}"] = await steps_of(counter, library.search.page(sort=sort, after=page.next))
        return costs


async def test_first_page_costs_the_same_in_a_library_three_times_as_large(tmp_path: Path) -> None:
    small, large = await page_costs(tmp_path / "small", SMALL), await page_costs(tmp_path / "large", LARGE)
    assert max(large.values()) < 20 * SMALL
    for what, steps in large.items():
        assert steps <= small[what] * 1.25, what  # ties cost one comparison more in each row


async def test_jump_to_any_date_walks_an_index_and_reads_one_page(tmp_path: Path) -> None:
    async with filled(tmp_path / "large", LARGE) as (library, counter):
        first = await steps_of(counter, library.search.page())
        months = await steps_of(counter, library.search.months())
        assert months <= PER_STEP * LARGE + 100 * 120, "once for every month, then once for every row of the index"
        found = (await library.search.months()).months
        assert len(found) > 100
        for month in (found[1], found[len(found) // 2], found[-1]):
            page = await library.search.page(offset=month.at)
            assert month_of(page.items[0].created_at) == month.month
            steps = await steps_of(counter, library.search.page(offset=month.at))
            assert steps <= first + PER_STEP * month.at


async def test_no_order_is_sorted_for_and_no_row_looked_at_for_nothing(tmp_path: Path) -> None:
    async with filled(tmp_path / "small", SMALL) as (library, counter):
        for sort in SORTS:
            counter.asked.clear()
            page = await library.search.page(sort=sort)
            await library.search.page(sort=sort, after=page.next)
            await library.search.page(sort=sort, offset=SMALL - 100)
            await library.search.months()
            asked = [each for each in counter.asked if " asset" in each]
            assert len(asked) >= 6
            for sql in asked:
                for step in plan_of(library, sql):
                    assert "TEMP B-TREE" not in step and not step.startswith("SCAN asset"), (sort, sql, step)


async def test_signs_are_found_without_reading_what_every_picture_has(tmp_path: Path) -> None:
    async with filled(tmp_path / "small", SMALL) as (library, counter):
        for query, count in {"♥": SMALL // 50, "++": SMALL // 1000, "※": 0, "-♥": SMALL - SMALL // 50}.items():
            counter.asked.clear()
            assert (await library.search.page(query)).total == (await library.search.facets(query)).total == count
            steps = [step for sql in counter.asked if "signset" in sql for step in plan_of(library, sql)]
            read = {step.split()[1] for step in steps if step.startswith("SCAN")}
            assert "signset" in read and not read & {"words", "signs"}, (query, steps)


def plan_of(library: Library, sql: str) -> list[str]:
    read = library.workspace.database.read_now
    return [row[3] for row in read(lambda connection: connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall())]
