"""What is on this device: the rows of blobs that came, and the journal by which others hear of it.

The journal is written by triggers (library/schema.py): whatever makes a blob's row, it is told. Runs inside a database
transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from library.copies.holders import Presence
from library.copies.named import DOUBTED, THUMBNAIL
from library.rows import sum_of
from library.views.images import refresh_states
from library.workspace import Workspace
from store.database import Connection

AT_ONCE = 500
LATEST = "DELETE FROM presence WHERE stamp NOT IN (SELECT max(stamp) FROM presence GROUP BY hash)"
SLACK = 20_000  # rows that are told again by later ones, from which on they are dropped


class Arrived(NamedTuple):
    """The pictures whose state that changed, and whether small pictures came, which any of them may show."""

    changed: list[bytes]
    small: bool


def named(connection: Connection, hashes: Sequence[bytes]) -> set[bytes]:
    """Those of these blobs that the log names, and not only by who may not write pictures."""
    found: set[bytes] = set()
    for start in range(0, len(hashes), AT_ONCE):
        some = hashes[start : start + AT_ONCE]
        rows = connection.execute(
            f"SELECT hash FROM blob WHERE hash IN ({', '.join('?' * len(some))})"
            f" AND NOT EXISTS(SELECT 1 FROM lacking WHERE hash = blob.hash AND rank = {DOUBTED})",
            some,
        )
        found.update(hash for (hash,) in rows)
    return found


def arrived(connection: Connection, sizes: Mapping[bytes, int]) -> Arrived:
    """Note that blobs are here now, with as many bytes as they have."""
    hashes = sorted(sizes)
    small = False
    for start in range(0, len(hashes), AT_ONCE):
        some = hashes[start : start + AT_ONCE]
        found = connection.execute(
            "SELECT b.hash, b.media_type, l.rank FROM blob AS b LEFT JOIN lacking AS l ON l.hash = b.hash"
            f" WHERE b.here=0 AND b.hash IN ({', '.join('?' * len(some))})",
            some,
        ).fetchall()
        small = small or any(rank == THUMBNAIL for *_, rank in found)
        connection.executemany(
            "UPDATE blob SET size=?, here=1, sum=? WHERE hash=?",
            [(sizes[hash], sum_of(hash, sizes[hash], kind, 1), hash) for hash, kind, _ in found],
        )
    return Arrived(refresh_states(connection, hashes), small)


def since(connection: Connection, stamp: int, most: int) -> Presence | None:
    """What came and went after a stamp; None when it is of a later journal than this one."""
    (last,) = connection.execute("SELECT coalesce(max(stamp), 0) FROM presence").fetchone()
    if stamp > last:
        return None
    rows = connection.execute(
        "SELECT stamp, hash, here FROM presence WHERE stamp>? ORDER BY stamp LIMIT ?", (stamp, most)
    ).fetchall()
    latest = {hash: here for _, hash, here in rows}
    reached = rows[-1][0] if rows else last
    have, lost = ([hash for hash, here in latest.items() if bool(here) is is_here] for is_here in (True, False))
    return Presence(reached, have, lost, reached < last)


def name_of(connection: Connection, incarnation: bytes) -> bytes:
    """What names this journal: another one where the device began anew."""
    (salt,) = connection.execute("SELECT salt FROM journal").fetchone()
    return hashlib.sha256(b"gesso journal 1\0" + incarnation + salt).digest()[:16]


def begin_again(connection: Connection, salt: bytes) -> None:
    """The rows were turned back: others know more than they tell, and shall listen anew."""
    connection.execute("UPDATE journal SET salt=?", (salt,))


async def tidy(workspace: Workspace) -> int:
    """At the start: drop what later rows tell again, once that is much; how many rows went."""
    if not await workspace.database.read(_is_long) or workspace.condition.suspect is not None:
        return 0
    return await workspace.write(lambda connection: connection.execute(LATEST).rowcount)


def _is_long(connection: Connection) -> bool:
    (rows,) = connection.execute("SELECT count(*) FROM presence").fetchone()
    (blobs,) = connection.execute("SELECT count(*) FROM blob").fetchone()
    return bool(rows > blobs + SLACK)
