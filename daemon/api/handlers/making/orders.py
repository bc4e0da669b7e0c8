"""Asking for pictures: prompts or a sheet of them, what they would cost, and the batch that is begun."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec

from daemon.api.call import Call
from daemon.api.handlers.making.jobs import JobShown, shown_all
from daemon.api.handlers.making.money import Agreed, Sum, Unpriced, dearer, summed_up
from daemon.api.handlers.making.months import MonthLimit, ensure_within, months
from daemon.api.inputs import SELECTION_BYTES, Hex16, Strict
from daemon.errors import Refused
from daemon.wildcards import read_lists
from imaging.plaintext import as_text
from library.jobs.asking import MISTAKEN, Asked, mistaken, requests, unused
from library.jobs.budget import most_of
from library.jobs.cells import Row
from library.jobs.expanding import filled, folded, places
from library.jobs.faults import Problem, problem
from library.jobs.models import Scalar
from library.jobs.pace import Room, duration
from library.jobs.queue import Wanted
from library.jobs.rows import Batch
from library.jobs.sheets import read
from library.values import unseen
from providers.anew import is_dearer
from providers.base import per_minute_of
from providers.ordering import Common, Order, Target, Wish, bounded, ordered, total, wishes

MOST_OPTIONS = 100  # settings of a model
MOST_TOLD = 200  # problems in one answer; how many there are stands beside them
HELD = ("prompt.no_place", *MISTAKEN)  # for one of these nothing of a sheet is begun
SHEET_BYTES = 8 << 20
FILE_BYTES = 16 << 20  # a sheet of so many characters in UTF-16
BULK = ("sheet", "file")
BODY_BYTES = FILE_BYTES * 4 // 3 + SELECTION_BYTES
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
    the prompt then stands for its rows that have none; `file` is one as the bytes of its file, whose encoding is found
    out. `count` pictures of each prompt and target; a width and height of 0 are the model's usual ones. `key`: a
    repeated request with the same key is the same batch. Rows of a sheet that were asked for before are passed over,
    unless `again`. `prompt` is a saved prompt: without `prompts` its text is taken, in `language` if it has that, with
    its negative prompt where none is given. `variables` fill what a row does not, before the saved prompt's values do;
    one that no prompt has a place for is a fault. Without `targets` it is what the project makes with, and where that
    says nothing the first provider; `by_projects`: rows that name a project are made with what that says all the same.
    `most`: what it may cost, by currency in millionths, with at most so many jobs of `unknown` price; null: whatever it
    costs.
    """

    prompts: Annotated[list[Prompt], msgspec.Meta(max_length=1000)] = msgspec.field(default_factory=list)
    sheet: Annotated[str, msgspec.Meta(max_length=SHEET_BYTES)] | None = None
    file: Annotated[bytes, msgspec.Meta(max_length=FILE_BYTES, description="In base64.")] | None = None
    negative: Prompt = ""
    targets: Annotated[list[Aim], msgspec.Meta(max_length=20)] = msgspec.field(default_factory=list)
    count: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    width: Side = 0
    height: Side = 0
    seed: Seed | None = None
    format: Annotated[str, msgspec.Meta(max_length=10)] = ""
    options: Annotated[dict[str, Scalar], msgspec.Meta(max_length=MOST_OPTIONS)] = msgspec.field(default_factory=dict)
    project: Hex16 | None = None
    prompt: Hex16 | None = None
    variables: Annotated[dict[Prompt, Prompt], msgspec.Meta(max_length=1000)] = msgspec.field(default_factory=dict)
    language: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    tags: Annotated[list[Tag], msgspec.Meta(max_length=50)] = msgspec.field(default_factory=list)
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    key: Annotated[str, msgspec.Meta(max_length=100)] = ""
    priority: Annotated[int, msgspec.Meta(ge=-100, le=100)] = 0
    again: bool = False
    by_projects: bool = False
    most: Agreed | None = None
    unknown: Unpriced = 0

    @property
    def of_a_sheet(self) -> bool:
        return self.sheet is not None or self.file is not None


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


class Span(msgspec.Struct, frozen=True):
    """How long something takes, in seconds. `guessed`: not all of it by pictures that were made on this device."""

    least: float
    most: float
    guessed: bool = False


class ByProject(msgspec.Struct, frozen=True):
    """A project by its name, and what its pictures are made with; without a model the provider's first."""

    project: str
    provider: str
    model: str


class RowShown(msgspec.Struct, frozen=True):
    """A row of a sheet that can be used, with what it says itself: by field, and its variables. `by_project`: where it
    is made with what its project says.
    """

    row: int
    line: int
    prompt: str
    said: dict[str, str]
    by_project: ByProject | None


class Quote(msgspec.Struct, frozen=True):
    """What an order comes to. `free`: jobs that cost nothing · `unknown`: whose price nobody knows, which is not
    nothing · `months`: how this month stands without it, where a limit is set · `as_of`: the day of the oldest price ·
    `seconds`: how long it takes once it is its turn, by the latest pictures of the same models, else as their providers
    guess, null where nobody knows · `passed_over`: rows that were asked for before · `faults`, `left_out` and `rows` of
    a sheet: at most 200, the first ones; of faults, before others, those for which nothing is begun · `bad_rows`: rows
    with faults, all of them · `held`: there are such · `unused`: its columns that no prompt uses · `by_projects`: whose
    provider and model were taken, since nothing else was said; at most 200.
    """

    jobs: int
    sums: list[Sum]
    free: int
    unknown: int
    as_of: str
    seconds: Span | None
    passed_over: int
    faults: list[Fault]
    fault_count: int
    bad_rows: int
    left_out: list[Fault]
    left_out_count: int
    prompts: list[str]  # the first few as they would be sent
    rows: list[RowShown]
    row_count: int
    held: bool
    unused: list[str]
    months: list[MonthLimit]
    by_projects: list[ByProject]


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
    quote, queue = drafted.quote, call.library.queue
    # Before anything else: the rows of a sheet that was sent twice were begun by the first of the two.
    id = await queue.batch_of(body.key)
    if id is None and quote.fault_count and not (body.of_a_sheet and drafted.order.wanted):
        raise _refused(quote)
    if id is None and not drafted.order.wanted:
        return Begun(None, [], quote)
    if id is None:
        now = total(drafted.order.wanted)
        if body.most is not None and is_dearer(now, body.most, body.unknown):
            raise dearer(now, code=("order.price", "order.unpriced", "order.price_unpriced"))
        batch = await _enqueued(call, body, drafted)
        id = batch.id
        if not batch.count:  # somebody else began all of it meanwhile
            return Begun(None, [], quote)
    return Begun(id.hex(), await shown_all(call, await queue.batch(id)), quote)


async def _enqueued(call: Call, body: NewBatch, drafted: Drafted) -> Batch:
    """Into the queue, unless it would pass the month's limit. One at a time: what is left is not given out twice."""
    queue, budget, wanted = call.library.queue, call.house.runner.budget, drafted.order.wanted
    async with budget.deciding():
        if budget.limits and await queue.batch_of(body.key) is None:
            ensure_within(await budget.standing(), most_of(each.estimate for each in wanted))
        once = body.of_a_sheet and not body.again
        return await queue.enqueue(wanted, name=drafted.name, key=body.key, priority=body.priority, once=once)


async def _drafted(call: Call, body: NewBatch) -> Drafted:
    house, library = call.house, call.library
    await house.reread()  # a provider may have been set up a moment ago
    given = body.variables
    body, saved_negative = await _worded(call, body)
    if not body.prompts and not body.of_a_sheet:
        raise Refused(422, "order.nothing", "There is no prompt.", errors=[("/prompts", "It is empty.")])
    for number, sign in enumerate(map(unseen, body.tags)):
        if sign:
            message = f"A tag holds a character that cannot be seen: {sign}."
            raise Refused(422, "invalid.unseen", message, errors=[(f"/tags/{number}", message)], params={"sign": sign})
    projects = await library.projects.list()
    seed = None if body.seed is None else int(body.seed)
    drawn = house.random.getrandbits(32) if seed is None else seed
    asked, faults, rows, idle = await asyncio.to_thread(_asked, call, body, given, drawn)
    common = Common(
        targets=tuple(Target(each.provider, each.model) for each in body.targets),
        count=body.count,
        width=body.width,
        height=body.height,
        seed=seed,
        format=body.format,
        options=body.options,
        project=body.project,
        saved=body.prompt,
        saved_negative=saved_negative,
        tags=tuple(body.tags),
        by_projects=body.by_projects,
    )
    most = house.settings().jobs.most_of_a_batch
    wanted = bounded(wishes(asked.requests, common, projects, _first(call)), most)
    order = await ordered(wanted.wishes, house.providers, house.random, lambda: asyncio.sleep(0))
    lines = {each.row: each.line for each in rows}
    every = [*faults, *asked.problems, *wanted.problems, *order.problems]
    wrong = await asyncio.to_thread(_in_order, every, lines)
    left_out = await asyncio.to_thread(_in_order, order.left_out, lines)
    bad = {each.row for each in wrong} - order.rows
    rows = [each for each in rows if each.row not in bad]
    fresh, passed = await _fresh(call, body, order)
    order = msgspec.structs.replace(order, wanted=tuple(fresh))
    span = await _span(call, order)
    quote = await asyncio.to_thread(_quote, span, passed, wrong, left_out, fresh, rows, wanted.wishes)
    quote = msgspec.structs.replace(quote, unused=idle, months=await months(call.house))
    return Drafted(order, quote, body.name or next((each.prompt for each in wanted.wishes), "")[:200])


async def _worded(call: Call, body: NewBatch) -> tuple[NewBatch, bool]:
    """The order with what it takes of its saved prompt, and whether the negative prompt is that one's."""
    if body.prompt is None:
        return body, False
    saved = await call.library.prompts.worded(body.prompt, body.language)
    own = not body.prompts
    brought = own and not body.negative and bool(saved.negative)
    taken = msgspec.structs.replace(
        body,
        prompts=[saved.text] if own else body.prompts,
        negative=saved.negative if brought else body.negative,
        variables=filled(saved.variables, body.variables),
    )
    return taken, brought


def _asked(
    call: Call, body: NewBatch, given: Mapping[str, str], seed: int
) -> tuple[Asked, list[Problem], list[Row], list[str]]:
    """Reading and expanding, off the loop: the largest sheet takes half a second. Also the good rows of a sheet, and
    its columns that no prompt uses.
    """
    lists = read_lists(call.house.lists)
    if not body.of_a_sheet:
        rows, faults = [Row(prompt=each) for each in body.prompts], list[Problem]()
    else:
        text = as_text(body.file or b"") if body.sheet is None else body.sheet
        sheet = read(text, body.prompts[0] if body.prompts else "", negative=body.negative)
        rows, faults = list(sheet.rows), list(sheet.problems)
    of_sheet = rows if body.of_a_sheet else []
    rows = [msgspec.structs.replace(each, negative=each.negative or body.negative) for each in rows]
    idle, meant = unused(rows), mistaken(rows, given)
    rows = [msgspec.structs.replace(each, variables=filled(body.variables, each.variables)) for each in rows]
    asked = requests(rows, lists, seed, call.house.settings().jobs.most_of_a_batch, body.count)
    texts = {*body.prompts, body.negative, *(text for each in rows for text in (each.prompt, each.negative))}
    if whole := _placeless(given, texts) + meant:
        asked = Asked((), 0, (*whole, *asked.problems))
    return asked, faults, of_sheet, idle


def _placeless(given: Mapping[str, str], texts: set[str]) -> list[Problem]:
    """Variables that no text has a place for. A name mistyped would make, and cost, a picture that nobody meant."""
    known = {name for text in texts for name in places(text)} if given else set[str]()
    sentence = "No prompt has a place for the variable {name}."
    return [
        problem(sentence, code="prompt.no_place", field="variables", name=name)
        for name in given
        if folded(name) not in known
    ]


def _told(some: list[Problem]) -> list[Problem]:
    """As many as are listed, in their order; those for which nothing is begun are not lost among others of rows."""
    if len(some) <= MOST_TOLD:
        return some
    first = sorted(range(len(some)), key=lambda each: (some[each].code not in HELD, each))[:MOST_TOLD]
    return [some[each] for each in sorted(first)]


def _in_order(some: Sequence[Problem], lines: Mapping[int, int]) -> list[Problem]:
    """By their rows. Off the loop: a sheet of ten thousand rows may have a hundred times as many."""
    return [_placed(each, lines) for each in sorted(some, key=lambda each: each.row or 0)]


def _placed(found: Problem, lines: Mapping[int, int]) -> Problem:
    """With the line, where only the row was known."""
    known = found.line or lines.get(found.row or 0)
    return msgspec.structs.replace(found, line=known)


def _first(call: Call) -> tuple[Target, ...]:
    return tuple(Target(each.name) for each in call.house.providers.all()[:1])


def _by(wish: Wish) -> ByProject | None:
    by, (aim, *_) = wish.common.by, wish.common.targets or (Target(""),)
    return ByProject(by, aim.provider, aim.model) if by else None


def _by_projects(some: Sequence[Wish]) -> list[ByProject]:
    return sorted({found for each in some if (found := _by(each))}, key=repr)[:MOST_TOLD]


async def _fresh(call: Call, body: NewBatch, order: Order) -> tuple[list[Wanted], int]:
    """What was not asked for before."""
    if body.again or not body.of_a_sheet:
        return list(order.wanted), 0
    begun = await call.library.queue.begun({line for each in order.wanted for line in each.lines})
    fresh = [each for each in order.wanted if begun.isdisjoint(each.lines)]
    return fresh, len(order.wanted) - len(fresh)


async def _span(call: Call, order: Order) -> Span | None:
    count = await asyncio.to_thread(Counter, ((each.provider, each.request.model) for each in order.wanted))
    rooms = {each.name: Room(each.at_once, per_minute_of(each)) for each in call.house.providers.all()}
    measured = await call.library.queue.paces()
    found = duration(count, {**order.paces, **measured}, rooms) if count else None
    return None if found is None else Span(found.least / 1000, found.most / 1000, not count.keys() <= measured.keys())


def _quote(
    seconds: Span | None,
    passed: int,
    wrong: list[Problem],
    left_out: list[Problem],
    fresh: list[Wanted],
    rows: list[Row],
    some: Sequence[Wish],
) -> Quote:
    """Off the loop: an order of a hundred thousand is gone through several times."""
    sums = total(fresh)
    by = {each.row: found for each in some if each.row is not None and (found := _by(each))}
    return Quote(
        jobs=sums.jobs,
        sums=summed_up(sums),
        free=sums.free,
        unknown=sums.unknown,
        as_of=sums.as_of,
        seconds=seconds,
        passed_over=passed,
        faults=[_fault(each) for each in _told(wrong)],
        fault_count=len(wrong),
        bad_rows=len({each.row for each in wrong if each.row is not None}),
        left_out=[_fault(each) for each in left_out[:MOST_TOLD]],
        left_out_count=len(left_out),
        prompts=list(dict.fromkeys(each.request.prompt for each in fresh))[:5],
        rows=[_row(each, by.get(each.row)) for each in rows[:MOST_TOLD]],
        row_count=len(rows),
        held=any(each.code in HELD for each in wrong),
        unused=[],
        months=[],
        by_projects=_by_projects(some),
    )


def _row(row: Row, by: ByProject | None) -> RowShown:
    size = f"{row.width}x{row.height}" if row.width and row.height else ""
    told = {
        "negative": row.negative,
        "count": "" if row.count is None else str(row.count),
        "size": size,
        "seed": "" if row.seed is None else str(row.seed),
        "provider": row.provider,
        "model": row.model,
        "tags": ", ".join(row.tags),
        "project": row.project,
        **row.variables,
    }
    return RowShown(row.row, row.line, row.prompt, {name: value for name, value in told.items() if value}, by)


def _fault(found: Problem) -> Fault:
    return Fault(found.code, found.sentence, found.params, found.field, found.row, found.line, found.at)


def _refused(quote: Quote) -> Refused:
    first = quote.faults[0]
    errors = [(f"/{each.field or 'prompts'}", each.message) for each in quote.faults]
    return Refused(422, first.code, first.message, errors=errors, params=first.params)
