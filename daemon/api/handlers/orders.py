"""Asking for pictures: prompts or a sheet of them, what they would cost, and the batch that is begun."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec

from daemon.api.call import Call
from daemon.api.handlers.jobs import JobShown, in_units, shown
from daemon.api.inputs import Hex16, Strict
from daemon.errors import Refused
from daemon.wildcards import read_lists
from library.jobs.asking import Asked, requests
from library.jobs.cells import Row
from library.jobs.faults import Problem
from library.jobs.models import BatchId, Scalar
from library.jobs.queue import Wanted
from library.jobs.sheets import read
from providers.ordering import Common, Order, Target, Total, ordered, total, wishes

MOST_TOLD = 200  # problems in one answer; how many there are stands beside them
SHEET_BYTES = 8 << 20
Prompt = Annotated[str, msgspec.Meta(max_length=32_000)]
# As text: browsers round numbers above 2⁵³.
Seed = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,19}$")]
Side = Annotated[int, msgspec.Meta(ge=0, le=65_536)]
Tag = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Aim(Strict, frozen=True):
    """A provider and one of its models; without a model its first."""

    provider: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    model: Annotated[str, msgspec.Meta(max_length=300)] = ""


class NewBatch(Strict, frozen=True):
    """What is wanted. Each prompt may hold choices, lists and variables (docs/prompts.md); `sheet` is CSV or JSONL, and
    the prompt then stands for its rows that have none. `count` pictures of each prompt and target; a width and height
    of 0 are the model's usual ones. `key`: a repeated request with the same key is the same batch. Rows of a sheet that
    were asked for before are passed over, unless `again`.
    """

    prompts: Annotated[list[Prompt], msgspec.Meta(max_length=1000)] = msgspec.field(default_factory=list)
    sheet: Annotated[str, msgspec.Meta(max_length=SHEET_BYTES)] | None = None
    negative: Prompt = ""
    targets: Annotated[list[Aim], msgspec.Meta(max_length=20)] = msgspec.field(default_factory=list)
    count: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    width: Side = 0
    height: Side = 0
    seed: Seed | None = None
    format: Annotated[str, msgspec.Meta(max_length=10)] = ""
    options: dict[str, Scalar] = msgspec.field(default_factory=dict)
    project: Hex16 | None = None
    prompt: Hex16 | None = None
    tags: Annotated[list[Tag], msgspec.Meta(max_length=50)] = msgspec.field(default_factory=list)
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    key: Annotated[str, msgspec.Meta(max_length=100)] = ""
    priority: Annotated[int, msgspec.Meta(ge=-100, le=100)] = 0
    again: bool = False


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with a prompt or a row, or what of it a model does not take. `row` as a spreadsheet counts, `line`
    as an editor does, `at` characters into the field's text; `code` and `params` are for translation.
    """

    code: str
    message: str
    params: dict[str, str]
    field: str | None
    row: int | None
    line: int | None
    at: int | None


class Sum(msgspec.Struct, frozen=True):
    """What an order may cost in one currency."""

    currency: str
    least: float
    most: float


class Quote(msgspec.Struct, frozen=True):
    """What an order comes to. `free`: jobs that cost nothing · `unknown`: whose price nobody knows, which is not
    nothing · `as_of`: the day of the oldest price · `passed_over`: rows that were asked for before · `faults` and
    `left_out`: at most the first 200 of so many.
    """

    jobs: int
    sums: list[Sum]
    free: int
    unknown: int
    as_of: str
    passed_over: int
    faults: list[Fault]
    fault_count: int
    left_out: list[Fault]
    left_out_count: int
    prompts: list[str]  # the first few as they would be sent


class Begun(msgspec.Struct, frozen=True):
    """The batch that was begun, null when every row was passed over; its jobs, and what they come to."""

    batch: str | None
    jobs: list[JobShown]
    quote: Quote


class Drafted(msgspec.Struct, frozen=True):
    """An order as far as it could be understood."""

    order: Order
    quote: Quote
    name: str


async def estimate(call: Call, body: NewBatch) -> Quote:
    """What it would come to and cost. Nothing is begun, and no paid place is asked."""
    return (await _drafted(call, body)).quote


async def begin(call: Call, body: NewBatch) -> Begun:
    """Begin a batch. Bad rows of a sheet are told and the others go on; without a sheet it is all or nothing."""
    drafted = await _drafted(call, body)
    quote = drafted.quote
    if quote.fault_count and (body.sheet is None or not drafted.order.wanted):
        raise _refused(quote)
    if not drafted.order.wanted:
        return Begun(None, [], quote)
    queue = call.library.queue
    batch = await queue.enqueue(drafted.order.wanted, name=drafted.name, key=body.key, priority=body.priority)
    jobs = await queue.batch(BatchId(batch.id))
    return Begun(batch.id.hex(), [shown(call, job) for job in jobs], quote)


async def _drafted(call: Call, body: NewBatch) -> Drafted:
    house, library = call.house, call.library
    if not body.prompts and body.sheet is None:
        raise Refused(422, "order.nothing", "There is no prompt.", errors=[("/prompts", "It is empty.")])
    projects = {each.name.casefold(): each.id for each in await library.projects.list()}
    seed = None if body.seed is None else int(body.seed)
    drawn = house.random.getrandbits(32) if seed is None else seed
    asked, faults = await asyncio.to_thread(_asked, call, body, drawn)
    common = Common(
        targets=tuple(Target(each.provider, each.model) for each in body.targets) or _first(call),
        count=body.count,
        width=body.width,
        height=body.height,
        seed=seed,
        format=body.format,
        options=body.options,
        project=body.project,
        saved=body.prompt,
        tags=tuple(body.tags),
    )
    wanted = wishes(asked.requests, common, projects)
    order = await ordered(wanted.wishes, house.providers, house.random)
    wrong = [*faults, *asked.problems, *wanted.problems, *order.problems]
    fresh, passed = await _fresh(call, body, order)
    order = msgspec.structs.replace(order, wanted=tuple(fresh))
    quote = _quote(total(fresh), passed, wrong, list(order.left_out), fresh)
    return Drafted(order, quote, body.name or next((each.prompt for each in wanted.wishes), "")[:200])


def _asked(call: Call, body: NewBatch, seed: int) -> tuple[Asked, list[Problem]]:
    """Reading and expanding, off the loop: the largest sheet takes half a second."""
    lists = read_lists(call.house.lists)
    if body.sheet is None:
        rows, faults = [Row(prompt=each) for each in body.prompts], list[Problem]()
    else:
        sheet = read(body.sheet, body.prompts[0] if body.prompts else "")
        rows, faults = list(sheet.rows), list(sheet.problems)
    rows = [msgspec.structs.replace(each, negative=each.negative or body.negative) for each in rows]
    return requests(rows, lists, seed, call.house.settings().jobs.most_of_a_batch, body.count), faults


def _first(call: Call) -> tuple[Target, ...]:
    return tuple(Target(each.name) for each in call.house.providers.all()[:1])


async def _fresh(call: Call, body: NewBatch, order: Order) -> tuple[list[Wanted], int]:
    """What was not asked for before."""
    if body.again or body.sheet is None:
        return list(order.wanted), 0
    begun = await call.library.queue.begun({each.row for each in order.wanted if each.row})
    fresh = [each for each in order.wanted if each.row not in begun]
    return fresh, len(order.wanted) - len(fresh)


def _quote(sums: Total, passed: int, wrong: list[Problem], left_out: list[Problem], fresh: list[Wanted]) -> Quote:
    return Quote(
        jobs=sums.jobs,
        sums=[
            Sum(currency, in_units(least) or 0.0, in_units(most) or 0.0)
            for currency, (least, most) in sorted(sums.sums.items())
        ],
        free=sums.free,
        unknown=sums.unknown,
        as_of=sums.as_of,
        passed_over=passed,
        faults=[_fault(each) for each in wrong[:MOST_TOLD]],
        fault_count=len(wrong),
        left_out=[_fault(each) for each in left_out[:MOST_TOLD]],
        left_out_count=len(left_out),
        prompts=list(dict.fromkeys(each.request.prompt for each in fresh))[:5],
    )


def _fault(found: Problem) -> Fault:
    return Fault(found.code, found.sentence, found.params, found.field, found.row, found.line, found.at)


def _refused(quote: Quote) -> Refused:
    first = quote.faults[0]
    errors = [(f"/{each.field or 'prompts'}", each.message) for each in quote.faults]
    return Refused(422, first.code, first.message, errors=errors, params=first.params)
