"""Devices of a workspace."""

from __future__ import annotations

from typing import Annotated

import msgspec

from daemon.api.call import Call, House
from daemon.api.inputs import Name, Strict
from library.catalog import Library
from library.copies.models import OnlyThere
from library.models import Changed
from library.people.models import DeviceInfo, Removed

DeviceId = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$", description="A device's public key in hex.")]


class Device(DeviceInfo, frozen=True, kw_only=True):
    """A device, and how it stands to this one: whether it is connected, from where, when it was last heard of, how many
    segments it is known to lack, and how many are still to come from it; its originals and other blobs that this one
    has asked for.
    """

    connected: bool
    address: str
    last_seen: int | None
    behind: int
    coming: int
    asked: int


class DeviceList(msgspec.Struct, frozen=True):
    """All devices that were ever let in; `removed`: that this one was removed, as it was told."""

    devices: list[Device]
    removed: Removed | None = None


class DeviceChange(Strict, frozen=True):
    """What to call it."""

    name: Name


async def index(call: Call) -> DeviceList:
    """The devices of the workspace, this one first."""
    return DeviceList(told_devices(call.house, call.library), call.library.removals.own())


def told_devices(house: House, library: Library) -> list[Device]:
    sync, found = house.others.sync, []
    for each in library.people.devices():
        device = bytes.fromhex(each.id)
        session, known = sync.session(device), sync.addresses.of(device)
        shared = None if session is None else session.shared.get(library.workspace.id)
        found.append(
            Device(
                **msgspec.structs.asdict(each),
                connected=shared is not None,
                address="" if session is None else session.connection.address,
                last_seen=sync.now() if shared is not None else known.last_seen or None,
                behind=0 if shared is None else shared.exchange.progress.left,
                coming=0 if shared is None else shared.exchange.progress.coming,
                asked=0 if shared is None else shared.fetching.coming,
            )
        )
    return found


class Revoked(Changed, frozen=True, kw_only=True):
    """That it is, and what was nowhere else as far as this device knows: those originals are lost with it, unless it
    turns up again.
    """

    only_there: OnlyThere


async def only_there(call: Call, id: DeviceId) -> OnlyThere:
    """Which originals only that device has: what would be lost with it."""
    return await call.library.where.only_there(bytes.fromhex(id))


async def edit(call: Call, id: DeviceId, body: DeviceChange) -> Changed:
    """Rename it: one's own, or as an admin anybody's."""
    return await call.library.people.rename_device(bytes.fromhex(id), body.name)


async def revoke(call: Call, id: DeviceId) -> Revoked:
    """It is lost or given away: it is nobody's for ever, and gets nothing any more. With a new key of the workspace."""
    device = bytes.fromhex(id)
    lost = await call.library.where.only_there(device)
    done = await call.library.people.revoke_device(device)
    return Revoked(changed=done.changed, action=done.action, only_there=lost)
