"""What is done about a request that is submitted, perhaps more than once, and met an error."""

from __future__ import annotations

import math
from collections.abc import Callable

from providers.base import Traits
from providers.errors import ContentRefused, GenerationFailed, OutcomeUnknown, ProviderError, Unreachable, Unsaid
from providers.limits import pause_after, pause_of

RESENDS = 5  # of a request that the provider knows by its token
ASKS = 40  # failures in a row, while a job is sent again, polled or fetched, after which it is given up
LONGEST_AWAY = 7 * 86_400.0  # seconds without a way to the provider of a job that it has, after which it is given up
SET_BACK = 3600.0  # seconds that the clock may have been set back by since something was sent


def is_known(age: float, traits: Traits) -> bool:
    """Whether a token that was sent so many seconds ago, by the clock on the wall, is known still for sure."""
    return traits.token_seconds == math.inf or -SET_BACK < age < traits.token_seconds - SET_BACK


def broken_off(error: ProviderError) -> Unsaid:
    """What an error means once a preview came, or a picture's place: it got there, and may be charged, whatever it
    says.
    """
    return Unsaid(f"It broke off after something of the picture had come: {error}", {"why": str(error)})


def is_billed(error: ProviderError, traits: Traits) -> bool:
    """Whether an error says by itself that it is charged: then it is an end, whatever came before it."""
    return error.billed or (isinstance(error, ContentRefused) and traits.bills_refusals)


class Sent:
    """One request that is submitted, perhaps more than once, always with the same token. `arrived`: an earlier submit
    may have got there, and be charged; from then on nothing that a later one meets says that nothing was charged.
    `age`: seconds since it was first on its way.
    """

    def __init__(
        self, free: bool, traits: Traits, arrived: bool, elapsed: Callable[[], float], age: float = 0.0
    ) -> None:
        self._free = free
        self._traits = traits
        self.arrived = arrived and not free
        self._elapsed = elapsed
        self._since = elapsed()
        self._known_until = self._since + traits.token_seconds - SET_BACK - max(0.0, age)
        self._lost = 0
        self._later = self._tries = 0

    def failed(self, error: ProviderError, called_off: bool, shown: bool = False) -> float | None:
        """Seconds until it is sent again; None: the provider is asked what became of it. Raises how it ends. `shown`: a
        preview came of it, so it got there, whatever the error says, and what was made by then may be charged.
        """
        if isinstance(error, OutcomeUnknown):
            return self._unanswered(error, called_off)
        if is_billed(error, self._traits):
            raise error
        if shown and not self.arrived and not self._free:
            return self._unanswered(broken_off(error), called_off)
        if not self.arrived:
            raise error
        self._tries += 1
        self._later += 0 if isinstance(error, Unreachable) else 1  # where nobody is asked nobody refuses to answer
        given_up = called_off or self._later >= ASKS or self._elapsed() - self._since > LONGEST_AWAY
        pause = pause_of(error.retry_after, self._tries)
        if error.later and not given_up and self._is_known_after(pause):
            return pause
        message = f"The request may have arrived, and the provider does not say what became of it: {error}"
        raise Unsaid(message, {"why": str(error)}) from error

    def _unanswered(self, error: OutcomeUnknown, called_off: bool) -> float | None:
        self.arrived = not self._free
        self._lost += 1
        if self._traits.finds:
            return None
        if self._lost == RESENDS and self._free:
            raise GenerationFailed(str(error), error.params) from error
        if not self._traits.idempotent or self._lost == RESENDS or (called_off and not self._free):
            raise error
        pause = pause_after(self._lost)
        if not self._is_known_after(pause):
            raise error
        return pause

    def _is_known_after(self, pause: float) -> bool:
        """Whether the provider knows the token still when it is sent again."""
        return self._elapsed() + pause < self._known_until
