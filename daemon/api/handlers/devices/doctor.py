"""Why this device and others differ: by what each said of itself last."""

from __future__ import annotations

import msgspec

from daemon.api.call import Call
from library.care.differing import Difference, Heard, describe, differing
from library.catalog import Library


class PeerDifference(msgspec.Struct, frozen=True):
    """One reason. `side`: where it is so, here or there (on the peer); null: between the two. `device` is whose work it
    is about, `whom` whose is waited for, by name; `number` of segments, changes, documents or blobs; `since`: ms, by
    the clock of who wrote the oldest; `has`: whether the other side has what is wanted, null where nobody knows;
    `detail`: places in a log, ids of documents, or why a change is void.
    """

    code: str
    side: str | None
    device: str
    whom: str
    number: int
    since: int | None
    has: bool | None
    detail: str


class PeerCompared(msgspec.Struct, frozen=True):
    """A peer, when it was heard of last, and why it differs; `described`: it has said how it stands."""

    device: str
    name: str
    heard: int
    described: bool
    differences: list[PeerDifference]


class PeersCompared(msgspec.Struct, frozen=True):
    """Every peer that was ever heard."""

    peers: list[PeerCompared]


async def compare(call: Call) -> PeersCompared:
    """Why this device and each peer differ, by what the peer said of itself last."""
    library = call.library
    return PeersCompared([await _compared(library, each) for each in await call.house.others.sync.heard(library)])


async def _compared(library: Library, heard: Heard) -> PeerCompared:
    theirs, found = heard.description, list[Difference]()
    if theirs is not None:
        found = differing(await describe(library.workspace, theirs.told), theirs)
    told = [_told(library, each) for each in found]
    name = library.device_name(heard.device)
    return PeerCompared(heard.device.hex(), name, heard.when, theirs is not None, told)


def _told(library: Library, found: Difference) -> PeerDifference:
    return PeerDifference(
        found.code,
        found.side,
        _name(library, found.device),
        _name(library, found.whom),
        found.number,
        found.since,
        found.has,
        found.detail,
    )


def _name(library: Library, device: bytes) -> str:
    return library.device_name(device) if device else ""
