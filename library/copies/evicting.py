"""Letting originals go: only where enough other devices say, at this moment, that they have them whole and keep them.

A blob is marked as going before the first other device is asked, and who asks about a marked one is told no. Of devices
that let the same go at once, the last to begin is therefore refused by all before it: what it counted on stays.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import NamedTuple

from documents.kinds import Kind
from identity.membership import allows
from library.copies.holders import holders_of, verified
from library.copies.keeping import PINNED_BLOB, copies_needed
from library.copies.models import Evicted, Kept
from library.copies.named import LET_GO, put_lacking
from library.copies.promises import Promises
from library.copies.wanting import bytes_of_originals, quota_of
from library.editing.actions import asset_ids, read_id
from library.editing.news import tell
from library.errors import Invalid, LibraryError, NotFound
from library.intake.arriving import announce, settled
from library.tasks import Progress, no_progress
from library.views.images import refresh_states
from library.workspace import Workspace
from store.database import Connection
from store.errors import StoreError
from store.waiting import to_the_end

GROUP = 100  # pictures asked about together
TOLD = 200  # of those that stayed
DAY = 86_400_000  # ms
Ask = Callable[[bytes, list[bytes]], Awaitable[list[bool]]]
log = logging.getLogger("gesso.evicting")


async def nobody(device: bytes, hashes: list[bytes]) -> list[bool]:
    """No device can be asked."""
    raise ConnectionError("no other device is connected")


class Original(NamedTuple):
    """A blob of a picture as it lies here. `here`: in the library; else kept in place."""

    asset: bytes
    name: str
    hash: bytes
    size: int
    media_type: str
    here: bool
    pinned: bool


class Trimmed(NamedTuple):
    """Originals that are too many for this device's quota: pictures, blobs, bytes."""

    pictures: int
    blobs: int
    bytes: int


class Evicting:
    """Lets originals of one workspace go. `ask` asks a device which of some blobs it keeps, in their order, and raises
    where it cannot be reached; whoever connects sets it.
    """

    def __init__(self, workspace: Workspace, promises: Promises) -> None:
        self._workspace = workspace
        self._promises = promises
        self.ask: Ask = nobody

    async def evict(
        self,
        assets: Sequence[str] | None = None,
        project: str | None = None,
        recent: int | None = None,
        progress: Progress = no_progress,
    ) -> Evicted:
        """Let the originals of some pictures go, of a project, or all but those of the last days: one of these."""
        if sum(each is not None for each in (assets, project, recent)) != 1:
            raise Invalid("Name pictures, a project, or days.", [("/assets", "or another, one")], code="evict_what")
        now = self._workspace.surroundings.clock.now()

        def work(connection: Connection) -> list[bytes]:
            if assets is not None:
                return list(asset_ids(connection, assets))
            if project is not None:
                return _of_project(connection, read_id(project, Kind.PROJECT))
            return _before(connection, now - (recent or 0) * DAY)

        return await self._let_go(await self._workspace.database.read(work), progress)

    async def trim(self, progress: Progress = no_progress) -> Evicted:
        """Let the oldest originals go until the rest is within this device's quota."""

        def work(connection: Connection) -> tuple[int, list[bytes]]:
            quota = quota_of(connection)
            over = 0 if quota is None else bytes_of_originals(connection) - quota
            return over, _before(connection, 1 << 62) if over > 0 else []

        over, ids = await self._workspace.database.read(work)
        return await self._let_go(ids, progress, over)

    async def _let_go(self, ids: Sequence[bytes], progress: Progress, until: int | None = None) -> Evicted:
        done = Evicted(pictures=0, blobs=0, bytes=0, kept=[], kept_count=0)
        for start in range(0, len(ids), GROUP):
            if until is not None and done.bytes >= until:
                break
            some = ids[start : start + GROUP]
            done = _sum(done, await self._group(some, None if until is None else until - done.bytes))
            progress(min(start + GROUP, len(ids)), len(ids), None)
        return done

    async def _group(self, ids: Sequence[bytes], until: int | None) -> Evicted:
        found = await self._workspace.database.read(lambda connection: _originals(connection, ids))
        stays: dict[bytes, Kept] = {}  # by picture
        may = []
        for each in found:
            if each.pinned or not each.here:
                stays.setdefault(each.asset, _kept(each, "pinned" if each.pinned else "in_place"))
            elif until is None or until > 0:
                may.append(each)
                until = None if until is None else until - each.size
        with self._promises.going({each.hash for each in may}) as free:
            gone = await self._ask_and_free([each for each in may if each.hash in set(free)], stays)
            for each in may:
                if each.hash not in free:
                    stays.setdefault(each.asset, _kept(each, "promised"))
        sizes = {each.hash: each.size for each in gone}
        return Evicted(
            pictures=len({each.asset for each in gone}),
            blobs=len(sizes),
            bytes=sum(sizes.values()),
            kept=list(stays.values())[:TOLD],
            kept_count=len(stays),
        )

    async def _ask_and_free(self, wishes: Sequence[Original], stays: dict[bytes, Kept]) -> list[Original]:
        hashes = list(dict.fromkeys(each.hash for each in wishes))
        needed, holders = await self._workspace.database.read(
            lambda connection: (copies_needed(connection, self._workspace.id), holders_of(connection, hashes))
        )
        counts, silent = await self._ask(holders, needed)
        known = Counter(hash for device, has in holders.items() if self._is_trusted(device) for hash in has)
        enough = {hash for hash in hashes if len(counts.get(hash, ())) >= needed}
        gone = await self._free([each for each in wishes if each.hash in enough], counts)
        for each in wishes:
            found = len(counts.get(each.hash, ()))
            if each.hash in enough:
                if each.hash not in gone:
                    stays.setdefault(each.asset, _kept(each, "in_use"))
            elif not known[each.hash]:
                stays.setdefault(each.asset, _kept(each, "only_here"))
            elif not found and silent >= {device for device, has in holders.items() if each.hash in has}:
                stays.setdefault(each.asset, _kept(each, "not_answered", needed=needed))
            else:
                stays.setdefault(each.asset, _kept(each, "too_few", found=found, needed=needed))
        return [each for each in wishes if each.hash in gone]

    async def _ask(self, holders: dict[bytes, list[bytes]], needed: int) -> tuple[dict[bytes, set[bytes]], set[bytes]]:
        """Blob → the devices that keep it, no more than are needed; and the devices that did not answer."""
        found: dict[bytes, set[bytes]] = {}
        silent = set[bytes]()
        for device, has in sorted(holders.items(), key=lambda item: (-len(item[1]), item[0])):
            open = [hash for hash in has if len(found.get(hash, ())) < needed]
            if not open or not self._is_trusted(device):
                continue
            try:
                answers = await self.ask(device, open)
            except (OSError, TimeoutError, LibraryError, StoreError) as error:
                log.info("%s did not answer: %s", device.hex()[:8], error)
                silent.add(device)
                continue
            for hash, kept in zip(open, answers, strict=False):
                if kept is True:
                    found.setdefault(hash, set()).add(device)
        return found, silent

    def _is_trusted(self, device: bytes) -> bool:
        """Whether a device's word is enough to let a picture go: who may not change pictures may not have them lost."""
        return self._workspace.has_other(device) and allows(self._workspace.members.role_of(device), Kind.IMAGE)

    async def _free(self, wishes: Sequence[Original], counts: dict[bytes, set[bytes]]) -> set[bytes]:
        """First the rows, then the files: what is cut off between is a file that nobody counts on."""
        if not wishes:
            return set()
        workspace, now = self._workspace, self._workspace.surroundings.clock.now()
        rows = {each.hash: each for each in wishes}
        note = announce(workspace, rows)

        def work(connection: Connection) -> tuple[list[bytes], list[bytes]]:
            gone = [each for each in rows.values() if self._turn(connection, each)]
            for device in sorted({device for each in gone for device in counts[each.hash]}):
                verified(connection, device, [each.hash for each in gone if device in counts[each.hash]], now)
            hashes = [each.hash for each in gone]
            return hashes, refresh_states(connection, hashes)

        gone, changed = await to_the_end(workspace.write(work))
        try:
            await to_the_end(workspace.write(lambda connection: self._remove(connection, gone)))
            settled(workspace, note)
        except (LibraryError, StoreError, OSError) as error:
            log.warning("files of originals that were let go remain, the next start removes them: %s", error)
        tell(workspace, changed, workspace.device.hex(), 20)
        return set(gone)

    def _turn(self, connection: Connection, each: Original) -> bool:
        """Note that a blob is not here any more, unless that was said already or somebody counts on it."""
        row = connection.execute("SELECT here FROM blob WHERE hash=?", (each.hash,)).fetchone()
        if not row or not row[0] or each.hash in self._workspace.claims:
            return False
        put_lacking(connection, each.hash, each.size, each.media_type, LET_GO)
        return True

    def _remove(self, connection: Connection, hashes: Iterable[bytes]) -> None:
        """Remove the files. Whoever begins to count on one meanwhile finds it again: its name goes before its bytes."""
        workspace = self._workspace
        for hash in hashes:
            row = connection.execute("SELECT here FROM blob WHERE hash=?", (hash,)).fetchone()
            place = None if (row and row[0]) or hash in workspace.claims else workspace.blobs.set_aside(hash)
            if place is not None and hash in workspace.claims:
                workspace.blobs.adopt([(place, hash)])
            elif place is not None:
                workspace.surroundings.files.remove(place)


def _originals(connection: Connection, ids: Sequence[bytes]) -> list[Original]:
    """What lies here of these pictures, all versions; small pictures are none."""
    found: list[Original] = []
    for id in ids:
        rows = connection.execute(
            f"SELECT a.id, a.name, b.hash, b.size, b.media_type, b.here, EXISTS({PINNED_BLOB})"
            " FROM asset AS a JOIN version AS v ON v.row = a.row JOIN blob AS b ON b.hash = v.hash"
            " WHERE a.id=:id AND (b.here=1 OR EXISTS(SELECT 1 FROM reference WHERE hash=b.hash AND state='here'))"
            " ORDER BY b.hash",
            {"id": id},
        )
        found += [Original._make([*told, bool(here), bool(pinned)]) for *told, here, pinned in rows]
    return found


def _of_project(connection: Connection, project: bytes) -> list[bytes]:
    if connection.execute("SELECT 1 FROM project WHERE id=?", (project,)).fetchone() is None:
        raise NotFound(f"There is no project {project.hex()}.", code="no_project", id=project.hex())
    rows = connection.execute(
        "SELECT id FROM member AS m JOIN asset AS a ON a.row = m.row WHERE m.project=? ORDER BY a.created_at, a.row",
        (project,),
    )
    return [id for (id,) in rows]


def _before(connection: Connection, time: int) -> list[bytes]:
    """Pictures with an original in the library that are older, the oldest first."""
    rows = connection.execute(
        "SELECT id FROM asset AS a WHERE created_at < ? AND EXISTS(SELECT 1 FROM version AS v JOIN blob AS b"
        " ON b.hash = v.hash WHERE v.row = a.row AND b.here=1) ORDER BY created_at, row",
        (time,),
    )
    return [id for (id,) in rows]


def over_quota(connection: Connection) -> Trimmed:
    """What `trim` would let go now, if all other devices that are asked keep it."""
    quota = quota_of(connection)
    over = 0 if quota is None else bytes_of_originals(connection) - quota
    pictures, found = set[bytes](), dict[bytes, int]()
    for start in range(0, len(ids := _before(connection, 1 << 62) if over > 0 else []), GROUP):
        for each in _originals(connection, ids[start : start + GROUP]):
            if over > 0 and each.here and not each.pinned:
                over -= 0 if each.hash in found else each.size
                pictures.add(each.asset)
                found[each.hash] = each.size
    return Trimmed(len(pictures), len(found), sum(found.values()))


def _kept(each: Original, reason: str, **params: int) -> Kept:
    return Kept(asset=each.asset.hex(), name=each.name, reason=reason, params=dict(params))


def _sum(one: Evicted, other: Evicted) -> Evicted:
    return Evicted(
        pictures=one.pictures + other.pictures,
        blobs=one.blobs + other.blobs,
        bytes=one.bytes + other.bytes,
        kept=[*one.kept, *other.kept][:TOLD],
        kept_count=one.kept_count + other.kept_count,
    )
