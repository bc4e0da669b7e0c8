"""What an import was made of: one action, whose segments tell what each part of it was."""

from __future__ import annotations

from typing import Any

from documents.segment import decode
from library.replica.log import HELD
from store.database import Connection

# Intents of parts, and what a report counts them as: what is new, what was edited where it lies, what was saved again
# elsewhere, what is here already.
CAME, EDITED, FOUND, KNOWN = "asset.import", "asset.version", "asset.rejoin", "asset.source"
PARTS = {CAME: "imported", EDITED: "versions", FOUND: "rejoined", KNOWN: "duplicates"}
MADE = "asset.generate"  # by a provider: a batch's pictures share an action as well
STEP = "step"  # of a segment's parameters: which one it is of a sitting at a text
MOST_COUNTED = 1000  # imports whose counts are remembered
# Only what counts tells: who may not write may put any id and any words into a segment.
COUNTS = "EXISTS(SELECT 1 FROM change AS c WHERE c.segment = s.id AND c.state <> 0)"
CHANGED = "FROM segment AS s CROSS JOIN change AS c ON c.segment = s.id WHERE s.action=? AND c.state <> 0"


def intents_of(connection: Connection, action: bytes) -> set[str]:
    """What the segments of an action say of it: several things where it is an import of several parts."""
    rows = connection.execute(
        f"SELECT DISTINCT intent FROM segment AS s WHERE action=? AND state=? AND {COUNTS}", (action, HELD)
    )
    return {intent for (intent,) in rows}


def intents_on(connection: Connection, action: bytes, document: bytes) -> set[str]:
    """Those of the segments in which it changed a document."""
    rows = connection.execute(
        "SELECT s.intent FROM change AS c JOIN segment AS s ON s.id = c.segment WHERE c.document=? AND s.action=?"
        " AND c.state <> 0",
        (document, action),
    )
    return {intent for (intent,) in rows}


class Parts:
    """How many documents each part of an import was of, and of how many prompts pictures were made: counted once for as
    many segments as are held of an action.
    """

    def __init__(self) -> None:
        self._counted: dict[tuple[bytes, int], tuple[int, dict[str, int]]] = {}
        self._prompted: dict[tuple[bytes, int], int] = {}

    def as_told(
        self, connection: Connection, action: bytes, intent: str, params: dict[str, Any], changes: int
    ) -> tuple[str, dict[str, Any]]:
        """An action's intent and parameters. How many pictures came in is not signed: an import's groups and pictures
        uploaded together share an action, of which each tells of itself. One of several parts is told as an import,
        with how many pictures each part was of.
        """
        if intent == MADE:
            return intent, {**params, "count": changes, "prompts": self._prompts(connection, action, changes)}
        if intent not in PARTS:
            return intent, params
        if intents_of(connection, action) <= {CAME}:
            return intent, {**params, "count": changes}
        count, counts = self._count(connection, action, changes)
        if len(counts) < 2:
            return intent, {**params, "count": count}
        return CAME, {**params, "count": count} | {PARTS[part]: number for part, number in counts.items()}

    def _prompts(self, connection: Connection, action: bytes, changes: int) -> int:
        known = self._prompted.get((action, changes), 1 if changes < 2 else 0)
        if known == 0:
            rows = connection.execute(
                f"SELECT raw FROM segment AS s WHERE action=? AND state=? AND {COUNTS}", (action, HELD)
            )
            said = (decode(raw).params for (raw,) in rows)
            known = len({each.get("prompt", each.get("name")) for each in said})
            if len(self._prompted) == MOST_COUNTED:
                self._prompted.clear()
            self._prompted[action, changes] = known
        return known

    def _count(self, connection: Connection, action: bytes, changes: int) -> tuple[int, dict[str, int]]:
        known = self._counted.get((action, changes))
        if known is None:
            counts = _counts(connection, action)
            known = counts.get(CAME, 0) + _besides(connection, action), counts
            if len(self._counted) == MOST_COUNTED:
                self._counted.clear()
            self._counted[action, changes] = known
        return known


def as_told_of(
    connection: Connection, document: bytes, action: bytes, intent: str, params: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """The same of one document: where an import had several parts, the one that brought or changed this; of pictures
    made of several prompts, this one's.
    """
    several = params.get("prompts", 1) > 1 if intent == MADE else len(params.keys() & PARTS.values()) > 1
    if intent not in (CAME, MADE) or not several:
        return intent, params
    part, raw = connection.execute(
        "SELECT s.intent, s.raw FROM change AS c JOIN segment AS s ON s.id = c.segment"
        " WHERE c.document=? AND s.action=? AND c.state <> 0 ORDER BY c.segment LIMIT 1",
        (document, action),
    ).fetchone()
    own = decode(raw).params
    if intent == MADE:
        return intent, {**params, **own} if part == MADE else params
    return part, {**own, "count": _counts(connection, action).get(part, 1)}


def _counts(connection: Connection, action: bytes) -> dict[str, int]:
    """How many documents each part is of. A picture is new once: what may be a hundred thousand is only counted."""
    (came,) = connection.execute(f"SELECT count(*) {CHANGED} AND s.intent=?", (action, CAME)).fetchone()
    rows = connection.execute(
        f"SELECT s.intent, count(DISTINCT c.document) {CHANGED} AND s.intent<>? GROUP BY s.intent", (action, CAME)
    )
    found = {CAME: came, **dict(rows.fetchall())}
    return {part: found[part] for part in PARTS if found.get(part)}


def _besides(connection: Connection, action: bytes) -> int:
    """How many documents it changed that are not new by it."""
    (count,) = connection.execute(
        f"SELECT count(DISTINCT c.document) {CHANGED} AND s.intent<>? AND NOT EXISTS(SELECT 1 FROM change AS n JOIN"
        " segment AS o ON o.id = n.segment WHERE n.document = c.document AND o.action = s.action AND o.intent=?)",
        (action, CAME, CAME),
    ).fetchone()
    return int(count)
