"""Blobs of one workspace between this device and one other: asked for by who wants them, piece by piece.

Each side tells what it has and what went, eight bytes of each hash; nothing is asked of a device that does not have it,
nor of two at once. Small blobs come whole and many together, large ones in pieces and from where they broke off.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass

from library.copies.copies import Copies
from library.copies.holders import Presence
from library.copies.wanting import Wanted
from library.events import Bell
from library.surroundings import Clock
from sync.errors import Malformed
from sync.gate import KNOWS_LATER, Gate
from sync.messages import Blobs, Have, HaveAfter, Lack, Later, Message, Part, Want

PIECE = 256 * 1024  # bytes of a large blob that are read together
SMALL = 64 * 1024  # blobs up to here come whole
ASKED_BYTES, ASKED = 8 << 20, 512  # asked for and not come: no more
STAMPS = 20_000  # blobs told of in one message
AT_ONCE = 16  # files read together
WRITTEN = 2 << 20  # bytes of a large blob that are written together
WAITING = 32  # that came whole and are not durable yet: while there are more, nothing is asked for
GATHER_SECONDS = 0.05  # that what came whole waits for more
COMING_BYTES, COMING = 4 << 20, 256  # bytes and messages that came and were not taken in: the other side waits

Send = Callable[[Message], Awaitable[None]]


class Claims:
    """Which blobs of a workspace are asked for, so that no two devices are."""

    def __init__(self) -> None:
        self._asked: set[bytes] = set()
        self.freed = Bell()  # rung when somebody else may ask for what one device did not send

    def take(self, wanted: Iterable[Wanted]) -> list[Wanted]:
        """Those that nobody is asked for yet: from now on somebody is."""
        fresh = [each for each in wanted if each.hash not in self._asked]
        self._asked.update(each.hash for each in fresh)
        return fresh

    def release(self, hashes: Iterable[bytes]) -> None:
        self._asked.difference_update(hashes)

    def give_up(self, hashes: Collection[bytes]) -> None:
        """These do not come from whoever was asked."""
        if hashes:
            self.release(hashes)
            self.freed.ring()


@dataclass(slots=True)
class Asked:
    """A blob that was asked for: its bytes, and how many of them came in pieces or were here before."""

    size: int
    place: int  # where the next piece belongs
    resumed: bool  # it begins with bytes that another device may have sent
    spoiled: bool = False  # it was dropped here while it came: the rest is passed over

    @property
    def left(self) -> int:
        """Bytes that are still to come."""
        return max(0, self.size - self.place)


class Fetching:
    """One workspace on one connection. `urgent` and `bulk` send, `piece` says how many bytes of blobs a message should
    hold now; `run` goes on until it is cancelled.
    """

    def __init__(
        self,
        workspace: bytes,
        copies: Copies,
        device: bytes,
        claims: Claims,
        urgent: Send,
        bulk: Send,
        piece: Callable[[], int],
        gate: Gate,
        grown: Bell,
        clock: Clock,
    ) -> None:
        self._workspace = workspace
        self._copies = copies
        self._device = device
        self._claims = claims
        self._urgent = urgent
        self._bulk = bulk
        self._piece = piece
        self._gate = gate
        self._grown = grown
        self._clock = clock
        self._asked: dict[bytes, Asked] = {}  # what is still to come
        self._coming: deque[Blobs | Part | Lack | Later] = deque()
        self._came = asyncio.Event()
        self._taking: Part | None = None  # what was taken from there and is not written yet
        self._whole: list[bytes] = []  # and what came whole
        self._ended: asyncio.Queue[bytes] = asyncio.Queue()  # whose last piece is here; no more than were asked for
        self._waiting = 0  # bytes in `_coming`
        self._taken = asyncio.Event()
        self._wants: asyncio.Queue[tuple[bytes, int]] = asyncio.Queue(4 * ASKED)
        self._waits: list[tuple[bytes, int]] = []  # originals asked for there that may not go yet
        self._after: asyncio.Queue[HaveAfter] = asyncio.Queue(1)
        self._told: asyncio.Queue[Have] = asyncio.Queue(4)
        self._room = asyncio.Event()
        self._gone: set[bytes] = set()  # that the other said it has and then lacked, in this connection
        self.received = 0  # bytes of blobs

    @property
    def coming(self) -> int:
        """Blobs asked for here and not come yet."""
        return len(self._asked)

    @property
    def originals_coming(self) -> bool:
        """Whether originals are among them that nobody waits for."""
        waited = {*self._copies.asked}
        return any(hash not in waited and self._copies.is_original(hash) for hash in self._asked)

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for work in (self._tell, self._learn, self._ask, self._take, self._end, self._serve):
                    group.create_task(work())
        finally:
            try:
                await self._keep()
            finally:
                self._claims.give_up(self._asked)

    async def _keep(self) -> None:
        """At the end: what came and was not taken in yet is worth no less for it, and need not go over once more."""
        for message in [self._taking, *self._coming]:
            if isinstance(message, Blobs):
                self._whole += message.data
            elif isinstance(message, Part) and message.hash in self._asked:
                with suppress(ValueError):  # it is written already, or does not belong there
                    await self._copies.write(message.hash, message.offset, message.data)
        if self._whole:
            await self._copies.put(self._whole)

    async def hear(self, message: Want | Blobs | Part | Lack | Later | HaveAfter | Have) -> None:
        """Take a message of the other side; waits while there is too much to do."""
        if isinstance(message, Want):
            for hash, offset in message.blobs:
                await self._wants.put((hash, offset))
        elif isinstance(message, HaveAfter):
            if self._after.full():
                raise Malformed("news is asked for again and again")
            self._after.put_nowait(message)
        elif isinstance(message, Have):
            await self._told.put(message)
        else:
            self._waiting += _bytes_of(message)
            self._coming.append(message)
            self._came.set()
            while self._waiting > COMING_BYTES or len(self._coming) > COMING:
                self._taken.clear()
                await self._taken.wait()

    # What each has

    async def _tell(self) -> None:
        """Tell what is here: what the other does not know yet, then whatever comes and goes."""
        journal, stamp = await self._copies.heard(self._device)
        await self._urgent(HaveAfter(self._workspace, journal, stamp))
        asked = await self._after.get()
        after = asked.stamp if asked.journal == self._copies.journal else 0
        with self._grown.heard() as grown, self._copies.changed.heard() as changed:
            while True:
                grown.clear()
                changed.clear()
                more = True
                while more:
                    found = await self._copies.since(after, STAMPS)
                    if found.have or found.lost or found.stamp != after:
                        have, lost = b"".join(found.have), b"".join(found.lost)
                        journal = self._copies.journal
                        await self._urgent(Have(self._workspace, journal, after, found.stamp, have, lost, found.more))
                    after, more = found.stamp, found.more
                await _first(grown, changed)

    async def _learn(self) -> None:
        while True:
            news = await self._told.get()
            presence = Presence(news.stamp, _cut(news.have), _cut(news.lost), news.more)
            await self._copies.learn(self._device, news.journal, presence)
            self._gone.difference_update([hash for hash in self._gone if hash[:8] in presence.have])
            self._room.set()

    # Asking

    async def _ask(self) -> None:
        with (
            self._copies.changed.heard() as changed,
            self._claims.freed.heard() as freed,
            self._gate.changed.heard() as opened,
        ):
            while True:
                for each in (changed, freed, opened, self._room):
                    each.clear()
                few = len(self._asked) <= ASKED // 2 and self._ended.qsize() <= WAITING
                if few and self._left() <= ASKED_BYTES // 2:
                    await self._ask_more()
                await _first(changed, freed, opened, self._room)

    def _left(self) -> int:
        """Bytes that are still to come."""
        return sum(each.left for each in self._asked.values())

    async def _ask_more(self) -> None:
        wanted = await self._copies.wanted(ASKED, self._device, self._gate.takes)
        room, chosen = ASKED_BYTES - self._left(), list[Wanted]()
        for each in self._claims.take(each for each in wanted if each.hash not in self._gone):
            if len(chosen) + len(self._asked) >= ASKED or (chosen and room < each.size):
                self._claims.release([each.hash])
                continue
            chosen.append(each)
            room -= each.size
        if not chosen:
            return
        blobs = []
        for each in chosen:
            begun = 0 if each.size <= SMALL else self._copies.begun(each.hash)
            self._asked[each.hash] = Asked(each.size, begun, resumed=begun > 0)
            blobs.append((each.hash, begun))
        await self._urgent(Want(self._workspace, blobs))

    # Taking

    async def _take(self) -> None:
        while True:
            while not self._coming:
                self._came.clear()
                await self._came.wait()
            while self._coming and len(self._whole) < ASKED:
                await self._take_in(self._next())
            if self._whole:
                self.received += sum(map(len, self._whole))
                self._settle(await self._copies.put(self._whole))
                self._whole = []

    def _next(self) -> Blobs | Part | Lack | Later:
        """What came first. Pieces of one blob that wait in a row are one: a thread writes it, and is waited for."""
        message = self._coming.popleft()
        if not isinstance(message, Part):
            return message
        pieces, length, last = [message.data], len(message.data), message.last
        while self._coming and not last and length < WRITTEN:
            behind = self._coming[0]
            place = message.offset + length
            if not isinstance(behind, Part) or (behind.hash, behind.offset) != (message.hash, place):
                break
            self._coming.popleft()
            pieces.append(behind.data)
            length, last = length + len(behind.data), behind.last
        return Part(message.workspace, message.hash, message.offset, b"".join(pieces), last)

    async def _take_in(self, message: Blobs | Part | Lack | Later) -> None:
        self._waiting -= _bytes_of(message)
        self._taken.set()
        if isinstance(message, Blobs):
            self._whole += message.data
        elif isinstance(message, Part):
            self._taking = message
            if await self._take_part(message):
                self._ended.put_nowait(message.hash)
            self._taking = None
        elif isinstance(message, Later):
            self._settle(message.hashes, came=False)
        else:
            lacked = [hash for hash in message.hashes if hash in self._asked]
            self._gone.update(lacked)
            await self._copies.denied(self._device, lacked)
            self._settle(lacked, came=False)

    async def _end(self) -> None:
        """Beside the taking: what came whole is made durable while the next pieces come."""
        while True:
            finished = [await self._ended.get()]
            if len(self._asked) > self._ended.qsize() + 1:
                await self._clock.sleep(GATHER_SECONDS)  # a commit for many costs little more than one
            while not self._ended.empty():
                finished.append(self._ended.get_nowait())
            dropped = {hash for hash in finished if not self._copies.begun(hash)}  # here, to make room for others
            bad = await self._copies.finish(finished)
            again = {hash for hash in bad if hash in self._asked and self._asked[hash].resumed} | dropped  # from 0 on
            self._gone.update(hash for hash in bad if hash not in again)
            self._settle(bad, came=False)
            self._settle(finished)

    async def _take_part(self, part: Part) -> bool:
        """Whether it was the last piece of a blob that was asked for, and all before it is here."""
        asked = self._asked.get(part.hash)
        if asked is None:
            return False
        if part.offset != asked.place:
            raise Malformed(f"a piece of {part.hash.hex()[:12]} that belongs at {asked.place} came for {part.offset}")
        if part.data and not asked.spoiled:
            try:
                await self._copies.write(part.hash, part.offset, part.data)
            except ValueError as error:
                if part.offset == self._copies.begun(part.hash):
                    raise Malformed(str(error)) from error  # more than there is of it
                asked.spoiled = True  # asked for again once the rest went by, if it is wanted then
        asked.place += len(part.data)
        self.received += len(part.data)
        self._room.set()
        if part.last and asked.spoiled:
            self._settle([part.hash], came=False)
            return False
        return part.last

    def _settle(self, hashes: Iterable[bytes], came: bool = True) -> None:
        """These do not come any more: they are here, or cannot be had there."""
        done = [hash for hash in hashes if self._asked.pop(hash, None) is not None]
        if came:
            self._claims.release(done)
        else:
            self._claims.give_up(done)
        self._room.set()

    # Serving

    async def _serve(self) -> None:
        whole = list[bytes]()  # that go together: nothing that takes long is begun before they went
        while True:
            if self._wants.empty():
                await self._send_whole(whole)
            asked = await self._wanted_there()
            for (hash, offset), data in zip(asked, await self._copies.read_all(asked, PIECE), strict=True):
                if self._is_held(hash):
                    await self._send_whole(whole)
                if data is None:
                    await self._urgent(Lack(self._workspace, [hash]))
                elif self._is_held(hash):
                    await self._put_off(hash, offset)
                elif offset == 0 and len(data) <= SMALL:
                    if sum(map(len, whole)) + len(data) > self._piece():
                        await self._send_whole(whole)
                    whole.append(data)
                else:
                    await self._send_whole(whole)
                    await self._serve_pieces(hash, offset, data)

    async def _wanted_there(self) -> list[tuple[bytes, int]]:
        """The next to serve: originals that waited here and may go now, else what is asked for."""
        with self._gate.changed.heard() as changed:
            while True:
                changed.clear()
                if self._waits and self._gate.gives:
                    found, self._waits = self._waits[:AT_ONCE], self._waits[AT_ONCE:]
                    return found
                found = []
                while len(found) < AT_ONCE and not self._wants.empty():
                    found.append(self._wants.get_nowait())
                if found:
                    return found
                wanted, rung = asyncio.ensure_future(self._wants.get()), asyncio.ensure_future(changed.wait())
                try:
                    await asyncio.wait((wanted, rung), return_when=asyncio.FIRST_COMPLETED)
                finally:
                    rung.cancel()
                    if not wanted.done():
                        wanted.cancel()
                if wanted.done() and not wanted.cancelled():
                    return [wanted.result()]

    async def _put_off(self, hash: bytes, offset: int) -> None:
        """An original that may not go now is asked for again by who knows that; for others it waits here, in nobody's
        way.
        """
        if self._gate.version < KNOWS_LATER:
            if len(self._waits) == 4 * ASKED:
                raise Malformed("more is asked for at once than anybody asks for")
            self._waits.append((hash, offset))
        else:
            await self._urgent(Later(self._workspace, [hash]))

    async def _send_whole(self, whole: list[bytes]) -> None:
        """All of these together, which are none any more then."""
        if whole:
            await self._bulk(Blobs(self._workspace, whole[:]))
            whole.clear()

    async def _serve_pieces(self, hash: bytes, offset: int, data: bytes | None) -> None:
        """While one goes out, the next is read."""
        while data is not None:
            last = len(data) < PIECE
            following = None if last else asyncio.ensure_future(self._copies.read(hash, offset + PIECE, PIECE))
            try:
                if (held := await self._send_pieces(hash, offset, data, last)) is not None:
                    await self._put_off(hash, held)
                    return
                if following is None:
                    return
                offset, data = offset + PIECE, await following
            finally:
                if following is not None:
                    following.cancel()
        await self._urgent(Lack(self._workspace, [hash]))

    async def _send_pieces(self, hash: bytes, offset: int, data: bytes, last: bool) -> int | None:
        """None once they went; the gate may close before the last of them: then how far it came."""
        begin, end = 0, -1
        while end < len(data):
            if self._is_held(hash):
                return offset + begin
            end = begin + self._piece()
            await self._bulk(Part(self._workspace, hash, offset + begin, data[begin:end], last and end >= len(data)))
            begin = end
        return None

    def _is_held(self, hash: bytes) -> bool:
        """Whether it is an original, and none may go now."""
        return not self._gate.gives and self._copies.is_original(hash)


def _bytes_of(message: Blobs | Part | Lack | Later) -> int:
    if isinstance(message, Blobs):
        return sum(map(len, message.data))
    return len(message.data) if isinstance(message, Part) else 0


def _cut(joined: bytes) -> list[bytes]:
    return [joined[at : at + 8] for at in range(0, len(joined), 8)]


async def _first(*events: asyncio.Event) -> None:
    """Until one of them is set."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()
