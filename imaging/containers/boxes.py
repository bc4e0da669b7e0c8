"""The boxes that AVIF files consist of. Source: ISO/IEC 14496-12, section 4.2. No length in them is trusted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

MOST_BOXES = 10_000  # of one row of them


class Box(NamedTuple):
    """A box in a file: where it begins, where its body does, where it ends. `whole`: the file goes on that far."""

    name: bytes
    start: int
    body: int
    end: int
    whole: bool


def boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """Every box between two places, the last one perhaps cut off."""
    for _ in range(MOST_BOXES):
        file.seek(start)
        head = file.read(min(16, end - start))
        if len(head) < 8:
            return
        length, name, body = int.from_bytes(head[:4], "big"), head[4:8], start + 8
        if length == 1 and len(head) == 16:
            length, body = int.from_bytes(head[8:], "big"), start + 16
        elif length == 0:  # to the end
            length = end - start
        if length < body - start:
            return
        yield Box(name, start, body, min(start + length, end), start + length <= end)
        if start + length >= end:
            return
        start += length


def below(file: BinaryIO, box: Box, *path: bytes) -> Iterator[Box]:
    """The boxes that a path of names leads to."""
    if not path:
        yield box
        return
    for inner in boxes(file, box.body, box.end):
        if inner.name == path[0]:
            yield from below(file, inner, *path[1:])
