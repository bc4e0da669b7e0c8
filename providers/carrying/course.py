"""The way of one job, from its claim to its pictures in the library or to the reason why there are none.

The rules about money are here: what is sent again, what is looked up, what only a person can decide.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

import msgspec

from library.errors import LibraryError
from library.jobs.carrying import CALLED_OFF, Carrying, Claimed
from library.jobs.models import AttemptState, Cost, Failure, JobId, Output, Request, failure_of, told_of_several
from library.jobs.states import may_follow, remedy
from library.jobs.storing import NoPicture, Storing, not_stored
from library.surroundings import Surroundings
from providers.asking import answer_of, careful, cost_of, state_of, wait_of
from providers.base import Accepted, Answer, Done, ModelInfo, Provider, Running, Traits
from providers.carrying.questions import OTHER_KEY, SUBMIT_SECONDS, Questions, unsaid
from providers.carrying.record import LASTING, STORE_AGAIN, Record
from providers.errors import ContentRefused, ProviderError, RateLimited, ResultExpired, Unreachable, Unsaid
from providers.fetching import Fetching, gathered
from providers.fitting import day_of, estimated, latest, on, settled
from providers.limits import Limits
from providers.network import Network
from providers.ready import refusal_of
from providers.registry import Providers
from providers.sent import Sent, broken_off, is_billed, is_known
from providers.showing import Sitting, submitted
from providers.waiting import CalledOff, WentOffline, counted, first_of, together, unless
from store.errors import StoreError

T = TypeVar("T")
LONGEST_RUNNING = 7 * 86_400.0  # seconds that a provider may say: still at it
LONGEST_UNWANTED = 3600.0  # the same of a job that was called off and cannot be
log = logging.getLogger("gesso.carrier")


class Means(NamedTuple):
    """What every job is carried out by. `awaited`: whose answer may be paid for and is on its way, or being stored."""

    providers: Providers
    limits: Limits
    network: Network
    surroundings: Surroundings
    awaited: set[JobId]


class Anew(Exception):
    """Nothing was sent, and what was looked at before that may be otherwise now: the job is begun once more, after so
    many seconds.
    """

    def __init__(self, why: Failure, seconds: float = 0.0) -> None:
        super().__init__(why.message)
        self.why = why
        self.seconds = seconds


class Course:
    """One job on its way. `asked`: somebody wants its end · `shown`: takes its previews."""

    def __init__(
        self,
        means: Means,
        carrying: Carrying,
        storing: Storing,
        claimed: Claimed,
        provider: Provider | None,
        asked: asyncio.Event,
        shown: Sitting,
    ) -> None:
        self._means = means
        self._provider = provider
        self._storing = storing
        self._clock = means.surroundings.clock
        self._record = Record(carrying, claimed, self._clock)
        self._limits = means.limits
        self._network = means.network
        self._asked = asked
        self._shown = shown
        self._turn = means.providers.asking.switch.turns  # when its provider was taken
        self._left = True  # whether a request is, or may be, on its way
        self._model: ModelInfo | None = None  # once it was told
        self._paid: Cost | None = None  # once the provider has made the pictures: what they cost

    async def run(self, cut_off: bool) -> bool:
        """Whether it was left as its rows say because Gesso was offline: then it is to be taken up again."""
        try:
            step = await self._remedy() if cut_off else "begin"
            if step == "offline":
                return True
            if step != "leave":
                await self._go(step)
        except Anew as anew:
            again = self._clock.now() + round(anew.seconds * 1000)
            await self._record.end("failed_before_send", anew.why, again_at=again)
        except ProviderError as error:
            await self._end(error)
        except WentOffline:
            return await self._went_offline()
        except CalledOff as called_off:
            state: AttemptState = "failed_before_send" if self._record.state in ("prepared", "sending") else "refused"
            charged = called_off.billed or await self._may_be_charged()
            cost = self._paid or settled(self._claimed.attempt.cost, self._record.likely) if charged else None
            await self._record.end(state, CALLED_OFF, cost=cost, cancelled=True)
        except LASTING as error:
            log.error("job %s cannot go on: %s", self._record.name, error)
            await self._held_up(error, failure_of(error))
        except Exception as error:
            log.exception("job %s failed for no known reason", self._record.name)
            text = "Gesso made a mistake while it carried this out. The log has more."
            await self._held_up(error, Failure("job.broken", text))
        return False

    async def _went_offline(self) -> bool:
        """It goes on once Gesso is online again. What was sent, and could not be asked about then, nobody knows.
        Whether it is left as its rows say.
        """
        if self._record.state == "prepared" or not self._left:
            failure = Failure("job.went_offline", "Gesso went offline before anything was sent.")
            await self._record.end("failed_before_send", failure, again_at=0)
        elif self._record.state == "sending" and self._model is not None and await self._next() == "ask":
            text = "Gesso went offline while the request was under way. Whether it was carried out is not known."
            failure = Failure("job.unknown_offline", text)
            await self._record.end("outcome_unknown", failure)
        else:
            return True
        return False

    async def _next(self) -> str:
        """How one that was cut off is gone on with, by what its provider can do."""
        traits = await self._traits() if self._record.state == "sending" else Traits()
        known = traits.idempotent and self._claimed.attempt.keyed and is_known(self._age(), traits)
        return remedy(self._record.state, idempotent=known, finds=traits.finds)

    async def _remedy(self) -> str:
        """Where to take it up; "leave": there is nothing more to do; "offline": not before Gesso is online. Nothing is
        sent again that may have arrived.
        """
        provider, state = self._provider, self._record.state
        if state in ("sending", "accepted") and provider is not None and self._is_offline(provider):
            return "offline"
        step = await self._next()
        if self._model is None and self._has_turned():
            return "offline"  # by what it can do, which could not be told
        if state in ("sending", "accepted") and self._is_elsewhere(provider):
            step = "ask"  # what stands in the settings now may know nothing of it
        elif step == "resend" and self._asked.is_set():
            step = "ask"
        log.info("job %s was cut off while %s: %s", self._record.name, state, step)
        if step == "again":
            failure = Failure("job.cut_off", "Gesso was stopped before anything was sent.")
            await self._record.end("failed_before_send", failure, again_at=0)
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
        await self._record.end("outcome_unknown", failure)
        return "leave"

    def _age(self) -> float:
        """Seconds since the attempt was begun, which is before it was sent; below 0 where the clock was set back."""
        return (self._clock.now() - self._claimed.attempt.begun_at) / 1000

    def _is_elsewhere(self, provider: Provider | None) -> bool:
        """Whether what answers as this provider now may be another one, or know the request by another account."""
        attempt = self._claimed.attempt
        return provider is None or not self._means.providers.is_at(provider, attempt.id, attempt.sent_to)

    def _is_free(self, model: ModelInfo | None) -> bool:
        """Whether nothing can be charged: as it was ordered, and as it is now."""
        estimate = self._claimed.job.estimate
        return model is not None and model.free and (estimate is None or estimate.basis == "free")

    def _is_offline(self, provider: Provider) -> bool:
        return provider.leaves_machine and self._means.providers.asking.offline

    def _now(self) -> Provider | None:
        """What is set up now where the request went; None where that is another one."""
        provider = self._means.providers.get(self._claimed.job.provider)
        return None if self._is_elsewhere(provider) else provider

    def _has_turned(self) -> bool:
        """Whether Gesso went offline, and perhaps online again, since the provider was taken: it is closed by now."""
        leaves = self._provider is not None and self._provider.leaves_machine
        return leaves and self._means.providers.asking.switch.turns != self._turn

    async def _go(self, step: str) -> None:
        if step == "store":
            await self._store()
            return
        provider = self._provider
        if provider is None:
            raise Unreachable(f"The provider {self._claimed.job.provider} is not set up any more.")
        if step == "begin":
            self._model = model = await self._told(provider)
            await self._prepare(model)
        else:
            model = await self._known(provider)
        if step == "poll":
            done = await self._poll(provider, model)
        else:
            done = await self._submit(provider, model, step)
        self._limits.answered(provider.name)
        self._network.reached(provider.name)
        await self._fetch(provider, done)
        await self._store()

    async def _prepare(self, model: ModelInfo | None) -> None:
        """The last moment at which nothing was sent."""
        if self._asked.is_set():
            raise CalledOff
        if (why := refusal_of(self._claimed.job, model)) is not None:
            raise why
        keyed = self._traits_of(model).idempotent
        provider = self._provider
        assert provider is not None and model is not None
        if self._means.providers.get(provider.name) is not provider:
            text = "The settings of its provider changed before anything was sent."
            raise Anew(Failure("job.set_up_anew", text))
        to = self._means.providers.place(provider, self._claimed.attempt.id)
        try:
            await self._record.begin(to, keyed, estimated(model, self._request))
        except LASTING:
            raise
        except (LibraryError, StoreError) as error:
            log.warning("job %s is begun later: %s", self._record.name, error)
            raise Anew(failure_of(error), STORE_AGAIN) from error
        self._left = False
        if self._asked.is_set():
            raise CalledOff

    def _questions(self, provider: Provider) -> Questions:
        return Questions(
            provider,
            self._means.providers,
            self._network,
            self._clock,
            self._asked,
            lambda: self._is_elsewhere(provider),
            self._now,
            self._turn,
        )

    def _traits_of(self, model: ModelInfo | None) -> Traits:
        """How the model behaves. Where nothing is ever charged, sending again is as good as asking."""
        if model is None:
            return Traits()
        if self._is_free(model):
            return msgspec.structs.replace(model.traits, idempotent=True, token_seconds=math.inf)
        return model.traits

    async def _submit(self, provider: Provider, model: ModelInfo | None, step: str) -> Done:
        token, questions = self._claimed.attempt.id.hex(), self._questions(provider)
        free = self._is_free(model)
        arrived = step in ("find", "resend")
        sent = Sent(free, self._traits_of(model), arrived, self._clock.elapsed, self._age())
        result = await questions.find(token) if step == "find" else None
        while result is None:
            try:
                result = answer_of(await self._noted(questions.reach(lambda: self._sent(provider, token, free))))
            except ProviderError as error:
                pause = sent.failed(error, self._asked.is_set(), self._came)
                if pause is None:
                    result = await questions.find(token)
                    continue
                if error.later:
                    self._limits.turned_down(provider.name, error.retry_after, away=isinstance(error, Unreachable))
                await questions.pause(error, pause, wake=True)
                if sent.arrived and self._is_elsewhere(provider):
                    raise unsaid(OTHER_KEY) from error
                await self._turn_to_send(provider)
        if isinstance(result, Done):
            self._record.answered = True
            return result
        self._means.awaited.discard(self._claimed.job.id)  # it can be asked for later
        await self._record.step("accepted", handle=result.handle, cost=cost_of(result.cost))
        return await self._poll(provider, model)

    async def _turn_to_send(self, provider: Provider) -> None:
        """A repeat waits as what is new does, for the requests that the service takes in a minute."""
        while (seconds := self._limits.paced_for(provider)) and not self._asked.is_set():
            await first_of(self._clock.sleep(seconds), self._asked.wait())
        self._limits.sends(provider.name)

    async def _noted(self, request: Awaitable[T]) -> T:
        """A request on its way. That a preview of it came is written down at once, and before anything else is done."""
        early = asyncio.ensure_future(self._note_first())
        try:
            found = await request
        except (ProviderError, WentOffline):
            await self._note()
            raise
        finally:
            early.cancel()
        await self._note()
        return found

    async def _note_first(self) -> None:
        await self._shown.handed.wait()
        await self._note()

    async def _note(self) -> None:
        if self._shown.handed.is_set():
            await self._record.came()

    async def _sent(self, provider: Provider, token: str, free: bool) -> Done | Accepted:
        """The request on its way. What costs nothing is simply stopped."""
        asking = self._means.providers.asking
        ask = partial(submitted, provider, self._request, token, self._shown)

        async def leave() -> Done | Accepted:
            self._left = True
            return await careful(ask(), SUBMIT_SECONDS)

        work = asking.begin(provider, leave)
        if free:
            return await unless(self._asked, work, CalledOff)
        with counted(self._means.awaited, self._claimed.job.id):
            return await work

    async def _poll(self, provider: Provider, model: ModelInfo | None) -> Done:
        handle, questions = self._claimed.attempt.handle, self._questions(provider)
        assert handle is not None
        may_cancel = model is not None and model.traits.cancel != "none"
        begun = self._clock.elapsed()
        while True:
            state = state_of(await questions.told_of(lambda: provider.poll(handle)))
            longest = LONGEST_UNWANTED if self._asked.is_set() else LONGEST_RUNNING
            if isinstance(state, Running) and self._clock.elapsed() - begun > longest:
                raise Unsaid("The provider took the job and does not end it.", {"why": "it runs for too long"})
            if isinstance(state, Done):
                return state
            self._shown.tell(state)
            await self._note()
            if self._asked.is_set() and may_cancel:
                may_cancel = await questions.call_off(handle)
            pause = self._clock.sleep(wait_of(state.wait))
            await (pause if self._asked.is_set() else first_of(pause, self._asked.wait()))

    async def _fetch(self, provider: Provider, done: Done) -> None:
        """The pictures onto this disk, at once: links to them are short-lived."""
        self._paid = cost = settled(latest(cost_of(done.cost), self._claimed.attempt.cost), self._record.likely)
        if not done.answers:
            raise ResultExpired("The provider says that it is done, and gives no picture.")
        if any(each.data is None for each in done.answers):
            await self._record.linked()
        fetching = Fetching(self._storing, self._means.surroundings, self._claimed.attempt.id)
        found = await together(self._fetch_one(fetching, provider, *each) for each in enumerate(done.answers))
        outputs = tuple(each for each in found if isinstance(each, Output))
        lost = [each for each in found if isinstance(each, ProviderError)]
        if not outputs and self._asked.is_set():
            raise CalledOff(billed=True)
        if not outputs:
            raise lost[0]
        await self._record.step("fetched", outputs=outputs, cost=cost, failure=_left(done, len(outputs), lost))

    async def _fetch_one(
        self, fetching: Fetching, provider: Provider, number: int, answer: Answer
    ) -> Output | ProviderError:
        """One picture, or why it does not come: it was paid for with the others, and they come."""
        again = self._record.state != "sending"
        lives = self._traits_of(self._model).link_seconds
        try:
            if answer.data is not None:  # in memory only, until it is on the disk
                pieces = await gathered(provider, answer)
            else:
                follow = self._questions(provider).follow
                pieces = await follow(lambda by: gathered(by, answer), again=again, lives=lives)
        except ProviderError as error:
            return error
        return await self._record.insist(lambda: fetching.keep(number, answer, pieces))

    async def _store(self) -> None:
        """Into the library. What it cannot take now, for its disk is full, lies ready and is tried again."""
        try:
            await self._record.insist(lambda: self._storing.store(self._claimed))
        except NoPicture as error:
            failure = failure_of(error)
            cost = self._claimed.attempt.cost or Cost(None, "", "unknown")
            await self._record.end("refused", failure, cost=cost)

    async def _held_up(self, error: Exception, failure: Failure) -> None:
        """It ends here. What lies ready is not lost, and what may have been carried out must not look as if it had not
        been.
        """
        if self._record.state == "fetched":
            lost = not_stored(error, str(self._storing.folder(self._claimed.attempt.id)))
            await self._record.hold_up(lost)
            return
        ends: AttemptState = "failed_before_send" if self._record.state == "prepared" else "outcome_unknown"
        if may_follow(self._record.state, ends):
            await self._record.end(ends, failure)

    async def _end(self, error: ProviderError) -> None:
        """Write down why it came to nothing, and whether it is tried again."""
        if self._paid is not None:  # whatever it is, it was charged and will not be charged again
            await self._record.end("refused", failure_of(error), cost=self._paid)
            return
        billed = is_billed(error, await self._traits() if isinstance(error, ContentRefused) else Traits())
        # Where something came of it, a refusal, or a list that does not have it, is no word about the money.
        if error.sent != "unknown" and not billed and await self._may_be_charged():
            error = broken_off(error)
        failure = failure_of(error)
        if error.sent == "unknown" and self._record.state != "prepared":
            await self._record.end("outcome_unknown", failure)
            return
        if billed and self._record.state != "prepared":
            cost = settled(self._claimed.attempt.cost, self._record.likely)
            await self._record.end("refused", failure, cost=cost)
            return
        state: AttemptState = "refused"
        if self._record.state == "prepared" or (self._record.state == "sending" and error.sent == "no"):
            state = "failed_before_send"
        if error.later and self._record.state in ("prepared", "sending"):
            away = isinstance(error, Unreachable)
            pause = self._limits.turned_down(self._claimed.job.provider, error.retry_after, away=away)
            reason = "network" if away else "busy"
            if away:
                self._network.failed(self._claimed.job.provider)
            if isinstance(error, RateLimited):
                reason = "rate"
            again = self._clock.now() + round(pause * 1000)
            await self._record.end(state, failure, again_at=again, reason=reason)
            return
        await self._record.end(state, failure)

    @property
    def _came(self) -> bool:
        """Whether something of it came back, and be it a preview, now or before a restart."""
        return self._shown.handed.is_set() or self._claimed.attempt.came

    async def _may_be_charged(self) -> bool:
        """Whether what is called off or refused now may stand on the bill all the same: something of it came."""
        if not self._came:
            return False
        model = None if self._provider is None else await self._known(self._provider)
        if model is None:  # nothing is sent that costs more than was agreed to
            estimate = self._claimed.job.estimate
            return estimate is None or estimate.basis != "free"
        return not self._is_free(model)

    async def _traits(self) -> Traits:
        """The careful defaults where the model is not known."""
        return Traits() if self._provider is None else self._traits_of(await self._known(self._provider))

    async def _known(self, provider: Provider) -> ModelInfo | None:
        """The model, asked for until it is told: the provider of a job that is under way may not tell it now."""
        if self._model is None:
            try:
                self._model = await self._told(provider)
            except ProviderError as error:
                log.warning("%s does not tell its models: %s", provider.name, error)
        return self._model

    async def _told(self, provider: Provider) -> ModelInfo | None:
        models = on(day_of(self._clock.now()), await self._means.providers.asking.models(provider, again=True))
        return next((each for each in models if each.id == self._request.model and each.may("paint")), None)

    @property
    def _claimed(self) -> Claimed:
        return self._record.claimed

    @property
    def _request(self) -> Request:
        return self._claimed.job.request


def _left(done: Done, kept: int, failed: Sequence[ProviderError]) -> Failure | None:
    """What is said of pictures that came besides and are not taken in, and of those that did not come: they may have
    been paid for.
    """
    if failed and not done.more and not done.lost:
        return failure_of(failed[0])
    why = str(failed[0]) if failed else done.why or "the provider does not say why"
    return told_of_several(kept, done.more, done.lost + len(failed), why)
