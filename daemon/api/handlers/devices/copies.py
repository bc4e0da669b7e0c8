"""Copies: where originals lie, what this device keeps of them, and letting them go."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from daemon.api.call import Call
from daemon.api.inputs import Hex16, Selection, Sha256, Strict
from daemon.errors import Refused
from library.copies.keeping import MOST_COPIES
from library.copies.models import MOST_DAYS, Incoming, Keep, Policies, Policy, Whereabouts
from library.copies.named import MOST_BYTES
from library.tasks import Progress, Task

Days = Annotated[int, msgspec.Meta(ge=1, le=MOST_DAYS)]


class Subjects(Strict, frozen=True):
    """Pictures, projects and albums, by their ids."""

    subjects: Selection


class Wanted(Strict, frozen=True):
    """Blobs that somebody looks at."""

    blobs: Annotated[list[Sha256], msgspec.Meta(min_length=1, max_length=100)]


class Asked(msgspec.Struct, frozen=True):
    """How many of them are not here and are fetched as soon as a device that has them is connected."""

    asked: int


class Pinned(msgspec.Struct, frozen=True):
    """How many were not so before."""

    changed: int


class PolicyChange(Strict, frozen=True):
    """What to change: the policy of a `project`, or that of all without one of their own; with `kind` null the
    project's is taken away. `copies` is the whole workspace's setting, `quota` this device's; null for no limit.
    """

    project: Hex16 | None = None
    kind: Keep | msgspec.UnsetType | None = msgspec.UNSET
    days: Days = 30
    copies: Annotated[int, msgspec.Meta(ge=1, le=MOST_COPIES)] | msgspec.UnsetType = msgspec.UNSET
    quota: Annotated[int, msgspec.Meta(ge=0, lt=MOST_BYTES)] | msgspec.UnsetType | None = msgspec.UNSET


class Eviction(Strict, frozen=True):
    """Whose originals to let go: of some pictures, of a project, or of all but those of the last days: one of these.
    `to_quota`: the oldest, until the rest is within this device's quota.
    """

    assets: Selection | None = None
    project: Hex16 | None = None
    all_but_recent: Days | None = None
    to_quota: bool = False


async def show(call: Call, id: Hex16) -> Whereabouts:
    """Where a picture's original lies: here, in a file, on which other devices, and when they last verified it."""
    return await call.library.where.show(id)


async def policies(call: Call) -> Policies:
    """What this device keeps of originals, and how many other copies there must be before one is let go."""
    return await call.library.keeping.policies()


async def set_policy(call: Call, body: PolicyChange) -> Policies:
    """Change what this device keeps."""
    keeping = call.library.keeping
    if body.kind is None and body.project is None:
        raise Refused(422, "policy_default", "The policy for all cannot be taken away.", errors=[("/kind", "is null")])
    if body.kind is msgspec.UNSET and body.project is not None:
        raise Refused(422, "policy_kind", "Say what to keep of the project.", errors=[("/kind", "is missing")])
    if body.copies is not msgspec.UNSET:
        await keeping.set_copies(body.copies)
    if body.quota is not msgspec.UNSET:
        await keeping.set_quota(body.quota)
    if body.kind is not msgspec.UNSET:
        policy = None if body.kind is None else Policy(kind=body.kind, days=body.days)
        await keeping.set_policy(policy, body.project)
    return await keeping.policies()


async def incoming(call: Call) -> Incoming:
    """How far the originals have come that this device wants."""
    return await call.library.where.incoming()


async def want(call: Call, body: Wanted) -> Asked:
    """Have blobs that other devices have come before all others."""
    copies = call.library.copies
    away = [hash for each in body.blobs if not copies.is_here(hash := bytes.fromhex(each))]
    for hash in away:
        await copies.want_now(hash)
    return Asked(len(away))


async def pin(call: Call, body: Subjects) -> Pinned:
    """Have originals come to this device and stay here, whatever its policy says."""
    return Pinned(await call.library.keeping.pin(body.subjects))


async def unpin(call: Call, body: Subjects) -> Pinned:
    """Let them follow the policy again; what is here stays until it is let go."""
    return Pinned(await call.library.keeping.unpin(body.subjects))


async def evict(call: Call, body: Eviction) -> Task:
    """Let originals go from this device where enough others have them; the task's result is an Evicted."""
    evicting = call.library.evicting
    chosen = [body.assets is not None, body.project is not None, body.all_but_recent is not None, body.to_quota]
    if sum(chosen) != 1:
        message = "Give `assets`, `project`, `all_but_recent` or `to_quota`, one of them."
        raise Refused(422, "evict_what", message, errors=[("/assets", "Or another, one.")])

    async def work(progress: Progress) -> Any:
        if body.to_quota:
            return await evicting.trim(progress)
        return await evicting.evict(body.assets, body.project, body.all_but_recent, progress)

    return call.house.tasks.start("evict", work)
