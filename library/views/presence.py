"""Pictures as the disk has them: of a file that is gone the rows go on saying that it is here, which `verify` needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from library.copies.wanting import still_wanted
from library.models import Asset, AssetPage, Sync
from store.database import Connection

Has = Callable[[bytes], bool]  # whether a blob's file lies in the library
Look = Callable[[Connection, list[Asset]], list[Asset]]  # tells pictures as they lie


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


def as_they_lie(connection: Connection, items: list[Asset], has: Has) -> list[Asset]:
    """Pictures, the lost ones told as missing before anybody looked for them with `verify`."""
    lost = lost_of(connection, [bytes.fromhex(each.sha256) for each in items if each.state == "here"], has)
    gone = {each.hex() for each in lost}
    return [msgspec.structs.replace(each, state="missing") if each.sha256 in gone else each for each in items]


def as_the_rows_say(connection: Connection, items: list[Asset]) -> list[Asset]:
    """Pictures without a look at the disk, or at what other devices have."""
    return items


def synced(connection: Connection, items: list[Asset], now: int) -> list[Asset]:
    """Pictures of a workspace with other devices, with what those have: finer than a state, which every piece of news
    would change.
    """
    hashes = [bytes.fromhex(each.sha256) for each in items]
    cuts = list({hash[:8] for hash in hashes})
    marks = ", ".join("?" * len(cuts))
    told = {hash for (hash,) in connection.execute(f"SELECT hash FROM copy WHERE hash IN ({marks})", cuts)}
    away = [hash for hash, each in zip(hashes, items, strict=True) if each.state == "elsewhere"]
    coming = still_wanted(connection, away, now)

    def sync(hash: bytes, each: Asset) -> Sync:
        if each.state == "here":
            return "here" if hash[:8] in told else "only"
        return "coming" if hash in coming else each.state

    return [msgspec.structs.replace(each, sync=sync(hash, each)) for hash, each in zip(hashes, items, strict=True)]


class Presence:
    """Looks whether what lists show is there. `read` runs a function on a reading connection."""

    def __init__(self, read: Callable[[Callable[[Connection], Any]], Any], look: Look) -> None:
        self._read = read
        self._look = look

    async def told(self, page: AssetPage) -> AssetPage:
        """A page with its pictures as they lie."""
        items = await self._read(lambda connection: self._look(connection, page.items))
        return msgspec.structs.replace(page, items=items)
