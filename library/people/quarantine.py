"""What was written without the right to, and waits for an admin's word: accept it, or take it off the list."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal, NamedTuple

from library.errors import NotFound
from library.models import Changed
from library.people.models import Quarantined
from library.people.people import People
from library.people.signing import Signing
from library.replica.log import QUARANTINED
from library.workspace import Workspace
from store.database import Connection

MOST_HASHES = 1500  # in one operation, which has 64 KiB
FEW = 8
Reason = Literal["removed", "revoked", "role", "stranger", "then"]
# By segment: whose, when, how many changes; along the index of what is not applied.
SEGMENTS = (
    "SELECT s.device, s.hash, s.time, count(*) FROM change AS c JOIN segment AS s ON s.id = c.segment"
    " WHERE c.state <> 1 AND c.state = ? GROUP BY s.id ORDER BY s.time, s.id"
)
DOCUMENTS = (
    "SELECT DISTINCT s.device, c.document FROM change AS c JOIN segment AS s ON s.id = c.segment"
    " WHERE c.state <> 1 AND c.state = ?"
)


class Written(NamedTuple):
    """A segment with changes in quarantine."""

    device: bytes
    hash: bytes
    time: int
    changes: int


Some = list[Written]


class Quarantine:
    """The quarantine of one workspace. Nothing of it is lost, whatever is decided."""

    def __init__(self, workspace: Workspace, people: People) -> None:
        self._workspace = workspace
        self._people = people

    async def list(self) -> Sequence[Quarantined]:
        """One entry per device, the latest first."""

        def work(connection: Connection) -> Sequence[Quarantined]:
            by_device: dict[bytes, Some] = {}
            for each in self._written(connection):
                by_device.setdefault(each.device, []).append(each)
            names = _names(connection, by_device.keys())
            return [self._told(device, some, names[device]) for device, some in by_device.items()]

        found = await self._workspace.database.read(work)
        return sorted(found, key=lambda each: (-each.until, each.device))

    def count(self) -> int:
        """How many changes wait for this device's word: none where it is no admin's."""
        if self._workspace.members.role_of(self._workspace.device) != "admin":
            return 0
        return self._workspace.database.read_now(lambda connection: sum(e.changes for e in self._written(connection)))

    def _written(self, connection: Connection) -> Some:
        hidden = self._workspace.members.rule.decision.named_by("discard")
        rows = connection.execute(SEGMENTS, (QUARANTINED,))
        return [each for row in rows if (each := Written(*row)).hash not in hidden]

    def _told(self, device: bytes, some: Sequence[Written], documents: Sequence[str]) -> Quarantined:
        roll = self._people.roll
        owner = roll.standing.owner_of(device)
        return Quarantined(
            device=device.hex(),
            device_name=roll.device_name(device),
            person=None if owner is None else roll.member_name(owner),
            role=roll.standing.role_of(device) or "none",
            reason=self._reason(device),
            changes=sum(each.changes for each in some),
            segments=len(some),
            documents=[*documents],
            since=some[0].time,
            until=some[-1].time,
        )

    def _reason(self, device: bytes) -> Reason:
        standing = self._people.roll.standing
        owner, role = standing.owner_of(device), standing.role_of(device)
        if device in standing.revoked:
            return "revoked"
        if owner is None:
            return "stranger"
        return "removed" if role is None else "then" if role in ("admin", "editor") else "role"

    async def accept(self, device: str) -> Changed:
        """What the device wrote counts from now on, with what it builds on."""
        return await self._decide("accept", device)

    async def discard(self, device: str) -> Changed:
        """It is off the list and has no effect; later an admin may accept it all the same."""
        return await self._decide("discard", device)

    async def _decide(self, kind: str, device: str) -> Changed:
        params: dict[str, Any] = {}

        def operations(connection: Connection) -> Sequence[bytes]:
            self._people.check_admin()
            some = [each for each in self._written(connection) if each.device.hex() == device]
            if not some:
                message = "Nothing of this device waits for a decision."
                raise NotFound(message, code="not_in_quarantine", hint="`gesso quarantine ls` shows what does.")
            params.update(device=device, name=self._people.device_name(some[0].device))
            params["count"] = sum(each.changes for each in some)
            signing = Signing(self._workspace)
            hashes = [each.hash for each in some]
            for at in range(0, len(hashes), MOST_HASHES):
                signing.add(kind, some[0].device, sorted(hashes[at : at + MOST_HASHES]))
            return signing.made

        return await self._people.carry_out(f"quarantine.{kind}", params, operations)


def _names(connection: Connection, devices: Collection[bytes]) -> dict[bytes, Sequence[str]]:
    """What a few of the documents are called that each device wanted to change; those that nobody sees have no name."""
    found: dict[bytes, list[str]] = {device: [] for device in devices}
    for device, document in connection.execute(DOCUMENTS, (QUARANTINED,)):
        if device in found and len(found[device]) < FEW:
            name = _name(connection, document)
            if name is not None:
                found[device].append(name)
    return {device: sorted(names) for device, names in found.items()}


def _name(connection: Connection, document: bytes) -> str | None:
    for table in ("asset", "project", "album", "search", "prompt"):
        row = connection.execute(f"SELECT name FROM {table} WHERE id=?", (document,)).fetchone()
        if row is not None:
            return str(row[0])
    return None
