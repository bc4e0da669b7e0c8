"""The plans of one workspace: made of what others would give, kept a while, and compared with what came."""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple

from library.copies import wanting
from library.copies.copies import Copies
from library.copies.holders import copies_of
from library.copies.named import ORIGINAL
from library.errors import NotFound
from library.planning.models import (
    Asked,
    HeldBack,
    PlannedBytes,
    PlannedDevice,
    PlannedPicture,
    PlannedStop,
    Receipt,
    SyncPlan,
    Unplanned,
    Why,
)
from library.planning.offers import Offered, Owed, owed
from library.planning.rehearsal import Blob, Fate, Gift, Rehearsed, fates_of, rehearse, rows_of
from library.replica.members import Verify
from library.workspace import Workspace
from store.database import Connection

KEPT = 8  # plans, each with what it foresees of every document
FAR = 1 << 62  # after every time
LISTED = 200  # pictures that a plan names, and differences that a receipt does
NAMED = "SELECT 1 FROM blob WHERE hash=?"
HERE = (
    "SELECT 1 WHERE EXISTS(SELECT 1 FROM blob WHERE hash=:hash AND here=1)"
    " OR EXISTS(SELECT 1 FROM reference WHERE hash=:hash AND state='here')"
)


class Reply(NamedTuple):
    """What a device said when it was asked; `offered` where it was."""

    device: bytes
    state: Asked
    offered: Offered | None = None


class Hold(NamedTuple):
    """Why a device gives no originals, and until when (ms) where that is known; `here`: for this device's own network
    costs by the byte, and only what somebody waits for comes.
    """

    why: str
    here: bool
    until: int | None


class Scene(NamedTuple):
    """What keeps an exchange from going on now: which devices are connected, whether others may be in a moment, whether
    it is paused or offline, and which of the connected give no originals.
    """

    connected: frozenset[bytes]
    trying: bool
    paused: bool
    offline: bool
    held: Mapping[bytes, Hold] = MappingProxyType({})


class Kept(NamedTuple):
    """A plan with all that it foresees."""

    told: SyncPlan
    foreseen: Rehearsed
    asked: frozenset[bytes]


class Plans:
    """Those of this run: a plan is of a moment, and worth nothing after a restart."""

    def __init__(
        self, workspace: Workspace, copies: Copies, verify: Verify, device_name: Callable[[bytes], str]
    ) -> None:
        self._workspace = workspace
        self._copies = copies
        self._verify = verify
        self._device_name = device_name
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._made = 0

    async def make(self, replies: Sequence[Reply], scene: Scene) -> SyncPlan:
        """What an exchange with those who answered would do now."""
        gifts = [Gift(reply.device, reply.offered) for reply in replies if reply.offered is not None]
        foreseen = await rehearse(self._workspace, gifts, self._verify, self._copies.asked)
        devices = [await self._device(reply) for reply in replies]
        now = self._workspace.surroundings.clock.now()
        self._made += 1
        name = hashlib.sha256(f"{self._workspace.id.hex()} {now} {self._made}".encode()).hexdigest()[:16]
        told = self._tell(name, now, scene, devices, foreseen)
        self._kept[name] = Kept(told, foreseen, frozenset(gift.device for gift in gifts))
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return told

    async def _device(self, reply: Reply) -> PlannedDevice:
        offered, lacks = reply.offered, Owed(0, 0)
        if offered is not None:
            lacks = await owed(self._workspace, offered.heads, offered.tips)
        segments = [] if offered is None else offered.segments
        return PlannedDevice(
            device=reply.device.hex(),
            name=self._device_name(reply.device),
            state=reply.state,
            segments=len(segments),
            bytes=sum(map(len, segments)),
            lacks=lacks.segments,
            lacks_bytes=lacks.bytes,
            more=offered is not None and offered.more,
        )

    def _tell(self, id: str, now: int, scene: Scene, devices: list[PlannedDevice], found: Rehearsed) -> SyncPlan:
        counts = Counter(each.what for each in found.documents)
        fates = Counter(found.fates.values())
        pictures = [each for each in found.documents if each.what != "other"]
        beside, originals = (
            [each for each in found.blobs if (each.rank >= ORIGINAL) is is_one] for is_one in (False, True)
        )
        return SyncPlan(
            id=id,
            made_at=now,
            paused=scene.paused,
            offline=scene.offline,
            more=any(each.more for each in devices),
            devices=devices,
            added=counts["added"],
            changed=counts["changed"],
            binned=counts["binned"],
            restored=counts["restored"],
            gone=counts["gone"],
            others=counts["other"],
            pictures=[PlannedPicture(id=each.id.hex(), name=each.name, what=each.what) for each in pictures[:LISTED]],
            waiting=fates["waiting"],
            quarantined=len(found.quarantined),
            refused=found.refused,
            stopped=[
                PlannedStop(device=device.hex(), name=self._device_name(device), segments=count)
                for device, count in sorted(found.stopped.items())
            ],
            thumbnails=_sum(beside),
            originals=_sum(originals),
            evictions=PlannedBytes(count=found.evictions.blobs, bytes=found.evictions.bytes),
        )

    async def receipt(self, id: str, scene: Scene) -> Receipt:
        """How what is here now compares with a plan; NotFound for one that is not kept."""
        kept = self._kept.get(id)
        if kept is None:
            raise NotFound(f"There is no plan {id[:40]} of this run.", code="no_plan", id=id[:40])
        now = self._workspace.surroundings.clock.now()
        stands = await self._workspace.database.read(lambda connection: self._stands(connection, kept, now, scene))
        hindrance = self._hindrance(kept, scene)
        differences = [*_documents(kept.foreseen, stands, hindrance), *_blobs(kept.foreseen, stands, hindrance)]
        differences.sort(key=lambda each: each.why == "held")  # those are told together
        planned = len(kept.foreseen.documents) + len(kept.foreseen.blobs)
        return Receipt(
            plan=id,
            done=not any(each.why == "coming" for each in differences),
            planned=planned,
            as_planned=planned - len(differences),
            different=len(differences),
            differences=differences[:LISTED],
            held=list(self._held(kept.foreseen, stands, scene)),
            beyond=stands.beyond,
        )

    def _stands(self, connection: Connection, kept: Kept, now: int, scene: Scene) -> Stands:
        found = kept.foreseen
        hashes = [each.hash for each in found.blobs]
        lacked = {hash for hash in hashes if connection.execute(HERE, {"hash": hash}).fetchone() is None}
        named = {hash for hash in lacked if connection.execute(NAMED, (hash,)).fetchone() is not None}
        fates = fates_of(connection, found.fates)
        (beyond,) = connection.execute(
            "SELECT count(*) FROM segment WHERE id>? AND state=1 AND device<>?", (found.upto, self._workspace.device)
        ).fetchone()
        rows = rows_of(connection, [each.id for each in found.documents])
        unwanted = named - wanting.still_wanted(connection, named, now) - {*self._copies.asked}
        originals = [each.hash for each in found.blobs if each.rank >= ORIGINAL and each.hash in lacked - unwanted]
        return Stands(
            {id: row.heads for id, row in rows.items()},
            frozenset(fates[hash] for hash, fate in found.fates.items() if fate == "held"),
            unwanted,
            frozenset(lacked),
            {hash: by for hash in originals if (by := self._holding(connection, hash, scene)) is not None},
            beyond - sum(fate == "held" for fate in fates.values()),
        )

    def _holding(self, connection: Connection, hash: bytes, scene: Scene) -> bytes | None:
        """Of an original the device that holds it back, and gives it first; None where one that has it gives it."""
        givers = [device for device, _ in copies_of(connection, hash) if device in scene.connected]
        asked = hash in self._copies.asked
        if any(each not in scene.held or (asked and scene.held[each].here) for each in givers):
            return None
        return min(givers, key=lambda each: (scene.held[each].until or FAR, each), default=None)

    def _held(self, foreseen: Rehearsed, stands: Stands, scene: Scene) -> Iterator[HeldBack]:
        for device in sorted({*stands.held.values()}):
            sizes = [each.size for each in foreseen.blobs if stands.held.get(each.hash) == device]
            hold = scene.held[device]
            yield HeldBack(
                device=device.hex(),
                name=self._device_name(device),
                why=hold.why,
                here=hold.here,
                until=hold.until,
                count=len(sizes),
                bytes=sum(sizes),
            )

    def _hindrance(self, kept: Kept, scene: Scene) -> Why:
        """Why what has not come has not."""
        if scene.offline:
            return "offline"
        if scene.paused:
            return "paused"
        if self._workspace.room.short:
            return "disk_full"
        return "coming" if scene.trying or kept.asked & scene.connected else "gone"


class Stands(NamedTuple):
    """What is so now of what was foreseen: heads of documents, what became of segments that were to be held, blobs that
    are lacked, those of them that are not wanted, those that are held back and by whom, how many segments came besides.
    """

    heads: Mapping[bytes, bytes]
    fates: frozenset[Fate]
    unwanted: set[bytes]
    lacked: frozenset[bytes]
    held: Mapping[bytes, bytes]
    beyond: int


def _documents(foreseen: Rehearsed, stands: Stands, hindrance: Why) -> Iterator[Unplanned]:
    for each in foreseen.documents:
        heads = stands.heads.get(each.id, b"")
        if heads != each.heads:
            kind: Literal["picture", "document"] = "document" if each.what == "other" else "picture"
            why = _why(stands, hindrance) if heads == each.before else "changed"
            yield Unplanned(kind=kind, id=each.id.hex(), name=each.name, why=why)


def _why(stands: Stands, hindrance: Why) -> Why:
    """Why a document is what it was."""
    if "stopped" in stands.fates:
        return "stopped"
    if "missing" in stands.fates:
        return hindrance
    return "waiting" if "waiting" in stands.fates else "refused"


def _blobs(foreseen: Rehearsed, stands: Stands, hindrance: Why) -> Iterator[Unplanned]:
    for each in foreseen.blobs:
        if each.hash in stands.lacked:
            why = "unwanted" if each.hash in stands.unwanted else "held" if each.hash in stands.held else hindrance
            yield Unplanned(kind="blob", id=each.hash.hex(), name="", why=why)


def _sum(blobs: Sequence[Blob]) -> PlannedBytes:
    return PlannedBytes(count=len(blobs), bytes=sum(each.size for each in blobs))
