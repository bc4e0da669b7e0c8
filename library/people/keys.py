"""The workspace's keys, as the membership log carries them: which are in use, which this device can open, new ones.

No plain key is stored: each is opened from its copy with the device's own key, whenever it is wanted.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from identity.keys import DeviceKey
from identity.membership import Decision
from identity.standing import Standing
from identity.wrapping import (
    Copy,
    Rotation,
    WorkspaceKey,
    decode_rotation,
    encode_rotation,
    new_key,
    open_earlier,
    seal_earlier,
    split,
    unwrap,
    wrap,
    wrapping_public,
)
from library.people.signing import Signing
from library.workspace import Workspace

MOST_COPIES = 400  # in one operation, which has 64 KiB for these, the earlier ones and what it names as before it
MOST_EARLIER = 50
MOST_OF_ONE = 100
Epoch = tuple[int, bytes]  # epoch and key id; the greatest one is written with


class Keys:
    """Reads the log anew whenever it has grown."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._seen: Seen | None = None
        self._needed: tuple[Seen, Need | None] | None = None

    def current(self) -> WorkspaceKey | None:
        """What to write with; None where there is no key yet, or none that this device can open."""
        seen = self._look()
        return seen.opened.get(max(seen.log.used)) if seen.log.used else None

    def begun(self) -> bool:
        """Whether any key is in use, also one that this device cannot open."""
        return bool(self._look().log.used)

    def all(self) -> list[WorkspaceKey]:
        """Every key that this device can open, the one to write with first."""
        return sorted(self._look().opened.values(), reverse=True)

    def get(self, id: bytes) -> WorkspaceKey | None:
        return next((key for key in self._look().opened.values() if key.id == id), None)

    def rotate(self, signing: Signing, people: Mapping[bytes, bytes]) -> WorkspaceKey:
        """A new key for some recipients, in as many operations as that needs."""
        log, opened = self._look().log, self._look().opened
        workspace, random = self._workspace.id, self._workspace.surroundings.random
        key = new_key(workspace, 1 + max((epoch for epoch, _ in log.used), default=0), random)
        ends = [opened[each] for each in sorted(log.ends(), reverse=True) if each in opened][:MOST_EARLIER]
        earlier = {each.id: seal_earlier(key, workspace, each) for each in ends}
        copies = [copy for each in people.items() if (copy := wrap(key, workspace, *each, random)) is not None]
        for part in split(copies, MOST_COPIES):
            signing.add("rotate", key.id, encode_rotation(Rotation(key.epoch, tuple(part), earlier)))
            earlier = {}
        return key

    def hand_on(
        self, signing: Signing, people: Mapping[bytes, bytes], opened: Mapping[Epoch, WorkspaceKey] | None = None
    ) -> None:
        """Copies for some more, of every key that no later one holds: whoever has these has all. `opened`: what is
        known, where that is not what this device itself can open.
        """
        log = self._look().log
        opened = self._look().opened if opened is None else opened
        workspace, random = self._workspace.id, self._workspace.surroundings.random
        for each in sorted(log.ends(), reverse=True)[:MOST_EARLIER]:
            have = self._have(each)
            wanted = {recipient: half for recipient, half in people.items() if recipient not in have}
            if each in opened:
                copies = [wrap(opened[each], workspace, *one, random) for one in wanted.items()]
                for part in split([copy for copy in copies if copy is not None], MOST_COPIES) if wanted else ():
                    signing.add("rotate", each[1], encode_rotation(Rotation(each[0], tuple(part))))

    def _have(self, key: Epoch) -> set[bytes]:
        """For whom a copy is there, by an admin or by a device of a member: what anybody else says is not relied on."""
        standing = self._standing
        return {copy.recipient for by, copy in self._look().log.copies(key) if by is None or standing.role_of(by)}

    def lacking(self) -> dict[bytes, bytes]:
        """Members' keys that lack a copy of a key which no later one holds, each with its X25519 half."""
        ends, people = self._look().log.ends(), recipients(self._standing)
        have = [self._have(each) for each in ends]
        return {each: half for each, half in people.items() if not all(each in those for those in have)}

    def exposed(self) -> bool:
        """Whether somebody, too, has the key in use who is no member: two were removed at once, or the one who let him
        in was lowered meanwhile.
        """
        log = self._look().log
        return bool(log.used) and not all(reads(self._standing, each) for each in log.holders(max(log.used)))

    def need(self) -> Need | None:
        """Whether something is to be set right that this device could, and its turn among those that could too."""
        seen = self._look()
        if self._needed is None or self._needed[0] is not seen:  # it is asked all the time, and looks at every device
            self._needed = seen, self._need()
        return self._needed[1]

    def _need(self) -> Need | None:
        own, standing, log = self._workspace.device, self._standing, self._look().log
        if self.exposed():
            key, able = max(log.used), {device for device in standing.devices if standing.role_of(device) == "admin"}
        else:
            opened, people = self._look().opened, recipients(standing).keys()
            short = [each for each in log.ends() if each in opened and not people <= self._have(each)]
            if not short:
                return None
            key = max(short)
            able = {device for device in log.holders(key) if standing.role_of(device) is not None}
        order = sorted(able, key=lambda device: hashlib.sha256(key[1] + device).digest())
        return Need(key, order.index(own)) if own in order else None

    @property
    def _standing(self) -> Standing:
        return self._workspace.members.rule.decision.standing

    def _look(self) -> Seen:
        decision, recovery = self._workspace.members.rule.decision, self._workspace.recovery
        secrets = (self._workspace.key, *([recovery] if recovery else []))
        seen = self._seen
        if seen is None or seen.decision is not decision or seen.secrets != secrets:
            log = Rotations(decision)
            seen = self._seen = Seen(decision, secrets, log, opened_with(log, self._workspace.id, secrets))
        return seen


class Rotations:
    """What the `rotate` operations of a log say. A key is in use when an entitled one names it. Copies of it may be
    handed on by anybody, for a key proves itself by its id; what else they say of it counts from entitled ones only.
    """

    def __init__(self, decision: Decision) -> None:
        self.used: set[Epoch] = set()
        self._copies: dict[Epoch, list[tuple[bytes | None, Copy]]] = {}
        self._earlier: dict[Epoch, dict[bytes, bytes]] = {}
        for operation in decision.operations.values():
            rotation = decode_rotation(operation.argument) if operation.kind == "rotate" else None
            if rotation is not None:
                each, entitled = (rotation.epoch, operation.subject), operation.hash in decision.entitled
                by = None if entitled else operation.author
                self._copies.setdefault(each, []).extend((by, copy) for copy in rotation.copies)
                if entitled:
                    self.used.add(each)
                    self._earlier.setdefault(each, {}).update(rotation.earlier)

    def ends(self) -> set[Epoch]:
        """Keys in use that no later one holds."""
        held = {id for each in self.used for id in self.earlier(each)}
        return {each for each in self.used if each[1] not in held}

    def copies(self, key: Epoch) -> Sequence[tuple[bytes | None, Copy]]:
        """Each with the device that handed it on; None: an admin's, when the log allowed it."""
        return self._copies.get(key, [])

    def holders(self, key: Epoch) -> set[bytes]:
        """Who has it: by an entitled copy, or by one from who had it. What others say they hand on is no key."""
        found = {copy.recipient for by, copy in self.copies(key) if by is None}
        handed = [(by, copy.recipient) for by, copy in self.copies(key) if by is not None]
        while more := {recipient for by, recipient in handed if by in found} - found:
            found |= more
        return found

    def earlier(self, key: Epoch) -> Mapping[bytes, bytes]:
        return self._earlier.get(key, {})


class Need(NamedTuple):
    """The key in use is not as it should be; `turn`: how many devices are asked to mend it before this one."""

    key: Epoch
    turn: int


class Seen(NamedTuple):
    """What was read of the log, and opened, for one state of it."""

    decision: Decision
    secrets: tuple[DeviceKey, ...]
    log: Rotations
    opened: Mapping[Epoch, WorkspaceKey]


def opened_with(log: Rotations, workspace: bytes, secrets: Collection[DeviceKey]) -> dict[Epoch, WorkspaceKey]:
    """Every key in use that one of these can open, or that a key so opened holds."""
    found: dict[Epoch, WorkspaceKey] = {}
    by_id = {id: (epoch, id) for epoch, id in log.used}
    for each in sorted(log.used, reverse=True):
        if each in found:
            continue
        first = _first_opened(log, each, workspace, secrets)
        waiting = [] if first is None else [first]
        while waiting:
            key = waiting.pop()
            found[key.epoch, key.id] = key
            for id, sealed in log.earlier((key.epoch, key.id)).items():
                if id in by_id and by_id[id] not in found:
                    before = open_earlier(key, workspace, *by_id[id], sealed)
                    waiting += [] if before is None else [before]
    return found


def _first_opened(log: Rotations, each: Epoch, workspace: bytes, secrets: Collection[DeviceKey]) -> WorkspaceKey | None:
    for _, copy in log.copies(each):
        for secret in secrets:
            if copy.recipient == secret.public and (key := unwrap(copy, workspace, *each, secret)) is not None:
                return key
    return None


def reads(standing: Standing, key: bytes) -> bool:
    """Whether a device or recovery key is one of a member who has a role."""
    claim = standing.devices.get(key) or standing.recovery.get(key)
    return claim is not None and key not in standing.revoked and standing.roles.get(claim.member) is not None


def recipients(standing: Standing) -> dict[bytes, bytes]:
    """Who may read: devices and recovery keys of members who have a role, each with its X25519 key.

    Of each member only the first hundred: anybody may give himself as many as he likes.
    """
    found: dict[bytes, bytes] = {}
    counts: Counter[bytes] = Counter()
    for keys in (standing.devices, standing.recovery):
        for key, claim in keys.items():
            half = wrapping_public(key) if keys is standing.devices else standing.halves.get(key)
            if half is None or not reads(standing, key):
                continue
            counts[claim.member] += 1
            if counts[claim.member] <= MOST_OF_ONE:
                found[key] = half
    return found
