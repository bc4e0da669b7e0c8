"""Calls to providers, made with care: whatever an adapter does, it costs its own job and nothing else."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from library.jobs.models import Cost
from providers.base import Accepted, Done, Health, ModelInfo, Provider, Running
from providers.errors import AdapterFailed, OutcomeUnknown, ProviderError, Unreachable
from providers.limits import LONGEST_PAUSE

T = TypeVar("T")
LIST_SECONDS = 10.0  # until a list of models is there, or is not
CHECK_SECONDS = 10.0
QUIET_SECONDS = 20.0  # that a provider whose list could not be had is not asked for it again
LEAST_WAIT = 0.2  # seconds between two questions about one job
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
    """What providers say of themselves. `elapsed`: seconds that never go back · `offline`: those of other machines are
    not asked.
    """

    def __init__(self, elapsed: Callable[[], float], offline: bool = False) -> None:
        self._elapsed = elapsed
        self.offline = offline
        self._troubles: dict[str, Trouble] = {}
        self._healths: dict[str, tuple[Provider, Health]] = {}

    async def models(self, provider: Provider, *, again: bool = False) -> Sequence[ModelInfo]:
        """What it offers. Raises an error of the family, soon, where that cannot be had; `again`: ask, also when that
        was so a moment ago.
        """
        now = self._elapsed()
        trouble = self._troubles.get(provider.name)
        if trouble is not None and now < trouble.until and not again:
            raise trouble.error
        self._check_offline(provider)
        try:
            found = await careful(provider.models(), LIST_SECONDS)
        except ProviderError as error:
            # That a list was not told leaves nothing unknown.
            raised = Unreachable(str(error), error.params) if isinstance(error, OutcomeUnknown) else error
            self._troubles[provider.name] = Trouble(raised, now + QUIET_SECONDS)
            raise raised from error
        self._troubles.pop(provider.name, None)
        return found

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
            self._check_offline(provider)
            return await careful(provider.check(), CHECK_SECONDS)
        except ProviderError as error:
            slow = isinstance(error, OutcomeUnknown) and not isinstance(error, AdapterFailed)
            return Health(False, "provider.slow" if slow else error.code, str(error))

    def _check_offline(self, provider: Provider) -> None:
        """An adapter that tells what it knows by itself when it may not ask says so by `knows_offline`."""
        if self.offline and provider.leaves_machine and not getattr(provider, "knows_offline", False):
            raise Unreachable("Gesso is offline: nothing is asked of other machines.")


def answer_of(found: object) -> Done | Accepted:
    """What an adapter answered to a submit, if it is that in every field: what is not cannot be kept."""
    if isinstance(found, Accepted) and isinstance(found.handle, str):
        found = msgspec.structs.replace(found, handle=found.handle.encode())
    return _sound(found, (Done, Accepted))  # type: ignore[no-any-return]


def state_of(found: object) -> Done | Running:
    """The same of how a job stands."""
    return _sound(found, (Done, Running))  # type: ignore[no-any-return]


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
    """What an adapter says that a job cost. An amount that cannot be is not known."""
    if told is None or told.amount is None or (isinstance(told.amount, int) and told.amount >= 0):
        return told
    log.error("an adapter told a cost of %r %s", told.amount, told.currency)
    return Cost(None, "", "unknown")
