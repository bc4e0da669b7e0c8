"""The membership log as rows: which operations are known, and the rule that follows from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from identity.errors import OperationRefused
from identity.lineage import belongs
from identity.membership import Role, Rule, decide, heads_to_name, operation_heads
from identity.operations import Operation, SeenTip, decode_operation, operation_message
from library.replica.rights import named_tips
from store.database import Connection

Verify = Callable[[bytes, bytes, bytes], bool]  # public key, message, signature
WAITING, KNOWN = 0, 1


class Known(NamedTuple):
    """Operations by their hashes, and those that no other one of them goes on from."""

    operations: Mapping[bytes, Operation]
    heads: Sequence[bytes]


class Members:
    """The operations whose past is known, and the rule over them. Runs inside a database transaction."""

    def __init__(self, workspace: bytes) -> None:
        self.workspace = workspace
        self.operations: dict[bytes, Operation] = {}
        self.heads: list[bytes] = []
        self._durable = Known({}, [])
        self._heads_for: dict[bytes, tuple[bytes, ...]] = {}
        self.rule = Rule(decide(workspace, ()))
        self.named: frozenset[SeenTip] = frozenset()  # tips that lowerings list as seen

    def copy(self) -> Members:
        """What is known now, to be gone on with apart from these."""
        other = Members(self.workspace)
        other.operations, other.heads = dict(self.operations), self.heads
        other.rule, other.named = self.rule, self.named
        other._durable = self._durable
        return other

    @property
    def durable(self) -> Known:
        """As the last transaction that was committed left them: what others are told."""
        return self._durable

    def commit(self) -> None:
        """The transaction is durable: what it took is known."""
        if self._durable.heads is not self.heads:
            self._durable = Known(dict(self.operations), self.heads)  # whole at once: it is read on other threads

    def load(self, connection: Connection) -> None:
        """Take the operations from the rows, as they were committed."""
        rows = connection.execute("SELECT raw FROM operation WHERE state=?", (KNOWN,))
        self.operations = {operation.hash: operation for operation in (decode_operation(raw) for (raw,) in rows)}
        self._decide()
        self.commit()

    def _decide(self) -> None:
        self.heads = sorted(operation_heads(self.operations))
        self.rule = Rule(decide(self.workspace, self.operations.values()))
        self.named = named_tips(self.rule)
        self._heads_for.clear()

    def named_by(self, device: bytes) -> tuple[bytes, ...]:
        """The heads that a segment of the device names as known."""
        if device not in self._heads_for:
            self._heads_for[device] = tuple(heads_to_name(self.rule.decision, device))
        return self._heads_for[device]

    def role_of(self, device: bytes) -> Role | None:
        """What the device may do by all that is known."""
        return self.rule.decision.standing.role_of(device)

    def take(self, connection: Connection, raws: Iterable[bytes], verify: Verify) -> list[bytes]:
        """Store authentic operations of this workspace; gives the hashes of those that count from now on."""
        for raw in raws:
            operation = read_operation(raw, verify)
            if operation is None or operation.hash in self.operations:
                continue
            if belongs(operation, self.workspace):
                connection.execute(
                    "INSERT OR IGNORE INTO operation(hash, state, raw) VALUES(?, ?, ?)", (operation.hash, WAITING, raw)
                )
        rows = connection.execute("SELECT raw FROM operation WHERE state=?", (WAITING,)).fetchall()
        waiting = [decode_operation(raw) for (raw,) in rows]
        known: list[Operation] = []
        while ready := [each for each in waiting if all(hash in self.operations for hash in each.prev)]:
            waiting = [each for each in waiting if each not in ready]
            self.operations.update((each.hash, each) for each in ready)
            known += ready
        connection.executemany("UPDATE operation SET state=1 WHERE hash=?", [(each.hash,) for each in known])
        if known:
            self._decide()
        return [each.hash for each in known]


def read_operation(raw: bytes, verify: Verify) -> Operation | None:
    """An operation whose form and signature are right; None for anything else: it never counts, whoever sent it."""
    try:
        operation = decode_operation(raw)
    except OperationRefused:
        return None
    return operation if verify(operation.author, operation_message(raw), raw[-64:]) else None
