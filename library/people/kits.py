"""Recovery kits: a code on paper that lets a member's new device in and opens every workspace key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from identity.recovery import CODE_BYTES, CodeRefused, RecoveryKey, key_of_code, read_code, write_code
from identity.wrapping import wrapping_public
from library.errors import Clash, Invalid, ReadOnly
from library.models import Changed
from library.people.keys import Rotations, opened_with, recipients
from library.people.models import Kit, KitCheck, KitInfo
from library.people.people import People
from library.people.roll import PRINTED, Roll
from library.people.signing import Signing
from library.replica.members import Members
from library.replica.recovery import admission
from library.workspace import Workspace
from store.database import Connection


class Kits:
    """The kits of one workspace. A code is shown when it is made, and stored nowhere."""

    def __init__(self, workspace: Workspace, people: People) -> None:
        self._workspace = workspace
        self._people = people

    @property
    def _roll(self) -> Roll:
        return self._people.roll

    async def list(self) -> list[KitInfo]:
        """Those that count, of everybody, own ones first."""
        made = await self._workspace.database.read(_made)
        found = [self._info(key, made.get(key)) for key in self._roll.kits()]
        return sorted(found, key=lambda each: (not each.mine, each.person, each.made or 0, each.id))

    def _info(self, key: bytes, made: int | None) -> KitInfo:
        standing = self._roll.standing
        member = standing.recovery[key].member
        return KitInfo(
            id=key.hex(),
            member=member.hex(),
            person=self._roll.member_name(member),
            mine=member == standing.owner_of(self._workspace.device),
            made=made,
            current=self._people.keys.begun() and key not in self._people.keys.lacking(),
        )

    async def make(self, replace: bool = False) -> Kit:
        """A new kit of this device's member. With `replace` the former ones open nothing more: that takes an admin, for
        the workspace's key has to be changed.
        """
        secret = self._workspace.surroundings.random.randbytes(CODE_BYTES)
        key: RecoveryKey = await self._workspace.surroundings.in_thread(key_of_code, secret, self._workspace.id)

        def operations(connection: Connection) -> list[bytes]:
            own = self._people.own()
            signing = Signing(self._workspace)
            signing.add("add-recovery", key.public, key.wrapping_public + own, nonce=PRINTED)
            former = [each for each in self._roll.kits() if self._roll.standing.recovery[each].member == own]
            if replace and former:
                self._people.check_admin()
                for each in former:
                    signing.add("revoke-device", each)
                people = recipients(self._roll.standing) | {key.public: key.wrapping_public}
                self._people.keys.rotate(signing, {each: half for each, half in people.items() if each not in former})
            else:
                self._people.hand_keys(signing, {key.public: key.wrapping_public})
            return signing.made

        await self._people.carry_out("recovery.make", {"key": key.public.hex()}, operations)
        info = self._info(key.public, self._workspace.surroundings.clock.now())
        return Kit(**msgspec.structs.asdict(info), code=write_code(secret))

    async def check(self, code: str) -> KitCheck:
        """What a code is worth in this workspace today; Invalid for one that was mistyped."""
        key = await self._key(code)
        standing, log = self._roll.standing, Rotations(self._workspace.members.rule.decision)
        claim = standing.recovery.get(key.public)
        role = None if claim is None else standing.roles.get(claim.member)
        if claim is None:
            return KitCheck(state="unknown", person=None, role="none", keys=0, of=len(log.used))
        state: Literal["revoked", "no_role", "good"] = "good" if role is not None else "no_role"
        if key.public in standing.revoked:
            state = "revoked"
        return KitCheck(
            state=state,
            person=self._roll.member_name(claim.member),
            role=role or "none",
            keys=len(opened_with(log, self._workspace.id, [key])),
            of=len(log.used),
        )

    async def use(self, code: str) -> Changed:
        """Let this device in, as one of the member's whose code it is, with all keys that the code opens."""
        key, device = await self._key(code), self._workspace.device

        def operations(connection: Connection) -> list[bytes]:
            members = self._workspace.members
            standing, half = self._roll.standing, wrapping_public(device)
            claim = standing.recovery.get(key.public)
            if claim is None or key.public in standing.revoked or standing.roles.get(claim.member) is None:
                message = "This code lets nobody into this workspace: it is of another one, or does not count any more."
                raise ReadOnly(message, code="code_lets_nobody", hint="`gesso recovery check` says which.")
            if members.role_of(device) is not None:
                raise Clash("This device is in the workspace already.", code="already_in")
            return [admission(key, members, device), *self._handed_on(key, members, {device: half} if half else {})]

        return await self._people.carry_out("recovery.use", {"device": device.hex()}, operations)

    def _handed_on(self, key: RecoveryKey, members: Members, people: dict[bytes, bytes]) -> Sequence[bytes]:
        """Copies of what the code opens, signed by the device, which is nobody's yet: they count all the same."""
        opened = opened_with(Rotations(members.rule.decision), self._workspace.id, [key])
        signing = Signing(self._workspace)
        self._people.keys.hand_on(signing, people, opened)
        return signing.made

    async def _key(self, code: str) -> RecoveryKey:
        try:
            secret = read_code(code)
        except CodeRefused as error:
            message = {
                "length": "A recovery code has 36 letters and digits, in nine groups of four.",
                "letter": "A recovery code holds letters from A to Z and digits only.",
                "check": "This code has a mistake in it: compare it with the paper, letter by letter.",
            }[error.reason]
            raise Invalid(message, [("/code", "is mistyped")], code=f"recovery_code.{error.reason}") from error
        key: RecoveryKey = await self._workspace.surroundings.in_thread(key_of_code, secret, self._workspace.id)
        return key


def _made(connection: Connection) -> dict[bytes, int]:
    """When kits were made, as the actions tell that made them."""
    found: dict[bytes, int] = {}
    for time, params in connection.execute("SELECT time, params FROM action WHERE intent='recovery.make'"):
        key = msgspec.json.decode(params).get("key")
        if isinstance(key, str) and len(key) == 64 and all(each in "0123456789abcdef" for each in key):
            found.setdefault(bytes.fromhex(key), time)
    return found
