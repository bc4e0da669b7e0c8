"""Who was removed from a workspace: what those devices are told of it, and what this one was told of itself.

Nothing is believed but the operations: they are taken like any others, and the role rule says what they come to. When
it was, and what the one is called who did it, is what the other side says, for that stands where a removed device reads
no more; it is shown and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from identity.keys import verify
from identity.membership import Rule
from identity.operations import Operation
from identity.removal import Gone, gone, proof, said_by
from library.people.models import Removed
from library.people.roll import Roll
from library.replica.log import read_meta, write_meta
from library.replica.members import Members
from library.replica.receiving import receive
from library.values import is_text, unseen
from library.workspace import Workspace
from store.database import Connection

NOTE = "removal"  # key in `meta`
FAR = 253_402_300_800_000  # ms: the year 10000
MOST_NAME = 200  # characters of a name that another device says


class Notice(NamedTuple):
    """What a device is told: operations, causes first; when it was removed (milliseconds, 0: not known here) and by
    whom, as people say it. Without a removal it is the whole membership log, for who is a member again.
    """

    operations: list[bytes]
    at: int
    by: str


class Note(msgspec.Struct, frozen=True):
    """What was said beside the operation of this hash, of this device; `at`: or else when it was heard."""

    device: bytes
    hash: bytes
    at: int
    by: str


class Removals:
    """Of one workspace; computed anew whenever the membership log has grown."""

    def __init__(self, workspace: Workspace, roll: Roll) -> None:
        self._workspace = workspace
        self._roll = roll
        self._rule: Rule | None = None
        self._gone: Mapping[bytes, Gone] = {}
        self._own: Removed | None = None
        self._times: dict[bytes, int] = {}
        self._notices: dict[bytes, Notice] = {}

    def gone(self) -> Mapping[bytes, Gone]:
        """The devices that once had a right here and have none, by public key."""
        self._look()
        return self._gone

    def own(self) -> Removed | None:
        """That this device, or its person, was removed; None where that is not so, as far as is known here."""
        self._look()
        return self._own

    def when(self, device: bytes) -> int:
        """When a device was removed, in milliseconds; 0 where that is not known here."""
        removal = self.gone()[device]
        if device not in self._times:
            said = said_by(self._workspace.members.rule.decision, removal)
            self._times[device] = self._workspace.database.read_now(lambda connection: _time_of(connection, said))
        return self._times[device]

    def came_back(self, device: bytes) -> bool:
        """Whether a device has a role here that its person had lost before."""
        decision = self._workspace.members.rule.decision
        owner = decision.standing.owner_of(device)
        lost = any(each.limit is None and each.concerns(device, owner) for each in decision.lowerings.values())
        return lost and decision.standing.role_of(device) is not None

    def notice(self, device: bytes) -> Notice | None:
        """What a device is told that has no right here any more, or has one again; None for any other."""
        decision, removal = self._workspace.members.rule.decision, self.gone().get(device)
        if removal is not None:
            if device not in self._notices:
                operations = [each.raw for each in proof(decision, removal)]
                self._notices = {
                    device: Notice(operations, self.when(device), self._person(said_by(decision, removal)))
                }
            return self._notices[device]
        if self.came_back(device):
            return Notice([each.raw for each in self._workspace.members.durable.operations.values()], 0, "")
        return None

    async def hear(self, operations: Sequence[bytes], at: int = 0, by: str = "") -> bool:
        """Take what another device says of this one's membership; whether it was removed, by all that is known then."""
        await receive(self._workspace, [], verify, operations)
        device, decision = self._workspace.device, self._workspace.members.rule.decision
        removal = gone(decision).get(device)
        if removal is None:
            return False
        name = by[:MOST_NAME] if is_text(by) and not unseen(by) else ""
        when = at if 0 < at < FAR else self._workspace.surroundings.clock.now()
        note = Note(device, said_by(decision, removal).hash, when, name)

        def work(connection: Connection) -> bool:
            before = _noted(connection)
            if before is not None and before.hash == note.hash:
                return False
            write_meta(connection, NOTE, msgspec.msgpack.encode(note))
            return True

        if await self._workspace.write(work):
            self._rule = None
            self._workspace.bus.publish("workspace.changed", self._workspace.id.hex(), self._workspace.device.hex())
        return True

    def _look(self) -> None:
        rule = self._workspace.members.rule
        if self._rule is not rule:
            self._rule, self._gone = rule, gone(rule.decision)
            self._times, self._notices = {}, {}
            removal = self._gone.get(self._workspace.device)
            self._own = None if removal is None else self._told(said_by(rule.decision, removal))

    def _told(self, said: Operation) -> Removed:
        note, at = self._workspace.database.read_now(
            lambda connection: (_noted(connection), _time_of(connection, said))
        )
        beside = note if note is not None and note.hash == said.hash else None
        return Removed(
            kind="device" if said.kind == "revoke-device" else "member",
            by=said.author.hex(),
            by_name=self._person(said, "" if beside is None else beside.by),
            at=at or (0 if beside is None else beside.at) or None,
        )

    def _person(self, said: Operation, otherwise: str = "") -> str:
        """What the one is called who signed it; `otherwise`, where the log here has no name."""
        owner = self._roll.standing.owner_of(said.author)
        names = self._workspace.names
        named = owner is not None and names.members.get(owner.hex(), {}).get("name")
        named = named or names.devices.get(said.author.hex(), {}).get("name")
        if named or otherwise:
            return str(named or otherwise)
        return self._roll.device_name(said.author) if owner is None else self._roll.member_name(owner)


def _time_of(connection: Connection, said: Operation) -> int:
    """When its author wrote it, by its own clock; 0 where that action is not here."""
    row = connection.execute(
        "SELECT time FROM action WHERE clock=? AND device=? LIMIT 1", (said.clock, said.author)
    ).fetchone()
    return 0 if row is None else int(row[0])


def day_of(at: int | None) -> str:
    """A day in UTC, as it is written everywhere; a dash where none is known."""
    return datetime.fromtimestamp(at / 1000, UTC).date().isoformat() if at is not None and 0 <= at < FAR else "–"


def _noted(connection: Connection) -> Note | None:
    raw = read_meta(connection, NOTE)
    return None if raw is None else msgspec.msgpack.decode(raw, type=Note)


def removed_in(connection: Connection) -> Note | None:
    """What this device was told of its removal, by the rows alone; None where it is a member, again or still."""
    note = _noted(connection)
    if note is None:
        return None
    members = Members(read_meta(connection, "workspace") or b"")
    members.load(connection)
    return note if note.device in gone(members.rule.decision) else None
