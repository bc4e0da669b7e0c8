"""Invitations of this device: made, shown, withdrawn, and taken up once by who has the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec

from identity.invitation import (
    ID_BYTES,
    MOST_ADDRESS,
    MOST_ADDRESSES,
    SECRET_BYTES,
    Invitation,
    InvitationRefused,
    read_invitation,
    write_invitation,
)
from identity.membership import Role
from library.editing.actions import clean_name
from library.errors import Clash, Invalid, LibraryError, NotFound
from library.models import Changed
from library.people.models import InvitationInfo, Invited, NewPerson
from library.people.people import People
from library.replica.log import write_meta
from library.replica.names import MOST_NAME
from library.workspace import Workspace
from store.database import Connection

ROW = "invitation/"  # of keys in `meta`
HOUR = 3_600_000
MOST_HOURS = 30 * 24
State = Literal["open", "used", "withdrawn", "expired"]


class _Kept(msgspec.Struct, frozen=True):
    """A row. `taken`: the device that came in with it."""

    text: str
    made: int
    withdrawn: bool = False
    taken: bytes = b""


class Invitations:
    """The table of those that this device made; another device's are none here, for it does not know their secrets."""

    def __init__(self, workspace: Workspace, people: People, name: Callable[[], str]) -> None:
        """`name` says what the workspace is called."""
        self._workspace = workspace
        self._people = people
        self._name = name

    async def make(self, person: str, role: Role, hours: float = 48, addresses: Sequence[str] = ()) -> Invited:
        """A new one, for one person and one device, good for some hours."""
        called = clean_name(person, "A person needs a name.", MOST_NAME)
        if not 0 < hours <= MOST_HOURS:
            message = f"An invitation is good for at most {MOST_HOURS // 24} days."
            raise Invalid(
                message, [("/hours", f"is 1 to {MOST_HOURS}")], code="invitation_hours", days=MOST_HOURS // 24
            )
        if len(addresses) > MOST_ADDRESSES or not all(0 < len(each) <= MOST_ADDRESS for each in addresses):
            message = f"An invitation names at most {MOST_ADDRESSES} addresses."
            raise Invalid(message, [("/addresses", "too many")], code="invitation_addresses", most=MOST_ADDRESSES)
        self._people.check_admin()
        now, random = self._workspace.surroundings.clock.now(), self._workspace.surroundings.random
        invitation = Invitation(
            workspace=self._workspace.id,
            workspace_name=self._name(),
            role=role,
            person=called,
            device=self._workspace.device,
            device_name=self._people.device_name(self._workspace.device),
            addresses=tuple(addresses),
            expires=now + round(hours * HOUR),
            id=random.randbytes(ID_BYTES),
            secret=random.randbytes(SECRET_BYTES),
        )
        text = write_invitation(invitation, self._workspace.key.sign)
        await self._workspace.database.write(lambda connection: _put(connection, invitation.id, _Kept(text, now)))
        return Invited(**_facts(invitation, "open", now, None), text=text)

    async def list(self) -> list[InvitationInfo]:
        """All that were made here, the newest first."""
        now = self._workspace.surroundings.clock.now()

        def work(connection: Connection) -> list[InvitationInfo]:
            found = []
            for kept in _all(connection):
                invitation = read_invitation(kept.text)
                taken = kept.taken or _taken_by_log(connection, invitation.id)
                name = self._people.device_name(taken) if taken else None
                state = _state(kept, bool(taken), invitation, now)
                found.append(InvitationInfo(**_facts(invitation, state, kept.made, name)))
            return sorted(found, key=lambda each: (-each.made, each.id))

        return await self._workspace.database.read(work)

    async def withdraw(self, id: str) -> None:
        """From now on nobody comes in with it; one that was used stays used."""

        def work(connection: Connection) -> None:
            kept = _read(connection, _id(id))
            _put(connection, _id(id), msgspec.structs.replace(kept, withdrawn=True))

        await self._workspace.database.write(work)

    async def password(self, id: bytes) -> bytes:
        """What the device that presents this invitation must know, for the PAKE; refused in words where it is not
        open. Say nothing of the reason to a stranger.
        """
        now = self._workspace.surroundings.clock.now()
        found: Invitation = await self._workspace.database.read(lambda connection: _open(connection, id, now))
        return found.password()

    async def accept(self, id: bytes, device: bytes, name: str) -> Changed:
        """Let the device in that proved to know the secret, as whom the invitation names; together with the row."""
        now = self._workspace.surroundings.clock.now()
        invitation: Invitation = await self._workspace.database.read(lambda connection: _open(connection, id, now))

        def rows(connection: Connection) -> None:
            _open(connection, id, now)  # two may come with it at once
            _put(connection, id, msgspec.structs.replace(_read(connection, id), taken=device))

        person = NewPerson(invitation.person, invitation.role)
        return await self._people.admit(device, name, person, invitation=id, rows=rows)


def _facts(invitation: Invitation, state: State, made: int, device: str | None) -> dict[str, Any]:
    return {
        "id": invitation.id.hex(),
        "person": invitation.person,
        "role": invitation.role,
        "made": made,
        "expires": invitation.expires,
        "state": state,
        "device_name": device,
    }


def _open(connection: Connection, id: bytes, now: int) -> Invitation:
    """The invitation, if somebody may come in with it now."""
    kept = _read(connection, id)
    invitation = read_invitation(kept.text)
    state = _state(kept, bool(kept.taken or _taken_by_log(connection, id)), invitation, now)
    if state != "open":
        raise Clash(f"This invitation is {state}.", code=f"invitation_{state}", hint="Ask for a new one.")
    return invitation


def _state(kept: _Kept, used: bool, invitation: Invitation, now: int) -> State:
    if used:
        return "used"
    return "withdrawn" if kept.withdrawn else "expired" if now >= invitation.expires else "open"


def _taken_by_log(connection: Connection, id: bytes) -> bytes:
    """The device that came in with it, by the log: a restored database may not know any more."""
    row = connection.execute(
        "SELECT params FROM action WHERE intent='member.admit' AND params LIKE ?", (f'%"{id.hex()}"%',)
    ).fetchone()
    return b"" if row is None else _id(str(msgspec.json.decode(row[0]).get("device"))) or b"?"


def _id(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _read(connection: Connection, id: bytes) -> _Kept:
    row = connection.execute("SELECT value FROM meta WHERE key=?", (ROW + id.hex(),)).fetchone()
    if row is None:
        message = "This device made no such invitation."
        raise NotFound(message, code="no_invitation", hint="`gesso member invite` makes one; `gesso member ls` lists.")
    return msgspec.msgpack.decode(row[0], type=_Kept)


def _all(connection: Connection) -> list[_Kept]:
    rows = connection.execute("SELECT value FROM meta WHERE key >= ? AND key < ?", (ROW, ROW[:-1] + "0"))
    return [msgspec.msgpack.decode(value, type=_Kept) for (value,) in rows]


def _put(connection: Connection, id: bytes, kept: _Kept) -> None:
    write_meta(connection, ROW + id.hex(), msgspec.msgpack.encode(kept))


def read_text(text: str) -> Invitation:
    """What somebody was given, in words where it is no invitation."""
    try:
        return read_invitation(text)
    except InvitationRefused as error:
        raise _refused(error.reason) from error


def _refused(reason: str) -> LibraryError:
    if reason == "version":
        message = "This invitation was made by a newer Gesso."
        return Invalid(message, [("/text", "is newer")], code="invitation_newer", hint="Upgrade Gesso.")
    message = "That is no invitation, or a part of it is missing or was changed."
    return Invalid(message, [("/text", "is no invitation")], code="invitation_wrong", hint="Copy the whole text again.")
