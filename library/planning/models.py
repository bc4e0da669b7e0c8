"""What is told of a plan, an exchange that was foreseen, and of its receipt."""

from __future__ import annotations

from typing import Literal

from library.models import Model
from library.planning.rehearsal import What

# asked: it said what it would give · older: its program does not know the question · away: it is not connected and was
# not reached · silent: it was reached and did not answer
Asked = Literal["asked", "older", "away", "silent"]
# Why something that was planned is not so. changed: something else happened to it meanwhile · refused: what was to
# change it has no right to any more · waiting, stopped: so is what was to change it · paused, offline: nothing is
# exchanged · disk_full · gone: nobody who was asked is connected any more · unwanted: these bytes are wanted no more ·
# held: an original that nobody gives now, for the reasons in `held` · coming: not yet
Why = Literal[
    "changed", "refused", "waiting", "stopped", "paused", "offline", "disk_full", "gone", "unwanted", "held", "coming"
]


class PlannedDevice(Model, frozen=True, kw_only=True):
    """Another device. `segments` and `bytes` would come from there, `lacks` and `lacks_bytes` go there; `more`: that is
    the beginning of what would come.
    """

    device: str
    name: str
    state: Asked
    segments: int
    bytes: int
    lacks: int
    lacks_bytes: int
    more: bool


class PlannedPicture(Model, frozen=True, kw_only=True):
    """A picture and what would become of it."""

    id: str
    name: str
    what: What


class PlannedBytes(Model, frozen=True, kw_only=True):
    """Blobs, how many and how much."""

    count: int
    bytes: int


class PlannedStop(Model, frozen=True, kw_only=True):
    """A device that the breaker would stop, and how many segments would be put aside."""

    device: str
    name: str
    segments: int


class SyncPlan(Model, frozen=True, kw_only=True):
    """What an exchange would do now. `added` to `gone` count pictures, `others` all other documents that would change;
    `pictures` names the first of them. `waiting`, `quarantined` and `refused` count segments. `evictions`: originals
    that are too many for this device's quota; an exchange lets none go, `evict` does. `more`: of what would come only
    the beginning was looked at.
    """

    id: str
    made_at: int
    paused: bool
    offline: bool
    more: bool
    devices: list[PlannedDevice]
    added: int
    changed: int
    binned: int
    restored: int
    gone: int
    others: int
    pictures: list[PlannedPicture]
    waiting: int
    quarantined: int
    refused: int
    stopped: list[PlannedStop]
    thumbnails: PlannedBytes
    originals: PlannedBytes
    evictions: PlannedBytes


class Unplanned(Model, frozen=True, kw_only=True):
    """Something that is not as planned: a picture or another document by id, or a blob by its hash, and why."""

    kind: Literal["picture", "document", "blob"]
    id: str
    name: str
    why: Why


class HeldBack(Model, frozen=True, kw_only=True):
    """Originals that a device gives not now, how many and how much. `why`: "timetable", "metered", or a word of a newer
    program; `here`: because of this device's own network. `until`: when it goes on (ms), where that is known.
    """

    device: str
    name: str
    why: str
    here: bool
    until: int | None
    count: int
    bytes: int


class Receipt(Model, frozen=True, kw_only=True):
    """What came of a plan. `done`: everything is as planned, or will not be by waiting. `as_planned` of `planned`
    documents and blobs; `differences` names the first of `different`. `held`: originals
    among them that wait for a timetable or another network. `beyond`: segments of others that came besides.
    """

    plan: str
    done: bool
    planned: int
    as_planned: int
    different: int
    differences: list[Unplanned]
    held: list[HeldBack]
    beyond: int
