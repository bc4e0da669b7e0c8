"""Who was entitled to write which held segment: the role rule over rows. Runs inside a database transaction."""

from __future__ import annotations

from documents.segment import OperationEntry, Segment, Tip
from identity.membership import RANK, Role, Rule, allows
from identity.operations import SeenTip, operation_hash
from library.replica.log import find_held
from store.database import Connection


class Rights:
    """Answers for one state of the operations; what a lowering had seen is walked once and remembered.

    Good as long as no operation comes to be known and no segment to be held that a lowering names.
    """

    def __init__(self, connection: Connection, rule: Rule) -> None:
        self._connection = connection
        self._rule = rule
        self._accepted = rule.decision.named_by("accept")
        self._seen: dict[tuple[SeenTip, ...], set[bytes]] = {}

    def role(self, segment: bytes, device: bytes, auth: tuple[bytes, ...]) -> Role | None:
        """The role with which a segment (its hash) was written; `auth` are the membership heads it names."""
        return self._rule.right(device, auth, lambda tips: segment in self._before(tips))

    def entitled(self, segment: bytes, role: Role | None, document: bytes) -> bool:
        """Whether a change of this document in that segment counts by itself."""
        return allows(role, document[0]) or segment in self._accepted

    def heard(self, segment: Segment) -> bool:
        """Whether a segment without changes did anything: an operation in it counts, or who wrote it may write."""
        entitled = self._rule.decision.entitled
        carried = (entry.raw for entry in segment.entries if type(entry) is OperationEntry)
        if any(operation_hash(raw) in entitled for raw in carried):
            return True
        return RANK[self.role(segment.hash, segment.device, segment.auth)] > RANK["viewer"]

    def _before(self, tips: tuple[SeenTip, ...]) -> set[bytes]:
        """Hashes of the held segments that are one of these tips or before one."""
        if tips not in self._seen:
            found: set[bytes] = set()
            for tip in tips:
                for hash, device in find_held(self._connection, Tip(tip.incarnation, tip.seq, tip.hash8)):
                    if device == tip.device:
                        self._walk(hash, found)
            self._seen[tips] = found
        return self._seen[tips]

    def _walk(self, hash: bytes, found: set[bytes]) -> None:
        while hash and hash not in found:
            found.add(hash)
            row = self._connection.execute("SELECT prev FROM segment WHERE hash=?", (hash,)).fetchone()
            hash = row[0] if row else b""


def named_tips(rule: Rule) -> frozenset[SeenTip]:
    """All tips that effective lowerings list: when one of these comes to be held, earlier verdicts may change."""
    return frozenset(tip for lowering in rule.decision.lowerings.values() for tip in lowering.seen)
