"""What is told of copies: where a picture's original lies, what this device keeps, what letting go came to."""

from __future__ import annotations

from typing import Any, Literal

from library.models import Copy, Model, Sync

Keep = Literal["everything", "recent", "thumbnails"]
MOST_DAYS = 36_500


class Policy(Model, frozen=True, kw_only=True):
    """What this device keeps of originals: all, those of the last `days`, or none that it was not asked for."""

    kind: Keep = "everything"
    days: int = 30  # of `recent`


class ProjectPolicy(Model, frozen=True, kw_only=True):
    """The policy of a project that has one of its own."""

    project: str
    policy: Policy


class Policies(Model, frozen=True, kw_only=True):
    """What this device keeps; and `copies`, of the whole workspace: how many other devices must have an original, as
    they verify at that moment, before this one lets it go.
    """

    default: Policy
    projects: list[ProjectPolicy]
    pinned: list[str]  # pictures, projects and albums
    copies: int
    originals: int  # bytes of originals in this device's library
    quota: int | None  # the most that they are to take; null for no limit
    others: bool  # whether the workspace has other devices


class Whereabouts(Model, frozen=True, kw_only=True):
    """Where the original of a picture lies."""

    asset: str
    sha256: str
    bytes: int
    sync: Sync
    copies: list[Copy]
    pinned: bool
    wanted: bool  # this device's policy keeps it here
    needed: int  # other devices that must have it before it is let go


class Incoming(Model, frozen=True, kw_only=True):
    """How many originals are here of those that this device wants and others have, or once had; and what is still to
    come of them, and of small pictures and the like.
    """

    originals: int
    of: int
    bytes: int
    small: int


class OnlyThere(Model, frozen=True, kw_only=True):
    """Originals that only one other device has, as far as this one knows. `pictures` names the first of them."""

    originals: int
    bytes: int
    pictures: list[str]


class Kept(Model, frozen=True, kw_only=True):
    """Why a picture's original was not let go: `pinned`, `only_here`, `too_few` (with `found` and `needed`),
    `not_answered`, `promised`, `in_use`, `in_place` or `damaged`.
    """

    asset: str
    name: str
    reason: str
    params: dict[str, Any]


class Evicted(Model, frozen=True, kw_only=True):
    """What letting go came to. `kept` names the first of those that stayed, `kept_count` counts them."""

    pictures: int
    blobs: int
    bytes: int
    kept: list[Kept]
    kept_count: int
