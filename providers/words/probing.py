"""What a provider answers to: tried where it costs nothing, told as its list of models tells it elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import cast, get_args

import msgspec

from providers.asking import LIST_SECONDS, careful
from providers.base import Ability, ModelInfo, Provider
from providers.errors import ProviderError
from providers.words.talking import Embeds, Message, Question, Speaks

SECONDS = 45.0  # a server of one's own may have to load the model first
TOKEN = "00" * 16  # of nothing that is charged


class Probe(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether it does one thing: it did, or its list of models says so; it did not, for the reason of `code`; None: it
    was not tried, and nobody tells.
    """

    what: Ability
    answers: bool | None
    tried: bool = False
    model: str = ""
    code: str = ""
    message: str = ""


async def probed(provider: Provider) -> list[Probe]:
    """One for each ability, of a provider that may do more than pictures; for others none."""
    if not isinstance(provider, Speaks | Embeds):
        return []
    try:
        models = await careful(provider.models(), LIST_SECONDS)
    except ProviderError as error:
        return [Probe(what, None, code=error.code, message=str(error)) for what in get_args(Ability)]
    return [await _one(provider, what, models) for what in get_args(Ability)]


async def _one(provider: Provider, what: Ability, models: Sequence[ModelInfo]) -> Probe:
    may = [each for each in models if each.may(what)]
    if not may:
        return Probe(what, False)
    model = likeliest(what, may)
    told = model.can is not None
    # A picture takes minutes on a machine of one's own, and what is paid is not tried at all.
    if what == "paint" or not model.free:
        return Probe(what, True if told else None, model=model.id if told else "")
    try:
        async with asyncio.timeout(SECONDS):
            await _try(provider, what, model.id)
    except ProviderError as error:
        return Probe(what, False, True, model.id, error.code, str(error))
    except TimeoutError:
        return Probe(what, None, True, model.id, "provider.slow", f"There was no answer within {SECONDS:g} seconds.")
    return Probe(what, True, True, model.id)


def likeliest(what: Ability, models: Sequence[ModelInfo]) -> ModelInfo:
    """The one to try: of which it is told, else one whose name sounds like it. A guess, which trying it proves."""
    return min(models, key=lambda each: (each.can is None, ("embed" in each.id.lower()) != (what == "embed")))


async def _try(provider: Provider, what: Ability, model: str) -> None:
    if what == "embed":
        await cast(Embeds, provider).embed(model, ["fox"], TOKEN)
        return
    asked = cast(Speaks, provider).speak(Question(model, (Message("user", "Say hello."),), 1), TOKEN)
    async with aclosing(asked) as answer:
        async for _ in answer:
            pass
