"""Nothing is made from a log that is damaged: copies that were whole stay, and what was computed before stays."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from library.catalog import Library
from library.errors import LogDamaged
from library.models import AssetChange
from store.database import Connection
from tests.library.house import device, picture

TITLED = "SELECT id, raw FROM segment WHERE instr(raw, CAST('neon title' AS BLOB)) > 0 ORDER BY id LIMIT 1"


def flip_content(connection: Connection) -> None:
    """One letter of a title."""
    row, raw = connection.execute(TITLED).fetchone()
    connection.execute("UPDATE segment SET raw=? WHERE id=?", (raw.replace(b"neon title", b"noon title"), row))


def flip_signature(connection: Connection) -> None:
    row, raw = connection.execute(TITLED).fetchone()
    connection.execute("UPDATE segment SET raw=? WHERE id=?", (raw[:-1] + bytes([raw[-1] ^ 1]), row))


def cut(connection: Connection) -> None:
    row, raw = connection.execute(TITLED).fetchone()
    connection.execute("UPDATE segment SET raw=? WHERE id=?", (raw[:-200], row))


def lose(connection: Connection) -> None:
    """As a page that turned to zeros loses it: what counts the rows is not told."""
    (row, _) = connection.execute(TITLED).fetchone()
    (trigger,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name='segment_less'").fetchone()
    connection.execute("DROP TRIGGER segment_less")
    connection.execute("DELETE FROM segment WHERE id=?", (row,))
    connection.execute(trigger)


def flip_operation(connection: Connection) -> None:
    hash, raw = connection.execute("SELECT hash, raw FROM operation LIMIT 1").fetchone()
    connection.execute("UPDATE operation SET raw=? WHERE hash=?", (raw[:-1] + bytes([raw[-1] ^ 1]), hash))


DAMAGES = [flip_content, flip_signature, cut, lose, flip_operation]


async def titled(library: Library, folder: Path) -> None:
    """Two pictures with titles."""
    folder.mkdir(exist_ok=True)
    for index in range(2):
        (folder / f"{index}.png").write_bytes(picture((index, 9, 9)))
    for asset in (await library.ingest.import_paths([folder])).assets:
        await library.assets.edit_one(asset, AssetChange(title="neon title"))


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_copy_that_was_whole_stays_when_the_log_is_damaged(
    tmp_path: Path, damage: Callable[[Connection], None]
) -> None:
    backup, export = tmp_path / "backup", tmp_path / "export"
    async with device(tmp_path / "alice", 1) as alice:
        library = alice.get("-")
        await titled(library, tmp_path / "pictures")
        await library.care.backup(backup)
        await library.everything.export(export)
        before = contents(backup), contents(export)
        await library.workspace.database.write(damage)
        with pytest.raises(LogDamaged):
            await library.care.backup(backup)
        with pytest.raises(LogDamaged):
            await library.everything.export(export)
        with pytest.raises(LogDamaged):
            await library.care.backup(tmp_path / "another")
        assert (contents(backup), contents(export)) == before
    for number, copy in enumerate((backup, export)):
        async with device(tmp_path / f"bob{number}", 2 + number) as bob:
            restored = bob.get((await bob.bring_in(copy)).id)
            assert (await restored.search.page("neon title")).total == 2


@pytest.mark.parametrize("damage", [flip_content, cut])
async def test_a_rebuild_from_a_damaged_log_leaves_what_is_shown(
    tmp_path: Path, damage: Callable[[Connection], None]
) -> None:
    async with device(tmp_path / "alice", 1) as alice:
        library = alice.get("-")
        await titled(library, tmp_path / "pictures")
        digest = (await library.care.digest()).digest
        await library.workspace.database.write(damage)
        problems = (await library.care.verify()).problems
        assert problems and not any("gesso rebuild" in each.remedy for each in problems), problems
        with pytest.raises(LogDamaged):
            await library.care.rebuild()
        assert (await library.search.page("neon title")).total == 2
        assert (await library.care.digest()).digest == digest
        (asset, _) = (await library.search.page("")).items
        assert (await library.assets.show(asset.id)).asset.title == "neon title"
