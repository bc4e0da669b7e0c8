"""What an exchange with other devices would do, having it now, and what it came to."""

from __future__ import annotations

from typing import Annotated

import msgspec

from daemon.api.call import Call
from daemon.errors import Refused
from library.people.models import Removed
from library.planning.models import Receipt, SyncPlan
from sync.planning import others_of, plan, scene

PlanId = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$", description="The id of a plan.")]


class ExchangeBegun(msgspec.Struct, frozen=True):
    """The names of the devices that exchange with this one now, and of those that are tried again at once. `removed`:
    this device was removed from the workspace, as it was told; whether that is still so is asked at once.
    """

    connected: list[str]
    away: list[str]
    removed: Removed | None = None


async def foresee(call: Call) -> SyncPlan:
    """What an exchange with the other devices would do now, by asking them; also while it is paused."""
    return await plan(call.house.others.sync, call.library)


async def receipt(call: Call, id: PlanId) -> Receipt:
    """How what is here compares with a plan of this run of the daemon, each difference with why."""
    return await call.library.plans.receipt(id, scene(call.house.others.sync))


async def now(call: Call) -> ExchangeBegun:
    """Exchange now: devices that are not connected are tried at once; 409 `peers_paused` or `peers_offline`."""
    sync, library = call.house.others.sync, call.library
    if sync.offline.on:
        raise Refused(409, "peers_offline", "Gesso is offline: it reaches no other device.")
    if sync.addresses.paused:
        raise Refused(409, "peers_paused", "The exchange with other devices is paused.", hint="gesso sync resume")
    sync.hurry()
    connected, away = list[str](), list[str]()
    for device in others_of(sync, library):
        (away if sync.session(device) is None else connected).append(library.device_name(device))
    return ExchangeBegun(connected, away, library.removals.own())
