"""Letting a further device in by a code."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from daemon.api.call import Call
from daemon.api.inputs import Name, Strict
from daemon.errors import Refused
from daemon.meeting import Shown
from identity.invitation import MOST_TEXT
from identity.membership import Role
from library.errors import Clash
from library.home.moving import move
from library.models import Moved
from library.people.models import NewPerson
from library.tasks import Progress
from sync.peers.pairing import State

CATCH_UP_SECONDS = 600.0  # for what is there already, before anything is added to it
Code = Annotated[str, msgspec.Meta(pattern="^[0-9]{3}[ -]?[0-9]{3}$", description="Six digits.")]
Invitation = Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_TEXT)]
Address = Annotated[str, msgspec.Meta(min_length=3, max_length=300, description="HOST:PORT.")]


class Person(Strict, frozen=True):
    """Somebody who is not in the workspace yet."""

    name: Name
    role: Role


class Showing(Strict, frozen=True):
    """Whose the new device is: this member's own, or a new person's."""

    person: Person | None = None


class CodeShown(msgspec.Struct, frozen=True):
    """A code, where it can be typed, and how it stands; what came of it: the device that came in, and the fingerprint
    that both sides show.
    """

    state: State | Literal["none"]
    code: str = ""
    addresses: list[str] = []
    expires_at: int = 0
    tries_left: int = 0
    device: str = ""
    device_name: str = ""
    fingerprint: str = ""


class Typed(Strict, frozen=True):
    """The code that the other device shows, or the text of an invitation; its address where it is not found by itself.
    `bring_in`: the workspace of
    this device whose pictures come along; without it both stay apart.
    """

    code: Code | None = None
    invitation: Invitation | None = None
    address: Address | None = None
    bring_in: Name | None = None


class CameIn(msgspec.Struct, frozen=True):
    """The workspace that this device was let into, by which device, and the fingerprint that both sides show. `task`:
    what brings another workspace's pictures in.
    """

    workspace: str
    name: str
    device: str
    device_name: str
    fingerprint: str
    task: str | None = None


async def begin(call: Call, body: Showing) -> CodeShown:
    """Show a code for two minutes and three tries. One that was shown before is good no longer."""
    person = None if body.person is None else NewPerson(body.person.name, body.person.role)
    return told(await call.house.others.meeting.show(call.library, person))


async def show(call: Call) -> CodeShown:
    """How the code stands that was shown last."""
    shown = call.house.others.meeting.shown
    return told(shown) if shown is not None and shown.library is call.library else CodeShown("none")


async def end(call: Call) -> None:
    """Show it no longer."""
    call.house.others.meeting.close()


async def join(call: Call, body: Typed) -> CameIn:
    """Come into another device's workspace by the code that it shows."""
    house = call.house
    source = None if body.bring_in is None else house.workspaces.get(body.bring_in)
    if (body.code is None) == (body.invitation is None):
        raise Refused(422, "invalid", "Give a code or an invitation.", errors=[("/code", "Exactly one of both.")])
    meeting = house.others.meeting
    if body.invitation is not None:
        joined = await meeting.join_invited(body.invitation.strip(), body.address, source)
    else:
        joined = await meeting.join("".join(filter(str.isdigit, body.code or "")), body.address, source)
    met, task = joined.met, None
    if source is not None:
        into = joined.library

        async def work(progress: Progress) -> Moved:
            try:
                await house.others.sync.caught_up(into, met.device, CATCH_UP_SECONDS)
            except ConnectionError as error:
                raise Clash(f"Nothing was brought in: {error}.", code="not_caught_up") from error
            moved = await move(source, into, progress)
            await house.workspaces.make_default(into.id)
            return moved

        task = house.tasks.start("move", work).id
    return CameIn(joined.library.id, joined.name, met.device.hex(), met.device_name, met.fingerprint, task)


def told(shown: Shown) -> CodeShown:
    showing, met = shown.showing, shown.showing.met
    digits = showing.code if showing.state == "open" else ""
    return CodeShown(
        state=showing.state,
        code=digits,
        addresses=shown.addresses,
        expires_at=showing.expires_at,
        tries_left=showing.tries_left,
        device="" if met is None else met.device.hex(),
        device_name="" if met is None else met.device_name,
        fingerprint="" if met is None else met.fingerprint,
    )
