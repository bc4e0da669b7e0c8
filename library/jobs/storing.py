"""Fetched pictures → blobs, documents and the end of their job, in one transaction.

Until then the bytes lie in the attempt's folder, so that a crash at any moment loses nothing that was paid for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from documents.draft import Draft
from documents.kinds import Kind, derived_id
from imaging.inspection import Facts, Inspection, InspectJob, Rejection
from library.editing.actions import take_out_of_bin
from library.editing.assets import LAST
from library.editing.standing import open_for_parts
from library.errors import LibraryError
from library.gathering import Found
from library.intake.arrivals import Arrival, blob_entries, blob_rows, pictures_with, small_of, write_version
from library.intake.landing import drop, landed
from library.intake.run import Inspect
from library.jobs.carrying import Carrying, Claimed
from library.jobs.models import PREVIEWS, Attempt, Failure, Output, Request, failure_of, told_of_several
from library.jobs.rows import attempt_of
from library.rows import put_blobs
from library.views.images import refresh_states
from library.views.projection import PROMPT
from library.workspace import Edit, Plan, Workspace
from store.database import Connection
from store.errors import StoreError
from store.waiting import to_the_end

MAKING = "making"  # a folder for each attempt whose pictures are not in the library yet
INTENT = "asset.generate"
MOST_NAME = 60
MOST_SAID = 200  # characters of a prompt that the history tells
CHANGED = ("changed_here", "its bytes changed on this disk")
log = logging.getLogger("gesso.storing")


class NoPicture(LibraryError):
    """What a provider gave is no picture that can be taken in. Its bytes stay where they are."""

    code = "job.no_picture"


def not_stored(error: Exception, path: str) -> Failure:
    """Why what lies ready in a folder is not in the library, and what helps."""
    found = failure_of(error)
    kinds = {"no_right": "job.not_stored.no_right", "damaged": "job.not_stored.damaged"}
    code = kinds.get(found.code, "job.not_stored")
    message = f"The picture is made and lies in {path}; the library did not take it: {error}"
    return Failure(code, message, {**found.params, "path": path, "why": str(error)})


class Kept(NamedTuple):
    """A picture of a job that was looked at."""

    output: Output
    arrival: Arrival


class Storing:
    """Puts the pictures of one workspace's jobs into its library."""

    def __init__(self, workspace: Workspace, inspect: Inspect, carrying: Carrying) -> None:
        self._workspace = workspace
        self._inspect = inspect
        self._carrying = carrying
        self._lies = False  # the folder of all attempts, durably

    def folder(self, attempt: bytes) -> Path:
        return self._workspace.folder / MAKING / attempt.hex()

    def make_folder(self, attempt: bytes) -> Path:
        """The folder of an attempt, empty of what an earlier try may have left."""
        files, place = self._workspace.surroundings.files, self.folder(attempt)
        if not self._lies:
            files.make_folder(place.parent)
        files.make_folder(place)
        for name in files.names(place):
            files.remove(place / name)
        files.sync_folders([place.parent] if self._lies else [self._workspace.folder, place.parent])
        self._lies = True
        return place

    def clear(self, attempt: bytes, some: Sequence[str] | None = None) -> None:
        """Remove an attempt's folder, or some of its files; what cannot be removed is in nobody's way."""
        files, place = self._workspace.surroundings.files, self.folder(attempt)
        try:
            for name in files.names(place) if some is None else some:
                files.remove(place / name)
            if some is None:
                files.remove_empty_folder(place)
        except (StoreError, OSError) as error:
            log.warning("the folder of a finished job could not be removed: %s", error)

    async def tidy(self) -> None:
        """Remove copies of pictures that are in the library: whoever was killed between their commit and this left
        them.
        """
        around = self._workspace.surroundings
        names = await around.in_thread(around.files.names, self._workspace.folder / MAKING)
        if not names:
            return

        def stored(connection: Connection) -> list[tuple[bytes, list[str] | None]]:
            found = list[tuple[bytes, list[str] | None]]()
            for name in names:
                attempt = _attempt_of(connection, name)
                if attempt is not None and attempt.state == "stored":
                    safe = [each.file for each in attempt.outputs if pictures_with(connection, each.sha256)]
                    found.append((attempt.id, safe if len(safe) < len(attempt.outputs) else None))
            return found

        for attempt, some in await self._workspace.database.read(stored):
            await around.in_thread(self.clear, attempt, some)

    async def store(self, claimed: Claimed) -> list[bytes]:
        """Take in what was fetched and end the job; gives the documents. NoPicture when there is none among it. What is
        none beside pictures stays where it lies, and the job says so.
        """
        kept, refused = await self._look(claimed)
        if not kept and refused:
            raise refused[0]
        async with landed(self._workspace, [each.arrival for each in kept]):
            documents = await to_the_end(self._settle(claimed, kept, refused))
        self.clear(claimed.attempt.id, [each.output.file for each in kept] if refused else None)
        return documents

    async def _look(self, claimed: Claimed) -> tuple[list[Kept], list[NoPicture]]:
        blobs, place = self._workspace.blobs, self.folder(claimed.attempt.id)
        outputs = claimed.attempt.outputs
        copies = [blobs.incoming() for _ in outputs]
        jobs = [InspectJob(path=place / each.file, copy_to=copy) for each, copy in zip(outputs, copies, strict=True)]
        seen = await self._inspect(jobs)
        kept, refused = list[Kept](), list[NoPicture]()
        for output, copy, answer in zip(outputs, copies, seen, strict=True):
            if isinstance(answer, Rejection) or answer.sha256 != output.sha256:
                drop(self._workspace.surroundings.files, [copy])
                why, reason = (answer.code, answer.reason) if isinstance(answer, Rejection) else CHANGED
                message = f"What the provider gave is no picture: {reason}"
                refused.append(NoPicture(message, path=str(place / output.file), reason=reason, rejected=why))
                continue
            found = Found(place / output.file, answer.size, 0, None)
            told = _told(claimed, output, answer)
            kept.append(Kept(output, Arrival(found, told, copy, small_of(told))))
        return kept, refused

    async def _settle(self, claimed: Claimed, kept: Sequence[Kept], refused: Sequence[NoPicture]) -> list[bytes]:
        workspace, documents = self._workspace, list[bytes]()
        arrivals = [each.arrival for each in kept]
        now = workspace.surroundings.clock.now()
        failure = _why(claimed.attempt.failure, len(kept), refused)

        def edits(connection: Connection) -> list[Edit]:
            documents.clear()
            documents.extend(self._place(connection, each.arrival.inspection) for each in kept)
            put_blobs(connection, [row for each in arrivals for row in blob_rows(each)])
            refresh_states(connection, [each.inspection.sha256 for each in arrivals])
            self._carrying.settle(connection, claimed, list(dict.fromkeys(documents)), now, failure)
            return [(document, _writer(claimed, each, now)) for document, each in zip(documents, kept, strict=True)]

        request = claimed.job.request
        plan = Plan(
            INTENT,
            {"name": name_for(request)[:200], "prompt": request.prompt[:MOST_SAID], "provider": claimed.job.provider},
            edits,
            entries=blob_entries(arrivals),
            action=lambda connection: open_for_parts(connection, claimed.job.batch),
        )
        await workspace.append(plan)
        subject = documents[0].hex() if len(documents) == 1 else "*"
        workspace.bus.publish("asset.added", subject, workspace.device.hex())
        self._carrying.told(claimed.job.id)
        return documents

    def _place(self, connection: Connection, seen: Inspection) -> bytes:
        """The picture that has these bytes already, or a new one."""
        known = pictures_with(connection, seen.sha256)
        return known[0] if known else derived_id(Kind.IMAGE, self._workspace.id, seen.sha256)


def _attempt_of(connection: Connection, folder: str) -> Attempt | None:
    """Whose folder it is; None where it is nobody's that can be read."""
    try:
        return attempt_of(connection, bytes.fromhex(folder))
    except (StoreError, ValueError) as error:
        log.warning("%s in %s is left as it is: %s", folder, MAKING, error)
        return None


def _why(before: Failure | None, kept: int, refused: Sequence[NoPicture]) -> Failure | None:
    """What is said of pictures that are none, together with what was said before of those that did not come, or were
    left out.
    """
    if not refused:
        return before
    found = failure_of(refused[0])
    more, lost = ((before.params if before else {}).get(name, "0") for name in ("more", "lost"))
    if before is None or not (more.isdecimal() and lost.isdecimal() and int(more) + int(lost)):
        return found
    several = told_of_several(kept, int(more), int(lost) + len(refused), str(refused[0]))
    assert several is not None
    return msgspec.structs.replace(several, params={**found.params, **several.params})


def _told(claimed: Claimed, output: Output, seen: Inspection) -> Inspection:
    """What was looked at, with how it was made as the request says it."""
    request, job = claimed.job.request, claimed.job
    seed = output.seed if output.seed is not None else request.seed
    facts = Facts(
        prompt=request.prompt,
        negative=request.negative or None,
        seed=None if seed is None else str(seed),
        model=request.model,
        tool=str(output.told.get("tool", job.provider)),
        parameters={
            **{name: value for name, value in seen.facts.parameters.items() if isinstance(value, (str, int, float))},
            **{name: _plain(value) for name, value in request.options.items() if name != PREVIEWS},
            **{name: _plain(value) for name, value in output.told.items() if name != "tool"},
            "width": request.width,
            "height": request.height,
        },
    )
    record = {"request": request, "provider": job.provider, "seed": seed, "told": output.told}
    written = {} if seen.raw is None else {"written": msgspec.json.decode(seen.raw)}
    raw = msgspec.json.encode({"gesso": record, **written}, order="sorted")
    return msgspec.structs.replace(seen, facts=facts, raw=raw)


def _plain(value: str | int | float | bool) -> str | int | float:
    return str(value).lower() if isinstance(value, bool) else value


def name_for(request: Request) -> str:
    """A file's name from the prompt's beginning; a picture is called by it until it gets a title."""
    words = " ".join("".join(c if c.isalnum() or c in " -_" else " " for c in request.prompt).split())
    stem = words[:MOST_NAME].rstrip() or "picture"
    return f"{stem}.{'jpg' if request.format == 'jpeg' else request.format}"


def _writer(claimed: Claimed, kept: Kept, now: int) -> Callable[[Draft], None]:
    job, arrival, name = claimed.job, kept.arrival, name_for(claimed.job.request)

    def write(draft: Draft) -> None:
        if f"{arrival.inspection.sha256.hex()}/blob" not in draft.values("versions"):
            write_version(draft, arrival.inspection, arrival.small, now, made="generated", name=name)
            draft.put_entry("sources", name, True)
        take_out_of_bin(draft)
        _file(draft, job.project, job.tags)
        if job.prompt is not None:
            draft.put_entry("links", f"{PROMPT}{job.prompt.hex()}", True)

    return write


def _file(draft: Draft, project: bytes | None, tags: Iterable[str]) -> None:
    """Into the project and under the tags that the job was begun with."""
    if project is not None and project.hex() not in draft.values("projects"):
        draft.put_entry("projects", project.hex(), LAST)
    for tag in tags:
        if not draft.values("tags").get(tag):
            draft.put_entry("tags", tag, True)
