"""Frames that no program of ours says: real ones with something changed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import msgspec

NUMBERS = (0, 1, -1, 2, 255, 4096, (1 << 31) - 1, 1 << 32, (1 << 53) - 1, 1 << 53, (1 << 64) - 1, -(1 << 63))


class Mutating:
    """Draws from some frames."""

    def __init__(self, chance: random.Random, frames: Sequence[bytes]) -> None:
        self._chance = chance
        self._frames = [(frame, msgspec.msgpack.decode(frame)) for frame in frames]

    def next(self) -> bytes:
        """One of the frames with one of its values, or some of its bytes, changed."""
        chance = self._chance
        frame, known = chance.choice(self._frames)
        way = chance.random()
        if way < 0.1:
            return _bytes_changed(chance, frame)
        if way < 0.12:
            return chance.randbytes(chance.randrange(300))
        parts = list(known)
        if way < 0.2:
            chance.shuffle(parts)
        elif way < 0.3:
            parts = [*parts, _anything(chance)] if chance.random() < 0.5 else parts[:-1]
        else:
            at = chance.randrange(1, len(parts))
            parts[at] = _changed(chance, parts[at])
        return msgspec.msgpack.encode(parts)


def _bytes_changed(chance: random.Random, frame: bytes) -> bytes:
    changed = bytearray(frame)
    at = chance.randrange(len(changed))
    match chance.randrange(3):
        case 0:
            changed[at] ^= 1 << chance.randrange(8)
        case 1:
            del changed[at:]
        case _:
            changed[at:at] = chance.randbytes(chance.randrange(1, 9))
    return bytes(changed)


def _changed(chance: random.Random, value: Any) -> Any:
    """Another value, of the same type more often than not."""
    if chance.random() < 0.15:
        return _anything(chance)
    match value:
        case bool():
            return not value
        case int():
            return chance.choice((value + 1, value - 1, *NUMBERS))
        case bytes():
            return _other_bytes(chance, value)
        case str():
            return chance.choice(("", value * 2, "\x1b[2J", "名" * 200))
        case list() if value:
            return _other_list(chance, value)
    return _anything(chance)


def _other_bytes(chance: random.Random, value: bytes) -> bytes:
    other = bytearray(value)
    if other and chance.random() < 0.7:
        other[chance.randrange(len(other))] ^= 1 << chance.randrange(8)
        return bytes(other)
    return chance.choice((value[:-1], value + b"\0", chance.randbytes(len(value)), b""))


def _other_list(chance: random.Random, value: Sequence[Any]) -> list[Any]:
    some = list(value)
    at = chance.randrange(len(some))
    match chance.randrange(5):
        case 0:
            del some[at]
        case 1:
            some.append(some[at])
        case 2:
            chance.shuffle(some)
        case 3 if chance.random() < 0.05:
            some = [some[at]] * min(5000, 500_000 // (1 + len(msgspec.msgpack.encode(some[at]))))
        case _:
            some[at] = _changed(chance, some[at])
    return some


def _anything(chance: random.Random) -> Any:
    deep: Any = []
    for _ in range(chance.randrange(600) if chance.random() < 0.3 else 0):
        deep = [deep]
    return chance.choice((None, True, "text", b"", chance.randbytes(32), *NUMBERS[:9], 1.5, {}, {"a": [1]}, deep))
