"""Paths that pictures came from: which folders are looked through, and what no longer lies where it did."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from library.gathering import is_folder
from library.rows import put_reference, put_source
from store.database import Connection
from store.files import Files


def looked_through(files: Files, paths: Iterable[Path]) -> list[Path]:
    """The folders among the paths of an import: whatever lay in one and is not there any more is gone."""
    return [whole for path in paths if is_folder(files, whole := Path(os.path.normpath(path)))]


def keep_displaced(connection: Connection, path: bytes, document: bytes) -> None:
    """Remember where a picture lay whose path another picture's file has now: that its own is gone from there."""
    row = connection.execute(
        "SELECT document, hash, size, mtime, watched FROM source WHERE path=? AND document<>?", (path, document)
    ).fetchone()
    if row is not None:
        # As with originals kept in place: no path holds a zero byte, so no file is ever looked for there.
        before, hash, size, mtime, watched = row
        put_source(connection, path + b"\0" + hash.hex().encode(), before, hash, size, mtime, watched)


def replace_reference(connection: Connection, path: bytes, sha256: bytes) -> list[bytes]:
    """Remember that other bytes stood at a path: they are gone, and whoever asks for them is told so. Gives them."""
    rows = connection.execute(
        "SELECT hash, size, mtime FROM reference WHERE path=? AND hash<>?", (path, sha256)
    ).fetchall()
    for hash, size, mtime in rows:
        # No path holds a zero byte: this place is free, and no file is ever looked for there.
        put_reference(connection, path + b"\0" + hash.hex().encode(), hash, size, mtime, "gone")
    return [hash for hash, _, _ in rows]


def note_missing(connection: Connection, paths: Iterable[bytes]) -> None:
    """Originals kept in place were found gone from there."""
    for path in paths:
        rows = connection.execute("SELECT hash, size, mtime FROM reference WHERE path=? AND state='here'", (path,))
        for hash, size, mtime in rows.fetchall():
            put_reference(connection, path, hash, size, mtime, "missing")
