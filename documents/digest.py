"""The state digest: equal on two devices exactly when they hold the same documents and membership. Pure.

It is made of heads, never of saved bytes, and of 256 sub-digests, so that one change recomputes one of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

SHARDS = 256


def shard_of(document: bytes) -> int:
    """The sub-digest a document belongs to: its second byte; the first is the kind, the same for all images."""
    return document[1]


def line(document: bytes, heads: Iterable[bytes]) -> bytes:
    """One document's line; only documents with a change besides their genesis have one."""
    return f"{document.hex()} {','.join(sorted(head.hex() for head in heads))}\n".encode()


def shard_digest(lines: Iterable[bytes]) -> bytes:
    """The sub-digest of one shard's lines, given in any order."""
    return hashlib.sha256(b"".join(sorted(lines))).digest()


def digest(shards: Sequence[bytes], membership_heads: Iterable[bytes]) -> bytes:
    """The digest of 256 sub-digests, in order, and the heads of the membership log."""
    if len(shards) != SHARDS:
        raise ValueError(f"{len(shards)} sub-digests, {SHARDS} are needed")
    return hashlib.sha256(b"".join(shards) + b"".join(sorted(membership_heads))).digest()
