"""Blobs out of a backup's folder, which a stranger may have made or a disk ruined: each is what its hash says.

Links and devices are no files, nothing is read that lies outside, and every blob that cannot be had is named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from documents.segment import Segment
from identity.operations import Operation
from library.care.faults import fault
from library.errors import Damaged, DiskFull
from library.models import Check, Problem
from library.tasks import Progress
from store.blobs import Blobs
from store.files import foreign_pieces, foreign_size, leads_out

GROUP = 100
MIB = 1024 * 1024
ROOM = 64 * MIB  # what must stay free beside the blobs


class BlobLine(msgspec.Struct, frozen=True, array_like=True):
    """One blob of a backup's index."""

    hash: bytes
    size: int
    media_type: str


class Places(Protocol):
    """Where a folder keeps its blobs."""

    def of(self, line: BlobLine) -> Iterable[Path]:
        """Plain files that may be the blob, likeliest first."""
        ...

    def lack(self, line: BlobLine) -> Problem:
        """What to tell of a blob that none of them is."""
        ...

    def found(self, line: BlobLine, place: Path) -> None:
        """This one is it."""
        ...

    def remarks(self) -> list[Problem]:
        """What else to tell once all were found, that keeps nothing from being taken in."""
        ...


class ByHash:
    """A backup's: each under its hash."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, line: BlobLine) -> list[Path]:
        name = line.hash.hex()
        return [self._path / "blobs" / name[:2] / name[2:]]

    def lack(self, line: BlobLine) -> Problem:
        (place,) = self.of(line)
        code = "export.missing" if foreign_size(place) is None else "export.changed"
        return fault(code, str(place.relative_to(self._path)))

    def found(self, line: BlobLine, place: Path) -> None:
        """Nothing to tell: there is one place."""

    def remarks(self) -> list[Problem]:
        return []


@dataclass
class Backup:
    """What a backup's folder holds, each piece of it authentic; the blobs are only promised."""

    path: Path
    workspace: bytes
    digest: str
    segments: list[Segment]
    operations: list[Operation]
    blobs: list[BlobLine]
    places: Places


def damaged(detail: str) -> Damaged:
    return Damaged(f"The backup is damaged: {detail}. Nothing was changed.", code="backup_damaged", detail=detail)


def copy_blobs(backup: Backup, blobs: Blobs, free: int, progress: Progress, incomplete: bool = False) -> list[Problem]:
    """Copy every blob that is not here, refusing what is not what its name says: unless `incomplete`, all of it.

    Gives what to tell. What is not to be had is no longer among the backup's blobs then.
    """
    wanted = [line for line in backup.blobs if not blobs.has(line.hash)]
    if sum(line.size for line in wanted) + ROOM > free:
        raise DiskFull("The disk has no room for what the backup holds. Nothing was changed.")
    lacking: dict[bytes, Problem] = {}
    for start in range(0, len(wanted), GROUP):
        arrivals = []
        for line in wanted[start : start + GROUP]:
            place = _bring_in(backup, line, blobs)
            if place is None:
                lacking[line.hash] = backup.places.lack(line)
            else:
                arrivals.append((place, line.hash))
        blobs.adopt(arrivals)
        progress(start, len(wanted), None)
    if lacking and not incomplete:
        raise lacks(list(lacking.values()))
    backup.blobs = [line for line in backup.blobs if line.hash not in lacking]
    return [*lacking.values(), *backup.places.remarks()]


def lacks(problems: list[Problem]) -> Damaged:
    """The refusal of a backup whose blobs are not all there; it names every one."""
    first, more = problems[0], len(problems) - 1
    detail = f"{first.where[:200]} is missing or was changed" + (f", and {more} more" if more else "")
    error = damaged(detail)
    error.report = Check(checked=0, problems=problems)
    return error


def check_blobs(backup: Backup, progress: Progress) -> Check:
    """Read every blob and compare it with its hash, and keep nothing."""
    problems = []
    for number, line in enumerate(backup.blobs):
        if not any(_is(backup, line, place) for place in backup.places.of(line)):
            problems.append(backup.places.lack(line))
        progress(number, len(backup.blobs), None)
    return Check(checked=len(backup.blobs), problems=[*problems, *backup.places.remarks()])


def _is(backup: Backup, line: BlobLine, place: Path) -> bool:
    try:
        for _ in _checked_pieces(backup, line, place):
            pass
    except OSError:
        return False
    backup.places.found(line, place)
    return True


def _bring_in(backup: Backup, line: BlobLine, blobs: Blobs) -> Path | None:
    """Copy one blob to a temporary place, checking it on the way; None when it is not to be had."""
    for place in backup.places.of(line):
        try:
            copied = blobs.bring_in(_checked_pieces(backup, line, place))
        except OSError:
            continue
        backup.places.found(line, place)
        return copied
    return None


def _checked_pieces(backup: Backup, line: BlobLine, place: Path) -> Iterator[bytes]:
    digest, size = hashlib.sha256(), 0
    if leads_out(place.parent, backup.path):
        raise OSError("its folder leads out of the backup")
    for piece in foreign_pieces(place, line.size):
        digest.update(piece)
        size += len(piece)
        yield piece
    if size != line.size or digest.digest() != line.hash:
        raise OSError("its bytes are not what its name says")


def mend_blobs(
    backup: Backup, group: Iterable[BlobLine], here: Collection[bytes], blobs: Blobs
) -> tuple[list[BlobLine], list[Problem]]:
    """Bring in those that are missing or damaged. `here`: of which the rows say so; the others are mended as well."""
    mended, problems = [], []
    for line in group:
        whole = blobs.size(line.hash) == line.size and blobs.check(line.hash)
        if whole and line.hash in here:
            continue
        place = _bring_in(backup, line, blobs)
        if place is not None:
            blobs.replace(place, line.hash)
        elif whole:  # left by a run that was cut off, perhaps before the name was durable
            blobs.replace(blobs.bring_in([blobs.read(line.hash)]), line.hash)
        else:
            problems.append(backup.places.lack(line))
            continue
        mended.append(line)
    return mended, problems
