"""Values that were set differently at once, as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commands.terminal.output import listed, safe, stars
from commands.terminal.texts import knows, say

COLOURED = ("label", "color")


def in_words(field: str, value: Any) -> str:
    """A value of a field; what stands for another thing is told by that one's name, a version by its number."""
    if field == "archived":
        return say("preset.yes") if value else say("preset.no")
    if value in ("", None, 0):
        return say("word.none")
    if field == "rating" and isinstance(value, int):
        return stars(value)
    if field == "current" and isinstance(value, int):
        return say("conflicts.version", number=value)
    if field in ("flag", *COLOURED) and knows(f"word.{value}"):
        return say(f"word.{value}")
    return safe(str(value))


def called(kind: str, name: str) -> str:
    """What it is the conflict of: a picture by its name, everything else with what it is."""
    return safe(name) if kind == "asset" else say(f"conflicts.of.{kind}", name=safe(name))


def settled(params: Mapping[str, Any]) -> dict[str, str]:
    """What the timeline tells of a conflict that was settled: what it was, and the values that it could have been."""
    field = str(params["field"])
    known = knows(f"conflicts.field.{field}")
    return {
        "field": say(f"conflicts.field.{field}") if known else safe(field),
        "name": safe(str(params["name"])),
        "value": in_words(field, params["value"]),
        "others": listed(in_words(field, each) for each in params["others"]),
    }
