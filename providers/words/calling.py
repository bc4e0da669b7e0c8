"""Asks a provider for text while somebody waits: whom, and what stands in the ledger before and after.

Nothing is ever sent a second time from here: whoever waits can ask again, and knows then that it may be paid twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import NamedTuple

import msgspec

from library.errors import Clash, LibraryError, NotFound
from library.jobs.budget import Budget, written
from library.jobs.calls import CallId, Calls
from library.jobs.models import Cost
from providers.asking import cost_of
from providers.base import ModelInfo, Provider
from providers.errors import ContentRefused, OutcomeUnknown, ProviderError, RateLimited, ServerBusy
from providers.limits import Limits
from providers.registry import Providers
from providers.waiting import WentOffline, left_when
from providers.words.estimating import spoken, within_bounds
from providers.words.talking import End, Piece, Question, Speaks
from store.errors import StoreError

SECONDS = 900.0  # the longest that an answer may take; then nobody knows
FREE = CallId(b"\0" * 16)  # a call that is not written down, for it costs nothing
log = logging.getLogger("gesso.calling")


class Voice(NamedTuple):
    """A model that answers in words, and whose it is."""

    provider: Provider
    model: ModelInfo

    @property
    def speaker(self) -> Speaks:
        assert isinstance(self.provider, Speaks)
        return self.provider


class Calling:
    """Asks the providers of one daemon; while it is offline, none of another machine."""

    def __init__(self, providers: Providers, limits: Limits, *, budget: Budget | None = None) -> None:
        self._providers = providers
        self._limits = limits
        self._budget = budget

    async def voice(self, provider: str, model: str) -> Voice:
        """Who is to answer. Without a name, the first that speaks for nothing: whom one pays one names. Without a
        model, the only one that can be meant.
        """
        found = self._usable(self._named(provider)) if provider else await self._first()
        if model:
            voice = Voice(found, await self._model(found, model))
        else:
            voice = Voice(found, _only(found, await self._speaking(found)))
        if not provider and not voice.model.free:
            raise _paid(found)
        return voice

    def _named(self, name: str) -> Provider:
        found = self._providers.get(name)
        if found is None:
            raise NotFound(f"There is no provider {name[:60]!r}.", code="no_provider", name=name[:60])
        if not isinstance(found, Speaks):
            raise Clash(f"{name} makes pictures and answers nothing in words.", code="ask.mute", name=name)
        return found

    def _usable(self, provider: Provider) -> Provider:
        if self._providers.asking.offline and provider.leaves_machine:
            message = f"Gesso is offline, and {provider.name} is on another machine."
            raise Clash(message, code="ask.offline", name=provider.name)
        return provider

    async def _first(self) -> Provider:
        """The first that has a free model. Where none is known, and one is away, that is why."""
        some = [each for each in self._providers.all() if isinstance(each, Speaks)]
        if not some:
            hint = "Set one up in config.toml, for instance a server on this computer: see `docs/config.md`."
            raise Clash("No provider that answers in words is set up.", code="ask.nobody", hint=hint)
        away: ProviderError | None = None
        for each in sorted(some, key=lambda each: each.leaves_machine):
            try:
                if any(model.free for model in await self._speaking(self._usable(each))):
                    return each
            except ProviderError as error:
                away = away or error
        raise away or _paid(some[0])

    async def _model(self, provider: Provider, id: str) -> ModelInfo:
        """One that is not listed is asked for all the same: lists are not always whole. That it is free nobody says."""
        try:
            found = next((each for each in await self._providers.offered(provider) if each.id == id), None)
        except ProviderError as error:
            log.warning("%s does not tell its models: %s", provider.name, error)
            found = None
        if found is not None and not found.may("speak"):
            raise Clash(f"The model {id} does not answer in words.", code="ask.no_words", model=id)
        return found or ModelInfo(id, id, can=None)

    async def _speaking(self, provider: Provider) -> list[ModelInfo]:
        """Models that may answer in words: those of which it is told, else all of which nobody tells."""
        some = [each for each in await self._providers.offered(provider) if each.may("speak") and not each.retired]
        return [each for each in some if each.can is not None] or some

    async def ask(self, calls: Calls, voice: Voice, question: Question) -> AsyncGenerator[Piece | End]:
        """The answer as it comes, and its End with what it cost. Closed, or cut off otherwise, before its End, one that
        is paid is left as a call whose outcome is not known.
        """
        with self._providers.holding(voice.provider):
            async with aclosing(self._asked(calls, voice, question)) as answer:
                async for each in answer:
                    yield each

    async def _asked(self, calls: Calls, voice: Voice, question: Question) -> AsyncGenerator[Piece | End]:
        name = self._usable(voice.provider).name
        if (wait := self._limits.closed_for(name)) > 0:
            raise RateLimited(f"{name} asked to wait; nothing was sent.", retry_after=wait)
        question = within_bounds(voice.model, question)
        id = None if voice.model.free else await self._begin(calls, voice, question)
        try:
            async for each in _answered(voice, question, id, self._cut_by(voice)):
                if isinstance(each, End):
                    cost = Cost(0, "", "free") if id is None else cost_of(each.cost) or Cost(None, "", "unknown")
                    await _settle(calls, id, cost)
                    self._limits.answered(name)
                    each = msgspec.structs.replace(each, cost=cost)
                yield each
        except ProviderError as error:
            if isinstance(error, RateLimited | ServerBusy):
                self._limits.turned_down(name, error.retry_after)
            if error.sent != "unknown":
                billed = error.billed or (isinstance(error, ContentRefused) and voice.model.traits.bills_refusals)
                await _settle(calls, id, Cost(None, "", "unknown") if billed else None)
            raise
        finally:
            if id is not None:
                calls.left(id)

    def _cut_by(self, voice: Voice) -> asyncio.Event:
        """What ends an answer before its end: that Gesso goes offline, where it comes from another machine."""
        return self._providers.asking.switch.begun if voice.provider.leaves_machine else asyncio.Event()

    async def _begin(self, calls: Calls, voice: Voice, question: Question) -> CallId:
        """Only where it could not pass the month's limit; of what has no price, while that is not reached."""
        about, estimate, budget = question.messages[-1].text, spoken(voice.model, question), self._budget
        if budget is None:
            return await calls.begin(voice.provider.name, voice.model.id, about, estimate)
        async with budget.deciding() as affords:
            if not affords(estimate):
                reached = ", ".join(f"{written(limit)} {currency}" for currency, limit in budget.limits.items())
                if estimate.most is not None:
                    most = f"{written(estimate.most)} {estimate.currency}"
                    message = f"The answer may cost up to {most}, which could pass this month's limit ({reached})."
                    raise Clash(message, code="ask.budget.most", limit=reached, most=most)
                message = f"The limit of this month is reached ({reached}); nothing was sent."
                raise Clash(message, code="ask.budget", limit=reached)
            return await calls.begin(voice.provider.name, voice.model.id, about, estimate)


def _only(provider: Provider, some: list[ModelInfo]) -> ModelInfo:
    if not some:
        raise Clash(f"{provider.name} has no model that answers in words.", code="ask.no_model", name=provider.name)
    if len(some) > 1:
        known = ", ".join(each.id for each in some[:20])
        message = f"Which model of {provider.name} is to answer? It has {known}."
        raise Clash(message, code="ask.which_model", name=provider.name, known=known)
    return some[0]


def _paid(provider: Provider) -> Clash:
    message = f"{provider.name} may want money, so that it is asked only by its name."
    return Clash(message, code="ask.paid", name=provider.name)


async def _answered(
    voice: Voice, question: Question, id: CallId | None, cut: asyncio.Event
) -> AsyncGenerator[Piece | End]:
    """The pieces of an answer up to its End, all of them within the time that one may take, unless it is cut off."""
    until = asyncio.get_running_loop().time() + SECONDS
    async with aclosing(voice.speaker.speak(question, (id or FREE).hex())) as answer:
        while True:
            try:
                async with asyncio.timeout_at(until), left_when(cut, WentOffline):
                    each = await anext(answer)
            except WentOffline:
                raise OutcomeUnknown("Gesso went offline while the answer came.") from None
            except TimeoutError as error:
                raise OutcomeUnknown(f"The answer did not end within {SECONDS:g} seconds.") from error
            except StopAsyncIteration:
                raise OutcomeUnknown("The answer has no end.") from None
            yield each
            if isinstance(each, End):
                return


async def _settle(calls: Calls, id: CallId | None, cost: Cost | None) -> None:
    """Write down what it cost. Where the library cannot, it is a call whose outcome is not known."""
    if id is None:
        return
    try:
        await calls.settle(id, cost)
    except (LibraryError, StoreError) as error:
        log.warning("what call %s cost cannot be written down: %s", id.hex()[:8], error)
