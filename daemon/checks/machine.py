"""The machine: Python, packages, memory, limits, clock, disk."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from daemon.checks.scene import Finding, Scene

PYTHONS = ((3, 11), (3, 12))
MIB = 1024 * 1024
LITTLE_ROOM = 1024 * MIB
NO_ROOM = 200 * MIB
FEW_NAMES = 5_000
FEW_FILES = 512
FEW_WATCHES = 8_192
FEW_INSTANCES = 32
LITTLE_MEMORY = 400 * MIB
# No Gesso existed before, and none will run after: outside the clock is wrong. (2026-01-01, 2100-01-01.)
EARLIEST, LATEST = 1_767_225_600_000, 4_102_444_800_000
DAY = 86_400_000


def python(scene: Scene) -> Iterator[Finding]:
    if scene.python not in PYTHONS:
        found = ".".join(map(str, scene.python))
        yield Finding(
            "python.version", f"Python {found} is not supported.", sys.executable,
            "Install Gesso with Python 3.11 or 3.12.", {"found": found},
        )  # fmt: skip


def packages(scene: Scene) -> Iterator[Finding]:
    for line in metadata.requires("gesso") or ():
        if "extra ==" in line:
            continue
        name = re.split(r"[<>=!~\[; ]", line, maxsplit=1)[0]
        version, exact = scene.version(name), re.search(r"==([^,; ]+)", line)
        if version is None or (exact and version != exact[1]):
            yield Finding(
                "package.wrong" if version else "package.missing",
                f"The package {name} is {version or 'missing'}; needed is {line}.", sys.prefix,
                "Install Gesso again into an environment of its own.", {"package": name, "needed": line},
            )  # fmt: skip


def page(scene: Scene) -> Iterator[Finding]:
    if not (scene.page / "index.html").is_file():
        yield Finding(
            "page.missing", "The page was not built.", str(scene.page), "Run `make setup` in the source folder."
        )


def encoding(scene: Scene) -> Iterator[Finding]:
    if scene.encoding.lower().replace("-", "") != "utf8":
        yield Finding(
            "encoding", f"File names are read as {scene.encoding}, not UTF-8.", "environment",
            "Set LANG=C.UTF-8 (or PYTHONUTF8=1) where Gesso is started.", {"found": scene.encoding},
        )  # fmt: skip


def temporary(scene: Scene) -> Iterator[Finding]:
    folder = Path(scene.environ.get("TMPDIR") or tempfile.gettempdir())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        yield Finding(
            "temporary", "The folder for temporary files cannot be written.", str(folder),
            "Make it writable, or set TMPDIR to a folder that is.",
        )  # fmt: skip


def open_files(scene: Scene) -> Iterator[Finding]:
    limit = re.search(r"^Max open files\s+(\d+)", _read(scene.proc / "self" / "limits"), re.MULTILINE)
    if limit and int(limit[1]) < FEW_FILES:
        yield Finding(
            "limit.files", f"Only {limit[1]} files may be open at once.", "ulimit -n",
            "Raise it: `ulimit -n 4096` before the start, or LimitNOFILE= in the service.", {"found": limit[1]},
        )  # fmt: skip


def watches(scene: Scene) -> Iterator[Finding]:
    for name, least in (("max_user_watches", FEW_WATCHES), ("max_user_instances", FEW_INSTANCES)):
        place = scene.proc / "sys/fs/inotify" / name
        text = _read(place).strip()
        if text.isdecimal() and int(text) < least:
            yield Finding(
                f"limit.{name}", f"The system lets you watch few folders ({name} is {text}).", str(place),
                f"Run `sudo sysctl fs.inotify.{name}={least * 8}`; until then Gesso looks by itself now and then.",
                {"found": text},
            )  # fmt: skip


def memory(scene: Scene) -> Iterator[Finding]:
    found = re.search(r"^MemAvailable:\s+(\d+) kB", _read(scene.proc / "meminfo"), re.MULTILINE)
    if found and int(found[1]) * 1024 < LITTLE_MEMORY:
        mib = str(int(found[1]) // 1024)
        yield Finding(
            "memory", f"Only {mib} MiB of memory are free.", "memory",
            "Close other programs, or lower [import] workers and memory_bytes.", {"mib": mib},
        )  # fmt: skip


def clock(scene: Scene) -> Iterator[Finding]:
    now = scene.now()
    remedy = "Set the clock, or let the system set it from the network. Nothing is lost: only shown times are wrong."
    if not EARLIEST <= now <= LATEST:
        yield Finding("clock.wrong", "The clock shows a year that cannot be.", "clock", remedy)
        return
    newest = max((path.stat().st_mtime_ns // 1_000_000 for path in _dated(scene)), default=0)
    if newest > now + DAY:
        yield Finding("clock.back", "Files of the library are from the future: the clock went back.", "clock", remedy)


def room(scene: Scene) -> Iterator[Finding]:
    for name, folder in (("data", scene.paths.data), ("state", scene.paths.state)):
        found = scene.room(folder)
        mib = str(found.free // MIB)
        if found.free < NO_ROOM:
            yield Finding(
                "disk.full", f"The disk is full: {mib} MiB are left.", str(folder),
                "Free some space: soon nothing new can be taken in.", {"mib": mib, "folder": name},
            )  # fmt: skip
        elif found.free < LITTLE_ROOM:
            yield Finding(
                "disk.low", f"The disk is nearly full: {mib} MiB are left.", str(folder),
                "Free some space, or move the library to a larger disk.", {"mib": mib, "folder": name},
            )  # fmt: skip
        if found.names_total and found.names < FEW_NAMES:
            yield Finding(
                "disk.names", f"The disk has room for only {found.names} more files.", str(folder),
                "Delete files that are not needed, or use a disk with more inodes.", {"names": str(found.names)},
            )  # fmt: skip


def _dated(scene: Scene) -> Iterator[Path]:
    yield from (path for path in (scene.paths.token, scene.paths.known) if path.exists())
    yield from scene.paths.data.glob("workspaces/*/library.sqlite")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


CHECKS = (python, packages, page, encoding, temporary, open_files, watches, memory, clock, room)
