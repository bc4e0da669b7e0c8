"""One workspace's engine: `append` makes, signs and stores this device's edits.

An edit is a plan: which documents, how each is written, and what else settles in the same transaction. One plan is one
action in the timeline and one commit; what was answered is durable.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from documents.change import ChangeHeader
from documents.draft import Draft
from documents.engine import Document
from documents.kinds import Kind, derived_id
from documents.segment import ChangeEntry, Entry, OperationEntry
from identity.keys import DeviceKey, verify
from identity.membership import Role, allows
from identity.operations import decode_operation, encode_operation
from identity.recovery import RecoveryKey
from library.copies.holders import forget_removed
from library.errors import Damaged, DiskFull, LibraryError, ReadOnly, Suspect
from library.events import Bell, Bus
from library.replica.actions import record_own
from library.replica.breaker import Breaker
from library.replica.fillings import FILLINGS
from library.replica.log import Author, Log, Position, read_meta, read_position, write_meta
from library.replica.members import Members
from library.replica.names import Named, Names
from library.replica.recovery import admission, keep_recovery, read_recovery, recovered_role
from library.replica.rights import Rights
from library.replica.settling import Settling
from library.replica.shelf import Shelf, stale
from library.schema import STEPS
from library.surroundings import Surroundings
from store.blobs import Blobs
from store.claims import Claims
from store.condition import Condition
from store.database import Connection, Database, ensure_begun
from store.errors import StoreDamaged, StoreError, StoreFull, StoreSuspect, StoreTooNew
from store.files import write_durably
from store.migrations import migrate, version_of
from store.partial import Partials
from store.room import LEAST, Room

T = TypeVar("T")
log = logging.getLogger("gesso.workspace")
Write = Callable[[Draft], None]
Edit = tuple[bytes, Write]  # a document, and what is written into it
Edits = Sequence[Edit] | Callable[[Connection], Sequence[Edit]]  # or found out in the transaction
Heard = Callable[[Collection[bytes], str], None]  # is told which documents changed, and whose doing that was
ROOM = 200 * 1024  # of changes in one segment; the envelope must fit into the rest of 256 KiB
DATABASE = "library.sqlite"
PARCELS = "parcels"  # zip files to be fetched; of this run only
MARK = "workspace"  # the id; written last: without it a folder is what a kill left behind
COMING = "coming"  # the folder of blobs that are not whole yet
DOUBT = "suspect"  # a file that says why nothing may be written before a check


@dataclass(frozen=True)
class Plan:
    """One action: its words for the timeline, the documents it writes, and rows that settle with it."""

    intent: str
    params: dict[str, Any] = field(default_factory=dict)
    edits: Edits = ()
    entries: Sequence[Entry] = ()  # told with what changes; where nothing does, nothing is told
    # Own membership operations, signed; or made in the transaction, by what is known then.
    operations: Sequence[bytes] | Callable[[Connection], Sequence[bytes]] = ()
    rows: Callable[[Connection], None] | None = None  # before the edits: blobs, sources
    # Joins an action that was begun by another plan; which one may be found out in the transaction.
    action: bytes | Callable[[Connection], bytes] | None = None


@dataclass(frozen=True)
class Appended:
    """What a plan did: its action, None when nothing changed, and the heads of every changed document.

    `settled`: documents that its operations changed, because other changes count now than before.
    """

    action: bytes | None
    heads: dict[bytes, tuple[bytes, ...]]
    settled: frozenset[bytes] = frozenset()


class Written(NamedTuple):
    """An entry of a segment that is being made; `header` is that of its change, if it is one."""

    entry: Entry
    header: ChangeHeader | None = None


def translated(error: StoreError) -> LibraryError:
    """A mechanism's error in the library's own family."""
    if isinstance(error, StoreFull):
        return DiskFull(str(error), **error.params)
    if isinstance(error, StoreSuspect):
        return Suspect(str(error))
    if isinstance(error, StoreDamaged):
        return Damaged(str(error))
    if isinstance(error, StoreTooNew):
        return LibraryError(str(error), code="store_too_new", hint="Upgrade Gesso; this one left the library alone.")
    return LibraryError(str(error), code="store", hint="Run `gesso doctor`.")


class Workspace:
    """The engine of one workspace's folder. Open it with `async with`; the folder must have been made by `create`."""

    def __init__(
        self, folder: Path, key: DeviceKey, surroundings: Surroundings, bus: Bus, room: Room | None = None
    ) -> None:
        self.folder = folder
        self.key = key
        self.surroundings = surroundings
        self.bus = bus
        self.room = room or Room(folder, surroundings.files)
        self.condition = Condition(self._remember_doubt)
        self.database = Database(
            folder / DATABASE,
            surroundings.open_executor,
            condition=self.condition,
            make_room=self.room.give_back,
        )
        self.blobs = Blobs(folder / "blobs", surroundings.files, surroundings.random, self.condition)
        self.partials = Partials(folder / COMING, surroundings.files, self.condition)
        self.claims = Claims()
        self.shelf = Shelf()
        self.grown = Bell()  # rung when the log may have grown
        self.lacks = Bell()  # rung when blobs may be wanted that were not
        self.breaker = Breaker(surroundings.clock)
        self.log: Log
        self.members: Members
        self.names = Names()
        self.recovery: RecoveryKey | None = None
        self.heard: Heard | None = None
        self._begun = False

    @property
    def id(self) -> bytes:
        return self.log.position.workspace

    @property
    def is_loaded(self) -> bool:
        """Whether its rows can be read: it was opened, and there is one."""
        return hasattr(self, "log")

    @property
    def device(self) -> bytes:
        return self.key.public

    async def __aenter__(self) -> Workspace:
        files = self.surroundings.files
        try:
            self._begun = files.facts(self.folder / MARK) is not None
            if self._begun:
                ensure_begun(self.folder / DATABASE)
            files.make_folder(self.folder)
            files.sync_folders([self.folder.parent])
            self.blobs.prepare()
            self._drop_parcels()
            await self.database.__aenter__()
        except StoreError as error:
            # What SQLite cannot open on a full disk it calls a failure of the disk.
            if files.free_bytes(self.folder.parent) < LEAST:
                raise DiskFull(f"The disk is full: the library in {self.folder} could not be opened.") from error
            raise translated(error) from error
        try:
            await self.database.outside(self._migrate)
            if await self.database.read(lambda connection: read_meta(connection, "workspace")) is not None:
                await self.load()
            elif self._begun:
                message = f"{self.folder / DATABASE} does not say which workspace it is of."
                raise StoreDamaged(message, cause="nameless", name=DATABASE)
        except BaseException as error:
            await self.database.__aexit__()
            if isinstance(error, StoreError):
                raise translated(error) from error
            raise
        if files.facts(self.folder / DOUBT) is not None:
            self.condition.doubt(files.read(self.folder / DOUBT).decode("utf-8", "replace"))
        return self

    def _drop_parcels(self) -> None:
        """Nobody fetches those of a run before; where they cannot be removed they are in nobody's way."""
        try:
            self.surroundings.files.remove_folder(self.folder / PARCELS)
        except StoreError as error:
            log.warning("zip files of before could not be removed: %s", error)

    async def __aexit__(self, *_: object) -> None:
        await self.database.__aexit__()

    def _remember_doubt(self, why: str) -> None:
        """Best effort: the disk that failed may fail this too."""
        try:
            write_durably(self.surroundings.files, self.folder / DOUBT, why.encode())
        except (StoreError, OSError) as error:
            log.error("that the store is suspect could not be written down: %s", error)

    async def reopen(self) -> None:
        """After the disk failed: fresh connections, and what is kept in memory taken from the rows again."""
        try:
            await self.database.reopen()
            await self.database.outside(self._load_anew)
        except StoreError as error:
            raise translated(error) from error

    def _load_anew(self, connection: Connection) -> None:
        self.shelf.forget()
        self._load(connection)

    def trust(self) -> None:
        """What is stored was checked and is whole: go on writing. Whether what is under way to here lies on the disk as
        it reads cannot be known after a failure: it is fetched again.
        """
        self.partials.forget()
        self.surroundings.files.remove(self.folder / DOUBT)
        self.condition.trust()

    def _migrate(self, connection: Connection) -> None:
        if self._begun and version_of(connection) == 0:
            message = f"{self.folder / DATABASE} is no database of Gesso's."
            raise StoreDamaged(message, cause="foreign", name=DATABASE)
        copy = self.folder / "before-upgrade.sqlite"
        migrate(connection, STEPS, copy, self.surroundings.files, FILLINGS)

    async def load(self) -> None:
        """Take up the position that the rows tell, with a fresh run."""
        await self.database.write(self._renew)
        await self.database.read(self._load)

    def _renew(self, connection: Connection) -> None:
        """A chain that another key began is not ours to go on with: this device was restored, or its key was lost."""
        row = connection.execute(
            "SELECT device FROM segment WHERE incarnation=? AND state=1 LIMIT 1",
            (read_meta(connection, "incarnation"),),
        ).fetchone()
        if row is not None and row[0] != self.key.public:
            write_meta(connection, "incarnation", self.surroundings.random.randbytes(16))
            write_meta(connection, "declared", msgspec.msgpack.encode([]))

    def _load(self, connection: Connection) -> None:
        run = self.surroundings.random.randbytes(16)
        position = read_position(connection, run)
        self.log = Log(Author(self.key.public, self.key.sign), position)
        self.members = Members(position.workspace)
        self.members.load(connection)
        self.names.follow(connection, position.workspace)
        self.breaker.load(connection)
        self.recovery = read_recovery(self.folder, self.surroundings.files)

    @property
    def role(self) -> Role | None:
        """What this device may do, or may once it lets itself in with the recovery key: its next edit does that."""
        role = self.members.role_of(self.device)
        return recovered_role(self.recovery, self.members) if role is None and self.recovery else role

    async def found(self, create: Callable[[bytes], tuple[bytes, bytes]], name: str) -> None:
        """Begin a new workspace: `create(nonce)` gives its first membership operation as (hash, signed bytes)."""
        random = self.surroundings.random
        hash, raw = create(random.randbytes(16))
        incarnation = random.randbytes(16)
        position = Position(hash, incarnation, random.randbytes(16))
        self.log = Log(Author(self.key.public, self.key.sign), position)
        self.members = Members(hash)
        self.recovery = RecoveryKey.generate(random)
        keep_recovery(self.folder, self.surroundings.files, self.recovery)
        recovery = encode_operation(
            workspace=hash,
            kind="add-recovery",
            subject=self.recovery.public,
            argument=self.recovery.wrapping_public + decode_operation(raw).subject,
            prev=[hash],
            author=self.key.public,
            sign=self.key.sign,
        )

        def rows(connection: Connection) -> None:
            write_meta(connection, "workspace", hash)
            write_meta(connection, "incarnation", incarnation)

        await self.append(
            Plan(
                "workspace.create",
                {"name": name},
                [(derived_id(Kind.SETTINGS, hash), lambda draft: draft.agree("name", name))],
                rows=rows,
                operations=[raw, recovery.raw],
            )
        )
        self.mark()

    async def join(self, id: bytes) -> None:
        """Make this folder a place of an existing workspace, still empty; what it holds is received."""
        await self.prepare(id)
        self.mark()

    def mark(self) -> None:
        """Say that the workspace was made to its end: from now on it is opened at every start."""
        write_durably(self.surroundings.files, self.folder / MARK, self.id.hex().encode() + b"\n")

    async def prepare(self, id: bytes) -> None:
        """Begin an incarnation of an existing workspace. Without its mark the folder is not one yet: see `join`."""
        incarnation = self.surroundings.random.randbytes(16)

        def rows(connection: Connection) -> None:
            write_meta(connection, "workspace", id)
            write_meta(connection, "incarnation", incarnation)
            self.breaker.join(connection)

        await self.database.write(rows)
        await self.load()

    async def append(self, plan: Plan) -> Appended:
        """Carry out a plan, durably; on any error nothing of it remains."""
        touched: dict[bytes, Document] = {}  # held here: the shelf keeps only some
        now = self.surroundings.clock.now()
        fresh = self.surroundings.random.randbytes(16) if plan.action is None else b""

        def work(connection: Connection) -> Appended:
            touched.clear()  # this may be the second try, and what the first one changed is not so
            return self._carry_out(connection, plan, touched, fresh, now)

        return await self.write(work, None if plan.operations or self._outside() else touched)

    def within(self, connection: Connection, plan: Plan, now: int) -> Appended:
        """Carry out a plan, of an action that it names, in a transaction that `write` began for more than this."""
        return self._carry_out(connection, plan, {}, b"", now)

    def _outside(self) -> bool:
        """A restored device, or one with a new key: the recovery key lets it in with its first edit."""
        return self.members.role_of(self.device) is None and self.role is not None

    def _carry_out(
        self, connection: Connection, plan: Plan, touched: dict[bytes, Document], fresh: bytes, now: int
    ) -> Appended:
        if plan.rows is not None:
            plan.rows(connection)
        outside = self._outside()
        came_in = self._come_in(connection) if outside and plan.operations else []
        operations = plan.operations(connection) if callable(plan.operations) else plan.operations
        settled = self._operate(connection, operations) if operations else set()
        changes = list(self._edit(connection, plan, touched))
        if not changes and not operations:
            return Appended(None, {})
        told = (*plan.entries, *map(OperationEntry, operations))
        if outside and not plan.operations:
            came_in = self._come_in(connection)
        entries = [*came_in, *map(Written, told), *changes]
        self._check_right(entries)
        action = plan.action(connection) if callable(plan.action) else plan.action or fresh
        self._sign(connection, plan, entries, action, now)
        return Appended(action, self._save(connection, touched), frozenset(settled))

    async def write(self, work: Callable[[Connection], T], touched: Iterable[bytes] | None = None) -> T:
        """Run `work` in one transaction. Log, members and loaded documents (`touched`, by default all) follow its end
        before other work begins, whoever waits for it: the next segment must build on what is in the rows.
        """

        def begin(connection: Connection) -> T:
            known.append(len(self.members.operations))
            result = work(connection)
            named.append(self.names.read(connection, self.id))  # after its end no disk may fail what is there
            return result

        def settle(connection: Connection, committed: bool) -> None:
            if committed:
                self.log.commit()
                self.members.commit()
                self.names.take(named[-1])
                return
            self.log.roll_back()
            self.shelf.forget(touched)
            if known and known[0] != len(self.members.operations):
                self.members.load(connection)

        known: list[int] = []
        named: list[tuple[bytes | None, Named, Named] | None] = []
        try:
            return await self.database.write(begin, settle)
        except StoreError as error:
            raise translated(error) from error
        finally:  # also where the caller went away: what it asked for may be there all the same
            self.grown.ring()
            self.lacks.ring()  # out of the bin, into a project: originals are wanted that were not

    def _operate(self, connection: Connection, operations: Sequence[bytes]) -> set[bytes]:
        """Let own operations count, and judge anew what they may change; gives the documents that changed."""
        self.members.take(connection, operations, verify)
        settling = Settling(connection, self.shelf, Rights(connection, self.members.rule))
        settling.judge_again()
        settling.tell_again()
        forget_removed(connection, self.has_other)
        if self.log.actor in settling.lost:
            self.log.begin_run(self.surroundings.random)
        return settling.changed

    def has_others(self) -> bool:
        """Whether the workspace has other devices than this one."""
        return any(map(self.has_other, self.members.rule.decision.standing.devices))

    def has_other(self, device: bytes) -> bool:
        """Whether that is another device of this workspace."""
        return device != self.device and self.members.role_of(device) is not None

    def _come_in(self, connection: Connection) -> list[Written]:
        assert self.recovery is not None
        raw = admission(self.recovery, self.members, self.device)
        self._operate(connection, [raw])
        return [Written(OperationEntry(raw))]

    def _check_right(self, entries: Sequence[Written]) -> None:
        """No replica would apply what this device is not entitled to, this one neither."""
        for kind in {entry.document[0] for entry, _ in entries if isinstance(entry, ChangeEntry)}:
            self._check(self.members.role_of(self.device), kind)

    def check_writes(self, kind: Kind) -> None:
        """ReadOnly unless this device may change documents of a kind."""
        self._check(self.role, kind)

    def _check(self, role: Role | None, kind: int) -> None:
        if not allows(role, kind):
            raise ReadOnly(
                f"With the role {role or 'none'} this cannot be changed here.",
                code="no_right",
                hint="Ask an admin of the workspace for the role of editor.",
                role=role or "none",
            )

    def _edit(self, connection: Connection, plan: Plan, touched: dict[bytes, Document]) -> Iterator[Written]:
        actor = self.log.actor
        edits = plan.edits(connection) if callable(plan.edits) else plan.edits
        for id, write in edits:
            document = touched.get(id) or self.shelf.take(connection, id)
            change = document.edit(actor, write)
            if change is not None:
                touched[id] = document
                yield Written(ChangeEntry(id, change), document.made)

    def _sign(self, connection: Connection, plan: Plan, entries: list[Written], action: bytes, now: int) -> None:
        for group in _grouped(entries):
            row, segment = self.log.write(
                connection,
                entries=[entry for entry, _ in group],
                auth=self.members.named_by(self.device),
                time=now,
                action=action,
                intent=plan.intent,
                params=plan.params,
            )
            made = [
                (entry, position, header)
                for position, (entry, header) in enumerate(group)
                if isinstance(entry, ChangeEntry) and header is not None
            ]
            record_own(connection, row, segment, made, lambda each: Rights(connection, self.members.rule).heard(each))

    def _save(self, connection: Connection, touched: dict[bytes, Document]) -> dict[bytes, tuple[bytes, ...]]:
        self.shelf.put_back(connection, list(touched.items()))
        stale(connection, touched)
        return {id: document.heads() for id, document in touched.items()}


def _grouped(entries: list[Written]) -> Iterator[list[Written]]:
    """Entries in groups that each fit into one segment."""
    group: list[Written] = []
    size = 0
    for written in entries:
        entry = written.entry
        length = len(entry.change) if isinstance(entry, ChangeEntry) else 1024
        if isinstance(entry, OperationEntry):
            length = len(entry.raw)
        if group and size + length > ROOM:
            yield group
            group, size = [], 0
        group.append(written)
        size += length + 64
    if group:
        yield group
