"""What may go to other devices now, in words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from commands.terminal.output import safe, size, when
from commands.terminal.texts import say

KNOWN = ("timetable", "metered")  # reasons; a newer Gesso at the other end may have others


def limit_lines(limits: dict[str, Any]) -> Iterator[str]:
    """What is not as always: a limit, originals that wait, a metered network."""
    if limits["originals"]:
        yield until("limit.originals", limits["until"])
    elif limits["rate"]:
        yield until("limit.rate", limits["until"], rate=size(limits["rate"]))
    elif limits["until"]:
        yield until("limit.free", limits["until"])
    if limits["metered"] == "yes" and limits["when_metered"] != "everything":
        yield say(f"limit.{limits['when_metered']}")


def holding_line(connected: dict[str, Any]) -> str:
    """Why a connected device gives no originals; empty where it does."""
    why, name = connected["holds"]["why"], safe(connected["name"])
    if not why:
        return ""
    return until(f"limit.there.{why if why in KNOWN else 'unknown'}", connected["holds"]["until"], name=name)


def why_held(held: dict[str, Any]) -> str:
    """Why originals of a receipt wait, and until when."""
    if held["here"]:
        return say("limit.here.metered")
    return holding_line({"name": held["name"], "holds": held})


def until(key: str, moment: int | None, **params: object) -> str:
    """A sentence with when that ends, where it is known: the time of today, or with its date."""
    if moment is None:
        return say(key, **params)
    told = when(moment)
    today = told.startswith(time.strftime("%Y-%m-%d"))
    return say(f"{key}.until", until=told[-5:] if today else told, **params)
