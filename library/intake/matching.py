"""Whether a new file is a picture that is here, saved again: in another format, quality or size, or without its facts.

A wrong joining is worse than a picture twice: a file is joined to a picture by itself only where exactly one fits, it
fits pixel for pixel, and its own file is gone from where it lay. What fits otherwise is a new picture, and asked about.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from documents.kinds import Kind, derived_id
from imaging.inspection import CompareJob, Likeness, Likenesses, Rejection, SketchJob
from library.editing.assets import read_values
from library.intake.arrivals import Arrival
from library.intake.kept import below
from library.intake.sketches import distance, key_of, keys_near, near
from library.values import image_values
from library.views.projection import VersionValues, versions_of
from library.workspace import Workspace
from store.blobs import Blobs
from store.database import Connection
from store.files import Files

MOST_COMPARED = 6  # pictures that one is compared with, the nearest first
MOST_ASKED = 3
LARGEST_SCALE = 2.6  # between two sizes of one picture, where it is joined without asking


class Comparer(Protocol):
    """Compares pictures, in worker processes."""

    async def compare(self, jobs: Sequence[CompareJob]) -> list[Likenesses | Rejection]: ...

    async def sketch(self, jobs: Sequence[SketchJob]) -> list[bytes | Rejection]: ...


class Place(NamedTuple):
    """Where a picture was imported from, and what lay there."""

    path: bytes
    size: int


class Known(NamedTuple):
    """A picture that a new file may be: its version that looks like it."""

    document: bytes
    small: bytes  # the thumbnail's hash
    size: tuple[int, int]
    places: tuple[Place, ...] = ()


class Verdict(NamedTuple):
    """What a new file is taken for: a picture that is here, or a new one that looks like some."""

    joins: bytes | None = None
    places: tuple[Place, ...] = ()  # of the one that it joins, as they were found gone
    alike: tuple[bytes, ...] = ()


NOTHING = Verdict()
NOBODY = Known(b"", b"", (0, 0))
FIT = ("same", "vague")


@dataclass
class Question:
    """A new file under judgement."""

    arrival: Arrival
    known: list[Known]
    edits: bytes | None  # the picture that lay at its path before
    answers: Likenesses = ()

    def job(self, blobs: Blobs) -> CompareJob:
        return CompareJob(self.arrival.inspection.thumbnail, tuple(blobs.place(each.small) for each in self.known))

    def answered(self) -> Iterator[tuple[Known, Likeness | None]]:
        return zip(self.known, self.answers, strict=False)  # of a worker that was lost there are none


class Matching:
    """Judges the files of an import before they settle."""

    def __init__(self, workspace: Workspace, comparer: Comparer | None) -> None:
        self._workspace = workspace
        self._comparer = comparer

    async def judge(
        self, arrivals: Sequence[Arrival], roots: Sequence[Path] | None, stored: bool
    ) -> dict[bytes, Verdict]:
        """Verdicts by the hash of a file's bytes, of those that are more than new. `roots`: the folders that are
        looked through; None: nothing is joined. `stored`: the files' small pictures are blobs already.
        """
        if self._comparer is None or not any(each.inspection.sketch for each in arrivals):
            return {}
        own = self._workspace.id
        questions = await self._workspace.database.read(
            lambda connection: list(asked(connection, arrivals, own, stored))
        )
        if not questions:
            return {}
        answers = await self._comparer.compare([each.job(self._workspace.blobs) for each in questions])
        for each, answer in zip(questions, answers, strict=True):
            each.answers = () if isinstance(answer, Rejection) else answer
        gone = await self._workspace.surroundings.in_thread(
            _gone, self._workspace.surroundings.files, questions, roots or ()
        )
        return _verdicts(questions, gone if roots is not None else set(), self._workspace.id)


def asked(connection: Connection, arrivals: Sequence[Arrival], workspace: bytes, stored: bool) -> Iterator[Question]:
    """The new files that may be a picture which is here, or, where they are stored, one that comes just before them."""
    before: dict[int, list[Arrival]] = {}  # by the key of their sketches
    for each in arrivals:
        seen = each.inspection
        if not seen.sketch or connection.execute("SELECT 1 FROM version WHERE hash=?", (seen.sha256,)).fetchone():
            continue
        row = connection.execute(
            "SELECT document FROM source JOIN asset ON asset.id = source.document WHERE path=?",
            (os.fsencode(each.found.path),),
        ).fetchone()
        own = derived_id(Kind.IMAGE, workspace, seen.sha256)
        found = list(_found(connection, each, own))
        if row is None and stored:
            found += _just_before(each, before, workspace)
            before.setdefault(key_of(seen.sketch), []).append(each)
        known = [known for _, known in sorted(found, key=lambda pair: (pair[0], pair[1].document))]
        if known:
            yield Question(each, known[:MOST_COMPARED], row and row[0])


def _found(connection: Connection, arrival: Arrival, own: bytes) -> Iterator[tuple[int, Known]]:
    """The nearest pictures outside the bin whose proportions fit, each by its nearest version."""
    told = set[bytes]()
    for far, hash in sorted(near(connection, arrival.inspection.sketch)):
        rows = connection.execute(
            "SELECT asset.id FROM version JOIN asset USING (row) WHERE version.hash=? AND binned_at IS NULL", (hash,)
        ).fetchall()
        for (id,) in rows:
            if len(told) == MOST_COMPARED:
                return
            version = None if id in told or _is_other(connection, id, own) else version_with(connection, id, hash)
            if version is None or version.thumbnail is None:
                continue
            size = (version.width, version.height)
            if is_proportional(size, (arrival.inspection.width, arrival.inspection.height)):
                told.add(id)
                yield far, Known(id, bytes.fromhex(version.thumbnail), size, places_of(connection, id))


def _is_other(connection: Connection, id: bytes, own: bytes) -> bool:
    """Whether somebody said of a picture that it is not the one that a file would become."""
    found = "SELECT 1 FROM different JOIN asset USING (row) WHERE asset.id=? AND other=?"
    return connection.execute(found, (id, own)).fetchone() is not None


def _just_before(
    arrival: Arrival, before: Mapping[int, Sequence[Arrival]], workspace: bytes
) -> Iterator[tuple[int, Known]]:
    """Files of the same group, which have no rows yet. One that lies twice is one picture."""
    seen = arrival.inspection
    for each in (each for key in keys_near(seen.sketch) for each in before.get(key, ())):
        other = each.inspection
        size = (other.width, other.height)
        if other.sha256 == seen.sha256 or not is_proportional(size, (seen.width, seen.height)):
            continue
        far = distance(seen.sketch, other.sketch)
        if far is not None:
            small = next(blob.sha256 for blob in each.small if blob.role == "thumbnail")
            yield far, Known(derived_id(Kind.IMAGE, workspace, other.sha256), small, size)


def version_with(connection: Connection, id: bytes, hash: bytes) -> VersionValues | None:
    """The version of a picture that has these bytes."""
    versions = versions_of(image_values(read_values(connection, id)))
    return next((version for version in versions if version.blob == hash.hex()), None)


def places_of(connection: Connection, id: bytes) -> tuple[Place, ...]:
    rows = connection.execute("SELECT path, size FROM source WHERE document=? ORDER BY path", (id,))
    return tuple(Place(*row) for row in rows)


def is_proportional(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether the one may be the other made larger or smaller: to a pixel or two."""
    if not min(*one, *other):
        return False
    (small, large) = sorted((one, other))
    scale = small[0] / large[0]
    return abs(large[1] * scale - small[1]) <= 2 or abs(small[1] / large[1] * large[0] - small[0]) <= 2


def _gone(files: Files, questions: Sequence[Question], roots: Sequence[Path]) -> set[bytes]:
    """Those of the pictures whose own files are gone from everywhere they lay, as far as that can be known."""
    prefixes = tuple(map(below, roots))
    known = {each.document: each.places for question in questions for each in question.known}
    return {id for id, places in known.items() if places and all(_is_gone(files, place, prefixes) for place in places)}


def _is_gone(files: Files, place: Place, prefixes: tuple[bytes, ...]) -> bool:
    """Whether a file is not there while its folder is. An empty folder is a drive's mount point without its drive."""
    if b"\0" in place.path:
        return True  # another picture's file lies there (library/intake/sources.py)
    path = Path(os.fsdecode(place.path))
    try:
        facts = files.facts(path)
        if facts is not None:
            return facts.size != place.size
        return place.path.startswith(prefixes) or next(files.entries(path.parent), None) is not None
    except OSError:
        return False


def _verdicts(questions: Sequence[Question], gone: set[bytes], workspace: bytes) -> dict[bytes, Verdict]:
    """Each picture is joined by one file only: the next finds that the picture has a file again."""
    verdicts: dict[bytes, Verdict] = {}
    joined: dict[bytes, bytes] = {}  # the picture that a file would have been → the one it joined
    for each in questions:
        answered = [(joined.get(known.document, known.document), known, answer) for known, answer in each.answered()]
        fits = {document: (known, answer) for document, known, answer in answered if answer in FIT}
        if each.edits in fits:
            continue  # edited where it lies, by so little that it still looks the same
        seen = each.arrival.inspection
        document, (known, answer) = next(iter(fits.items()), (b"", (NOBODY, "other")))
        sure = len(fits) == 1 and answer == "same" and document in gone
        if sure and _is_of_size(known.size, (seen.width, seen.height)):
            gone.discard(document)
            joined[derived_id(Kind.IMAGE, workspace, seen.sha256)] = document
            verdicts[seen.sha256] = Verdict(document, known.places)
        elif each.edits is None:
            # What only comes near is worth a question where a file is missed.
            near = [document for document, _, answer in answered if answer == "near" and document in gone]
            if alike := tuple(dict.fromkeys([*fits, *near]))[:MOST_ASKED]:
                verdicts[seen.sha256] = Verdict(alike=alike)
    return verdicts


def _is_of_size(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return 1 / LARGEST_SCALE <= one[0] / other[0] <= LARGEST_SCALE


def is_still(connection: Connection, verdict: Verdict) -> bool:
    """Whether the picture that a file was found to be is as it was then: another import may have been quicker."""
    row = connection.execute("SELECT binned_at FROM asset WHERE id=?", (verdict.joins,)).fetchone()
    before, now = (
        {place.path.partition(b"\0")[0] for place in places}  # one that another picture's file has taken by now is one
        for places in (verdict.places, places_of(connection, verdict.joins or b""))
    )
    return row == (None,) and before == now
