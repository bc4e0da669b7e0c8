"""Which pictures an export is of, and what it takes of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from imaging.inspection import Facts, Words
from library.editing.actions import asset_ids
from library.editing.assets import detail_of, lineage_of
from library.export.delivering import Item
from library.export.exporting import Chosen, is_own, origins_of
from library.export.naming import Called
from library.models import AssetDetail
from library.views.search import Condition, asset_by_id
from store.blobs import Blobs
from store.database import Connection

MOST = 1 << 63  # what a whole number may be on its way to a worker


def chosen_ids(connection: Connection, condition: Condition, ids: Sequence[str] | None) -> Iterator[bytes]:
    """Those that are named, else those that a query finds, oldest first as they came."""
    if ids is not None:
        yield from asset_ids(connection, ids)
        return
    sql = f"SELECT id FROM {condition.source} WHERE {condition.where} ORDER BY asset.row"
    yield from (id for (id,) in connection.execute(sql, condition.parameters).fetchall())


def chosen(connection: Connection, blobs: Blobs, condition: Condition, ids: Sequence[str] | None) -> list[Chosen]:
    found = (asset_by_id(connection, id) for id in chosen_ids(connection, condition, ids))
    assets = [asset for asset in found if asset is not None]
    return [
        Chosen(asset, origins_of(connection, blobs, hash), is_own(connection, hash))
        for asset in assets
        if (hash := bytes.fromhex(asset.sha256))
    ]


def items_of(connection: Connection, blobs: Blobs, ids: Sequence[bytes], first: int) -> list[Item]:
    """A group of pictures to deliver; `first` is the number of its first. One that has gone meanwhile is left out."""
    named = {table: _names(connection, table) for table in ("project", "album")}
    found: list[Item] = []
    for number, id in enumerate(ids, first):
        if asset_by_id(connection, id) is None:
            continue
        detail = detail_of(connection, id, [], None)
        asset = detail.asset
        called = Called(
            asset,
            sorted(named["project"][id] for id in asset.projects if id in named["project"]),
            sorted(named["album"][id] for id in detail.albums if id in named["album"]),
            number,
        )
        origins = origins_of(connection, blobs, bytes.fromhex(asset.sha256))
        words = Words(asset.title, tuple(asset.tags), asset.rating)
        found.append(Item(called, origins, facts_of(detail), words, lineage_of(connection, id)))
    return found


def _names(connection: Connection, table: str) -> dict[str, str]:
    return {id.hex(): name for id, name in connection.execute(f"SELECT id, name FROM {table}")}


def facts_of(detail: AssetDetail) -> Facts:
    """How the picture was made, as the library knows it."""
    asset = detail.asset
    return Facts(asset.prompt, asset.negative, asset.seed, asset.model, asset.tool, _parameters(detail.facts))


def _parameters(found: Mapping[str, Any]) -> dict[str, str | int | float]:
    """The settings that a picture's facts may hold; other programs may have written anything into a document."""
    plain = {key: value for key, value in found.items() if type(value) in (str, int, float)}
    return {key: str(value) if _is_long(value) else value for key, value in plain.items()}


def _is_long(value: str | int | float) -> bool:
    return isinstance(value, int) and not -MOST <= value < MOST
