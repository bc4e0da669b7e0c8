"""Actions of a timeline as sentences: the daemon gives a code and parameters, the catalogue the words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commands.terminal.conflicts import settled
from commands.terminal.output import listed, safe, short, show_table, stars, when
from commands.terminal.texts import knows, say


def show_entries(entries: list[dict[str, Any]]) -> None:
    """The table of a timeline, newest first as it comes."""
    show_table(
        ("column.when", "column.who", "column.action", "column.what"),
        [(when(entry["when"]), entry["who"], short(entry["action"]), sentence(entry)) for entry in entries],
    )


def sentence(entry: Mapping[str, Any]) -> str:
    """What was done, in the person's language."""
    text = described(entry["intent"], entry.get("params") or {})
    return say("intent.undone", text=text) if entry.get("undone") else text


def described(intent: str, params: Mapping[str, Any]) -> str:
    """The sentence of an intent; fewer words when parameters are missing, its code when a newer program made it."""
    parts = parts_of_import(params) if intent == "asset.import" else []
    key = f"intent.{intent}"
    if intent == "asset.restore" and params.get("number"):
        key = "intent.asset.restore_version"
    elif len(parts) > 1:
        key, params = "intent.asset.import_parts", {"name": "", **params, "parts": parts}
    elif intent == "asset.generate":
        # Older entries tell a file's name alone, which was made from the prompt.
        params = {"prompt": str(params.get("name", "")).rpartition(".")[0], **params}
        key = "intent.asset.generate_prompts" if int(params.get("prompts") or 1) > 1 else key
    elif intent == "conflict.resolve" and {"field", "name", "value", "others"} <= params.keys():
        return say(key, **settled(params))
    known = {name: _shown(name, value) for name, value in params.items()}
    try:
        if knows(key):
            return say(key, **{**known, "count": params.get("count", 1), "changes": _changes(intent, params)})
    except KeyError:  # made by a program that gives other parameters
        pass
    return say(f"deed.{intent}") if knows(f"deed.{intent}") else safe(intent)


def parts_of_import(counts: Mapping[str, Any]) -> list[str]:
    """How many pictures were new, here already, edited and found again, as far as any were."""
    kinds = ("imported", "duplicates", "versions", "rejoined")
    return [say(f"import.{name}", count=counts[name]) for name in kinds if counts.get(name)]


def _shown(name: str, value: Any) -> str:
    if name == "rating":
        return stars(int(value)) or say("word.none")
    if name == "intent":
        return say(f"deed.{value}") if knows(f"deed.{value}") else safe(str(value))
    if name in ("flag", "label", "role"):
        return say(f"word.{value}") if knows(f"word.{value}") else safe(str(value or say("word.none")))
    if isinstance(value, list):
        return listed(safe(str(each)) for each in value)
    return safe(str(value)) if value not in (None, "") else say("word.none")


def _changes(intent: str, params: Mapping[str, Any]) -> str:
    """Tags given and taken, as `+a −b`."""
    if intent != "asset.tag":
        return ""
    signs = [f"+{safe(str(tag))}" for tag in params.get("added") or []]
    return listed(signs + [f"−{safe(str(tag))}" for tag in params.get("removed") or []])
