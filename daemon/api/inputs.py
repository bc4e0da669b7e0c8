"""The kinds of input that several nouns share."""

from __future__ import annotations

from typing import Annotated

import msgspec

Hex16 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$", description="16 bytes in hex.")]
Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$", description="A SHA-256 in hex.")]
Limit = Annotated[int, msgspec.Meta(ge=1, le=200)]
Cursor = Annotated[str, msgspec.Meta(max_length=1000, description="`next` of the page before.")]
Query = Annotated[str, msgspec.Meta(max_length=2000, description="The query language of `gesso search`.")]
Moment = Annotated[
    str, msgspec.Meta(min_length=1, max_length=200, description="A checkpoint's id or name, or a time as in ISO 8601.")
]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Text = Annotated[str, msgspec.Meta(max_length=100_000)]
Place = Annotated[str, msgspec.Meta(min_length=1, max_length=4096, description="An absolute path on this device.")]
# A selection of everything in a large library, as hex in JSON, is about 4 MB.
MOST_AT_ONCE = 200_000
SELECTION_BYTES = 8 * 1024 * 1024
Selection = Annotated[list[Hex16], msgspec.Meta(min_length=1, max_length=MOST_AT_ONCE)]
# In an address: fewer than a query may have parts.
Few = Annotated[list[Hex16], msgspec.Meta(min_length=1, max_length=50)]


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of input: a misspelt name is an error, not silence."""


class FewQuery(Strict, frozen=True):
    """Some of a kind, `id` once for each."""

    id: Few


class Page(Strict, frozen=True):
    """Which part of a list."""

    limit: Limit = 100
    after: Cursor | None = None
