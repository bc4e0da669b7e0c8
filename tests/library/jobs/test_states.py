"""The rules of an attempt's life, what the ledger says of many, and the order of the queue."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.errors import NoCursor
from library.jobs.carrying import next_job
from library.jobs.ledger import shares_since, spent_since
from library.jobs.models import OPEN, WAITING, AttemptId, BatchId, Cost, Job, JobId, JobState, Request
from library.jobs.paging import page_of
from library.jobs.rows import LedgerEntry, add_entry, put_job
from library.jobs.states import FOLLOWS, UNDER_WAY, may_follow, remedy
from library.schema import JOBS

ENDS = {state for state, after in FOLLOWS.items() if not after}


def test_every_attempt_can_come_to_an_end_and_none_goes_round() -> None:
    for state in FOLLOWS:
        reached, waiting = set[str](), [state]
        while waiting:
            current = waiting.pop()
            reached.add(current)
            waiting += [each for each in FOLLOWS[current] if each not in reached]  # type: ignore[index]
        assert reached & ENDS
    # What a person decides may bring a lost job back; nothing else ever goes back.
    onward = {state: after - {"accepted", "fetched"} if state == "outcome_unknown" else after
              for state, after in FOLLOWS.items()}  # fmt: skip
    for path in itertools.permutations(onward, 3):
        assert not all(path[(index + 1) % 3] in onward[path[index]] for index in range(3))


@pytest.mark.parametrize("idempotent", [True, False])
@pytest.mark.parametrize("finds", [True, False])
@pytest.mark.parametrize("state", UNDER_WAY)
def test_nothing_that_may_have_arrived_is_sent_again_unless_its_provider_knows_it(
    state: str, idempotent: bool, finds: bool
) -> None:
    found = remedy(state, idempotent=idempotent, finds=finds)  # type: ignore[arg-type]
    if state == "prepared":
        assert found == "again"
    if found == "resend":
        assert state == "sending" and idempotent
    if state == "sending" and not idempotent:
        assert found == ("find" if finds else "ask")


def test_what_has_ended_has_no_remedy() -> None:
    for state in FOLLOWS.keys() - set(UNDER_WAY):
        with pytest.raises(ValueError, match="not under way"):
            remedy(state, idempotent=True, finds=True)  # type: ignore[arg-type]
    assert not may_follow("stored", "sending")


COSTS = st.builds(
    Cost,
    st.none() | st.integers(0, 10**9),
    st.sampled_from(["USD", "EUR"]),
    st.sampled_from(["reported", "price_table", "unknown"]),
)
KINDS = st.sampled_from(["intent", "charge", "release"])


@given(st.lists(st.tuples(KINDS, COSTS, st.integers(0, 9))), st.integers(0, 9))
def test_a_sum_is_of_charges_only_and_what_nobody_knows_is_never_taken_for_nothing(
    entries: list[tuple[str, Cost, int]], moment: int
) -> None:
    jobs = (b"filed", b"free", b"")  # into a project, into none, and of an answer in words
    with queue_rows() as connection:
        for id, project in ((jobs[0], b"p" * 16), (jobs[1], None)):
            put_job(connection, msgspec.structs.replace(job(0, "done", 0, 0), id=JobId(id), project=project))
        for number, (kind, cost, time) in enumerate(entries):
            id = AttemptId(number.to_bytes(16, "big"))
            entry = LedgerEntry(id, kind, JobId(jobs[number % 3]), "p", "m", time, cost)  # type: ignore[arg-type]
            add_entry(connection, entry)
        spent = spent_since(connection, moment)
        found = shares_since(connection, moment)
    charges = [cost for kind, cost, time in entries if kind == "charge" and time >= moment]
    for shares in found:
        assert sum(each.charges for each in shares) == spent.charges
        assert sum(each.unpriced for each in shares) == spent.unpriced
        for currency, amount in spent.amounts.items():
            assert sum(each.amount for each in shares if each.currency == currency) == amount
    filed = [number for number, (kind, _, time) in enumerate(entries) if kind == "charge" and time >= moment]
    assert sum(each.charges for each in found.projects if each.project) == sum(number % 3 == 0 for number in filed)
    assert spent.charges == len(charges)
    assert spent.unpriced == sum(cost.amount is None for cost in charges)
    for currency in ("USD", "EUR"):
        known = sum(cost.amount or 0 for cost in charges if cost.currency == currency)
        assert spent.amounts.get(currency, 0) == known


STATES: list[JobState] = ["queued", "waiting", "running", "unknown", "done", "failed", "cancelled"]
PLACED = st.lists(st.tuples(st.sampled_from(STATES), st.integers(-2, 2), st.integers(0, 3)), max_size=12)


@given(PLACED, st.integers(1, 4), st.sampled_from([OPEN, WAITING, ("done", "failed", "cancelled"), ("done",)]))
def test_pages_show_every_job_once_and_in_order_whatever_ends_between_them(
    placed: list[tuple[JobState, int, int]], limit: int, states: tuple[JobState, ...]
) -> None:
    with queue_rows() as connection:
        for number, (state, priority, place) in enumerate(placed):
            put_job(connection, job(number, state, priority, place))
        whole, _ = page_of(connection, states, 100, None)
        assert sorted(each.number for each in whole) == [n for n, each in enumerate(placed) if each[0] in states]
        shown, after = list[Job](), None
        while True:
            jobs, after = page_of(connection, states, limit, after)
            shown += jobs
            if after is None:
                break
            for each in jobs[:-1]:  # what was shown goes away: nothing that comes may be passed over
                connection.execute("DELETE FROM job WHERE id=?", (each.id,))
        assert shown == whole
    first = {state: rank for rank, state in enumerate(("running", "unknown"))}
    if states[0] in OPEN:
        assert whole == sorted(whole, key=lambda each: (first.get(each.state, 2), -each.priority, each.place, each.id))
    else:
        assert whole == sorted(whole, key=lambda each: (-(each.ended_at or 0), each.id))


@pytest.mark.parametrize("after", ["", "1", "x_y", "0_0_0_zz", "1_2_3_4_00", "0_0_" + "9" * 30 + "_00", "5_00"])
def test_what_is_no_cursor_of_the_queue_is_refused(after: str) -> None:
    with queue_rows() as connection, pytest.raises(NoCursor):
        page_of(connection, OPEN, 10, after)


def test_the_next_job_is_the_first_by_priority_and_place_of_those_that_may_begin() -> None:
    with queue_rows() as connection:
        for number, (state, priority, place) in enumerate(
            [("queued", 0, 1), ("waiting", 0, 0), ("queued", 1, 9), ("waiting", 1, 8), ("running", 5, 0)]
        ):
            put_job(connection, job(number, state, priority, place))  # type: ignore[arg-type]
        order = []
        while (taken := next_job(connection, ["p"], 0, b"")) is not None:
            order.append(taken.number)
            put_job(connection, msgspec.structs.replace(taken, state="running"))
        assert order == [3, 2, 1, 0]
        assert next_job(connection, ["other"], 0, b"") is None


def job(number: int, state: JobState, priority: int, place: int) -> Job:
    id = JobId(bytes([255 - number]) * 16)
    ended = None if state in OPEN else place
    request = Request("m", "a hill")
    return Job(id, BatchId(b"b"), number, "p", request, state, 0, place, priority=priority, ended_at=ended)


@contextmanager
def queue_rows() -> Iterator[sqlite3.Connection]:
    """A database with the queue's tables alone."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE total(name TEXT PRIMARY KEY, rows INTEGER NOT NULL)")
        for statement in JOBS:
            connection.execute(statement)
        yield connection
