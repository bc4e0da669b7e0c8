"""One SQLite file: one writing connection, a few reading ones, one commit per piece of work.

Work is a plain function of the connection; it runs inside `BEGIN IMMEDIATE … COMMIT` on the executor that was
passed in: aiosqlite's thread in the daemon, inline in simulations.
"""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import aiosqlite

from store.condition import Condition
from store.errors import StoreBusy, StoreDamaged, StoreDenied, StoreError, StoreFull, StoreSuspect
from store.waiting import to_the_end
from store.wal import lost

T = TypeVar("T")
Connection = sqlite3.Connection  # what work functions get; everyone above this folder names it from here
Work = Callable[[sqlite3.Connection], T]
Settle = Callable[[sqlite3.Connection, bool], None]  # the connection, and whether the work was committed
READERS = 2
HEAD = 100  # bytes of SQLite's header
STATEMENTS = 512  # prepared statements kept per connection

# WAL with FULL: after a power cut NORMAL lost most acknowledged rows, FULL none.
WRITER_SETTINGS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA fullfsync=1",
    "PRAGMA checkpoint_fullfsync=1",
    "PRAGMA journal_size_limit=67108864",
    "PRAGMA wal_autocheckpoint=8000",
    "PRAGMA cache_size=-16000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA trusted_schema=OFF",
)
COPY_SETTINGS = (
    "PRAGMA journal_mode=MEMORY",
    "PRAGMA synchronous=OFF",
    "PRAGMA cache_size=-16000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA trusted_schema=OFF",
)
READER_SETTINGS = ("PRAGMA query_only=ON", "PRAGMA cache_size=-8000", "PRAGMA temp_store=MEMORY")


class Executor(Protocol):
    """Runs functions on one connection, one after the other, in the order of asking."""

    async def run(self, work: Work[T]) -> T: ...

    async def close(self) -> None: ...


class ThreadExecutor:
    """A connection on aiosqlite's thread."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, connect: Callable[[], sqlite3.Connection]) -> ThreadExecutor:
        connection = aiosqlite.Connection(connect, iter_chunk_size=64)
        try:
            return cls(await connection)
        except BaseException:
            # Its thread still tells the loop that it ends, which must not be gone by then.
            connection._thread.join()
            raise

    async def run(self, work: Work[T]) -> T:
        # One hop for a whole function; the public methods would hop once per statement.
        execute: Callable[..., Coroutine[Any, Any, T]] = self._connection._execute
        return await to_the_end(execute(work, self._connection._conn))

    async def close(self) -> None:
        await self._connection.close()


class InlineExecutor:
    """A connection used on the caller's own thread: deterministic, for simulations."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, connect: Callable[[], sqlite3.Connection]) -> InlineExecutor:
        return cls(connect())

    async def run(self, work: Work[T]) -> T:
        return work(self._connection)

    async def close(self) -> None:
        self._connection.close()


OpenExecutor = Callable[[Callable[[], sqlite3.Connection]], Awaitable[Executor]]


class Database:
    """An async context manager over one file. `write` commits exactly once; `read` never writes."""

    def __init__(
        self,
        path: Path,
        open_executor: OpenExecutor = ThreadExecutor.open,
        readers: int = READERS,
        condition: Condition | None = None,
        make_room: Callable[[], bool] = lambda: False,
    ) -> None:
        """`make_room` is asked on a full disk, on the writing thread; True when it is worth another try."""
        self.path = path
        self.condition = condition or Condition()
        self.commits = 0
        self._open_executor = open_executor
        self._count = readers
        self._make_room = make_room
        self._writer: Executor | None = None
        self._readers: list[Executor] = []
        self._reading: Counter[Executor] = Counter()  # how much each of them has to do
        self._now: sqlite3.Connection | None = None

    async def __aenter__(self) -> Database:
        missing = lost(self.path)
        if missing is not None and missing.certain:  # SQLite would go on as if it had never been
            raise StoreDamaged(
                f"The end of {self.path.name}-wal cannot be read ({missing.frames} pages): the last edits are missing. "
                "Nothing was touched; `gesso verify` says what to do.",
                cause="cut_off",
                name=self.path.name,
                frames=str(missing.frames),
            )
        await self._guard(self._open())
        return self

    async def _open(self) -> None:
        """Open all connections, or none."""
        opened: list[Executor] = []
        try:
            opened.append(await self._open_executor(self._connect_writer))
            for _ in range(self._count):
                opened.append(await self._open_executor(self._connect_reader))
            now = self._connect_reader()
        except BaseException:
            for executor in opened:
                await executor.close()
            raise
        self._writer, self._readers, self._now = opened[0], opened[1:], now
        self._reading.clear()

    async def __aexit__(self, *_: object) -> None:
        if self._now is not None:
            self._now.close()
        for executor in [*self._readers, self._writer]:
            if executor is not None:
                await executor.close()
        self._writer, self._readers, self._now = None, [], None

    async def reopen(self) -> None:
        """Fresh connections, and the log folded into the file: what the system believes of a failed write is not used.

        Folding in writes every page of the log anew, also those whose first writing was lost.
        """
        before = [*self._readers, self._writer]
        now = self._now
        await self._guard(self._open())
        if now is not None:
            now.close()
        for executor in before:
            if executor is not None:
                await executor.close()
        if not await self.outside(_fold_in):
            raise StoreBusy(f"{self.path.name} is in use: its log could not be folded in.")

    def _connect_writer(self) -> sqlite3.Connection:
        return _prepared(connect(self.path), WRITER_SETTINGS)

    def _connect_reader(self) -> sqlite3.Connection:
        return _prepared(connect(self.path), READER_SETTINGS)

    async def write(self, work: Work[T], settle: Settle | None = None) -> T:
        """Run `work` in one transaction and commit it durably; on any error nothing of it remains.

        `settle` is told how it ended before any other work runs, and also when the caller was cancelled meanwhile:
        what is kept in memory beside the rows must follow them at once.
        """
        self.condition.check()
        try:
            return await self.outside(lambda connection: self._transact(connection, work, settle or _unsettled))
        except StoreFull:
            if not await self.outside(self._gave_room) or settle is None:
                raise
        # Whoever settles can be run twice.
        return await self.outside(lambda connection: self._transact(connection, work, settle))

    async def rehearse(self, work: Work[T]) -> T:
        """Run `work` in one transaction that is rolled back whatever comes of it: nothing remains, and a full disk is
        left as it is.
        """
        self.condition.check()
        return await self.outside(lambda connection: self._rehearse(connection, work))

    def _rehearse(self, connection: sqlite3.Connection, work: Work[T]) -> T:
        self.condition.check()
        connection.execute("BEGIN IMMEDIATE")
        try:
            return work(connection)
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    async def rehearse_apart(self, work: Work[T]) -> T:
        """Run `work` on a copy of the database as it stands now, which is gone afterwards: meanwhile others write."""
        return await self.read(lambda connection: _on_a_copy(connection, work))

    def _gave_room(self, connection: sqlite3.Connection) -> bool:
        if not self._make_room():
            return False
        try:
            _fold_in(connection)  # the log's own place is room too
        except sqlite3.Error as error:
            self._translate(error)
        return True

    def _transact(self, connection: sqlite3.Connection, work: Work[T], settle: Settle) -> T:
        self.condition.check()  # what stood before this in the queue may have failed
        try:
            connection.execute("BEGIN IMMEDIATE")
            result = work(connection)
            before = connection.in_transaction
            connection.execute("COMMIT")
        except BaseException as error:
            if isinstance(error, sqlite3.Error):
                self._translate(error)  # here and not on the loop: the next write may begin before that hears of it
            try:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            finally:
                settle(connection, False)
            raise
        self.commits += before
        settle(connection, True)
        return result

    async def outside(self, work: Work[T]) -> T:
        """Run `work` on the writing connection without a transaction (checkpoint, vacuum, backup)."""
        assert self._writer is not None, "the database is closed"
        try:
            return await self._writer.run(work)
        except sqlite3.Error as error:
            raise self._translate(error) from error

    async def read(self, work: Work[T]) -> T:
        """Run `work` on one of the reading connections, over one consistent state."""
        executor = min(self._readers, key=self._reading.__getitem__)
        self._reading[executor] += 1
        try:
            return await self._guard(executor.run(lambda connection: _snapshot(connection, work)))
        finally:
            self._reading[executor] -= 1

    def read_now(self, work: Work[T]) -> T:
        """Run a few reads by key on the loop's own thread, over one state: a hop to another costs three times as much.

        From no other thread: the connection would be in two transactions at once.
        """
        assert self._now is not None, "the database is closed"
        try:
            return _snapshot(self._now, work)
        except sqlite3.Error as error:
            raise self._translate(error) from error

    async def _guard(self, running: Awaitable[T]) -> T:
        try:
            return await running
        except sqlite3.Error as error:
            raise self._translate(error) from error

    def _translate(self, error: sqlite3.Error) -> StoreError | sqlite3.Error:
        translated = translate(error, self.path)
        if isinstance(translated, StoreSuspect):
            self.condition.doubt(str(translated))
        return translated


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection with transactions under our own control."""
    target = f"{path.as_uri()}?mode=ro" if read_only else path.as_uri()
    connection = sqlite3.connect(
        target, uri=True, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS, timeout=10
    )
    connection.execute("PRAGMA busy_timeout=10000")
    return connection


def ensure_begun(path: Path) -> None:
    """Raise unless a database that was begun before lies there: SQLite would make one, or write into another's.

    Reads the file's head alone. Through SQLite it would change the log's index, which says what the log has lost.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except FileNotFoundError as error:
        raise StoreDamaged(f"{path.name} is gone from {path.parent}.", cause="gone", name=path.name) from error
    except IsADirectoryError as error:
        message = f"A folder stands where {path.name} should be in {path.parent}."
        raise StoreDamaged(message, cause="in_its_place", name=path.name) from error
    except OSError as error:
        why = {"reason": str(error.strerror), "system": errno.errorcode.get(error.errno or 0, "")}
        raise StoreDenied(f"{path} cannot be read: {why['reason']}.", cause="denied", name=path.name, **why) from error
    log = path.with_name(f"{path.name}-wal")
    written = head[60:64] != bytes(4) or (log.is_file() and log.stat().st_size > 0)  # the version of our tables
    if len(head) < HEAD or not written:
        raise StoreDamaged(f"{path} is empty, or no database of Gesso's.", cause="foreign", name=path.name)


def barred(path: Path) -> list[Path]:
    """The files of the database at `path` that are there and may not be read."""
    found = []
    for file in (path, path.with_name(f"{path.name}-wal")):
        try:
            file.open("rb").close()
        except PermissionError:
            found.append(file)
        except OSError:
            continue  # absent, or such that whoever reads it says so
    return found


def beside(path: Path) -> sqlite3.Connection:
    """A database of its own, gone when it is closed, with the file at `path` attached as `live`, read only.

    A table that it does not have itself is read from there. It is in a transaction: `live` stands still.
    """
    connection = sqlite3.connect("", uri=True, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA busy_timeout=10000")
        connection.execute("ATTACH ? AS live", (f"{path.as_uri()}?mode=ro",))
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM live.sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def standing_still(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that reads a file in use as it is now, for as long as it takes, and keeps nobody from writing."""
    try:
        connection = beside(path)
        try:
            yield connection
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise translate(error, path) from error


def _fold_in(connection: sqlite3.Connection) -> bool:
    """Move the log's pages into the file and empty it; False when somebody still reads what is before them."""
    busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def _unsettled(connection: sqlite3.Connection, committed: bool) -> None:
    """Nothing is kept beside the rows."""


def _prepared(connection: sqlite3.Connection, settings: Sequence[str]) -> sqlite3.Connection:
    try:
        for statement in settings:
            connection.execute(statement)
    except BaseException:
        connection.close()
        raise
    return connection


def _snapshot(connection: sqlite3.Connection, work: Work[T]) -> T:
    connection.execute("BEGIN")
    try:
        return work(connection)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _on_a_copy(connection: sqlite3.Connection, work: Work[T]) -> T:
    """The copy lies where SQLite keeps what does not fit into memory, under no name. Power may go as it likes."""
    with contextlib.closing(sqlite3.connect("", isolation_level=None, cached_statements=STATEMENTS)) as copy:
        connection.backup(copy)
        _prepared(copy, COPY_SETTINGS)
        copy.execute("BEGIN")
        try:
            return work(copy)
        finally:
            if copy.in_transaction:
                copy.execute("ROLLBACK")


def translate(error: sqlite3.Error, path: Path) -> StoreError | sqlite3.Error:
    """SQLite's error as one of ours; programming errors pass unchanged."""
    whole = getattr(error, "sqlite_errorcode", 0)
    code = whole & 0xFF
    # The shared index of the log could not grow: that happens on full disks, and to nothing that is kept.
    if code == sqlite3.SQLITE_FULL or whole == sqlite3.SQLITE_IOERR_SHMSIZE:
        return StoreFull("The disk is full: the library could not be written. Free some space; nothing was changed.")
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
        message = f"The disk failed under {path.name}: {error}. Check the disk, then run `gesso verify`."
        return StoreSuspect(message, cause="disk_failed", name=path.name)
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        message = f"{path.name} is damaged: {error}. Run `gesso doctor`; restore it from a backup."
        return StoreDamaged(message, cause="damaged", name=path.name)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        message = f"Another program holds {path.name}. Close it and try again."
        return StoreBusy(message, cause="held", name=path.name)
    return error


def is_full(error: BaseException) -> bool:
    """Whether SQLite failed for want of room, which is no damage."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL


def in_memory(statements: Sequence[str]) -> sqlite3.Connection:
    """A database of its own in memory, with these tables; the caller closes it."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    for statement in statements:
        connection.execute(statement)
    return connection
