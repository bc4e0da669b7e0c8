"""Which actions stand, and what undos and redos are of. Part of the format: docs/format.md, *Actions*."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from documents.segment import action_after
from store.database import Connection

PAGE = 200  # actions looked at together
TURNS = ("undo", "redo")
# Whether an action `t` is a turn of the one that it names: where a change of it counts, and one of more than a thread
# where that changed more. Who may not write undoes nothing of others by saying so.
TURNS_IT = (
    "t.intent IN ('undo', 'redo') AND t.rank <="
    " coalesce((SELECT min(n.rank, 1) FROM action AS n WHERE n.id = t.undoes), 1)"
)
IRREVERSIBLE = ("workspace.create", "member.admit")
NO_EDITS = ", ".join(f"'{each}'" for each in IRREVERSIBLE)
OWN = "SELECT clock, hash, id FROM action WHERE device=? AND changes > 0"
NEWEST = "ORDER BY clock DESC, hash DESC"
FIRST = (-1, b"")


def standing(connection: Connection, device: bytes, intent: str) -> Iterator[bytes]:
    """A device's actions that stand, newest first: for an undo edits and redos, for a redo undos down to its last edit.

    What was done again is as new as its redo. What changed no document is none: older programs wrote such actions.
    """
    done = f"intent NOT IN ('undo', {NO_EDITS})"
    kinds, floor = (done, FIRST) if intent == "undo" else ("intent='undo'", _last_edit(connection, device))
    below: tuple[int, bytes] = (1 << 62, b"")
    while rows := connection.execute(
        f"{OWN} AND {kinds} AND (clock, hash) > (?, ?) AND (clock, hash) < (?, ?) {NEWEST} LIMIT ?",
        (device, *floor, *below, PAGE),
    ).fetchall():
        undone = undone_of(connection, [id for _, _, id in rows])
        yield from (id for _, _, id in rows if id not in undone)
        below = rows[-1][:2]


def _last_edit(connection: Connection, device: bytes) -> tuple[int, bytes]:
    """Where a device's last edit stands. What an import under way went on to bring after it was turned is none: nobody
    did that since.
    """
    turns = connection.execute("SELECT undoes, id FROM action WHERE rank < 2 AND undoes IS NOT NULL")
    rests = {action_after(action, turn) for action, turn in turns}
    rows = connection.execute(f"{OWN} AND intent NOT IN ('undo', 'redo', {NO_EDITS}) {NEWEST}", (device,))
    return next(((clock, hash) for clock, hash, id in rows if id not in rests), FIRST)


def undone_of(connection: Connection, actions: Iterable[bytes]) -> set[bytes]:
    """Those of the actions that do not stand.

    An edit, its undos and redos, and all undos and redos of these have one state, which the latest of them decides, by
    (clock, hash): on every device the same, whatever came first. A turn an odd number of steps above the edit takes it
    away, any other brings it back. An edit stands where the latest brings it back or there is none, a turn where it
    goes the way of the latest.
    """
    asked = set(actions)
    waiting, undone = set(asked), set[bytes]()
    while waiting:
        action = waiting.pop()
        steps, latest = _turns_above(connection, edit_below(connection, action))
        undone |= {id for id, step in steps.items() if (step - latest) % 2}
        waiting -= steps.keys()
    return undone & asked


def open_for_parts(connection: Connection, action: bytes) -> bytes:
    """The action that a further part of one belongs to. One that was turned takes none: what still comes of an import
    or a batch is an action of its own, which plain undo finds.
    """
    while turn := connection.execute(
        f"SELECT t.id FROM action AS t WHERE t.undoes=? AND {TURNS_IT} ORDER BY t.clock DESC, t.hash DESC LIMIT 1",
        (action,),
    ).fetchone():
        action = action_after(action, turn[0])
    return action


def _turns_above(connection: Connection, edit: bytes) -> tuple[dict[bytes, int], int]:
    """An edit and all turns of it, each with its number of steps from the edit, and the number of the latest.

    They may be thousands deep. A stranger's circle of undos is none.
    """
    steps = {edit: 0}
    last: tuple[int, bytes, int] = (-1, b"", 0)
    waiting = [edit]
    while waiting:
        action = waiting.pop()
        for id, clock, hash in connection.execute(
            f"SELECT t.id, t.clock, t.hash FROM action AS t WHERE t.undoes=? AND {TURNS_IT}", (action,)
        ).fetchall():
            if id == edit:
                return {}, 0
            steps[id] = steps[action] + 1
            last = max(last, (clock, hash, steps[id]))
            waiting.append(id)
    return steps, last[2]


def edit_below(connection: Connection, action: bytes) -> bytes:
    """The edit that an action's undos and redos are of; the lowest of them where it is not here."""
    seen = set[bytes]()
    while True:
        seen.add(action)
        row = connection.execute(
            f"SELECT a.id FROM action AS t JOIN action AS a ON a.id = t.undoes WHERE t.id=? AND {TURNS_IT}",
            (action,),
        ).fetchone()
        if row is None or row[0] in seen:
            return action
        action = row[0]
