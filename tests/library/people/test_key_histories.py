"""People come and go on several devices at once, in any order; at the end the right ones can open the key in use."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from identity.keys import DeviceKey, verify
from identity.recovery import RecoveryKey
from library.catalog import Library
from library.errors import LibraryError
from library.people.keys import Rotations, opened_with
from library.people.models import NewPerson
from library.people.roll import PRINTED
from library.people.signing import Signing
from library.replica.receiving import Received, receive
from library.workspace import Plan
from tests.library.studio import Studio

STEPS = 18
ROLES = ("admin", "editor", "reviewer", "viewer")


async def tell(source: Library, target: Library) -> Received:
    """Membership operations alone: nothing else is in question here."""
    raws = [operation.raw for operation in source.workspace.members.operations.values()]
    return await receive(target.workspace, [], verify, raws)


class History:
    """Real devices, and further ones of which only the key is known."""

    def __init__(self, libraries: Sequence[Library], chance: random.Random) -> None:
        self.libraries = libraries
        self.chance = chance
        self.keys: dict[bytes, DeviceKey] = {each.workspace.device: each.workspace.key for each in libraries}
        self.log: list[str] = []

    async def step(self) -> None:
        library, kind = (
            self.chance.choice(self.libraries),
            self.chance.choice(("tell", "tell", "tell", "admit", "admit", "person", "remove", "revoke", "role", "kit")),
        )
        try:
            await self._do(kind, library)
            self.log.append(f"{kind} by {self.libraries.index(library)}")
        except LibraryError as error:
            self.log.append(f"{kind} by {self.libraries.index(library)}: {error.code}")

    async def _do(self, kind: str, library: Library) -> None:
        people, chance = library.people, self.chance
        if not people.devices():  # it has heard of nothing yet
            await tell(self.libraries[0], library)
        elif kind == "tell":
            await tell(library, chance.choice([each for each in self.libraries if each is not library]))
        elif kind in ("admit", "person"):
            known = library.workspace.members.rule.decision.standing.devices
            waiting = [device for each in self.libraries if (device := each.workspace.device) not in known]
            key = DeviceKey.generate(chance)
            device = chance.choice(waiting) if waiting and chance.random() < 0.7 else key.public
            self.keys.setdefault(device, key)
            person = NewPerson("P", chance.choice(ROLES)) if kind == "person" else None  # type: ignore[arg-type]
            await people.admit(device, "d", person)
        elif kind == "kit":
            recovery = RecoveryKey.generate(chance)
            signing = Signing(library.workspace)
            signing.add("add-recovery", recovery.public, recovery.wrapping_public + people.own(), nonce=PRINTED)
            people.hand_keys(signing, {recovery.public: recovery.wrapping_public})
            self.keys[recovery.public] = recovery
            await library.workspace.append(Plan("recovery.make", operations=signing.made))
        elif kind == "revoke":
            await people.revoke_device(bytes.fromhex(chance.choice(people.devices()).id))
        else:
            member = chance.choice(people.members()).id
            if kind == "remove":
                await people.remove(member)
            else:
                await people.set_role(member, chance.choice(ROLES))  # type: ignore[arg-type]

    async def meet(self) -> None:
        for _ in range(2):
            for source in self.libraries:
                for target in self.libraries:
                    if source is not target:
                        await tell(source, target)

    async def settle(self) -> int:
        """Hear everything, and let whoever's turn it is mend; how often somebody did."""
        mended = 0
        for _ in range(20):
            await self.meet()
            able = [each for each in self.libraries if each.people.to_tend()]
            if not able:
                if not any(each.people.keys.need() for each in self.libraries):
                    return mended
                for each in self.libraries:
                    each.workspace.surroundings.clock.time += 30_000  # type: ignore[attr-defined]
                continue
            await self.chance.choice(able).people.tend()
            mended += 1
        raise AssertionError("the key is never right")

    def check(self) -> None:
        first = self.libraries[0].workspace
        decision = first.members.rule.decision
        assert all(each.workspace.members.rule.decision.entitled == decision.entitled for each in self.libraries)
        log, standing = Rotations(decision), decision.standing
        if not log.used:
            return
        current = max(log.used)
        for public, key in self.keys.items():
            owner = standing.devices.get(public) or standing.recovery.get(public)
            may = owner is not None and public not in standing.revoked and standing.roles.get(owner.member) is not None
            opened = opened_with(log, first.id, [key])
            assert (current in opened) == may, (public.hex()[:8], may)
            if may:
                assert opened.keys() == log.used
        for each in self.libraries:
            assert (each.people.keys.current() is not None) == (
                each.workspace.members.role_of(each.workspace.device) is not None
            )


async def history(folder: Path, seed: int) -> History:
    async with AsyncExitStack() as stack:
        studio = Studio(folder, stack)
        libraries = [await studio.device(name, seed * 10 + at) for at, name in enumerate(("alice", "b", "c", "d"))]
        for library in libraries:
            library.workspace.recovery = None  # what lies in files is another test's
        played = History(libraries, random.Random(seed))
        for _ in range(STEPS):
            await played.step()
        try:
            await played.settle()
            played.check()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}\n" + "\n".join(played.log)) from error
        return played


@pytest.mark.parametrize("seed", range(30))
async def test_at_the_end_members_and_nobody_else_open_the_key_in_use(tmp_path: Path, seed: int) -> None:
    await history(tmp_path, seed)


@pytest.mark.long
async def test_many_more_histories(tmp_path: Path) -> None:
    for seed in range(1000, 3000):
        await history(tmp_path / str(seed), seed)
