"""Telling a device that it was removed, or is a member again: the one thing that is said to who is no member.

It is told the operations that did it and what those build on, and nothing else; what it says is read for its answer
alone. It believes the operations, which its own replica judges, and not whoever brings them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from identity.removal import Gone
from library.catalog import Library
from library.people.removals import Notice
from library.pipeline import grouped
from library.surroundings import Clock
from sync.messages import MOST, Standing, Understood, decode, encode
from sync.peers.addresses import Addresses
from sync.peers.base import Connection

PIECE = 256 * 1024  # bytes of operations in one message
PART_SECONDS = 5.0  # for a removed device to say that it understood
READ = 64  # messages of it that are looked at meanwhile
WAIT_DAYS = 90  # after a removal, while who would listen to nobody else still listens for the removed device
DAY = 86_400_000


class Said(NamedTuple):
    """What was told on a connection: of which workspace, and by which operations the device was removed."""

    workspace: bytes
    by: tuple[bytes, ...]


class Standings:
    """What is told and heard of devices' standing, over all workspaces of this device."""

    def __init__(self, libraries: Callable[[], Iterable[Library]], addresses: Addresses, clock: Clock) -> None:
        self._all = libraries
        self._addresses = addresses
        self._clock = clock

    # Who is concerned

    def taking_part(self) -> list[Library]:
        """The open workspaces from which this device was not removed, as far as it knows."""
        return [library for library in self._all() if library.removals.own() is None]

    def left(self) -> set[bytes]:
        """The devices of the workspaces from which this one was removed: they know if that is still so."""
        found: set[bytes] = set()
        for library in self._all():
            if library.removals.own() is not None:
                members = library.workspace.members
                found.update(each for each in members.rule.decision.standing.devices if members.role_of(each))
        return found

    def gone(self) -> set[bytes]:
        """The devices that were removed from a workspace of this one: they may connect, to be told."""
        return {device for library in self.taking_part() for device in library.removals.gone()}

    def untold(self) -> bool:
        """Whether any of them is still waited for."""
        now = self._clock.now()
        return any(
            not self._addresses.has_understood(device, removal.by)
            and now - (library.removals.when(device) or now) < WAIT_DAYS * DAY
            for library in self.taking_part()
            for device, removal in library.removals.gone().items()
        )

    # Telling

    def due(self, device: bytes, theirs: Iterable[bytes], said: set[Said]) -> list[Standing]:
        """What is to be told to a device now, that has greeted with these workspaces and was told some already."""
        found: list[Standing] = []
        for library in self.taking_part():
            id, removal = library.workspace.id, library.removals.gone().get(device)
            telling = Said(id, () if removal is None else removal.by)
            if telling in said or (removal is None and (id in theirs or not library.removals.came_back(device))):
                continue
            notice = library.removals.notice(device)
            if notice is not None:
                said.add(telling)
                found += pieces(id, notice)
        return found

    async def part(self, connection: Connection) -> None:
        """Tell a device that is a member of nothing here, hear whether it understood, and end the connection."""
        try:
            async with asyncio.timeout(PART_SECONDS):
                due = self.due(connection.device, (), set())
                for piece in due:
                    await connection.send(encode(piece))
                awaited = {piece.workspace for piece in due}
                for _ in range(READ):
                    if not awaited:
                        break
                    message = decode(await connection.receive())
                    if isinstance(message, Understood):
                        self.understood(connection.device, message)
                        awaited.discard(message.workspace)
        finally:
            await connection.close()

    def understood(self, device: bytes, message: Understood) -> bool:
        """Note that a removed device knows of it; whether that was to be noted."""
        removals = {library.workspace.id: library.removals.gone().get(device) for library in self.taking_part()}
        removal: Gone | None = removals.get(message.workspace)
        if removal is None or not message.removed:
            return False
        self._addresses.understood(device, removal.by)
        return True

    # Hearing

    async def hear(self, message: Standing) -> Understood | None:
        """Take what another device says of this one's standing; the answer, where one is due."""
        library = next((each for each in self._all() if each.workspace.id == message.workspace), None)
        if library is None:
            return None
        removed = await library.removals.hear(message.operations, message.at, message.by)
        return Understood(message.workspace, removed) if message.last else None


def pieces(workspace: bytes, notice: Notice) -> Iterator[Standing]:
    """A notice in messages that fit into frames."""
    groups = [*grouped([len(each) for each in notice.operations], MOST, PIECE)]
    for place, group in enumerate(groups, 1):
        some = notice.operations[group.start : group.stop]
        yield Standing(workspace, some, notice.at, notice.by, place == len(groups))
