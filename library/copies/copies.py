"""Copies: what this device wants of the blobs that it lacks, how they come in, and what others have."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, TypeVar

from library.copies import holders, journal, wanting
from library.copies.holders import Presence
from library.copies.promises import Promises
from library.copies.wanting import Originals, Wanted
from library.gathering import is_unchanged
from library.workspace import Workspace, translated
from store.database import Connection
from store.errors import StoreError
from store.files import foreign_hash
from store.partial import Crowded
from store.waiting import to_the_end

MOST_ASKED = 1000  # blobs that somebody waits for
MOST_SOURCE = 1 << 40
NAMED_SINGLY = 20  # pictures in one group that get news of their own
T = TypeVar("T")


class Copies:
    """The blobs of one workspace, on this device and on others."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.changed = workspace.lacks  # rung when `wanted` may have become more; `with changed.heard() as event`
        self._partials = workspace.partials
        self._writing: dict[bytes, asyncio.Lock] = {}
        self._ending = asyncio.Lock()  # beginnings are dropped, or given their names
        self._asked: OrderedDict[bytes, None] = OrderedDict()  # the last one first
        self._looked_at: dict[tuple[bytes, int, int], bytes] = {}  # originals kept in place: path, size, time → hash
        self.promises = Promises(workspace.surroundings.clock)

    # What is wanted

    async def wanted(self, most: int = 1000, of: bytes | None = None, originals: Originals = "all") -> list[Wanted]:
        """What this device lacks and its policy wants, best first; with `of` only what that device says it has.
        `originals`: all of them, only those that somebody waits for (`want_now`), or none.
        """
        now, asked, begun = self._workspace.surroundings.clock.now(), self.asked, self._partials.all()

        def work(connection: Connection) -> tuple[list[Wanted], set[bytes]]:
            still = wanting.still_wanted(connection, begun, now)
            return wanting.wanted(connection, most, now, asked, of, originals), {*begun} - still - {*asked}

        found, left = await self._read(work)
        if left:  # nobody wants these any more
            async with self._ending:
                await self._in_thread(self._drop, sorted(left))
        return found

    @property
    def asked(self) -> list[bytes]:
        """Blobs that somebody waits for, the last one first."""
        return list(self._asked)

    async def want_now(self, hash: bytes) -> None:
        """Somebody opens it: it comes before all else."""
        self._asked[hash] = None
        self._asked.move_to_end(hash, last=False)
        while len(self._asked) > MOST_ASKED:
            self._asked.popitem()
        self.changed.ring()

    # What comes

    def begun(self, hash: bytes) -> int:
        """How many bytes are here of a blob that did not come to its end; all where only its row is missing."""
        return self._partials.begun(hash) or self._workspace.blobs.size(hash) or 0

    async def write(self, hash: bytes, offset: int, data: bytes) -> None:
        """Go on with a blob; ValueError when this is not where it ends, or more than there is of it."""
        size = await self._lacking_size(hash)
        if size is None:
            raise ValueError(f"{hash.hex()[:12]} is not wanted.")
        if offset + len(data) > size:
            raise ValueError(f"{hash.hex()[:12]} has no more than {size} bytes.")
        async with self._alone(hash):
            try:
                await self._in_thread(self._partials.write, hash, offset, data)
            except Crowded:
                async with self._ending:
                    await self._in_thread(self._partials.write, hash, offset, data, True)

    async def finish(self, hashes: Sequence[bytes]) -> list[bytes]:
        """Let blobs exist, as one group, whose bytes are here; gives those that are not what their names say.

        What came of those is gone; of one that is cut off here, nothing is lost.
        """
        hashes = list(dict.fromkeys(hashes))
        async with self._ending:
            whole = await self._in_thread(self._look_at, hashes)
            named = await self._named(list(whole))
            good = [hash for hash in whole if hash in named]
            with self._workspace.claims.held(good):
                await self._adopt(good)
                await self._settle({hash: whole[hash] for hash in good})
            bad = [hash for hash in hashes if hash not in named]
            await self._in_thread(self._drop, bad)
        return bad

    def _look_at(self, hashes: Sequence[bytes]) -> dict[bytes, int]:
        """Those whose bytes are right, and their sizes: among the beginnings, or under their names already."""
        whole: dict[bytes, int] = {}
        for hash in hashes:
            begun, there = self._partials.begun(hash), self._workspace.blobs.size(hash)
            if begun and self._partials.whole(hash):
                whole[hash] = begun
            elif there is not None and self._workspace.blobs.check(hash):
                whole[hash] = there
        return whole

    def _drop(self, hashes: Collection[bytes]) -> None:
        for hash in hashes:
            self._partials.drop(hash)
            self._writing.pop(hash, None)

    async def _adopt(self, hashes: Sequence[bytes]) -> None:
        """A name that is there already may be of a group that the disk failed: it is made durable too."""
        places = [(self._partials.place(hash), hash) for hash in hashes]
        await self._in_thread(self._workspace.blobs.adopt, places)
        self._partials.used(hashes)

    async def put(self, blobs: Sequence[bytes]) -> list[bytes]:
        """Take in small blobs, as one group, of those that the log names; gives the hashes of these."""
        found = {hashlib.sha256(data).digest(): data for data in blobs}
        named = await self._named(list(found))
        good = [hash for hash in found if hash in named]
        with self._workspace.claims.held(good):
            await self._in_thread(self._workspace.blobs.put, [found[hash] for hash in good])
            await self._settle({hash: len(found[hash]) for hash in good})
        return good

    async def _settle(self, sizes: dict[bytes, int]) -> None:
        """The rows of blobs that stand under their names, and news of the pictures that show them."""
        if not sizes:
            return

        came = await self._write(lambda connection: journal.arrived(connection, sizes))
        for hash in sizes:
            self._asked.pop(hash, None)
            self._writing.pop(hash, None)
        self._tell(came.changed, came.small)
        self._workspace.grown.ring()  # what is here now is told to others

    async def _named(self, hashes: Sequence[bytes]) -> set[bytes]:
        return await self._read(lambda connection: journal.named(connection, hashes))

    async def _lacking_size(self, hash: bytes) -> int | None:
        query = "SELECT size FROM blob WHERE hash=?"
        row = self._workspace.database.read_now(lambda connection: connection.execute(query, (hash,)).fetchone())
        return None if row is None else int(row[0])

    # What others have, and what they are told

    @property
    def journal(self) -> bytes:
        """Names this device's journal. It may be another one after `since`."""
        incarnation = self._workspace.log.position.incarnation
        return self._workspace.database.read_now(lambda connection: journal.name_of(connection, incarnation))

    async def since(self, stamp: int, most: int = 50_000) -> Presence:
        """What came and went here after a stamp of `journal`. One that it never came to is of a time that was turned
        back: the journal gets another name, and is told from its beginning.
        """
        found = await self._read(lambda connection: journal.since(connection, stamp, most))
        if found is not None:
            return found
        salt = self._workspace.surroundings.random.randbytes(16)
        await self._write(lambda connection: journal.begin_again(connection, salt))
        found = await self._read(lambda connection: journal.since(connection, 0, most))
        assert found is not None
        return found

    async def heard(self, device: bytes) -> tuple[bytes, int]:
        """The journal that a device last told of, and up to where; nothing and 0 before it did."""
        return await self._read(lambda connection: holders.heard(connection, device))

    async def learn(self, device: bytes, journal: bytes, presence: Presence) -> None:
        """Take in what a device says of itself. Of another journal what was known is forgotten once it told all."""
        if not self._workspace.has_other(device):
            return
        self._tell(await self._write(lambda connection: holders.learn(connection, device, journal, presence)))
        if presence.have:
            self.changed.ring()

    async def denied(self, device: bytes, hashes: Sequence[bytes]) -> None:
        """A device that was asked for these has not got them."""
        if self._workspace.has_other(device):
            self._tell(await self._write(lambda connection: holders.denied(connection, device, hashes)))

    async def read(self, hash: bytes, offset: int, length: int) -> bytes | None:
        """Bytes of a blob for another device; None when it is not here. One kept in place is hashed before that."""
        here, kept = self._workspace.database.read_now(lambda connection: _places(connection, hash))
        if here:
            return (await self._in_thread(self._read_here, [(hash, offset)], length))[hash, offset]
        for path, size, mtime in kept:
            found: bytes | None = await self._in_thread(self._read_kept, hash, path, size, mtime, offset, length)
            if found is not None:
                return found
        return None

    async def read_all(self, wishes: Sequence[tuple[bytes, int]], length: int) -> list[bytes | None]:
        """So many bytes of each of several blobs, from a place on, as `read` gives them."""
        look = self._workspace.database.read_now
        here = look(lambda connection: [_places(connection, hash)[0] for hash, _ in wishes])
        found = dict(zip(wishes, here, strict=True))
        data = await self._in_thread(self._read_here, [each for each, is_here in found.items() if is_here], length)
        return [data[each] if found[each] else await self.read(*each, length) for each in wishes]

    def _read_here(self, wishes: Sequence[tuple[bytes, int]], length: int) -> dict[tuple[bytes, int], bytes | None]:
        found: dict[tuple[bytes, int], bytes | None] = {}
        for hash, offset in wishes:
            place = self._workspace.blobs.place(hash)
            try:
                found[hash, offset] = self._workspace.surroundings.files.read_at(place, offset, length)
            except FileNotFoundError:
                found[hash, offset] = None
        return found

    def _read_kept(self, hash: bytes, path: bytes, size: int, mtime: int, offset: int, length: int) -> bytes | None:
        files, place = self._workspace.surroundings.files, Path(os.fsdecode(path))
        key = path, size, mtime
        if not is_unchanged(files, place, size, mtime):
            return None
        if offset == 0 or key not in self._looked_at:
            self._looked_at[key] = foreign_hash(place, MOST_SOURCE) or b""
        if self._looked_at[key] != hash:
            return None
        try:
            return files.read_at(place, offset, length)
        except OSError:
            return None

    # What is let go

    async def may_go(self, hash: bytes) -> bool:
        """Whether another device may let a blob go because it is here: its bytes were looked at just now, and this
        device keeps it for some time. One kept in place is the user's to remove: it does not count.
        """
        if not self.is_here(hash) or not self.promises.give(hash):
            return False
        whole = await self._in_thread(self._is_whole, hash)
        return whole and self.promises.holds(hash) and self.is_here(hash)

    def is_original(self, hash: bytes) -> bool:
        """Whether pictures show it as a version: what belongs to them besides is small."""
        query = "SELECT 1 FROM version WHERE hash=?"
        return self._workspace.database.read_now(lambda c: c.execute(query, (hash,)).fetchone()) is not None

    def is_here(self, hash: bytes) -> bool:
        """Whether a blob's bytes are in this device's library."""
        here, _ = self._workspace.database.read_now(lambda connection: _places(connection, hash))
        return here

    def _is_whole(self, hash: bytes) -> bool:
        try:
            return self._workspace.blobs.check(hash)
        except OSError:
            return False

    # How it runs

    def _alone(self, hash: bytes) -> asyncio.Lock:
        return self._writing.setdefault(hash, asyncio.Lock())

    async def _in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        try:
            done: T = await to_the_end(self._workspace.surroundings.in_thread(work, *arguments))
            return done
        except StoreError as error:
            raise translated(error) from error

    async def _read(self, work: Callable[[Connection], T]) -> T:
        return await self._workspace.database.read(work)

    async def _write(self, work: Callable[[Connection], T]) -> T:
        try:
            return await self._workspace.database.write(work)
        except StoreError as error:
            raise translated(error) from error

    def _tell(self, changed: Collection[bytes], many: bool = False) -> None:
        """News of pictures whose originals or small pictures came or went."""
        ids = [id.hex() for id in changed]
        for subject in ["*"] if many or len(ids) > NAMED_SINGLY else ids:
            self._workspace.bus.publish("asset.changed", subject, self._workspace.device.hex())


def _places(connection: Connection, hash: bytes) -> tuple[bool, list[tuple[bytes, int, int]]]:
    """Whether a blob is in the library, and where else it is kept."""
    row = connection.execute("SELECT here FROM blob WHERE hash=?", (hash,)).fetchone()
    kept = "SELECT path, size, mtime FROM reference WHERE hash=? AND state='here' ORDER BY path"
    return bool(row and row[0]), connection.execute(kept, (hash,)).fetchall()
