"""Segments of others: authentic ones wait until their causes are held, are held, judged and applied.

Order, repeats and delays do not matter. Nothing is ever dropped that is authentic and of this workspace; what cannot be
held yet waits as rows, what may not be applied stays in quarantine.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import aclosing
from typing import NamedTuple

from documents.segment import OperationEntry, Segment
from identity.operations import SeenTip
from library.editing.news import tell
from library.pipeline import Before, grouped, pipelined
from library.replica.holding import Holding
from library.replica.members import Verify
from library.replica.preparing import Prepared, prepare
from library.replica.rights import Rights
from library.replica.settling import Settling
from library.workspace import Workspace
from store.database import Connection
from store.waiting import to_the_end

GROUP, GROUP_BYTES = 500, 8 * 1024 * 1024  # the most segments of a long log in one commit, and their bytes
NAMED_SINGLY = 20  # documents in one round that get news of their own


class Received(NamedTuple):
    """How many came to be held, how many wait in all, which were refused and why, and the documents that changed."""

    held: int
    waiting: int
    refused: list[tuple[int, str]]
    changed: list[bytes]


async def receive(
    workspace: Workspace, raws: Sequence[bytes], verify: Verify, operations: Sequence[bytes] = ()
) -> Received:
    """Take in segments and membership operations, in any order, as one durable commit: give it some hundred at once."""
    return await _take(workspace, prepare(raws, workspace.id, verify), verify, operations)


async def receive_log(
    workspace: Workspace,
    raws: Sequence[bytes],
    verify: Verify,
    operations: Sequence[bytes] = (),
    most: int = GROUP,
    most_bytes: int = GROUP_BYTES,
) -> Received:
    """Take in a long log, its operations first: while a group is committed, the next are prepared elsewhere.

    A group has `most` segments, or fewer that have `most_bytes` together.
    """
    total = [await receive(workspace, [], verify, operations)]

    async def look(group: range) -> tuple[range, list[Prepared | str]]:
        some = raws[group.start : group.stop]
        return group, await workspace.surroundings.in_process(prepare, some, workspace.id, verify)

    async def commit(looked: tuple[range, list[Prepared | str]], before: Before) -> None:
        await before()
        group, prepared = looked
        one = await to_the_end(_take(workspace, prepared, verify))  # what is committed is told
        total.append(one._replace(refused=[(group.start + index, why) for index, why in one.refused]))

    groups = grouped([len(raw) for raw in raws], most, most_bytes)
    async with aclosing(pipelined(groups, look, commit, lambda looked: None)) as running:
        async for _ in running:
            pass
    return Received(
        sum(each.held for each in total),
        total[-1].waiting,
        [refusal for each in total for refusal in each.refused],
        sorted({id for each in total for id in each.changed}),
    )


async def _take(
    workspace: Workspace, prepared: Sequence[Prepared | str], verify: Verify, operations: Sequence[bytes] = ()
) -> Received:
    authentic = {each.segment.hash: each for each in prepared if not isinstance(each, str)}
    refused = [(index, each) for index, each in enumerate(prepared) if isinstance(each, str)]

    def work(connection: Connection) -> Received:
        held, changed = settle(connection, workspace, authentic, operations, verify)
        (waiting,) = connection.execute("SELECT count(DISTINCT segment) FROM lack").fetchone()
        return Received(held, waiting, refused, changed)

    received = await workspace.write(work)
    _tell(workspace, received.changed, {each.segment.device for each in authentic.values()})
    return received


def settle(
    connection: Connection,
    workspace: Workspace,
    prepared: Mapping[bytes, Prepared],
    operations: Sequence[bytes],
    verify: Verify,
) -> tuple[int, list[bytes]]:
    """Hold, judge and apply authentic segments; how many came to be held, and the documents that changed."""
    members, log, random = workspace.members, workspace.log, workspace.surroundings.random
    segments = [each.segment for each in prepared.values()]
    carried = [entry.raw for each in segments for entry in each.entries if isinstance(entry, OperationEntry)]
    known = members.take(connection, [*operations, *carried], verify)
    held = Holding(connection, log, members.operations).take(segments, known)
    for _, segment in held:
        log.notice(connection, segment, random)
    settling = Settling(connection, workspace.shelf, Rights(connection, members.rule))
    if known or any(tip_seen(segment) in members.named for _, segment in held):
        settling.judge_again()
    settling.take(held, {hash: each.changes for hash, each in prepared.items()})
    if log.actor in settling.lost:
        log.begin_run(random)
    return len(held), sorted(settling.changed)


def tip_seen(segment: Segment) -> SeenTip:
    """How a lowering lists this segment."""
    return SeenTip(segment.device, *segment.tip)


def _tell(workspace: Workspace, changed: Sequence[bytes], devices: Collection[bytes]) -> None:
    """News of what others did, after it is durable."""
    origin = "".join(device.hex() for device in devices) if len(devices) == 1 else "*"
    tell(workspace, changed, origin, NAMED_SINGLY)
