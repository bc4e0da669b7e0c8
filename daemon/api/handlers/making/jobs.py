"""Jobs of providers: the queue as it stands, and what one does to it. Beginning them: orders.py."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

import msgspec

from daemon.api.call import Call
from daemon.api.handlers.making.money import Agreed, Amount, Range, Sum, Unpriced, amount, dearer, ranged, summed_up
from daemon.api.inputs import Cursor, FewQuery, Hex16, Limit, Strict
from daemon.errors import Refused
from daemon.settings.money import limits_of
from library.errors import Invalid
from library.jobs.models import OPEN, WAITING, BatchId, Cost, Job, JobState, Scalar
from providers.anew import Anew, anew, is_dearer, most_of

JobRef = Annotated[str, msgspec.Meta(min_length=4, max_length=32, pattern="^[0-9a-f]+$")]
Some = Annotated[list[JobRef], msgspec.Meta(min_length=1, max_length=10_000)]
MOST_SHOWN = 1_000  # jobs that the answer to a change shows
SHOWN_AT_ONCE = 200  # of many, before others have a turn


class JobError(msgspec.Struct, frozen=True):
    """Why a job did not end well; `code` and `params` are for translation, `message` is English."""

    code: str
    message: str
    params: dict[str, str]


class JobShown(msgspec.Struct, frozen=True):
    """One job. Times in milliseconds since 1970; `progress` 0 … 1 where its provider tells it; `preview`: the number of
    the latest one, of a job that runs and has some; they grow, and none comes twice. `reason` of one that is queued or
    waiting, `not_before` where it ends: rate, busy, network, later (its provider put off another job), offline (as
    Gesso is), no_provider (it is not set up any more), elsewhere (of a copy of this library, where
    it may have been carried out: retry it to begin it here), budget (it could pass the month's limit). `counts`: of
    unknown outcome, what counts if charged: what its provider told, else (basis `decided`) the most of the estimate.
    """

    id: str
    batch: str
    number: int
    provider: str
    model: str
    prompt: str
    saved: str | None  # the saved prompt it was made from
    negative: str
    width: int
    height: int
    seed: str | None
    format: str
    options: dict[str, Scalar]
    project: str | None
    tags: list[str]
    state: JobState
    reason: str
    not_before: int
    progress: float | None
    preview: int | None
    priority: int
    tries: int
    estimate: Range | None
    cost: Amount | None
    counts: Amount | None
    error: JobError | None
    assets: list[str]
    created_at: int
    ended_at: int | None


class Jobs(msgspec.Struct, frozen=True):
    """A part of the queue. `counts`: all jobs by state, of the workspace or of the one batch that is asked for;
    `paused`: nothing further is begun.
    """

    jobs: list[JobShown]
    next: str | None
    counts: dict[str, int]
    paused: bool


class Batch(msgspec.Struct, frozen=True):
    """The jobs that were submitted together, in their order."""

    batch: str
    jobs: list[JobShown]


class Batches(msgspec.Struct, frozen=True):
    """Batches in the order in which they were asked for."""

    batches: list[Batch]


class BegunShown(msgspec.Struct, frozen=True):
    """A batch in short. `prompt`: of its first job · `counts`: its jobs by state."""

    batch: str
    created_at: int
    prompt: str
    counts: dict[str, int]


class LatestBatches(msgspec.Struct, frozen=True):
    """Batches, the latest first."""

    batches: list[BegunShown]
    next: str | None


class LatestQuery(Strict, frozen=True):
    """A part of them."""

    limit: Limit = 50
    after: Cursor | None = None


class JobsQuery(Strict, frozen=True):
    """Which jobs; by default those that have not ended, in the order in which they run. `batch`: of this one only."""

    state: list[JobState] = msgspec.field(default_factory=list)
    ended: bool = False
    batch: Hex16 | None = None
    limit: Limit = 100
    after: Cursor | None = None


class SomeJobs(Strict, frozen=True):
    """Jobs by id."""

    ids: Some


class Again(Strict, frozen=True):
    """Jobs to try again, and the price that was agreed to: `most`, by currency in millionths, and of how many jobs it
    is `unknown`; `agreed`: whatever it is. Where neither is said, what they came to when they were asked for.
    """

    ids: Some
    most: Agreed | None = None
    unknown: Unpriced = 0
    agreed: bool = False


class LeftJob(msgspec.Struct, frozen=True):
    """A job that cannot be tried again: its model is gone, or its outcome is not known. `code` and `params` are for
    translation, `message` is English.
    """

    id: str
    prompt: str
    code: str
    message: str
    params: dict[str, str]


class AgainQuote(msgspec.Struct, frozen=True):
    """What trying jobs again comes to, as their models are now: how many would be tried. `free`: jobs that cost nothing
    · `unknown`: whose price nobody knows, which is not nothing · `as_of`: the day of the oldest price · `left`: those
    that cannot be tried.
    """

    jobs: int
    sums: list[Sum]
    free: int
    unknown: int
    as_of: str
    left: list[LeftJob]


class Cancel(Strict, frozen=True):
    """Jobs by id; `waiting`: every one of which nothing was sent yet; `every`: those that run too."""

    ids: Annotated[list[JobRef], msgspec.Meta(max_length=10_000)] = msgspec.field(default_factory=list)
    waiting: bool = False
    every: bool = False


class Cancelling(msgspec.Struct, frozen=True):
    """What became of each: called off; asked for, for it runs; unknown, for its outcome is, and has to be decided
    (`resolve`); ended already. `jobs`: the first 1,000 as they stand.
    """

    outcomes: dict[str, Literal["cancelled", "asked", "unknown", "ended"]]
    jobs: list[JobShown]


class Retried(msgspec.Struct, frozen=True):
    """How many are tried again. `jobs`: the first 1,000 of those named, as they stand · `left`: that cannot be."""

    count: int
    jobs: list[JobShown]
    left: list[LeftJob]


class Pause(Strict, frozen=True):
    """Whether the queue rests."""

    paused: bool


class Move(Strict, frozen=True):
    """Where a waiting job goes: before another one, or next of all; or its priority."""

    before: JobRef | None = None
    first: bool = False
    priority: Annotated[int, msgspec.Meta(ge=-100, le=100)] | None = None


class Decision(Strict, frozen=True):
    """Whether the provider's bill has it, and with how much, like "0.0317 USD"; empty: what the job `counts`. Of 0
    it was not charged.
    """

    charged: bool
    cost: str = ""

    @property
    def bill(self) -> Cost | None:
        """What the bill says, if that was said."""
        if not self.cost:
            return None
        amounts = limits_of(self.cost)
        if not self.charged or amounts is None or len(amounts) != 1:
            why = "is no amount with its currency" if self.charged else "is of what was charged"
            raise Invalid(
                'Write what the bill says with its currency: "0.0317 USD".', [("/cost", why)], code="bad_cost"
            )
        ((currency, micros),) = amounts.items()
        if not micros:
            raise Invalid(
                "What cost nothing was not charged: say that.", [("/cost", "is nothing")], code="cost_nothing"
            )
        return Cost(micros, currency, "decided")


class Decisions(Decision, frozen=True, kw_only=True):
    """The same of several, all of them or none; `cost` is what the bill has for each."""

    ids: Some


class DecidedJobs(msgspec.Struct, frozen=True):
    """How many were decided. `jobs`: the first 1,000 as they stand."""

    count: int
    jobs: list[JobShown]


ENDED: tuple[JobState, ...] = ("done", "failed", "cancelled")


async def index(call: Call, query: JobsQuery) -> Jobs:
    """The queue, or with `ended=true` what has ended, the latest first."""
    queue = call.library.queue
    states = tuple(query.state) or (ENDED if query.ended else OPEN)
    batch = None if query.batch is None else BatchId(bytes.fromhex(query.batch))
    page = await queue.page(states, query.limit, query.after, batch)
    found = queue.counts() if batch is None else await queue.counts_in(batch)
    counts = {str(state): count for state, count in found.items()}
    return Jobs([shown(call, job) for job in page.jobs], page.next, counts, queue.paused)


async def show(call: Call, id: JobRef) -> JobShown:
    """One job."""
    return shown(call, call.library.queue.get(id))


async def batch(call: Call, id: Hex16) -> Batch:
    """A batch's jobs."""
    return await shown_batch(call, bytes.fromhex(id))


async def batches(call: Call, query: FewQuery) -> Batches:
    """Up to 50 batches by `id`, each with its jobs."""
    found = await call.library.queue.batches([BatchId(bytes.fromhex(id)) for id in dict.fromkeys(query.id)])
    return Batches([Batch(id.hex(), await shown_all(call, each)) for id, each in found.items()])


async def latest(call: Call, query: LatestQuery) -> LatestBatches:
    """Batches in short, the latest first: one finds what was asked for, however many jobs of others stand before it."""
    found, following = await call.library.queue.latest(query.limit, query.after)
    return LatestBatches(
        [
            BegunShown(
                each.batch.hex(), each.time, each.prompt, {str(state): count for state, count in each.counts.items()}
            )
            for each in found
        ],
        following,
    )


async def cancel(call: Call, body: Cancel) -> Cancelling:
    """Call jobs off. One that runs ends only where its provider allows it; else its picture still comes."""
    if [bool(body.ids), body.waiting, body.every].count(True) != 1:
        message = "Give `ids`, `waiting` or `every`: one of the three."
        raise Refused(422, "invalid", f"/ids: {message}", errors=[("/ids", message)])
    queue = call.library.queue
    outcomes = await (queue.cancel(body.ids) if body.ids else queue.cancel_all(running=body.every))
    return Cancelling(outcomes, _first(call, outcomes))


async def estimate_retry(call: Call, body: SomeJobs) -> AgainQuote:
    """What trying jobs again would cost now. Nothing is begun, and no paid place is asked."""
    found = await _anew(call, body.ids)
    now = found.now
    return AgainQuote(now.jobs, summed_up(now), now.free, now.unknown, now.as_of, _left(found))


async def retry(call: Call, body: Again) -> Retried:
    """Try jobs again that ended without a picture, unless they cost more by now than was agreed to.

    Of several, one that cannot be tried is left, with the reason; asked for alone it is refused. One whose outcome is
    not known cannot: it may be paid. One whose picture lies ready is stored and costs nothing.
    """
    found = await _anew(call, body.ids)
    if not body.agreed:
        agreed = (most_of(found.before), found.before.unknown) if body.most is None else (body.most, body.unknown)
        if is_dearer(found.now, *agreed):
            raise dearer(found.now, code=("retry.price", "retry.unpriced", "retry.price_unpriced"))
    return Retried(await call.library.queue.retry(found.estimates), _first(call, body.ids), _left(found))


async def _anew(call: Call, ids: Some) -> Anew:
    found = await anew(await call.library.queue.retryable(ids), call.house.providers)
    if found.left and len(ids) == 1:
        why = found.left[0].why
        raise Refused(409, why.code, why.message, params=why.params)
    return found


def _left(found: Anew) -> list[LeftJob]:
    return [
        LeftJob(each.job.id.hex(), each.job.request.prompt, each.why.code, each.why.message, each.why.params)
        for each in found.left
    ]


def _first(call: Call, ids: Iterable[str]) -> list[JobShown]:
    """Some jobs as they stand: no answer is of any length."""
    return [shown(call, call.library.queue.get(id)) for id in itertools.islice(dict.fromkeys(ids), MOST_SHOWN)]


async def pause(call: Call, body: Pause) -> Pause:
    """Let the queue rest, or go on. What runs is not touched."""
    await call.library.queue.pause(body.paused)
    return Pause(call.library.queue.paused)


async def move(call: Call, id: JobRef, body: Move) -> JobShown:
    """Change a waiting job's place in the queue."""
    return shown(call, await call.library.queue.move(id, before=body.before, first=body.first, priority=body.priority))


async def resolve(call: Call, id: JobRef, body: Decision) -> JobShown:
    """Decide a job whose outcome is not known, by what the provider's bill says."""
    return shown(call, await call.library.queue.resolve(id, body.charged, body.bill))


async def resolve_all(call: Call, body: Decisions) -> DecidedJobs:
    """Decide several jobs whose outcomes are not known in one way: all of them, or none if one of them is known."""
    decided = await call.library.queue.resolve_all(body.ids, body.charged, body.bill)
    return DecidedJobs(len(decided), [shown(call, job) for job in decided[:MOST_SHOWN]])


async def shown_batch(call: Call, id: bytes) -> Batch:
    jobs = await call.library.queue.batch(id)  # type: ignore[arg-type]
    return Batch(id.hex(), await shown_all(call, jobs))


async def shown_all(call: Call, jobs: Sequence[Job]) -> list[JobShown]:
    """All of them. Others have a turn between them: a batch may have ten thousand."""
    found = list[JobShown]()
    for first in range(0, len(jobs), SHOWN_AT_ONCE):
        found += [shown(call, job) for job in jobs[first : first + SHOWN_AT_ONCE]]
        await asyncio.sleep(0)
    return found


def shown(call: Call, job: Job) -> JobShown:
    request, failure, reason, runner = job.request, job.failure, _reason(call, job), call.house.runner
    preview = runner.preview(job.id) if job.state == "running" else None
    return JobShown(
        id=job.id.hex(),
        batch=job.batch.hex(),
        number=job.number,
        provider=job.provider,
        model=request.model,
        prompt=request.prompt,
        saved=None if job.prompt is None else job.prompt.hex(),
        negative=request.negative,
        width=request.width,
        height=request.height,
        seed=None if request.seed is None else str(request.seed),
        format=request.format,
        options=request.options,
        project=None if job.project is None else job.project.hex(),
        tags=list(job.tags),
        state=job.state,
        reason=reason,
        not_before=runner.opens_at(job.provider) if reason == "later" else job.not_before,
        progress=runner.progress(job.id),
        preview=None if preview is None else preview.number,
        priority=job.priority,
        tries=job.tries,
        estimate=ranged(job.estimate),
        cost=amount(job.cost),
        counts=amount(call.library.queue.counts_as(job)),
        error=None if failure is None else JobError(failure.code, failure.message, failure.params),
        assets=[each.hex() for each in job.assets],
        created_at=job.created_at,
        ended_at=job.ended_at,
    )


def _reason(call: Call, job: Job) -> str:
    """Why a job waits: what its provider said, or what keeps it from being begun at all."""
    budget = call.house.runner.budget
    if job.state == "waiting" and job.not_before <= budget.now() and not budget.rule()(job.estimate):
        return "budget"
    provider = call.house.providers.get(job.provider)
    offline = provider is not None and call.house.offline.on and provider.leaves_machine
    if job.state not in WAITING:
        return "offline" if offline and job.state == "running" else job.reason
    if provider is None:
        return "no_provider"
    if offline:
        return "offline"
    if not call.library.queue.is_own(job):
        return "elsewhere"
    if job.provider in call.house.runner.network.away:
        return "network"
    if not budget.rule()(job.estimate):
        return "budget"
    return job.reason or ("later" if call.house.runner.opens_at(job.provider) else "")
