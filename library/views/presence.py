"""Pictures as the disk has them: of a file that is gone the rows go on saying that it is here, which `verify` needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from library.models import AssetPage
from store.database import Connection

Has = Callable[[bytes], bool]  # whether a blob's file lies in the library


def lost_of(connection: Connection, hashes: Sequence[bytes], has: Has) -> set[bytes]:
    """Of these blobs those that should be in the library and are not, nor lie where another copy was kept in place."""
    gone = [each for each in dict.fromkeys(hashes) if not has(each)]
    if not gone:
        return set()
    marks = ", ".join("?" * len(gone))
    rows = connection.execute(
        f"SELECT hash FROM blob WHERE hash IN ({marks}) AND here=1 AND NOT EXISTS"
        " (SELECT 1 FROM reference WHERE reference.hash=blob.hash AND state='here')",
        gone,
    )
    return {hash for (hash,) in rows}


class Presence:
    """Looks whether what lists show is there. `read` runs a function on a reading connection."""

    def __init__(self, read: Callable[[Callable[[Connection], Any]], Any], has: Has) -> None:
        self._read = read
        self._has = has

    async def told(self, page: AssetPage) -> AssetPage:
        """A page, with lost pictures told as missing before anybody looked for them with `verify`."""
        hashes = [bytes.fromhex(each.sha256) for each in page.items if each.state == "here"]
        lost: set[bytes] = await self._read(lambda connection: lost_of(connection, hashes, self._has))
        if not lost:
            return page
        gone = {each.hex() for each in lost}
        items = [msgspec.structs.replace(each, state="missing") if each.sha256 in gone else each for each in page.items]
        return msgspec.structs.replace(page, items=items)
