"""What a segment waits for, and which segments another device lacks. Pure: what is held comes in as functions."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple, Protocol

from documents.segment import Segment, Tip


class Link(Protocol):
    """As much of a held segment as the chain needs; a `Segment` is one, a database row may be one."""

    @property
    def device(self) -> bytes: ...
    @property
    def incarnation(self) -> bytes: ...
    @property
    def seq(self) -> int: ...
    @property
    def prev(self) -> bytes: ...
    @property
    def hash(self) -> bytes: ...


class Cause(Link, Protocol):
    """And what a segment that goes on from it needs to know."""

    @property
    def clock(self) -> int: ...


class Want(NamedTuple):
    """One thing a segment waits for. `broken`: its predecessor is not its own, or its clock is ahead of what it goes on
    from; with a `tip`, unless another segment of that name comes whose clock is higher.
    """

    kind: Literal["prev", "dep", "operation", "broken"]
    hash: bytes  # of the predecessor or the operation; of a broken segment its own; the first 8 bytes of a tip's
    tip: Tip | None = None


def missing(
    segment: Segment,
    held: Callable[[bytes], Cause | None],
    clock_of: Callable[[Tip], int | None],
    operation_known: Callable[[bytes], bool],
) -> list[Want]:
    """What must come before `segment` is held; empty when it may be held now.

    `held` finds a held segment by hash, `clock_of` the highest clock of the held segments of a name, `operation_known`
    whether a membership operation is known with all its ancestors.
    """
    wants: list[Want] = []
    clocks = [clock_of(tip) for tip in segment.deps]
    if segment.seq > 1:
        before = held(segment.prev)
        clocks.append(None if before is None else before.clock)
        if before is None:
            wants.append(Want("prev", segment.prev))
        elif (before.device, before.incarnation, before.seq + 1) != (segment.device, segment.incarnation, segment.seq):
            wants.append(Want("broken", segment.hash))
    wants += [Want("dep", tip.hash8, tip) for tip, clock in zip(segment.deps, clocks, strict=False) if clock is None]
    wants += [Want("operation", head) for head in segment.auth if not operation_known(head)]
    if None not in clocks and segment.clock > 1 + max((clock for clock in clocks if clock is not None), default=0):
        wants += [Want("broken", tip.hash8, tip) for tip in segment.deps] or [Want("broken", segment.hash)]
    return wants


def needs(
    theirs: Iterable[Tip],
    ours: Iterable[Tip],
    find: Callable[[Tip], Link | None],
    held: Callable[[bytes], Link | None],
) -> list[Link]:
    """Every held segment that is not an ancestor of a tip of theirs, each chain in order: what to send a peer.

    `theirs` is the peer's vector, `ours` our own; `find` looks a held segment up by name, `held` by hash. An
    incarnation of which the peer names a tip that we do not hold and whose seq is above all of ours is left out: the
    peer is ahead there, and we wait for its segments. Costs what it gives, not the length of the log.
    """
    vector: dict[bytes, list[Tip]] = {}
    for tip in theirs:
        vector.setdefault(tip.incarnation, []).append(tip)
    chains: dict[bytes, list[Tip]] = {}
    for tip in ours:
        chains.setdefault(tip.incarnation, []).append(tip)
    found: list[Link] = []
    for incarnation in sorted(chains):
        known = [(tip, find(tip)) for tip in vector.get(incarnation, ())]
        ahead = [tip.seq for tip, link in known if link is None]
        if not ahead or min(ahead) <= max(tip.seq for tip in chains[incarnation]):
            found += _lacking(chains[incarnation], [link for _, link in known if link is not None], find, held)
    return found


def _lacking(
    ours: Iterable[Tip],
    known: Iterable[Link],
    find: Callable[[Tip], Link | None],
    held: Callable[[bytes], Link | None],
) -> list[Link]:
    """Walks back from both sides by falling seq; what only our side reaches is lacking there."""
    links: dict[bytes, Link] = {}
    theirs: set[bytes] = set()
    queue: list[tuple[int, bytes]] = []
    open_ours = 0

    def reach(link: Link | None) -> None:
        nonlocal open_ours
        if link is not None and link.hash not in links:
            links[link.hash] = link
            heapq.heappush(queue, (-link.seq, link.hash))
            open_ours += link.hash not in theirs

    for link in known:
        theirs.add(link.hash)
        reach(link)
    for tip in ours:
        reach(find(tip))
    lacking: list[Link] = []
    while open_ours:
        _, name = heapq.heappop(queue)
        link = links[name]
        if name in theirs:
            if link.prev in links and link.prev not in theirs:
                open_ours -= 1  # reached from our side first, and theirs after all
            theirs.add(link.prev)
        else:
            open_ours -= 1
            lacking.append(link)
        if link.prev:
            reach(held(link.prev))
    return sorted(lacking, key=lambda link: (link.seq, link.hash))
