"""The rows as of a moment: a copy of the present ones in a database of their own, with what differs made anew.

Only documents that were changed later differ, and only segments that came after the first later one can build on it:
for a moment not long ago there is little to read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from documents.engine import Document
from documents.kinds import Kind
from documents.segment import Tip, decode
from library.care.comparing import SHADOWS, WORDS
from library.replica.log import APPLIED, HELD
from library.replica.shelf import PROJECTIONS
from library.schema import COPIES, TRUTH, VIEWS
from store.database import Connection, beside

OF_ROW = ("version", "tag", "member", "placed", "made", "different", "signs")  # tables of what an asset's number has
OF_BLOBS = ("blob", "reference", "holder", "copy")
TABLES = ("asset", "combo", "signset", *OF_ROW, "project", "search", "album", "prompt", "document", *OF_BLOBS)
# Making every index costs more than the few questions about one moment are worth.
INDEXES = (
    "asset_narrow",
    "asset_created",
    "tag_row",
    "member_row",
    "placed_row",
    "made_row",
    "signs_signset",
    "reference_hash",
)
TRIGGERS = ("asset_in", "asset_out", "asset_moved")  # they count how many assets each combination has
CACHE = "PRAGMA main.cache_size=-16000"
MADE = re.compile(r"CREATE (?:UNIQUE |VIRTUAL )?(?P<kind>TABLE|INDEX|TRIGGER) (?P<name>\w+)")
Later = Callable[[Connection], set[int]]


def rows_as_of(path: Path, later: Later, words: bool, documents: bool) -> Connection:
    """A connection onto the rows as they were before the segments that `later` names. Blocking; the caller closes it.

    What takes long to copy is left out where nobody asks for it: without `words` nothing can be searched for by its
    texts, without `documents` only those are there that differ.
    """
    past = beside(path)
    try:
        past.execute(CACHE)
        differing = dict(_differing(past, later(past)))
        _make(past, "TABLE")
        for table in TABLES:
            if {"document": documents, "signset": words, "signs": words}.get(table, True):
                past.execute(f"INSERT INTO main.{table} SELECT * FROM live.{table}")
        if not documents:
            row = "INSERT INTO main.document SELECT * FROM live.document WHERE id=?"
            past.executemany(row, [(id,) for id, then in differing.items() if then])
        _make(past, "TRIGGER")
        past.execute("CREATE TABLE main.gone(row INTEGER PRIMARY KEY)")
        _drop(past, [id for id, then in differing.items() if not then])
        _make_words(past, words)
        past.execute("COMMIT")  # from here on nothing of the present is read
        past.execute("DETACH live")
        past.execute("BEGIN")
        past.execute("DELETE FROM words WHERE rowid IN (SELECT row FROM gone)")
        _make(past, "INDEX")
        for id, then in differing.items():
            if then:
                _make_anew(past, id, then)
        past.execute("COMMIT")
    except BaseException:
        past.close()
        raise
    return past


def _make(past: Connection, kind: str) -> None:
    """Our tables; or the indexes on them, which are made faster once the rows are there; or what counts changes."""
    for statement in (*TRUTH, *COPIES, *VIEWS):
        found = MADE.match(statement)
        if found and found["kind"] == kind and found["name"] in (*TABLES, *INDEXES, *TRIGGERS):
            past.execute(statement)


def _differing(past: Connection, later: Collection[int]) -> Iterator[tuple[bytes, list[bytes]]]:
    """Documents with changes in later segments, each with the changes that it had before."""
    found = {
        id
        for segment in later
        for (id,) in past.execute("SELECT document FROM change WHERE segment=? AND state=?", (segment, APPLIED))
    }
    for id in sorted(found):
        rows = past.execute("SELECT hash, segment FROM change WHERE document=? AND state=?", (id, APPLIED))
        yield id, [hash for hash, segment in rows if segment not in later]


def _drop(past: Connection, ids: Collection[bytes]) -> None:
    """Leave out documents that were not there yet."""
    past.execute("CREATE TABLE main.absent(id BLOB PRIMARY KEY) WITHOUT ROWID")
    past.executemany("INSERT INTO absent VALUES(?)", [(id,) for id in ids])
    past.execute("INSERT INTO gone SELECT row FROM main.asset WHERE id IN (SELECT id FROM absent)")
    for table in ("asset", *OF_ROW):
        past.execute(f"DELETE FROM main.{table} WHERE row IN (SELECT row FROM gone)")
    for table in ("project", "search", "album", "prompt", "document"):
        past.execute(f"DELETE FROM main.{table} WHERE id IN (SELECT id FROM absent)")


def _make_words(past: Connection, words: bool) -> None:
    """The index of words: copied whole, and then without some, or made of the others, whichever is less; or empty."""
    (gone,) = past.execute("SELECT count(*) FROM gone").fetchone()
    (kept,) = past.execute("SELECT count(*) FROM main.asset").fetchone()
    making, ranking = [statement for statement in VIEWS if "words(words" in statement or "words USING" in statement]
    past.execute(making)
    if words and gone <= kept:
        # Before anything else touches the table: what it remembers of its index is forgotten with the transaction.
        for shadow in SHADOWS:
            past.execute(f"DELETE FROM main.words_{shadow}")
            past.execute(f"INSERT INTO main.words_{shadow} SELECT * FROM live.words_{shadow}")
        return
    past.execute(ranking)
    if words:
        past.execute(
            f"INSERT INTO main.words(rowid, {WORDS}) SELECT rowid, {WORDS} FROM live.words"
            " WHERE rowid NOT IN (SELECT row FROM gone)"
        )


def _make_anew(past: Connection, id: bytes, then: list[bytes]) -> None:
    """The rows of a document as these changes make it."""
    (saved,) = past.execute("SELECT saved FROM main.document WHERE id=?", (id,)).fetchone()
    project = PROJECTIONS.get(Kind(id[0]))
    if project is not None:
        project(past, id, Document.load(Kind(id[0]), saved).read(then))
    past.execute("UPDATE main.document SET heads=? WHERE id=?", (b"".join(then), id))


def signed_after(limit: int) -> Later:
    """Segments that were signed after a time (ms), and all that builds on them."""

    def later(connection: Connection) -> set[int]:
        (first,) = connection.execute("SELECT min(id) FROM segment WHERE state=? AND time>?", (HELD, limit)).fetchone()
        found: set[int] = set()
        hashes: set[bytes] = set()
        tips: set[Tip] = set()
        rows = connection.execute(
            "SELECT id, hash, time, prev, incarnation, seq, raw FROM segment WHERE state=? AND id>=? ORDER BY id",
            (HELD, first if first is not None else 1 << 62),
        )
        for row, hash, time, prev, incarnation, seq, raw in rows:
            if time > limit or prev in hashes or any(dep in tips for dep in decode(raw).deps):
                found.add(row)
                hashes.add(hash)
                tips.add(Tip(incarnation, seq, hash[:8]))
        return found

    return later


def beyond(tips: Collection[Tip]) -> Later:
    """Segments that are none of those that these name, and nothing that they build on."""

    def later(connection: Connection) -> set[int]:
        named = {row for tip in tips for row in _rows_of(connection, tip)}
        last = max(named, default=0)
        found = {row for (row,) in connection.execute("SELECT id FROM segment WHERE state=? AND id>?", (HELD, last))}
        if _ends_until(connection, last) <= named:
            return found  # all that was held when the last of them came
        before = {row for (row,) in connection.execute("SELECT id FROM segment WHERE state=? AND id<=?", (HELD, last))}
        return found | (before - _closure(connection, named))

    return later


def _rows_of(connection: Connection, tip: Tip) -> list[int]:
    rows = connection.execute(
        "SELECT id, hash FROM segment WHERE incarnation=? AND seq=? AND state=?", (tip.incarnation, tip.seq, HELD)
    )
    return [row for row, hash in rows if hash[:8] == tip.hash8]


def _ends_until(connection: Connection, last: int) -> set[int]:
    """The ends of all chains as they were when this segment had come."""
    rows = connection.execute(
        "SELECT id FROM segment AS s WHERE state=:held AND id<=:last AND NOT EXISTS (SELECT 1 FROM segment AS n"
        " WHERE n.incarnation=s.incarnation AND n.seq=s.seq+1 AND n.prev=s.hash AND n.state=:held AND n.id<=:last)",
        {"held": HELD, "last": last},
    )
    return {row for (row,) in rows}


def _closure(connection: Connection, named: Collection[int]) -> set[int]:
    """These segments and everything they build on."""
    included: set[int] = set()
    wanted = list(named)
    while wanted:
        row = wanted.pop()
        if row in included:
            continue
        included.add(row)
        (raw,) = connection.execute("SELECT raw FROM segment WHERE id=?", (row,)).fetchone()
        segment = decode(raw)
        before = [Tip(segment.incarnation, segment.seq - 1, segment.prev[:8])] if segment.seq > 1 else []
        for tip in (*segment.deps, *before):
            wanted += _rows_of(connection, tip)
    return included
