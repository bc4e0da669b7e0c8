"""How the picture of a running job looks by now: from memory, for whoever looks now, and kept by nobody."""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from daemon.api.answers import headers_of
from daemon.api.call import Call
from daemon.api.handlers.making.jobs import JobRef
from daemon.api.inputs import Strict
from library.errors import NotFound

SMALL = "image/webp"  # written by a worker of ours


class PreviewQuery(Strict, frozen=True):
    """`number`: which preview was told of. A later one is given where there is one; it is there so that addresses
    differ.
    """

    number: Annotated[int, msgspec.Meta(ge=1, le=2**53)] | None = None


async def show(call: Call, id: JobRef, query: PreviewQuery) -> web.Response:
    """The latest preview of a running job, at most 512 pixels wide and high; 404 where there is none."""
    job = call.library.queue.get(id)
    found = call.house.runner.preview(job.id)
    if found is None:
        raise NotFound("This job shows no preview now.", code="no_preview")
    headers = {**headers_of("api-read"), "Content-Disposition": "inline"}
    return web.Response(body=found.data, content_type=SMALL, headers=headers)
