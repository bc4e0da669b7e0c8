"""Letting further devices in: a code on this device's screen, or one that is typed here."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from daemon.errors import Refused
from identity.invitation import Invitation, InvitationRefused, read_invitation
from library.catalog import Library
from library.events import Bus
from library.people.models import NewPerson
from library.surroundings import Surroundings
from library.workspaces import Workspaces
from sync.engine import Sync
from sync.errors import SyncError, Unreachable
from sync.network import Network
from sync.peers.addresses import joined, split
from sync.peers.pairing import TRIES, Admission, CodeWrong, Met, Offer, Showing, Typed

SEARCH_SECONDS = 6.0  # for a device that shows a code
PORT_SECONDS = 3.0


class Shown(NamedTuple):
    """A code on the screen, and of which workspace."""

    library: Library
    showing: Showing
    addresses: list[str]


class Joined(NamedTuple):
    """The workspace that this device was let into, as it is called there, and by whom."""

    library: Library
    name: str
    met: Met


class Meeting:
    """One code at a time. `run` must be running."""

    def __init__(
        self, workspaces: Workspaces, sync: Sync, network: Network, bus: Bus, surroundings: Surroundings
    ) -> None:
        self.shown: Shown | None = None
        self._workspaces = workspaces
        self._sync = sync
        self._network = network
        self._bus = bus
        self._around = surroundings
        self._waiting: asyncio.Queue[Showing] = asyncio.Queue()
        self._joining = asyncio.Lock()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._stay_open(await self._waiting.get()))

    async def _stay_open(self, showing: Showing) -> None:
        over = asyncio.Event()
        announcing = asyncio.create_task(self._network.announce_code(showing.port, over))
        try:
            await showing.run()
        finally:
            over.set()
            await announcing
            self._tell()

    def _tell(self) -> None:
        self._bus.publish("pairing.changed", "*", self._workspaces.key.public.hex())

    async def show(self, library: Library, person: NewPerson | None) -> Shown:
        """Show a code, by which another device comes in: as one more of this member's, or with a new person."""
        self._ensure_online()
        self.close()
        key = self._workspaces.key.public

        async def admit(device: bytes, name: str) -> Admission:
            await library.people.admit(device, name, person)
            return await admission(library, self._sync, self._network)

        offer = Offer(library.workspace.id, library.name(), library.device_name(key))
        showing = Showing(key, offer, admit, self._around)
        try:
            await showing.open(self._network.hosts)
        except OSError as error:
            raise Refused(503, "no_pairing_port", f"No port could be opened for the other device: {error}.") from error
        showing.changed = self._tell
        self.shown = Shown(library, showing, self._network.addresses(showing.port))
        self._waiting.put_nowait(showing)
        self._tell()
        return self.shown

    def close(self) -> None:
        """Show no code any more."""
        if self.shown is not None:
            self.shown.showing.close()

    async def join(self, code: str, address: str | None, kept: Library | None = None) -> Joined:
        """Come in by a code that another device shows, at an address or whoever is found on the network. `kept`: a
        workspace of this device that stays, also where it is empty.
        """
        self._ensure_online()
        async with self._joining:
            if address is not None:
                return await self._join_at(code, address, kept)
            found = await self._network.look_for_codes(SEARCH_SECONDS)
            if not found:
                raise _nobody()
            return await self._join_one_of(code, found, kept)

    async def _join_one_of(self, code: str, found: list[str], kept: Library | None) -> Joined:
        """Whoever answers without knowing the code has guessed it once: no more may than who guesses at a screen."""
        wrong = 0
        for number, each in enumerate(found, 1):
            try:
                return await self._join_at(code, each, kept)
            except Refused as error:
                wrong += error.code == "code_wrong"
                if number == len(found) or wrong == TRIES or error.code not in ("peer_unreachable", "code_wrong"):
                    raise
        raise _nobody()

    async def _join_at(self, code: str, address: str, kept: Library | None) -> Joined:
        return await self._come_in(code.encode(), b"", address, kept)

    async def join_invited(self, text: str, address: str | None, kept: Library | None = None) -> Joined:
        """Come in by an invitation, at an address or where it says."""
        self._ensure_online()
        try:
            invitation = read_invitation(text)
        except InvitationRefused as error:
            hint = "Copy it whole, from gesso-invite: to its end."
            raise Refused(422, "no_invitation", "That is no invitation.", hint=hint) from error
        places = list(invitation.addresses) if address is None else [address]
        async with self._joining:
            for number, each in enumerate(places, 1):
                try:
                    return await self._come_in(invitation.password(), invitation.id, each, kept)
                except Refused as error:
                    if number == len(places) or error.code != "peer_unreachable":
                        raise self._of_invitation(invitation, error) from error
        raise Refused(409, "no_way_in", "The invitation does not say where to come in. Ask for the address.")

    def _of_invitation(self, invitation: Invitation, error: Refused) -> Refused:
        """Why nobody came in by it: who invited says nothing of an invitation that is over, and closes the door."""
        if error.code not in ("peer_unreachable", "invitation_not_open"):
            return error
        if self._around.clock.now() >= invitation.expires:
            return Refused(409, "invitation_expired", "This invitation has expired. Ask for a new one.")
        if error.code == "invitation_not_open":
            return error
        detail = f"“{invitation.device_name}”, which invited, does not answer."
        hint = "It may be off, on another network, or the invitation was used or withdrawn: ask who invited you."
        return Refused(409, "inviter_away", detail, hint=hint, params={"device": invitation.device_name})

    async def _come_in(self, secret: bytes, invitation: bytes, address: str, kept: Library | None) -> Joined:
        typed = Typed(self._workspaces.key.public, self._workspaces.device_name, secret, self._around, invitation)
        try:
            offer = await typed.meet(address)
            try:
                admission = await typed.accept()
                library = await self._workspaces.take_up(offer.workspace, admission.operations, kept)
                await typed.taken_up()
            finally:
                typed.close()
        except Unreachable as error:
            hint = "Check the address, and that the code is still shown there; some networks keep devices apart."
            detail, params = f"{address} does not answer.", {"address": address}
            raise Refused(409, "peer_unreachable", detail, hint=hint, params=params) from error
        except CodeWrong as error:
            if invitation:
                message = "This invitation is not good there any more: it was used, withdrawn or has expired."
                raise Refused(409, "invitation_not_open", message) from error
            hint = "Type the code once more, or have a new one shown: after three tries it is good no longer."
            raise Refused(409, "code_wrong", "That is not the code that the other device shows.", hint=hint) from error
        except SyncError as error:
            raise Refused(409, "peer_lost", f"The other device ended the connection: {error}.") from error
        here = [joined(split(address)[0], admission.port)] if admission.port else []
        for each in (*reversed(admission.addresses), *here):
            self._sync.addresses.reached(typed.device, each, offer.device_name, self._around.clock.now())
        self._sync.ring()
        self._network.look()
        return Joined(library, offer.name, Met(typed.device, offer.device_name, typed.fingerprint))

    def _ensure_online(self) -> None:
        if self._sync.offline.on:
            raise Refused(409, "peers_offline", "Gesso is offline: it reaches no other device.")


async def admission(library: Library, sync: Sync, network: Network) -> Admission:
    """What a device gets that was just let in: the membership log, and where the rest is."""
    sync.ring()
    port = await network.opened(PORT_SECONDS)
    operations = [each.raw for each in library.workspace.members.durable.operations.values()]
    return Admission(operations, port, network.addresses(port) if port else [])


def _nobody() -> Refused:
    hint = "Show a code there: `gesso pair`. Some networks keep devices apart: then type the address shown there, too."
    return Refused(404, "nobody_near", "No device that shows a code was found on this network.", hint=hint)
