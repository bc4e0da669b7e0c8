"""The roll of a workspace: its members and their devices, as the membership log and the settings tell of them."""

from __future__ import annotations

from collections.abc import Callable

from identity.operations import Operation
from identity.standing import Standing
from library.people.models import DeviceInfo, MemberInfo
from library.workspace import Workspace

PRINTED = b"printed"  # the nonce of a recovery key that is on paper only
Authors = dict[bytes, bytes]  # who let a device or member in, by its key or id


class Roll:
    """Read anew each time; nothing is kept."""

    def __init__(self, workspace: Workspace, fallback: Callable[[bytes], str]) -> None:
        """`fallback` says what a device is called that the log has no name of."""
        self._workspace = workspace
        self.fallback = fallback

    @property
    def standing(self) -> Standing:
        return self._workspace.members.rule.decision.standing

    def device_name(self, device: bytes) -> str:
        """As the log has it; without that what this device knows, else the first digits of its key."""
        name = self._workspace.names.devices.get(device.hex(), {}).get("name")
        return str(name) if name else self.fallback(device)

    def member_name(self, member: bytes) -> str:
        """As the log has it; without that the name of the member's first device."""
        name = self._workspace.names.members.get(member.hex(), {}).get("name")
        if name:
            return str(name)
        first = next(iter(self.devices_of(member)), None)
        return member.hex()[:8] if first is None else self.device_name(first)

    def devices_of(self, member: bytes) -> list[bytes]:
        """All that are or were the member's."""
        return [device for device, claim in self.standing.devices.items() if claim.member == member]

    def known_members(self) -> list[bytes]:
        """Those with a role, and those who have or had a device here."""
        owners = [claim.member for claim in self.standing.devices.values()]
        return list(dict.fromkeys([*owners, *self.standing.roles]))

    def devices(self) -> list[DeviceInfo]:
        """All that were ever let in, this one first, then those of the same member, by name."""
        authors = self._authors("add-device")
        found = [self._device(device, claim.member, authors) for device, claim in self.standing.devices.items()]
        return sorted(
            found, key=lambda each: (not each.own, not each.mine, each.revoked, each.name.casefold(), each.id)
        )

    def members(self) -> list[MemberInfo]:
        """Everybody, who has a role first, by name."""
        devices, authors = self.devices(), self._authors("grant")
        found = [
            self._member(member, [each for each in devices if each.member == member.hex()], authors)
            for member in self.known_members()
        ]
        return sorted(found, key=lambda each: (each.role == "none", not each.mine, each.name.casefold(), each.id))

    def _device(self, device: bytes, member: bytes, authors: Authors) -> DeviceInfo:
        author, own = authors.get(device), self._workspace.device
        return DeviceInfo(
            id=device.hex(),
            name=self.device_name(device),
            member=member.hex(),
            person=self.member_name(member),
            mine=member == self.standing.owner_of(own),
            own=device == own,
            role=self.standing.role_of(device) or "none",
            revoked=device in self.standing.revoked,
            since=self._workspace.names.devices.get(device.hex(), {}).get("at"),
            added_by=None if author is None else author.hex(),
            added_by_name=None if author is None else self.device_name(author),
        )

    def _member(self, member: bytes, devices: list[DeviceInfo], authors: Authors) -> MemberInfo:
        author = authors.get(member)
        return MemberInfo(
            id=member.hex(),
            name=self.member_name(member),
            role=self.standing.roles.get(member) or "none",
            mine=member == self.standing.owner_of(self._workspace.device),
            devices=devices,
            since=self._workspace.names.members.get(member.hex(), {}).get("at"),
            added_by=None if author is None else author.hex(),
            added_by_name=None if author is None else self.device_name(author),
            recovery=any(kit in self.recovery_of(member) for kit in self.kits()),
        )

    def recovery_of(self, member: bytes) -> list[bytes]:
        """The recovery keys of a member that count."""
        keys = self.standing.recovery.items()
        return [key for key, claim in keys if claim.member == member and key not in self.standing.revoked]

    def kits(self) -> dict[bytes, Operation]:
        """Printed recovery keys that count, each with the operation that made it one; the others lie in files."""
        decision = self._workspace.members.rule.decision
        found = [decision.operations[hash] for hash in decision.entitled]
        return {
            each.subject: each
            for each in sorted(found, key=lambda each: (each.clock, each.hash))
            if each.kind == "add-recovery" and each.nonce == PRINTED and each.subject not in self.standing.revoked
        }

    def _authors(self, kind: str) -> Authors:
        """The author of the first entitled operation of a kind about each subject."""
        decision = self._workspace.members.rule.decision
        found: dict[bytes, tuple[int, bytes, bytes]] = {}
        for hash in decision.entitled:
            operation = decision.operations[hash]
            if operation.kind == kind:
                turn = operation.clock, hash, operation.author
                found[operation.subject] = min(turn, found.get(operation.subject, turn))
        return {subject: author for subject, (_, _, author) in found.items()}
