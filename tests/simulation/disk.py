"""A disk in memory that keeps after a power cut what a real one promises to keep, and of the rest what chance says.

Promised: a file's bytes once it was synced, a name once its folder was. A failed sync loses what it was to save, and a
second one does not bring it back. Operations can be made to fail, and the power to go, at any one of them.
"""

from __future__ import annotations

import errno
import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from store.files import FileFacts, translate


class PowerCut(BaseException):
    """The machine is off: whatever runs on it ends here."""


class File:
    """Bytes as programs see them, and as the device has them."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.data = b""
        self.time = 0
        self.saved = b""
        self.clean = False  # the system believes that the device has `data`
        self.lost = False  # and is wrong


class Folder:
    """Names as programs see them, and as the device has them."""

    def __init__(self) -> None:
        self.names: dict[str, File | Folder] = {}
        self.saved: dict[str, File | Folder] = {}


Fault = Callable[[str, Path], OSError | PowerCut | None]  # asked before every operation that writes


def no_fault(operation: str, path: Path) -> None:
    return None


class MemoryDisk:
    """`store.files.Files` in memory. `space` is the size of the disk in bytes."""

    def __init__(self, now: Callable[[], int], space: int = 1 << 40) -> None:
        self.now = now
        self.space = space
        self.fault: Fault = no_fault
        self.off = False
        self.operations = 0
        self._root = Folder()
        self._files = 0

    # What the engine calls

    def write(self, path: Path, data: bytes) -> None:
        room = self.space - self.used()
        folder, file = self._folder(path.parent), self._find(path)
        assert not isinstance(file, Folder)
        try:
            self._count("write", path)
            if len(data) - (len(file.data) if file else 0) > room:
                raise OSError(errno.ENOSPC, "no space", str(path))
        except OSError as error:
            self._put(folder, path.name, file, data[: max(0, min(len(data) // 2, room))])  # what had been written
            raise translate(error, path) from error
        self._put(folder, path.name, file, data)

    def _put(self, folder: Folder, name: str, file: File | None, data: bytes) -> None:
        if file is None:
            self._files += 1
            file = folder.names[name] = File(self._files)
        file.data, file.clean, file.lost, file.time = data, False, False, self.now()

    def read(self, path: Path) -> bytes:
        self._alive()
        file = self._find(path)
        if not isinstance(file, File):
            raise FileNotFoundError(errno.ENOENT, "no such file", str(path))
        return file.data

    def pieces(self, path: Path, size: int = 1 << 20) -> Iterator[bytes]:
        data = self.read(path)
        return (data[start : start + size] for start in range(0, len(data), size))

    def read_at(self, path: Path, offset: int, length: int) -> bytes:
        return self.read(path)[offset : offset + length]

    def write_at(self, path: Path, offset: int, data: bytes) -> None:
        before = self.read(path)[:offset] if self._find(path) is not None else b""
        self.write(path, before.ljust(offset, b"\0") + data)

    def sync(self, paths: Iterable[Path]) -> None:
        for path in paths:
            file = self._find(path)
            assert isinstance(file, File), path
            try:
                self._count("sync", path)
            except OSError as error:
                file.lost, file.clean = not file.clean, True
                raise translate(error, path) from error
            if not file.clean:
                file.saved, file.clean = file.data, True

    def sync_folders(self, folders: Iterable[Path]) -> None:
        for path in folders:
            folder = self._folder(path)
            self._guarded("sync folder", path)
            folder.saved = dict(folder.names)

    def rename(self, old: Path, new: Path) -> None:
        self._guarded("rename", new)
        source, target = self._folder(old.parent), self._folder(new.parent)
        if old.name not in source.names:
            raise FileNotFoundError(errno.ENOENT, "no such file", str(old))
        target.names[new.name] = source.names.pop(old.name)

    def remove(self, path: Path) -> None:
        self._guarded("remove", path, full=False)
        node = self._find(path)
        assert not isinstance(node, Folder)
        if node is not None:
            del self._folder(path.parent).names[path.name]

    def write_pieces(self, path: Path, pieces: Iterable[bytes]) -> None:
        self.write(path, b"".join(pieces))

    def clone(self, old: Path, new: Path) -> bool:
        return False

    def remove_empty_folder(self, path: Path) -> None:
        node = self._find(path)
        if isinstance(node, Folder) and not node.names:
            self.remove_folder(path)

    def remove_folder(self, path: Path) -> None:
        self._guarded("remove", path, full=False)
        if isinstance(self._find(path), Folder):
            del self._folder(path.parent).names[path.name]

    def make_folder(self, path: Path) -> None:
        for each in (*reversed(path.parents), path):
            if self._find(each) is None:
                self._guarded("make folder", each)
                self._folder(each.parent).names[each.name] = Folder()

    def facts(self, path: Path) -> FileFacts | None:
        self._alive()
        node = self._find(path)
        if node is None:
            return None
        if isinstance(node, Folder):
            return FileFacts(0, 0, 0, 1, "folder")
        return FileFacts(len(node.data), node.time * 1_000_000, node.number, 1, "file")

    def is_link(self, path: Path) -> bool:
        self._alive()
        return False

    def entries(self, folder: Path) -> Iterator[tuple[str, bool]]:
        self._alive()
        return ((name, isinstance(node, Folder)) for name, node in self._folder(folder).names.items())

    def names(self, folder: Path) -> list[str]:
        self._alive()
        node = self._find(folder)
        return sorted(node.names) if isinstance(node, Folder) else []

    def free_bytes(self, path: Path) -> int:
        return max(0, self.space - self.used())

    # What a test does to it

    def cut_power(self, chance: random.Random) -> None:
        """Off and on again: of what was not made durable, chance keeps some."""
        self._root = self._after_cut(self._root, chance)
        self.off = False

    def _after_cut(self, folder: Folder, chance: random.Random) -> Folder:
        kept = Folder()
        for name in sorted(folder.names.keys() | folder.saved.keys()):
            now, saved = folder.names.get(name), folder.saved.get(name)
            node = saved if now is saved or chance.random() < 0.5 else now
            if isinstance(node, Folder):
                kept.names[name] = self._after_cut(node, chance)
            elif node is not None:
                kept.names[name] = self._file_after_cut(node, chance)
        kept.saved = dict(kept.names)
        return kept

    def _file_after_cut(self, file: File, chance: random.Random) -> File:
        kept = File(file.number)
        if (file.clean and not file.lost) or (not file.lost and chance.random() < 0.3):
            kept.data = file.data
        else:
            kept.data = chance.choice((file.saved, file.data[: len(file.data) // 2], b"\0" * len(file.data)))
        kept.saved, kept.clean, kept.time = kept.data, True, file.time
        return kept

    # How it works

    def _alive(self) -> None:
        if self.off:
            raise PowerCut

    def _count(self, operation: str, path: Path) -> None:
        self._alive()
        self.operations += 1
        failing = self.fault(operation, path)
        if isinstance(failing, PowerCut):
            self.off = True
        if failing is not None:
            raise failing

    def _guarded(self, operation: str, path: Path, full: bool = True) -> None:
        try:
            self._count(operation, path)
        except OSError as error:
            raise translate(error, path) from error

    def peek(self, path: Path) -> bytes | None:
        """A file's bytes, also while the machine is off."""
        node = self._find(path)
        return node.data if isinstance(node, File) else None

    def used(self) -> int:
        return sum(len(each.data) for each in self._all(self._root))

    def _all(self, folder: Folder) -> Iterator[File]:
        for node in folder.names.values():
            if isinstance(node, Folder):
                yield from self._all(node)
            else:
                yield node

    def _find(self, path: Path) -> File | Folder | None:
        node: File | Folder | None = self._root
        for name in path.parts[1:]:
            node = node.names.get(name) if isinstance(node, Folder) else None
        return node

    def _folder(self, path: Path) -> Folder:
        node = self._find(path)
        if not isinstance(node, Folder):
            raise FileNotFoundError(errno.ENOENT, "no such folder", str(path))
        return node
