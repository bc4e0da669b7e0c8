"""Backups that a stranger made or a disk ruined: each is refused whole, in one sentence, and nothing is left behind."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from identity.keys import DeviceKey
from identity.operations import encode_operation
from library.models import AssetChange
from tests.library.house import device, picture
from tests.library.spoiling import (
    Spoil,
    Spoiler,
    plug,
    refused,
    spoils_of,
)

MANIFEST = "gesso-backup.json"
made = Spoiler(MANIFEST, ".")
part, manifest, content, listed, file_as = made.part, made.manifest, made.content, made.listed, made.file_as


def lines(index: int, value: Any) -> Spoil:
    def change(items: list[Any]) -> None:
        items[0][index] = value

    return listed("blobs", change)


def a_blob(folder: Path) -> Path:
    return max((path for path in (folder / "blobs").rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)


def linked_folder(folder: Path) -> None:
    """The folder of a blob leads out of the backup, to a file of the right name and bytes."""
    path = a_blob(folder)
    outside = folder.parent / "elsewhere"
    shutil.copytree(path.parent, outside)
    shutil.rmtree(path.parent)
    path.parent.symlink_to(outside)


def foreign_workspace(folder: Path) -> None:
    """Everything says that it is another workspace, begun by somebody else."""
    mallory = DeviceKey.generate(random.Random(6))
    made = encode_operation(
        workspace=b"", kind="create", subject=b"m" * 16, author=mallory.public, nonce=b"n" * 16, sign=mallory.sign
    )
    part(folder, "operations").write_bytes(msgspec.msgpack.encode([made.raw]))
    manifest(workspace=made.hash.hex())(folder)


SPOILS: dict[str, Spoil] = {
    **made.spoils(),
    **spoils_of("a blob", a_blob),
    "workspace that is absolute": manifest(workspace="/etc/passwd"),
    "workspace of another length": manifest(workspace="ab" * 16),
    "workspace of another": foreign_workspace,
    "segments are cut off": lambda folder: os.truncate(part(folder, "segments"), 500),
    "a segment claims four gigabytes": content("segments", b"\x91\xc6\xff\xff\xff\xff"),
    "segments are texts": listed("segments", lambda items: ["x"] * len(items)),
    "segments are a socket": file_as("segments", plug),
    "segments are a folder": file_as("segments", os.mkdir),
    "a segment is too large": listed("segments", lambda items: items.append(b"\x00" * 300_000)),
    "the first segment is missing": listed("segments", lambda items: items[1:]),
    "operations claim four billion": content("operations", b"\xdd\xff\xff\xff\xff"),
    "index names a blob by a path": lines(0, "../../../../etc/passwd"),
    "index names a short blob": lines(0, b""),
    "index names a long blob": lines(0, b"a" * 33),
    "index lies about a size": lines(1, 1),
    "index tells a size below nothing": lines(1, -1),
    "index tells a size beyond all disks": lines(1, 2**60),
    "index tells a size beyond integers": lines(1, 2**64 - 1),
    "index tells an endless media type": lines(2, "x" * 100_000),
    "index claims four billion": content("blobs", b"\xdd\xff\xff\xff\xff"),
    "a blob's folder leads elsewhere": linked_folder,
}


@pytest.fixture
async def backup(tmp_path: Path) -> Path:
    (tmp_path / "a.png").write_bytes(picture((9, 9, 9), (300, 200)))
    async with device(tmp_path / "alice", 1) as alice:
        library = alice.get("-")
        asset = (await library.ingest.import_paths([tmp_path / "a.png"])).assets[0]
        await library.assets.edit_one(asset, AssetChange(title="one"))
        await library.assets.edit_one(asset, AssetChange(rating=3))
        await library.care.backup(tmp_path / "backup")
    return tmp_path / "backup"


def test_there_are_thirty_and_more() -> None:
    assert len(SPOILS) >= 30


async def test_hostile_backups_are_refused_and_leave_nothing(backup: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    backup.rename(whole)
    async with device(tmp_path / "bob", 2) as bob:
        await refused(bob, tmp_path, whole, SPOILS)
        await bob.bring_in(whole)
        assert len(bob.list()) == 2


async def test_backup_whose_segments_stand_in_any_order_is_as_good(backup: Path, tmp_path: Path) -> None:
    listed("segments", lambda items: items[::-1])(backup)
    async with device(tmp_path / "bob", 2) as bob:
        restored = bob.get((await bob.bring_in(backup)).id)
        assert (await restored.care.verify(read_data=True)).problems == []


async def test_backup_told_twice_over_is_taken_once(backup: Path, tmp_path: Path) -> None:
    for name in ("segments", "operations", "blobs"):
        listed(name, lambda items: items + items)(backup)
    async with device(tmp_path / "bob", 2) as bob:
        restored = bob.get((await bob.bring_in(backup)).id)
        assert (await restored.care.verify(read_data=True)).problems == []


async def test_blob_under_other_names_of_the_index_is_one_file(backup: Path, tmp_path: Path) -> None:
    """A file that the index does not name is not looked at."""
    (backup / "blobs" / "..extra").write_bytes(b"x")
    (backup / "blobs" / "ab").mkdir(exist_ok=True)
    (backup / "blobs" / "ab" / "nothing").symlink_to("/dev/zero")
    async with device(tmp_path / "bob", 2) as bob:
        restored = bob.get((await bob.bring_in(backup)).id)
        assert (await restored.care.verify(read_data=True)).problems == []
