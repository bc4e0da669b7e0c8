"""What a person asks for → jobs: checked against what each model can do, priced, and told what had to be left out."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

import msgspec

from library.jobs.asking import Asking, too_many
from library.jobs.faults import Problem, problem
from library.jobs.models import MOST_SEED, Estimate, Request, Scalar
from library.jobs.pace import Maker, Pace
from library.jobs.queue import Wanted
from library.models import Project
from providers.base import ModelInfo, Provider
from providers.errors import ProviderError
from providers.fitting import NO_OPTION, Misfit, estimated, misfits
from providers.registry import Providers

LEFT_OUT = ("job.no_negative", "job.no_seed", *NO_OPTION, "job.format")  # what one of several may lack
STEP = 20  # wishes that are looked at and pictures that are asked for before others have a turn
PLAIN = Request("", "")
MOST_EXACT = 2**53  # below it a float is the whole number that it looks like
MOST_DRAWN_SEED = 2**32 - 1  # what every tool that reads a seed can hold


class Target(msgspec.Struct, frozen=True):
    """A provider and one of its models; without a model its first."""

    provider: str
    model: str = ""


class Common(msgspec.Struct, frozen=True):
    """What all requests of an order share, unless a row says otherwise. A size of 0 is the model's usual one. `by`: the
    name of the project that the targets were taken from, where nobody said them · `by_projects`: a row that names a
    project is made with what that says, whatever the targets are; its model may then lack what was said for those.
    """

    targets: tuple[Target, ...]
    by: str = ""
    by_projects: bool = False
    count: int = 1
    width: int = 0
    height: int = 0
    seed: int | None = None
    format: str = ""
    options: dict[str, Scalar] = {}
    project: str | None = None
    saved: str | None = None  # the saved prompt it comes from
    saved_negative: bool = False  # the negative prompt is that one's: a model without a place for it goes without
    tags: tuple[str, ...] = ()


class Wish(msgspec.Struct, frozen=True):
    """One prompt as it is asked for, `count` pictures of each target; its row where it is of a sheet, and the `key` by
    which earlier versions knew it. `drawn`: what is asked for before chance decided something of it; `former`: its key
    in still earlier versions, then.
    """

    prompt: str
    negative: str
    common: Common
    row: int | None = None
    key: str = ""
    drawn: str = ""
    former: str = ""


class Wishes(NamedTuple):
    """The wishes of an order, and what is wrong with the rows that make none."""

    wishes: list[Wish]
    problems: list[Problem]


class Order(msgspec.Struct, frozen=True):
    """What would be begun, what stands in the way, and what a model does not take and is left out. `rows`: of a sheet,
    those of which something would be begun · `paces`: as their providers guess.
    """

    wanted: tuple[Wanted, ...]
    problems: tuple[Problem, ...]
    left_out: tuple[Problem, ...]
    rows: frozenset[int] = frozenset()
    paces: dict[Maker, Pace] = {}


class Total(msgspec.Struct, frozen=True):
    """What several jobs may cost together: least and most by currency, in millionths. `unknown`: jobs that nobody knows
    the price of, which is not nothing. `as_of`: the day of the oldest price, empty where none was needed.
    """

    jobs: int
    sums: dict[str, tuple[int, int]]
    free: int
    unknown: int
    as_of: str


def wishes(
    requests: Sequence[Asking], common: Common, projects: Sequence[Project], first: tuple[Target, ...]
) -> Wishes:
    """Rows with what they share; some name a project. Where nobody says a target it is what the project makes with, and
    where that says nothing either `first`.
    """
    named = {each.name.casefold(): each for each in projects}
    known = {each.id: each for each in projects}
    found: list[Wish] = []
    problems: list[Problem] = []
    for each in requests:
        project = named.get(each.project.casefold()) if each.project else known.get(common.project or "")
        if each.project and project is None:
            fault = _no_project(each.project, projects)
            problems.append(msgspec.structs.replace(fault, row=each.row or None))
            continue
        others = common.by_projects and bool(each.project) and project is not None and project.making is not None
        own = _own(each, _in(project, msgspec.structs.replace(common, targets=()) if others else common, first))
        found.append(Wish(each.prompt, each.negative, own, each.row or None, each.key, each.drawn, each.former))
    return Wishes(found, problems)


def _no_project(name: str, projects: Sequence[Project]) -> Problem:
    """With the names that are like it, which are what is meant more often than not."""
    likely = {each.name.casefold(): each.name for each in projects}
    near = ", ".join(likely[each] for each in get_close_matches(name.casefold(), likely))
    if near:
        message = "There is no project {name}; there is {near}."
        return problem(message, code="row.project.near", field="project", name=name, near=near)
    message = "There is no project {name}: make it first, or leave that cell empty."
    return problem(message, code="row.project", field="project", name=name)


def bounded(found: Wishes, most: int) -> Wishes:
    """None of them, and why, where they ask for more pictures than that: each its count, of each of its targets."""
    number = sum(each.common.count * len(each.common.targets) for each in found.wishes)
    return found if number <= most else Wishes([], [*found.problems, too_many(number, most)])


def _in(project: Project | None, common: Common, first: tuple[Target, ...]) -> Common:
    """What is common, in this project."""
    id = common.project if project is None else project.id
    if common.targets:
        return msgspec.structs.replace(common, project=id)
    if project is None or project.making is None:
        return msgspec.structs.replace(common, project=id, targets=first)
    target = Target(project.making.provider, project.making.model)
    return msgspec.structs.replace(common, project=id, targets=(target,), by=project.name)


def _own(each: Asking, common: Common) -> Common:
    """What is common, but for what the row says itself."""
    changes: dict[str, Any] = {"tags": tuple(dict.fromkeys([*common.tags, *each.tags]))}
    if each.provider or each.model:
        provider = each.provider or (common.targets[0].provider if common.targets else "")
        changes["targets"] = (Target(provider, each.model),)
        changes["by"] = "" if each.provider else common.by
    for name in ("count", "width", "height", "seed"):
        if getattr(each, name) is not None:
            changes[name] = getattr(each, name)
    return msgspec.structs.replace(common, **changes)


async def _none() -> None:
    """No rest."""


async def ordered(
    some: Sequence[Wish], providers: Providers, chance: random.Random, rest: Callable[[], Awaitable[object]] = _none
) -> Order:
    """Nothing is begun; `rest` lets others have a turn: ten thousand rows are a second's work. Providers are asked for
    their models, which costs nothing. What only some of several models take is left out for the others, and told;
    what the only one asked does not take is a problem, but for what a saved prompt brought.
    """
    wanted: list[Wanted] = []
    problems: list[Problem] = []
    left_out: list[Problem] = []
    rows: set[int] = set()
    before: Counter[bytes] = Counter()
    known: dict[Target, tuple[Provider, ModelInfo] | Misfit] = {}
    done = 0
    for wish in some:
        done += 1
        for target in wish.common.targets:
            if target not in known:
                known[target] = await model_of(providers, target)
            found = known[target]
            if isinstance(found, Misfit):
                problems.append(_at(wish, _of_project(wish.common.by, target, found)))
                continue
            provider, model = found
            request = _request(wish, model)
            others = wish.common.by_projects and bool(wish.common.by)
            several, saved = others or len(wish.common.targets) > 1, wish.common.saved_negative
            if several or saved:
                request, without = _narrowed(request, model, LEFT_OUT if several else LEFT_OUT[:1])
                left_out += [_at(wish, each) for each in without]
            wrong = misfits(model, request)
            problems += [_at(wish, each) for each in wrong]
            for each in () if wrong else _wanted(wish, provider, model, request, chance, before):
                wanted.append(each)
                done += 1
                if done >= STEP:
                    done = 0
                    await rest()
            rows |= set() if wish.row is None or wrong else {wish.row}
        if done >= STEP:
            done = 0
            await rest()
    paces = {
        (provider.name, model.id): Pace(*(round(1000 * each) for each in model.seconds))
        for provider, model in (each for each in known.values() if not isinstance(each, Misfit))
        if model.seconds is not None
    }
    return Order(tuple(wanted), tuple(problems), tuple(left_out), frozenset(rows), paces)


def total(wanted: Sequence[Wanted]) -> Total:
    """What an order may cost."""
    return summed([each.estimate for each in wanted])


def summed(estimates: Sequence[Estimate]) -> Total:
    sums: dict[str, tuple[int, int]] = {}
    free = unknown = 0
    days = []
    for estimate in estimates:
        if estimate.basis == "free":
            free += 1
        elif estimate.least is None or estimate.most is None:
            unknown += 1
        else:
            least, most = sums.get(estimate.currency, (0, 0))
            sums[estimate.currency] = (least + estimate.least, most + estimate.most)
            days.append(estimate.as_of)
    return Total(len(estimates), sums, free, unknown, min(days, default=""))


async def model_of(providers: Providers, target: Target) -> tuple[Provider, ModelInfo] | Misfit:
    """Who is meant, as it is now, or why there is nobody."""
    provider = providers.get(target.provider)
    if provider is None:
        known = ", ".join(each.name for each in providers.all())
        message = f"There is no provider {target.provider!r}; there are {known}."
        return Misfit("provider", "job.no_provider", message, {"provider": target.provider, "known": known})
    try:
        models = [each for each in await providers.offered(provider) if each.may("paint")]
    except ProviderError as error:
        return Misfit("provider", error.code, str(error), error.params)
    model = next((each for each in models if each.id == target.model), models[0] if models else None)
    if model is None or target.model not in ("", model.id):
        known = ", ".join(each.id for each in models)
        message = f"{provider.title} has no model {target.model!r}; it has {known}."
        return Misfit("model", "job.no_model", message, {"model": target.model, "known": known})
    return provider, model


def _of_project(name: str, target: Target, found: Misfit) -> Misfit:
    """Where the project named what is not here: nobody else is asked in its place."""
    if not name or found.code != "job.no_provider":
        return found
    params = {"project": name, "provider": target.provider}
    message = f"The project “{name}” makes with {target.provider!r}, which is not set up on this device. Name another."
    return Misfit("provider", "job.no_provider_of_project", message, params)


def _request(wish: Wish, model: ModelInfo) -> Request:
    usual, common = model.sizes.usual, wish.common
    return Request(
        model=model.id,
        prompt=wish.prompt,
        negative=wish.negative,
        width=common.width or usual[0],
        height=common.height or usual[1],
        seed=common.seed,
        format=common.format or model.formats[0],
        options=common.options,
    )


def _narrowed(request: Request, model: ModelInfo, codes: Sequence[str]) -> tuple[Request, list[Misfit]]:
    """Without what the model has no place for."""
    fields = {"negative": "", "seed": None, "format": model.formats[0]}
    without = [each for each in misfits(model, request) if each.code in codes]
    lacking = {each.field for each in without}
    options = {name: value for name, value in request.options.items() if f"options/{name}" not in lacking}
    changes = {field: fields[field] for field in lacking if field in fields}
    return msgspec.structs.replace(request, options=options, **changes), without


def _wanted(
    wish: Wish,
    provider: Provider,
    model: ModelInfo,
    request: Request,
    chance: random.Random,
    before: Counter[bytes],
) -> Iterator[Wanted]:
    """A job for each picture. Each has a seed that is known beforehand, where the model takes one: so that the picture
    can be made again. `before`: how often the same was asked for in this order.
    """
    common = wish.common
    for number in range(common.count):
        seed = request.seed
        if model.seed:
            seed = chance.randint(0, MOST_DRAWN_SEED) if seed is None else (seed + number) % (MOST_SEED + 1)
        each = msgspec.structs.replace(request, seed=seed)
        row, former = "", list[str]()
        if wish.key:
            row = _line(wish, provider.name, model, request if request.seed is None else each, before)
            former = _former_lines(wish, provider.name, model, request, number)
        yield Wanted(
            provider.name,
            each,
            estimated(model, each),
            None if common.project is None else bytes.fromhex(common.project),
            None if common.saved is None else bytes.fromhex(common.saved),
            common.tags,
            row,
            tuple(former),
        )


def _line(wish: Wish, provider: str, model: ModelInfo, request: Request, before: Counter[bytes]) -> str:
    """What a picture of a sheet is known by when its sheet is sent again: what is asked of whom, in whatever words and
    before anything is drawn, and how often that was asked for before it.
    """
    said = _said(request) | {"format": request.format} | _some(_unusual(model, request.options))
    if wish.drawn:
        said |= {"prompt": wish.drawn, "negative": ""}
    asked = msgspec.json.encode((provider, said), order="sorted")
    before[asked] += 1
    return hashlib.sha256(b"%d %s" % (before[asked], asked)).hexdigest()[:32]


def _former_lines(wish: Wish, provider: str, model: ModelInfo, request: Request, number: int) -> list[str]:
    """What earlier versions knew it by, of the key of its row: they told apart whatever the row said; the first of them
    also whether what is usual was said, and what was drawn.
    """
    said, plain = _said(request), _unusual(model, request.options)
    formats = ({}, {"format": PLAIN.format}) if request.format == PLAIN.format else ({"format": request.format},)
    some = [said | format | _some(options) for options in (plain, request.options) for format in formats]
    latest = some[0] | ({"prompt": "", "negative": ""} if wish.drawn else {})
    first = [_former_line(wish.former or wish.key, provider, each, number) for each in some]
    return list(dict.fromkeys([_former_line(wish.key, provider, latest, number), *first]))


def _some(options: dict[str, Scalar]) -> dict[str, Any]:
    return {"options": options} if options else {}


def _former_line(key: str, provider: str, said: dict[str, Any], number: int) -> str:
    return hashlib.sha256(msgspec.json.encode((key, provider, said, number), order="sorted")).hexdigest()[:32]


def _said(request: Request) -> dict[str, Any]:
    """What is asked for but its format and options, without what is empty."""
    said: dict[str, Any] = {name: getattr(request, name) for name in ("model", "prompt", "width", "height")}
    said |= {"negative": request.negative} if request.negative else {}
    return said if request.seed is None else said | {"seed": request.seed}


def _unusual(model: ModelInfo, options: dict[str, Scalar]) -> dict[str, Scalar]:
    """The options that are not at their usual value, a whole number as one."""
    usual = {each.name: each.usual for each in model.options}
    return {name: _whole(value) for name, value in options.items() if name not in usual or value != usual[name]}


def _whole(value: Scalar) -> Scalar:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < MOST_EXACT else value


def _at(wish: Wish, found: Misfit) -> Problem:
    return Problem(found.code, found.message, found.params, found.field, row=wish.row)
