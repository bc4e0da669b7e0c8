"""Pictures coming in: by path on this device, or as uploaded bytes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal, get_args

import msgspec

from daemon.api.call import Call, too_large
from daemon.api.handlers.care import absolute
from daemon.api.inputs import Hex16, Place, Strict
from daemon.errors import Refused
from imaging.inspection import Code
from imaging.reading import MAX_SIDECAR
from library.errors import LibraryError
from library.tasks import Progress, Task

FLUSH_BYTES = 1024 * 1024


class Import(Strict, frozen=True):
    """Files and folders; `reference` leaves them in place, `dry_run` only says what would happen."""

    paths: Annotated[list[Place], msgspec.Meta(min_length=1, max_length=10_000)]
    reference: bool = False
    project: Hex16 | None = None
    dry_run: bool = False


class UploadQuery(Strict, frozen=True):
    """The file's own name, the project it goes to, the action that files dropped together share, when the file was
    last modified (without it the picture counts as made now), and how many bytes of a text that lay beside the picture
    stand before it in the body.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
    project: Hex16 | None = None
    action: Hex16 | None = None
    modified: Annotated[int, msgspec.Meta(ge=0, lt=1 << 53, description="Milliseconds since 1970.")] | None = None
    beside: Annotated[int, msgspec.Meta(ge=0, le=MAX_SIDECAR, description="Bytes of a text.")] | None = None


class Uploaded(msgspec.Struct, frozen=True):
    """Which picture it is now, whether it was new, and of a new one whether it looks like a picture that is here."""

    asset: str
    outcome: Literal["imported", "duplicate"]
    alike: bool


async def begin(call: Call, body: Import) -> Task:
    """Import from paths; the task's result is an ImportReport."""
    ingest = call.library.ingest
    paths = [absolute(path, f"/paths/{index}") for index, path in enumerate(body.paths)]
    action = None if body.dry_run else ingest.new_action()

    def check() -> None:
        for path in paths:
            call.house.workspaces.check_outside(path, Path.resolve, around=True)

    await asyncio.to_thread(check)

    async def work(progress: Progress) -> Any:
        return await ingest.import_paths(
            paths,
            reference=body.reference,
            project=body.project,
            dry_run=body.dry_run,
            progress=progress,
            action=action,
        )

    return call.house.tasks.start("import", work, action=action)


async def upload(call: Call, query: UploadQuery) -> Uploaded:
    """Import one picture from the request's bytes."""
    ingest = call.library.ingest
    with ingest.upload_place(call.request.content_length or 0) as place:
        try:
            text = await _receive(call, place, query.beside)
            action = bytes.fromhex(query.action) if query.action else None
            result = await ingest.upload(place, query.name, query.project, action, query.modified, text)
        except LibraryError as error:
            if error.code not in get_args(Code):
                raise
            # The picture is at fault, not the library: the codes are those of an import's report.
            status = 507 if error.code == "disk_full" else 422
            raise Refused(status, error.code, str(error), hint=error.hint, params=error.params) from error
        finally:
            await asyncio.to_thread(place.unlink, missing_ok=True)
    return msgspec.convert(result, Uploaded)


async def _receive(call: Call, place: Path, beside: int | None) -> bytes | None:
    """The picture into a private file, a megabyte at a time, off the loop's thread; gives the text before it."""
    limit = call.house.settings().api.upload_bytes
    if (call.request.content_length or 0) > limit:
        raise too_large(limit)
    pieces = call.pieces(limit)
    text, waiting = await _begun(pieces, beside or 0)
    with await asyncio.to_thread(_create, place) as file:
        async for piece in pieces:
            waiting += piece
            if len(waiting) >= FLUSH_BYTES:
                await asyncio.to_thread(file.write, bytes(waiting))
                waiting.clear()
        await asyncio.to_thread(file.write, bytes(waiting))
    return None if beside is None else text


async def _begun(pieces: AsyncIterator[bytes], size: int) -> tuple[bytes, bytearray]:
    """So many bytes of a body, and what of the rest came with them."""
    came = bytearray()
    while len(came) < size:
        piece = await anext(pieces, None)
        if piece is None:
            raise Refused(400, "text_cut_off", f"The body has {len(came)} bytes, its text should have {size}.")
        came += piece
    return bytes(came[:size]), came[size:]


def _create(place: Path) -> BinaryIO:
    return os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")
