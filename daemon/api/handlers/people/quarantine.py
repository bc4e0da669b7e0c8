"""What was written without the right to, and what an admin says to it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from daemon.api.call import Call
from daemon.api.inputs import Strict
from library.models import Changed
from library.people.models import Quarantined

Device = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$", description="A device's public key in hex.")]


class QuarantineList(msgspec.Struct, frozen=True):
    """One entry per device that wrote something, the latest first."""

    quarantine: list[Quarantined]


class QuarantineDecision(Strict, frozen=True):
    """What to do with all that waits of one device."""

    device: Device
    decision: Literal["accept", "discard"]


async def index(call: Call) -> QuarantineList:
    """What waits for a decision. Nothing of it has any effect, and nothing of it is lost."""
    return QuarantineList([*await call.library.quarantine.list()])


async def decide(call: Call, body: QuarantineDecision) -> Changed:
    """Accept: it counts from now on, on every device. Discard: it is off the list. Both take an admin."""
    quarantine = call.library.quarantine
    return await (quarantine.accept if body.decision == "accept" else quarantine.discard)(body.device)
