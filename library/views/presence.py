"""Pictures as the disk has them: of a file that is gone the rows go on saying that it is here, which `verify` needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from library.models import Asset
from store.database import Connection

Has = Callable[[bytes], bool]  # whether a blob's file lies in the library


def lost_of(connection: Connection, hashes: Sequence[bytes], has: Has) -> set[bytes]:
    """Of these blobs those that should be in the library and are not, nor lie where another copy was kept in place."""
    gone = [each for each in dict.fromkeys(hashes) if not has(each)]
    if not gone:
        return set()
    marks = ", ".join("?" * len(gone))
    rows = connection.execute(
        f"SELECT hash FROM blob WHERE hash IN ({marks}) AND here=1 AND hash NOT IN"
        " (SELECT hash FROM reference WHERE state='here')",
        gone,
    )
    return {hash for (hash,) in rows}


def as_they_lie(connection: Connection, assets: Sequence[Asset], has: Has) -> list[Asset]:
    """These pictures, a lost one told as missing."""
    hashes = [bytes.fromhex(each.sha256) for each in assets if each.state == "here"]
    gone = {each.hex() for each in lost_of(connection, hashes, has)}
    return [msgspec.structs.replace(each, state="missing") if each.sha256 in gone else each for each in assets]
