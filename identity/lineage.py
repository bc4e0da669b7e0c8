"""The membership log as a graph: operations name the ones before them by hash."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from identity.operations import Operation

Operations = Mapping[bytes, Operation]  # by hash


def operation_heads(operations: Operations) -> list[bytes]:
    """Hashes that no other operation names as before it, ascending."""
    named = {before for operation in operations.values() for before in operation.prev}
    return sorted(set(operations) - named)


def ancestors(operations: Operations, heads: Iterable[bytes]) -> frozenset[bytes]:
    """The heads themselves and everything before them; what is not among the operations is passed over."""
    found: set[bytes] = set()
    queue = list(heads)
    while queue:
        hash = queue.pop()
        if hash not in found and hash in operations:
            found.add(hash)
            queue += operations[hash].prev
    return frozenset(found)


def successors(operations: Operations) -> dict[bytes, list[bytes]]:
    """For each operation those that name it directly."""
    after: dict[bytes, list[bytes]] = {hash: [] for hash in operations}
    for hash, operation in operations.items():
        for before in operation.prev:
            after[before].append(hash)
    return after


def descendants(after: Mapping[bytes, list[bytes]], hash: bytes) -> set[bytes]:
    """The operation and everything that knew it; `after` is what `successors` gave."""
    found: set[bytes] = set()
    queue = [hash]
    while queue:
        each = queue.pop()
        if each not in found:
            found.add(each)
            queue += after[each]
    return found


def rooted(workspace: bytes, operations: Iterable[Operation]) -> dict[bytes, Operation]:
    """The operations of this workspace whose whole past is known: all that descend from its one create operation.

    Without this, whoever makes a second create operation would be the founder of the same workspace.
    """
    waiting = {each.hash: each for each in operations if belongs(each, workspace)}
    found: dict[bytes, Operation] = {}
    after: dict[bytes, list[bytes]] = {}
    for each in waiting.values():
        for before in each.prev:
            after.setdefault(before, []).append(each.hash)
    queue = [workspace] if workspace in waiting else []
    while queue:
        hash = queue.pop()
        if hash not in found and all(before in found for before in waiting[hash].prev):
            found[hash] = waiting[hash]
            queue += after.get(hash, ())
    return found


def belongs(operation: Operation, workspace: bytes) -> bool:
    """Whether it is an operation of this workspace: any other is refused where it comes in.

    Else a stranger's operation could name our heads, become the only head itself and take everybody's right away.
    """
    if operation.kind == "create":
        return operation.hash == workspace
    return operation.workspace == workspace
