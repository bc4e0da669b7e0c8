"""What the steps of the schema fill whose rows no statement can make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from library.copies.named import fill_copies
from library.replica.actions import fill_ranks
from library.schema import WITH_ALBUMS, WITH_COPIES, WITH_DIFFERENT, WITH_MAKING, WITH_PROMPTS, WITH_RANKS, WITH_SIGNS
from library.views.albums import fill_albums
from library.views.images import fill_different
from library.views.projection import fill_making
from library.views.prompts import fill_prompts
from library.views.signs import fill_signs
from store.database import Connection

FILLINGS: Mapping[int, Callable[[Connection], None]] = MappingProxyType(
    {
        WITH_DIFFERENT: fill_different,
        WITH_SIGNS: fill_signs,
        WITH_ALBUMS: fill_albums,
        WITH_PROMPTS: fill_prompts,
        WITH_MAKING: fill_making,
        WITH_COPIES: fill_copies,
        WITH_RANKS: fill_ranks,
    }
)
