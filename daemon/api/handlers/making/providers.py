"""Providers that are set up, what their models can do, and whether they can be used now."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec

from daemon.api.call import Call
from daemon.api.handlers.making.money import Range, ranged
from library.errors import NotFound
from library.jobs.models import MICROS, Scalar
from providers.base import Ability, ModelInfo, Option, Previews, Provider, TokenPrice, per_minute_of
from providers.errors import ProviderError
from providers.fitting import by_price, listed
from providers.registry import Broken, Profile
from providers.words.probing import probed


class TokenPriceShown(msgspec.Struct, frozen=True):
    """What a million tokens of text cost: those sent, and those that come back. As of that day."""

    taken: float
    given: float
    currency: str
    as_of: str


class PreviewsShown(msgspec.Struct, frozen=True):
    """How a model shows its pictures while they are made: at most so many of each. Where it has an option `previews`,
    that says how many are wanted. `price`: of each, besides the picture's; null: none.
    """

    most: int
    price: Range | None


class ModelShown(msgspec.Struct, frozen=True):
    """One model and what it takes. `can`: paint, speak, embed; null: nobody tells. Sizes in pixels: one of `sizes`, or
    sides within bounds. `price`: of one picture · `token_price`: of text · `previews`: null, it shows none.
    """

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
    can: list[Ability] | None
    token_price: TokenPriceShown | None
    previews: PreviewsShown | None


class LastHealth(msgspec.Struct, frozen=True):
    """Whether a provider could be used when that was last checked; `code` for translation."""

    ok: bool
    code: str
    message: str


class ProviderShown(msgspec.Struct, frozen=True):
    """One provider. `title`: what people call it: the name that its owner gave to the profile, else that of the
    service, which is `service`. `problem`: why it cannot be used at all; its `models` are those it has told of so
    far. `adapter`, `base_url`, `proxy`, `headers` (their names) and `options` are what the settings say, without
    any key. `configured`: its adapter can be used · `health`: as its last check said, null before · `capabilities`:
    what its models do, as far as is known.
    """

    name: str
    title: str
    service: str
    adapter: str
    base_url: str
    proxy: str
    headers: list[str]
    options: dict[str, Scalar]
    kind: str
    leaves_machine: bool
    at_once: int
    per_minute: int
    models: list[ModelShown]
    problem: str | None
    configured: bool
    health: LastHealth | None
    capabilities: list[Ability]


class ProvidersShown(msgspec.Struct, frozen=True):
    """All providers, in the order of the settings."""

    providers: list[ProviderShown]


class ProbeShown(msgspec.Struct, frozen=True):
    """Whether a provider does one thing: `tried`, where that costs nothing, or as its list of models says. `answers`
    null: nobody tells. `code`, for translation: why it does not.
    """

    what: Ability
    answers: bool | None
    tried: bool
    model: str
    code: str
    message: str


class HealthShown(msgspec.Struct, frozen=True):
    """Whether a provider is there and takes its key; `code` for translation. `answers`: what it does, of one that may
    do more than pictures.
    """

    ok: bool
    code: str
    message: str
    answers: list[ProbeShown]


async def index(call: Call) -> ProvidersShown:
    """What is set up, and what it offers. One that does not tell that soon is given without, and with the reason."""
    await call.house.reread()
    some = await asyncio.gather(*(_shown(call, each) for each in call.house.providers.all()))
    broken = [_unusable(each) for each in call.house.providers.broken]
    return ProvidersShown([*some, *broken])


async def check(call: Call, name: str) -> HealthShown:
    """Ask a provider whether it can be used, and for what. Costs nothing; one of this machine's is tried."""
    await call.house.reread()
    with call.house.providers.held(name) as provider:
        if provider is None:
            raise NotFound(f"There is no provider {name[:60]!r}.", code="no_provider", name=name[:60])
        health = await call.house.providers.asking.check(provider)
        found = await probed(provider) if health.ok and not (call.house.offline.on and provider.leaves_machine) else []
    answers = [ProbeShown(each.what, each.answers, each.tried, each.model, each.code, each.message) for each in found]
    return HealthShown(health.ok, health.code, health.message, answers)


async def _shown(call: Call, provider: Provider) -> ProviderShown:
    problem, models = None, list[ModelInfo]()
    try:
        models = list(await call.house.providers.offered(provider))
    except ProviderError as error:
        problem = str(error)
    health = call.house.providers.asking.last_health(provider)
    return ProviderShown(
        name=provider.name,
        service=provider.title,
        title=_called(provider, call.house.providers.profile(provider.name)),
        kind=provider.kind,
        leaves_machine=provider.leaves_machine,
        at_once=provider.at_once,
        per_minute=per_minute_of(provider),
        models=[_model(each) for each in models],
        problem=problem,
        configured=True,
        health=None if health is None else LastHealth(health.ok, health.code, health.message),
        capabilities=sorted({each for model in models for each in model.can or ()}),
        **_settings(call.house.providers.profile(provider.name)),
    )


def _called(provider: Provider, profile: Profile | None) -> str:
    """A profile that is named after its adapter or its service has no name of its owner's own."""
    usual = {provider.title.casefold(), "" if profile is None else profile.adapter.casefold()}
    return provider.title if provider.name.casefold() in usual else provider.name


def _unusable(broken: Broken) -> ProviderShown:
    name = broken.profile.name
    return ProviderShown(
        name=name,
        service=name,
        title=name,
        kind="cloud",
        leaves_machine=False,
        at_once=0,
        per_minute=0,
        models=[],
        problem=broken.why,
        configured=False,
        health=None,
        capabilities=[],
        **_settings(broken.profile),
    )


def _settings(profile: Profile | None) -> dict[str, Any]:
    """What the settings say of it. Addresses may hold a name and a password, headers a key."""
    if profile is None:  # it went while its models were asked for
        return {"adapter": "", "base_url": "", "proxy": "", "headers": [], "options": {}}
    return {
        "adapter": profile.adapter,
        "base_url": _plain(profile.base_url),
        "proxy": _plain(profile.proxy),
        "headers": sorted(profile.headers),
        "options": profile.options,
    }


def _plain(address: str) -> str:
    """An address without name, password and query."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


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
        can=None if model.can is None else list(model.can),
        token_price=_token_price(model.tokens),
        previews=_previews(model.previews),
    )


def _previews(found: Previews | None) -> PreviewsShown | None:
    if found is None or not found.most:
        return None
    price = None if found.price is None else ranged(listed(found.price))
    return PreviewsShown(found.most, price)


def _token_price(price: TokenPrice | None) -> TokenPriceShown | None:
    if price is None:
        return None
    return TokenPriceShown(price.taken / MICROS, price.given / MICROS, price.currency, price.as_of)
