"""Where a library may not live: network drives, folders that a cloud drive keeps in step, and places that lost it."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from daemon.credentials import write_private
from daemon.errors import UnfitHome
from daemon.paths import NAME, Paths

MOUNTS = Path("/proc/self/mountinfo")
# SQLite's locks and its log do not work over these; a dropped connection in the middle of a write breaks the file.
NETWORK = re.compile(
    r"nfs4?|cifs|smb\d?|smbfs|afpfs|webdav|davfs2?|9p|drvfs|vboxsf|afs|ncpfs|coda|ceph|glusterfs|lustre|beegfs|gpfs|ocfs2|"
    r"gfs2?|orangefs|fuse\.(sshfs|rclone|s3fs|gcsfuse|blobfuse2?|davfs2?|glusterfs|ceph|juicefs|google-drive.*|onedriver|"
    r"mergerfs-net|curlftpfs|smbnetfs|gvfsd-fuse)"
)
# A drive that keeps folders in step copies a database while it is being written, and its conflict copies split it.
CLOUD_NAMES = re.compile(
    r"dropbox( \(.*\))?|onedrive( - .*)?|google ?drive|my drive|icloud ?drive|mobile documents|cloudstorage|"
    r"nextcloud\d*|owncloud|pcloud ?drive|megasync|box sync|tresorit|synologydrive|seafile|yandex\.disk",
    re.IGNORECASE,
)
# What these programs leave at the root of a folder they keep. (Dropbox also has a *folder* .dropbox in everyone's
# home, which says nothing.)
CLOUD_FILES = (".dropbox", ".nextcloudsync.log", ".owncloudsync.log")
CLOUD_FOLDERS = (".dropbox.cache", ".stfolder", ".stversions", ".seafile-data", ".tmp.drivedownload")


class Unfit(NamedTuple):
    """Why a home must not be used, and what to do."""

    code: str
    what: str
    where: str
    remedy: str
    params: Mapping[str, str] = {}


class Known(msgspec.Struct, frozen=True):
    """What the last good start found: so that an empty folder is noticed."""

    data: str
    workspaces: int


def holds_library(data: Path) -> bool:
    """Whether a library was begun in a data folder."""
    return bool(begun(data))


def begun(data: Path) -> list[Path]:
    """The folders of the workspaces that were made to their end."""
    return sorted(path.parent for path in data.glob("workspaces/*/workspace"))


LOST = ("home.lost", "home.elsewhere")  # a library that should be here and is not
Lookup = Callable[[Path], str]


def unfit(paths: Paths, holds_library: Callable[[Path], bool], kind_of: Lookup | None = None) -> list[Unfit]:
    """Everything that speaks against this home."""
    found = [*_on_network(paths, kind_of or filesystem_kind), *_in_cloud(paths.data)]
    if not holds_library(paths.data):
        found += [*_lost(paths), *_elsewhere(paths, holds_library)]
    return found


def ensure_fit(found: Iterable[Unfit], accepted: bool) -> None:
    """Raise UnfitHome; `accepted` (a setting) lets the dangers of a place pass, never a lost library."""
    grave = [each for each in found if not accepted or each.code in LOST]
    if grave:
        raise UnfitHome(grave)


def remember(paths: Paths, workspaces: int) -> None:
    """Note that a library is here."""
    known = Known(str(paths.data), workspaces)
    if _known(paths) != known:
        write_private(paths.known, msgspec.json.encode(known))


def _on_network(paths: Paths, kind_of: Lookup) -> Iterator[Unfit]:
    for folder in {paths.data, paths.state}:
        kind = kind_of(folder)
        if NETWORK.fullmatch(kind):
            yield Unfit(
                "home.network",
                f"This folder lies on a network drive ({kind}), where a library gets damaged.",
                str(folder),
                "Put it on a disk of this computer: `gesso --home FOLDER up`. Pictures may stay on the network drive: "
                "watch their folder instead. To go on all the same: [daemon] accept_unsafe_home = true.",
                {"kind": kind},
            )


def _in_cloud(data: Path) -> Iterator[Unfit]:
    for folder in (data, *data.parents):
        if CLOUD_NAMES.fullmatch(folder.name) or _is_marked(folder):
            yield Unfit(
                "home.cloud",
                "A cloud drive keeps this folder in step: it copies a library while it is written, and damages it.",
                str(folder),
                "Put the library elsewhere: `gesso --home FOLDER up`, and let the cloud drive keep backups "
                "(`gesso backup`). To go on all the same: [daemon] accept_unsafe_home = true.",
            )
            return


def _lost(paths: Paths) -> Iterator[Unfit]:
    known = _known(paths)
    if known is not None and known.workspaces:
        yield Unfit(
            "home.lost",
            "There was a library in this folder, and now there is none.",
            known.data,
            "Is its disk mounted, was it moved or restored? Bring it back, or point Gesso to it with --home. "
            f"To begin with an empty library instead, delete {paths.known}.",
            {"known": str(paths.known)},
        )


def _elsewhere(paths: Paths, holds_library: Callable[[Path], bool]) -> Iterator[Unfit]:
    """Only for the platform's own folders: who names a home means that one."""
    if paths.home is not None:
        return
    usual = (
        Path.home() / ".local/share" / NAME,
        Path.home() / "Library/Application Support" / NAME,
        Path.home() / "AppData/Local" / NAME,
        Path.home() / f".{NAME}" / "data",
    )
    for folder in usual:
        if folder != paths.data and holds_library(folder):
            yield Unfit(
                "home.elsewhere",
                f"There is no library in {paths.data}, but one is here:",
                str(folder),
                "Move it there, or set XDG_DATA_HOME back. To begin with an empty library: `gesso --home FOLDER up`.",
                {"data": str(paths.data)},
            )


def _known(paths: Paths) -> Known | None:
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode(paths.known.read_bytes(), type=Known)
    return None


def _is_marked(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        return any((folder / name).is_file() for name in CLOUD_FILES) or any(
            (folder / name).is_dir() for name in CLOUD_FOLDERS
        )
    return False


def filesystem_kind(path: Path) -> str:
    """The kind of file system below a path as the system names it; empty when it does not tell."""
    if sys.platform == "win32":
        return _windows_kind(path)
    try:
        if sys.platform == "darwin":
            table = subprocess.run(["/sbin/mount"], capture_output=True, text=True, check=True, timeout=5).stdout
            return kind_in(path, bsd_mounts(table))
        return kind_in(path, linux_mounts(MOUNTS.read_text("utf-8", "surrogateescape")))
    except (OSError, subprocess.SubprocessError):
        return ""


def kind_in(path: Path, mounts: Iterable[tuple[Path, str]]) -> str:
    """The kind of the deepest mount above a path; of two on one place the later covers the earlier."""
    real = path.resolve()
    depth, found = -1, ""
    for place, kind in mounts:
        if real.is_relative_to(place) and len(place.parts) >= depth:
            depth, found = len(place.parts), kind
    return found


def linux_mounts(table: str) -> Iterator[tuple[Path, str]]:
    """(place, kind) from proc(5) mountinfo, whose names have spaces as `\\040`."""
    for line in table.splitlines():
        before, _, after = line.partition(" - ")
        fields, kinds = before.split(" "), after.split(" ")
        if len(fields) > 4 and kinds[0]:
            place = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4])
            yield Path(place), kinds[0]


def bsd_mounts(table: str) -> Iterator[tuple[Path, str]]:
    """(place, kind) from mount(8): `//host/share on /Volumes/x (smbfs, nodev)`."""
    for found in re.finditer(r"^.* on (.*) \((\w+)[,)].*$", table, re.MULTILINE):
        yield Path(found[1]), found[2]


def _windows_kind(path: Path) -> str:
    if sys.platform != "win32":
        return ""
    if path.drive.startswith("\\\\"):
        return "smb"
    import ctypes

    remote = 4  # DRIVE_REMOTE
    return "smb" if ctypes.windll.kernel32.GetDriveTypeW(path.anchor) == remote else ""
