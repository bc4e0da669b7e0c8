"""What is settled step by step, in any order, is what the rule says of everything at once."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from identity.keys import DeviceKey, verify
from library.care.rebuilding import rebuild_views
from library.events import Bus
from library.replica.log import APPLIED, DISPLACED, QUARANTINED, WAITS
from library.replica.receiving import receive
from library.replica.verdicts import ChangeRef, Verdicts
from library.surroundings import Surroundings
from library.tasks import no_progress
from library.workspace import Workspace
from store.database import Connection, InlineExecutor
from tests.histories.simulation import Simulation
from tests.library.house import HandClock


class History(NamedTuple):
    """Everything that a random history left behind, and what it comes to."""

    workspace: bytes
    segments: list[bytes]
    operations: list[bytes]
    verdicts: Verdicts


def history_of(seed: int) -> History:
    """Devices write, are copied, restored, removed and patched; what they end with together."""
    simulation = Simulation(seed)
    simulation.run()
    replica = simulation.replicas[0]
    replica.settle()
    return History(
        replica.workspace,
        sorted(segment.raw for segment in replica.held.values()),
        sorted(operation.raw for operation in replica.operations.values()),
        replica.verdicts,
    )


@asynccontextmanager
async def joined(folder: Path, id: bytes, seed: int) -> AsyncIterator[Workspace]:
    """A device of a stranger that reads along."""
    around = Surroundings(clock=HandClock(), random=random.Random(seed), open_executor=InlineExecutor.open)
    async with Workspace(folder, DeviceKey.generate(random.Random(seed)), around, Bus()) as workspace:
        await workspace.join(id)
        yield workspace


async def pour(workspace: Workspace, history: History, chance: random.Random) -> None:
    """Everything in any order, in groups, some of it twice."""
    raws = [*history.segments, *chance.choices(history.segments, k=5)]
    operations = list(history.operations)
    chance.shuffle(raws)
    chance.shuffle(operations)
    early = chance.random() < 0.5  # all operations before the first segment, as between peers
    while raws or operations:
        count, few = chance.choice([1, 2, 3, 8]), len(operations) if early else chance.choice([0, 0, 1, 3])
        await receive(workspace, raws[:count], verify, operations[:few])
        del raws[:count], operations[:few]
    assert (await receive(workspace, [], verify)).waiting == 0


async def rebuild(workspace: Workspace) -> None:
    await workspace.database.write(lambda connection: rebuild_views(connection, workspace.shelf, no_progress))


def states(connection: Connection) -> dict[ChangeRef, int]:
    rows = connection.execute("SELECT document, hash, state FROM change").fetchall()
    return {ChangeRef(document, hash): state for document, hash, state in rows}


def expected(verdicts: Verdicts) -> dict[ChangeRef, int]:
    told = dict.fromkeys(verdicts.quarantine, QUARANTINED)
    told.update(dict.fromkeys(verdicts.accepted, WAITS))
    told.update(dict.fromkeys(verdicts.displaced, DISPLACED))
    told.update(dict.fromkeys(verdicts.applied, APPLIED))
    return told


@pytest.mark.parametrize("seed", range(16))
async def test_any_history_in_any_order_comes_to_what_the_rule_says(tmp_path: Path, seed: int) -> None:
    await settle_one(tmp_path, seed)


@pytest.mark.long
async def test_a_thousand_histories_in_any_order_come_to_what_the_rule_says(tmp_path: Path) -> None:
    for seed in range(1000):
        await settle_one(tmp_path / str(seed), seed)


async def settle_one(tmp_path: Path, seed: int) -> None:
    history = history_of(seed)
    wanted = expected(history.verdicts)
    chance = random.Random(seed + 1)
    digests = set()
    for turn in range(2):
        async with joined(tmp_path / str(turn), history.workspace, seed + turn) as workspace:
            await pour(workspace, history, chance)
            assert await workspace.database.read(states) == wanted
            before = await workspace.database.read(_views)
            await rebuild(workspace)
            assert await workspace.database.read(states) == wanted
            assert await workspace.database.read(_views) == before
            digests.add(await workspace.database.read(_heads))
    assert len(digests) == 1


def _heads(connection: Connection) -> tuple[tuple[bytes, bytes], ...]:
    return tuple(connection.execute("SELECT id, heads FROM document ORDER BY id").fetchall())


def _views(connection: Connection) -> object:
    return (
        _heads(connection),
        connection.execute("SELECT id, time, device, intent, changes FROM action ORDER BY id").fetchall(),
        connection.execute("SELECT document, hash, direct FROM change ORDER BY document, hash").fetchall(),
        connection.execute("SELECT want, segment FROM lack ORDER BY want, segment").fetchall(),
    )
