"""One device of the simulation: the real engine on a virtual clock, a disk in memory and SQLite on the same thread.

Its power goes at random; then it starts again from what its disk kept. SQLite keeps what was committed.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import random
import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from identity.keys import DeviceKey, verify
from imaging.inspection import Facts, Inspection, InspectJob, Rejection
from library.care.faults import LEFT_OVER
from library.catalog import Library
from library.events import Bus
from library.home.offline import Offline
from library.intake.arriving import sweep
from library.surroundings import Surroundings
from library.workspace import Workspace
from store.database import Executor
from store.errors import StoreFull
from sync.engine import Sync
from sync.peers.addresses import FILE, Addresses
from tests.simulation.disk import MemoryDisk, PowerCut, no_fault
from tests.simulation.wires import Antenna, End, Wires
from tests.simulation.world import World, WrongClock

T = TypeVar("T")
SPACE = 1 << 40
LATENCY = 0.02  # seconds that a piece of work may wait for its turn


def sql_error(text: str, code: int) -> sqlite3.OperationalError:
    """What SQLite raises when its own file operations fail."""
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


class Slow:
    """Runs work inline, in the order of asking, each after a while; nothing runs on a machine that is off."""

    def __init__(self, machine: Machine, connection: sqlite3.Connection) -> None:
        self._machine = machine
        self._connection = connection
        self._turn = asyncio.Lock()

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        async with self._turn:
            await self._machine.wait()
            if self._machine.chance.random() < self._machine.trouble:
                raise sql_error("disk I/O error", sqlite3.SQLITE_IOERR_FSYNC)
            result = work(self._connection)
            self._machine.risk()  # committed, but nobody is told
            return result

    async def close(self) -> None:
        async with self._turn:  # after whatever was asked before
            self._connection.close()


class Machine:
    """A device. `library` is open while it is on, and `sync` keeps it in step with others while it runs."""

    def __init__(self, name: str, folder: Path, world: World, wires: Wires, disk: type[MemoryDisk]) -> None:
        self.name = name
        self.folder = folder
        self.world = world
        self.chance = random.Random(world.chance.randbytes(16))
        self.clock = WrongClock(self.chance)
        self.disk = disk(self.clock.now)
        self.key = DeviceKey.generate(self.chance)
        self.peril = 0.0  # how likely the power goes at each step
        self.trouble = 0.0  # how likely the disk fails at each step
        self.cuts = 0
        self.library: Library
        self.sync: Sync
        self.known: list[str] = []  # other devices, as a person told this one
        self.done: list[str] = []  # acknowledged actions
        self.stored: dict[bytes, bytes] = {}  # acknowledged blobs
        self.keeps_all = True  # nobody said otherwise yet
        self.let_go: set[bytes] = set()  # of which a person said that they may go from here
        self._wires = wires
        self._tasks: dict[asyncio.Task[object], None] = {}  # of the exchange with others
        self._stack = AsyncExitStack()
        self._connections: list[sqlite3.Connection] = []
        folder.mkdir()
        self.disk.make_folder(folder)
        self.disk.make_folder(self.pictures)
        for each in (*reversed(folder.parents), folder):  # as a computer that stood there before
            self.disk.sync_folders([each])
        self.disk.fault = self._fault

    @property
    def pictures(self) -> Path:
        return self.folder / "pictures"

    async def start(self) -> Workspace:
        """Open what the disk holds."""
        self._connections = []
        around = Surroundings(
            clock=self.clock,
            random=random.Random(self.chance.randbytes(16)),
            files=self.disk,
            open_executor=self._open_executor,
            wall=lambda moment: datetime.fromtimestamp(moment / 1000, UTC).replace(tzinfo=None),
            in_thread=self._in_thread,
        )
        workspace = Workspace(self.folder / "workspace", self.key, around, Bus())
        (self.folder / "workspace").mkdir(exist_ok=True)  # SQLite's own place
        self._stack = AsyncExitStack()
        await self._stack.enter_async_context(workspace)
        await sweep(workspace)
        self.library = Library(workspace, self._look, verify, lambda device: device.hex()[:8])
        addresses = Addresses(self.folder / FILE, self.disk)
        self.sync = Sync(
            self.key.public,
            lambda: self.name,
            lambda: [self.library],
            Antenna(self._wires, self.name, self.key.public),
            addresses,
            around,
            workspace.bus,
            Offline(),
            lambda: [f"{name}:1" for name in self.known],
        )
        return workspace

    def exchange(self) -> None:
        """Be there for the others, until `part`."""
        self._do(self.sync.run())
        self._wires.turn_on(self.name, self.key.public, self._answer)

    def _answer(self, end: End) -> None:
        self._do(self.sync.met(end))

    def _do(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[task] = None
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None and not self.disk.off:
            self.world.fail(error)

    async def part(self) -> None:
        """Leave the others."""
        self._wires.turn_off(self.name)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def stop(self) -> None:
        await self.part()
        self.library.checkpoints.close()
        await self._stack.aclose()

    async def die(self) -> None:
        """What the power cut leaves: nothing in memory, on the disk what chance says."""
        self.cuts += 1
        self.disk.off = True
        await self.part()
        self.library.checkpoints.close()
        for connection in self._connections:
            connection.close()
        self.disk.cut_power(self.chance)
        if self.chance.random() < 0.3:
            self.clock.jump()

    def has(self, hash: bytes) -> bool:
        """Whether the whole blob lies on its disk, whatever its rows say."""
        name = hash.hex()
        place = self.folder / "workspace" / "blobs" / name[:2] / name[2:]
        return hashlib.sha256(self.disk.peek(place) or b"").digest() == hash

    def keeps(self, hash: bytes) -> bool:
        """Whether the device itself says that it has it."""
        return self.library.copies.is_here(hash)

    async def wait(self) -> None:
        """A step of work takes time, and the power may go."""
        await asyncio.sleep(self.chance.random() * LATENCY)
        self.risk()

    def risk(self) -> None:
        if self.disk.off or self.chance.random() < self.peril:
            self.disk.off = True
            raise PowerCut

    async def run_out(self) -> None:
        """Until the power is off, whoever noticed it."""
        while not self.disk.off:  # noqa: ASYNC110
            await asyncio.sleep(0.5)
        raise PowerCut

    def _fault(self, operation: str, path: Path) -> OSError | PowerCut | None:
        if self.chance.random() < self.peril:
            return PowerCut()
        failing = self.chance.random() < self.trouble
        return OSError(errno.EIO, "Input/output error", str(path)) if failing else None

    def put_picture(self, path: Path, data: bytes) -> None:
        """As another program does, whose troubles are its own."""
        fault, self.disk.fault = self.disk.fault, no_fault
        space, self.disk.space = self.disk.space, SPACE
        self.disk.write(path, data)
        self.disk.fault, self.disk.space = fault, space

    def fill(self) -> None:
        """Somebody else takes the disk's place, but for a little."""
        self.disk.space = self.disk.used() + self.chance.randint(0, 300)

    def make_room(self) -> None:
        self.disk.space = SPACE

    async def recover(self) -> None:
        """What the daemon does by itself when its disk has failed: reopen, verify, go on."""
        workspace = self.library.workspace
        if workspace.condition.suspect is None:
            return
        await workspace.reopen()
        check = await self.library.care.verify(read_data=True)
        problems = [each for each in check.problems if each.code not in LEFT_OVER]
        assert not problems, (self.name, problems)
        workspace.trust()
        self.world.note(self.name, "recovered")

    async def _open_executor(self, connect: Callable[[], sqlite3.Connection]) -> Executor:
        def remembered() -> sqlite3.Connection:
            connection = connect()
            # A cut is simulated above SQLite, which need not wait for a real disk.
            connection.execute("PRAGMA synchronous=OFF")
            self._connections.append(connection)
            return connection

        return Slow(self, remembered())

    async def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        await self.wait()
        return function(*arguments)

    async def _look(self, jobs: Sequence[InspectJob]) -> list[Inspection | Rejection]:
        await self.wait()
        return [look_at(self.disk, job) for job in jobs]


def look_at(disk: MemoryDisk, job: InspectJob) -> Inspection | Rejection:
    """Stands in for the workers that look at pictures: what it sees follows from the bytes."""
    try:
        data = disk.read(job.path)
        if job.copy_to is not None:
            disk.write(job.copy_to, data)
    except FileNotFoundError:
        return Rejection("gone", "The file is gone.")
    except StoreFull:
        return Rejection("disk_full", "The disk is full.")
    if not data:
        return Rejection("empty", "The file is empty.")
    hash = hashlib.sha256(data).digest()
    written = hash[0] % 3 == 0
    return Inspection(
        sha256=hash,
        size=len(data),
        media_type="image/png",
        width=hash[1] + 1,
        height=hash[2] + 1,
        frames=1,
        thumbnail=b"small " + hash[:4],
        facts=Facts(prompt=f"a fox {hash[3]}", seed=str(hash[4]), tool="a1111") if written else Facts(),
        raw=b'{"by": %d}' % hash[5] if written else None,
        credentials=False,
    )
