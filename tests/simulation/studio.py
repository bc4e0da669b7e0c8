"""Three devices of a workspace that work, lose power and exchange what they wrote; and what must hold when all rests.

alice is the admin, bob an editor, carol an editor whose role alice lowers and raises.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from identity.keys import verify
from library.care.faults import LEFT_OVER
from library.editing.offering import offer, vector
from library.errors import DiskFull, LibraryError, Suspect
from library.replica.log import WAITING
from library.replica.receiving import receive
from library.workspace import Workspace
from store.errors import StoreError
from tests.library.house import first_operation
from tests.library.members import let_in, member, operate
from tests.simulation.disk import MemoryDisk, PowerCut
from tests.simulation.machine import Machine
from tests.simulation.network import Network
from tests.simulation.person import Person
from tests.simulation.world import World

NAMES = ("alice", "bob", "carol")
ROUNDS = 2
DEEDS = 12  # of each person in each round
STARTS = 60  # after which a machine that does not start never will
PERIL = 0.0015
TROUBLE = 0.003


class Wrong(AssertionError):
    """A promise does not hold."""


class Studio:
    """The whole simulation of one seed."""

    def __init__(self, folder: Path, seed: int, disk: type[MemoryDisk] = MemoryDisk) -> None:
        self.world = World(seed)
        self.lowerings = self.world.chance.random() < 0.5
        self.network = Network(list(NAMES), self.world)
        self.machines = {name: Machine(name, folder / name, self.world, disk) for name in NAMES}

    async def run(self) -> str:
        """Work and rest; the hash of everything that happened."""
        await self._begin()
        for number in range(ROUNDS):
            await self._work(number)
            await self._rest()
        for machine in self.machines.values():
            await machine.stop()
        return self.world.trace.hexdigest()

    async def _begin(self) -> None:
        alice = self.machines["alice"]
        workspace = await alice.start()
        await workspace.found(lambda nonce: first_operation(alice.key), "Studio")
        for name in NAMES[1:]:
            machine = self.machines[name]
            joining = await machine.start()
            await joining.join(workspace.id)
            await let_in(workspace, name, machine.key.public, "editor")

    # Work

    async def _work(self, number: int) -> None:
        self.network.calm = False
        for machine in self.machines.values():
            machine.peril = PERIL if self.world.chance.random() < 0.7 else 0.0
            machine.trouble = TROUBLE if self.world.chance.random() < 0.4 else 0.0
        people = {name: [Person(self.machines[name], n) for n in range(2)] for name in NAMES}
        lives = [asyncio.create_task(self._live(self.machines[name], people[name])) for name in NAMES]
        weather = asyncio.create_task(self.network.weather())
        try:
            await asyncio.gather(*lives)
        finally:
            for task in (weather, *lives):
                task.cancel()
            await asyncio.gather(weather, *lives, return_exceptions=True)

    async def _live(self, machine: Machine, people: list[Person]) -> None:
        """On, off and on again, until everybody at this machine has done enough."""
        left = dict.fromkeys(people, DEEDS)
        while any(left.values()):
            always = (self._serve, self._ask, self._trouble, self._look_after)
            running = [asyncio.create_task(each(machine)) for each in always]
            busy = [asyncio.create_task(self._occupy(person, left)) for person in people]
            if machine.name == "alice" and self.lowerings:
                running.append(asyncio.create_task(self._govern(machine)))
            try:
                await _until_one_fails(running, busy)
            except PowerCut:
                self.world.note(machine.name, "off")
                machine.die()
                await self.world.pause(30)
                await self._start_again(machine)

    async def _start_again(self, machine: Machine) -> None:
        for _ in range(STARTS):
            try:
                await machine.start()
                self.world.note(machine.name, "on")
                await check_kept(machine)
                return
            except PowerCut:
                machine.die()
            except (Suspect, DiskFull, StoreError) as error:  # the daemon says so and ends; somebody starts it again
                self.world.note(machine.name, "does not start", type(error).__name__)
                machine.die()
                await self.world.pause(10)
        raise AssertionError(f"{machine.name} did not start again, {STARTS} times")

    async def _occupy(self, person: Person, left: dict[Person, int]) -> None:
        while left[person]:
            await self.world.pause(10)
            left[person] -= 1
            if role(person.machine.library.workspace) in ("admin", "editor"):
                await person.act()

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
        """Lower and raise carol's role, for ever."""
        while True:
            await self.world.pause(60)
            kind, argument = self.world.chance.choice(
                [("role", "viewer"), ("role", "reviewer"), ("grant", "editor"), ("remove", None), ("grant", "editor")]
            )
            try:
                await operate(alice.library.workspace, kind, member("carol"), argument)
                self.world.note("alice", kind, argument)
            except (Suspect, DiskFull, StoreError) as error:
                self.world.note("alice", kind, type(error).__name__)

    async def _ask(self, machine: Machine) -> None:
        """Tell others now and then what is here; they send what is missing."""
        while True:
            await self.world.pause(15)
            others = [name for name in NAMES if name != machine.name]
            try:
                tips = await vector(machine.library.workspace)
            except StoreError:
                continue
            self.network.send(machine.name, self.world.chance.choice(others), "vector", tips)

    async def _serve(self, machine: Machine) -> None:
        while True:
            sender, kind, content = await self.network.inbox[machine.name].get()
            try:
                await (self._answer(machine, sender, content) if kind == "vector" else self._take(machine, *content))
            except (Suspect, DiskFull, StoreError) as error:  # it will be sent again
                self.world.note(machine.name, "drops", kind, type(error).__name__)

    async def _take(self, machine: Machine, segments: list[bytes], operations: list[bytes]) -> None:
        told = await receive(machine.library.workspace, segments, verify, operations)
        self.world.note(machine.name, "received", told.held, told.waiting, len(told.changed))
        if told.refused:
            raise Wrong(f"{machine.name} refused {told.refused}")

    async def _answer(self, machine: Machine, asker: str, tips: Any) -> None:
        chance = self.world.chance
        offered = await offer(machine.library.workspace, tips, most=chance.choice((1, 10_000, 4 << 20)))
        segments = list(offered.segments)
        chance.shuffle(segments)
        while segments or offered.operations:
            size = chance.randint(1, 8)
            piece, segments = segments[:size], segments[size:]
            self.network.send(machine.name, asker, "segments", (piece, list(offered.operations)))
            if not segments:
                return

    # Rest

    async def _rest(self) -> None:
        """Everybody exchanges with everybody until nothing is missing, and all promises are looked at."""
        self.network.calm = True
        for machine in self.machines.values():
            machine.peril = machine.trouble = 0.0
            machine.make_room()
            await machine.recover()
            await machine.stop()  # what a failed disk would not give up, the next start takes
            await machine.start()
        for _ in range(len(NAMES) + 1):
            for giver in self.machines.values():
                for taker in self.machines.values():
                    if giver is not taker:
                        await exchange(giver, taker)
        digests = {name: (await machine.library.care.digest()).digest for name, machine in self.machines.items()}
        self.world.note("digests", digests)
        if len(set(digests.values())) != 1:
            raise Wrong(f"the devices differ: {digests}")
        tables = {name: await verdicts(machine) for name, machine in self.machines.items()}
        for name, table in tables.items():
            if table != tables["alice"]:
                raise Wrong(f"{name} judges otherwise than alice")
        acknowledged = {action for machine in self.machines.values() for action in machine.done}
        for machine in self.machines.values():
            await check_kept(machine)
            await check_whole(machine)
            await check_rebuild(machine)
            missing = acknowledged - await actions(machine)
            if missing:
                raise Wrong(f"{machine.name} never got {missing}")


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


async def exchange(giver: Machine, taker: Machine) -> None:
    """Everything the one lacks, from the other."""
    while True:
        offered = await offer(giver.library.workspace, await vector(taker.library.workspace))
        await receive(taker.library.workspace, offered.segments, verify, offered.operations)
        if not offered.more:
            return


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
