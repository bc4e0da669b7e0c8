"""Backups that a stranger made or a disk ruined: each is refused whole, in one sentence, and nothing is left behind."""

from __future__ import annotations

import hashlib
import json
import os
import random
import resource
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from documents.segment import encode
from identity.keys import DeviceKey
from identity.operations import encode_operation
from library.errors import LibraryError
from library.models import AssetChange
from tests.library.house import picture
from tests.library.test_keeping import device

MANIFEST = "gesso-backup.json"
MEMORY_KIB = 400 * 1024  # how much a refusal may take
Spoil = Callable[[Path], None]


def manifest(**values: Any) -> Spoil:
    def spoil(folder: Path) -> None:
        told = json.loads((folder / MANIFEST).read_text())
        (folder / MANIFEST).write_text(json.dumps({**told, **values}))

    return spoil


def part(folder: Path, name: str) -> Path:
    """The file of a part of the backup."""
    return folder / name if name == MANIFEST else next(folder.glob(f"{name}-*"))


def content(name: str, data: bytes) -> Spoil:
    return lambda folder: void(part(folder, name).write_bytes(data))


def void(_: object) -> None:
    """For what gives a value that nobody wants."""


def listed(name: str, change: Callable[[list[Any]], object]) -> Spoil:
    """Decode a list of the backup, change it, write it again."""

    def spoil(folder: Path) -> None:
        items = msgspec.msgpack.decode(part(folder, name).read_bytes())
        changed = change(items)
        part(folder, name).write_bytes(msgspec.msgpack.encode(items if changed is None else changed))

    return spoil


def lines(index: int, value: Any) -> Spoil:
    def change(items: list[Any]) -> None:
        items[0][index] = value

    return listed("blobs", change)


def a_blob(folder: Path) -> Path:
    return max((path for path in (folder / "blobs").rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)


def blob_as(make: Callable[[Path], object]) -> Spoil:
    """Put something else in the place of a blob."""

    def spoil(folder: Path) -> None:
        path = a_blob(folder)
        path.unlink()
        make(path)

    return spoil


def file_as(name: str, make: Callable[[Path], object]) -> Spoil:
    def spoil(folder: Path) -> None:
        path = part(folder, name)
        path.unlink()
        make(path)

    return spoil


def sparse(size: int) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with path.open("wb") as file:
            file.truncate(size)

    return make


def link_to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def plug(path: Path) -> None:
    """A socket in the file system."""
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def linked_folder(folder: Path) -> None:
    """The folder of a blob leads out of the backup, to a file of the right name and bytes."""
    path = a_blob(folder)
    outside = folder.parent / "elsewhere"
    shutil.copytree(path.parent, outside)
    shutil.rmtree(path.parent)
    path.parent.symlink_to(outside)


def foreign_segment(items: list[Any]) -> None:
    mallory = DeviceKey.generate(random.Random(6))
    items.append(
        encode(
            workspace=b"w" * 32, device=mallory.public, incarnation=b"i" * 16, run=b"r" * 16, seq=1, prev=b"", deps=(),
            auth=(), clock=9, time=1, action=b"a" * 16, intent="x", params={}, entries=(), sign=mallory.sign,
        ).raw
    )  # fmt: skip


def foreign_workspace(folder: Path) -> None:
    """Everything says that it is another workspace, begun by somebody else."""
    mallory = DeviceKey.generate(random.Random(6))
    made = encode_operation(
        workspace=b"", kind="create", subject=b"m" * 16, author=mallory.public, nonce=b"n" * 16, sign=mallory.sign
    )
    part(folder, "operations").write_bytes(msgspec.msgpack.encode([made.raw]))
    manifest(workspace=made.hash.hex())(folder)


def flipped(items: list[Any]) -> None:
    raw = bytearray(items[0])
    raw[-1] ^= 1
    items[0] = bytes(raw)


HUGE = 5 * 1024**3
SPOILS: dict[str, Spoil] = {
    "manifest is no JSON": content(MANIFEST, b"{"),
    "manifest is a list": content(MANIFEST, b"[]"),
    "manifest is deep": content(MANIFEST, b"[" * 100_000),
    "manifest is huge": file_as(MANIFEST, sparse(HUGE)),
    "manifest of a later format": manifest(format=2),
    "workspace that climbs": manifest(workspace="../../../../etc"),
    "workspace that is absolute": manifest(workspace="/etc/passwd"),
    "parts that climb": manifest(run="../../../../etc/"),
    "parts that are not there": manifest(run="ab" * 8),
    "workspace of another length": manifest(workspace="ab" * 16),
    "workspace that was never begun": manifest(workspace="ab" * 32),
    "workspace of another": foreign_workspace,
    "other digest than the log gives": manifest(digest="00" * 32),
    "segments are no MessagePack": content("segments", b"\xc1"),
    "segments are cut off": lambda folder: os.truncate(part(folder, "segments"), 500),
    "segments claim four billion": content("segments", b"\xdd\xff\xff\xff\xff"),
    "a segment claims four gigabytes": content("segments", b"\x91\xc6\xff\xff\xff\xff"),
    "segments nest deeply": content("segments", b"\x91" * 100_000),
    "segments are texts": listed("segments", lambda items: ["x"] * len(items)),
    "segments are a link to a device": file_as("segments", link_to("/dev/zero")),
    "segments are a pipe": file_as("segments", os.mkfifo),
    "segments are a socket": file_as("segments", plug),
    "segments are a folder": file_as("segments", os.mkdir),
    "segments are huge": file_as("segments", sparse(HUGE)),
    "segments are missing": lambda folder: part(folder, "segments").unlink(),
    "a segment is of another workspace": listed("segments", foreign_segment),
    "a segment's signature is wrong": listed("segments", flipped),
    "a segment is too large": listed("segments", lambda items: items.append(b"\x00" * 300_000)),
    "the first segment is missing": listed("segments", lambda items: items[1:]),
    "a segment in the middle is missing": listed("segments", lambda items: items[:1] + items[2:]),
    "the last segment is missing": listed("segments", lambda items: items[:-1]),
    "operations are missing": listed("operations", lambda items: []),
    "an operation's signature is wrong": listed("operations", flipped),
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
    "a blob is missing": blob_as(lambda path: None),
    "a blob's bytes are others": blob_as(lambda path: path.write_bytes(b"other")),
    "a blob goes on after its bytes": lambda folder: void(a_blob(folder).open("ab").write(b"more")),
    "a blob is a link to a secret": blob_as(link_to("/etc/shadow")),
    "a blob is a link to a device": blob_as(link_to("/dev/zero")),
    "a blob is a link to itself": blob_as(lambda path: path.symlink_to(path)),
    "a blob is a pipe": blob_as(os.mkfifo),
    "a blob is a folder": blob_as(os.mkdir),
    "a blob is huge": blob_as(sparse(HUGE)),
    "a blob's folder leads elsewhere": linked_folder,
    "there is no manifest": lambda folder: (folder / MANIFEST).unlink(),
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


def listing(folder: Path) -> list[tuple[str, str]]:
    """Every file below a folder with its hash."""
    return [
        (str(path.relative_to(folder)), hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and "library.sqlite" not in path.name
    ]


def test_there_are_thirty_and_more() -> None:
    assert len(SPOILS) >= 30


async def test_hostile_backups_are_refused_and_leave_nothing(backup: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    backup.rename(whole)
    async with device(tmp_path / "bob", 2) as bob:
        before = listing(tmp_path / "bob")
        for name, spoil in SPOILS.items():
            folder = tmp_path / "hostile" / "backup"
            shutil.copytree(whole, folder)
            spoil(folder)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            with pytest.raises(LibraryError) as caught:
                await bob.bring_in(folder)
                pytest.fail(name)
            assert caught.value.code in ("backup_damaged", "no_backup", "disk_full"), (name, caught.value)
            assert "\n" not in str(caught.value) and len(str(caught.value)) < 600, (name, str(caught.value))
            assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < MEMORY_KIB, name
            assert listing(tmp_path / "bob") == before, name
            assert len(bob.list()) == 1, name
            shutil.rmtree(folder.parent)
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
