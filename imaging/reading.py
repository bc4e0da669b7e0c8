"""The one reading of a file: its bytes are hashed while they are copied, and must hold still meanwhile.

The copy is private (0600), a clone where the file system can share blocks, and gone again when anything fails.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from imaging.errors import Refused
from imaging.inspection import InspectJob
from imaging.plaintext import as_text

if sys.platform == "linux":
    import fcntl

PIECE = 1 << 20
IN_MEMORY = 32 << 20  # larger files are decoded from disk: a worker has little memory
MAX_BYTES = 1 << 30
MAX_SIDECAR = 64 << 10
FICLONE = 0x40049409  # Linux, <linux/fs.h>
OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
NOT_LINKED = getattr(os, "O_NOFOLLOW", 0)
CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

# Pairs of devices between which cloning was refused once: asking again for every file costs a call each.
_cannot_clone: set[tuple[int, int]] = set()


class Content(NamedTuple):
    """What a file holds: a readable to decode from, its SHA-256 and its size in bytes."""

    file: BinaryIO
    sha256: bytes
    size: int


@contextlib.contextmanager
def content(job: InspectJob) -> Iterator[Content]:
    """Read, hash and copy the file. Refused when it cannot be read, is no ordinary file, or changed until the end."""
    with _opened(job.path) as source:
        before = _checked(os.fstat(source.fileno()))
        with new_file(job.copy_to) as copy:
            taken = _taken(source, copy, before.st_size, job.fsync)
            with taken.file:
                yield taken
            # Inside, so that the copy of a file which changed is removed.
            after = os.fstat(source.fileno())
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                raise Refused("unsettled", "The file changed while it was read; import it again once it is written.")


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        # Opening a device may do something; opening a pipe would wait for somebody to write into it.
        if not stat.S_ISREG(path.stat().st_mode):
            raise Refused("unreadable", "That is not an ordinary file.")
        handle = os.open(path, OPEN)
    except FileNotFoundError as error:
        raise Refused("gone", "There is no such file.") from error
    except OSError as error:
        raise Refused("unreadable", f"The file cannot be read: {error.strerror}.") from error
    with os.fdopen(handle, "rb", buffering=0) as file:
        yield file


def _checked(found: os.stat_result) -> os.stat_result:
    if not stat.S_ISREG(found.st_mode):
        raise Refused("unreadable", "That is not an ordinary file.")
    if found.st_size == 0:
        raise Refused("empty", "The file is empty.")
    if found.st_size > MAX_BYTES:
        raise Refused("too_large", f"The file is larger than {MAX_BYTES >> 20} MiB.")
    return found


@contextlib.contextmanager
def new_file(place: Path | None) -> Iterator[int | None]:
    """A new file at `place`; it stays only when all goes well."""
    if place is None:
        yield None
        return
    try:
        handle = os.open(place, CREATE, 0o600)
    except OSError as error:
        raise _not_written(error) from error
    try:
        yield handle
    except BaseException:
        place.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)


def _not_written(error: OSError) -> Refused:
    if error.errno in FULL:
        return Refused("disk_full", "The disk is full: free some space and try again.")
    return Refused("unreadable", f"The copy cannot be written: {error.strerror}.")


def _taken(source: BinaryIO, copy: int | None, size: int, fsync: bool) -> Content:
    """The content; read from the clone when there is one, which nobody else can change."""
    cloned = copy is not None and _clone(source.fileno(), copy)
    origin = source.fileno() if copy is None or not cloned else copy
    target = None if cloned else copy
    if size <= IN_MEMORY:
        data = _whole(origin, size)
        digest = hashlib.sha256(data)
        if target is not None:
            write(target, data)
        readable: BinaryIO = io.BytesIO(data)
    else:
        digest = _stream(origin, target, size)
        handle = os.dup(origin if copy is None else copy)
        os.lseek(handle, 0, os.SEEK_SET)
        readable = os.fdopen(handle, "rb", buffering=PIECE)
    if fsync and copy is not None:
        sync(copy)
    return Content(readable, digest.digest(), size)


def _clone(source: int, copy: int) -> bool:
    """Share the blocks of the source. False where the file systems cannot."""
    if sys.platform != "linux":
        return False
    devices = (os.fstat(source).st_dev, os.fstat(copy).st_dev)
    if devices in _cannot_clone:
        return False
    try:
        fcntl.ioctl(copy, FICLONE, source)
    except OSError as error:
        if error.errno in FULL:
            raise _not_written(error) from error
        _cannot_clone.add(devices)
        return False
    return True


def _whole(handle: int, size: int) -> bytes:
    data = _read(handle, size + 1)
    # A call may give less than there is, on network file systems for example.
    while len(data) <= size and (more := _read(handle, size + 1 - len(data))):
        data += more
    if len(data) != size:
        raise Refused("unsettled", "The file changed while it was read; import it again once it is written.")
    return data


def _stream(origin: int, target: int | None, size: int) -> hashlib._Hash:
    digest, seen = hashlib.sha256(), 0
    while piece := _read(origin, PIECE):
        seen += len(piece)
        if seen > size:
            break
        digest.update(piece)
        if target is not None:
            write(target, piece)
    if seen != size:
        raise Refused("unsettled", "The file changed while it was read; import it again once it is written.")
    return digest


def _read(handle: int, most: int) -> bytes:
    try:
        return os.read(handle, most)
    except OSError as error:
        raise Refused("unreadable", f"The file cannot be read: {error.strerror}.") from error


def write(handle: int, data: bytes) -> None:
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(handle, view) :]
    except OSError as error:
        raise _not_written(error) from error


def sync(handle: int) -> None:
    try:
        os.fsync(handle)
    except OSError as error:
        raise _not_written(error) from error


def sidecar_text(path: Path | None) -> str:
    """The text beside a picture, at most 64 KiB; nothing when it cannot be read: the picture is taken without it."""
    if path is None:
        return ""
    try:
        # Never through a link: it might bring a secret of another folder into the library.
        with os.fdopen(os.open(path, OPEN | NOT_LINKED), "rb", buffering=0) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return ""
            data = file.read(MAX_SIDECAR)
    except OSError:
        return ""
    return as_text(data, len(data) < MAX_SIDECAR)
