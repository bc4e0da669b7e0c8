"""What tabs of browsers write in Create and have not asked for yet, so that it outlives a killed browser."""

from __future__ import annotations

from typing import Annotated

import msgspec

from daemon.api.call import Call
from daemon.api.inputs import Hex16, Strict
from library.jobs import drafts

MOST = 200_000  # characters of one draft
BODY_BYTES = 2 << 20


class Draft(msgspec.Struct, frozen=True):
    """`text` as the page wrote it, at `time`, in ms since 1970."""

    tab: str
    time: int
    text: str


class Drafts(msgspec.Struct, frozen=True):
    """The drafts of the last few tabs, the latest first."""

    drafts: list[Draft]


class Written(Strict, frozen=True):
    """A draft; the daemon does not look into its `text`."""

    time: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    text: Annotated[str, msgspec.Meta(max_length=MOST)]


async def index(call: Call) -> Drafts:
    """What was being written."""
    return Drafts([Draft(each.tab, each.time, each.text) for each in await call.library.drafts.kept()])


async def put(call: Call, tab: Hex16, body: Written) -> None:
    """Keep what a tab writes, in place of what it wrote before; of this device alone, and without history."""
    await call.library.drafts.put(drafts.Draft(tab, body.time, body.text))
