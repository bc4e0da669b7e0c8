"""Two stages that overlap: order, bounds, and what becomes of groups when one fails or the caller is cancelled."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from library.pipeline import AHEAD, BEHIND, Before, grouped, pipelined
from store.waiting import to_the_end


class Work:
    """Stages that note what they do; the second of a group in `failing` raises."""

    def __init__(self, failing: int | None = None) -> None:
        self.said: list[str] = []
        self.discarded: list[int] = []
        self.failing = failing
        self.begun = self.given_up = 0  # second stages
        self.first_at_once = self.second_at_once = self.most_first = self.most_second = 0

    async def first(self, group: int) -> int:
        self.first_at_once += 1
        self.most_first = max(self.most_first, self.first_at_once)
        await asyncio.sleep(0.001 * (3 - group % 3))
        self.first_at_once -= 1
        return group

    async def second(self, group: int, before: Before) -> None:
        self.begun += 1
        self.second_at_once += 1
        self.most_second = max(self.most_second, self.second_at_once)
        try:
            await asyncio.sleep(0.002 * (group % 3))
            await before()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        finally:
            self.second_at_once -= 1
        if group == self.failing:
            raise ValueError(group)
        self.said.append(f"settled {group}")

    async def run(self, count: int) -> None:
        async with aclosing(pipelined(range(count), self.first, self.second, self.discarded.append)) as groups:
            async for group in groups:
                self.said.append(f"looked {group}")


async def test_groups_settle_in_order_and_no_more_than_allowed_are_under_way() -> None:
    work = Work()
    await work.run(20)
    for stage in ("looked", "settled"):
        assert [word for word in work.said if word.startswith(stage)] == [f"{stage} {group}" for group in range(20)]
    assert (work.most_first, work.most_second) == (AHEAD, BEHIND)
    assert work.discarded == []


async def test_failure_of_one_group_ends_the_work_and_discards_what_was_looked_at() -> None:
    work = Work(failing=3)
    with pytest.raises(ValueError, match="3"):
        await work.run(20)
    settled = [word for word in work.said if word.startswith("settled")]
    assert settled == [f"settled {group}" for group in range(3)]
    assert work.second_at_once <= 1
    looked = len(work.said) - len(settled)
    assert looked < 20


async def cancelled(running: asyncio.Task[None]) -> None:
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


@pytest.mark.parametrize("said", range(1, 30, 3))
async def test_cancelled_caller_gives_up_what_has_not_settled(said: int) -> None:
    work = Work()
    running = asyncio.create_task(work.run(50))
    while len(work.said) < said:  # noqa: ASYNC110 - any moment in the middle will do
        await asyncio.sleep(0.001)
    await cancelled(running)
    settled = [word for word in work.said if word.startswith("settled")]
    assert settled == [f"settled {group}" for group in range(len(settled))]
    assert (work.second_at_once, work.given_up) == (0, work.begun - len(settled))


async def test_what_a_second_stage_takes_to_its_end_is_waited_for_however_often_the_caller_is_cancelled() -> None:
    began, go_on, ended = asyncio.Event(), asyncio.Event(), list[int]()

    async def first(group: int) -> int:
        return group

    async def thorough(group: int) -> None:
        began.set()
        await go_on.wait()
        ended.append(group)

    async def second(group: int, before: Before) -> None:
        await before()
        await to_the_end(thorough(group))

    async def run() -> None:
        async with aclosing(pipelined(range(9), first, second, lambda group: None)) as groups:
            async for _ in groups:
                pass

    running = asyncio.create_task(run())
    await began.wait()
    for _ in range(3):
        running.cancel()
        await asyncio.sleep(0.01)
        assert not running.done()
    go_on.set()
    await cancelled(running)
    assert ended == [0]


async def test_second_stage_that_was_only_just_made_has_begun_before_it_is_cancelled() -> None:
    work = Work()

    async def run() -> None:
        async with aclosing(pipelined(range(9), work.first, work.second, work.discarded.append)) as groups:
            async for group in groups:
                assert (group, work.begun) == (0, 0)
                raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await run()
    assert (work.begun, work.second_at_once) == (1, 0) and 0 not in work.discarded


async def test_no_groups_are_no_work() -> None:
    work = Work()
    await work.run(0)
    assert work.said == []


@pytest.mark.parametrize(
    ("sizes", "groups"),
    [
        ([], []),
        ([0], [[0]]),
        ([1, 1, 1, 1], [[1, 1, 1], [1]]),
        ([4, 6, 1], [[4, 6], [1]]),  # as many bytes as are allowed
        ([4, 7, 1], [[4], [7, 1]]),
        ([99, 99, 0, 0], [[99], [99], [0, 0]]),  # one that is larger comes by itself
    ],
)
def test_long_row_is_cut_by_count_and_by_bytes(sizes: list[int], groups: list[list[int]]) -> None:
    assert [[sizes[index] for index in cut] for cut in grouped(sizes, 3, 10)] == groups
