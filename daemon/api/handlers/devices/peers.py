"""How other devices are reached, over all workspaces."""

from __future__ import annotations

from typing import Literal

import msgspec

from daemon.api.call import Call, House
from daemon.api.handlers.devices.limits import Held, Limits, held, limits
from daemon.api.handlers.devices.pairing import Address
from daemon.api.inputs import Strict
from daemon.errors import Refused
from sync.network import Looking


class Way(msgspec.Struct, frozen=True):
    """An address that may lead to a device, whether a person gave it, who was there, and why it does not now."""

    address: str
    added: bool
    device: str
    problem: Literal["", "unreachable", "stranger"]


class Connected(msgspec.Struct, frozen=True):
    """A device that is connected: since when, from where, and the bytes that went each way. `held`: why this device
    gives it no originals · `holds`: why it gives none itself.
    """

    device: str
    name: str
    address: str
    since: int
    sent: int
    received: int
    workspaces: list[str]
    held: Held
    holds: Held


class Peers(msgspec.Struct, frozen=True):
    """How this device stands in its networks: its addresses for others, whether it looks for them, whom it reached, and
    what may go to them now.
    """

    paused: bool
    offline: bool
    port: int
    addresses: list[str]
    looking: Looking
    problem: str
    connected: list[Connected]
    ways: list[Way]
    limits: Limits


class NewAddress(Strict, frozen=True):
    """Where a device is."""

    address: Address


class PeersChange(Strict, frozen=True):
    """Whether to exchange with other devices at all."""

    paused: bool


async def index(call: Call) -> Peers:
    """Who is connected, and where else devices may be."""
    return told(call.house)


async def add(call: Call, body: NewAddress) -> Peers:
    """An address of another device: it is tried at once, and from now on."""
    call.house.others.sync.add(body.address)
    return told(call.house)


async def remove(call: Call, address: Address) -> Peers:
    """Try it no longer."""
    if not call.house.others.sync.remove(address):
        raise Refused(404, "no_address", f"{address} is not among the addresses that were added.")
    return told(call.house)


async def change(call: Call, body: PeersChange) -> Peers:
    """Pause, or go on."""
    await call.house.others.sync.pause(body.paused)
    return told(call.house)


def told(house: House) -> Peers:
    sync, network = house.others.sync, house.others.network
    added = set(sync.addresses.added)
    connected = [
        Connected(
            device=device.hex(),
            name=session.name,
            address=session.connection.address,
            since=session.begun_at,
            sent=session.outbox.sent,
            received=session.received,
            workspaces=[id.hex() for id in sorted(session.shared)],
            held=held(session.gate.ours),
            holds=held(session.gate.theirs),
        )
        for device, session in sorted(sync.sessions.items())
        if session.greeted
    ]
    ways = [
        Way(way.address, way.address in added, "" if way.device is None else way.device.hex(), way.problem)
        for _, way in sorted(sync.ways.items())
    ]
    port = network.port
    return Peers(
        paused=sync.addresses.paused,
        offline=sync.offline.on,
        port=port,
        addresses=network.addresses(port) if port else [],
        looking=network.looking,
        problem=network.problem,
        connected=connected,
        ways=ways,
        limits=limits(house),
    )
