"""The durable steps of carrying a job out. Each is one commit, made before what it names is done.

claim ─▶ sending ─▶ accepted ─▶ fetched ─▶ stored          what is written · the job runs
             └──────────┴──────────┴─▶ ended               refused, called off, or nobody knows
"""

from __future__ import annotations

import heapq
import itertools
import logging
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple, TypeVar

import msgspec

from library.events import Bus
from library.jobs.ledger import spent_on
from library.jobs.models import (
    WAITING,
    Attempt,
    AttemptId,
    AttemptState,
    Cost,
    Estimate,
    Failure,
    Job,
    JobId,
    JobState,
)
from library.jobs.paging import IN_ORDER
from library.jobs.queue import PAUSED
from library.jobs.rows import (
    Entry,
    LedgerEntry,
    add_entry,
    attempt_of,
    attempts_in,
    attempts_of,
    each_job,
    entries_of,
    job_of,
    put_attempt,
    put_job,
    read_entry,
)
from library.jobs.states import UNDER_WAY, moved
from library.replica.log import read_meta
from library.workspace import Workspace
from store.database import Connection
from store.errors import StoreDamaged, StoreError

log = logging.getLogger("gesso.carrying")
T = TypeVar("T")
CALLED_OFF = Failure("job.called_off", "It was called off.")
PICTURE = 20 << 20  # bytes that there must be room for before a job is begun: few pictures are larger


class Claimed(NamedTuple):
    """A job under way and its latest attempt."""

    job: Job
    attempt: Attempt


class Carrying:
    """What whoever carries out the jobs of one workspace writes down."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.damaged: set[bytes] = set()  # ids of jobs whose rows are damaged: they are left as they are

    @property
    def bus(self) -> Bus:
        return self.workspace.bus

    def _has_room(self) -> bool:
        """Whether the disk could take one more picture, and the library writes at all."""
        if self.workspace.condition.suspect is not None:
            return False
        try:
            with self.workspace.room.taking(PICTURE):
                return True
        except StoreError:
            return False

    async def claim(
        self, providers: Collection[str], affords: Callable[[Estimate | None], bool] = lambda estimate: True
    ) -> Claimed | None:
        """Take the next job of one of these providers that the month `affords`, with the line that it may cost what is
        estimated. None: there is none that may start now, or no room for what it would bring.
        """
        around = self.workspace.surroundings
        now, id = around.clock.now(), AttemptId(around.random.randbytes(16))
        incarnation = self.workspace.log.position.incarnation

        def next_one(connection: Connection) -> Job | None:
            paused = read_meta(connection, PAUSED) == b"1"
            return None if paused else next_job(connection, providers, now, incarnation, affords, self.leave)

        def work(connection: Connection) -> Claimed | None:
            job = next_one(connection)
            if job is None:
                return None
            number = len(attempts_of(connection, job.id))
            attempt = Attempt(id, job.id, number, "prepared", now)
            entry = LedgerEntry(id, "intent", job.id, job.provider, job.request.model, now, estimate=job.estimate)
            add_entry(connection, entry)
            put_attempt(connection, attempt)
            running = msgspec.structs.replace(job, state="running", reason="", tries=job.tries + 1)
            put_job(connection, running)
            return Claimed(running, attempt)

        # Not on the loop: behind a limit that is reached ten thousand may be looked through.
        if await self.workspace.database.read(next_one) is None or not self._has_room():
            return None
        claimed = await self._write(work)
        if claimed is not None:
            self._tell(claimed.job.id)
        return claimed

    def earliest(self, providers: Collection[str], after: int) -> int | None:
        """When the first of the jobs that wait for a time `after` that one may start, ms since 1970. What could have
        started by then and did not waits for something else.
        """
        marks = ", ".join("?" * len(providers))
        (moment,) = self.workspace.database.read_now(
            lambda connection: connection.execute(
                f"SELECT min(not_before) FROM job WHERE state='waiting' AND not_before>? AND provider IN ({marks})",
                [after, *providers],
            ).fetchone()
        )
        return None if moment is None else int(moment)

    def begun_since(self, moment: int) -> list[tuple[int, str]]:
        """When jobs were begun since then, in ms since 1970, and whose they are."""

        def read(connection: Connection) -> list[tuple[int, str]]:
            rows = connection.execute("SELECT id, body FROM ledger WHERE kind='intent' AND time>=?", (moment,))
            return [(entry.time, entry.provider) for entry in itertools.starmap(read_entry, rows)]

        return self.workspace.database.read_now(read)

    async def stepped(self, attempt: Attempt) -> None:
        """An attempt is a step further: see states.py. What this names is done once it stands there."""
        await self._write(lambda connection: put_attempt(connection, attempt))

    def settle(
        self,
        connection: Connection,
        claimed: Claimed,
        assets: Sequence[bytes],
        now: int,
        failure: Failure | None = None,
    ) -> None:
        """Within the transaction that puts the pictures into the library: attempt, ledger and job end with it.
        `failure`: of what came beside them and could not be taken in.
        """
        cost = claimed.attempt.cost or Cost(None, "", "unknown")
        put_attempt(connection, moved(claimed.attempt, "stored", ended_at=now))
        self._enter(connection, claimed, cost, now)
        job = msgspec.structs.replace(
            claimed.job,
            state="done",
            assets=tuple(assets),
            cost=spent_on(connection, claimed.job.id),
            failure=failure,
            ended_at=now,
        )
        put_job(connection, job)

    async def ended(
        self,
        claimed: Claimed,
        state: AttemptState,
        failure: Failure,
        *,
        cost: Cost | None = None,
        cancelled: bool = False,
        again_at: int | None = None,
        reason: str = "",
    ) -> None:
        """The attempt came to nothing. `cost`: charged all the same · `again_at`: the job waits until then, for
        `reason`, and is tried again · `outcome_unknown`: somebody has to decide.
        """
        now = self.workspace.surroundings.clock.now()

        def work(connection: Connection) -> None:
            told = claimed.attempt.cost if state == "outcome_unknown" else cost
            attempt = moved(claimed.attempt, state, failure=failure, cost=told, ended_at=now)
            put_attempt(connection, attempt)
            if state != "outcome_unknown":
                self._enter(connection, claimed, cost, now)
            ends: JobState = "cancelled" if cancelled else "failed"
            if state == "outcome_unknown":
                ends = "unknown"
            elif again_at is not None:
                ends = "cancelled" if _is_called_off(connection, claimed.job.id) else "waiting"
            job = msgspec.structs.replace(
                claimed.job,
                state=ends,
                failure=CALLED_OFF if ends == "cancelled" else failure,
                reason=reason if ends == "waiting" else "",
                not_before=again_at or 0,
                ended_at=now if ends in ("failed", "cancelled") else None,
                cost=spent_on(connection, claimed.job.id),
            )
            put_job(connection, job)

        await self._write(work)
        self._tell(claimed.job.id)

    def is_called_off(self, job: JobId) -> bool:
        """Whether somebody wants it to end."""
        return self.workspace.database.read_now(lambda connection: _is_called_off(connection, job))

    async def held_up(self, claimed: Claimed, failure: Failure) -> None:
        """The library does not take what was fetched. The job ends, and what it cost is charged; its attempt stays
        `fetched`, so that the pictures are stored when the job is retried, or at the next start.
        """
        now = self.workspace.surroundings.clock.now()

        def work(connection: Connection) -> None:
            self._enter(connection, claimed, claimed.attempt.cost or Cost(None, "", "unknown"), now)
            cost = spent_on(connection, claimed.job.id)
            ended = claimed.job.ended_at or now
            job = msgspec.structs.replace(claimed.job, state="failed", failure=failure, ended_at=ended, cost=cost)
            put_job(connection, job)

        await self._write(work)
        self._tell(claimed.job.id)

    async def mend_waits(self) -> None:
        """Where the clock was set back since a job began to wait, the time it waits for lies too far ahead: it waits
        as long as was meant, from now on.
        """
        now = self.workspace.surroundings.clock.now()

        def late(connection: Connection) -> list[Job]:
            found = []
            for job in each_job(connection, "state='waiting' AND not_before>?", (now,), self.leave):
                since = max((each.ended_at or 0 for each in attempts_of(connection, job.id)), default=0)
                if since > now and job.not_before > since:
                    found.append(msgspec.structs.replace(job, not_before=now + job.not_before - since))
            return found

        def work(connection: Connection) -> None:
            for job in late(connection):
                put_job(connection, job)

        if self.workspace.database.read_now(late):
            await self._write(work)

    async def go_on(self, provider: str) -> None:
        """Those of a provider's jobs that wait for the network may start now."""

        def waiting(connection: Connection) -> list[Job]:
            found = each_job(connection, "state='waiting' AND provider=?", (provider,), self.leave)
            return [job for job in found if job.reason == "network"]

        def work(connection: Connection) -> list[Job]:
            some = waiting(connection)
            for job in some:
                put_job(connection, msgspec.structs.replace(job, state="queued", reason="", not_before=0))
            return some

        if self.workspace.database.read_now(waiting):
            for job in await self._write(work):
                self._tell(job.id)

    def latest(self, id: JobId) -> Claimed | None:
        """A job as it stands, with its latest attempt."""

        def read(connection: Connection) -> Claimed | None:
            job, attempts = job_of(connection, id), attempts_of(connection, id)
            return None if job is None or not attempts else Claimed(job, attempts[-1])

        return self.workspace.database.read_now(read)

    def under_way(self) -> list[Claimed]:
        """What a stop or a crash cut off, as far as its rows can be read."""

        def read(connection: Connection) -> list[Claimed]:
            found = []
            for id, of in attempts_in(connection, UNDER_WAY):
                try:
                    job, attempt = job_of(connection, of), attempt_of(connection, id)
                except StoreDamaged:
                    job = attempt = None
                if job is None or attempt is None:
                    self.leave(of)
                else:
                    found.append(Claimed(job, attempt))
            return sorted(found, key=lambda each: (each.attempt.begun_at, each.attempt.id))

        return self.workspace.database.read_now(read)

    def leave(self, job: bytes) -> None:
        """One whose rows are damaged holds up nobody."""
        if job not in self.damaged:
            log.error("job %s is damaged and is left as it is; `gesso verify` names the row", job.hex())
            self.damaged.add(job)

    def told(self, job: JobId) -> None:
        """Say that a job's pictures are in the library."""
        self._tell(job)

    def _enter(self, connection: Connection, claimed: Claimed, cost: Cost | None, now: int) -> None:
        """The line that settles the intent; of one that was held up it is there already."""
        attempt, job = claimed.attempt, claimed.job
        if "charge" in entries_of(connection, attempt.id):
            return
        kind: Entry = "release" if cost is None else "charge"
        add_entry(connection, LedgerEntry(attempt.id, kind, job.id, job.provider, job.request.model, now, cost))

    async def _write(self, work: Callable[[Connection], T]) -> T:
        return await self.workspace.write(work, ())

    def _tell(self, job: JobId) -> None:
        self.bus.publish("job.changed", job.hex(), self.workspace.device.hex())


def _is_called_off(connection: Connection, id: JobId) -> bool:
    job = job_of(connection, id)
    return job is not None and job.called_off


def next_job(
    connection: Connection,
    providers: Collection[str],
    now: int,
    incarnation: bytes,
    affords: Callable[[Estimate | None], bool] = lambda estimate: True,
    damaged: Callable[[bytes], object] | None = None,
) -> Job | None:
    """The first that may start. One of another incarnation is another device's, or one of before this one was restored:
    it may have been carried out there. `damaged`: see each_job.
    """
    marks = ", ".join("?" * len(providers))
    # One list for each state: the index has them in order, so that only what is taken is read.
    waiting = (
        each_job(
            connection,
            f"state=? AND not_before<=? AND provider IN ({marks}) ORDER BY {IN_ORDER}",
            (state, now, *providers),
            damaged,
        )
        for state in WAITING
    )
    ordered = heapq.merge(*waiting, key=lambda job: (-job.priority, job.place, job.id))
    return next((job for job in ordered if job.incarnation == incarnation and affords(job.estimate)), None)
