"""People and their devices as HTTP shows them."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from identity.membership import Role
from library.models import Model

Standing = Literal["admin", "editor", "reviewer", "viewer", "none"]


class NewPerson(NamedTuple):
    """Somebody who comes in with the device that is admitted."""

    name: str
    role: Role


class DeviceInfo(Model, frozen=True, kw_only=True):
    """One device of the workspace; `id` is its public key."""

    id: str
    name: str
    member: str
    person: str  # how the member is called
    mine: bool  # of the same member as this device
    own: bool  # this very device
    role: Standing
    revoked: bool
    since: int | None  # when it was let in, by the clock of who did it; None where that is not known
    added_by: str | None  # the device that let it in; None: it began the workspace
    added_by_name: str | None


class MemberInfo(Model, frozen=True, kw_only=True):
    """One person of the workspace, also one who was removed: then the role is `none`."""

    id: str
    name: str
    role: Standing
    mine: bool  # the member whose device this is
    devices: list[DeviceInfo]
    since: int | None  # when they were let in, by the clock of who did it
    added_by: str | None  # the device that did; None: it began the workspace
    added_by_name: str | None
    recovery: bool  # whether there is a recovery kit of theirs


class MemberChange(Model, frozen=True, kw_only=True, omit_defaults=True):
    """Absent means untouched."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    role: Role | msgspec.UnsetType = msgspec.UNSET


class InvitationInfo(Model, frozen=True, kw_only=True):
    """An invitation that this device made; `device_name`: of the device that came in with it."""

    id: str
    person: str
    role: Role
    made: int
    expires: int
    state: Literal["open", "used", "withdrawn", "expired"]
    device_name: str | None


class Invited(InvitationInfo, frozen=True, kw_only=True):
    """A new one: `text` is what the person is given, and nobody else."""

    text: str


class KitInfo(Model, frozen=True, kw_only=True):
    """A recovery kit that counts: `id` is its public key."""

    id: str
    member: str
    person: str
    mine: bool
    made: int | None  # by the clock of who made it
    current: bool  # whether it opens the key that is in use, too


class Kit(KitInfo, frozen=True, kw_only=True):
    """A new one: its code is shown once and stored nowhere."""

    code: str


class KitCheck(Model, frozen=True, kw_only=True):
    """What a code is worth here. `state`: `good`; `unknown`: of another workspace; `revoked`; or `no_role`: its member
    was removed.
    """

    state: Literal["good", "unknown", "revoked", "no_role"]
    person: str | None
    role: Standing
    keys: int  # of the workspace's keys it opens so many
    of: int  # of so many


class Quarantined(Model, frozen=True, kw_only=True):
    """What one device wrote without the right to, as far as nobody decided about it. `reason`: `removed` or `revoked`
    since; `role`: its role allows less; `stranger`: nobody ever let it in; `then`: it may today, but could not then.
    """

    device: str
    device_name: str
    person: str | None
    role: Standing
    reason: Literal["removed", "revoked", "role", "stranger", "then"]
    changes: int
    segments: int
    documents: list[str]  # names of a few of those that it wanted to change
    since: int  # when it wrote the first and the last, by its own clock
    until: int


class Removed(Model, frozen=True, kw_only=True):
    """That this device was removed. `kind`: its person, or the device alone, as one that is lost. `by`: the device that
    did it, `by_name` whoever that is; `at`: when, by that device's clock, where it is known here.
    """

    kind: Literal["member", "device"]
    by: str
    by_name: str
    at: int | None
