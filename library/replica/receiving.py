"""Segments of others: authentic ones wait until their causes are held, are held, judged and applied.

Order, repeats and delays do not matter. Nothing is ever dropped that is authentic and of this workspace; what cannot be
held yet waits as rows, what may not be applied stays in quarantine, and what a device wrote that the breaker stopped is
put aside (breaker.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import NamedTuple, TypeVar

from documents.segment import OperationEntry, Segment
from identity.operations import SeenTip
from library.copies.holders import forget_removed
from library.copies.named import name_blobs
from library.editing.news import tell
from library.pipeline import Before, grouped, pipelined
from library.replica.breaker import Tripped, Watching, forget_aside, put_arrivals_aside, stop_device
from library.replica.holding import Holding
from library.replica.log import QUARANTINED
from library.replica.members import Verify
from library.replica.preparing import Prepared, prepare
from library.replica.rights import Rights
from library.replica.settling import Settling
from library.workspace import Workspace
from store.database import Connection
from store.waiting import to_the_end

GROUP, GROUP_BYTES = 500, 8 * 1024 * 1024  # the most segments of a long log in one commit, and their bytes
FEW = 32  # segments that are read here: another process would only cost time
T = TypeVar("T")
NAMED_SINGLY = 20  # documents in one round that get news of their own


class Received(NamedTuple):
    """How many came to be held, how many wait in all, which were refused and why, the documents that changed, and how
    many were put aside.
    """

    held: int
    waiting: int
    refused: list[tuple[int, str]]
    changed: list[bytes]
    stopped: int = 0


class Arrival(NamedTuple):
    """Authentic segments by their hashes, membership operations, and how they come: see `receive_log`."""

    authentic: Mapping[bytes, Prepared]
    operations: Sequence[bytes] = ()
    claims: bool = True
    wanted: bool = False
    first: bool = False


async def receive(
    workspace: Workspace, raws: Sequence[bytes], verify: Verify, operations: Sequence[bytes] = ()
) -> Received:
    """Take in segments and membership operations, in any order, as one durable commit: give it some hundred at once."""
    return await _take(workspace, prepare(raws, workspace.id, verify), verify, operations)


async def look_through(workspace: Workspace, raws: Sequence[bytes], verify: Verify) -> list[Prepared | str]:
    """What of receiving needs no library; many are read elsewhere, while others are committed. Give it to `take_in`."""
    if len(raws) < FEW:
        return prepare(raws, workspace.id, verify)
    found: list[Prepared | str] = await workspace.surroundings.in_process(prepare, raws, workspace.id, verify)
    return found


async def take_in(
    workspace: Workspace, prepared: Sequence[Prepared | str], verify: Verify, operations: Sequence[bytes] = ()
) -> Received:
    """Take in what `look_through` gave, as one durable commit, to its end once begun."""
    return await to_the_end(_take(workspace, prepared, verify, operations))


async def receive_log(
    workspace: Workspace,
    raws: Sequence[bytes],
    verify: Verify,
    operations: Sequence[bytes] = (),
    most: int = GROUP,
    most_bytes: int = GROUP_BYTES,
    claims: bool = True,
    *,
    wanted: bool = False,
) -> Received:
    """Take in a long log, its operations first: while a group is committed, the next are prepared elsewhere.

    `claims`: who names a blob is taken to have it, which an old log says nothing of. A group has `most` segments, or
    fewer that have `most_bytes` together. `wanted`: a person at this device brought it in, so nothing of it is stopped.
    """
    first = await workspace.database.read(workspace.breaker.begins)
    total = [await receive(workspace, [], verify, operations)]

    async def look(group: range) -> tuple[range, list[Prepared | str]]:
        some = raws[group.start : group.stop]
        return group, await workspace.surroundings.in_process(prepare, some, workspace.id, verify)

    async def commit(looked: tuple[range, list[Prepared | str]], before: Before) -> None:
        await before()
        group, prepared = looked
        taking = _take(workspace, prepared, verify, claims=claims, wanted=wanted, first=first)
        one = await to_the_end(taking)  # what is committed is told
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
        sum(each.stopped for each in total),
    )


async def _take(
    workspace: Workspace,
    prepared: Sequence[Prepared | str],
    verify: Verify,
    operations: Sequence[bytes] = (),
    claims: bool = True,
    *,
    wanted: bool = False,
    first: bool = False,
) -> Received:
    authentic = {each.segment.hash: each for each in prepared if not isinstance(each, str)}
    refused = [(index, each) for index, each in enumerate(prepared) if isinstance(each, str)]
    arrival = Arrival(authentic, operations, claims, wanted, first)

    aside = [0, 0]  # in quarantine before and after

    def work(connection: Connection, trips: Sequence[Tripped]) -> Received:
        aside[0] = _quarantined(connection)
        received = take_within(connection, workspace, arrival, verify, trips)
        aside[1] = _quarantined(connection)
        return received._replace(refused=refused)

    known = len(workspace.members.operations)
    received, trips = await watched(workspace, work)
    if len(workspace.members.operations) != known:  # somebody came, went, or may do something else now
        workspace.bus.publish("workspace.changed", workspace.id.hex(), "*")
    _tell(workspace, received.changed, {each.segment.device for each in authentic.values()})
    if aside[0] != aside[1]:  # no document tells of it
        workspace.bus.publish("quarantine.changed", workspace.id.hex(), "*")
    if received.stopped:
        workspace.bus.publish("stopped.changed", "*", trips[0].device.hex() if trips else "*")
    return received


def take_within(
    connection: Connection, workspace: Workspace, arrival: Arrival, verify: Verify, trips: Sequence[Tripped]
) -> Received:
    """What one transaction of receiving does. Tripped where a device goes too far: roll back, and once more with it."""
    arrivals, breaker, around = dict(arrival.authentic), workspace.breaker, workspace.surroundings
    breaker.begin(connection, [each.segment for each in arrivals.values()], first=arrival.first)
    stopped = 0 if arrival.wanted else put_arrivals_aside(connection, arrivals)
    for trip in trips:
        id = around.random.randbytes(16)
        stopped += stop_device(connection, trip, arrivals, id, breaker.seen(), around.clock.now())
    watch = None if arrival.wanted else breaker.watch(connection, workspace.device)
    aside = [each for hash, each in arrival.authentic.items() if hash not in arrivals]
    known = [*arrival.operations, *operations_in(aside)]  # those count, wherever they stand
    held, changed = settle(connection, workspace, arrivals, known, verify, arrival.claims, watch)
    (waiting,) = connection.execute("SELECT count(DISTINCT segment) FROM lack").fetchone()
    return Received(held, waiting, [], changed, stopped)


async def watched(
    workspace: Workspace, work: Callable[[Connection, Sequence[Tripped]], T]
) -> tuple[T, Sequence[Tripped]]:
    """Run `work` in one transaction; where a device trips, once more from the beginning, with all that did so far."""
    trips: list[Tripped] = []
    while True:
        try:
            return await workspace.write(lambda connection: work(connection, trips)), trips
        except Tripped as trip:
            trips.append(trip)


def operations_in(prepared: Iterable[Prepared]) -> list[bytes]:
    """The membership operations that segments carry."""
    return [entry.raw for each in prepared for entry in each.segment.entries if isinstance(entry, OperationEntry)]


def settle(
    connection: Connection,
    workspace: Workspace,
    prepared: Mapping[bytes, Prepared],
    operations: Sequence[bytes],
    verify: Verify,
    claims: bool = True,
    watch: Watching | None = None,
) -> tuple[int, list[bytes]]:
    """Hold, judge and apply authentic segments; how many came to be held, and the documents that changed. `watch` sees
    what this does, and may raise.
    """
    members, log, random = workspace.members, workspace.log, workspace.surroundings.random
    segments = [each.segment for each in prepared.values()]
    known = members.take(connection, [*operations, *operations_in(prepared.values())], verify)
    held = Holding(connection, log, members.operations).take(segments, known)
    forget_aside(connection, held)
    for _, segment in held:
        log.notice(connection, segment, random)
    rights = Rights(connection, members.rule)
    forgotten = forget_removed(connection, workspace.has_other) if known else []
    name_blobs(
        connection,
        [segment for _, segment in held],
        lambda each: rights.role(each.hash, each.device, each.auth),
        lambda device: claims and workspace.has_other(device),
    )
    settling = Settling(connection, workspace.shelf, rights)
    if known or any(tip_seen(segment) in members.named for _, segment in held):
        settling.judge_again()
    if watch is not None:
        watch.before(held)
    settling.take(held, {hash: each.changes for hash, each in prepared.items()})
    if watch is not None:
        watch.after()
    if log.actor in settling.lost:
        log.begin_run(random)
    return len(held), sorted({*settling.changed, *forgotten})


def tip_seen(segment: Segment) -> SeenTip:
    """How a lowering lists this segment."""
    return SeenTip(segment.device, *segment.tip)


def _quarantined(connection: Connection) -> int:
    """How many changes are; along the index of what is not applied."""
    (count,) = connection.execute(
        "SELECT count(*) FROM change WHERE state <> 1 AND state = ?", (QUARANTINED,)
    ).fetchone()
    return int(count)


def _tell(workspace: Workspace, changed: Sequence[bytes], devices: Collection[bytes]) -> None:
    """News of what others did, after it is durable."""
    origin = "".join(device.hex() for device in devices) if len(devices) == 1 else "*"
    tell(workspace, changed, origin, NAMED_SINGLY)
