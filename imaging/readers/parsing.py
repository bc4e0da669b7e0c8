"""What the dialects share: JSON that may be hostile, and values as documents hold them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def load(text: str | None) -> Any:
    """JSON as it is; None for what is none. Depth is bounded by the interpreter, NaN (ComfyUI writes it) is taken."""
    if not text or text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def load_object(text: str | None) -> dict[str, Any] | None:
    value = load(text)
    return value if isinstance(value, dict) else None


def words(value: Any) -> str | None:
    """A text or a number as text; None for anything else and for nothing."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    return str(value).strip() or None


def plain(values: Mapping[str, Any], *leave_out: str) -> dict[str, str | int | float]:
    """The simple values of an object, without those that have a field of their own."""
    return {
        str(key): value
        for key, value in values.items()
        if key not in leave_out and isinstance(value, (str, int, float)) and not isinstance(value, bool)
    }


def seed(value: Any) -> str | None:
    """Seeds are text: they pass 2^53."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return words(value)
