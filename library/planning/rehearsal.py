"""A dry run of receiving: what others would give is taken as if it came, looked at, and rolled back.

It is done by what receives, so it comes to what receiving comes to. Much of it is taken on a copy of the database, for
the writing must not stand still as long. What is kept in memory beside the rows is copied for it, for others read that
meanwhile; nothing remains, and nobody hears of it.
"""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from documents.kinds import Kind
from library.copies import holders, wanting
from library.copies.evicting import Trimmed, over_quota
from library.pipeline import grouped
from library.planning.offers import Offered
from library.replica.breaker import Tripped
from library.replica.log import HELD, QUARANTINED, Log, read_position
from library.replica.members import Members, Verify
from library.replica.offering import last_row
from library.replica.preparing import Prepared
from library.replica.receiving import Arrival, look_through, take_within
from library.replica.shelf import Shelf
from library.workspace import Workspace, translated
from store.database import Connection
from store.errors import StoreError

GROUP, GROUP_BYTES = 500, 512 * 1024  # segments taken at once, and their bytes: as an exchange sends them
FEW = 100  # changes and segments, up to which an edit waits less for them than it takes to copy the database
AT_ONCE = 500  # documents or segments asked for in one statement
MOST_BLOBS = 200_000  # that are foreseen of one device
What = Literal["added", "changed", "binned", "restored", "gone", "other"]
Fate = Literal["held", "waiting", "stopped", "missing"]


class Gift(NamedTuple):
    """What one device would give."""

    device: bytes
    offered: Offered


class Foreseen(NamedTuple):
    """A document that would change: what becomes of it (`other`: it is no picture), the heads that it would have, and
    those that it has.
    """

    id: bytes
    what: What
    name: str
    heads: bytes
    before: bytes


class Blob(NamedTuple):
    """A blob that would come, and what it is to its picture (ranks of `library/copies/named.py`)."""

    hash: bytes
    size: int
    rank: int
    device: bytes


class Rehearsed(NamedTuple):
    """What would be. `fates`: of every segment that was offered, by hash; `quarantined`: those held of which a change
    would not count; `stopped`: devices whose segments would be put aside; `refused`: bytes that are no segment. Rows of
    segments after `upto` are newer than this.
    """

    documents: list[Foreseen]
    fates: dict[bytes, Fate]
    quarantined: frozenset[bytes]
    stopped: dict[bytes, int]
    refused: int
    blobs: list[Blob]
    evictions: Trimmed
    upto: int


class Row(NamedTuple):
    """A document as it stands: its heads, and of a picture its name and whether it is in the bin."""

    heads: bytes
    name: str | None
    binned: bool


async def rehearse(
    workspace: Workspace, gifts: Sequence[Gift], verify: Verify, asked: Sequence[bytes] = ()
) -> Rehearsed:
    """What receiving these gifts would do, one after the other. `asked`: blobs that somebody waits for."""
    looked = [await look_through(workspace, gift.offered.segments, verify) for gift in gifts]
    authentic = [[each for each in some if not isinstance(each, str)] for some in looked]
    refused = sum(isinstance(each, str) for some in looked for each in some)

    def work(connection: Connection, stands: Workspace) -> Rehearsed:
        upto = last_row(connection)
        connection.execute("SAVEPOINT before")
        changed = _take(connection, stands, gifts, authentic, verify)
        after = rows_of(connection, changed)
        offered = {each.segment.hash: each.segment.device for some in authentic for each in some}
        fates = fates_of(connection, offered)
        held = [hash for hash, fate in fates.items() if fate == "held"]
        result = Rehearsed(
            [],
            fates,
            frozenset(quarantined_of(connection, held)),
            Counter(offered[hash] for hash, fate in fates.items() if fate == "stopped"),
            refused,
            _blobs(connection, workspace, gifts, asked),
            over_quota(connection),
            upto,
        )
        connection.execute("ROLLBACK TO before")
        return result._replace(documents=list(_compare(rows_of(connection, changed), after)))

    database = workspace.database
    try:
        if sum(len(each.changes) + 1 for some in authentic for each in some) <= FEW:
            return await database.rehearse(lambda connection: work(connection, shadow_of(workspace)))
        return await database.rehearse_apart(lambda connection: work(connection, loaded_of(workspace, connection)))
    except StoreError as error:
        raise translated(error) from error


def _take(
    connection: Connection,
    stands: Workspace,
    gifts: Sequence[Gift],
    authentic: Sequence[Sequence[Prepared]],
    verify: Verify,
) -> list[bytes]:
    """Take everything, as it would come; the documents that this touched."""
    touched: set[bytes] = set()
    for (_, offered), prepared in zip(gifts, authentic, strict=True):
        stands.breaker.hear(connection, offered.tips)
        operations = offered.operations
        groups = list(grouped([len(each.segment.raw) for each in prepared], GROUP, GROUP_BYTES))
        for group in groups or [range(0)]:
            some = prepared[group.start : group.stop]
            arrival = Arrival({each.segment.hash: each for each in some}, operations)
            stands, changed = _take_group(connection, stands, arrival, verify)
            touched.update(changed)
            operations = []
    for device, offered in gifts:
        if stands.has_other(device):
            holders.learn(connection, device, offered.journal, offered.presence)
    return sorted(touched)


def _take_group(
    connection: Connection, stands: Workspace, arrival: Arrival, verify: Verify
) -> tuple[Workspace, list[bytes]]:
    """One transaction of receiving within this one: where a device goes too far, once more from its beginning."""
    trips: list[Tripped] = []
    while True:
        tried = shadow_of(stands)
        connection.execute("SAVEPOINT arrival")
        try:
            received = take_within(connection, tried, arrival, verify, trips)
        except Tripped as trip:
            connection.execute("ROLLBACK TO arrival")
            connection.execute("RELEASE arrival")
            trips.append(trip)
            continue
        connection.execute("RELEASE arrival")
        return tried, received.changed


def shadow_of(workspace: Workspace) -> Workspace:
    """The workspace with a log, members and loaded documents of its own, to be gone on with in a transaction that is
    rolled back. Chance decides nothing that is looked at: none is used up.
    """
    return _apart(workspace, workspace.log.copy(), workspace.members.copy())


def loaded_of(workspace: Workspace, connection: Connection) -> Workspace:
    """The same as the rows of a copy tell it: nothing is asked of what other work goes on with meanwhile."""
    position = read_position(connection, workspace.log.position.run)
    members = Members(workspace.id)
    members.load(connection)
    return _apart(workspace, Log(workspace.log.author, position), members)


def _apart(workspace: Workspace, log: Log, members: Members) -> Workspace:
    other = copy.copy(workspace)
    other.log, other.members, other.shelf = log, members, Shelf()
    other.surroundings = replace(workspace.surroundings, random=random.Random(0))
    return other


def _compare(before: Mapping[bytes, Row], after: Mapping[bytes, Row]) -> Iterator[Foreseen]:
    for id in sorted(before.keys() | after.keys()):
        was, will = before.get(id), after.get(id)
        if was is None or will is None or was.heads != will.heads:
            known = will if will is not None and will.name is not None else was
            name = "" if known is None or known.name is None else known.name
            heads, former = (b"" if row is None else row.heads for row in (will, was))
            yield Foreseen(id, _what(id, was, will), name, heads, former)


def _what(id: bytes, was: Row | None, will: Row | None) -> What:
    is_there, stays = was is not None and was.name is not None, will is not None and will.name is not None
    if id[0] != Kind.IMAGE or not (is_there or stays):
        return "other"
    if not is_there:
        return "added"
    if not stays:
        return "gone"
    assert was is not None and will is not None
    if was.binned != will.binned:
        return "binned" if will.binned else "restored"
    return "changed"


def rows_of(connection: Connection, documents: Sequence[bytes]) -> dict[bytes, Row]:
    """Those of these documents that are here."""
    found: dict[bytes, Row] = {}
    for some in _pieces(documents):
        rows = connection.execute(
            "SELECT d.id, d.heads, a.name, a.binned_at IS NOT NULL FROM document AS d LEFT JOIN asset AS a"
            f" ON a.id = d.id WHERE d.id IN ({', '.join('?' * len(some))})",
            some,
        )
        found.update((id, Row(heads, name, name is not None and bool(binned))) for id, heads, name, binned in rows)
    return found


def fates_of(connection: Connection, hashes: Collection[bytes]) -> dict[bytes, Fate]:
    """What became of segments."""
    found: dict[bytes, Fate] = dict.fromkeys(hashes, "missing")
    for some in _pieces(list(hashes)):
        marks = ", ".join("?" * len(some))
        for hash, state in connection.execute(f"SELECT hash, state FROM segment WHERE hash IN ({marks})", some):
            found[hash] = "held" if state == HELD else "waiting"
        for (hash,) in connection.execute(f"SELECT hash FROM aside WHERE hash IN ({marks})", some):
            found[hash] = "stopped"
    return found


def quarantined_of(connection: Connection, hashes: Sequence[bytes]) -> Iterator[bytes]:
    """Those of these segments that have a change in quarantine."""
    for some in _pieces(hashes):
        rows = connection.execute(
            "SELECT DISTINCT s.hash FROM segment AS s JOIN change AS c ON c.segment = s.id WHERE c.state = ?"
            f" AND s.hash IN ({', '.join('?' * len(some))})",
            (QUARANTINED, *some),
        )
        yield from (hash for (hash,) in rows)


def _blobs(connection: Connection, workspace: Workspace, gifts: Sequence[Gift], asked: Sequence[bytes]) -> list[Blob]:
    """What would be fetched from those who give, as far as they say that they have it."""
    now = workspace.surroundings.clock.now()
    found: dict[bytes, Blob] = {}
    for device, _ in gifts:
        for each in wanting.wanted(connection, MOST_BLOBS, now, asked, device):
            if each.hash not in found:
                (rank,) = connection.execute("SELECT rank FROM lacking WHERE hash=?", (each.hash,)).fetchone()
                found[each.hash] = Blob(each.hash, each.size, rank, device)
    return list(found.values())


def _pieces(items: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]
