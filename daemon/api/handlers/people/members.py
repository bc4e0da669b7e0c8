"""Members of the workspace, and invitations to become one."""

from __future__ import annotations

from typing import Annotated

import msgspec

from daemon.api.call import Call
from daemon.api.inputs import Hex16, Name, Strict
from identity.invitation import MOST_ADDRESS, MOST_ADDRESSES
from identity.membership import Role
from library.copies.models import OnlyThere
from library.models import Changed
from library.people.models import InvitationInfo, Invited, MemberChange, MemberInfo

Address = Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_ADDRESS)]


class Members(msgspec.Struct, frozen=True):
    """Everybody who is, or was, a member of the workspace."""

    members: list[MemberInfo]


class MemberEdit(MemberChange, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A change of a member; absent means untouched."""


class InvitationList(msgspec.Struct, frozen=True):
    """The invitations that this device made, the newest first."""

    invitations: list[InvitationInfo]


class NewInvitation(Strict, frozen=True):
    """Whom to invite, and what they may do then; `addresses`: where this device may be reached, as hints."""

    name: Name
    role: Role
    hours: Annotated[float, msgspec.Meta(gt=0, le=720)] = 48
    addresses: Annotated[list[Address], msgspec.Meta(max_length=MOST_ADDRESSES)] = msgspec.field(default_factory=list)


async def index(call: Call) -> Members:
    """Everybody, who has a role first; those who were removed have the role `none`."""
    return Members(call.library.people.members())


async def show(call: Call, id: str) -> MemberInfo:
    """One member. `id` may also be its beginning or the member's name."""
    return call.library.people.member(id)


async def edit(call: Call, id: str, body: MemberEdit) -> MemberInfo:
    """Rename a member, or change the role. Both take an admin, except for one's own name.

    Somebody who was removed comes back by a role.
    """
    people = call.library.people
    meant = people.member(id).id
    if body.role is not msgspec.UNSET:
        await people.set_role(meant, body.role)
    if body.name is not msgspec.UNSET:
        await people.rename(meant, body.name)
    return people.member(meant)


class MemberRemoved(Changed, frozen=True, kw_only=True):
    """That they are, and which originals none but their devices have: they are lost with these, unless one turns up."""

    only_there: OnlyThere


async def only_there(call: Call, id: str) -> OnlyThere:
    """Which originals only that member's devices have, all of them together: what would be lost with them."""
    member = call.library.people.member(id)
    return await call.library.where.only_there(*(bytes.fromhex(each.id) for each in member.devices))


async def remove(call: Call, id: str) -> MemberRemoved:
    """Remove a member, with a new key of the workspace for all who stay. What they hold already they keep."""
    lost = await only_there(call, id)
    done = await call.library.people.remove(call.library.people.member(id).id)
    return MemberRemoved(changed=done.changed, action=done.action, only_there=lost)


async def invitations(call: Call) -> InvitationList:
    """Invitations of this device, without their texts."""
    return InvitationList(await call.library.invitations.list())


async def invite(call: Call, body: NewInvitation) -> Invited:
    """A signed text for one person, good once and for some hours. Whoever reads it first can come in with it."""
    addresses = body.addresses or await call.house.others.inviting.addresses()
    return await call.library.invitations.make(body.name, body.role, body.hours, addresses[:MOST_ADDRESSES])


async def withdraw(call: Call, id: Hex16) -> None:
    """Nobody comes in with it any more."""
    await call.library.invitations.withdraw(id)
