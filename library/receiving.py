"""Segments of others: authentic ones wait until their causes are held, are held, judged and applied.

Order, repeats and delays do not matter. Nothing is ever dropped that is authentic and of this workspace; what cannot be
held yet waits as rows, what may not be applied stays in quarantine.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from documents.errors import SegmentRefused
from documents.kinds import Kind
from documents.segment import OperationEntry, Segment, decode, signed_part
from identity.operations import SeenTip
from library.holding import Holding
from library.members import Verify
from library.rights import Rights
from library.settling import Settling
from library.workspace import Workspace
from store.database import Connection

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
    segments: dict[bytes, Segment] = {}
    refused: list[tuple[int, str]] = []
    for index, raw in enumerate(raws):
        try:
            segment = read_segment(raw, workspace.id, verify)
        except SegmentRefused as error:
            refused.append((index, str(error)))
        else:
            segments[segment.hash] = segment

    def work(connection: Connection) -> Received:
        held, changed = settle(connection, workspace, list(segments.values()), operations, verify)
        (waiting,) = connection.execute("SELECT count(DISTINCT segment) FROM lack").fetchone()
        return Received(held, waiting, refused, changed)

    received = await workspace.write(work)
    _tell(workspace, received.changed, {segment.device for segment in segments.values()})
    return received


def settle(
    connection: Connection,
    workspace: Workspace,
    segments: Sequence[Segment],
    operations: Sequence[bytes],
    verify: Verify,
) -> tuple[int, list[bytes]]:
    """Hold, judge and apply authentic segments; how many came to be held, and the documents that changed."""
    members, log, random = workspace.members, workspace.log, workspace.surroundings.random
    carried = [entry.raw for each in segments for entry in each.entries if isinstance(entry, OperationEntry)]
    known = members.take(connection, [*operations, *carried], verify)
    held = Holding(connection, log, members.operations).take(segments, known)
    for _, segment in held:
        log.notice(connection, segment, random)
    settling = Settling(connection, workspace.shelf, Rights(connection, members.rule))
    if known or any(tip_seen(segment) in members.named for _, segment in held):
        settling.judge_again()
    settling.take(held)
    if log.actor in settling.lost:
        log.begin_run(random)
    return len(held), sorted(settling.changed)


def tip_seen(segment: Segment) -> SeenTip:
    """How a lowering lists this segment."""
    return SeenTip(segment.device, *segment.tip)


def read_segment(raw: bytes, workspace: bytes, verify: Verify) -> Segment:
    """An authentic segment of this workspace; SegmentRefused for anything else."""
    segment = decode(raw)
    if segment.workspace != workspace:
        raise SegmentRefused("foreign", "of another workspace")
    if not verify(segment.device, signed_part(raw), raw[-64:]):
        raise SegmentRefused("signature", "not signed by its device")
    return segment


def _tell(workspace: Workspace, changed: Sequence[bytes], devices: Collection[bytes]) -> None:
    """News of what others did, after it is durable."""
    origin = "".join(device.hex() for device in devices) if len(devices) == 1 else "*"
    for kind, words in ((Kind.IMAGE, "asset.changed"), (Kind.PROJECT, "project.changed")):
        ids = [id for id in changed if id[0] == kind]
        subjects = [id.hex() for id in ids] if len(ids) <= NAMED_SINGLY else ["*"]
        for subject in subjects:
            workspace.bus.publish(words, subject, origin)
