"""How the picture of a running job looks by now: from memory, for whoever looks now, and kept by nobody."""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from daemon.api.answers import headers_of
from daemon.api.call import Call
from daemon.api.handlers.making.jobs import JobRef
from daemon.api.inputs import Strict

SMALL = "image/webp"  # written by a worker of ours


class PreviewQuery(Strict, frozen=True):
    """`number`: which preview was told of. A later one is given where there is one; it is there so that addresses
    differ.
    """

    number: Annotated[int, msgspec.Meta(ge=1, le=2**53)] | None = None


async def show(call: Call, id: JobRef, query: PreviewQuery) -> web.Response:
    """The latest preview of a running job, at most 512 pixels wide and high; 204 where there is none now."""
    job = call.library.queue.get(id)
    found = call.house.runner.preview(job.id) if job.state == "running" else None
    headers = {**headers_of("api-read"), "Content-Disposition": "inline"}
    if found is None:  # it has just ended, perhaps: no mistake of whoever was told of one
        return web.Response(status=204, headers=headers)
    return web.Response(body=found.data, content_type=SMALL, headers=headers)
