"""What came in and has no effect here: segments and changes that wait, are put aside, may not count, or
are void.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from daemon.checks.inside import asked, name_of, workspaces
from daemon.checks.scene import Finding, Scene
from library.replica.unapplied import State, Unapplied, unapplied
from library.views.dates import within

BRING = (
    "Nothing is lost: it counts by itself once that comes. Bring in a backup of a device that has it: "
    "`gesso restore --backup DIR`."
)

ASK = (
    "Ask who uses that device: it is damaged, or its program was changed. If it is this one, `gesso verify` says what"
    " its disk damaged."
)

# State → what it is, and what to do. The state is the finding's code.
SAID: dict[State, tuple[str, str]] = {
    "waiting.segment": (
        "Segments of {device} wait for segments of {whom} that have not come: {count}, the oldest of {since}.",
        BRING,
    ),
    "waiting.operation": (
        "Segments of {device} wait for news of the workspace's members that has not come: {count}, the oldest of"
        " {since}.",
        BRING,
    ),
    "waiting.members": (
        "News of the workspace's members by {device} waits for earlier news that has not come: {count}.",
        BRING,
    ),
    "waiting.change": (
        "Changes by {device} wait for changes that have not come, or do not count: {count}, the oldest of {since}.",
        BRING,
    ),
    "waiting.broken": (
        "Segments of {device} do not go on from what came before them, and never count: {count}, the oldest of"
        " {since}.",
        "They are kept. " + ASK,
    ),
    "waiting.upgrade": (
        "A newer Gesso made what this one does not know, on {device}: {count}, the oldest of {since}.",
        "Upgrade Gesso, then run `gesso rebuild`. Until then it is kept and passed on.",
    ),
    "stopped": (
        "{device} deleted or replaced many pictures at once, so what it wrote from there on is put aside: {count}"
        " segments, the oldest of {since}.",
        "`gesso stopped ls` shows the pictures; let it through, or give them back.",
    ),
    "quarantine": (
        "Changes by {device} are in quarantine, for it had no right to make them: {count}, the oldest of {since}.",
        "Its role today: {role}. They are kept and count once an admin of the workspace accepts them.",
    ),
    "displaced": (
        "Changes by {device} are left out, for a copy of it made others in their place: {count}, the oldest of"
        " {since}.",
        "Let only one of the two go on. What was left out is kept; make those changes again.",
    ),
    "broken": (
        "Changes by {device} cannot be taken into their documents: {count}, the oldest of {since}.",
        "They are kept. Upgrade Gesso on that device, and make them again.",
    ),
    "void": (
        "Changes by {device} break the format ({reason}) and never count: {count}, the oldest of {since}.",
        "They are kept and passed on. " + ASK,
    ),
}


def without_effect(scene: Scene) -> Iterator[Finding]:
    for folder in workspaces(scene):
        for each in asked(folder, unapplied) or ():
            yield _finding(scene, folder, each)


def _finding(scene: Scene, folder: Path, each: Unapplied) -> Finding:
    """One device's work in one state."""
    what, remedy = SAID[each.state]
    told = {
        "device": name_of(scene, each.device),
        "count": str(each.number),
        "since": _moment(each.since),
        "whom": ", ".join("?" if device is None else name_of(scene, device) for device in each.whom),
        "role": each.role,
        "reason": each.reason,
    }
    params = {name: value for name, value in told.items() if f"{{{name}}}" in what + remedy}
    return Finding(each.state, what.format(**told), str(folder), remedy.format(**told), params)


def _moment(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "–"
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(within(milliseconds) / 1000))


CHECKS = (without_effect,)
