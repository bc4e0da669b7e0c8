"""The people of one workspace and their devices: how they come in, how their roles change, and how they go."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from documents.draft import Draft
from documents.kinds import Kind, derived_id
from identity.keys import KEY_BYTES, is_key
from identity.membership import Role, allows
from identity.standing import RANK
from identity.wrapping import wrapping_public
from library.editing.actions import clean_name
from library.editing.news import told
from library.errors import Clash, Invalid, NotFound, ReadOnly
from library.models import Changed
from library.people.keys import Keys, Need, recipients
from library.people.models import DeviceInfo, MemberInfo, NewPerson
from library.people.roll import PRINTED, Roll
from library.people.signing import Signing, seen_of
from library.replica.names import DEVICE, MEMBER, MOST_NAME
from library.workspace import Edit, Plan, Workspace
from store.database import Connection

TURN_SECONDS = 20.0
Edits = Sequence[Edit] | Callable[[Connection], Sequence[Edit]]
Operations = Callable[[Connection], Sequence[bytes]]
Rows = Callable[[Connection], None]


class People:
    """Members and devices of one workspace. What this device may not do is refused in words before anything is
    signed: no replica would take it.
    """

    def __init__(self, workspace: Workspace, fallback: Callable[[bytes], str]) -> None:
        """`fallback` says what a device is called that the log has no name of."""
        self._workspace = workspace
        self.roll = Roll(workspace, fallback)
        self.keys = Keys(workspace)
        self._since: tuple[Need, float] | None = None

    def device_name(self, device: bytes) -> str:
        """As the log has it; without that what this device knows, else the first digits of its key."""
        return self.roll.device_name(device)

    def devices(self) -> list[DeviceInfo]:
        """All that were ever let in, this one first, then those of the same member, by name."""
        return self.roll.devices()

    def members(self) -> list[MemberInfo]:
        """Everybody, who has a role first, by name."""
        return self.roll.members()

    def member(self, word: str) -> MemberInfo:
        """By id, by a beginning of it that is one's alone, or by name."""
        everybody = self.members()
        found = [each for each in everybody if each.id == word] or [each for each in everybody if each.name == word]
        if not found and len(word) >= 4:
            found = [each for each in everybody if each.id.startswith(word)]
        if not found:
            raise NotFound(f"There is no member {word[:60]!r} here.", code="no_member", hint=LIST, member=word[:60])
        if len(found) > 1:
            ids = ", ".join(each.id[:12] for each in found)
            message = f"Several members are called “{word[:60]}”. Name the one that is meant by the id: {ids}."
            raise Clash(message, code="members_alike", name=word[:60], ids=ids)
        return found[0]

    async def admit(
        self,
        device: bytes,
        name: str,
        person: NewPerson | None = None,
        *,
        invitation: bytes | None = None,
        rows: Rows | None = None,
    ) -> Changed:
        """Let a device in: to the member of this one, or to a new member who gets `person.role`. One action, which may
        be due to an invitation (its id) and settle some rows.

        One that is in already changes nothing. ReadOnly where this device may not.
        """
        half = wrapping_public(device)
        if half is None or not is_key(device):
            message = "That is no device's key."
            raise Invalid(message, [("/device", f"is no Ed25519 key of {KEY_BYTES} bytes")], code="no_device_key")
        name = clean_name(name, "A device needs a name.", MOST_NAME)
        called = None if person is None else clean_name(person.name, "A person needs a name.", MOST_NAME)
        fresh, now = self._workspace.surroundings.random.randbytes(16), self._workspace.surroundings.clock.now()
        edits: list[Edit] = []
        params: dict[str, Any] = {"name": name, "device": device.hex()}
        if invitation is not None:
            params["invitation"] = invitation.hex()

        def operations(connection: Connection) -> list[bytes]:
            edits.clear()
            own = self.own()
            if person is not None:
                self.check_admin()
            member = self._place(device, own, person, fresh)
            if member is None:
                return []
            signing = Signing(self._workspace)
            if person is not None:
                signing.add("grant", member, person.role)
                params.update(person=called, role=person.role)
            if self.roll.standing.owner_of(device) != member:
                signing.add("add-device", device, member)
            self.hand_keys(signing, {**self._keys_of(member), device: half} if person else {device: half})
            edits.extend(self._names(device, name, member, called, now))
            return signing.made

        return await self.carry_out("member.admit", params, operations, lambda connection: edits, rows)

    def _place(self, device: bytes, own: bytes, person: NewPerson | None, fresh: bytes) -> bytes | None:
        """The member that a device shall belong to; None where it is in already. Clash where it cannot be let in."""
        owner = self.roll.standing.owner_of(device)
        if device in self.roll.standing.revoked:
            message = "This device was revoked. Its key is never let in again."
            hint = "On that device, remove the file `device.key` in Gesso's home, and pair it again."
            raise Clash(message, code="device_revoked", hint=hint, device=device.hex())
        if owner is None:
            return own if person is None else fresh
        if self.roll.standing.roles.get(owner) is None and person is not None:
            return owner  # somebody who was removed comes back
        if person is None and owner == own:
            return None
        name = self.roll.member_name(owner)
        raise Clash(f"This device is {name}'s already.", code="device_taken", device=device.hex(), person=name)

    def hand_keys(self, signing: Signing, people: dict[bytes, bytes]) -> None:
        """The workspace's keys for who comes in; the first key, where there is none and an admin lets in."""
        if self.keys.begun():
            self.keys.hand_on(signing, people)
        elif self._role == "admin":
            self.keys.rotate(signing, recipients(self.roll.standing) | people)

    def _names(self, device: bytes, name: str, member: bytes, person: str | None, now: int) -> list[Edit]:
        """What the settings are to say of a new device. Who may not write there lets it in without a name."""
        if not allows(self._role, Kind.SETTINGS):
            return []
        own = self._workspace.device
        said: dict[str, str | int] = {f"{DEVICE}{device.hex()}/name": name, f"{DEVICE}{device.hex()}/at": now}
        if person is not None:
            said |= {f"{MEMBER}{member.hex()}/name": person, f"{MEMBER}{member.hex()}/at": now}
        if "name" not in self._workspace.names.devices.get(own.hex(), {}):
            said[f"{DEVICE}{own.hex()}/name"] = self.roll.fallback(own)
        return [self._say(said)]

    def _say(self, said: dict[str, str | int]) -> Edit:
        def write(draft: Draft) -> None:
            for key, value in said.items():
                draft.put_entry("more", key, value)

        return derived_id(Kind.SETTINGS, self._workspace.id), write

    async def rename_device(self, device: bytes, name: str) -> Changed:
        """One's own, or as an admin anybody's."""
        clean = clean_name(name, "A device needs a name.", MOST_NAME)
        params = {"name": clean, "device": device.hex()}

        def edits(connection: Connection) -> list[Edit]:
            if self._owner(device) != self.own():
                self.check_admin()
            params["before"] = self.device_name(device)
            return [self._say({f"{DEVICE}{device.hex()}/name": clean})]

        return await self.carry_out("device.rename", params, None, edits)

    async def rename(self, member: str, name: str) -> Changed:
        """Oneself, or as an admin anybody."""
        clean = clean_name(name, "A person needs a name.", MOST_NAME)
        params = {"name": clean}

        def edits(connection: Connection) -> list[Edit]:
            id = bytes.fromhex(self.member(member).id)
            if id != self.own():
                self.check_admin()
            params.update(before=self.roll.member_name(id), member=id.hex())
            return [self._say({f"{MEMBER}{id.hex()}/name": clean})]

        return await self.carry_out("member.rename", params, None, edits)

    async def set_role(self, member: str, role: Role) -> Changed:
        """What a lowered one may do no more has no effect from now on; what had come until now stays."""
        params: dict[str, Any] = {"role": role}

        def operations(connection: Connection) -> list[bytes]:
            id = bytes.fromhex(self.member(member).id)
            self.check_admin()
            have = self.roll.standing.roles.get(id)
            params.update(name=self.roll.member_name(id), before=have or "none", member=id.hex())
            if have == role:
                return []
            signing = Signing(self._workspace)
            if have is None:
                signing.add("grant", id, role)
                self.hand_keys(signing, self._keys_of(id))
                return signing.made
            if RANK[role] < RANK[have]:
                self._check_senior(id)
                self._check_not_last(id)
                signing.add("role", id, role, seen_of(connection, self._workspace, self.roll.devices_of(id)))
            else:
                signing.add("role", id, role)
            return signing.made

        return await self.carry_out("member.role", params, operations)

    async def remove(self, member: str) -> Changed:
        """The member has no role any more. With a new key of the workspace for all who stay, in one action."""
        params: dict[str, Any] = {}

        def operations(connection: Connection) -> list[bytes]:
            id = bytes.fromhex(self.member(member).id)
            self.check_admin()
            if id == self.own():
                message = "Nobody removes himself: another admin of the workspace has to."
                raise Clash(message, code="own_member")
            self._check_senior(id)
            if self.roll.standing.roles.get(id) is None:
                return []
            params.update(name=self.roll.member_name(id), member=id.hex())
            signing = Signing(self._workspace)
            signing.add("remove", id, seen=seen_of(connection, self._workspace, self.roll.devices_of(id)))
            self._new_key(signing, self._keys_of(id).keys())
            return signing.made

        return await self.carry_out("member.remove", params, operations)

    async def revoke_device(self, device: bytes) -> Changed:
        """It is nobody's for ever. What it had sent until now stays; what it writes from now on has no effect.

        With a new key of the workspace for all other devices, in one action.
        """
        params: dict[str, Any] = {"device": device.hex()}

        def operations(connection: Connection) -> list[bytes]:
            owner = self._owner(device)
            self.check_admin()
            self._check_senior(owner)
            if device == self._workspace.device:
                message = "This is this very device. Revoke it on another one, whose member is an admin."
                raise Clash(message, code="own_device")
            if device in self.roll.standing.revoked:
                return []
            params["name"] = self.device_name(device)
            signing = Signing(self._workspace)
            signing.add("revoke-device", device, seen=seen_of(connection, self._workspace, [device]))
            kept = self._kept_by(device)
            for key in kept:
                signing.add("revoke-device", key)
            self._new_key(signing, [device, *kept])
            return signing.made

        return await self.carry_out("device.revoke", params, operations)

    async def tend(self) -> Changed:
        """Set right what two devices did at once: a key that was made for somebody, too, who was removed meanwhile, or
        that lacks somebody who came in meanwhile. Each device that could waits for its turn, so that one does it.
        """
        return await self.carry_out("member.keys", {}, lambda connection: self._tending())

    def _tending(self) -> list[bytes]:
        signing = Signing(self._workspace)
        if self._role == "admin" and self.keys.exposed():
            self.keys.rotate(signing, recipients(self.roll.standing))
        elif self._role is not None and (lacking := self.keys.lacking()):
            self.keys.hand_on(signing, lacking)
        return signing.made

    def to_tend(self) -> bool:
        """Whether `tend` is this device's to call now; ask every few seconds."""
        need = self.keys.need()
        if need is None:
            self._since = None
            return False
        now = self._workspace.surroundings.clock.elapsed()
        if self._since is None or self._since[0] != need:
            self._since = need, now
        return now - self._since[1] >= need.turn * TURN_SECONDS

    def _kept_by(self, device: bytes) -> list[bytes]:
        """Recovery keys that lie in the device's own folder: whoever has it could let himself in with them."""
        decision = self._workspace.members.rule.decision
        made = [each for each in decision.operations.values() if each.kind == "add-recovery" and each.author == device]
        return [
            each.subject
            for each in made
            if each.hash in decision.entitled
            and each.subject not in self.roll.standing.revoked
            and each.nonce != PRINTED
        ]

    def _new_key(self, signing: Signing, gone: Collection[bytes]) -> None:
        people = recipients(self.roll.standing)
        self.keys.rotate(signing, {key: half for key, half in people.items() if key not in gone})

    def _keys_of(self, member: bytes) -> dict[bytes, bytes]:
        """A member's devices and recovery keys that are not revoked, each with its X25519 key."""
        standing = self.roll.standing
        devices = [each for each in self.roll.devices_of(member) if each not in standing.revoked]
        halves = {device: wrapping_public(device) for device in devices}
        halves |= {key: standing.halves.get(key) for key in self.roll.recovery_of(member)}
        return {key: half for key, half in halves.items() if half is not None}

    @property
    def _role(self) -> Role | None:
        return self._workspace.members.role_of(self._workspace.device)

    def own(self) -> bytes:
        """The member of this device; ReadOnly where it has no role."""
        own = self.roll.standing.member_of(self._workspace.device)
        if own is None or self._role is None:
            raise _no_right(None)
        return own

    def _owner(self, device: bytes) -> bytes:
        """Whose a device is; NotFound for one that nobody let in."""
        owner = self.roll.standing.owner_of(device)
        if owner is None:
            id = device.hex()[:64]
            raise NotFound(f"There is no device {id[:12]} in this workspace.", code="no_device", hint=LIST, id=id)
        return owner

    def check_admin(self) -> None:
        """ReadOnly unless this device is an admin's."""
        if self._role != "admin":
            raise _no_right(self._role)

    def _check_senior(self, member: bytes) -> None:
        """Who became an admin later takes nothing from one who was it before: no device would follow."""
        standing = self.roll.standing
        theirs = standing.seniority.get(member)
        if theirs is not None and theirs < standing.seniority_of(self._workspace.device):
            name = self.roll.member_name(member)
            message = f"{name} became an admin before you. Only an admin of longer standing can do that."
            raise ReadOnly(message, code="senior", hint="Ask them, or the admin who began the workspace.", person=name)

    def _check_not_last(self, member: bytes) -> None:
        """Without an admin nobody could be let in, changed or removed any more."""
        standing = self.roll.standing
        acting = {standing.owner_of(each) for each in standing.devices if standing.role_of(each) == "admin"}
        if acting == {member}:
            message = "This is the only admin. Without one nobody could be let in or removed any more."
            raise Clash(message, code="last_admin", hint="Make somebody else an admin first.")

    async def carry_out(
        self,
        intent: str,
        params: dict[str, Any],
        operations: Operations | None,
        edits: Edits = (),
        rows: Rows | None = None,
    ) -> Changed:
        """Write an action, and publish what it changed."""
        plan = Plan(intent, params, edits, operations=operations or (), rows=rows)
        appended = await self._workspace.append(plan)
        changed = told(self._workspace, appended)
        if operations is not None and appended.action is not None and not appended.heads:
            self._workspace.bus.publish("workspace.changed", self._workspace.id.hex(), self._workspace.device.hex())
        return changed


LIST = "`gesso member ls` shows who is here, with which devices."


def _no_right(role: Role | None) -> ReadOnly:
    message = f"With the role {role or 'none'} nobody can be let in, changed or removed here."
    return ReadOnly(message, code="no_right", hint="Ask an admin of the workspace.", role=role or "none")
