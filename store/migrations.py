"""Numbered steps that bring an old database up to date: all or nothing, with a copy made before."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from store.errors import StoreDamaged, StoreTooNew
from store.files import Files

Step = Sequence[str]  # the statements of one version, run in one transaction
Filling = Callable[[sqlite3.Connection], None]  # makes rows that no statement can make
NONE: Mapping[int, Filling] = MappingProxyType({})


def version_of(connection: sqlite3.Connection, schema: str = "main") -> int:
    """The number of steps that were applied, also to an attached database."""
    return int(connection.execute(f"PRAGMA {schema}.user_version").fetchone()[0])


def migrate(
    connection: sqlite3.Connection,
    steps: Sequence[Step],
    copy: Path,
    files: Files,
    fillings: Mapping[int, Filling] = NONE,
) -> int:
    """Apply the missing steps, each in one transaction with its number and its filling; returns how many ran.

    A database with content is first copied whole to `copy` (through SQLite's backup, then checked), which stays.
    Killed at any statement, the file opens at the version before or after, never between.
    """
    have = version_of(connection)
    if have > len(steps):
        raise StoreTooNew(
            f"This library was written by a newer Gesso (format {have}, this one knows {len(steps)}). Upgrade Gesso.",
            cause="newer",
            found=str(have),
            known=str(len(steps)),
        )
    if have == len(steps):
        return 0
    if have > 0:
        copy_database(connection, copy, files)
    for number in range(have, len(steps)):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in steps[number]:
                connection.execute(statement)
            if number + 1 in fillings:
                fillings[number + 1](connection)
            connection.execute(f"PRAGMA user_version={number + 1}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    return len(steps) - have


def copy_database(connection: sqlite3.Connection, target: Path, files: Files) -> None:
    """A consistent copy of the whole file at `target`, checked and in place only when it is good."""
    unfinished = target.with_name(target.name + ".unfinished")
    files.remove(unfinished)
    copy = sqlite3.connect(unfinished)
    try:
        connection.backup(copy)
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
    finally:
        copy.close()
    if verdict != "ok":
        files.remove(unfinished)
        message = f"The database is damaged: {verdict}. It was not touched; restore it from a backup."
        raise StoreDamaged(message, cause="damaged", name=target.parent.name)
    files.sync([unfinished])
    files.rename(unfinished, target)
    files.sync_folders([target.parent])
