"""Blobs that segments of others name: rows for those that never came, and who said that it has them.

Runs inside a database transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from documents.kinds import Kind
from documents.segment import BlobEntry, Segment, decode
from identity.membership import Role, allows
from library.copies.holders import claimed
from library.replica.log import HELD, read_meta
from library.rows import BlobRow, put, sum_of
from library.schema import FORGOTTEN
from store.database import Connection

# Ranks: the order in which blobs are wanted. DOUBTED: named by who may not write pictures, and not wanted.
THUMBNAIL, FACTS, ORIGINAL, LET_GO, DOUBTED = range(5)
RANKS = {"thumbnail": THUMBNAIL, "facts": FACTS}
MOST_BESIDE = 64 << 20  # bytes of what belongs to a picture; anything larger is fetched as originals are
MOST_BYTES = 1 << 50
AT_ONCE = 500
RoleOf = Callable[[Segment], Role | None]  # with which a segment was written


def name_blobs(
    connection: Connection, segments: Iterable[Segment], role_of: RoleOf, may_have: Callable[[bytes], bool]
) -> int:
    """Take note of what these held segments name; how many blobs came to be lacking.

    The hash alone says what a blob is: size and type are hints, and those of who may not write pictures give way.
    What only such a one names is not fetched, or he could fill every disk.
    `may_have`: whether a device is another one of this workspace.
    """
    told: dict[bytes, tuple[bool, BlobEntry]] = {}
    claims: dict[bytes, set[bytes]] = {}
    for segment in segments:
        entries = [each for each in segment.entries if isinstance(each, BlobEntry) and 0 <= each.size < MOST_BYTES]
        if not entries:
            continue
        entitled = allows(role_of(segment), Kind.IMAGE)
        for entry in entries:
            if entry.sha256 not in told or entitled:
                told[entry.sha256] = entitled, entry
        if entitled and may_have(segment.device):
            claims.setdefault(segment.device, set()).update(each.sha256[:8] for each in entries if rank(each) > FACTS)
    fresh = _write(connection, told)
    for device, hashes in claims.items():
        claimed(connection, device, hashes)
    return fresh


def rank(entry: BlobEntry) -> int:
    """Among what is wanted."""
    return RANKS.get(entry.role, ORIGINAL) if entry.size <= MOST_BESIDE else ORIGINAL


def _write(connection: Connection, told: dict[bytes, tuple[bool, BlobEntry]]) -> int:
    known = _known(connection, list(told))
    fresh = [(entry, entitled) for entitled, entry in told.values() if entry.sha256 not in known]
    rows = [BlobRow(each.sha256, each.size, each.media_type, False) for each, _ in fresh]
    connection.executemany(
        "INSERT INTO blob(hash, size, media_type, here, sum) VALUES(?, ?, ?, 0, ?)",
        [(hash, size, kind, sum_of(hash, size, kind, 0)) for hash, size, kind, _ in rows],
    )
    connection.executemany(
        "INSERT INTO lacking(hash, size, rank) VALUES(?, ?, ?)",
        [(each.sha256, each.size, rank(each) if entitled else DOUBTED) for each, entitled in fresh],
    )
    for hash, (entitled, entry) in told.items():
        if entitled and hash in known:
            size, kind, ranked = known[hash]
            if ranked is not None and (ranked == DOUBTED or (size, kind) != (entry.size, entry.media_type)):
                _correct(connection, entry)
    return len(fresh)


def _known(connection: Connection, hashes: Sequence[bytes]) -> dict[bytes, tuple[int, str, int | None]]:
    """Size, type and, of what is lacking, rank of those that were named before."""
    found: dict[bytes, tuple[int, str, int | None]] = {}
    for start in range(0, len(hashes), AT_ONCE):
        some = hashes[start : start + AT_ONCE]
        rows = connection.execute(
            "SELECT b.hash, b.size, b.media_type, l.rank FROM blob AS b LEFT JOIN lacking AS l ON l.hash = b.hash"
            f" WHERE b.hash IN ({', '.join('?' * len(some))})",
            some,
        )
        found.update((hash, (size, kind, ranked)) for hash, size, kind, ranked in rows)
    return found


def _correct(connection: Connection, entry: BlobEntry) -> None:
    """Another size, type or rank than was believed of a blob that never came."""
    put(connection, "blob", entry.sha256, entry.size, entry.media_type, 0)
    connection.execute(
        "UPDATE lacking SET size=?, rank=CASE rank WHEN ? THEN rank ELSE ? END WHERE hash=?",
        (entry.size, LET_GO, rank(entry), entry.sha256),
    )


def put_lacking(connection: Connection, hash: bytes, size: int, media_type: str, rank: int) -> None:
    """Note that a blob that was here is not, and how it is wanted."""
    put(connection, "blob", hash, size, media_type, 0)
    connection.execute(
        "INSERT INTO lacking(hash, size, rank) VALUES(?, ?, ?) ON CONFLICT(hash) DO UPDATE SET rank=excluded.rank",
        (hash, size, rank),
    )


def trust_named(connection: Connection, segments: Iterable[int]) -> None:
    """What these held segments name is wanted whoever wrote it: an admin accepted it, or a right came to be known."""
    for row in segments:
        (raw,) = connection.execute("SELECT raw FROM segment WHERE id=?", (row,)).fetchone()
        name_blobs(connection, [decode(raw)], lambda segment: "editor", lambda device: False)


def fill_copies(connection: Connection) -> None:
    """Make the rows of a library whose blobs came before anybody noted that, and of what others' segments name."""
    connection.execute("INSERT INTO presence(hash, here) SELECT substr(hash, 1, 8), 1 FROM blob WHERE here=1")
    connection.execute(
        "INSERT INTO presence(hash, here) SELECT DISTINCT substr(hash, 1, 8), 1 FROM reference WHERE state='here'"
        " AND hash NOT IN (SELECT hash FROM blob WHERE here=1)"
    )
    own = read_meta(connection, "incarnation")
    rows = connection.execute("SELECT raw FROM segment WHERE state=? AND incarnation<>? ORDER BY id", (HELD, own))
    for (raw,) in rows.fetchall():
        segment = decode(raw)
        name_blobs(connection, [segment], lambda segment: "editor", lambda device: False)  # they tell it themselves
    connection.execute(FORGOTTEN)
