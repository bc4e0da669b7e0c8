"""Pictures that look the same: what a person says of them. The same picture becomes a version, another is remembered.

Which ones look the same was found when they came in (library/intake/matching.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from documents.draft import Draft
from library.editing.actions import asset_ids
from library.editing.joining import joined, name_in, parted
from library.editing.news import carry_out
from library.errors import Invalid
from library.models import Alike, AlikeList, Changed, Differing, Joined, Pair
from library.views.projection import different_key
from library.views.search import asset_by_id
from library.workspace import Edit, Workspace
from store.database import Connection

WAITING = (
    "FROM alike JOIN asset AS one ON one.id = newer JOIN asset AS two ON two.id = older"
    " WHERE one.binned_at IS NULL AND two.binned_at IS NULL AND NOT EXISTS(SELECT 1 FROM different"
    "  WHERE (row = one.row AND other = older) OR (row = two.row AND other = newer))"
)


class Resembling:
    """Pairs of pictures that nobody has told apart yet."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def count(self) -> int:
        """How many pairs wait for a word."""

        def work(connection: Connection) -> int:
            (count,) = connection.execute(f"SELECT count(*) {WAITING}").fetchone()
            return int(count)

        return self._workspace.database.read_now(work)

    async def list(self, limit: int = 100) -> AlikeList:
        """The pairs that wait, oldest first."""

        def work(connection: Connection) -> AlikeList:
            (total,) = connection.execute(f"SELECT count(*) {WAITING}").fetchone()
            rows = connection.execute(
                f"SELECT newer, older, time {WAITING} ORDER BY time, newer, older LIMIT ?", (limit,)
            ).fetchall()
            pairs = []
            for newer, older, time in rows:
                one, two = asset_by_id(connection, newer), asset_by_id(connection, older)
                if one is not None and two is not None:
                    pairs.append(Alike(newer=one, older=two, since=time))
            return AlikeList(total=total, pairs=pairs)

        return await self._workspace.database.read(work)

    async def same(self, pairs: Sequence[Pair]) -> Joined:
        """The newer ones are versions of the older ones: there they go, with all that was said of them; what is left
        of them goes to the bin. One action.
        """
        now = self._workspace.surroundings.clock.now()
        params: dict[str, Any] = {}
        differing: list[Differing] = []

        def edits(connection: Connection) -> list[Edit]:
            differing.clear()
            found = list(_once(_read(connection, pairs)))
            params.update(count=len(found), name=name_in(connection, found[0][0]))
            return [edit for newer, older in found for edit in joined(connection, newer, older, now, differing.append)]

        changed = await carry_out(self._workspace, "asset.same", params, edits)
        return Joined(changed=changed.changed, action=changed.action, differing=differing)

    async def other(self, pairs: Sequence[Pair]) -> Changed:
        """They are different pictures, and nobody need be asked again, on no device."""
        params: dict[str, Any] = {}

        def edits(connection: Connection) -> list[Edit]:
            found = list(dict.fromkeys(_read(connection, pairs)))
            params.update(count=len(found), name=name_in(connection, found[0][0]))
            return [(newer, _told_apart(older)) for newer, older in found]

        return await carry_out(self._workspace, "asset.other", params, edits)

    async def apart(self, id: str, version: str) -> Changed:
        """A version is another picture: it becomes one of its own."""
        params: dict[str, Any] = {"count": 1}

        def edits(connection: Connection) -> list[Edit]:
            (asset,) = asset_ids(connection, [id])
            params.update(name=name_in(connection, asset))
            return parted(connection, asset, version, self._workspace.id)

        return await carry_out(self._workspace, "asset.apart", params, edits)


def _told_apart(other: bytes) -> Callable[[Draft], None]:
    return lambda draft: draft.put_entry("links", different_key(other), True)


def _read(connection: Connection, pairs: Iterable[Pair]) -> Iterator[tuple[bytes, bytes]]:
    for pair in pairs:
        found = asset_ids(connection, [pair.newer, pair.older])
        if len(found) < 2:
            raise Invalid("That is one and the same picture.", [("/pairs", "the same twice")], code="same_picture")
        yield found[0], found[1]


def _once(pairs: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """The pairs that can be joined one after the other: a picture goes to one place only, and none that is to go takes
    another in.
    """
    gone, taken = set[bytes](), set[bytes]()
    for newer, older in pairs:
        if newer not in gone | taken and older not in gone:
            gone.add(newer)
            taken.add(older)
            yield newer, older
