"""Spoiling the folder of a backup or a full export, as a stranger or a disk might, and seeing each refused."""

from __future__ import annotations

import hashlib
import json
import os
import random
import resource
import shutil
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from documents.segment import encode
from identity.keys import DeviceKey
from library.errors import LibraryError
from library.workspaces import Workspaces

HUGE = 5 * 1024**3
MEMORY_KIB = 400 * 1024  # how much a refusal may take
Spoil = Callable[[Path], None]


class Spoiler:
    """What can be done to the parts of a kind of folder: its manifest, and the rest below `within`."""

    def __init__(self, manifest: str, within: str) -> None:
        self._manifest = manifest
        self._within = within

    def part(self, folder: Path, name: str) -> Path:
        """The file of a part."""
        return folder / name if name == self._manifest else next((folder / self._within).glob(f"{name}-*"))

    def manifest(self, **values: Any) -> Spoil:
        def spoil(folder: Path) -> None:
            told = json.loads((folder / self._manifest).read_text())
            (folder / self._manifest).write_text(json.dumps({**told, **values}))

        return spoil

    def content(self, name: str, data: bytes) -> Spoil:
        return lambda folder: void(self.part(folder, name).write_bytes(data))

    def listed(self, name: str, change: Callable[[list[Any]], object]) -> Spoil:
        """Decode a list, change it, write it again."""

        def spoil(folder: Path) -> None:
            items = msgspec.msgpack.decode(self.part(folder, name).read_bytes())
            changed = change(items)
            self.part(folder, name).write_bytes(msgspec.msgpack.encode(items if changed is None else changed))

        return spoil

    def file_as(self, name: str, make: Callable[[Path], object]) -> Spoil:
        """Put something else in the place of a part."""
        return replaced(lambda folder: self.part(folder, name), make)

    def spoils(self) -> dict[str, Spoil]:
        """What can be wrong with the manifest and with the log."""
        return {
            "manifest is no JSON": self.content(self._manifest, b"{"),
            "manifest is a list": self.content(self._manifest, b"[]"),
            "manifest is deep": self.content(self._manifest, b"[" * 100_000),
            "manifest is huge": self.file_as(self._manifest, sparse(HUGE)),
            "manifest of a later format": self.manifest(format=2),
            "workspace that climbs": self.manifest(workspace="../../../../etc"),
            "parts that climb": self.manifest(run="../../../../etc/"),
            "parts that are not there": self.manifest(run="ab" * 8),
            "workspace that was never begun": self.manifest(workspace="ab" * 32),
            "other digest than the log gives": self.manifest(digest="00" * 32),
            "segments are no MessagePack": self.content("segments", b"\xc1"),
            "segments claim four billion": self.content("segments", b"\xdd\xff\xff\xff\xff"),
            "segments nest deeply": self.content("segments", b"\x91" * 100_000),
            "segments are a link to a device": self.file_as("segments", link_to("/dev/zero")),
            "segments are a pipe": self.file_as("segments", os.mkfifo),
            "segments are huge": self.file_as("segments", sparse(HUGE)),
            "segments are missing": lambda folder: self.part(folder, "segments").unlink(),
            "a segment is of another workspace": self.listed("segments", foreign_segment),
            "a segment's signature is wrong": self.listed("segments", flipped),
            "a segment in the middle is missing": self.listed("segments", lambda items: items[:1] + items[2:]),
            "the last segment is missing": self.listed("segments", lambda items: items[:-1]),
            "operations are missing": self.listed("operations", lambda items: []),
            "an operation's signature is wrong": self.listed("operations", flipped),
            "there is no manifest": lambda folder: (folder / self._manifest).unlink(),
        }


def replaced(find: Callable[[Path], Path], make: Callable[[Path], object]) -> Spoil:
    def spoil(folder: Path) -> None:
        path = find(folder)
        path.unlink()
        make(path)

    return spoil


def spoils_of(what: str, find: Callable[[Path], Path]) -> dict[str, Spoil]:
    """What can be wrong with a file that holds a picture's bytes."""
    return {
        f"{what} is missing": replaced(find, lambda path: None),
        f"{what}'s bytes are others": replaced(find, lambda path: path.write_bytes(b"other")),
        f"{what} goes on after its bytes": lambda folder: void(find(folder).open("ab").write(b"more")),
        f"{what} is a link to a secret": replaced(find, link_to("/etc/shadow")),
        f"{what} is a link to a device": replaced(find, link_to("/dev/zero")),
        f"{what} is a link to itself": replaced(find, lambda path: path.symlink_to(path)),
        f"{what} is a pipe": replaced(find, os.mkfifo),
        f"{what} is a folder": replaced(find, os.mkdir),
        f"{what} is huge": replaced(find, sparse(HUGE)),
    }


async def refused(device: Workspaces, work: Path, whole: Path, spoils: Mapping[str, Spoil]) -> None:
    """Each spoilt copy of a whole folder is refused in one sentence, within little memory, and leaves nothing."""
    before = listing(work / "bob")
    for name, spoil in spoils.items():
        folder = work / "hostile" / "folder"
        shutil.copytree(whole, folder)
        spoil(folder)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(LibraryError) as caught:
            await device.bring_in(folder)
            pytest.fail(name)
        assert caught.value.code in ("backup_damaged", "no_backup", "disk_full"), (name, caught.value)
        assert "\n" not in str(caught.value) and len(str(caught.value)) < 600, (name, str(caught.value))
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < MEMORY_KIB, name
        assert listing(work / "bob") == before, name
        assert len(device.list()) == 1, name
        shutil.rmtree(folder.parent)


def void(_: object) -> None:
    """For what gives a value that nobody wants."""


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


def foreign_segment(items: list[Any]) -> None:
    mallory = DeviceKey.generate(random.Random(6))
    items.append(
        encode(
            workspace=b"w" * 32, device=mallory.public, incarnation=b"i" * 16, run=b"r" * 16, seq=1, prev=b"", deps=(),
            auth=(), clock=1, time=1, action=b"a" * 16, intent="x", params={}, entries=(), sign=mallory.sign,
        ).raw
    )  # fmt: skip


def flipped(items: list[Any]) -> None:
    raw = bytearray(items[0])
    raw[-1] ^= 1
    items[0] = bytes(raw)


def listing(folder: Path) -> list[tuple[str, str]]:
    """Every file below a folder with its hash."""
    return [
        (str(path.relative_to(folder)), hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and "library.sqlite" not in path.name
    ]
