"""The file operations that the engine uses, as one small interface, and the real disk behind it.

Everything that must survive a power cut goes through here, so that a simulated disk can take its place.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import os
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from store.errors import StoreFull, StoreSuspect

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}  # no more place; not for this user; not in one file
FAILED = {errno.EIO, errno.EROFS, errno.ENXIO, errno.ENODEV}  # broken; read-only since it broke; pulled out
UNSUPPORTED = {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS}
FEW = 4  # files to sync for which no threads are worth while
SYNCING = 8  # threads
FICLONE = 0x40049409  # Linux, <linux/fs.h>
# Darwin's fsync leaves data in the drive's cache; F_FULLFSYNC does not.
FULL_FSYNC = 51 if sys.platform == "darwin" else None


class FileFacts(NamedTuple):
    """Size in bytes, modification time in ns, inode and device number; what it is, a link followed to its end."""

    size: int
    mtime_ns: int
    inode: int
    device: int
    kind: Literal["file", "folder", "other"] = "file"


class Files(Protocol):
    """File operations. Paths are absolute. Errors are StoreFull, StoreSuspect, FileNotFoundError or OSError."""

    def write(self, path: Path, data: bytes) -> None:
        """Create or replace a file, mode 0600. Not durable before `sync`."""
        ...

    def write_pieces(self, path: Path, pieces: Iterable[bytes]) -> None:
        """`write` for what is too large to hold at once. What raises in `pieces` comes through as it is."""
        ...

    def clone(self, old: Path, new: Path) -> bool:
        """Make `new` share the bytes of `old`, mode 0600, where the file system can; else False, and no `new`."""
        ...

    def read(self, path: Path) -> bytes: ...

    def pieces(self, path: Path, size: int = 1 << 20) -> Iterator[bytes]:
        """The file's bytes in pieces."""
        ...

    def read_at(self, path: Path, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`; fewer at the end."""
        ...

    def write_at(self, path: Path, offset: int, data: bytes) -> None:
        """Let a file, made where there is none, end with these bytes at `offset`. Not durable before `sync`."""
        ...

    def sync(self, paths: Iterable[Path]) -> None:
        """Make files durable; returns only when the device has them."""
        ...

    def sync_folders(self, folders: Iterable[Path]) -> None:
        """Make names in folders durable."""
        ...

    def rename(self, old: Path, new: Path) -> None:
        """Atomic, replaces. Not durable before `sync_folders`."""
        ...

    def remove(self, path: Path) -> None:
        """Remove a file; absent is fine."""
        ...

    def remove_folder(self, path: Path) -> None:
        """Remove a folder with all that is in it; absent is fine."""
        ...

    def remove_empty_folder(self, path: Path) -> None:
        """Remove a folder unless something is in it; absent is fine."""
        ...

    def make_folder(self, path: Path) -> None:
        """With parents, mode 0700; existing is fine."""
        ...

    def facts(self, path: Path) -> FileFacts | None:
        """None when there is nothing."""
        ...

    def is_link(self, path: Path) -> bool:
        """Whether a symbolic link stands there."""
        ...

    def entries(self, folder: Path) -> Iterator[tuple[str, bool]]:
        """Names in a folder, in no order, each with whether it is a folder itself; a link to one is not."""
        ...

    def names(self, folder: Path) -> list[str]:
        """Sorted names in a folder; empty when there is none."""
        ...

    def free_bytes(self, path: Path) -> int: ...


def translate(error: OSError, path: Path) -> Exception:
    """A foreign disk error as one of ours."""
    if error.errno in FULL:
        return StoreFull(f"The disk is full: could not write {path.name}. Free some space; nothing was changed.")
    if error.errno in FAILED:
        return StoreSuspect(f"The disk failed while writing {path.name}. Check the disk, then run `gesso verify`.")
    return error


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Run a disk operation, turning its errors into ours."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise translate(error, path) from error


@functools.cache
def _flushing() -> ThreadPoolExecutor:
    """Threads that wait for disks; starting them anew for every group costs more than some groups."""
    return ThreadPoolExecutor(4 * SYNCING, "flush")  # a disk that is slow leaves some for others


class DiskFiles:
    """The real disk."""

    def write(self, path: Path, data: bytes) -> None:
        self.write_pieces(path, [data])

    def write_pieces(self, path: Path, pieces: Iterable[bytes]) -> None:
        with translated(path):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            for piece in pieces:
                with translated(path):
                    view = memoryview(piece)
                    while view:
                        view = view[os.write(handle, view) :]
        finally:
            os.close(handle)

    def clone(self, old: Path, new: Path) -> bool:
        if sys.platform != "linux":
            return False
        import fcntl

        try:
            source = os.open(old, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            with translated(new):
                copy = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            try:
                fcntl.ioctl(copy, FICLONE, source)
                return True
            except OSError as error:
                new.unlink()
                if error.errno in FULL:
                    raise translate(error, new) from error
                return False
            finally:
                os.close(copy)
        finally:
            os.close(source)

    def read(self, path: Path) -> bytes:
        return path.read_bytes()

    def pieces(self, path: Path, size: int = 1 << 20) -> Iterator[bytes]:
        with path.open("rb", buffering=0) as file:
            while piece := file.read(size):
                yield piece

    def read_at(self, path: Path, offset: int, length: int) -> bytes:
        with path.open("rb", buffering=0) as file:
            file.seek(offset)
            pieces = []
            while length and (piece := file.read(length)):
                pieces.append(piece)
                length -= len(piece)
        return b"".join(pieces)

    def write_at(self, path: Path, offset: int, data: bytes) -> None:
        with translated(path):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.ftruncate(handle, offset)
                os.lseek(handle, offset, os.SEEK_SET)
                view = memoryview(data)
                while view:
                    view = view[os.write(handle, view) :]
            finally:
                os.close(handle)

    def sync(self, paths: Iterable[Path]) -> None:
        self._flush_all(list(paths), os.O_RDONLY)

    def sync_folders(self, folders: Iterable[Path]) -> None:
        if os.name == "nt":  # Windows has no handle for a folder; its journal orders names itself
            return
        self._flush_all(list(folders), os.O_RDONLY | os.O_DIRECTORY)

    def _flush_all(self, paths: Sequence[Path], flags: int) -> None:
        """Flush many at once: a journal takes them together, where one after the other each waits for its own turn."""
        if len(paths) < FEW:
            for path in paths:
                self._flush(path, flags)
            return
        rest = iter(paths)  # each thread takes the next when it has done one: a task for each would cost as much again

        def flush_some() -> None:
            for path in rest:
                self._flush(path, flags)

        working = [_flushing().submit(flush_some) for _ in range(min(SYNCING, len(paths)))]
        wait(working)  # every one has ended before the first error is raised
        for done in working:
            done.result()

    def _flush(self, path: Path, flags: int) -> None:
        with translated(path):
            handle = os.open(path, flags | os.O_CLOEXEC)
            try:
                if FULL_FSYNC is not None:
                    import fcntl  # absent on Windows, where this branch never runs

                    fcntl.fcntl(handle, FULL_FSYNC)
                else:
                    os.fsync(handle)
            except OSError as error:
                if error.errno in FULL:
                    raise
                if flags & getattr(os, "O_DIRECTORY", 0) and error.errno in UNSUPPORTED:
                    return  # network drives and some others know no sync of a folder
                # After a failed fsync the kernel may have dropped the pages: a second try would lie.
                raise StoreSuspect(f"The disk did not take {path.name}: {error}. Run `gesso verify`.") from error
            finally:
                os.close(handle)

    def rename(self, old: Path, new: Path) -> None:
        with translated(new):
            old.replace(new)

    def remove(self, path: Path) -> None:
        with translated(path):
            path.unlink(missing_ok=True)

    def remove_folder(self, path: Path) -> None:
        shutil.rmtree(path, ignore_errors=True)

    def remove_empty_folder(self, path: Path) -> None:
        with contextlib.suppress(OSError):
            path.rmdir()

    def make_folder(self, path: Path) -> None:
        with translated(path):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def facts(self, path: Path) -> FileFacts | None:
        try:
            found = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        kind: Literal["file", "folder", "other"] = "other"
        if stat.S_ISREG(found.st_mode):
            kind = "file"
        elif stat.S_ISDIR(found.st_mode):
            kind = "folder"
        return FileFacts(found.st_size, found.st_mtime_ns, found.st_ino, found.st_dev, kind)

    def is_link(self, path: Path) -> bool:
        return path.is_symlink()

    def entries(self, folder: Path) -> Iterator[tuple[str, bool]]:
        with os.scandir(folder) as found:
            for each in found:
                yield each.name, each.is_dir(follow_symlinks=False)

    def names(self, folder: Path) -> list[str]:
        try:
            return sorted(os.listdir(folder))  # noqa: PTH208 - names, not paths
        except FileNotFoundError:
            return []

    def free_bytes(self, path: Path) -> int:
        found = os.statvfs(path)
        return found.f_bavail * found.f_frsize


def write_durably(files: Files, path: Path, data: bytes) -> None:
    """Replace a small file so that after a power cut it holds either the old bytes or the new."""
    temporary = path.with_name(path.name + ".new")
    files.write(temporary, data)
    files.sync([temporary])
    files.rename(temporary, path)
    files.sync_folders([path.parent])


def foreign_hash(path: Path, most: int) -> bytes | None:
    """SHA-256 of a file that somebody else laid there; None for one that `foreign_pieces` does not read."""
    digest = hashlib.sha256()
    try:
        for piece in foreign_pieces(path, most):
            digest.update(piece)
    except OSError:
        return None
    return digest.digest()


def foreign_pieces(path: Path, most: int, size: int = 1 << 20) -> Iterator[bytes]:
    """The bytes of a file that somebody else laid there: no link, device or pipe, and not more than `most`.

    Raises OSError with what is wrong with it. On the real disk only.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    handle = os.open(path, flags | getattr(os, "O_BINARY", 0))
    with open(handle, "rb", buffering=0) as file:  # noqa: PTH123 - of a handle
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(errno.EINVAL, "not a plain file", str(path))
        if facts.st_size > most:  # before the first byte of it is read
            raise OSError(errno.EFBIG, f"more than {most} bytes", str(path))
        left = most
        while piece := file.read(size):
            left -= len(piece)
            if left < 0:
                raise OSError(errno.EFBIG, f"more than {most} bytes", str(path))
            yield piece


def foreign_file(path: Path) -> bool:
    """Whether somebody laid a file there. On the real disk only."""
    return path.is_file()


def leads_out(path: Path, folder: Path) -> bool:
    """Whether links lead from a path below a folder to a place that is not below it. On the real disk only."""
    return not path.resolve().is_relative_to(folder.resolve())


def foreign_size(path: Path) -> int | None:
    """The size of a plain file that somebody laid there; None for anything else. On the real disk only."""
    try:
        facts = path.lstat()
    except (OSError, ValueError):
        return None
    return facts.st_size if stat.S_ISREG(facts.st_mode) else None


def foreign_walk(folder: Path, most_deep: int = 32) -> Iterator[Path]:
    """The plain files below a folder that somebody else filled, to some depth; no link is followed. On the real disk
    only.
    """
    waiting = [(folder, 0)]
    while waiting:
        place, depth = waiting.pop()
        try:
            with os.scandir(place) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting += [(place / entry.name, depth + 1)] if depth < most_deep else []
            elif entry.is_file(follow_symlinks=False):
                yield place / entry.name
