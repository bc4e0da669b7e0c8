"""Devices of a workspace that work, lose power, and are kept in step over bad wires; and what must hold when all rests.

alice is the admin, bob an editor, carol an editor whose role alice lowers and raises; of more devices one is revoked.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, NamedTuple

from identity.keys import verify
from library.care.faults import LEFT_OVER
from library.errors import DiskFull, LibraryError, Suspect
from library.replica.log import WAITING
from library.replica.receiving import receive
from library.workspace import Workspace
from store.errors import StoreError
from tests.library.house import first_operation
from tests.library.members import let_in, member, operate
from tests.simulation.disk import MemoryDisk, PowerCut
from tests.simulation.machine import Machine
from tests.simulation.person import Person, Wrong
from tests.simulation.wires import Wires
from tests.simulation.world import World

NAMES = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi")
EDITORS = ("admin", "editor")
STARTS = 60  # after which a machine that does not start never will
PERIL = 0.0008
TROUBLE = 0.002
REST = 3 * 3600.0  # seconds within which all are in step once the weather is good
LOOK = 7.0


class Plan(NamedTuple):
    """How long a simulation goes on, and how much is done in it."""

    rounds: int = 2
    deeds: int = 8  # of each person in each round
    idle: float = 10.0  # seconds at most between two
    copies: int = 1  # of an original that others must have before it is let go, as alice sets it at first


class Studio:
    """The whole simulation of one seed."""

    def __init__(self, folder: Path, seed: int, plan: Plan = Plan(), disk: type[MemoryDisk] = MemoryDisk) -> None:
        self.world = World(seed)
        chance = self.world.chance
        self.plan = plan
        self.lowerings = chance.random() < 0.5
        self.names = NAMES[: chance.choice((3, 3, 3, 3, 3, 4, 4, 5, 6, 8))]
        self.wires = Wires(list(self.names), self.world)
        self.machines = {name: Machine(name, folder / name, self.world, self.wires, disk) for name in self.names}
        self.revoked = self.names[-1] if len(self.names) > 3 and chance.random() < 0.4 else None

    async def run(self) -> str:
        """Work and rest; the hash of everything that happened."""
        await self._begin()
        for number in range(self.plan.rounds):
            await self._work(number)
            await self._rest()
        for machine in self.machines.values():
            await machine.stop()
        self.world.check()
        return self.world.trace.hexdigest()

    async def _begin(self) -> None:
        """Everybody has the membership log, and knows where some of the others are."""
        chance, alice = self.world.chance, self.machines["alice"]
        workspace = await alice.start()
        await workspace.found(lambda nonce: first_operation(alice.key), "Studio")
        for name in self.names[1:]:
            machine = self.machines[name]
            joining = await machine.start()
            await joining.join(workspace.id)
            role = "editor" if name in NAMES[:3] else chance.choice(("editor", "editor", "reviewer", "viewer"))
            await let_in(workspace, name, machine.key.public, role)
        operations = [each.raw for each in workspace.members.operations.values()]
        for number, machine in enumerate(self.machines.values()):
            if machine is not alice:
                await receive(machine.library.workspace, [], verify, operations)
            machine.known = [name for name in self.names if name != machine.name and chance.random() < 0.7]
            machine.known += [self.names[number - 1]] if self.names[number - 1] not in machine.known else []
        if self.plan.copies > 1:
            await alice.library.keeping.set_copies(self.plan.copies)
        for machine in self.machines.values():
            machine.exchange()

    # Work

    async def _work(self, number: int) -> None:
        self.wires.calm = False
        for machine in self.machines.values():
            machine.peril = PERIL if self.world.chance.random() < 0.7 else 0.0
            machine.trouble = TROUBLE if self.world.chance.random() < 0.4 else 0.0
        lives = [
            asyncio.create_task(self._live(machine, Person(machine, number, self.machines)))
            for machine in self.machines.values()
        ]
        weather = asyncio.create_task(self.wires.weather())
        try:
            await asyncio.gather(*lives)
        finally:
            for task in (weather, *lives):
                task.cancel()
            await asyncio.gather(weather, *lives, return_exceptions=True)

    async def _live(self, machine: Machine, person: Person) -> None:
        """On, off and on again, until whoever works at this machine has done enough."""
        left = [self.plan.deeds]
        while left[0]:
            always = (self._trouble, self._look_after, self._judge, self._set_clock)
            running = [asyncio.create_task(each(machine)) for each in always]
            running.append(asyncio.create_task(machine.run_out()))
            if machine.name == "alice":
                running.append(asyncio.create_task(self._govern(machine)))
            running.append(asyncio.create_task(self._end_days(person)))
            busy = [asyncio.create_task(self._occupy(person, left))]
            try:
                await _until_one_fails(running, busy)
            except PowerCut:
                self.world.note(machine.name, "off")
                await machine.die()
                await self.world.pause(3 * self.plan.idle)
                await self._start_again(machine)

    async def _start_again(self, machine: Machine) -> None:
        for _ in range(STARTS):
            try:
                await machine.start()
                self.world.note(machine.name, "on")
                await check_kept(machine)
                machine.exchange()
                return
            except PowerCut:
                await machine.die()
            except (Suspect, DiskFull, StoreError) as error:  # the daemon says so and ends; somebody starts it again
                self.world.note(machine.name, "does not start", type(error).__name__)
                await machine.die()
                await self.world.pause(10)
        raise AssertionError(f"{machine.name} did not start again, {STARTS} times")

    async def _occupy(self, person: Person, left: list[int]) -> None:
        while left[0]:
            await self.world.pause(self.plan.idle)
            self.world.check()
            left[0] -= 1
            await person.act(role(person.machine.library.workspace) in EDITORS)

    async def _end_days(self, person: Person) -> None:
        """In the evenings all make room at once."""
        evening = 2 * self.plan.idle
        while True:
            now = asyncio.get_running_loop().time()
            number = int(now / evening) + 1
            await asyncio.sleep(number * evening - now)

            async def clear_up(person: Person, number: int = number) -> str | None:
                return await person.clear_up(number)

            await person.do(clear_up)

    async def _set_clock(self, machine: Machine) -> None:
        """Now and then somebody sets the clock, to anything."""
        while True:
            await self.world.pause(40 * self.plan.idle)
            machine.clock.jump()

    async def _trouble(self, machine: Machine) -> None:
        """Now and then the disk is full for a while."""
        while True:
            await self.world.pause(200)
            machine.fill()
            await self.world.pause(40)
            machine.make_room()

    async def _look_after(self, machine: Machine) -> None:
        while True:
            await asyncio.sleep(5)
            try:
                await machine.recover()
            except (LibraryError, StoreError) as error:
                self.world.note(machine.name, "is still in doubt", type(error).__name__)

    async def _govern(self, alice: Machine) -> None:
        """Lower and raise carol's role, for ever; revoke a device once."""
        while True:
            await self.world.pause(10 * self.plan.idle)
            kind, subject, argument = self._wish()
            if kind is None:
                continue
            try:
                await operate(alice.library.workspace, kind, subject, argument)
                self.world.note("alice", kind, argument)
            except (Suspect, DiskFull, StoreError) as error:
                self.world.note("alice", kind, type(error).__name__)

    def _wish(self) -> tuple[str | None, bytes, str | None]:
        chance, workspace = self.world.chance, self.machines["alice"].library.workspace
        if self.revoked is not None and chance.random() < 0.2:
            device = self.machines[self.revoked].key.public
            if workspace.members.role_of(device) is not None:
                return "revoke-device", device, None
        if not self.lowerings:
            return None, b"", None
        grades = (("role", "viewer"), ("role", "reviewer"), ("grant", "editor"), ("remove", None), ("grant", "editor"))
        kind, argument = chance.choice(grades)
        return kind, member("carol"), argument

    async def _judge(self, machine: Machine) -> None:
        """Now and then somebody decides about the devices that were stopped here."""
        while True:
            await self.world.pause(90)
            try:
                await self._decide(machine)
            except (Suspect, DiskFull, StoreError) as error:
                self.world.note(machine.name, "does not decide", type(error).__name__)

    async def _decide(self, machine: Machine) -> int:
        """Let through or give back, by chance; how many there were."""
        stops = machine.library.stops
        asked = [each for each in await stops.list() if each.state == "asking"]
        for each in asked:
            may = role(machine.library.workspace) in EDITORS
            decide = stops.reject if may and self.world.chance.random() < 0.5 else stops.approve
            told = await decide(each.id)
            machine.done += [told.action] if told.action else []
            self.world.note(machine.name, "decides", each.pictures, told)
        return len(asked)

    # Rest

    async def _rest(self) -> None:
        """All devices are on and the weather is good, until nothing is missing; then all promises are looked at."""
        self.wires.clear()
        for machine in self.machines.values():
            machine.peril = machine.trouble = 0.0
            machine.make_room()
            if machine.disk.off:  # since its person has done enough
                await machine.die()
            else:
                await machine.recover()
                await machine.stop()  # what a failed disk would not give up, the next start takes
            await machine.start()
            await machine.recover()
            machine.exchange()
        await self._come_to_rest()
        entitled = self.entitled()
        digests = {machine.name: (await machine.library.care.digest()).digest for machine in entitled}
        self.world.note("digests", digests)
        if len(set(digests.values())) != 1:
            raise Wrong(f"the devices differ: {digests}")
        tables = {machine.name: await verdicts(machine) for machine in entitled}
        for name, table in tables.items():
            if table != tables["alice"]:
                raise Wrong(f"{name} judges otherwise than alice")
        acknowledged = {action for machine in entitled for action in machine.done}
        for machine in entitled:
            missing = acknowledged - await actions(machine)
            if missing:
                raise Wrong(f"{machine.name} never got {missing}")
        for machine in self.machines.values():
            await check_kept(machine)
            await check_whole(machine)
            await check_rebuild(machine)
        for hash in sorted({hash for machine in self.machines.values() for hash in machine.stored}):
            if not any(machine.has(hash) for machine in self.machines.values()):
                raise Wrong(f"the original {hash.hex()[:12]} is nowhere any more")

    def entitled(self) -> list[Machine]:
        """Those that are members as alice knows it."""
        members = self.machines["alice"].library.workspace.members
        return [each for each in self.machines.values() if members.role_of(each.key.public) is not None]

    async def _come_to_rest(self) -> None:
        begun = asyncio.get_running_loop().time()
        why = ""
        while asyncio.get_running_loop().time() - begun < REST:
            await asyncio.sleep(LOOK)
            self.world.check()
            decided = sum([await self._decide(machine) for machine in self.machines.values()])
            why = await self._apart()
            if not why and not decided:
                self.world.note("rest")
                return
        raise Wrong(f"not in step after {REST:.0f} seconds of good weather: {why}")

    async def _apart(self) -> str:
        """What is not in step yet; nothing when all is. A blob comes from who has it and is connected."""
        entitled = self.entitled()
        alice = self.machines["alice"].library.workspace
        for machine in entitled:
            workspace = machine.library.workspace
            if workspace.members.operations.keys() != alice.members.operations.keys():
                return f"{machine.name} has other members than alice"
            if workspace.log.durable.tips.keys() != alice.log.durable.tips.keys():
                with_whom = [name for name, each in self.machines.items() if each.key.public in machine.sync.sessions]
                return f"{machine.name} has another log than alice; it is connected with {with_whom}"
        for machine in entitled:
            for hash in await wishes(machine):
                others = [each for each in entitled if each.key.public in machine.sync.sessions]
                if having := [each.name for each in others if each.keeps(hash)]:
                    return f"{machine.name} lacks {hash.hex()[:12]}, which {having} have"
        return ""


async def _until_one_fails(running: list[asyncio.Task[None]], busy: list[asyncio.Task[None]]) -> None:
    """Until all that is busy is done; whatever fails ends everything and is raised, a power cut before all."""
    tasks = [*running, *busy]
    try:
        waiting = set(tasks)
        while any(not task.done() for task in busy):
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if any(task.exception() for task in done):
                break
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    failed = [error for task in tasks if not task.cancelled() and (error := task.exception()) is not None]
    for error in sorted(failed, key=lambda error: not isinstance(error, PowerCut)):
        raise error


def role(workspace: Workspace) -> str | None:
    return workspace.members.rule.decision.standing.role_of(workspace.device)


async def wishes(machine: Machine) -> list[bytes]:
    """What the device is to have and has not: what belongs to pictures, originals as its policy says."""
    found = [each.hash for each in await machine.library.copies.wanted(10_000)]
    if machine.keeps_all:  # said once more in other words
        rows = await machine.library.workspace.database.read(
            lambda connection: connection.execute(
                "SELECT v.hash FROM version AS v JOIN asset AS a ON a.row = v.row JOIN blob AS b ON b.hash = v.hash"
                " WHERE b.here=0 AND a.binned_at IS NULL ORDER BY v.hash"
            ).fetchall()
        )
        found += [hash for (hash,) in rows if hash not in machine.let_go]
    return found


async def verdicts(machine: Machine) -> list[Any]:
    return await machine.library.workspace.database.read(
        lambda connection: connection.execute(
            "SELECT document, hash, state FROM change ORDER BY document, hash"
        ).fetchall()
    )


async def actions(machine: Machine) -> set[str]:
    return await machine.library.workspace.database.read(
        lambda connection: {id.hex() for (id,) in connection.execute("SELECT id FROM action")}
    )


async def check_kept(machine: Machine) -> None:
    """Everything that was acknowledged here is here."""
    missing = set(machine.done) - await actions(machine)
    if missing:
        raise Wrong(f"{machine.name} lost {missing}")
    for hash, data in machine.stored.items():
        if hash in machine.let_go and not machine.has(hash):
            continue
        if machine.library.workspace.blobs.read(hash) != data:
            raise Wrong(f"{machine.name} keeps another blob under {hash.hex()}")


async def check_whole(machine: Machine) -> None:
    """Nothing waits and nothing is damaged."""
    library = machine.library
    (waiting,) = await library.workspace.database.read(
        lambda connection: connection.execute("SELECT count(*) FROM segment WHERE state=?", (WAITING,)).fetchone()
    )
    if waiting:
        raise Wrong(f"{machine.name} waits for {waiting} segments though everybody gave everything")
    problems = (await library.care.verify(read_data=True)).problems
    # The note of what an import brings is not made durable: a second power cut may take it before a start sweeps.
    if any(each.code not in LEFT_OVER or not machine.cuts for each in problems):
        raise Wrong(f"{machine.name}: {problems}")


async def check_rebuild(machine: Machine) -> None:
    """The views follow from the log."""
    digest, before = (await machine.library.care.digest()).digest, await verdicts(machine)
    if (await machine.library.care.rebuild()).digest != digest:
        raise Wrong(f"{machine.name} has another digest after a rebuild")
    if await verdicts(machine) != before:
        raise Wrong(f"{machine.name} judges otherwise after a rebuild")
