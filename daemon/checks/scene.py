"""What a check may look at, and what it may say."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import msgspec

from daemon.homes import filesystem_kind
from daemon.paths import Paths


class Finding(msgspec.Struct, frozen=True):
    """Something wrong: what, where, and what to do. `code` and `params` are for translation."""

    code: str
    what: str
    where: str
    remedy: str
    params: dict[str, str] = {}
    mendable: bool = False


class Room(NamedTuple):
    """What is left on a disk: bytes and names of files (0 where the file system does not count them)."""

    free: int
    total: int
    names: int
    names_total: int


def room_of(path: Path) -> Room:
    """The room around a folder, or around the nearest one above that exists."""
    place = next(each for each in (path, *path.parents) if each.exists())
    if sys.platform == "win32":
        usage = shutil.disk_usage(place)
        return Room(usage.free, usage.total, 0, 0)
    facts = os.statvfs(place)
    return Room(facts.f_bavail * facts.f_frsize, facts.f_blocks * facts.f_frsize, facts.f_favail, facts.f_files)


def version_of(name: str) -> str | None:
    """The installed version of a package; None when it is absent."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


@dataclass(frozen=True, slots=True)
class Scene:
    """This machine and this home. Tests put a fault in the place of one of the defaults."""

    paths: Paths
    environ: Mapping[str, str]
    now: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    room: Callable[[Path], Room] = room_of
    kind_of: Callable[[Path], str] = filesystem_kind
    version: Callable[[str], str | None] = version_of
    python: tuple[int, int] = sys.version_info[:2]
    encoding: str = sys.getfilesystemencoding()
    proc: Path = Path("/proc")
    page: Path = Path(__file__).resolve().parents[2] / "web" / "dist"


Check = Callable[[Scene], Iterator[Finding]]
