"""Amounts of money as the settings write them: "20.00 USD, 600 TWD"."""

from __future__ import annotations

import re
from collections.abc import Mapping

MICROS_DIGITS = 6
_AMOUNT = re.compile(r"\s*([0-9]{1,9})(?:\.([0-9]{1,6}))?\s*([A-Za-z]{3})\s*")


def limits_of(text: str) -> Mapping[str, int] | None:
    """Millionths by currency; nothing of an empty text, None for one that cannot be read or names a currency twice."""
    found: dict[str, int] = {}
    for part in text.split(",") if text.strip() else ():
        match = _AMOUNT.fullmatch(part)
        if match is None or (currency := match[3].upper()) in found:
            return None
        found[currency] = int(match[1] + (match[2] or "").ljust(MICROS_DIGITS, "0"))
    return found
