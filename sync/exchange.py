"""The log of one workspace between this device and one other: what it lacks goes out, what it sends is taken in.

Each side says once what it holds; the other sends what is missing there, causes before effects, and from then on
whatever comes to be held. Segments of any device are passed on unchanged. What is not yet confirmed is bounded.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from documents.segment import OperationEntry, Tip
from identity.keys import verify
from identity.operations import operation_hash
from library.catalog import Library
from library.replica.offering import lacking, newer, segments_of
from library.replica.preparing import Prepared
from library.replica.receiving import GROUP, GROUP_BYTES, look_through, take_in
from sync.errors import Malformed
from sync.messages import Log, Message, State, Taken
from sync.waiting import either

PIECE = 512 * 1024  # bytes of segments in one message; the largest segment and its operations fit beside
PIECE_SEGMENTS = 500
OPERATIONS_PIECE = 256 * 1024
WINDOW = 8  # messages on the way that were not confirmed
REMEMBERED = 50_000  # hashes of what came from there; what is forgotten may go back there, where it is known
LOOK_SECONDS = 5.0  # the longest that news which nobody rang for may wait
log = logging.getLogger("gesso.exchange")

Send = Callable[[Message], Awaitable[None]]


class Progress(NamedTuple):
    """Segments sent and taken in this connection, how many are known to be left to send, and how many to come."""

    sent: int
    taken: int
    left: int
    coming: int


class _Arrived(NamedTuple):
    number: int
    operations: list[bytes]
    prepared: list[Prepared | str]
    last: bool  # whether nothing of what was there before follows


class Exchange:
    """One workspace on one connection. `run` ends when the other device is no member any more."""

    def __init__(self, library: Library, device: bytes, send: Send) -> None:
        self._library = library
        self._workspace = library.workspace
        self._device = device
        self._send = send
        self._states: asyncio.Queue[State] = asyncio.Queue(1)
        self._arriving: asyncio.Queue[Log] = asyncio.Queue(WINDOW)
        self._looked: asyncio.Queue[_Arrived] = asyncio.Queue(1)
        self._theirs: set[bytes] = (
            set()
        )  # hashes of segments that came from there and may not have been passed over yet
        self._their_operations: set[bytes] = set()
        self._numbered = 0
        self._confirmed = 0
        self._more = True  # whether something of what was here when the connection began is still to be given
        self._moved = asyncio.Event()
        self._sent = 0
        self._taken = 0
        self._left = 0
        self._coming = 0
        self.caught_up = False  # whether everything that was there when the connection began is here
        self.refused = 0  # segments that were none

    @property
    def progress(self) -> Progress:
        return Progress(self._sent, self._taken, self._left, self._coming)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            looking = group.create_task(self._look())
            taking = group.create_task(self._take())
            await self._give()
            looking.cancel()
            taking.cancel()

    async def hear(self, message: State | Log | Taken) -> None:
        """Take a message of the other side; waits while there is too much to do."""
        if isinstance(message, State):
            if self._states.full():
                raise Malformed("what is held is said again and again")
            await self._library.stops.hear(Tip(*tip) for tip in message.tips)  # before any of its segments comes
            self._states.put_nowait(message)
        elif isinstance(message, Log):
            await self._arriving.put(message)
        else:
            if not self._confirmed <= message.number <= self._numbered:
                raise Malformed("what was never sent is confirmed")
            self._confirmed = message.number
            self._moved.set()

    # Giving

    async def _give(self) -> None:
        workspace = self._workspace
        with workspace.grown.heard() as bell:
            told = workspace.members.durable
            known = set(told.operations)
            tips = sorted(workspace.log.durable.tips)
            await self._send(
                State(workspace.id, list(told.heads), [(tip.incarnation, tip.seq, tip.hash8) for tip in tips])
            )
            theirs = await self._states.get()
            ours = {tip.incarnation: tip.seq for tip in tips}
            self._coming = sum(max(0, seq - ours.get(incarnation, 0)) for incarnation, seq, _ in theirs.tips)
            found = await lacking(workspace, theirs.heads, [Tip(*tip) for tip in theirs.tips])
            await self._give_operations(found.operations)
            await self._give_segments(found.rows)
            self._more = False
            await self._give_piece([], [])  # says that what was here before has been given
            upto = found.upto
            while self._is_member():
                bell.clear()
                operations = workspace.members.durable.operations
                fresh = operations.keys() - known
                known |= fresh
                await self._give_operations([operations[each].raw for each in sorted(fresh - self._their_operations)])
                rows, upto = await newer(workspace, upto)
                await self._give_segments([row for row, hash in rows if not self._came_from_there(hash)])
                if not bell.is_set():
                    await self._wait(bell)

    def _is_member(self) -> bool:
        return self._workspace.members.role_of(self._device) is not None

    def _came_from_there(self, hash: bytes) -> bool:
        """Asked once for each: then its place is passed over for good."""
        if hash not in self._theirs:
            return False
        self._theirs.discard(hash)
        return True

    async def _wait(self, bell: asyncio.Event) -> None:
        """A bell that an edit's caller did not live to ring is heard a little later."""
        await either(bell, self._workspace.surroundings.clock.sleep(LOOK_SECONDS))

    async def _give_operations(self, operations: list[bytes]) -> None:
        piece: list[bytes] = []
        size = 0
        for raw in operations:
            if piece and size + len(raw) > OPERATIONS_PIECE:
                await self._give_piece(piece, [])
                piece, size = [], 0
            piece.append(raw)
            size += len(raw)
        if piece:
            await self._give_piece(piece, [])

    async def _give_segments(self, rows: list[int]) -> None:
        given = 0
        while given < len(rows):
            self._left = len(rows) - given
            raws = await segments_of(self._workspace, rows[given : given + PIECE_SEGMENTS], PIECE)
            given += len(raws)
            await self._give_piece([], raws)
            self._sent += len(raws)
        self._left = 0

    async def _give_piece(self, operations: list[bytes], segments: list[bytes]) -> None:
        while self._numbered - self._confirmed >= WINDOW:
            self._moved.clear()
            await self._moved.wait()
        self._numbered += 1
        await self._send(Log(self._workspace.id, self._numbered, operations, segments, self._more))

    # Taking

    async def _look(self) -> None:
        """Gather what came, and look through it while the group before is committed."""
        expected = 1
        while True:
            first = await self._arriving.get()
            operations, segments, number = list(first.operations), list(first.segments), first.number
            more = first.more
            if number != expected:
                raise Malformed("messages are missing")
            size = sum(map(len, segments))
            while not self._arriving.empty() and len(segments) < GROUP and size < GROUP_BYTES:
                one = self._arriving.get_nowait()
                if one.number != number + 1:
                    raise Malformed("messages are missing")
                number, more = one.number, one.more
                operations += one.operations
                segments += one.segments
                size += sum(map(len, one.segments))
            expected = number + 1
            prepared = await look_through(self._workspace, segments, verify)
            await self._looked.put(_Arrived(number, operations, prepared, not more))

    async def _take(self) -> None:
        while True:
            arrived = await self._looked.get()
            authentic = [each for each in arrived.prepared if not isinstance(each, str)]
            if len(self._theirs) + len(self._their_operations) > REMEMBERED:
                self._theirs.clear()
                self._their_operations.clear()
            self._theirs.update(each.segment.hash for each in authentic)
            carried = [
                entry.raw for each in authentic for entry in each.segment.entries if type(entry) is OperationEntry
            ]
            self._their_operations.update(map(operation_hash, (*arrived.operations, *carried)))
            if arrived.prepared or arrived.operations:
                received = await take_in(self._workspace, arrived.prepared, verify, arrived.operations)
                self._taken += received.held
                if received.refused:
                    self.refused += len(received.refused)
                    log.warning("%d segments were refused: %s", len(received.refused), received.refused[0][1])
            self._coming = 0 if arrived.last else max(0, self._coming - len(authentic))
            self.caught_up = self.caught_up or arrived.last
            await self._send(Taken(self._workspace.id, arrived.number))
