"""What the steps of the schema fill whose rows no statement can make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from library.copies.named import fill_copies
from library.jobs.ledger import fill_calls
from library.replica.actions import Heard, fill_ranks, rank_silent_again
from library.replica.log import read_meta
from library.replica.members import Members
from library.replica.rights import Rights
from library.schema import (
    WITH_ALBUMS,
    WITH_CALLS,
    WITH_COPIES,
    WITH_DIFFERENT,
    WITH_MAKING,
    WITH_PROMPTS,
    WITH_RANKS,
    WITH_SIGNS,
    WITH_SILENT,
)
from library.views.albums import fill_albums
from library.views.images import fill_different
from library.views.projection import fill_making
from library.views.prompts import fill_prompts
from library.views.signs import fill_signs
from store.database import Connection


def _heard(connection: Connection) -> Heard:
    """Which segments without changes did something, by the membership log as it stands in the rows."""
    members = Members(read_meta(connection, "workspace") or b"")
    members.load(connection)
    return Rights(connection, members.rule).heard


FILLINGS: Mapping[int, Callable[[Connection], None]] = MappingProxyType(
    {
        WITH_DIFFERENT: fill_different,
        WITH_SIGNS: fill_signs,
        WITH_ALBUMS: fill_albums,
        WITH_PROMPTS: fill_prompts,
        WITH_MAKING: fill_making,
        WITH_COPIES: fill_copies,
        WITH_RANKS: lambda connection: fill_ranks(connection, _heard(connection)),
        WITH_SILENT: lambda connection: rank_silent_again(connection, _heard(connection)),
        WITH_CALLS: fill_calls,
    }
)
