"""Paths or bytes → blobs, documents and rows: how a picture enters the library.

Looking at pictures happens in worker processes (`inspect` is passed in) while the group before is committed. One import
is one action; each group of files is one commit, and what was committed stays when the rest fails.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Any

from documents.kinds import Kind
from library.editing.actions import read_id
from library.errors import DiskFull, LibraryError, Suspect
from library.gathering import Found, endings, gather, readable
from library.intake.landing import drop
from library.intake.matching import Comparer, Matching
from library.intake.run import Inspect, Means, Run, Tally
from library.intake.sources import looked_through
from library.models import ImportReport
from library.pipeline import grouped, pipelined
from library.tasks import Progress, no_progress
from library.workspace import Workspace, translated
from store.errors import StoreError
from store.files import FileFacts
from store.waiting import to_the_end

GROUP, GROUP_BYTES = 128, 64 * 1024 * 1024  # the most files of one commit, and their bytes


class Ingest:
    """Imports into one workspace."""

    def __init__(self, workspace: Workspace, inspect: Inspect, comparer: Comparer | None = None) -> None:
        self._workspace = workspace
        self._means = Means(workspace, inspect, Matching(workspace, comparer))
        self._turn = asyncio.Lock()  # uploads are judged one after the other: two that come at once may look the same
        self._read: set[tuple[Path, FileFacts]] = set()  # texts that were looked at again, as they lay there

    async def import_paths(
        self,
        paths: Sequence[Path],
        *,
        reference: bool = False,
        project: str | None = None,
        dry_run: bool = False,
        progress: Progress = no_progress,
        watched: bytes | None = None,
        action: bytes | None = None,
    ) -> ImportReport:
        """Import files and folders; every file that could not be imported is in the report with its reason. `action`:
        the id of what it does in the timeline, by default a fresh one.
        """
        clock = self._workspace.surroundings.clock
        begun = clock.elapsed()
        if project is not None:
            read_id(project, Kind.PROJECT)
        surroundings = self._workspace.surroundings
        found, failed, others = await surroundings.in_thread(gather, paths, surroundings.files, watched is None)
        tally = Tally(failed=failed)
        action = action or self.new_action()
        fresh = [each for each in found if not await self._known(each, tally, watched is not None)]
        run = Run(self._means, tally, action, reference, project, dry_run, watched)
        run.roots = await surroundings.in_thread(looked_through, surroundings.files, self._root(watched) or paths)
        progress(len(found) - len(fresh), len(found), None)
        cuts = grouped([each.size for each in fresh], GROUP, GROUP_BYTES)
        groups = (fresh[cut.start : cut.stop] for cut in cuts)
        done = len(found) - len(fresh)
        async with aclosing(pipelined(groups, run.look_where_room, run.commit, run.drop)) as looked:
            async for group in looked:
                done += len(group)
                progress(done, len(found), readable(group[-1].path))
        await run.bring_in_left()
        return ImportReport(
            imported=tally.imported,
            duplicates=tally.duplicates,
            versions=tally.versions,
            rejoined=tally.rejoined,
            alike=tally.alike,
            others=endings(others),
            failed=tally.failed,
            assets=list(dict.fromkeys(tally.assets)),
            seconds=round(clock.elapsed() - begun, 3),
        )

    def new_action(self) -> bytes:
        return self._workspace.surroundings.random.randbytes(16)

    async def upload(
        self,
        place: Path,
        name: str,
        project: str | None = None,
        action: bytes | None = None,
        modified: int | None = None,
        beside: bytes | None = None,
    ) -> dict[str, Any]:
        """Import bytes that were written to a place of `upload_place`; the place is used up. `modified`: when the file
        that they come from was, in milliseconds since 1970; now where that is not known. `beside`: the bytes of the
        text that lay beside it.
        """
        files = self._workspace.surroundings.files
        facts = files.facts(place)
        when = self._workspace.surroundings.clock.now() if modified is None else modified
        text = None if beside is None else self._workspace.blobs.incoming()
        found = Found(place, facts.size if facts else 0, when * 1_000_000, text)
        tally = Tally()
        run = Run(self._means, tally, action or self.new_action(), False, project, False, None)
        run.name = Path(name.replace("\\", "/")).name or "picture"
        try:
            if text is not None and beside is not None:
                await to_the_end(self._workspace.surroundings.in_thread(files.write, text, beside))
            arrivals = await run.look([found])
            async with AsyncExitStack() as turn:
                await run.commit(arrivals, lambda: turn.enter_async_context(self._turn))
        finally:
            drop(files, [place] if text is None else [place, text])
        if tally.failed:
            bad = tally.failed[0]
            kind = next((each for each in (DiskFull, Suspect) if each.code == bad.code), LibraryError)
            raise kind(bad.reason, code=bad.code, path=name, **bad.params)
        outcome = "imported" if tally.imported else "duplicate"
        return {"asset": tally.assets[0], "outcome": outcome, "alike": bool(tally.alike)}

    @contextlib.contextmanager
    def upload_place(self, size: int) -> Iterator[Path]:
        """A fresh path for `upload` of so many bytes; DiskFull when there is too little room for them."""
        try:
            with self._workspace.room.taking(size):
                yield self._workspace.blobs.incoming()
        except StoreError as error:
            raise translated(error) from error

    async def _known(self, found: Found, tally: Tally, watched: bool) -> bool:
        """Whether this path was imported as it lies there and is here. Naming a binned picture brings it back; that a
        watched folder still holds it does not. One that nothing is known of is looked at again once a text lies beside.
        """
        row = self._workspace.database.read_now(
            lambda connection: connection.execute(
                "SELECT document, prompt FROM source JOIN asset ON asset.id = source.document"
                " WHERE path=? AND size=? AND mtime=? AND (binned_at IS NULL OR ?)"
                " AND NOT EXISTS(SELECT 1 FROM reference AS r LEFT JOIN blob AS b ON b.hash = r.hash"
                "  WHERE r.path = source.path AND r.state <> 'here' AND b.here IS NOT 1)",
                (os.fsencode(found.path), found.size, found.mtime, watched),
            ).fetchone()
        )
        if row is None or (row[1] is None and found.sidecar is not None and self._is_news(found.sidecar)):
            return False
        tally.duplicates += 1
        tally.assets.append(row[0].hex())
        return True

    def _root(self, watched: bytes | None) -> list[Path]:
        """The folder that is watched, whichever of its files just changed."""
        rows = self._workspace.database.read_now(
            lambda connection: connection.execute("SELECT path FROM watched WHERE id=?", (watched,)).fetchall()
        )
        return [Path(os.fsdecode(path)) for (path,) in rows]

    def _is_news(self, text: Path) -> bool:
        """Whether a text lies there otherwise than when it was last looked at in this run."""
        try:
            facts = self._workspace.surroundings.files.facts(text)
        except OSError:
            return False
        if facts is None or (text, facts) in self._read:
            return False
        self._read.add((text, facts))
        return True
