"""Calls to providers, made with care: whatever an adapter does, it costs its own job and nothing else."""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from library.home.offline import Offline
from library.jobs.models import MICROS, MOST_SEED, Cost, Price, Scalar
from providers.base import MOST_ANSWERS, Accepted, Done, Health, ModelInfo, Preview, Previews, Provider, Running
from providers.errors import AdapterFailed, OutcomeUnknown, ProviderError, Unreachable
from providers.limits import LONGEST_PAUSE
from providers.waiting import WentOffline, unless

T = TypeVar("T")
LIST_SECONDS = 10.0  # until a list of models is there, or is not
CHECK_SECONDS = 10.0
QUIET_SECONDS = 20.0  # that a provider whose list could not be had is not asked for it again
LEAST_WAIT = 0.2  # seconds between two questions about one job
MOST_AMOUNT = 10**6 * MICROS  # of one picture, in any currency: a column holds the sum of nine million such
CURRENCY = re.compile(r"[A-Za-z]{3,10}")
MOST_PREVIEWS = 100  # of one picture
MOST_TOLD, MOST_NAME, MOST_TEXT = 100, 200, 8000  # facts of a picture, and characters of a name and of a value
log = logging.getLogger("gesso.providers")


async def careful(work: Awaitable[T], seconds: float | None = None) -> T:
    """What the call gives. It raises errors of the family only, and is cancelled by nobody but who made it."""
    try:
        async with asyncio.timeout(seconds):
            return await work
    except ProviderError:
        raise
    except TimeoutError as error:
        limit = "in time" if seconds is None else f"within {seconds:g} seconds"
        raise OutcomeUnknown(f"There was no answer {limit}.") from error
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise _failed(error) from error
    except (Exception, SystemExit) as error:  # a plugin may raise anything, and end the program for all it knows
        raise _failed(error) from error


def _failed(error: BaseException) -> AdapterFailed:
    log.error("an adapter failed", exc_info=error)
    what = f"{type(error).__name__}: {error}"[:300]
    return AdapterFailed(f"The adapter of this provider failed: {what}", {"what": what})


class Trouble(NamedTuple):
    """Why a list could not be had, and until when it is not asked for again."""

    error: ProviderError
    until: float


class Asking:
    """What providers say of themselves. `elapsed`: seconds that never go back · `switch`: while it is on, those of
    other machines are not asked, and what they told before is what they tell.
    """

    def __init__(self, elapsed: Callable[[], float], switch: Offline | None = None) -> None:
        self._elapsed = elapsed
        self.switch = switch or Offline()
        self._troubles: dict[str, Trouble] = {}
        self._models: dict[str, dict[int, tuple[ModelInfo, ModelInfo]]] = {}  # as told, and as it is kept
        self._healths: dict[str, tuple[Provider, Health]] = {}
        self._told: dict[str, list[ModelInfo]] = {}  # what each told last

    @property
    def offline(self) -> bool:
        return self.switch.on

    def forget(self, provider: str) -> None:
        """Another one goes by that name from now on."""
        self._told.pop(provider, None)

    async def reach(self, provider: Provider, ask: Callable[[], Awaitable[T]]) -> T:
        """What a provider answers. One of another machine is not asked while Gesso is offline, and left at once when it
        goes offline: WentOffline.
        """
        if not provider.leaves_machine:
            return await ask()
        return await unless(self.switch.begun, self.begin(provider, ask), WentOffline)

    async def begin(self, provider: Provider, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask, unless Gesso is offline when this comes to its turn."""
        if self.switch.on and provider.leaves_machine:
            raise WentOffline
        return await ask()

    async def models(self, provider: Provider, *, again: bool = False) -> Sequence[ModelInfo]:
        """What it offers. Raises an error of the family, soon, where that cannot be had; `again`: ask, also when that
        was so a moment ago.
        """
        now = self._elapsed()
        trouble = self._troubles.get(provider.name)
        if trouble is not None and now < trouble.until and not again:
            raise trouble.error
        if self.offline and provider.leaves_machine and not getattr(provider, "knows_offline", False):
            if provider.name in self._told:
                return self._told[provider.name]
            raise _offline()
        try:
            found = self._sound_ones(provider.name, await self._list(provider))
        except ProviderError as error:
            # That a list was not told leaves nothing unknown.
            raised = Unreachable(str(error), error.params) if isinstance(error, OutcomeUnknown) else error
            self._troubles[provider.name] = Trouble(raised, now + QUIET_SECONDS)
            raise raised from error
        self._troubles.pop(provider.name, None)
        self._told[provider.name] = found
        return found

    async def _list(self, provider: Provider) -> Sequence[ModelInfo]:
        """An adapter that knows its models by itself says so by `knows_offline`."""
        if getattr(provider, "knows_offline", False):
            return await careful(provider.models(), LIST_SECONDS)
        try:
            return await self.reach(provider, lambda: careful(provider.models(), LIST_SECONDS))
        except WentOffline:
            raise _offline() from None

    def _sound_ones(self, name: str, some: Sequence[ModelInfo]) -> list[ModelInfo]:
        """Each is looked at once, however often it is told."""
        if not isinstance(some, Sequence):
            raise _failed(TypeError(f"its models are {type(some).__name__}"))
        known = self._models.get(name, {})
        self._models[name] = now = {
            id(each): (each, known[id(each)][1] if id(each) in known else _model_of(each)) for each in some
        }
        return [model for _, model in now.values()]

    async def check(self, provider: Provider) -> Health:
        """Whether it can be used now."""
        health = await self._check(provider)
        self._healths[provider.name] = provider, health
        return health

    def last_health(self, provider: Provider) -> Health | None:
        """What its last check said; None where there was none since it was set up as it is."""
        checked, health = self._healths.get(provider.name, (None, None))
        return health if checked is provider else None

    async def _check(self, provider: Provider) -> Health:
        self._troubles.pop(provider.name, None)
        try:
            return await self.reach(provider, lambda: careful(provider.check(), CHECK_SECONDS))
        except WentOffline:
            return Health(False, Unreachable.code, str(_offline()))
        except ProviderError as error:
            slow = isinstance(error, OutcomeUnknown) and not isinstance(error, AdapterFailed)
            return Health(False, "provider.slow" if slow else error.code, str(error))


def _offline() -> Unreachable:
    return Unreachable("Gesso is offline: nothing is asked of other machines.")


def _model_of(found: object) -> ModelInfo:
    """A model that an adapter tells of, if it is that in every field: an order is kept with what it says, and what may
    be begun is counted by its prices.
    """
    model: ModelInfo = _sound(found, (ModelInfo,))
    if not model.formats:
        raise _failed(ValueError(f"its model {model.id} has no format"))
    prices = tuple(msgspec.structs.replace(each, price=_price_of(model, each.price)) for each in model.prices)
    if (previews := model.previews) is not None:
        most = min(max(previews.most, 0), MOST_PREVIEWS)
        price = None if previews.price is None else _price_of(model, previews.price)
        previews = Previews(most, price)
    return msgspec.structs.replace(model, prices=prices, previews=previews)


def _price_of(model: ModelInfo, price: Price) -> Price:
    if price.amount is not None:
        most = price.amount if price.most is None else price.most
        named = most == 0 or CURRENCY.fullmatch(price.currency)
        if not 0 <= price.amount <= most <= MOST_AMOUNT or not named:
            raise _failed(ValueError(f"its model {model.id} has a price that cannot be: {price}"))
    if price.credits is not None and not 0 <= price.credits <= MOST_AMOUNT:
        raise _failed(ValueError(f"its model {model.id} takes credits that cannot be: {price.credits}"))
    return msgspec.structs.replace(price, currency=price.currency.upper())


def answer_of(found: object) -> Done | Accepted:
    """What an adapter answered to a submit, if it is that in every field: what is not cannot be kept."""
    if isinstance(found, Accepted) and isinstance(found.handle, str):
        found = msgspec.structs.replace(found, handle=found.handle.encode())
    sound: Done | Accepted = _sound(found, (Done, Accepted))
    return _kept(sound) if isinstance(sound, Done) else sound


def state_of(found: object) -> Done | Running:
    """The same of how a job stands. A preview that is none is an empty one, which nobody sees: something came all the
    same.
    """
    if isinstance(found, Running) and not _is_preview(found.preview):
        found = msgspec.structs.replace(found, preview=Preview(b""))
    sound: Done | Running = _sound(found, (Done, Running))
    return _kept(sound) if isinstance(sound, Done) else sound


def _is_preview(found: object) -> bool:
    return found is None or (isinstance(found, Preview) and isinstance(found.data, bytes))


def _kept(found: Done) -> Done:
    """With what is told of its pictures as a row can hold it: they were paid for, whatever is said beside them. Of more
    than anybody asked for the first come, and how many more there were.
    """
    more = max(found.more, 0) + len(found.answers[MOST_ANSWERS:])
    answers = tuple(
        msgspec.structs.replace(
            each,
            seed=each.seed if each.seed is None or abs(each.seed) <= MOST_SEED else None,
            told={name[:MOST_NAME]: _told(value) for name, value in itertools.islice(each.told.items(), MOST_TOLD)},
        )
        for each in found.answers[:MOST_ANSWERS]
    )
    return msgspec.structs.replace(
        found, answers=answers, more=more, lost=max(found.lost, 0), why=found.why[:MOST_TEXT]
    )


def _told(value: Scalar) -> Scalar:
    if isinstance(value, int | float) and (not math.isfinite(value) or abs(value) > MOST_SEED):
        value = str(value)
    return value[:MOST_TEXT] if isinstance(value, str) else value


def _sound(found: object, kinds: tuple[type, ...]) -> Any:
    kind = next((each for each in kinds if isinstance(found, each)), None)
    if kind is None:
        raise _failed(TypeError(f"it answered {type(found).__name__}"))
    try:
        plain = msgspec.to_builtins(found, builtin_types=(bytes,))
        return msgspec.convert(plain, type=kind, builtin_types=(bytes,))
    except (msgspec.ValidationError, TypeError, UnicodeEncodeError) as error:
        raise _failed(error) from error


def wait_of(seconds: float) -> float:
    """What an adapter says is to be waited, within reason."""
    return min(max(seconds, LEAST_WAIT), LONGEST_PAUSE) if math.isfinite(seconds) else 1.0


def progress_of(share: float | None) -> float | None:
    """What an adapter says of how far a job is, 0 … 1."""
    return None if share is None or not math.isfinite(share) else min(max(share, 0.0), 1.0)


def cost_of(told: Cost | None) -> Cost | None:
    """What an adapter says that a job cost. What cannot be is not known; currencies are told apart by capitals."""
    if told is None:
        return None
    credits = told.credits if told.credits is not None and 0 <= told.credits <= MOST_AMOUNT else None
    if told.amount is None:
        return msgspec.structs.replace(told, credits=credits)
    nothing = told.amount == 0 and not told.currency
    if 0 <= told.amount <= MOST_AMOUNT and (nothing or CURRENCY.fullmatch(told.currency)):
        return msgspec.structs.replace(told, currency=told.currency.upper(), credits=credits)
    log.error("an adapter told a cost of %.40r %.40s", told.amount, told.currency)
    return Cost(None, "", "unknown", credits)
