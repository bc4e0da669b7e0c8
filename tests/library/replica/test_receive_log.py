"""A long log is prepared in other processes group by group, and comes to what its segments come to one by one."""

from __future__ import annotations

import asyncio
import pickle
import random
from collections.abc import Callable
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from daemon.processes import Processes
from documents.kinds import Kind, derived_id
from identity.keys import DeviceKey, verify
from imaging.inspection import Facts, Inspection
from library.care.comparing import COMPARED
from library.events import Bus
from library.intake.arrivals import write_version
from library.models import AssetChange
from library.replica.receiving import receive, receive_log
from library.surroundings import Surroundings
from library.workspace import Plan, Workspace
from store.database import Connection, InlineExecutor
from tests.library.house import HandClock
from tests.library.replica.test_settling import rebuild
from tests.library.studio import Studio, segments


async def carried(work: Callable[..., Any], *arguments: Any) -> Any:
    """What goes to a process and comes back from one, in this one."""
    await asyncio.sleep(0)
    work, arguments = pickle.loads(pickle.dumps((work, arguments)))
    return pickle.loads(pickle.dumps(work(*arguments)))


class Reader:
    """A device that reads along, whose processes are those given."""

    def __init__(self, folder: Path, stack: AsyncExitStack, id: bytes) -> None:
        self.folder, self.stack, self.id = folder, stack, id

    async def open(self, name: str, in_process: Callable[..., Any]) -> Workspace:
        around = Surroundings(
            clock=HandClock(),
            random=random.Random(name),
            open_executor=InlineExecutor.open,
            in_process=in_process,
        )
        key = DeviceKey.generate(random.Random(f"{name} key"))
        workspace = await self.stack.enter_async_context(Workspace(self.folder / name, key, around, Bus()))
        await workspace.join(self.id)
        return workspace


class Written(NamedTuple):
    """What a workspace's log holds."""

    id: bytes
    raws: list[bytes]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Of alice, 500 segments: new pictures, the same again, edits of them, a picture in two segments, a project."""
    return asyncio.run(written(tmp_path_factory.mktemp("studio")))


async def written(folder: Path) -> Written:
    async with AsyncExitStack() as stack:
        alice = await Studio(folder, stack).device("alice", 1)
        chance = random.Random(5)
        made: list[bytes] = []
        while len(await segments(alice)) < 500:
            number = len(made)
            facts = Facts(prompt=f"貓 number {number} " * 9, seed=str(number), model=f"model{number % 3}", tool="a1111")
            seen = Inspection(chance.randbytes(32), 9, "image/png", 4, 3, 1, b"", facts, None, False)
            id = derived_id(Kind.IMAGE, alice.workspace.id, seen.sha256)
            write = [(id, lambda draft, seen=seen: write_version(draft, seen, [], 1))]
            await alice.workspace.append(Plan("asset.import", {"count": 1}, write))
            made.append(id)
            if chance.random() < 0.3:
                change = AssetChange(rating=chance.randrange(6), add_tags=["貓"], note="🐈 " * chance.randrange(3))
                await alice.assets.edit_one(chance.choice(made).hex(), change)
        return Written(alice.workspace.id, await segments(alice))


VIEWS = {
    **{table: query.format(db="main") for table, query in COMPARED.items() if table not in ("again", "void", "lack")},
    "change": "SELECT document, hash, direct, state FROM change",  # rows of segments have other numbers elsewhere
}


async def told(workspace: Workspace) -> dict[str, list[tuple[Any, ...]]]:
    """Every view that a query could ask."""

    def read(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
        return {table: sorted(connection.execute(query).fetchall(), key=repr) for table, query in VIEWS.items()}

    return await workspace.database.read(read)


@pytest.mark.parametrize("seed", [None, 1, 2])
async def test_a_long_log_in_groups_comes_to_what_single_segments_do(
    log: Written, tmp_path: Path, seed: int | None
) -> None:
    raws = list(log.raws)
    if seed is not None:
        random.Random(seed).shuffle(raws)
    async with AsyncExitStack() as stack:
        reader = Reader(tmp_path, stack, log.id)
        many, one = await reader.open("many", carried), await reader.open("one", carried)
        received = await receive_log(many, [*raws, *raws[:7]], verify, most=200)
        assert (received.held, received.waiting, received.refused) == (len(raws), 0, [])
        for raw in raws:
            await receive(one, [raw], verify)
        assert await told(many) == await told(one)
        before = await told(many)
        await rebuild(many)
        assert await told(many) == before


@pytest.mark.process
async def test_real_processes_give_the_same(log: Written, tmp_path: Path) -> None:
    raws = list(log.raws)
    async with AsyncExitStack() as stack:
        processes = await stack.enter_async_context(Processes(2))
        reader = Reader(tmp_path, stack, log.id)
        apart, here = await reader.open("apart", processes.call), await reader.open("here", carried)
        assert await receive_log(apart, raws, verify, most=200) == await receive_log(here, raws, verify)
        assert await told(apart) == await told(here)


async def test_every_refused_segment_is_named_by_its_place_in_the_whole(log: Written, tmp_path: Path) -> None:
    raws = list(log.raws)
    for place in (3, 250, 499):
        raws[place] = raws[place][:-1] + bytes([raws[place][-1] ^ 1])
    async with AsyncExitStack() as stack:
        reader = await Reader(tmp_path, stack, log.id).open("reader", carried)
        received = await receive_log(reader, raws, verify, most=200)
        assert [index for index, _ in received.refused] == [3, 250, 499]
        assert received.waiting == len(raws) - 3 - received.held
        assert received.held == 3, "all later ones build on one that never came"


async def test_groups_before_a_failure_stay_and_the_rest_can_be_given_again(log: Written, tmp_path: Path) -> None:
    raws = list(log.raws)
    calls = 0

    async def failing(work: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise MemoryError("no process can be started")
        return await carried(work, *arguments)

    async with AsyncExitStack() as stack:
        reader = await Reader(tmp_path, stack, log.id).open("reader", failing)
        with pytest.raises(MemoryError):
            await receive_log(reader, raws, verify, most=200)
        received = await receive_log(reader, raws, verify, most=200)
        assert received.held == len(raws) - 200
        assert received.waiting == 0


async def test_large_segments_make_small_groups(log: Written, tmp_path: Path) -> None:
    raws = list(log.raws)
    groups: list[list[int]] = []

    async def noted(work: Callable[..., Any], some: list[bytes], *arguments: Any) -> Any:
        groups.append([len(raw) for raw in some])
        return await carried(work, some, *arguments)

    most = max(map(len, raws))
    async with AsyncExitStack() as stack:
        reader = await Reader(tmp_path, stack, log.id).open("reader", noted)
        received = await receive_log(reader, raws, verify, most_bytes=most)
        assert received.held == len(raws)
    assert all(sum(group) <= most for group in groups)
    assert [size for group in groups for size in group] == [len(raw) for raw in raws]
    assert all(sum(group) + following[0] > most for group, following in pairwise(groups))
