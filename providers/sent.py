"""What is done about a request that is submitted, perhaps more than once, and met an error."""

from __future__ import annotations

from collections.abc import Callable

from providers.base import Traits
from providers.errors import GenerationFailed, OutcomeUnknown, ProviderError, ResultExpired, Unreachable, Unsaid
from providers.limits import pause_after, pause_of

RESENDS = 5  # of a request that the provider knows by its token
ASKS = 40  # failures in a row, while a job is sent again, polled or fetched, after which it is given up
LONGEST_AWAY = 7 * 86_400.0  # seconds without a way to the provider of a job that it has, after which it is given up


class Sent:
    """One request that is submitted, perhaps more than once, always with the same token. `arrived`: an earlier submit
    may have got there; from then on nothing that a later one meets says that nothing was charged.
    """

    def __init__(self, free: bool, traits: Traits, arrived: bool, elapsed: Callable[[], float]) -> None:
        self._free = free
        self._traits = traits
        self._arrived = arrived and not free
        self._elapsed = elapsed
        self._since = elapsed()
        self._lost = 0
        self._later = self._tries = 0

    def failed(self, error: ProviderError, called_off: bool) -> float | None:
        """Seconds until it is sent again; None: the provider is asked what became of it. Raises how it ends."""
        if isinstance(error, OutcomeUnknown):
            return self._unanswered(error, called_off)
        if not self._arrived or isinstance(error, ResultExpired):
            raise error
        self._tries += 1
        self._later += 0 if isinstance(error, Unreachable) else 1  # where nobody is asked nobody refuses to answer
        given_up = called_off or self._later >= ASKS or self._elapsed() - self._since > LONGEST_AWAY
        if error.later and not given_up:
            return pause_of(error.retry_after, self._tries)
        message = f"The request may have arrived, and the provider does not say what became of it: {error}"
        raise Unsaid(message, {"why": str(error)}) from error

    def _unanswered(self, error: OutcomeUnknown, called_off: bool) -> float | None:
        self._arrived = not self._free
        self._lost += 1
        if self._traits.finds:
            return None
        if self._lost == RESENDS and self._free:
            raise GenerationFailed(str(error), error.params) from error
        if not self._traits.idempotent or self._lost == RESENDS or (called_off and not self._free):
            raise error
        return pause_after(self._lost)
