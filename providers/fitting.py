"""Whether a request fits a model, what it may cost, and what it lacks. Pure; asks nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from library.jobs.models import MOST_SEED, PREVIEWS, Cost, Estimate, Price, Request, Scalar
from providers.base import ModelInfo, Option, Previews, Sizes

NO_OPTION = ("job.no_option.known", "job.no_option.none")
RETIRED = ("job.retired", "job.retired.instead")


class Misfit(msgspec.Struct, frozen=True):
    """Why a model does not take a request: the field, a code with its values, and an English sentence."""

    field: str
    code: str
    message: str
    params: dict[str, str] = {}


def day_of(moment: int) -> str:
    """The day of a moment in ms since 1970, YYYY-MM-DD, as books and adapters write days."""
    return f"{datetime.fromtimestamp(moment / 1000, UTC):%Y-%m-%d}"


def on(today: str, models: Sequence[ModelInfo]) -> list[ModelInfo]:
    """Models as they are today: one whose last day has come is gone, whether or not its adapter says so."""
    gone = {each.id for each in models if each.retires_on is not None and each.retires_on <= today}
    return [msgspec.structs.replace(each, retired=True) if each.id in gone else each for each in models]


def misfits(model: ModelInfo, request: Request) -> list[Misfit]:
    """Everything that is wrong at once."""
    return [
        *_of_life(model),
        *_of_prompt(model, request),
        *_of_size(model.sizes, request.width, request.height),
        *_of_rest(model, request),
    ]


def _of_life(model: ModelInfo) -> Iterator[Misfit]:
    if not model.retired:
        return
    message = f"The model {model.id} is no longer offered."
    if model.replacement is None:
        yield Misfit("model", RETIRED[0], message, {"model": model.id})
        return
    params = {"model": model.id, "replacement": model.replacement}
    yield Misfit("model", RETIRED[1], f"{message} Take {model.replacement} instead.", params)


def _of_prompt(model: ModelInfo, request: Request) -> Iterator[Misfit]:
    if not request.prompt.strip():
        yield Misfit("prompt", "job.no_prompt", "The prompt is empty.")
    for field, text in (("prompt", request.prompt), ("negative", request.negative)):
        if len(text) > model.most_prompt:
            message = f"The {field} has {len(text):,} characters; {model.title} takes {model.most_prompt:,}."
            yield Misfit(field, "job.long", message, {"has": str(len(text)), "most": str(model.most_prompt)})
    if request.negative and not model.negative:
        yield Misfit("negative", "job.no_negative", f"{model.title} takes no negative prompt.", {"model": model.title})


def _of_size(sizes: Sizes, width: int, height: int) -> Iterator[Misfit]:
    size = f"{width}x{height}"
    if sizes.listed:
        if (width, height) not in sizes.listed:
            known = ", ".join(f"{w}x{h}" for w, h in sizes.listed)
            yield Misfit("size", "job.size_listed", f"{size} is not made; there are {known}.", {"sizes": known})
        return
    if not (sizes.least <= width <= sizes.most and sizes.least <= height <= sizes.most):
        params = {"least": str(sizes.least), "most": str(sizes.most)}
        yield Misfit("size", "job.size_bounds", f"{size}: sides go from {sizes.least} to {sizes.most} pixels.", params)
        return
    if width % sizes.step or height % sizes.step:
        yield Misfit(
            "size", "job.size_step", f"{size}: sides are multiples of {sizes.step}.", {"step": str(sizes.step)}
        )
    if width * height > sizes.most_pixels:
        params = {"most": str(sizes.most_pixels)}
        yield Misfit("size", "job.size_pixels", f"{size} is more than {sizes.most_pixels:,} pixels.", params)
    if max(width, height) > sizes.most_ratio * min(width, height):
        params = {"most": f"{sizes.most_ratio:g}"}
        yield Misfit("size", "job.size_ratio", f"{size} is longer than {sizes.most_ratio:g} to 1.", params)


def _of_rest(model: ModelInfo, request: Request) -> Iterator[Misfit]:
    if request.seed is not None and not model.seed:
        yield Misfit("seed", "job.no_seed", f"{model.title} takes no seed.", {"model": model.title})
    if request.seed is not None and not 0 <= request.seed <= MOST_SEED:
        yield Misfit("seed", "job.seed", f"A seed goes from 0 to {MOST_SEED}.", {"most": str(MOST_SEED)})
    if request.format not in model.formats:
        known = ", ".join(model.formats)
        message = f"{model.title} makes no {request.format}; it makes {known}."
        yield Misfit("format", "job.format", message, {"format": request.format, "formats": known})
    known_options = {each.name: each for each in model.options}
    for name, value in request.options.items():
        if name not in known_options:
            yield _no_option(model, name)
        elif not _takes(known_options[name], value):
            allowed = _allowed(known_options[name])
            message = f"{name} cannot be {value!r}; it is {allowed}."
            yield Misfit(f"options/{name}", "job.option", message, {"name": name, "allowed": allowed})


def _no_option(model: ModelInfo, name: str) -> Misfit:
    """With the options that it has, so that nobody has to look for them."""
    known, params = ", ".join(each.name for each in model.options), {"name": name, "model": model.title}
    if not known:
        return Misfit(f"options/{name}", NO_OPTION[1], f"{model.title} has no option {name!r}, nor any other.", params)
    message = f"{model.title} has no option {name!r}; it has {known}."
    return Misfit(f"options/{name}", NO_OPTION[0], message, {**params, "known": known})


def _takes(option: Option, value: Scalar) -> bool:
    if option.kind == "choice":
        return isinstance(value, str) and value in option.choices
    if option.kind == "yes_no":
        return isinstance(value, bool)
    if isinstance(value, bool) or not isinstance(value, (int,) if option.kind == "whole" else (int, float)):
        return False
    low = option.least is None or value >= option.least
    return low and (option.most is None or value <= option.most)


def _allowed(option: Option) -> str:
    if option.kind == "choice":
        return ", ".join(option.choices)
    if option.kind == "yes_no":
        return "true, false"
    return f"{option.least:g} … {option.most:g}" if option.least is not None and option.most is not None else "a number"


def priced(model: ModelInfo, request: Request) -> Price | None:
    """The line of the price table that the request falls under; None where there is none."""
    options = {each.name: each.usual for each in model.options} | request.options
    for row in model.prices:
        if row.size is not None and row.size != (request.width, request.height):
            continue
        if all(options.get(name) == value for name, value in row.options.items()):
            return row.price
    return None


def estimated(model: ModelInfo, request: Request) -> Estimate:
    """What one picture may cost."""
    if model.free:
        return Estimate("free", 0, 0)
    price = priced(model, request)
    if price is None:
        return Estimate("unknown")
    shown = _of_previews(model.previews, wanted_previews(model, request), price.currency)
    found = listed(price)
    if found.most is None or shown is None:
        return Estimate("unknown", credits=price.credits)
    return msgspec.structs.replace(found, most=found.most + shown)


def listed(price: Price) -> Estimate:
    """What a line of a price table says."""
    if price.amount is None:
        return Estimate("unknown", credits=price.credits)
    most = price.amount if price.most is None else price.most
    return Estimate("price_table", price.amount, most, price.currency, price.as_of, price.credits)


def wanted_previews(model: ModelInfo, request: Request) -> int:
    """How many previews a request asks for."""
    option = next((each for each in model.options if each.name == PREVIEWS), None)
    number = 0 if option is None else request.options.get(PREVIEWS, option.usual)
    return number if model.previews is not None and isinstance(number, int) else 0


def _of_previews(previews: Previews | None, number: int, currency: str) -> int | None:
    """What so many cost at most: fewer may come. None where that cannot be said beside a picture's price."""
    if previews is None or previews.price is None or not number:
        return 0
    found = listed(previews.price)
    return number * found.most if found.most is not None and found.currency == currency else None


def by_price(model: ModelInfo) -> Estimate:
    """From the cheapest to the dearest picture that a model makes, without previews of it."""
    if model.free:
        return Estimate("free", 0, 0)
    prices = [row.price for row in model.prices]
    amounts = [each.amount for each in prices if each.amount is not None]
    if not amounts or len(amounts) < len(prices) or len({each.currency for each in prices}) > 1:
        return Estimate("unknown")
    most = max(*amounts, *(each.most or 0 for each in prices))
    oldest = min(each.as_of for each in prices)
    return Estimate("price_table", min(amounts), most, prices[0].currency, oldest)


def latest(last: Cost | None, before: Cost | None) -> Cost | None:
    """What a provider told of a cost, in two goes: what one of them leaves open the other may say."""
    if last is None or before is None:
        return last or before
    credits = before.credits if last.credits is None else last.credits
    return msgspec.structs.replace(
        before if last.amount is None and before.amount is not None else last, credits=credits
    )


def settled(told: Cost | None, likely: Estimate | None) -> Cost:
    """What a charge comes to: as the provider told it, else by the price table, else unknown. Credits are kept."""
    table = by_table(likely)
    if told is None or (told.amount is None and table.amount is not None):
        return table if told is None or told.credits is None else msgspec.structs.replace(table, credits=told.credits)
    return told


def by_table(estimate: Estimate | None) -> Cost:
    if estimate is None:
        return Cost(None, "", "unknown")
    if estimate.basis == "unknown":
        return Cost(None, "", "unknown", estimate.credits)
    if estimate.basis == "free":
        return Cost(0, "", "free")
    return Cost(estimate.most, estimate.currency, "price_table", estimate.credits)
