"""The durable queue as people see it: batches go in, jobs are looked at, moved, called off, decided."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal, NamedTuple, TypeVar

import msgspec

from documents.kinds import Kind
from library.errors import Clash, NotFound
from library.jobs.ledger import (
    Open,
    Shares,
    Spent,
    counts_as,
    shares_since,
    spent_on,
    spent_since,
    still_open,
)
from library.jobs.models import (
    WAITING,
    Attempt,
    BatchId,
    Cost,
    Estimate,
    Failure,
    Job,
    JobId,
    JobState,
    Request,
)
from library.jobs.pace import Maker, Pace, paces
from library.jobs.paging import IN_ORDER, Begun, Page, counts_of, latest_of, page_of
from library.jobs.rows import (
    Batch,
    LedgerEntry,
    add_entry,
    attempts_of,
    batch_of_key,
    is_asked_again,
    job_of,
    jobs_by,
    known_lines,
    put_attempt,
    put_batch,
    put_job,
)
from library.jobs.states import may_cancel, may_retry, moved
from library.replica.log import read_meta, write_meta
from library.workspace import Workspace
from store.database import Connection

T = TypeVar("T")
CalledOff = Literal["cancelled", "asked", "unknown", "ended"]
PAUSED = "queue.paused"
GAP = 1 << 20  # between two places, so that a job can be put between them


class Wanted(NamedTuple):
    """A job to be: what is asked of which provider, and what becomes of its pictures. `row`: what it is known by when
    its batch file is sent again · `former`: what earlier versions knew it by.
    """

    provider: str
    request: Request
    estimate: Estimate
    project: bytes | None = None
    prompt: bytes | None = None
    tags: tuple[str, ...] = ()
    row: str = ""
    former: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """All that it is known by; none where it is of no batch file."""
        return (self.row, *self.former) if self.row else ()


class Retryable(NamedTuple):
    """Jobs that can be tried again; of those `kept` the pictures lie ready and only have to be stored. `undecided`:
    whether they were carried out is not known, and has to be decided first: they may be paid · `asked_again`: their
    sheet was sent again since, and has or had a job for the same picture.
    """

    jobs: list[Job]
    kept: set[JobId]
    undecided: list[Job]
    asked_again: list[Job]


class Queue:
    """The jobs of one workspace. Wakes whoever waits for work after each change that may bring some."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.wake: Callable[[], None] = lambda: None
        self.call_off: Callable[[JobId], None] = lambda id: None  # tells whoever carries the job out
        self.take_up: Callable[[JobId], None] = lambda id: None  # the same: store what lies ready

    async def enqueue(
        self, wanted: Sequence[Wanted], *, name: str = "", key: str = "", priority: int = 0, once: bool = False
    ) -> Batch:
        """One batch, all of it or nothing; with a key that was used before, that batch as it is. `once`: without rows
        of batch files that a job was begun for by now; where none is left, an empty batch that is not kept. What this
        device may not write into the library is not begun: it would be paid for and could not be stored.
        """
        self._workspace.check_writes(Kind.IMAGE)
        around = self._workspace.surroundings
        now = around.clock.now()
        id = BatchId(around.random.randbytes(16))
        ids = [JobId(around.random.randbytes(16)) for _ in wanted]
        incarnation = self._workspace.log.position.incarnation

        def work(connection: Connection) -> Batch:
            if key and (present := batch_of_key(connection, key)) is not None:
                return present
            begun = known_lines(connection, {line for each in wanted for line in each.lines}) if once else set()
            fresh = [each for each in wanted if begun.isdisjoint(each.lines)]
            batch = Batch(id, now, len(fresh), name, key)
            if not fresh:
                return batch
            put_batch(connection, batch)
            first = _last_place(connection) + GAP
            for number, (job_id, each) in enumerate(zip(ids, fresh, strict=False)):
                job = Job(
                    id=job_id,
                    batch=id,
                    number=number,
                    provider=each.provider,
                    request=each.request,
                    state="queued",
                    created_at=now,
                    place=first + number * GAP,
                    priority=priority,
                    estimate=each.estimate,
                    project=each.project,
                    prompt=each.prompt,
                    tags=each.tags,
                    row=each.row,
                    incarnation=incarnation,
                )
                put_job(connection, job)
            return batch

        stored = await self._write(work)
        if stored.id == id and stored.count:
            self._tell("*")
        return stored

    def is_own(self, job: Job) -> bool:
        """Whether it is this log's to carry out."""
        return job.incarnation == self._workspace.log.position.incarnation

    async def begun(self, rows: Collection[str]) -> set[str]:
        """Those of these rows of batch files that have a job, unless it came to nothing."""
        return await self._workspace.database.read(lambda connection: known_lines(connection, rows))

    def counts_as(self, job: Job) -> Cost | None:
        """What a job of unknown outcome counts as where it was charged and nobody says what the bill has; None of one
        whose outcome is known.
        """
        if job.state != "unknown":
            return None
        attempts = self.attempts(job.id)
        return counts_as(attempts[-1], job) if attempts else None

    def get(self, id: str) -> Job:
        return self._workspace.database.read_now(lambda connection: found(connection, id))

    def attempts(self, job: JobId) -> list[Attempt]:
        return self._workspace.database.read_now(lambda connection: attempts_of(connection, job))

    async def batch_of(self, key: str) -> BatchId | None:
        """The batch that was begun with a key."""
        if not key:
            return None
        batch = await self._workspace.database.read(lambda connection: batch_of_key(connection, key))
        return None if batch is None else batch.id

    async def batch(self, id: BatchId) -> list[Job]:
        return await self._workspace.database.read(
            lambda connection: jobs_by(connection, "batch=? ORDER BY number", (id,))
        )

    async def batches(self, ids: Sequence[BatchId]) -> dict[BatchId, list[Job]]:
        """Several at once."""
        return await self._workspace.database.read(
            lambda connection: {id: jobs_by(connection, "batch=? ORDER BY number", (id,)) for id in ids}
        )

    async def page(
        self, states: Sequence[JobState], limit: int, after: str | None = None, batch: BatchId | None = None
    ) -> Page:
        """Open jobs in the order in which they run, or ended ones, the latest first; of one batch, or of all."""
        return await self._workspace.database.read(lambda connection: page_of(connection, states, limit, after, batch))

    async def latest(self, limit: int, after: str | None = None) -> tuple[list[Begun], str | None]:
        """Batches in short, the latest first, and where the list goes on."""
        return await self._workspace.database.read(lambda connection: latest_of(connection, limit, after))

    async def counts_in(self, batch: BatchId) -> dict[JobState, int]:
        """How many jobs of a batch are in which state."""
        return (await self._workspace.database.read(lambda connection: counts_of(connection, [batch])))[batch]

    def counts(self) -> dict[JobState, int]:
        """How many jobs are in which state."""
        rows = self._workspace.database.read_now(
            lambda connection: connection.execute("SELECT state, count(*) FROM job GROUP BY state").fetchall()
        )
        return dict(rows)

    async def paces(self) -> dict[Maker, Pace]:
        """How long the latest pictures took, by who made them."""
        return await self._workspace.database.read(paces)

    def spent(self, since: int) -> Spent:
        """What was charged since a moment, in ms since 1970."""
        return self._workspace.database.read_now(lambda connection: spent_since(connection, since))

    def still_open(self, calls: Sequence[LedgerEntry]) -> Open:
        """What requests under way, or to be decided, may cost besides; these calls are among them."""
        return self._workspace.database.read_now(lambda connection: still_open(connection, calls))

    async def shares(self, since: int) -> Shares:
        """What was charged since a moment, by month and model, and by month and project."""
        return await self._workspace.database.read(lambda connection: shares_since(connection, since))

    def unknown(self) -> int:
        """How many jobs wait for somebody to say whether they were paid."""
        return self._workspace.database.read_now(
            lambda connection: int(connection.execute("SELECT count(*) FROM job WHERE state='unknown'").fetchone()[0])
        )

    def waiting(self) -> dict[str, int]:
        """How many jobs have not begun, by provider."""
        some = "SELECT provider, count(*) FROM job WHERE state IN ('queued', 'waiting') GROUP BY provider"
        return dict(self._workspace.database.read_now(lambda connection: connection.execute(some).fetchall()))

    @property
    def paused(self) -> bool:
        return self._workspace.database.read_now(lambda connection: read_meta(connection, PAUSED)) == b"1"

    async def pause(self, on: bool) -> None:
        """Start no further job until it is taken back; what runs goes on. Kept over restarts."""
        await self._write(lambda connection: write_meta(connection, PAUSED, b"1" if on else b"0"))
        self._tell("*")

    async def cancel(self, ids: Sequence[str]) -> dict[str, CalledOff]:
        """Call jobs off. One that waits is never sent; one that runs is called off if its provider can do that, else
        its picture still comes, for it may be paid for. One of unknown outcome is to be decided.
        """
        return await self._cancel(lambda connection: [(id, found(connection, id)) for id in dict.fromkeys(ids)])

    async def cancel_all(self, running: bool = True) -> dict[str, CalledOff]:
        """Call off all that wait, and those that run unless it is said otherwise, as they are at one moment."""
        states: tuple[JobState, ...] = (*WAITING, "running") if running else WAITING
        some = f"state IN ({', '.join(map(repr, states))}) ORDER BY {IN_ORDER}"
        return await self._cancel(lambda connection: [(job.id.hex(), job) for job in jobs_by(connection, some)])

    async def _cancel(self, some: Callable[[Connection], list[tuple[str, Job]]]) -> dict[str, CalledOff]:
        now = self._workspace.surroundings.clock.now()
        running: list[JobId] = []

        def work(connection: Connection) -> dict[str, CalledOff]:
            running.clear()
            outcome: dict[str, CalledOff] = {}
            for id, job in some(connection):
                if job.state in WAITING:
                    put_job(connection, msgspec.structs.replace(job, state="cancelled", reason="", ended_at=now))
                    outcome[id] = "cancelled"
                elif may_cancel(job.state):
                    put_job(connection, msgspec.structs.replace(job, called_off=True))
                    running.append(job.id)
                    outcome[id] = "asked"
                else:
                    outcome[id] = "unknown" if job.state == "unknown" else "ended"
            return outcome

        outcome = await self._write(work)
        for job in running:
            self.call_off(job)
        self._tell(*outcome)
        return outcome

    async def retryable(self, ids: Sequence[str]) -> Retryable:
        """What trying these jobs again would be: of those that ended without a picture, or wait and are of a copy of
        this library.
        """

        def read(connection: Connection) -> Retryable:
            some: dict[JobId, Job] = {}
            kept, undecided, again = set[JobId](), dict[JobId, Job](), dict[JobId, Job]()
            for id in ids:
                job = found(connection, id)
                if job.state == "unknown":
                    undecided[job.id] = job
                elif self._may_retry(job):
                    ready = _lies_ready(connection, job)
                    (again if not ready and is_asked_again(connection, job) else some)[job.id] = job
                    kept |= {job.id} if ready else set()
            return Retryable(list(some.values()), kept, list(undecided.values()), list(again.values()))

        return await self._workspace.database.read(read)

    def _may_retry(self, job: Job) -> bool:
        return may_retry(job.state) or (job.state in WAITING and not self.is_own(job))

    async def retry(self, estimates: Mapping[JobId, Estimate | None]) -> int:
        """Put jobs that can be retried at the end of the queue again, each with what it may cost now; how many. Of one
        whose pictures lie ready these are stored, and nothing is asked of anybody.
        """
        ready: list[JobId] = []

        def work(connection: Connection) -> int:
            ready.clear()
            count, last = 0, _last_place(connection)
            for id, estimate in estimates.items():
                job = job_of(connection, id)
                if job is None or not self._may_retry(job):
                    continue
                lies_ready = _lies_ready(connection, job)
                if not lies_ready and is_asked_again(connection, job):
                    continue
                count += 1
                if lies_ready:
                    ready.append(id)
                    put_job(connection, msgspec.structs.replace(job, state="running", failure=None, ended_at=None))
                    continue
                again = msgspec.structs.replace(
                    job,
                    state="queued",
                    estimate=estimate,
                    failure=None,
                    ended_at=None,
                    tries=0,
                    called_off=False,
                    reason="",
                    not_before=0,
                    place=last + count * GAP,
                    incarnation=self._workspace.log.position.incarnation,
                )
                put_job(connection, again)
            return count

        count = await self._write(work)
        for id in ready:
            self.take_up(id)
        self._tell(*(id.hex() for id in estimates))
        return count

    async def resolve(self, id: str, charged: bool, bill: Cost | None = None) -> Job:
        """Decide an outcome that is not known: whether the provider's bill has it, and with what. Without `bill` the
        most of the estimate counts. The job ends without a picture; it can then be retried.
        """
        return (await self.resolve_all([id], charged, bill))[0]

    async def resolve_all(self, ids: Sequence[str], charged: bool, bill: Cost | None = None) -> list[Job]:
        """The same of several, all of them or none, each once, however often it is named; `bill` is what it has for
        each.
        """
        now = self._workspace.surroundings.clock.now()

        def work(connection: Connection) -> list[Job]:
            some = {job.id: job for job in (found(connection, id) for id in ids)}
            return [_decided(connection, job, charged, bill, now) for job in some.values()]

        jobs = await self._write(work)
        self._tell(*(job.id.hex() for job in jobs))
        return jobs

    async def move(
        self, id: str, *, before: str | None = None, first: bool = False, priority: int | None = None
    ) -> Job:
        """Let a waiting job run before another one, or next of all, or with another priority."""

        def work(connection: Connection) -> Job:
            job = _waiting(connection, id)
            if first:
                rank, place = connection.execute(
                    "SELECT max(priority), min(place) FROM job WHERE state IN ('queued', 'waiting')"
                ).fetchone()
                rank = max(rank, job.priority)
                job = msgspec.structs.replace(
                    job, state="queued", reason="", priority=rank, place=place - GAP, not_before=0
                )
            elif before is not None:
                job = _put_before(connection, job, _waiting(connection, before))
            if priority is not None:
                job = msgspec.structs.replace(job, priority=priority)
            put_job(connection, job)
            return job

        job = await self._write(work)
        self._tell(id)
        return job

    async def _write(self, work: Callable[[Connection], T]) -> T:
        return await self._workspace.write(work, ())

    def _tell(self, *subjects: str) -> None:
        many = len(subjects) != 1
        self._workspace.bus.publish("job.changed", "*" if many else subjects[0], self._workspace.device.hex())
        self.wake()


def found(connection: Connection, id: str) -> Job:
    """A job by its id, or by a beginning of it that no other has."""
    try:
        low = bytes.fromhex(id if len(id) % 2 == 0 else id[:-1])
    except ValueError:
        low = b""
    job = job_of(connection, low) if len(low) == 16 else _beginning(connection, id, low)
    if job is None:
        raise NotFound(f"There is no job {id[:40]!r}.", code="no_job", hint="`gesso queue ls` shows them.", id=id[:40])
    return job


def _beginning(connection: Connection, id: str, low: bytes) -> Job | None:
    if len(low) < 2:
        return None
    some = jobs_by(connection, "id>=? AND id<? ORDER BY id LIMIT 100", (low, low + b"\xff" * 16))
    fitting = [job for job in some if job.id.hex().startswith(id)]
    if len(fitting) > 1:
        raise Clash(f"Several jobs begin with {id}. Give more of the id.", code="ambiguous_job", id=id)
    return fitting[0] if fitting else None


def _lies_ready(connection: Connection, job: Job) -> bool:
    """Whether its pictures were fetched and could not be stored."""
    attempts = attempts_of(connection, job.id)
    return bool(attempts) and attempts[-1].state == "fetched"


def _decided(connection: Connection, job: Job, charged: bool, bill: Cost | None, now: int) -> Job:
    if job.state != "unknown":
        raise Clash("The outcome of this job is known.", code="job_known", id=job.id.hex())
    attempt = attempts_of(connection, job.id)[-1]
    cost = None
    if charged:
        counted = counts_as(attempt, job)
        cost = counted if bill is None else msgspec.structs.replace(bill, credits=counted.credits)
    kind: Literal["charge", "release"] = "charge" if charged else "release"
    # Not by the line that it settles, which may be gone or damaged: the rows of the job say the same.
    line = LedgerEntry(attempt.id, kind, job.id, job.provider, job.request.model, now, cost, estimate=job.estimate)
    add_entry(connection, line)
    put_attempt(connection, moved(attempt, "refused", cost=cost, ended_at=now))
    code = "job.decided_charged" if charged else "job.decided_free"
    text = "It was paid, and its picture did not arrive." if charged else "It was not carried out."
    settled = msgspec.structs.replace(
        job, state="failed", failure=Failure(code, text), ended_at=now, cost=spent_on(connection, job.id)
    )
    put_job(connection, settled)
    return settled


def _waiting(connection: Connection, id: str) -> Job:
    job = found(connection, id)
    if job.state not in WAITING:
        raise Clash("Only a job that waits can be moved.", code="job_not_waiting", id=id, state=job.state)
    return job


def _last_place(connection: Connection) -> int:
    (place,) = connection.execute("SELECT coalesce(max(place), 0) FROM job").fetchone()
    return int(place)


def _put_before(connection: Connection, job: Job, other: Job) -> Job:
    """With the other's priority, between it and the one before it; where no place is left all get new ones."""
    (above,) = connection.execute(
        "SELECT max(place) FROM job WHERE state IN ('queued', 'waiting') AND priority=? AND place<? AND id<>?",
        (other.priority, other.place, job.id),
    ).fetchone()
    low = other.place - 2 * GAP if above is None else above
    if other.place - low < 2:
        waiting = jobs_by(connection, f"state IN ('queued', 'waiting') ORDER BY {IN_ORDER}")
        start = _last_place(connection) + GAP
        for index, each in enumerate(waiting):
            put_job(connection, msgspec.structs.replace(each, place=start + index * GAP))
        renewed = job_of(connection, other.id)
        assert renewed is not None
        return _put_before(connection, job, renewed)
    return msgspec.structs.replace(job, priority=other.priority, place=(low + other.place) // 2)
