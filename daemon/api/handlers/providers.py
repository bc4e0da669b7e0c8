"""Providers that are set up, what their models can do, and whether they can be used now."""

from __future__ import annotations

import asyncio

import msgspec

from daemon.api.call import Call
from daemon.api.handlers.jobs import Range, ranged
from library.errors import NotFound
from providers.base import Health, ModelInfo, Option, Provider
from providers.errors import ProviderError
from providers.fitting import by_price

CHECK_SECONDS = 10.0


class ModelShown(msgspec.Struct, frozen=True):
    """One model and what it takes. Sizes in pixels: one of `sizes`, or sides within bounds. `price`: of one picture."""

    id: str
    title: str
    sizes: list[tuple[int, int]]
    usual: tuple[int, int]
    least: int
    most: int
    step: int
    most_pixels: int
    most_ratio: float
    seed: bool
    negative: bool
    formats: list[str]
    most_prompt: int
    options: list[Option]
    price: Range
    retired: bool
    retires_on: str | None
    replacement: str | None


class ProviderShown(msgspec.Struct, frozen=True):
    """One provider. `problem`: why it cannot be used at all; its `models` are those it has told of so far."""

    name: str
    title: str
    kind: str
    leaves_machine: bool
    at_once: int
    models: list[ModelShown]
    problem: str | None


class ProvidersShown(msgspec.Struct, frozen=True):
    """All providers, in the order of the settings."""

    providers: list[ProviderShown]


class HealthShown(msgspec.Struct, frozen=True):
    """Whether a provider is there and takes its key; `code` for translation."""

    ok: bool
    code: str
    message: str


async def index(call: Call) -> ProvidersShown:
    """What is set up. Answers at once: nothing is asked of a network that has not been told before."""
    some = await asyncio.gather(*map(_shown, call.house.providers.all()))
    broken = [
        ProviderShown(each.profile.name, each.profile.name, "cloud", False, 0, [], each.why)
        for each in call.house.providers.broken
    ]
    return ProvidersShown([*some, *broken])


async def check(call: Call, name: str) -> HealthShown:
    """Ask a provider whether it can be used. Costs nothing."""
    provider = call.house.providers.get(name)
    if provider is None:
        raise NotFound(f"There is no provider {name[:60]!r}.", code="no_provider", name=name[:60])
    health = await _health(provider)
    return HealthShown(health.ok, health.code, health.message)


async def _health(provider: Provider) -> Health:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await provider.check()
    except TimeoutError:
        return Health(False, "provider.slow", f"There was no answer within {CHECK_SECONDS:g} seconds.")
    except ProviderError as error:
        return Health(False, error.code, str(error))


async def _shown(provider: Provider) -> ProviderShown:
    problem, models = None, list[ModelInfo]()
    try:
        models = list(await provider.models())
    except ProviderError as error:
        problem = str(error)
    return ProviderShown(
        provider.name,
        provider.title,
        provider.kind,
        provider.leaves_machine,
        provider.at_once,
        [_model(each) for each in models],
        problem,
    )


def _model(model: ModelInfo) -> ModelShown:
    sizes = model.sizes
    price = ranged(by_price(model))
    assert price is not None
    return ModelShown(
        id=model.id,
        title=model.title,
        sizes=list(sizes.listed),
        usual=sizes.usual,
        least=sizes.least,
        most=sizes.most,
        step=sizes.step,
        most_pixels=sizes.most_pixels,
        most_ratio=sizes.most_ratio,
        seed=model.seed,
        negative=model.negative,
        formats=list(model.formats),
        most_prompt=model.most_prompt,
        options=list(model.options),
        price=price,
        retired=model.retired,
        retires_on=model.retires_on,
        replacement=model.replacement,
    )
