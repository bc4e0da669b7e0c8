"""The offline switch: while it is on, this device speaks to no other machine. What needs no network goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from library.home.preferences import Preferences


class Offline:
    """One for the daemon. Whoever reaches other machines looks at `on` before, waits for `begun` meanwhile, or is told.

    `begun` is set while it is on, `over` while it is off; `changed` is rung at every change, and cleared by its reader.
    """

    def __init__(self, on: bool = False, keep: Callable[[bool], object] = lambda on: None) -> None:
        """`keep` makes a change durable, before anybody hears of it."""
        self._on = on
        self.turns = 0  # how often it was changed; whoever left for another machine at another turn was cut off
        self._keep = keep
        self._followers: list[Callable[[bool], object]] = []
        self.begun, self.over, self.changed = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._show()

    @classmethod
    def remembered(cls, preferences: Preferences, *, for_this_run: bool = False) -> Offline:
        """As a person left it; `for_this_run` it is on whatever was left, until somebody says otherwise."""
        return cls(for_this_run or preferences.get().offline, lambda on: preferences.set(offline=on))

    @property
    def on(self) -> bool:
        return self._on

    def follow(self, told: Callable[[bool], object]) -> None:
        """Call this at every change, with what is so from now on; it closes or opens at once, and does not wait."""
        self._followers.append(told)

    def set(self, on: bool) -> None:
        """Durable; nothing is said where nothing changes."""
        self._keep(on)
        if on == self._on:
            return
        self._on = on
        self.turns += 1
        self._show()
        self.changed.set()
        for told in list(self._followers):
            told(on)

    def _show(self) -> None:
        for event, wanted in ((self.begun, self._on), (self.over, not self._on)):
            if wanted:
                event.set()
            else:
                event.clear()
