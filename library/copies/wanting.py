"""What this device wants of the blobs that it lacks: what belongs to pictures always, originals as its policy says.

A policy holds for a project, or for all pictures that are in none with one of its own. Of several the most generous
counts. Runs inside a database transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal, NamedTuple

from library.copies.named import DOUBTED, FACTS, ORIGINAL
from store.database import Connection

WHOLE = 64 << 10  # bytes that are sent at once, whatever they are
WHOLE_BESIDE = 1 << 20  # the same for what belongs to pictures
ALL = b""  # stands for every project that has no policy of its own

Originals = Literal["all", "asked", "none"]


class Wanted(NamedTuple):
    """A blob to be fetched; `small`: whole, in one piece."""

    hash: bytes
    size: int
    small: bool


# Whether somebody wants the originals of the picture `a` here, whatever the policy says.
PINNED = """(
  EXISTS(SELECT 1 FROM pin WHERE subject = a.id)
  OR EXISTS(SELECT 1 FROM member AS m JOIN pin AS n ON n.subject = m.project WHERE m.row = a.row)
  OR EXISTS(SELECT 1 FROM placed AS p JOIN pin AS n ON n.subject = p.album WHERE p.row = a.row))"""
KEEPS = "({0}.kind = 'everything' OR ({0}.kind = 'recent' AND a.created_at >= :now - {0}.days * 86400000))"
# Whether the originals of the picture `a` are to be here.
WANTS = f"""({PINNED}
  OR EXISTS(SELECT 1 FROM member AS m JOIN policy AS y ON y.project = m.project
    WHERE m.row = a.row AND {KEEPS.format("y")})
  OR ((NOT EXISTS(SELECT 1 FROM policy WHERE project = x'') OR EXISTS(SELECT 1 FROM policy AS y WHERE y.project = x''
      AND {KEEPS.format("y")}))
    AND (NOT EXISTS(SELECT 1 FROM member WHERE row = a.row) OR EXISTS(SELECT 1 FROM member AS m WHERE m.row = a.row
      AND NOT EXISTS(SELECT 1 FROM policy WHERE project = m.project)))))"""
OF_PICTURE = (
    "EXISTS(SELECT 1 FROM version AS v JOIN asset AS a ON a.row = v.row"
    " WHERE v.hash = l.hash AND a.binned_at IS NULL AND {})"
)
BESIDE = f"rank <= {FACTS}"
OF_POLICY = f"rank = {ORIGINAL} AND {OF_PICTURE.format(WANTS)}"
# The same where few are wanted of many that are lacking: looked for among the pictures that it can be.
PINNED_ROWS = (
    "SELECT a.row FROM pin AS n JOIN asset AS a ON a.id = n.subject"
    " UNION SELECT m.row FROM pin AS n JOIN member AS m ON m.project = n.subject"
    " UNION SELECT p.row FROM pin AS n JOIN placed AS p ON p.album = n.subject"
)
RECENT_ROWS = "SELECT row FROM asset WHERE (binned_at IS NULL) = 1 AND created_at >= :now - {} * 86400000"
PROJECT_ROWS = (
    "SELECT m.row FROM policy AS y JOIN member AS m ON m.project = y.project WHERE y.project <> x''"
    " AND y.kind <> 'thumbnails'"
)
AMONG = (  # a plus keeps the index of ranks, which would look at all that are lacking, from being used
    f"+rank = {ORIGINAL} AND hash IN (SELECT v.hash FROM asset AS a JOIN version AS v ON v.row = a.row"
    " WHERE a.row IN ({}) AND a.binned_at IS NULL AND {})"
)
OF_PINNED = AMONG.format(PINNED_ROWS, "1")
AT = "EXISTS(SELECT 1 FROM copy WHERE hash = substr(l.hash, 1, 8) AND holder = :holder)"


def quota_of(connection: Connection) -> int | None:
    """The most bytes that originals are to take here."""
    row = connection.execute("SELECT bytes FROM quota").fetchone()
    return None if row is None else int(row[0])


def bytes_of_originals(connection: Connection) -> int:
    """How many bytes originals take in this device's library."""
    (total,) = connection.execute(
        "SELECT coalesce(sum(b.size), 0) FROM (SELECT DISTINCT hash FROM version) AS v"
        " JOIN blob AS b ON b.hash = v.hash WHERE b.here=1"
    ).fetchone()
    return int(total)


def wanted(
    connection: Connection,
    most: int,
    now: int,
    asked: Sequence[bytes] = (),
    of: bytes | None = None,
    originals: Originals = "all",
) -> list[Wanted]:
    """The best `most` of what is wanted; with `of` only what that device has, as far as it said. `originals`: all that
    are wanted, only those that somebody waits for, or none.
    """
    at, told = "1", dict[str, Any]({"now": now, "most": most})
    if of is not None:
        row = connection.execute("SELECT number FROM holder WHERE device=?", (of,)).fetchone()
        if row is None:
            return []
        at, told["holder"] = AT, row[0]
    found: dict[bytes, Wanted] = {}
    for hash in asked:
        row = connection.execute(
            f"SELECT hash, size, rank FROM lacking AS l WHERE hash=:hash AND rank <> {DOUBTED} AND {at}",
            {**told, "hash": hash},
        ).fetchone()
        if row is not None and (originals != "none" or row[2] <= FACTS):
            found[hash] = as_wanted(*row)
    by_policy = ((OF_PINNED, "number DESC"), (_of_policy(connection), "number DESC")) if originals == "all" else ()
    for where, order in ((BESIDE, "rank, number DESC"), *by_policy):
        if len(found) >= most:
            break
        rows = connection.execute(
            f"SELECT hash, size, rank FROM lacking AS l WHERE {where} AND {at} ORDER BY {order} LIMIT :most", told
        ).fetchall()
        for row in rows if where in (BESIDE, OF_PINNED) else _within_quota(connection, rows):
            found.setdefault(row[0], as_wanted(*row))
    return list(found.values())[:most]


def _of_policy(connection: Connection) -> str:
    """The condition for what the policies want."""
    row = connection.execute("SELECT kind, days FROM policy WHERE project = x''").fetchone()
    kind, days = row or ("everything", 0)
    if kind == "everything":
        return OF_POLICY
    rows = PROJECT_ROWS if kind == "thumbnails" else f"{PROJECT_ROWS} UNION {RECENT_ROWS.format(int(days))}"
    return AMONG.format(rows, WANTS)


def _within_quota(connection: Connection, rows: Sequence[tuple[bytes, int, int]]) -> list[tuple[bytes, int, int]]:
    """The first of these for which there is room; smaller ones do not go before larger ones."""
    quota = quota_of(connection)
    if quota is None or not rows:
        return list(rows)
    left, found = quota - bytes_of_originals(connection), []
    for row in rows:
        left -= row[1]
        if left < 0:
            break
        found.append(row)
    return found


class Tally(NamedTuple):
    """How many originals are here of those wanted, the bytes of the others, and how many small blobs are lacking."""

    originals: int
    of: int
    bytes: int
    small: int


def incoming(connection: Connection, now: int) -> Tally:
    """How far what is wanted has come."""
    (here,) = connection.execute(
        "SELECT count(*) FROM (SELECT DISTINCT hash FROM version) AS v JOIN blob AS b ON b.hash = v.hash WHERE b.here=1"
    ).fetchone()
    (small,) = connection.execute(f"SELECT count(*) FROM lacking WHERE {BESIDE}").fetchone()
    count, size = connection.execute(
        "SELECT count(*), coalesce(sum(size), 0) FROM (SELECT hash, size FROM lacking AS l"
        f" WHERE {_of_policy(connection)} UNION SELECT hash, size FROM lacking AS l WHERE {OF_PINNED})",
        {"now": now},
    ).fetchone()
    return Tally(here, here + count, size, small)


def as_wanted(hash: bytes, size: int, rank: int) -> Wanted:
    return Wanted(hash, size, size <= (WHOLE if rank > FACTS else WHOLE_BESIDE))


def still_wanted(connection: Connection, hashes: Collection[bytes], now: int) -> set[bytes]:
    """Those of these blobs that are lacking and wanted."""
    query = f"SELECT 1 FROM lacking AS l WHERE hash=:hash AND ({BESIDE} OR {OF_POLICY})"
    return {each for each in hashes if connection.execute(query, {"hash": each, "now": now}).fetchone()}
