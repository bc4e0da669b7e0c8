"""Rows of truth that no document tells: blobs, places on this device's disks. Each carries a hash over itself.

SQLite's integrity check misses most silent flips of a value; `sum_of` finds them.
"""

from __future__ import annotations

import hashlib

import msgspec

from store.database import Connection

SUMMED = {
    "blob": ("hash", "size", "media_type", "here"),
    "reference": ("path", "hash", "size", "mtime", "state"),
    "source": ("path", "document", "hash", "size", "mtime", "watched"),
    "watched": ("id", "path", "mode"),
}


def sum_of(*values: object) -> bytes:
    """The first 8 bytes of a SHA-256 over a row's values."""
    return hashlib.sha256(msgspec.msgpack.encode(values)).digest()[:8]


def put_blob(connection: Connection, hash: bytes, size: int, media_type: str, *, here: bool) -> None:
    """Record a blob; one that is here stays here."""
    row = connection.execute("SELECT here FROM blob WHERE hash=?", (hash,)).fetchone()
    here = here or bool(row and row[0])
    if row is None or bool(row[0]) != here:
        connection.execute(
            "INSERT OR REPLACE INTO blob(hash, size, media_type, here, sum) VALUES(?, ?, ?, ?, ?)",
            (hash, size, media_type, int(here), sum_of(hash, size, media_type, int(here))),
        )


def put_reference(connection: Connection, path: bytes, hash: bytes, size: int, mtime: int, state: str) -> None:
    """Record where an original that is kept in place lies."""
    connection.execute(
        "INSERT OR REPLACE INTO reference(path, hash, size, mtime, state, sum) VALUES(?, ?, ?, ?, ?, ?)",
        (path, hash, size, mtime, state, sum_of(path, hash, size, mtime, state)),
    )


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
    connection.execute(
        "INSERT OR REPLACE INTO source(path, document, hash, size, mtime, watched, sum) VALUES(?, ?, ?, ?, ?, ?, ?)",
        (path, document, hash, size, mtime, watched, sum_of(path, document, hash, size, mtime, watched)),
    )


def damaged_rows(connection: Connection) -> list[tuple[str, str]]:
    """(table, key in hexadecimal) of every row of truth whose hash does not fit."""
    damaged = []
    for table, columns in SUMMED.items():
        for *values, total in connection.execute(f"SELECT {', '.join(columns)}, sum FROM {table}"):
            if sum_of(*values) != total:
                damaged.append((table, bytes(values[0]).hex() if isinstance(values[0], bytes) else str(values[0])))
    return damaged
