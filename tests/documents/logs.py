"""Small logs of segments without signatures, forks and several devices included."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from documents.segment import Entry, Segment, Tip, encode

WORKSPACE = b"w" * 32


def segment(
    device: int,
    incarnation: int,
    before: Segment | None,
    deps: Iterable[Tip] = (),
    auth: Sequence[bytes] = (),
    run: int = 0,
    entries: Sequence[Entry] = (),
    clock: int = 0,
) -> Segment:
    """The next segment after `before` in the log of a device's incarnation; `run` tells forks apart."""
    return encode(
        workspace=WORKSPACE,
        device=bytes([device]) * 32,
        incarnation=bytes([incarnation]) * 16,
        run=run.to_bytes(16, "big"),
        seq=1 if before is None else before.seq + 1,
        prev=b"" if before is None else before.hash,
        deps=list(deps),
        auth=auth,
        clock=clock,
        time=0,
        action=bytes(16),
        intent="asset.edit",
        params={},
        entries=entries,
        sign=lambda message: bytes(64),
    )


class Log:
    """The segments one device holds."""

    def __init__(self, segments: Iterable[Segment] = ()) -> None:
        self.segments = {each.hash: each for each in segments}

    def held(self, hash: bytes) -> Segment | None:
        return self.segments.get(hash)

    def find(self, tip: Tip) -> Segment | None:
        return next((each for each in self.segments.values() if each.tip == tip), None)

    def clock_of(self, tip: Tip) -> int | None:
        return max((each.clock for each in self.segments.values() if each.tip == tip), default=None)

    def tips(self) -> set[Tip]:
        parents = {each.prev for each in self.segments.values()}
        return {each.tip for each in self.segments.values() if each.hash not in parents}

    def ancestors(self, tips: Iterable[Tip]) -> set[bytes]:
        """Hashes of the held segments at or before these tips, one after the other."""
        found: set[bytes] = set()
        for tip in tips:
            each = self.find(tip)
            while each is not None:
                found.add(each.hash)
                each = self.held(each.prev)
        return found
