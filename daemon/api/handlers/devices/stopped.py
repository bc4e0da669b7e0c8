"""Devices that deleted or replaced too many pictures at once: what is asked of a person, and the answer."""

from __future__ import annotations

from typing import Literal

import msgspec

from daemon.api.call import Call
from daemon.api.inputs import Hex16, Strict
from library.replica.stops import StopDecided, StoppedDevice


class StoppedList(msgspec.Struct, frozen=True):
    """Those that wait for a decision, then the latest decided."""

    stopped: list[StoppedDevice]


class StopDecision(Strict, frozen=True):
    """`approve` lets through what was put aside; `reject` does too, and gives every picture back, for everybody;
    `revert` gives back later what was approved.
    """

    id: Hex16
    decision: Literal["approve", "reject", "revert"]


async def index(call: Call) -> StoppedList:
    """Which devices were stopped, over how many pictures, with some of them."""
    return StoppedList([*await call.library.stops.list()])


async def decide(call: Call, body: StopDecision) -> StopDecided:
    """Let a stopped device's segments through, or give its pictures back."""
    stops = call.library.stops
    ways = {"approve": stops.approve, "reject": stops.reject, "revert": stops.revert}
    return await ways[body.decision](body.id)
