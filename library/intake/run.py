"""One import under way: groups of files are looked at, stored, judged, and settle by one transaction for each part."""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from documents.draft import Draft
from documents.kinds import Kind, derived_id
from imaging.inspection import Inspection, InspectJob, Rejection
from library.editing.actions import take_out_of_bin
from library.editing.assets import LAST
from library.editing.parts import CAME, EDITED, FOUND, KNOWN, PARTS
from library.editing.standing import open_for_parts
from library.errors import DiskFull, LibraryError
from library.gathering import Found, failure, file_name, readable
from library.intake.arrivals import (
    Arrival,
    blob_entries,
    blob_rows,
    made_at,
    pictures_with,
    small_of,
    write_facts,
    write_lineage,
    write_version,
)
from library.intake.landing import drop, landed
from library.intake.matching import NOTHING, Matching, Verdict, is_still
from library.intake.sketches import Sketched, note_alike, put_sketches
from library.intake.sources import keep_displaced, note_missing, replace_reference
from library.models import ImportFailure
from library.pipeline import Before
from library.rows import put_blobs, put_reference, put_source
from library.views.images import refresh_states
from library.views.projection import has_more
from library.views.versions import keep_name, restore_version
from library.workspace import Edit, Plan, Workspace, translated
from store.database import Connection
from store.errors import StoreError
from store.waiting import to_the_end

log = logging.getLogger("gesso.ingest")
Inspect = Callable[[Sequence[InspectJob]], Awaitable[list[Inspection | Rejection]]]


class Means(NamedTuple):
    """What all imports of a workspace work with."""

    workspace: Workspace
    inspect: Inspect
    matching: Matching


@dataclass
class Tally:
    """What an import has done so far."""

    imported: int = 0
    duplicates: int = 0
    versions: int = 0
    rejoined: int = 0
    alike: int = 0
    failed: list[ImportFailure] = field(default_factory=list)
    assets: list[str] = field(default_factory=list)


class Run:
    """One import under way."""

    def __init__(
        self,
        means: Means,
        tally: Tally,
        action: bytes,
        reference: bool,
        project: str | None,
        dry_run: bool,
        watched: bytes | None,
    ) -> None:
        self.workspace = means.workspace
        self.inspect = means.inspect
        self.tally = tally
        self.action = action
        self.reference = reference
        self.project = project
        self.dry_run = dry_run
        self.watched = watched
        self.name: str | None = None  # of an upload, whose file has none
        self.matching = means.matching
        self.left: list[Found] = []  # for which there was no room yet
        self.roots: Sequence[Path] | None = None  # folders that are looked through; None for an upload, which has none

    async def look_where_room(self, group: Sequence[Found]) -> list[Arrival]:
        """`look`: at all of the group where the disk can take it, else at as many files at a time as it can. One that
        it cannot take beside what is under way is left over.
        """
        if self.dry_run:
            return await self.look(group)
        rest, arrivals = list(group), list[Arrival]()
        try:
            while rest:
                count = self.workspace.room.fitting([self._size(each) for each in rest])
                if count:
                    arrivals += await self.look(rest[:count])
                else:
                    self.left.append(rest[0])
                rest = rest[count or 1 :]
        except BaseException:
            self.drop(arrivals)
            raise
        return arrivals

    async def bring_in_left(self) -> None:
        """Take in, the smallest first, what was left over and fits now that nothing is under way; refuse the rest."""
        for each in sorted(self.left, key=self._size):
            try:
                with self.workspace.room.taking(self._size(each)):
                    pass
            except StoreError as error:
                self._refuse([each.path], error)
            else:
                await self.commit(await self.look([each]), _at_once)

    def _size(self, found: Found) -> int:
        return 0 if self.reference else found.size

    async def look(self, group: Sequence[Found]) -> list[Arrival]:
        """Have the files looked at; the ones that are refused go into the report."""
        keep = self.reference or self.dry_run
        copies = [None if keep else self.workspace.blobs.incoming() for _ in group]
        jobs = [
            InspectJob(path=each.path, copy_to=copy, sidecar=each.sidecar)
            for each, copy in zip(group, copies, strict=True)
        ]
        arrivals = []
        try:
            answers = await self.inspect(jobs)
        except BaseException:
            self._remove(copies)
            raise
        for found, copy, answer in zip(group, copies, answers, strict=True):
            if isinstance(answer, Rejection):
                self.tally.failed.append(failure(found.path, answer.code, answer.reason))
            else:
                arrivals.append(Arrival(found, answer, copy, small_of(answer)))
        return arrivals

    def drop(self, arrivals: Sequence[Arrival]) -> None:
        """Remove the copies of a group that will not be committed."""
        self._remove(each.copy for each in arrivals)

    async def commit(self, arrivals: Sequence[Arrival], before: Before) -> None:
        """Make a group durable: first the bytes, then, once the group before has settled, one transaction with its
        segments and rows. Cancelled before that begins, nothing of the group stays; later, all of it does.
        """
        if not arrivals:
            await before()
            return
        if self.dry_run:
            await before()
            verdicts = await self.matching.judge(arrivals, self.roots, stored=False)
            await self.workspace.database.read(lambda connection: self._count(connection, arrivals, verdicts))
            return
        placed: dict[int, bytes] = {}  # documents by file, to be told in the files' order
        try:
            async with landed(self.workspace, arrivals):
                await before()
                verdicts = await self.matching.judge(arrivals, self.roots, stored=True)
                parts = await self._apart(arrivals, verdicts)
                await to_the_end(self._settle_all(parts, verdicts, placed))
        except (LibraryError, StoreError) as error:
            known = translated(error) if isinstance(error, StoreError) else error
            if isinstance(known, DiskFull):
                self.workspace.room.give_back()
            self._refuse([each.found.path for each in arrivals if id(each) not in placed], known)
        finally:
            self.tally.assets += [placed[id(each)].hex() for each in arrivals if id(each) in placed]

    async def _settle_all(
        self, parts: Sequence[tuple[str, list[Arrival]]], verdicts: Mapping[bytes, Verdict], placed: dict[int, bytes]
    ) -> None:
        """Settle each part of a group and note in `placed` what has come to its place, also when a later part fails."""
        for intent, part in parts:
            documents = await self._settle(intent, part, verdicts)
            placed |= {id(each): document for each, document in zip(part, documents, strict=True)}

    def _refuse(self, paths: Iterable[Path], error: LibraryError | StoreError) -> None:
        known = translated(error) if isinstance(error, StoreError) else error
        params = known.params if isinstance(known, DiskFull) else {}
        self.tally.failed += [failure(path, known.code, str(known), **params) for path in paths]

    def _remove(self, places: Iterable[Path | None]) -> None:
        drop(self.workspace.surroundings.files, (place for place in places if place is not None))

    async def _apart(
        self, arrivals: Sequence[Arrival], verdicts: Mapping[bytes, Verdict]
    ) -> list[tuple[str, list[Arrival]]]:
        """Files by what they are, which segments tell: the intent and its files. What was edited comes first: only
        then is another file with the same bytes known.
        """
        outcomes = await self.workspace.database.read(lambda connection: self._outcomes(connection, arrivals, verdicts))
        parts: dict[str, list[Arrival]] = {EDITED: [], CAME: [], FOUND: [], KNOWN: []}
        intents = {outcome: intent for intent, outcome in PARTS.items()}
        for each, outcome in zip(arrivals, outcomes, strict=True):
            joins = verdicts.get(each.inspection.sha256, NOTHING).joins is not None  # also its second copy
            parts[FOUND if joins and outcome == "duplicates" else intents[outcome]].append(each)
        return [(intent, part) for intent, part in parts.items() if part]

    async def _settle(self, intent: str, arrivals: Sequence[Arrival], verdicts: Mapping[bytes, Verdict]) -> list[bytes]:
        """One transaction; gives the document of each file."""
        outcomes: list[tuple[str, bytes]] = []

        def edits(connection: Connection) -> list[Edit]:
            outcomes.clear()
            writes = []
            begun: dict[bytes, bytes] = {}  # within this group: hash → document
            replaced: list[bytes] = []
            for each in arrivals:
                verdict = verdicts.get(each.inspection.sha256, NOTHING)
                document, outcome, before = self._place(connection, each, begun, verdict)
                outcomes.append((outcome, document))
                replaced += self._note_rows(connection, each, document)
                takes_over = False
                if outcome == "rejoined":
                    note_missing(connection, [place.path for place in verdict.places])
                    takes_over = has_more(connection, (each.inspection.width, each.inspection.height), document)
                writes.append((document, self._writer(each, outcome, before, takes_over)))
                if outcome == "imported":
                    note_alike(connection, document, verdict.alike, self.workspace.surroundings.clock.now())
            put_sketches(connection, [Sketched(each.inspection.sha256, each.inspection.sketch) for each in arrivals])
            put_blobs(connection, [row for each in arrivals for row in blob_rows(each)])
            # A picture that was offline or missing is here again, one whose file holds other bytes now is not, though
            # nothing in their documents changes.
            again = [
                each.inspection.sha256 for each, (how, _) in zip(arrivals, outcomes, strict=True) if how != "imported"
            ]
            refresh_states(connection, [*again, *replaced])
            return writes

        first = self.name or readable(Path(arrivals[0].found.path.name))
        plan = Plan(
            intent,
            {"name": first[:200]},
            edits,
            entries=blob_entries(arrivals),
            action=lambda connection: open_for_parts(connection, self.action),
        )
        await self.workspace.append(plan)
        for outcome, _ in outcomes:
            setattr(self.tally, outcome, getattr(self.tally, outcome) + 1)
        for each, (outcome, _) in zip(arrivals, outcomes, strict=True):
            alike = outcome == "imported" and verdicts.get(each.inspection.sha256, NOTHING).alike
            self.tally.alike += bool(alike)
        subject = outcomes[0][1].hex() if len(outcomes) == 1 else "*"
        news = "asset.added" if intent == CAME else "asset.changed"
        self.workspace.bus.publish(news, subject, self.workspace.device.hex())
        return [document for _, document in outcomes]

    def _place(
        self, connection: Connection, each: Arrival, begun: dict[bytes, bytes], verdict: Verdict
    ) -> tuple[bytes, str, bytes | None]:
        """The document an arrival belongs to and what it is there: new, known bytes, a new version of its path, with
        the bytes that lay there before, or a picture that is here, saved again.
        """
        sha256 = each.inspection.sha256
        if sha256 in begun:
            return begun[sha256], "duplicates", None
        known = pictures_with(connection, sha256)
        row = connection.execute(
            "SELECT document, source.hash FROM source JOIN asset ON asset.id = source.document"
            " WHERE path=? AND source.hash<>?",
            (os.fsencode(each.found.path), sha256),
        ).fetchone()
        if known and (row is None or row[0] not in known):
            return known[0], "duplicates", None
        if verdict.joins is not None and is_still(connection, verdict):
            begun[sha256] = verdict.joins
            return verdict.joins, "rejoined", None
        document = row[0] if row is not None else derived_id(Kind.IMAGE, self.workspace.id, sha256)
        begun[sha256] = document
        return (document, "imported", None) if row is None else (document, "versions", row[1])

    def _count(self, connection: Connection, arrivals: Sequence[Arrival], verdicts: Mapping[bytes, Verdict]) -> None:
        for each, outcome in zip(arrivals, self._outcomes(connection, arrivals, verdicts), strict=True):
            verdict = verdicts.get(each.inspection.sha256, NOTHING)
            self.tally.alike += bool(outcome == "imported" and verdict.alike)
            setattr(self.tally, outcome, getattr(self.tally, outcome) + 1)

    def _outcomes(
        self, connection: Connection, arrivals: Sequence[Arrival], verdicts: Mapping[bytes, Verdict]
    ) -> list[str]:
        begun: dict[bytes, bytes] = {}
        judged = [(each, verdicts.get(each.inspection.sha256, NOTHING)) for each in arrivals]
        return [self._place(connection, each, begun, verdict)[1] for each, verdict in judged]

    def _note_rows(self, connection: Connection, each: Arrival, document: bytes) -> list[bytes]:
        """Note where an arrival lies; gives what was kept in place there and is gone."""
        seen, replaced = each.inspection, list[bytes]()
        if self.name is not None:
            return replaced
        path = os.fsencode(each.found.path)
        if each.copy is None:
            replaced = replace_reference(connection, path, seen.sha256)
            put_reference(connection, path, seen.sha256, seen.size, each.found.mtime, "here")
        keep_displaced(connection, path, document)
        put_source(connection, path, document, seen.sha256, each.found.size, each.found.mtime, self.watched)
        return replaced

    def _writer(self, each: Arrival, outcome: str, before: bytes | None, takes_over: bool) -> Callable[[Draft], None]:
        name = self.name or readable(Path(each.found.path.name))
        now = self.workspace.surroundings.clock.now()
        # An edited or saved again picture still says when the first one was taken.
        at = made_at(each, now) if outcome == "imported" else min(now, each.found.mtime // 1_000_000)

        def write(draft: Draft) -> None:
            if outcome == "versions" and f"{each.inspection.sha256.hex()}/blob" in draft.values("versions"):
                restore_version(draft, each.inspection.sha256.hex(), now)  # the file was put back to what it was
            elif outcome == "rejoined":
                write_version(draft, each.inspection, each.small, at, name=name, current=takes_over)
            elif outcome != "duplicates":
                write_version(draft, each.inspection, each.small, at, before, name=name)
                if outcome == "imported":
                    write_lineage(draft, each.inspection.lineage)
            elif each.found.sidecar is not None and draft.scalar("prompt") is None:
                write_facts(draft, each.inspection, each.small)
            # A file system may spell a name otherwise than the one that the file came from first.
            if outcome != "rejoined" and file_name(name) not in map(file_name, draft.values("sources")):
                if outcome != "imported":
                    keep_name(draft)
                draft.put_entry("sources", name, True)
            if self.watched is None:
                take_out_of_bin(draft)
            if self.project is not None and self.project not in draft.values("projects"):
                draft.put_entry("projects", self.project, LAST)

        return write


async def _at_once() -> None:
    """Before a group that follows none."""
