"""A library whose disk fails at one chosen operation, of files or of SQL, once or from then on."""

from __future__ import annotations

import errno
import random
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar

from identity.keys import DeviceKey, verify
from imaging.inspection import Inspection, InspectJob, Rejection
from library.catalog import Library
from library.events import Bus
from library.surroundings import Surroundings
from library.workspace import Workspace
from store.database import Executor
from store.room import Room
from tests.library.house import HandClock, first_operation
from tests.simulation.disk import MemoryDisk
from tests.simulation.machine import look_at, sql_error

T = TypeVar("T")
Kind = Literal["full", "failing"]
WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "COMMIT", "DROP", "CREATE", "BEGIN IMMEDIATE")
NEEDS_PLACE = {"write", "make folder", "rename", "sync", "sync folder"}


class Faults:
    """Counts what is asked of the disk; the one of a chosen number fails. `lasting`: so does everything after it."""

    def __init__(self) -> None:
        self.kind: Kind | None = None
        self.lasting = False
        self.relieved: Callable[[], bool] = lambda: False  # of a full disk: whether there is room again
        self.hit = False
        self._left = 0

    def arm(self, kind: Kind, moment: int, *, lasting: bool = False) -> None:
        self.kind, self._left, self.lasting, self.hit = kind, moment, lasting, False

    def disarm(self) -> bool:
        """Whether it had come to the chosen operation at all."""
        self.kind = None
        return self.hit

    def _fails(self) -> bool:
        self._left -= 1
        if self._left > 0 or (self.hit and not self.lasting):
            return False
        if self.kind == "full" and self.relieved():
            return False
        self.hit = True
        return True

    def of_files(self, operation: str, path: Path) -> OSError | None:
        if self.kind == "full" and operation in NEEDS_PLACE and self._fails():
            return OSError(errno.ENOSPC, "No space left on device", str(path))
        if self.kind == "failing" and self._fails():
            return OSError(errno.EIO, "Input/output error", str(path))
        return None

    def of_sql(self, statement: str) -> None:
        if statement == "ROLLBACK":
            return
        if self.kind == "full" and statement.startswith(WRITES) and self._fails():
            raise sql_error("database or disk is full", sqlite3.SQLITE_FULL)
        if self.kind == "failing" and self._fails():
            raise sql_error("disk I/O error", sqlite3.SQLITE_IOERR_WRITE)


class Failing:
    """A connection that fails when it is told to."""

    def __init__(self, connection: sqlite3.Connection, faults: Faults) -> None:
        self._connection = connection
        self._faults = faults

    def execute(self, statement: str, *parameters: Any) -> sqlite3.Cursor:
        self._faults.of_sql(statement)
        return self._connection.execute(statement, *parameters)

    def executemany(self, statement: str, *parameters: Any) -> sqlite3.Cursor:
        self._faults.of_sql(statement)
        return self._connection.executemany(statement, *parameters)

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction


class FailingExecutor:
    """Runs work inline on a connection that fails when it is told to."""

    def __init__(self, connection: sqlite3.Connection, faults: Faults) -> None:
        self._connection = connection
        self._failing: Any = Failing(connection, faults)

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return work(self._failing)

    async def close(self) -> None:
        self._connection.close()


@asynccontextmanager
async def failing_library(folder: Path, faults: Faults, ballast: int = 0) -> AsyncIterator[tuple[Library, MemoryDisk]]:
    """A library on a disk in memory, its database in `folder`."""
    clock, key = HandClock(), DeviceKey.generate(random.Random(99))
    disk = MemoryDisk(clock.now)

    async def open_executor(connect: Callable[[], sqlite3.Connection]) -> Executor:
        connection = connect()
        connection.execute("PRAGMA synchronous=OFF")  # no power is cut here
        return FailingExecutor(connection, faults)

    async def at_once(function: Callable[..., Any], *arguments: Any) -> Any:
        return function(*arguments)

    async def look(jobs: list[InspectJob]) -> list[Inspection | Rejection]:
        return [look_at(disk, job) for job in jobs]

    around = Surroundings(
        clock=clock, random=random.Random(1), files=disk, open_executor=open_executor, in_thread=at_once
    )
    folder.mkdir()
    disk.make_folder(folder)
    room = Room(folder, disk, ballast)
    room.prepare()
    disk.fault = faults.of_files
    async with Workspace(folder, key, around, Bus(), room) as workspace:
        await workspace.found(lambda nonce: first_operation(key), "Studio")
        yield Library(workspace, look, verify, lambda device: device.hex()[:8]), disk  # type: ignore[arg-type]
