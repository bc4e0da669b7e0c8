"""Which actions stand: those that no undo took back, or whose undo was itself taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from store.database import Connection

PAGE = 200  # actions looked at together
TURNS = ("undo", "redo")


def standing(connection: Connection, device: bytes, intent: str) -> Iterator[bytes]:
    """A device's actions that stand, newest first: edits for an undo; for a redo undos, down to its last edit.

    What changed no document is none: older programs wrote such actions.
    """
    edits = "intent NOT IN ('undo', 'redo', 'workspace.create')"
    own = "SELECT clock, hash, id FROM action WHERE device=? AND changes > 0"
    newest = "ORDER BY clock DESC, hash DESC LIMIT ?"
    last = connection.execute(f"{own} AND {edits} {newest}", (device, 1)).fetchone()
    kinds, floor = ("intent='undo'", last[:2] if last else (-1, b"")) if intent == "redo" else (edits, (-1, b""))
    below: tuple[int, bytes] = (1 << 62, b"")
    while rows := connection.execute(
        f"{own} AND {kinds} AND (clock, hash) > (?, ?) AND (clock, hash) < (?, ?) {newest}",
        (device, *floor, *below, PAGE),
    ).fetchall():
        undone = undone_of(connection, [id for _, _, id in rows])
        yield from (id for _, _, id in rows if id not in undone)
        below = rows[-1][:2]


def undone_of(connection: Connection, actions: Iterable[bytes]) -> set[bytes]:
    """Those of the actions of which some undo stands, that is, was not itself undone.

    Undos of undos may be thousands deep: each is judged once, those that nothing undoes first. A stranger's circle of
    undos is none.
    """
    asked = set(actions)
    undoes = _undos_below(connection, asked)
    unjudged = Counter(undoes.values())
    ready = [undo for undo in undoes if not unjudged[undo]]
    undone = set[bytes]()
    while ready:
        undo = ready.pop()
        action = undoes[undo]
        if undo not in undone:
            undone.add(action)
        unjudged[action] -= 1
        if not unjudged[action] and action in undoes:
            ready.append(action)
    return undone & asked


def _undos_below(connection: Connection, actions: Iterable[bytes]) -> dict[bytes, bytes]:
    """Every undo of these actions, every undo of those and so on, and what it undoes."""
    undoes: dict[bytes, bytes] = {}
    waiting = list(actions)
    while waiting:
        action = waiting.pop()
        for (undo,) in connection.execute("SELECT id FROM action WHERE undoes=?", (action,)):
            if undo not in undoes:
                undoes[undo] = action
                waiting.append(undo)
    return undoes


def edit_below(connection: Connection, action: bytes) -> bytes:
    """The edit that an action's undos and redos are of; the lowest of them where it is not here."""
    seen = set[bytes]()
    while True:
        seen.add(action)
        row = connection.execute(
            "SELECT a.id FROM action AS u JOIN action AS a ON a.id = u.undoes WHERE u.id=? AND u.intent IN"
            " ('undo', 'redo')",
            (action,),
        ).fetchone()
        if row is None or row[0] in seen:
            return action
        action = row[0]
