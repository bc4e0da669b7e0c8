"""Rows of truth that no document tells: blobs, places on this device's disks. Each carries a hash over itself.

SQLite's integrity check misses most silent flips of a value; `sum_of` finds them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec

from library.schema import COUNTED
from store.database import Connection

SUMMED = {
    "meta": ("key", "value"),
    "blob": ("hash", "size", "media_type", "here"),
    "reference": ("path", "hash", "size", "mtime", "state"),
    "source": ("path", "document", "hash", "size", "mtime", "watched"),
    "watched": ("id", "path", "mode"),
    "batch": ("id", "key", "time", "body"),
    "job": (
        "id",
        "batch",
        "number",
        "provider",
        "state",
        "priority",
        "place",
        "not_before",
        "ended_at",
        "line",
        "body",
    ),
    "attempt": ("id", "job", "number", "state", "body"),
    "ledger": ("id", "time", "kind", "amount", "currency", "body"),
    "stop": ("id", "device", "state", "body"),
}


IS_HERE = "SELECT here FROM blob WHERE hash=?"


def sum_of(*values: object) -> bytes:
    """The first 8 bytes of a SHA-256 over a row's values."""
    return hashlib.sha256(msgspec.msgpack.encode(values)).digest()[:8]


def put(connection: Connection, table: str, *values: object) -> None:
    """Write a row of a summed table over the one with the same key."""
    columns = SUMMED[table]
    changes = ", ".join(f"{name}=excluded.{name}" for name in (*columns[1:], "sum"))
    connection.execute(
        f"INSERT INTO {table}({', '.join(columns)}, sum) VALUES({', '.join('?' * len(columns))}, ?)"
        f" ON CONFLICT({columns[0]}) DO UPDATE SET {changes}",
        (*values, sum_of(*values)),
    )


class BlobRow(NamedTuple):
    """A blob as its row tells it; `here`: its bytes are on this device."""

    hash: bytes
    size: int
    media_type: str
    here: bool


def put_blobs(connection: Connection, blobs: Sequence[BlobRow]) -> None:
    """Record blobs; one that is here stays here."""
    known = {each.hash: connection.execute(IS_HERE, (each.hash,)).fetchone() for each in blobs}
    fresh = {each.hash: each for each in sorted(blobs, key=lambda each: each.here) if known[each.hash] is None}
    connection.executemany(
        "INSERT INTO blob(hash, size, media_type, here, sum) VALUES(?, ?, ?, ?, ?)",
        [(*row, sum_of(*row)) for row in ((hash, size, kind, int(here)) for hash, size, kind, here in fresh.values())],
    )
    for each in blobs:
        row = known[each.hash]
        if row is not None and each.here and not row[0]:
            put(connection, "blob", each.hash, each.size, each.media_type, 1)


def put_reference(connection: Connection, path: bytes, hash: bytes, size: int, mtime: int, state: str) -> None:
    """Record where an original that is kept in place lies."""
    put(connection, "reference", path, hash, size, mtime, state)


def put_source(
    connection: Connection,
    path: bytes,
    document: bytes,
    hash: bytes,
    size: int,
    mtime: int,
    watched: bytes | None,
) -> None:
    """Record that a document was imported from a path, and what lay there."""
    put(connection, "source", path, document, hash, size, mtime, watched)


def damaged_rows(connection: Connection, tables: Collection[str] | None = None) -> list[tuple[str, str]]:
    """(table, key in hexadecimal) of every row of truth, of all or of these tables, whose hash does not fit."""
    damaged = []
    for table, columns in SUMMED.items():
        if tables is not None and table not in tables:
            continue
        for *values, total in connection.execute(f"SELECT {', '.join(columns)}, sum FROM {table}"):
            if sum_of(*values) != total:
                damaged.append((table, bytes(values[0]).hex() if isinstance(values[0], bytes) else str(values[0])))
    return damaged


def miscounted(connection: Connection, tables: Collection[str] | None = None) -> list[tuple[str, int]]:
    """(table, how many rows too few; negative: too many) of every table of truth, of all or of these, that has not the
    rows it should.
    """
    told = dict(connection.execute("SELECT name, rows FROM total"))
    found = []
    for table in COUNTED if tables is None else [table for table in COUNTED if table in tables]:
        (rows,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        if told.get(table) != rows:
            found.append((table, told.get(table, 0) - rows))
    return found
