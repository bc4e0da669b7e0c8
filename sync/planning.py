"""What an exchange would do now: everybody who can be reached is asked, also while nothing is exchanged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection

from library.catalog import Library
from library.planning.models import SyncPlan
from library.planning.offers import Question
from library.planning.plans import Hold, Reply, Scene
from sync.engine import Sync
from sync.errors import ConnectionLost, Older, SyncError
from sync.session import Session

REACH_SECONDS = 8.0  # for devices that are not connected to be reached
AGAIN_SECONDS = 0.5
GREET_SECONDS = 2.0
log = logging.getLogger("gesso.planning")


async def plan(sync: Sync, library: Library) -> SyncPlan:
    """What an exchange with the other devices of a workspace would do now. Nothing is changed by it, here or there."""
    others = others_of(sync, library)
    await _greeted(sync, library, others)
    connected = {device: session for device in others if (session := _session(sync, library, device)) is not None}
    replies = {
        reply.device: reply
        for reply in await asyncio.gather(*(_asked(library, each, device) for device, each in connected.items()))
    }
    replies |= {
        device: Reply(device, "silent") for device in others if device in sync.sessions.keys() - connected.keys()
    }
    replies |= await _reach(sync, library, set(others) - replies.keys())
    if sync.offline.on:  # who says nothing is not reached: connections may only just be ending
        replies = {device: each for device, each in replies.items() if each.state != "silent"}
    return await library.plans.make([replies.get(device, Reply(device, "away")) for device in others], scene(sync))


def others_of(sync: Sync, library: Library) -> list[bytes]:
    """The other devices of a workspace; of one from which this device was removed there are none for it."""
    if library.removals.own() is not None:
        return []
    members = library.workspace.members
    return [device for device in sorted(sync.devices()) if members.role_of(device) is not None]


def scene(sync: Sync) -> Scene:
    """Whether an exchange can go on, with whom, and who of them gives no originals."""
    held: dict[bytes, Hold] = {}
    for device, session in sync.sessions.items():
        theirs = session.gate.theirs
        if theirs.why:
            held[device] = Hold(theirs.why, False, theirs.until)
        elif session.gate.takes != "all":
            held[device] = Hold("metered", True, None)
    return Scene(frozenset(sync.sessions), sync.trying, sync.addresses.paused, sync.offline.on, held)


async def _greeted(sync: Sync, library: Library, devices: Collection[bytes]) -> None:
    """Until those who are just being connected have said who they are, or take long."""
    clock = library.workspace.surroundings.clock
    until = clock.elapsed() + GREET_SECONDS
    while clock.elapsed() < until and any(
        device in sync.sessions and _session(sync, library, device) is None for device in devices
    ):
        await clock.sleep(0.05)


def _session(sync: Sync, library: Library, device: bytes) -> Session | None:
    session = sync.session(device)
    return session if session is not None and library.workspace.id in session.shared else None


async def _asked(library: Library, session: Session, device: bytes) -> Reply:
    workspace = library.workspace
    journal, stamp = await library.copies.heard(device)
    heads, tips = list(workspace.members.durable.heads), sorted(workspace.log.durable.tips)
    try:
        return Reply(device, "asked", await session.preview(workspace.id, Question(heads, tips, journal, stamp)))
    except Older:
        return Reply(device, "older")
    except SyncError as error:
        log.info("%s did not say what it would give: %s", device.hex()[:8], error)
        return Reply(device, "silent")


async def _reach(sync: Sync, library: Library, devices: Collection[bytes]) -> dict[bytes, Reply]:
    """Ask those who are not connected on connections that are there for the question alone."""
    if not devices or sync.offline.on:
        return {}
    found: dict[bytes, Reply] = {}

    async def ask(address: str) -> None:
        async with asyncio.timeout(REACH_SECONDS) as limit, sync.asking(address) as session:
            device = session.device
            if device in devices and device not in found:
                found[device] = Reply(device, "silent")  # asked once, whatever the address
                limit.reschedule(None)
                found[device] = await _asked(library, session, device)

    async def try_to(address: str) -> None:
        """Twice: where a connection of before is just ending, the other side may still hold on to that one."""
        for _ in range(2):
            try:
                await ask(address)
            except ConnectionLost as error:
                log.info("nobody could be asked at %s: %s", address, error)
                await library.workspace.surroundings.clock.sleep(AGAIN_SECONDS)
            except (SyncError, TimeoutError) as error:
                log.info("nobody could be asked at %s: %s", address, error)
                break
            else:
                break

    await asyncio.gather(*(try_to(address) for address in sync.places(devices)))
    return found
