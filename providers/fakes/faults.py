"""What can go wrong at a service, as a script: one fault for each request, in order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

What = Literal[
    "rate", "quota", "error", "hang", "drop", "refuse", "retired", "slow", "repeat", "expire", "garbage", "cut"
]


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that goes wrong.

    rate: 429, with Retry-After if `seconds` are given · quota: no credit · error: `status`, after billing if `billed` ·
    hang: no answer for `seconds` · drop: the connection breaks once the request was taken · refuse: by policy; if
    `billed` after a preview, which is on the bill · retired: the model is gone · slow: right, after `seconds` · repeat:
    the answer comes twice · expire: the link to the picture is dead · garbage: billed, and `body` of the kind `type` in
    place of an answer, or as one of its events · cut: an answer in events stops in the middle, with `body` as its last
    word, after `seconds` of silence, or at once.
    """

    what: What
    status: int = 500
    seconds: float | None = None
    billed: bool = False
    body: bytes = b""
    type: str = "application/json"


class Script:
    """Faults that are taken from the front; None: all is well. When it is over all is well."""

    def __init__(self, faults: Iterable[Fault | None] = ()) -> None:
        self._left = list(faults)

    def add(self, *faults: Fault | None) -> None:
        self._left += faults

    def next(self) -> Fault | None:
        return self._left.pop(0) if self._left else None
