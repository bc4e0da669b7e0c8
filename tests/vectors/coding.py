"""How vectors write long bytes: a hex text, or an array of hex texts and {"repeat": hex, "times": n}."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Hex = str | list[str | dict[str, Any]]


def unhex(value: Hex) -> bytes:
    """The bytes a vector stands for."""
    if isinstance(value, str):
        return bytes.fromhex(value)
    return b"".join(
        bytes.fromhex(each) if isinstance(each, str) else bytes.fromhex(each["repeat"]) * each["times"]
        for each in value
    )


def enhex(data: bytes, longest: int = 2048) -> Hex:
    """Bytes as a vector writes them: the longest run of one byte is shortened when there are many bytes."""
    if len(data) <= longest:
        return data.hex()
    start, length = _longest_run(data)
    parts: Sequence[str | dict[str, Any]] = (
        data[:start].hex(),
        {"repeat": data[start : start + 1].hex(), "times": length},
        data[start + length :].hex(),
    )
    return list(parts)


def _longest_run(data: bytes) -> tuple[int, int]:
    best = (0, 1)
    start = 0
    for index in range(1, len(data) + 1):
        if index == len(data) or data[index] != data[start]:
            if index - start > best[1]:
                best = (start, index - start)
            start = index
    return best
