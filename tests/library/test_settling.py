"""What is settled step by step, in any order, is what the rule says of everything at once."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from documents.draft import Draft
from documents.kinds import Kind, derived_id
from documents.segment import decode
from identity.keys import DeviceKey, verify
from identity.operations import Operation, decode_operation, encode_operation
from library.events import Bus
from library.log import APPLIED, DISPLACED, QUARANTINED, WAITS
from library.rebuilding import rebuild_views
from library.receiving import receive
from library.surroundings import Surroundings
from library.tasks import no_progress
from library.verdicts import ChangeRef, Verdicts, judge
from library.workspace import Workspace
from store.database import Connection, InlineExecutor
from tests.histories.replica import Edit, Replica, World, facts_of
from tests.library.house import HandClock

IMAGES = [derived_id(Kind.IMAGE, b"w", b"%d" % number) for number in range(2)]
THREAD = derived_id(Kind.THREAD, IMAGES[0])


class History:
    """Some devices of one workspace write, fork, remove one another and are copied; all their segments."""

    def __init__(self, seed: int) -> None:
        self.world = World(seed)
        self.chance = self.world.chance
        keys = [DeviceKey.generate(self.chance) for _ in range(4)]
        create = encode_operation(
            workspace=b"", kind="create", subject=b"m" * 16, author=keys[0].public, nonce=b"n" * 16, sign=keys[0].sign
        )
        self.workspace = create.hash
        self.replicas = [
            Replica(f"r{number}", key, b"m%d" % number * 8, create.hash, self.world) for number, key in enumerate(keys)
        ]
        self.alice = self.replicas[0]
        self.alice.edit(operations=[create])
        for replica, role in zip(
            self.replicas[1:], ("admin", "editor", self.chance.choice(["viewer", "reviewer"])), strict=True
        ):
            self._operate(self.alice, "grant", replica.member, role)
            self._operate(self.alice, "add-device", replica.public, replica.member)
        for replica in self.replicas[1:]:
            self._pass(self.alice, replica)
        for _ in range(self.chance.randint(25, 45)):
            self._step()

    def _operate(
        self, who: Replica, kind: str, subject: bytes, argument: object = None, seen: Sequence[object] = ()
    ) -> None:
        who.edit(operations=[who.operation(kind, subject, argument, seen=seen)])  # type: ignore[arg-type]

    def _pass(self, source: Replica, target: Replica) -> None:
        for operation in list(source.operations.values()):
            target.take_operation(operation.raw)
        for raw in [each.raw for each in source.lacking(target.vector())]:
            target.receive(raw)

    def _step(self) -> None:
        chance = self.chance
        who, other = chance.sample(self.replicas, 2)
        turn = chance.random()
        if turn < 0.55:
            self._write(who)
        elif turn < 0.8:
            self._pass(who, other)
        elif turn < 0.88 and len(self.replicas) < 7:
            twin = who.copy(f"{who.name}'")
            if chance.random() < 0.7:
                twin.run = who.run  # a running machine copied
            self.replicas.append(twin)
            document = chance.choice(IMAGES)
            for each in (who, twin):
                self._write(each, [document])
        elif turn < 0.95:
            subject = chance.choice(self.replicas[1:4])
            kind, argument = chance.choice(
                [("remove", None), ("role", "viewer"), ("grant", "editor"), ("role", "reviewer")]
            )
            seen = who.seen_of([subject.public]) if kind != "grant" else []
            self._operate(who, kind, subject.member, argument, seen)
        else:
            written = chance.choice(list(who.held.values()))
            self._operate(who, "accept", written.device, [written.hash])

    def _write(self, who: Replica, documents: Sequence[bytes] = ()) -> None:
        chance = self.chance
        old = chance.choice([None, None, None, list(who.operations)[:1]])
        writes: list[Edit] = []
        for document in documents or chance.sample([*IMAGES, THREAD], chance.choice([1, 1, 2])):
            number = chance.randrange(99)
            writes.append(Edit(document, lambda draft, number=number: _scribble(draft, number)))  # type: ignore[misc]
        who.edit(writes, auth=old)

    def segments(self) -> list[bytes]:
        return sorted({each.raw for replica in self.replicas for each in replica.held.values()})

    def operations(self) -> list[bytes]:
        return sorted({each.raw for replica in self.replicas for each in replica.operations.values()})

    def verdicts(self) -> Verdicts:
        everything = {segment.hash: facts_of(segment) for segment in map(decode, self.segments())}
        known: list[Operation] = [decode_operation(raw) for raw in self.operations()]
        return judge(self.workspace, known, everything)


def _scribble(draft: Draft, number: int) -> None:
    draft.agree("title", f"t{number}")
    draft.put_entry("more", f"k{number % 3}", number)


@asynccontextmanager
async def joined(folder: Path, id: bytes, seed: int) -> AsyncIterator[Workspace]:
    """A device of a stranger that reads along."""
    around = Surroundings(clock=HandClock(), random=random.Random(seed), open_executor=InlineExecutor.open)
    async with Workspace(folder, DeviceKey.generate(random.Random(seed)), around, Bus()) as workspace:
        await workspace.join(id)
        yield workspace


async def pour(workspace: Workspace, history: History, chance: random.Random) -> None:
    """Everything in any order, in groups, some of it twice."""
    raws = [*history.segments(), *chance.choices(history.segments(), k=5)]
    operations = history.operations()
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
    history = History(seed)
    wanted = expected(history.verdicts())
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
