"""Jobs, attempts and the ledger as rows of truth: each whole in one value, beside it what is looked for by."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Literal, TypeVar

import msgspec

from library.jobs.models import Attempt, AttemptId, BatchId, Cost, Estimate, Job, JobId
from library.rows import put
from store.database import Connection
from store.errors import StoreDamaged

T = TypeVar("T")
Entry = Literal["intent", "charge", "release"]
_jobs = msgspec.msgpack.Decoder(Job)
_attempts = msgspec.msgpack.Decoder(Attempt)
_encoder = msgspec.msgpack.Encoder()


def _whole(decoder: msgspec.msgpack.Decoder[T], table: str, id: bytes, body: bytes) -> T:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StoreDamaged(f"The row {id.hex()} of the table {table} is damaged: {error}") from error


class Batch(msgspec.Struct, frozen=True):
    """Jobs that were submitted together. `key`: the client's own, so that a repeated submit is the same batch."""

    id: BatchId
    time: int
    count: int
    name: str = ""
    key: str = ""


class LedgerEntry(msgspec.Struct, frozen=True):
    """One line of the ledger, never changed. `intent`: an attempt may cost so much · `charge`: it did cost that ·
    `release`: it cost nothing. An intent with neither is an outcome that is not known yet.
    """

    attempt: AttemptId
    kind: Entry
    job: JobId
    provider: str
    model: str
    time: int
    cost: Cost | None = None
    estimate: Estimate | None = None  # at the prices of that day
    about: str = ""  # of a call (calls.py), which has no job: what was asked, shortened


_entries = msgspec.msgpack.Decoder(LedgerEntry)


def put_batch(connection: Connection, batch: Batch) -> None:
    put(connection, "batch", batch.id, batch.key or None, batch.time, _encoder.encode(batch))


def put_job(connection: Connection, job: Job) -> None:
    put(
        connection,
        "job",
        job.id,
        job.batch,
        job.number,
        job.provider,
        job.state,
        job.priority,
        job.place,
        job.not_before,
        job.ended_at,
        job.row or None,
        _encoder.encode(job),
    )


def put_attempt(connection: Connection, attempt: Attempt) -> None:
    put(connection, "attempt", attempt.id, attempt.job, attempt.number, attempt.state, _encoder.encode(attempt))


def add_entry(connection: Connection, entry: LedgerEntry) -> None:
    """Write a line; that an attempt has one of its kind already is an error of the program's."""
    cost = entry.cost
    values = (
        entry.attempt + entry.kind[:1].encode(),
        entry.time,
        entry.kind,
        cost.amount if cost else None,
        cost.currency if cost else "",
        _encoder.encode(entry),
    )
    (present,) = connection.execute("SELECT count(*) FROM ledger WHERE id=?", (values[0],)).fetchone()
    if present:
        raise AssertionError(f"an attempt has two entries of the kind {entry.kind}")
    put(connection, "ledger", *values)


def batch_of_key(connection: Connection, key: str) -> Batch | None:
    row = connection.execute("SELECT body FROM batch WHERE key=?", (key,)).fetchone()
    return None if row is None else msgspec.msgpack.decode(row[0], type=Batch)


def job_of(connection: Connection, id: bytes) -> Job | None:
    row = connection.execute("SELECT body FROM job WHERE id=?", (id,)).fetchone()
    return None if row is None else _whole(_jobs, "job", id, row[0])


def attempt_of(connection: Connection, id: bytes) -> Attempt | None:
    row = connection.execute("SELECT body FROM attempt WHERE id=?", (id,)).fetchone()
    return None if row is None else _whole(_attempts, "attempt", id, row[0])


def each_job(
    connection: Connection, where: str, values: Sequence[Any] = (), damaged: Callable[[bytes], object] | None = None
) -> Iterator[Job]:
    """`where`: what stands behind WHERE, with its ORDER and LIMIT. `damaged` is told the id of a row that cannot be
    read, and the others come; without it, that raises StoreDamaged.
    """
    for id, body in connection.execute(f"SELECT id, body FROM job WHERE {where}", values):
        try:
            job = _whole(_jobs, "job", id, body)
        except StoreDamaged:
            if damaged is None:
                raise
            damaged(id)
        else:
            yield job


def jobs_by(connection: Connection, where: str, values: Sequence[Any] = ()) -> list[Job]:
    """All that `each_job` gives."""
    return list(each_job(connection, where, values))


# Jobs that did not come to nothing. Pictures that were fetched and could not be stored are paid for and lie ready.
CAME = (
    "(state NOT IN ('failed', 'cancelled') OR 'fetched'="
    "(SELECT state FROM attempt WHERE attempt.job=job.id ORDER BY number DESC LIMIT 1))"
)


def known_lines(connection: Connection, lines: Collection[str]) -> set[str]:
    """Those of these rows of batch files that a job was begun for which did not come to nothing."""
    found = set()
    for line in lines:
        row = connection.execute(f"SELECT 1 FROM job WHERE line=? AND {CAME} LIMIT 1", (line,)).fetchone()
        found |= {line} if row else set()
    return found


def is_asked_again(connection: Connection, job: Job) -> bool:
    """Whether its batch file was sent again since, and the job that was begun for its row then did not come to
    nothing: trying this one again would pay for the same once more.
    """
    if not job.row:
        return False
    some = each_job(connection, f"line=? AND id!=? AND {CAME}", (job.row, job.id))
    return any(each.created_at > job.created_at for each in some)


def attempts_of(connection: Connection, job: bytes) -> list[Attempt]:
    """All of a job's, oldest first."""
    rows = connection.execute("SELECT id, body FROM attempt WHERE job=? ORDER BY number", (job,))
    return [_whole(_attempts, "attempt", id, body) for id, body in rows]


def attempts_in(connection: Connection, states: Sequence[str]) -> list[tuple[AttemptId, JobId]]:
    """Ids of attempts and of their jobs; whether their rows can be read shows when they are."""
    marks = ", ".join("?" * len(states))
    return connection.execute(f"SELECT id, job FROM attempt WHERE state IN ({marks}) ORDER BY id", states).fetchall()


def entries_of(connection: Connection, attempt: bytes) -> dict[Entry, LedgerEntry]:
    """An attempt's lines, by kind."""
    rows = connection.execute("SELECT id, body FROM ledger WHERE id>=? AND id<?", (attempt, attempt + b"\xff"))
    found = [read_entry(id, body) for id, body in rows]
    return {each.kind: each for each in found}


def read_entry(id: bytes, body: bytes) -> LedgerEntry:
    """A line of the ledger as it is stored."""
    return _whole(_entries, "ledger", id, body)
