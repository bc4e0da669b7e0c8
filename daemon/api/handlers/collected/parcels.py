"""Zip files of pictures that are delivered by a preset, for a browser to save."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from aiohttp import web

from daemon.api.answers import headers_of
from daemon.api.call import Call
from daemon.api.handlers.blobs import sent
from daemon.api.inputs import Name, Query, Selection, Strict
from daemon.errors import Refused
from library.catalog import BlobPlace
from library.tasks import Progress, Task

ParcelId = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$")]
ZIP = "application/zip"


class Packing(Strict, frozen=True):
    """Which pictures, some or those a query finds, and the export preset by id or name."""

    preset: Name
    assets: Selection | None = None
    q: Query | None = None


async def pack(call: Call, body: Packing) -> Task:
    """Deliver pictures into a zip file. The task's result tells of the pictures and, as `parcel`, of the file."""
    if body.assets is not None and body.q is not None:
        raise Refused(422, "invalid", "Give `assets` or `q`, not both.", errors=[("/q", "Not with `assets`.")])
    library = call.library
    preset = await library.presets.show(body.preset)

    async def work(progress: Progress) -> Any:
        return await library.parcels.pack(preset, progress, q=body.q, assets=body.assets)

    return call.house.tasks.start("export", work)


async def show(call: Call, id: ParcelId) -> web.StreamResponse:
    """The zip file, whole or a range; one of the last two until Gesso stops."""
    parcel = call.library.parcels.find(id)
    place = BlobPlace(parcel.path, ZIP, parcel.size)
    return await sent(call, place, id, headers_of("api-read"), parcel.name, lambda _: ZIP)


async def discard(call: Call, id: ParcelId) -> None:
    """Remove a zip file before others need its room."""
    await call.library.parcels.discard(id)
