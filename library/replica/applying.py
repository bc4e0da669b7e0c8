"""Rows of changes and their bytes: how they are written down, and found again in the segments."""

from __future__ import annotations

from collections.abc import Iterable

from documents.change import ChangeHeader
from documents.segment import ChangeEntry, Entry, decode
from store.database import Connection

Row = tuple[bytes, ChangeHeader, int, int, bool, int]  # document, header, segment's row, position, direct, state


def add_changes(connection: Connection, rows: Iterable[Row]) -> None:
    """Write rows for changes that have none yet."""
    connection.executemany(
        "INSERT INTO change(document, hash, segment, position, author, seq, start, last, deps, direct, state)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                document,
                header.hash,
                segment,
                position,
                header.actor,
                header.seq,
                header.start,
                header.last,
                b"".join(header.deps),
                direct,
                state,
            )
            for document, header, segment, position, direct, state in rows
        ],
    )


def chunks_of(connection: Connection, id: bytes, hashes: set[bytes]) -> list[bytes]:
    """The bytes of these changes of a document, in the order in which their segments were held."""
    chunks = []
    last = 0
    entries: tuple[Entry, ...] = ()
    for hash, row, position in connection.execute(
        "SELECT hash, segment, position FROM change WHERE document=? ORDER BY segment, position", (id,)
    ).fetchall():
        if hash not in hashes:
            continue
        if row != last:
            (raw,) = connection.execute("SELECT raw FROM segment WHERE id=?", (row,)).fetchone()
            last, entries = row, decode(raw).entries
        entry = entries[position]
        assert isinstance(entry, ChangeEntry)
        chunks.append(entry.change)
    return chunks
