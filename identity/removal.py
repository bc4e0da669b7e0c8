"""That a device has no right in a workspace any more, and what proves it to that device. Pure.

Whoever was removed is entitled to the operation that did it, and to what came before it: without that nobody can check
it. What came after it, the next key of the workspace first of all, is no part of that.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from identity.lineage import Operations, ancestors
from identity.membership import Decision
from identity.operations import Operation


class Gone(NamedTuple):
    """Of a device without a right: the latest operations that took it, by hash; usually one."""

    by: tuple[bytes, ...]


def gone(decision: Decision) -> dict[bytes, Gone]:
    """All devices that had a right once and have none, by public key; strangers, who never had one, are not there."""
    takes = [each for each in decision.lowerings.values() if each.limit is None]
    of_device: dict[bytes, list[bytes]] = {}
    of_member: dict[bytes, list[bytes]] = {}
    for each in takes:
        if each.device is not None:
            of_device.setdefault(each.device, []).append(each.hash)
        elif each.member is not None:
            of_member.setdefault(each.member, []).append(each.hash)
    found: dict[bytes, Gone] = {}
    for device, claim in decision.standing.devices.items():
        hashes = [*of_device.get(device, ()), *of_member.get(claim.member, ())]
        if hashes and decision.standing.role_of(device) is None:
            found[device] = Gone(_latest(decision.operations, hashes))
    return found


def _latest(operations: Operations, hashes: Collection[bytes]) -> tuple[bytes, ...]:
    """Those that none of the others came after."""
    before = {hash for each in hashes for hash in ancestors(operations, operations[each].prev) if len(hashes) > 1}
    return tuple(sorted(set(hashes) - before))


def said_by(decision: Decision, removal: Gone) -> Operation:
    """The one of the operations that a person is told of: the same on all devices."""
    return min((decision.operations[hash] for hash in removal.by), key=lambda each: (each.clock, each.hash))


def proof(decision: Decision, removal: Gone) -> list[Operation]:
    """The operations that took the right and all that they build on, causes first."""
    wanted = ancestors(decision.operations, removal.by)
    found: dict[bytes, Operation] = {}
    queue = sorted(wanted, reverse=True)
    while queue:
        operation = decision.operations[queue[-1]]
        missing = [hash for hash in operation.prev if hash not in found]
        if operation.hash in found or not missing:
            found.setdefault(queue.pop(), operation)
        else:
            queue += missing
    return list(found.values())
