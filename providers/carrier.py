"""Carries out one job, from its claim to its pictures in the library or to the reason why there are none.

The rules about money are here: what is sent again, what is looked up, what only a person can decide.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import msgspec

from library.errors import Clash, Damaged, Invalid, LibraryError, NotFound, ReadOnly
from library.jobs.carrying import CALLED_OFF, Carrying, Claimed
from library.jobs.models import AttemptState, Cost, Failure, JobId, Output, Request, failure_of
from library.jobs.states import may_follow, moved, remedy
from library.jobs.storing import NoPicture, Storing, not_stored
from library.surroundings import Surroundings
from providers.asking import answer_of, careful, cost_of, state_of, wait_of
from providers.base import Accepted, Answer, Done, ModelInfo, Provider, Running, Traits
from providers.errors import (
    VERDICTS,
    ContentRefused,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    ResultExpired,
    ServerBusy,
    Unreachable,
    Unsaid,
)
from providers.fetching import Fetching, gathered
from providers.fitting import by_table, day_of, estimated, on, settled
from providers.limits import Limits, pause_of
from providers.network import Network
from providers.ready import refusal_of
from providers.registry import Providers
from providers.sent import ASKS, LONGEST_AWAY, Sent, is_known
from providers.showing import Showing, Sitting, submitted
from providers.waiting import CalledOff, WentOffline, counted, first_of, unless
from store.errors import StoreDamaged, StoreDenied, StoreError, StoreTooNew

T = TypeVar("T")
SUBMIT_SECONDS = 900.0  # the longest that one call may take; then nobody knows
CALL_OFF_SECONDS = 60.0
LONGEST_RUNNING = 7 * 86_400.0  # seconds that a provider may say: still at it
LONGEST_UNWANTED = 3600.0  # the same of a job that was called off and cannot be
LOOK_AGAIN = (10.0, 60.0)  # seconds after which a lost request is looked for once more
OTHER_KEY = "It is asked with another key by now."
STORE_AGAIN = 30.0  # seconds until pictures that the library could not take are tried again
# What trying again makes no better; anything else, as a full disk, may pass.
LASTING = (NoPicture, Clash, Damaged, Invalid, NotFound, ReadOnly, StoreDamaged, StoreDenied, StoreTooNew)
log = logging.getLogger("gesso.carrier")


class Carrier:
    """Carries jobs out. `awaited`: whose answer may be paid for and is on its way, or being stored."""

    def __init__(
        self, providers: Providers, limits: Limits, network: Network, showing: Showing, surroundings: Surroundings
    ) -> None:
        self._providers = providers
        self._limits = limits
        self._network = network
        self._surroundings = surroundings
        self._showing = showing
        self._shown: dict[JobId, Sitting] = {}
        self._asked: dict[JobId, asyncio.Event] = {}
        self.awaited: set[JobId] = set()

    def carries(self, job: JobId) -> bool:
        return job in self._asked

    def call_off(self, job: JobId) -> None:
        """Ask for a running job's end."""
        if job in self._asked:
            self._asked[job].set()

    async def carry(self, carrying: Carrying, storing: Storing, claimed: Claimed, *, cut_off: bool = False) -> None:
        """Carry a job out, or take one up again that a stop or a crash cut off."""
        self._asked[claimed.job.id] = asked = asyncio.Event()
        self._shown[claimed.job.id] = self._showing.begin(carrying, claimed.job.id)
        try:
            if carrying.is_called_off(claimed.job.id):  # before anybody could be told
                asked.set()
            with self._providers.held(claimed.job.provider) as provider:
                await Course(self, carrying, storing, claimed, provider).run(cut_off)
        except Exception as error:  # the others go on; this one is taken up again at the next start
            log.exception("job %s is left as its rows say", claimed.job.id.hex()[:8])
            if isinstance(error, Damaged | StoreDamaged):
                carrying.leave(claimed.job.id)
        finally:
            del self._asked[claimed.job.id]
            self._shown.pop(claimed.job.id).end()
            self.awaited.discard(claimed.job.id)

    async def _model(self, provider: Provider, request: Request) -> ModelInfo | None:
        models = on(day_of(self._surroundings.clock.now()), await self._providers.asking.models(provider, again=True))
        return next((each for each in models if each.id == request.model and each.may("paint")), None)

    async def _known(self, provider: Provider, request: Request) -> ModelInfo | None:
        """The same for a job that is under way, whose provider may not tell its models now."""
        try:
            return await self._model(provider, request)
        except ProviderError as error:
            log.warning("%s does not tell its models: %s", provider.name, error)
            return None


class Course:
    """One job on its way."""

    def __init__(
        self, carrier: Carrier, carrying: Carrying, storing: Storing, claimed: Claimed, provider: Provider | None
    ) -> None:
        self._carrier = carrier
        self._provider = provider
        self._carrying = carrying
        self._storing = storing
        self._claimed = claimed
        self._clock = carrier._surroundings.clock
        self._limits = carrier._limits
        self._network = carrier._network
        self._asked = carrier._asked[claimed.job.id]
        self._shown = carrier._shown[claimed.job.id]
        self._model: ModelInfo | None = None  # once it was told
        self._paid: Cost | None = None  # once the provider has made the pictures: what they cost

    async def run(self, cut_off: bool) -> None:
        try:
            step = await self._remedy() if cut_off else "begin"
            if step != "leave":
                await self._go(step)
        except ProviderError as error:
            await self._end(error)
        except WentOffline:
            await self._went_offline()
        except CalledOff as called_off:
            state: AttemptState = "failed_before_send" if self._state in ("prepared", "sending") else "refused"
            told, likely = self._claimed.attempt.cost, self._claimed.job.estimate
            cost = settled(told, likely) if called_off.billed else None
            await self._insist(
                lambda: self._carrying.ended(self._claimed, state, CALLED_OFF, cost=cost, cancelled=True)
            )
        except LASTING as error:
            log.error("job %s cannot go on: %s", self._name, error)
            await self._held_up(error, failure_of(error))
        except Exception as error:
            log.exception("job %s failed for no known reason", self._name)
            text = "Gesso made a mistake while it carried this out. The log has more."
            await self._held_up(error, Failure("job.broken", text))

    async def _went_offline(self) -> None:
        """It goes on once Gesso is online again. What was sent, and could not be asked about then, nobody knows."""
        if self._state == "prepared":
            failure = Failure("job.went_offline", "Gesso went offline before anything was sent.")
            await self._insist(lambda: self._carrying.ended(self._claimed, "failed_before_send", failure, again_at=0))
        elif self._state == "sending" and await self._next() == "ask":
            text = "Gesso went offline while the request was under way. Whether it was carried out is not known."
            failure = Failure("job.unknown_offline", text)
            await self._insist(lambda: self._carrying.ended(self._claimed, "outcome_unknown", failure))

    async def _next(self) -> str:
        """How one that was cut off is gone on with, by what its provider can do."""
        traits = await self._traits() if self._state == "sending" else Traits()
        known = traits.idempotent and self._claimed.attempt.keyed and is_known(self._age(), traits)
        return remedy(self._state, idempotent=known, finds=traits.finds)

    async def _remedy(self) -> str:
        """Where to take it up; "leave": there is nothing more to do. Nothing is sent again that may have arrived."""
        provider, state = self._provider, self._state
        if state in ("sending", "accepted") and provider is not None and self._is_offline(provider):
            return "leave"  # as its rows say, until the next start
        step = await self._next()
        if state in ("sending", "accepted") and self._is_elsewhere(provider):
            step = "ask"  # what stands in the settings now may know nothing of it
        elif step == "resend" and self._asked.is_set():
            step = "ask"
        log.info("job %s was cut off while %s: %s", self._name, state, step)
        if step == "again":
            failure = Failure("job.cut_off", "Gesso was stopped before anything was sent.")
            await self._insist(lambda: self._carrying.ended(self._claimed, "failed_before_send", failure, again_at=0))
            return "leave"
        name = self._claimed.job.provider
        if provider is None and state in ("sending", "accepted"):
            message = f"The provider {name} is not set up any more; its job may have been carried out."
            failure = Failure("job.no_provider", message, {"provider": name})
        elif step == "ask":
            message = "Gesso was stopped while the request was under way. Whether it was carried out is not known."
            failure = Failure("job.unknown", message)
        else:
            return step
        await self._insist(lambda: self._carrying.ended(self._claimed, "outcome_unknown", failure))
        return "leave"

    def _age(self) -> float:
        """Seconds since the attempt was begun, which is before it was sent; below 0 where the clock was set back."""
        return (self._clock.now() - self._claimed.attempt.begun_at) / 1000

    def _is_elsewhere(self, provider: Provider | None) -> bool:
        """Whether what answers as this provider now may be another one, or know the request by another account."""
        attempt = self._claimed.attempt
        return provider is None or attempt.sent_to != self._carrier._providers.place(provider, attempt.id)

    def _is_free(self, model: ModelInfo | None) -> bool:
        """Whether nothing can be charged: as it was ordered, and as it is now."""
        estimate = self._claimed.job.estimate
        return model is not None and model.free and (estimate is None or estimate.basis == "free")

    def _is_offline(self, provider: Provider) -> bool:
        return provider.leaves_machine and self._carrier._providers.asking.offline

    async def _go(self, step: str) -> None:
        if step == "store":
            await self._store()
            return
        provider = self._provider
        if provider is None:
            raise Unreachable(f"The provider {self._claimed.job.provider} is not set up any more.")
        if step == "begin":
            self._model = model = await self._carrier._model(provider, self._request)
            await self._prepare(model)
        else:
            model = await self._known(provider)
        if step == "poll":
            done = await self._poll(provider, model)
        else:
            done = await self._submit(provider, model, step)
        self._limits.answered(provider.name)
        self._network.reached(provider.name)
        await self._fetch(provider, model, done)
        await self._store()

    async def _prepare(self, model: ModelInfo | None) -> None:
        """The last moment at which nothing was sent."""
        if self._asked.is_set():
            raise CalledOff
        if (why := refusal_of(self._claimed.job, model)) is not None:
            raise why
        keyed = self._traits_of(model).idempotent
        assert self._provider is not None
        to = self._carrier._providers.place(self._provider, self._claimed.attempt.id)
        sending = moved(self._claimed.attempt, "sending", sent_to=to, keyed=keyed)
        await self._insist(lambda: self._carrying.stepped(sending))
        self._claimed = self._claimed._replace(attempt=sending)

    def _traits_of(self, model: ModelInfo | None) -> Traits:
        """How the model behaves. Where nothing is ever charged, sending again is as good as asking."""
        if model is None:
            return Traits()
        if self._is_free(model):
            return msgspec.structs.replace(model.traits, idempotent=True, token_seconds=math.inf)
        return model.traits

    async def _submit(self, provider: Provider, model: ModelInfo | None, step: str) -> Done:
        token = self._claimed.attempt.id.hex()
        free = self._is_free(model)
        arrived = step in ("find", "resend")
        sent = Sent(free, self._traits_of(model), arrived, self._clock.elapsed, self._age())
        result = await self._find(provider, token) if step == "find" else None
        while result is None:
            try:
                result = answer_of(await self._reach(lambda: self._sent(provider, token, free)))
            except ProviderError as error:
                pause = sent.failed(error, self._asked.is_set(), self._shown.handed)
                if pause is None:
                    result = await self._find(provider, token)
                    continue
                if error.later:
                    self._limits.turned_down(provider.name, error.retry_after, away=isinstance(error, Unreachable))
                await self._pause(error, pause, wake=True)
                if sent.arrived and self._is_elsewhere(provider):
                    raise self._unsaid(OTHER_KEY) from error
        if isinstance(result, Done):
            return result
        self._carrier.awaited.discard(self._claimed.job.id)  # it can be asked for later
        await self._step("accepted", handle=result.handle, cost=cost_of(result.cost))
        return await self._poll(provider, model)

    async def _sent(self, provider: Provider, token: str, free: bool) -> Done | Accepted:
        """The request on its way. What costs nothing is simply stopped."""
        asking = self._carrier._providers.asking
        ask = partial(submitted, provider, self._request, token, self._shown)
        work = asking.begin(provider, lambda: careful(ask(), SUBMIT_SECONDS))
        if free:
            return await unless(self._asked, work, CalledOff)
        with counted(self._carrier.awaited, self._claimed.job.id):
            return await work

    async def _reach(self, ask: Callable[[], Awaitable[T]]) -> T:
        assert self._provider is not None
        return await self._carrier._providers.asking.reach(self._provider, ask)

    async def _find(self, provider: Provider, token: str) -> Done | Accepted:
        """What became of a request whose answer was lost. That it never arrived is as good as not sent; one that was on
        its way may have to be looked for more than once.
        """
        for pause in (0.0, *LOOK_AGAIN):
            await self._clock.sleep(pause)
            found = await self._told_of(lambda: provider.find(token))
            if found is not None:
                return answer_of(found)
        if self._is_elsewhere(provider):
            raise self._unsaid(OTHER_KEY)
        raise Unreachable("The request did not arrive.")

    async def _poll(self, provider: Provider, model: ModelInfo | None) -> Done:
        handle = self._claimed.attempt.handle
        assert handle is not None
        may_cancel = model is not None and model.traits.cancel != "none"
        begun = self._clock.elapsed()
        while True:
            state = state_of(await self._told_of(lambda: provider.poll(handle)))
            longest = LONGEST_UNWANTED if self._asked.is_set() else LONGEST_RUNNING
            if isinstance(state, Running) and self._clock.elapsed() - begun > longest:
                raise Unsaid("The provider took the job and does not end it.", {"why": "it runs for too long"})
            if isinstance(state, Done):
                return state
            self._shown.tell(state)
            if self._asked.is_set() and may_cancel:
                may_cancel = await self._call_off(provider, handle)
            pause = self._clock.sleep(wait_of(state.wait))
            await (pause if self._asked.is_set() else first_of(pause, self._asked.wait()))

    async def _call_off(self, provider: Provider, handle: bytes) -> bool:
        """Whether it makes sense to ask for it again. What cannot be asked now changes nothing: the job goes on."""
        try:
            outcome = await self._reach(lambda: careful(provider.cancel(handle), CALL_OFF_SECONDS))
        except ProviderError as error:
            log.warning("job %s cannot be called off now: %s", self._name, error)
            return error.later or isinstance(error, OutcomeUnknown)
        if outcome in ("cancelled", "billed"):
            raise CalledOff(outcome == "billed")
        return False

    async def _told_of(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What a provider says of a job that it took, or may have. That it does not let us ask says nothing of it, and
        what it says of one by another account is not of ours.
        """
        try:
            return await self._patiently(ask)
        except OutcomeUnknown:
            raise
        except ProviderError as error:
            if isinstance(error, VERDICTS) and not self._is_elsewhere(self._provider):
                raise
            raise self._unsaid(str(error)) from error

    def _unsaid(self, why: str) -> Unsaid:
        return Unsaid(f"The provider took the job, or may have, and does not say how it stands: {why}", {"why": why})

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask until there is an answer: asking costs nothing, and what was paid for is at the other end."""
        failures = tries = 0
        since = self._clock.elapsed()
        while True:
            try:
                return await self._reach(lambda: careful(ask(), SUBMIT_SECONDS))
            except (RateLimited, ServerBusy, OutcomeUnknown, Unreachable) as error:
                away = isinstance(error, Unreachable)  # where nobody is asked nobody refuses to answer
                tries += 1
                failures += 0 if away else 1
                if failures >= ASKS or (away and self._clock.elapsed() - since > LONGEST_AWAY):
                    raise OutcomeUnknown(f"The job was accepted, and its provider does not answer: {error}") from error
                await self._pause(error, pause_of(error.retry_after, tries))

    async def _pause(self, error: ProviderError, seconds: float, *, wake: bool = False) -> None:
        """Until it makes sense to go there again; where there was no way, until there is one. `wake`: or until it is
        called off.
        """
        waits: list[Awaitable[object]] = [self._clock.sleep(seconds)]
        if isinstance(error, Unreachable):
            self._network.failed(self._claimed.job.provider)
            waits.append(self._network.returned(self._claimed.job.provider))
        if wake and not self._asked.is_set():
            waits.append(self._asked.wait())
        await first_of(*waits)

    async def _fetch(self, provider: Provider, model: ModelInfo | None, done: Done) -> None:
        """The pictures onto this disk, at once: links to them are short-lived."""
        told = cost_of(done.cost) or self._claimed.attempt.cost
        cost = settled(told, estimated(model, self._request) if model else self._claimed.job.estimate)
        self._paid = cost
        if not done.answers:
            raise ResultExpired("The provider says that it is done, and gives no picture.")
        fetching = Fetching(self._storing, self._carrier._surroundings)
        await self._insist(lambda: fetching.begin(self._claimed))
        outputs, lost = list[Output](), list[ProviderError]()
        for number, answer in enumerate(done.answers):
            try:
                outputs.append(await self._fetch_one(fetching, provider, answer, number))
            except ProviderError as error:  # it was paid for with the others, and they come
                lost.append(error)
        if not outputs:
            raise lost[0]
        why = failure_of(lost[0]) if lost else None
        await self._step("fetched", outputs=tuple(outputs), cost=cost, failure=why)

    async def _fetch_one(self, fetching: Fetching, provider: Provider, answer: Answer, number: int) -> Output:
        pieces = await self._patiently(lambda: gathered(provider, answer))
        return await self._insist(lambda: fetching.keep(self._claimed, number, answer, pieces))

    async def _store(self) -> None:
        """Into the library. What it cannot take now, for its disk is full, lies ready and is tried again."""
        try:
            await self._insist(lambda: self._storing.store(self._claimed))
        except NoPicture as error:
            failure = failure_of(error)
            cost = self._claimed.attempt.cost or Cost(None, "", "unknown")
            await self._insist(lambda: self._carrying.ended(self._claimed, "refused", failure, cost=cost))

    async def _step(self, state: AttemptState, **values: object) -> None:
        """Something has happened. Where no row takes it, it goes on all the same: it may be paid for."""
        stepped = moved(self._claimed.attempt, state, **values)
        try:
            await self._insist(lambda: self._carrying.stepped(stepped))
        except LASTING as error:
            log.error("that job %s is %s cannot be written down: %s", self._name, state, error)
        self._claimed = self._claimed._replace(attempt=stepped)

    async def _insist(self, work: Callable[[], Awaitable[T]]) -> T:
        """What has happened must be written down. While the disk is full or fails, it is kept in memory; what will not
        pass by itself is raised.
        """
        while True:
            try:
                return await work()
            except LASTING:
                raise
            except (LibraryError, StoreError) as error:
                log.warning("job %s cannot be written down yet: %s", self._name, error)
                await self._clock.sleep(STORE_AGAIN)

    async def _held_up(self, error: Exception, failure: Failure) -> None:
        """It ends here. What lies ready is not lost, and what may have been carried out must not look as if it had not
        been.
        """
        if self._state == "fetched":
            lost = not_stored(error, str(self._storing.folder(self._claimed.attempt.id)))
            await self._insist(lambda: self._carrying.held_up(self._claimed, lost))
            return
        ends: AttemptState = "failed_before_send" if self._state == "prepared" else "outcome_unknown"
        if may_follow(self._state, ends):
            await self._insist(lambda: self._carrying.ended(self._claimed, ends, failure))

    async def _end(self, error: ProviderError) -> None:
        """Write down why it came to nothing, and whether it is tried again."""
        failure = failure_of(error)
        if error.sent == "unknown" and self._state != "prepared" and self._paid is None:
            await self._insist(lambda: self._carrying.ended(self._claimed, "outcome_unknown", failure))
            return
        if self._paid is not None:  # whatever it is, it was charged and will not be charged again
            paid = self._paid
            await self._insist(lambda: self._carrying.ended(self._claimed, "refused", failure, cost=paid))
            return
        state: AttemptState = "refused"
        if self._state == "prepared" or (self._state == "sending" and error.sent == "no"):
            state = "failed_before_send"
        if error.later and self._state in ("prepared", "sending"):
            away = isinstance(error, Unreachable)
            pause = self._limits.turned_down(self._claimed.job.provider, error.retry_after, away=away)
            reason = "network" if away else "busy"
            if away:
                self._network.failed(self._claimed.job.provider)
            if isinstance(error, RateLimited):
                reason = "rate"
            again = self._clock.now() + round(pause * 1000)
            await self._insist(
                lambda: self._carrying.ended(self._claimed, state, failure, again_at=again, reason=reason)
            )
            return
        billed = error.billed or (isinstance(error, ContentRefused) and (await self._traits()).bills_refusals)
        cost = by_table(self._claimed.job.estimate) if billed else None
        await self._insist(lambda: self._carrying.ended(self._claimed, state, failure, cost=cost))

    async def _traits(self) -> Traits:
        """The careful defaults where the model is not known."""
        return Traits() if self._provider is None else self._traits_of(await self._known(self._provider))

    async def _known(self, provider: Provider) -> ModelInfo | None:
        """The model, asked for until it is told."""
        if self._model is None:
            self._model = await self._carrier._known(provider, self._request)
        return self._model

    @property
    def _request(self) -> Request:
        return self._claimed.job.request

    @property
    def _state(self) -> AttemptState:
        return self._claimed.attempt.state

    @property
    def _name(self) -> str:
        return self._claimed.job.id.hex()[:8]
