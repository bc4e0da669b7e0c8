"""Copies of files that are what their hash says, or are not made at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from store.errors import BlobMissing, StoreDamaged
from store.files import Files


class Unreadable(Exception):
    """The file to be copied cannot be read."""


def copy_whole(files: Files, origins: Iterable[Path], target: Path, sha256: str) -> None:
    """Copy a file that has this hash from the first place that holds it; BlobMissing, or StoreDamaged for other bytes.

    Where the file system can, the copy shares the original's room.
    """
    seen = False
    for origin in origins:
        whole = False
        try:
            whole = _copied(files, origin, target) == sha256
            seen = True
        except FileNotFoundError:
            continue
        except Unreadable:
            seen = True
        finally:
            if not whole:
                files.remove(target)
        if whole:
            return
    if seen:
        raise StoreDamaged(f"Blob {sha256[:12]} is damaged.")
    raise BlobMissing(f"Blob {sha256[:12]} is not on this device.")


def _copied(files: Files, origin: Path, target: Path) -> str:
    """Copy a file; returns the hash of what the copy holds."""
    if files.clone(origin, target):
        return hash_of(files.pieces(target))
    digest = hashlib.sha256()
    files.write_pieces(target, _read(files, origin, digest.update))
    return digest.hexdigest()


def _read(files: Files, origin: Path, tell: Callable[[bytes], None]) -> Iterator[bytes]:
    try:
        for piece in files.pieces(origin):
            tell(piece)
            yield piece
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Unreadable from error


def hash_of(pieces: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()
