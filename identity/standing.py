"""Who is a member, with which role and devices, after some operations: the state that the role rule steps through."""

from __future__ import annotations

from enum import Enum
from typing import Literal, NamedTuple, cast

from identity.operations import Operation

Role = Literal["admin", "editor", "reviewer", "viewer"]
RANK: dict[str | None, int] = {None: 0, "viewer": 1, "reviewer": 2, "editor": 3, "admin": 4}
THREAD = 2  # the kind of document that a reviewer may write (docs/format.md, "Document ids")
KEY_SIZE = 32
KEY_KINDS = ("add-device", "add-recovery", "retire-device")  # what members may do about their own keys
NOBODY = 1 << 53  # seniority of a key that is no admin's: after all of them


def allows(role: Role | None, kind: int) -> bool:
    """Whether the role may change documents of this kind (first byte of the document's id)."""
    return role in ("admin", "editor") or (role == "reviewer" and kind == THREAD)


def lower(one: Role | None, other: Role | None) -> Role | None:
    """The role of the two that may do less."""
    return one if RANK[one] <= RANK[other] else other


class Outcome(Enum):
    """What an operation came to."""

    REFUSED = "refused"  # its author was not entitled to it
    UNCHANGED = "unchanged"  # entitled, but there was nothing left to change
    CHANGED = "changed"


class Claim(NamedTuple):
    """Whose a key is, and how senior the one was who said so."""

    member: bytes
    seniority: int


class Standing:
    """Members, roles, devices. `apply` takes operations one after the other; nothing else changes it."""

    def __init__(self) -> None:
        self.roles: dict[bytes, Role] = {}  # by member id
        self.seniority: dict[bytes, int] = {}  # by admin's member id: the turn of the earliest grant; low is senior
        self.devices: dict[bytes, Claim] = {}  # by public key; revoked ones stay
        self.recovery: dict[bytes, Claim] = {}  # by recovery public key
        self.halves: dict[bytes, bytes] = {}  # of recovery keys: the X25519 key that workspace keys are wrapped for
        self.revoked: set[bytes] = set()
        self._turn = 0

    def owner_of(self, device: bytes) -> bytes | None:
        """The member whose device it is or, when it is revoked, was."""
        claim = self.devices.get(device)
        return claim.member if claim else None

    def _keeper_of(self, key: bytes) -> bytes | None:
        claim = self.devices.get(key) or self.recovery.get(key)
        return claim.member if claim else None

    def member_of(self, device: bytes) -> bytes | None:
        """The member who acts through the device; None for a revoked or unknown one."""
        return None if device in self.revoked else self.owner_of(device)

    def role_of(self, device: bytes) -> Role | None:
        member = self.member_of(device)
        return None if member is None else self.roles.get(member)

    def seniority_of(self, device: bytes) -> int:
        """When the device's member became admin; NOBODY for who is none."""
        member = self.member_of(device)
        return NOBODY if member is None else self.seniority.get(member, NOBODY)

    def lowers(self, operation: Operation) -> bool:
        """Whether the operation would take something away from its subject."""
        if operation.kind == "role":
            return _is_role(operation.argument) and self._rank(operation.subject) > RANK[cast(Role, operation.argument)]
        return operation.kind in ("remove", "revoke-device")

    def devices_about(self, operation: Operation) -> list[bytes]:
        """The devices whose right an operation may have changed."""
        if operation.kind in ("add-device", "revoke-device"):
            return [operation.subject]
        if operation.kind in ("create", "grant", "role", "remove"):
            return [device for device, claim in self.devices.items() if claim.member == operation.subject]
        return []

    def keeper_named(self, operation: Operation) -> bytes | None:
        """The member whose keys an operation is about; None for any other operation."""
        return self._member_named(operation) if operation.kind in KEY_KINDS else None

    def apply(self, operation: Operation) -> Outcome:
        """Take the next operation, if its author is entitled to it at this point."""
        self._turn += 1
        kind = operation.kind
        if kind == "create":
            return self._create(operation)
        if kind in KEY_KINDS:
            return self._apply_to_key(operation)
        if self.role_of(operation.author) != "admin" or self._lowers_a_senior(operation):
            return Outcome.REFUSED
        if kind in ("grant", "role"):
            return self._set_role(operation)
        if kind == "remove":
            return self._remove(operation.subject)
        if kind == "revoke-device":
            return self._revoke(operation.subject)
        return Outcome.CHANGED  # accept, discard, rotate: read from the entitled operations, no part of the standing

    def _rank(self, member: bytes) -> int:
        return RANK[self.roles.get(member)]

    def _create(self, operation: Operation) -> Outcome:
        if self._turn != 1:
            return Outcome.REFUSED
        self.devices[operation.author] = Claim(operation.subject, self._turn)
        self.roles[operation.subject] = "admin"
        self.seniority[operation.subject] = self._turn
        return Outcome.CHANGED

    def _lowers_a_senior(self, operation: Operation) -> bool:
        of_key = operation.kind == "revoke-device"
        subject = self._keeper_of(operation.subject) if of_key else operation.subject
        if subject is None or not self.lowers(operation):
            return False
        return self.seniority.get(subject, NOBODY) < self.seniority_of(operation.author)

    def _set_role(self, operation: Operation) -> Outcome:
        if not _is_role(operation.argument):
            return Outcome.REFUSED
        member, role, have = operation.subject, cast(Role, operation.argument), self._rank(operation.subject)
        if (operation.kind == "grant" and have >= RANK[role]) or (operation.kind == "role" and not have):
            return Outcome.UNCHANGED
        self.roles[member] = role
        if role == "admin":
            self.seniority.setdefault(member, self._turn)
        else:
            self.seniority.pop(member, None)
        return Outcome.CHANGED

    def _remove(self, member: bytes) -> Outcome:
        self.seniority.pop(member, None)
        return Outcome.UNCHANGED if self.roles.pop(member, None) is None else Outcome.CHANGED

    def _revoke(self, key: bytes) -> Outcome:
        if key in self.revoked:
            return Outcome.UNCHANGED
        self.revoked.add(key)
        return Outcome.CHANGED

    def _apply_to_key(self, operation: Operation) -> Outcome:
        """Operations on a member's keys: the member's own devices are entitled too, and to add one, recovery keys."""
        member = self._member_named(operation)
        if member is None or not self._speaks_for(operation, member):
            return Outcome.REFUSED
        if operation.kind == "retire-device":
            return Outcome.CHANGED
        keys = self.devices if operation.kind == "add-device" else self.recovery
        outcome = _claim(keys, operation.subject, Claim(member, self.seniority_of(operation.author)))
        if operation.kind == "add-recovery" and outcome is Outcome.CHANGED:
            self.halves[operation.subject] = cast(bytes, operation.argument)[:KEY_SIZE]
        return outcome

    def _member_named(self, operation: Operation) -> bytes | None:
        if len(operation.subject) != KEY_SIZE:
            return None
        if operation.kind == "retire-device":
            return self.owner_of(operation.subject)
        if not isinstance(operation.argument, bytes):
            return None
        # A recovery key's argument begins with the key that workspace keys are wrapped for.
        return operation.argument[KEY_SIZE if operation.kind == "add-recovery" else 0 :] or None

    def _speaks_for(self, operation: Operation, member: bytes) -> bool:
        author = operation.author
        if self.role_of(author) == "admin" or self.member_of(author) == member:
            return True
        claim = self.recovery.get(author)
        recovers = operation.kind == "add-device" and claim is not None and claim.member == member
        return recovers and author not in self.revoked


def _claim(keys: dict[bytes, Claim], key: bytes, claim: Claim) -> Outcome:
    """A key is one member's, and who says so first is right, unless somebody more senior says otherwise.

    Else a member could back-date a claim to somebody's new device and keep it from its owner for ever.
    """
    have = keys.get(key)
    if have is not None and have.seniority <= claim.seniority:
        return Outcome.UNCHANGED if have.member == claim.member else Outcome.REFUSED
    keys[key] = claim
    return Outcome.CHANGED


def _is_role(value: object) -> bool:
    return isinstance(value, str) and value in RANK
