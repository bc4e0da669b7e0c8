"""Membership operations of this device: each names what is known before it, several of one action one another."""

from __future__ import annotations

from collections.abc import Collection

from identity.keys import DeviceKey
from identity.membership import Decision, heads_to_name
from identity.operations import Argument, Operation, SeenTip, encode_operation
from library.workspace import Workspace
from store.database import Connection

MOST_SEEN = 600  # tips in one operation: what is not named is judged as not seen, and the latest are what matters
MOST_HEADS = 400


class Signing:
    """Operations that are made in one transaction, in order."""

    def __init__(self, workspace: Workspace, key: DeviceKey | None = None) -> None:
        self._workspace = workspace
        self._key = key or workspace.key
        self._heads = _heads(workspace.members.rule.decision, workspace.device)
        self._clock = workspace.log.position.clock + 1
        self.made: list[bytes] = []

    def add(
        self, kind: str, subject: bytes, argument: Argument = None, seen: Collection[SeenTip] = (), nonce: bytes = b""
    ) -> Operation:
        """The next operation, after those that were made before it."""
        operation = encode_operation(
            workspace=self._workspace.id,
            kind=kind,
            subject=subject,
            argument=argument,
            prev=self._heads,
            seen=seen,
            author=self._key.public,
            clock=self._clock,
            nonce=nonce,
            sign=self._key.sign,
        )
        self._heads = [operation.hash]
        self.made.append(operation.raw)
        return operation


def seen_of(connection: Connection, workspace: Workspace, devices: Collection[bytes]) -> list[SeenTip]:
    """The tips that are held of some devices' work: what they wrote up to these stays theirs."""
    found: list[tuple[int, SeenTip]] = []
    for tip, held in workspace.log.position.tips.items():
        for row, hash, device in connection.execute(
            "SELECT id, hash, device FROM segment WHERE incarnation=? AND seq=? AND state=1", tip[:2]
        ):
            if hash == held and device in devices:
                found.append((row, SeenTip(device, *tip)))
    return [tip for _, tip in sorted(found, reverse=True)[:MOST_SEEN]]


def _heads(decision: Decision, device: bytes) -> list[bytes]:
    """What an operation names as before it. Anybody may give himself thousands of devices: these are left out then."""
    heads = heads_to_name(decision)
    return heads if len(heads) <= MOST_HEADS else heads_to_name(decision, device)
