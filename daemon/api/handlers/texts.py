"""Texts that several people write at once."""

from __future__ import annotations

from typing import Annotated

import msgspec

from daemon.api.call import Call
from daemon.api.inputs import Hex16, Strict, Text
from daemon.errors import Refused
from library.editing.live.texts import Shared

Step = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]


class TextStep(Strict, frozen=True):
    """A text as it reads in somebody's field, and as it `was` when they had read it last. `sitting`: the action that
    all steps since they began to write are; `step`: which of them this is.
    """

    document: Hex16
    field: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    text: Text
    was: Text
    sitting: Hex16 | None = None
    step: Step | None = None


async def write(call: Call, body: TextStep) -> Shared:
    """Write a step of a shared text, and read what it comes to; `text` as it `was` only reads."""
    if body.step is not None and body.sitting is None:
        raise Refused(422, "invalid", "A step is one of a sitting.", errors=[("/step", "Goes with `sitting`.")])
    return await call.library.texts.write(
        body.document, body.field, body.text, body.was, sitting=body.sitting, step=body.step
    )
