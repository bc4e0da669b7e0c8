"""Whether originals go over one connection, either way: as this device allows it, and as the other says of itself."""

from __future__ import annotations

from typing import NamedTuple

from library.copies.wanting import Originals
from library.events import Bell
from sync.allowance.allowance import Allowance
from sync.allowance.rules import Why

KNOWS_LATER = 3  # the version of what a device speaks from which on it is told that originals wait


class Holding(NamedTuple):
    """Why a device gives no originals, in a word (empty: it does), and until about when, by this one's clock."""

    why: str = ""
    until: int | None = None


class Gate:
    """Of one connection. `near`: to a device in the same network. `changed` rings when something else may go."""

    def __init__(self, allowance: Allowance, near: bool) -> None:
        self.near = near
        self.changed = Bell()
        self.theirs = Holding()
        self.version = 0  # of what the other device speaks
        self._allowance = allowance

    @property
    def holds(self) -> Why:
        """Why this device gives no originals; empty where it does."""
        return self._allowance.holds(self.near)

    @property
    def gives(self) -> bool:
        return not self.holds

    @property
    def takes(self) -> Originals:
        """Which originals are asked for there. What somebody has opened is worth what it costs."""
        if self.theirs.why:
            return "none"
        return "all" if self._allowance.takes(self.near) else "asked"

    @property
    def may_stand(self) -> bool:
        """Whether there may be this connection."""
        return self._allowance.exchanges(self.near)

    @property
    def ours(self) -> Holding:
        """As the other device is told."""
        why = self.holds
        return Holding(why, self._allowance.now.until if why == "timetable" else None)

    def say(self, theirs: Holding) -> None:
        """What the other device says of itself."""
        self.theirs = theirs
        self.changed.ring()
