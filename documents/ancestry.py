"""Which changes a document has, and whether another may be applied after them. Pure.

The CRDT library asks only that a change's dependencies are there; by that alone, replicas come to differ by the order
in which a faulty or hostile writer's changes arrive. The rule here is docs/format.md, "When a change is applied".
"""

from __future__ import annotations

from collections.abc import Mapping

from documents.change import ChangeHeader


class Ancestry:
    """The applied changes of one document."""

    __slots__ = ("_latest", "last")

    def __init__(self, genesis: bytes, operations: int) -> None:
        self.last: dict[bytes, int] = {genesis: operations}  # number of a change's last operation, by its hash
        self._latest: dict[bytes, tuple[int, int]] = {}  # (seq, number of the last operation), by actor

    def copy(self) -> Ancestry:
        """An independent ancestry with the same changes, to try an order on."""
        twin = Ancestry(b"", 0)
        twin.last, twin._latest = dict(self.last), dict(self._latest)
        return twin

    def add(self, header: ChangeHeader) -> None:
        """Notes an applied change."""
        self.note(header.hash, header.actor, header.seq, header.last)

    def note(self, change: bytes, actor: bytes, seq: int, last: int) -> None:
        """Notes an applied change by its parts; an actor's changes come in the order of their seq."""
        self.last[change] = last
        self._latest[actor] = seq, last

    def ready(self, header: ChangeHeader) -> bool:
        """Whether what it builds on is here, it is its actor's next one, and its numbers lie above all of theirs."""
        last = self.last
        for dep in header.deps:
            if last.get(dep, header.start) >= header.start:
                return False
        seq, number = self._latest.get(header.actor, (0, 0))
        return header.seq == seq + 1 and header.start > number

    def order(self, fresh: Mapping[bytes, ChangeHeader]) -> list[bytes]:
        """Hashes of those of the new changes that can be applied, in an order in which they can."""
        if len(fresh) == 1:
            return [change for change, header in fresh.items() if self.ready(header)]
        trial = self.copy()
        ready: list[bytes] = []
        for change in sorted(fresh, key=lambda h: (fresh[h].start, h)):  # numbers rise along dependencies
            if trial.ready(fresh[change]):
                trial.add(fresh[change])
                ready.append(change)
        return ready
