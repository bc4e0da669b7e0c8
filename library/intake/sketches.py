"""Sketches of pictures, kept so that those of a like picture are found without looking at all of them.

A cache: the same blob has the same sketch for ever, so `rebuild` leaves it alone; what is missing is made anew. The key
says of a sketch which way its coarse parts lean; one that hardly leans may be turned by a codec, so both are tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from store.database import Connection

SIDE = 8
NO_KEY = -1  # of a picture that is not known again, which need not be looked at twice
DOUBT = 32  # levels, over all 64 cells: a part that leans less may lean the other way elsewhere
MOST_DOUBTED = 6  # parts of which both ways are looked up
NEAR = 12  # levels by which a cell may differ at most


class Sketched(NamedTuple):
    """A blob and its sketch."""

    hash: bytes
    cells: bytes


def _halves() -> list[int]:
    """The 24 coarsest ways of halving 8 × 8 cells (Walsh's functions), each as a mask over cells of 16 bits."""
    lines = ("11111111", "11110000", "11000011", "11001100", "10011001")
    masks = []
    for down in lines:
        for across in lines:
            bits = [low == high for high in down for low in across]
            masks.append(sum(0xFFFF << 16 * (SIDE * SIDE - 1 - place) for place, bit in enumerate(bits) if bit))
    return masks[1:]  # the first is all of it


HALVES = _halves()


@lru_cache(maxsize=256)  # asked for twice of every new picture: to find its like, and to keep it
def leanings(cells: bytes) -> list[int]:
    """The coarse parts of a sketch: by how much the one half of it is brighter than the other, in 24 ways."""
    spread = bytearray(2 * SIDE * SIDE)
    spread[1::2] = cells
    number, whole = int.from_bytes(spread, "big"), sum(cells)
    # Modulo 2^16 - 1 a number is the sum of its pieces of 16 bits, which stays below that.
    return [2 * ((number & mask) % 0xFFFF) - whole for mask in HALVES]


def key_of(cells: bytes) -> int:
    """Where a sketch is kept."""
    return _key(leanings(cells)) if cells else NO_KEY


def _key(parts: Iterable[int]) -> int:
    key = 0
    for part in parts:
        key = key << 1 | (part > 0)
    return key


def keys_near(cells: bytes) -> list[int]:
    """Where sketches that hardly differ may be kept."""
    parts = leanings(cells)
    last = len(parts) - 1
    doubted = sorted((abs(part), last - place) for place, part in enumerate(parts) if abs(part) < DOUBT)
    keys = [_key(parts)]
    for _, bit in doubted[:MOST_DOUBTED]:
        keys += [key ^ 1 << bit for key in keys]
    return keys


def distance(one: bytes, other: bytes) -> int | None:
    """All differences of the cells together; None where one cell differs too much."""
    whole = 0
    for left, right in zip(one, other, strict=True):
        by = left - right if left > right else right - left
        if by > NEAR:
            return None
        whole += by
    return whole


def put_sketches(connection: Connection, sketches: Iterable[Sketched]) -> None:
    connection.executemany(
        "INSERT OR IGNORE INTO sketch(key, hash, cells) VALUES(?, ?, ?)",
        [(key_of(each.cells), each.hash, each.cells) for each in sketches],
    )


def near(connection: Connection, cells: bytes) -> Iterator[tuple[int, bytes]]:
    """Blobs whose sketches hardly differ, each with its distance."""
    keys = keys_near(cells)
    marks = ", ".join("?" * len(keys))
    for hash, other in connection.execute(f"SELECT hash, cells FROM sketch WHERE key IN ({marks})", keys):
        far = distance(cells, other) if len(other) == len(cells) else None
        if far is not None:
            yield far, hash


def note_alike(connection: Connection, newer: bytes, older: Iterable[bytes], now: int) -> None:
    """Ask about pictures that look like one which is new."""
    connection.executemany(
        "INSERT OR IGNORE INTO alike(newer, older, time) VALUES(?, ?, ?)",
        [(newer, each, now) for each in older if each != newer],
    )
