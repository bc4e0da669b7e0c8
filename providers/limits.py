"""How much of a provider may be used now: so many requests in flight and within a minute, and none before a time that
it asked for.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Sequence

from providers.base import Provider, per_minute_of

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0  # seconds
MINUTE = 60.0
MOST_PAUSE = 86_400.0  # seconds that a provider may ask for


class Limits:
    """Of all providers of one daemon, whichever workspace a job is of. `elapsed`: seconds that never go back."""

    def __init__(self, elapsed: Callable[[], float]) -> None:
        self._elapsed = elapsed
        self._in_flight: Counter[str] = Counter()
        self._closed_until: dict[str, float] = {}
        self._away_until: dict[str, float] = {}  # those that could not be reached
        self._failures: Counter[str] = Counter()  # in a row
        self._begun: dict[str, deque[float]] = {}  # when the latest were, of those that take so many within a minute
        self._earlier: dict[str, list[float]] = {}  # when the latest were, of all, before this began

    def open(self, providers: Sequence[Provider]) -> list[str]:
        """Names of those that may start one more request."""
        now = self._elapsed()
        return [
            each.name
            for each in providers
            if self._in_flight[each.name] < each.at_once and max(self._opens(each.name), self._paces(each)) <= now
        ]

    def closed_for(self, provider: str) -> float:
        """Seconds until this one takes requests again; 0: it does."""
        return max(0.0, self._opens(provider) - self._elapsed())

    def _paces(self, provider: Provider) -> float:
        """When one more request of it keeps within what its service takes in a minute."""
        most = per_minute_of(provider)
        if not most:
            self._begun.pop(provider.name, None)
            return 0.0
        begun = self._begun.get(provider.name)
        if begun is None or begun.maxlen != most:
            latest = begun if begun is not None else self._earlier.pop(provider.name, [])
            begun = self._begun[provider.name] = deque(latest, most)
        return begun[0] + MINUTE if len(begun) == most else 0.0

    def paced_for(self, provider: Provider) -> float:
        """Seconds until one more request of it keeps within what its service takes in a minute."""
        return max(0.0, self._paces(provider) - self._elapsed())

    def began_before(self, provider: str, ago: float) -> None:
        """A request of it was begun so many seconds ago, before a restart; the earliest first."""
        self._earlier.setdefault(provider, []).append(self._elapsed() - ago)

    def _opens(self, provider: str) -> float:
        return max(self._closed_until.get(provider, 0.0), self._away_until.get(provider, 0.0))

    def opens_in(self) -> float | None:
        """Seconds until the next provider that is closed opens again."""
        now = self._elapsed()
        moments = map(self._opens, {*self._closed_until, *self._away_until})
        full = (begun[0] + MINUTE for begun in self._begun.values() if len(begun) == begun.maxlen)
        later = [moment - now for moment in (*moments, *full) if moment > now]
        return min(later, default=None)

    def take(self, provider: str) -> None:
        """One more job of it is in flight, from the moment on at which that is decided."""
        self._in_flight[provider] += 1
        self.sends(provider)

    def sends(self, provider: str) -> None:
        """One more request goes to it."""
        if (begun := self._begun.get(provider)) is not None:
            begun.append(self._elapsed())

    def give_back(self, provider: str) -> None:
        self._in_flight[provider] -= 1

    def turned_down(self, provider: str, retry_after: float | None, *, away: bool = False) -> float:
        """It said: later, or is `away`. Nothing is sent to it until then; the seconds that are waited."""
        self._failures[provider] += 1
        pause = pause_of(retry_after, self._failures[provider])
        moments = self._away_until if away else self._closed_until
        moments[provider] = max(self._elapsed() + pause, moments.get(provider, 0.0))
        return pause

    def reopen(self, provider: str) -> None:
        """It can be reached again. A pause that it asked for goes on."""
        self._away_until.pop(provider, None)

    def answered(self, provider: str) -> None:
        """It takes requests."""
        del self._failures[provider]


def pause_of(retry_after: float | None, failures: int) -> float:
    """Seconds to wait after so many failures in a row, as the provider asks. What it asks may be nothing, by its clock
    or by mistake: then it is as if it had not.
    """
    if not isinstance(retry_after, int | float) or not math.isfinite(retry_after) or retry_after < FIRST_PAUSE:
        return pause_after(failures)
    return min(retry_after, MOST_PAUSE)


def pause_after(failures: int) -> float:
    """Seconds to wait after so many failures in a row."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures - 1, 16))
