"""Why two devices of a workspace differ: what each says of itself, put side by side. Pure, but for `describe`.

A description is small however large the library is; documents are only named of the shards that somebody asks for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from typing import Literal, NamedTuple

import msgspec

from library.replica.log import split_hashes
from library.replica.members import KNOWN
from library.replica.shelf import of_shard, read_shards
from library.replica.unapplied import State, unapplied
from library.workspace import Workspace
from store.database import Connection

# The most of each that a description holds: together less than half a megabyte.
CHAINS, OPERATIONS, WANTS, STATES, BLOBS, DOCUMENTS = 2000, 5000, 200, 500, 4000, 4000
SHARDS = 8  # that are worth asking for at once
NAMED = 5  # documents of a difference
ID = 16
LOCAL = frozenset(("waiting.segment", "waiting.operation", "waiting.broken", "waiting.members", "stopped"))
Side = Literal["here", "there"]
SIDES: tuple[Side, Side] = ("here", "there")


class Chain(msgspec.Struct, frozen=True, array_like=True):
    """What is held of one incarnation: its tips as (seq, first 8 bytes of the hash), and when the last was written."""

    incarnation: bytes
    device: bytes
    tips: list[tuple[int, bytes]]
    time: int

    @property
    def last(self) -> int:
        return max((seq for seq, _ in self.tips), default=0)


class Want(msgspec.Struct, frozen=True, array_like=True):
    """What segments of a device wait for: a segment by its place, or a membership operation by its hash."""

    device: bytes
    incarnation: bytes
    seq: int
    operation: bytes
    number: int
    since: int


class Idle(msgspec.Struct, frozen=True, array_like=True):
    """What is stored of a device and has no effect; `library/replica/unapplied.py` has the states."""

    state: State
    device: bytes
    reason: str
    number: int
    since: int | None


class Description(msgspec.Struct, frozen=True, array_like=True):
    """A device's state of a workspace as it tells it: small, whatever it holds. `more`: of chains, operations, wants or
    states there are more than it names. Blobs: those that pictures name and that are not here, by 8 bytes. `documents`
    of the shards `told`: by 8 bytes over their heads.
    """

    workspace: bytes
    device: bytes
    chains: list[Chain]
    operations: list[bytes]
    shards: list[bytes]
    wants: list[Want]
    idle: list[Idle]
    lacking: list[bytes]
    lacking_total: int
    lacking_since: int | None
    told: list[int] = []
    documents: dict[bytes, bytes] = {}
    more: bool = False


class Heard(NamedTuple):
    """What a peer said of itself, and when (ms); `description` is None of one that said nothing yet."""

    device: bytes
    when: int
    description: Description | None


class Difference(NamedTuple):
    """One reason, and on which side. `device` and `whom`: public keys of whose work it is, and whose is waited for."""

    code: str
    side: Side | None = None
    device: bytes = b""
    whom: bytes = b""
    number: int = 0
    since: int | None = None
    has: bool | None = None  # whether the other side has what is wanted
    detail: str = ""


async def describe(workspace: Workspace, shards: Collection[int] = ()) -> Description:
    """This device's state; `shards`: of which documents are named."""
    return await workspace.database.read(lambda connection: described(connection, workspace, shards))


def described(connection: Connection, workspace: Workspace, shards: Collection[int] = ()) -> Description:
    chains, operations = _chains(connection), _operations(connection)
    wants, idle = _wants(connection), _idle(connection)
    lacking = [hash for (hash,) in connection.execute(f"{LACKING} ORDER BY 1")]
    (since,) = connection.execute(f"SELECT min(created_at) FROM asset WHERE sha256 IN ({LACKING})").fetchone()
    told = sorted(set(shards) & set(range(256)))[:SHARDS]
    whole = (chains, CHAINS), (operations, OPERATIONS), (wants, WANTS), (idle, STATES)
    return Description(
        workspace=workspace.id,
        device=workspace.device,
        chains=chains[:CHAINS],
        operations=operations[:OPERATIONS],
        shards=read_shards(connection),
        wants=wants[:WANTS],
        idle=idle[:STATES],
        lacking=[hash[:8] for hash in lacking[:BLOBS]],
        lacking_total=len(lacking),
        lacking_since=since,
        told=told,
        documents=_documents(connection, told),
        more=any(len(some) > most for some, most in whole),
    )


# Blobs that shown pictures name: their versions, and what they look like in a list.
LACKING = (
    "SELECT hash FROM (SELECT hash FROM version UNION SELECT thumbnail FROM asset WHERE thumbnail IS NOT NULL) AS n"
    " WHERE NOT EXISTS (SELECT 1 FROM blob AS b WHERE b.hash = n.hash AND b.here = 1)"
    " AND NOT EXISTS (SELECT 1 FROM reference AS r WHERE r.hash = n.hash AND r.state = 'here')"
)
TIPS = (
    "SELECT incarnation, device, seq, hash, time FROM segment AS s WHERE state=1"
    " AND NOT EXISTS (SELECT 1 FROM segment AS n WHERE n.incarnation=s.incarnation AND n.seq=s.seq+1 AND n.prev=s.hash"
    " AND n.state=1) ORDER BY incarnation, seq, hash"
)


def _chains(connection: Connection) -> list[Chain]:
    found: dict[bytes, Chain] = {}
    for incarnation, device, seq, hash, time in connection.execute(TIPS):
        tips = found[incarnation].tips if incarnation in found else []
        found[incarnation] = Chain(incarnation, device, [*tips, (seq, hash[:8])], time)
    return list(found.values())


def _operations(connection: Connection) -> list[bytes]:
    rows = connection.execute("SELECT hash FROM operation WHERE state=? ORDER BY hash", (KNOWN,))
    return [hash[:8] for (hash,) in rows]


def _wants(connection: Connection) -> list[Want]:
    """What waiting segments lack, unless that is here and waits itself."""
    found: dict[tuple[bytes, bytes, int, bytes], tuple[int, int]] = {}
    for device, incarnation, seq, time, kind, want in connection.execute(
        "SELECT s.device, s.incarnation, s.seq, s.time, l.kind, l.want FROM lack AS l JOIN segment AS s"
        " ON s.hash = l.segment WHERE l.kind <> 'broken'"
        " AND NOT EXISTS (SELECT 1 FROM segment AS p WHERE l.kind = 'prev' AND p.hash = l.want)"
    ):
        if kind == "operation":
            key = device, b"", 0, want[:8]
        elif kind == "dep":
            key = device, want[:16], int.from_bytes(want[16:24], "big"), b""
        else:
            key = device, incarnation, seq - 1, b""
        count, since = found.get(key, (0, time))
        found[key] = count + 1, min(since, time)
    return [Want(*key, count, since) for key, (count, since) in sorted(found.items())]


def _idle(connection: Connection) -> list[Idle]:
    return [Idle(each.state, each.device, each.reason, each.number, each.since) for each in unapplied(connection)]


def _documents(connection: Connection, shards: Sequence[int]) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for shard in shards:
        for id, heads in of_shard(connection, shard):
            if len(found) < DOCUMENTS:
                found[id] = hashlib.sha256(b"".join(sorted(split_hashes(heads)))).digest()[:8]
    return found


# Side by side


def worth_asking(ours: Description, theirs: Description) -> list[int]:
    """Shards that differ, as many as one asks for at once: with their documents, `differing` says which those are."""
    pairs = zip(ours.shards, theirs.shards, strict=False)
    return [number for number, (mine, other) in enumerate(pairs) if mine != other][:SHARDS]


def differing(ours: Description, theirs: Description) -> list[Difference]:
    """Every reason why two devices differ, the ones that explain others first; nothing where they do not."""
    if ours.workspace != theirs.workspace:
        return [Difference("workspace")]
    found = [*_of_segments(ours, theirs)]
    for side, mine, other in zip(SIDES, (ours, theirs), (theirs, ours), strict=True):
        found += _of_members(side, mine, other)
        found += _of_wants(side, mine, other)
        found += _of_idle(side, mine, other)
    found += _of_documents(ours, theirs, explained=bool(found))
    for side, mine, other in zip(SIDES, (ours, theirs), (theirs, ours), strict=True):
        found += _of_blobs(side, mine, other)
    return found


def _of_segments(ours: Description, theirs: Description) -> Iterator[Difference]:
    """Of each log the end that one side lacks; of one that was forked, where the two no longer say the same."""
    here = {chain.incarnation: chain for chain in ours.chains}
    there = {chain.incarnation: chain for chain in theirs.chains}
    for incarnation in sorted({*here, *there}):
        mine, other = here.get(incarnation), there.get(incarnation)
        one = mine or other
        assert one is not None
        last, others = mine.last if mine else 0, other.last if other else 0
        if last < others and other is not None:
            yield _missing("here", other, last, others)
        elif others < last and mine is not None:
            yield _missing("there", mine, others, last)
        if mine and other and (_forked(mine, other) or (last == others and mine.tips != other.tips)):
            yield Difference("fork", device=one.device, detail=str(min(last, others)))


def _missing(side: Side, chain: Chain, have: int, last: int) -> Difference:
    detail = f"{have + 1}–{last}" if have + 1 < last else str(last)
    return Difference("segments", side, chain.device, number=last - have, since=chain.time, detail=detail)


def _forked(mine: Chain, other: Chain) -> bool:
    return max(len(mine.tips), len(other.tips)) > 1 and mine.tips != other.tips


def _of_members(side: Side, mine: Description, other: Description) -> Iterator[Difference]:
    lacking = set(other.operations) - set(mine.operations)
    if lacking and not mine.more:
        yield Difference("members", side, number=len(lacking))


def _of_wants(side: Side, mine: Description, other: Description) -> Iterator[Difference]:
    """What segments wait for, and whether the other side has it: if so, it has only to come."""
    held = {chain.incarnation: chain for chain in other.chains}
    known = set(other.operations)
    devices = {chain.incarnation: chain.device for each in (mine, other) for chain in each.chains}
    for want in mine.wants:
        if want.operation:
            has = want.operation in known
            yield Difference("waits.operation", side, want.device, number=want.number, since=want.since, has=has)
            continue
        chain = held.get(want.incarnation)
        has = chain is not None and chain.last >= want.seq
        whom = devices.get(want.incarnation, b"")
        told = Difference("waits.segment", side, want.device, whom, want.number, want.since, has, str(want.seq))
        stopped = any(each.state == "stopped" and each.device == whom for each in mine.idle)
        yield Difference("waits.stopped", *told[1:]) if stopped else told


def _of_idle(side: Side, mine: Description, other: Description) -> Iterator[Difference]:
    """What has no effect on one side. What is so on both is no difference, unless each for itself keeps it out."""
    theirs = {(each.state, each.device, each.reason): each.number for each in other.idle}
    for each in mine.idle:
        same = theirs.get((each.state, each.device, each.reason), 0)
        if each.state in ("waiting.segment", "waiting.operation"):
            continue  # told by what they wait for
        if each.state in LOCAL or each.number > same:
            yield Difference(each.state, side, each.device, number=each.number, since=each.since, detail=each.reason)


def _of_documents(ours: Description, theirs: Description, *, explained: bool) -> Iterator[Difference]:
    """Documents that differ: mostly because of what was told before. Where nothing was, one side is damaged."""
    shards = [n for n, (mine, other) in enumerate(zip(ours.shards, theirs.shards, strict=False)) if mine != other]
    if not shards:
        return
    both = set(ours.told) & set(theirs.told)
    ids = [id for id in sorted({*ours.documents, *theirs.documents}) if len(id) == ID and id[1] in both]
    differ = [id for id in ids if ours.documents.get(id) != theirs.documents.get(id)]
    named = ", ".join(id.hex() for id in differ[:NAMED])
    code = "documents" if explained else "documents.damaged"
    yield Difference(code, number=len(differ) or len(shards), detail=named, has=bool(differ))


def _of_blobs(side: Side, mine: Description, other: Description) -> Iterator[Difference]:
    """Pictures' bytes that one side lacks, apart by whether the other has them."""
    if not mine.lacking_total:
        return
    whole = other.lacking_total == len(other.lacking)
    gone = set(other.lacking)
    coming = [hash for hash in mine.lacking if hash not in gone]
    nowhere = len(mine.lacking) - len(coming)
    if coming:
        beyond = mine.lacking_total - len(mine.lacking)
        has = True if whole else None
        yield Difference("blobs", side, number=len(coming) + beyond, since=mine.lacking_since, has=has)
    if nowhere and side == "here":  # once: it is so on both
        yield Difference("blobs.nowhere", side, number=nowhere, since=mine.lacking_since, has=False)
